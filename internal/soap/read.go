package soap

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/xmldoc"
)

// Field is an element directly below the returned value.
type Field struct {
	Name string // without prefix
	// Text is the content of the element: its characters, or XML text if the element has
	// child elements.
	Text []byte
	// Nested is true if the element has child elements, so that Text is XML.
	Nested bool
	// Nil is true if xsi:nil says that there is no value.
	Nil bool
}

// decidesOverFault are the HTTP statuses that say more than a fault does.
var decidesOverFault = []int{
	http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable,
}

// Read returns the fields of the one value that call.Op returned, an element named result. It
// reads both versions of SOAP and matches elements by local name and place. Its error is a
// *cancel.Error: a Client or Sender fault is ErrInvalid and any other leaves the outcome in
// doubt, unless the HTTP status is 401, 403, 429 or 503, which decides.
func Read(call adapter.Call, answer adapter.Answer, result string) ([]Field, error) {
	if answer.Err != nil {
		return nil, call.NoAnswer(answer, adapter.Words{}, nil)
	}
	reply, err := read(answer.Body, answer.ContentType(), call.Op+"Response", result)
	if err != nil {
		return nil, call.NoAnswer(answer, adapter.Words{}, err)
	}
	if reply.fault == nil {
		return reply.fields, nil
	}
	said, cause := adapter.Words(*reply.fault), errors.New("SOAP fault")
	switch {
	case slices.Contains(decidesOverFault, answer.Status):
		return nil, call.NoAnswer(answer, said, cause)
	case reply.fault.sender():
		return nil, call.Fail(cancel.ErrInvalid, answer, said, cause)
	default:
		return nil, call.Fail(call.Doubt(), answer, said, cause)
	}
}

// reply is the content of a SOAP answer: a fault, or the fields of the returned value.
type reply struct {
	fault  *fault
	fields []Field
}

// fault is a SOAP fault of version 1.1 or 1.2.
type fault struct{ Code, Message string }

// sender reports whether the fault blames the sender of the request.
func (f fault) sender() bool {
	code := f.Code[strings.LastIndexByte(f.Code, ':')+1:]
	code, _, _ = strings.Cut(code, ".") // 1.1 refines a code with a dot
	return code == "Client" || code == "Sender"
}

// read reads an answer whose Body holds an element named response with one child named
// result. Its error says why body is not such an answer.
func read(body []byte, contentType, response, result string) (reply, error) {
	text, err := adapter.UTF8(body, contentType)
	if err != nil {
		return reply{}, err
	}
	doc, err := xmldoc.Read(text)
	if err != nil {
		return reply{}, err
	}
	if doc.Directive {
		return reply{}, errors.New("document type declaration")
	}
	var r reader
	for _, e := range doc.Elements {
		if err := r.element(e, response, result); err != nil {
			return reply{}, err
		}
	}
	switch {
	case r.bodies != 1:
		return reply{}, fmt.Errorf("%d instead of one Body", r.bodies)
	case r.answers != 1:
		return reply{}, fmt.Errorf("%d instead of one element in the Body", r.answers)
	case r.fault == nil && r.results != 1:
		return reply{}, fmt.Errorf("%d instead of one %s", r.results, result)
	}
	return r.reply, nil
}

// reader reads the elements of an answer in their order.
type reader struct {
	reply
	bodies, answers, results int
	inBody, inResult         bool   // whether the last element of depth 2, or 4, was one of these
	part                     []byte // the name of the last child of a fault
}

func (r *reader) element(e xmldoc.Element, response, result string) error {
	name := string(e.Name)
	switch {
	case e.Depth == 1:
		if name != "Envelope" {
			return fmt.Errorf("%s is not a SOAP envelope", e.Name)
		}
	case e.Depth == 2:
		if r.inBody = name == "Body"; !r.inBody {
			return nil
		}
		r.bodies++
	case !r.inBody:
		return nil
	case e.Depth == 3:
		r.answers++
		if name == "Fault" {
			r.fault = new(fault)
		} else if name != response {
			return fmt.Errorf("%s instead of %s", e.Name, response)
		}
	case r.fault != nil:
		return r.faultElement(e)
	case e.Depth == 4:
		if r.inResult = name == result; !r.inResult {
			return nil
		}
		r.results++
	default:
		if r.inResult && e.Depth == 5 {
			r.fields = append(r.fields, field(e))
		}
		return nil
	}
	return noText(e)
}

// faultElement reads an element in a fault. The first text that is not empty counts.
func (r *reader) faultElement(e xmldoc.Element) error {
	if e.Depth == 4 {
		r.part = e.Name
	}
	name, part := string(e.Name), string(r.part)
	text := func() string { return string(bytes.TrimSpace(field(e).Text)) }
	switch {
	case e.Depth == 4 && name == "faultcode", e.Depth == 5 && part == "Code" && name == "Value":
		r.fault.Code = cmp.Or(r.fault.Code, text())
	case e.Depth == 4 && name == "faultstring", e.Depth == 5 && part == "Reason":
		r.fault.Message = cmp.Or(r.fault.Message, text())
	case e.Depth == 4 && (name == "Code" || name == "Reason"):
		return noText(e)
	}
	return nil
}

func field(e xmldoc.Element) Field {
	f := Field{Name: string(e.Name), Text: e.Text, Nested: e.Nested}
	if e.Nested {
		f.Text = bytes.Clone(e.Inner)
	}
	for _, a := range e.Attrs {
		if string(a.Name) == "nil" && (string(a.Value) == "true" || string(a.Value) == "1") {
			f.Nil = true
		}
	}
	return f
}

func noText(e xmldoc.Element) error {
	if len(bytes.TrimSpace(e.Text)) > 0 {
		return errors.New("text between elements")
	}
	return nil
}
