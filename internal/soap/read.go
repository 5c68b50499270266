package soap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/xmltoken"
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
	return xmltoken.Read(text, func(source xmltoken.Source) (reply, error) {
		r := reader{text: text, source: source, response: response, result: result}
		err := r.document()
		return r.reply, err
	})
}

type reader struct {
	text             []byte
	source           xmltoken.Source
	response, result string
	reply            reply
}

func (r *reader) next() (xmltoken.Token, error) {
	token, err := r.source.Next()
	if token.Kind == xmltoken.Directive {
		return token, errors.New("document type declaration")
	}
	return token, err
}

func (r *reader) document() error {
	var envelopes int
	for {
		token, err := r.next()
		if errors.Is(err, io.EOF) && envelopes == 1 {
			return nil
		}
		if err != nil {
			return err
		}
		switch token.Kind {
		case xmltoken.Start:
			if envelopes++; envelopes > 1 || string(token.Name) != "Envelope" {
				return fmt.Errorf("%s is not one SOAP envelope", token.Name)
			}
			if err := r.envelope(); err != nil {
				return err
			}
		case xmltoken.Text:
			if err := blank(token.Text); err != nil {
				return err
			}
		}
	}
}

func (r *reader) envelope() error {
	var bodies int
	err := r.children(func(e xmltoken.Token) error {
		if string(e.Name) != "Body" {
			return r.skip()
		}
		bodies++
		return r.body()
	})
	return exactlyOne("Body", bodies, err)
}

func (r *reader) body() error {
	var answers int
	err := r.children(func(e xmltoken.Token) error {
		answers++
		switch string(e.Name) {
		case "Fault":
			return r.readFault()
		case r.response:
			return r.returned()
		}
		return fmt.Errorf("%s instead of %s", e.Name, r.response)
	})
	return exactlyOne("element in the Body", answers, err)
}

func (r *reader) returned() error {
	var returns int
	err := r.children(func(e xmltoken.Token) error {
		if string(e.Name) != r.result {
			return r.skip()
		}
		returns++
		return r.children(func(e xmltoken.Token) error {
			field, err := r.leaf(e)
			r.reply.fields = append(r.reply.fields, field)
			return err
		})
	})
	return exactlyOne(r.result, returns, err)
}

func (r *reader) readFault() error {
	f := new(fault)
	r.reply.fault = f
	first := func(to *string, e xmltoken.Token) error {
		field, err := r.leaf(e)
		if *to == "" {
			*to = string(bytes.TrimSpace(field.Text))
		}
		return err
	}
	return r.children(func(e xmltoken.Token) error {
		switch string(e.Name) {
		case "faultcode":
			return first(&f.Code, e)
		case "faultstring":
			return first(&f.Message, e)
		case "Code":
			return r.children(func(e xmltoken.Token) error {
				if string(e.Name) == "Value" {
					return first(&f.Code, e)
				}
				return r.skip()
			})
		case "Reason":
			return r.children(func(e xmltoken.Token) error { return first(&f.Message, e) })
		}
		return r.skip()
	})
}

// children reads the element just begun to its end. It calls child for each child element;
// child must read that element to its end.
func (r *reader) children(child func(xmltoken.Token) error) error {
	for {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch token.Kind {
		case xmltoken.Start:
			if err := child(token); err != nil {
				return err
			}
		case xmltoken.End:
			return nil
		case xmltoken.Text:
			if err := blank(token.Text); err != nil {
				return err
			}
		}
	}
}

// leaf reads the element that start has begun.
func (r *reader) leaf(start xmltoken.Token) (Field, error) {
	field := Field{Name: string(start.Name)}
	for _, a := range start.Attrs {
		if string(a.Name) == "nil" && (string(a.Value) == "true" || string(a.Value) == "1") {
			field.Nil = true
		}
	}
	begin := start.To
	for {
		token, err := r.next()
		if err != nil {
			return field, err
		}
		switch token.Kind {
		case xmltoken.Text:
			field.Text = token.Join(field.Text)
		case xmltoken.Start:
			field.Nested = true
			if err := r.skip(); err != nil {
				return field, err
			}
		case xmltoken.End:
			if field.Nested {
				field.Text = bytes.Clone(r.text[begin:token.From])
			}
			return field, nil
		}
	}
}

// skip reads to the end of the element just begun.
func (r *reader) skip() error {
	for depth := 1; depth > 0; {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch token.Kind {
		case xmltoken.Start:
			depth++
		case xmltoken.End:
			depth--
		}
	}
	return nil
}

func blank(text []byte) error {
	if len(bytes.TrimSpace(text)) > 0 {
		return errors.New("text between elements")
	}
	return nil
}

func exactlyOne(what string, n int, err error) error {
	if err == nil && n != 1 {
		err = fmt.Errorf("%d instead of one %s", n, what)
	}
	return err
}
