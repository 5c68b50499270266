package soap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/unified-cancel/cancel/internal/charset"
)

// Reply is the content of a SOAP answer: either a Fault or the fields of the one
// value that the operation returned.
type Reply struct {
	Fault  *Fault
	Fields []Field
}

// Field is an element directly below the returned value.
type Field struct {
	Name string // without prefix
	// Text is what the element holds: its characters, or the XML text of its
	// content where that has elements of its own.
	Text string
	// Nested is true where Text is XML because the element has elements of its own.
	Nested bool
	// Nil is true where xsi:nil says that there is no value.
	Nil bool
}

// Fault is a SOAP fault, of version 1.1 or 1.2.
type Fault struct{ Code, Message string }

// Sender reports whether the fault lies with whoever sent the request.
func (f Fault) Sender() bool {
	code := f.Code[strings.LastIndexByte(f.Code, ':')+1:]
	code, _, _ = strings.Cut(code, ".") // 1.1 refines a code with a dot
	return code == "Client" || code == "Sender"
}

// Read reads the answer to operation, in either version of SOAP. Elements are
// matched by local name and place. Its error says why body is no such answer.
func Read(body []byte, contentType, operation string) (Reply, error) {
	text, err := charset.UTF8(body, contentType)
	if err != nil {
		return Reply{}, err
	}
	r := &reader{text: text, decoder: xml.NewDecoder(bytes.NewReader(text))}
	// The declaration may still name the charset that text was converted from.
	r.decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return r.document(operation + "Response")
}

type reader struct {
	text    []byte
	decoder *xml.Decoder
	before  int64 // offset of the token that was read last
	reply   Reply
}

func (r *reader) token() (xml.Token, error) {
	r.before = r.decoder.InputOffset()
	token, err := r.decoder.Token()
	if _, ok := token.(xml.Directive); ok {
		return nil, errors.New("document type declaration")
	}
	return token, err
}

func (r *reader) document(response string) (Reply, error) {
	var envelopes int
	for {
		token, err := r.token()
		if errors.Is(err, io.EOF) && envelopes == 1 {
			return r.reply, nil
		}
		if err != nil {
			return Reply{}, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if envelopes++; envelopes > 1 || t.Name.Local != "Envelope" {
				return Reply{}, fmt.Errorf("%s is not one SOAP envelope", t.Name.Local)
			}
			if err := r.envelope(response); err != nil {
				return Reply{}, err
			}
		case xml.CharData:
			if err := blank(t); err != nil {
				return Reply{}, err
			}
		}
	}
}

func (r *reader) envelope(response string) error {
	var bodies int
	err := r.children(func(e xml.StartElement) error {
		if e.Name.Local != "Body" {
			return r.skip()
		}
		bodies++
		return r.body(response)
	})
	return exactlyOne("Body", bodies, err)
}

func (r *reader) body(response string) error {
	var answers int
	err := r.children(func(e xml.StartElement) error {
		answers++
		switch e.Name.Local {
		case "Fault":
			return r.fault()
		case response:
			return r.response()
		}
		return fmt.Errorf("%s instead of %s", e.Name.Local, response)
	})
	return exactlyOne("element in the Body", answers, err)
}

func (r *reader) response() error {
	var returns int
	err := r.children(func(e xml.StartElement) error {
		if e.Name.Local != "return" {
			return r.skip()
		}
		returns++
		return r.children(func(e xml.StartElement) error {
			field, err := r.leaf(e)
			r.reply.Fields = append(r.reply.Fields, field)
			return err
		})
	})
	return exactlyOne("return", returns, err)
}

func (r *reader) fault() error {
	f := new(Fault)
	r.reply.Fault = f
	first := func(to *string, e xml.StartElement) error {
		field, err := r.leaf(e)
		if *to == "" {
			*to = strings.TrimSpace(field.Text)
		}
		return err
	}
	return r.children(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "faultcode":
			return first(&f.Code, e)
		case "faultstring":
			return first(&f.Message, e)
		case "Code":
			return r.children(func(e xml.StartElement) error {
				if e.Name.Local == "Value" {
					return first(&f.Code, e)
				}
				return r.skip()
			})
		case "Reason":
			return r.children(func(e xml.StartElement) error { return first(&f.Message, e) })
		}
		return r.skip()
	})
}

// children calls visit, which must read the element to its end, for each element
// below the one just begun, and returns at that one's end.
func (r *reader) children(visit func(xml.StartElement) error) error {
	for {
		token, err := r.token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := visit(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		case xml.CharData:
			if err := blank(t); err != nil {
				return err
			}
		}
	}
}

// leaf reads the element that start has begun.
func (r *reader) leaf(start xml.StartElement) (Field, error) {
	field := Field{Name: start.Name.Local}
	for _, a := range start.Attr {
		if a.Name.Local == "nil" && (a.Value == "true" || a.Value == "1") {
			field.Nil = true
		}
	}
	begin := r.decoder.InputOffset()
	var text strings.Builder
	for {
		token, err := r.token()
		if err != nil {
			return field, err
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			field.Nested = true
			if err := r.skip(); err != nil {
				return field, err
			}
		case xml.EndElement:
			field.Text = text.String()
			if field.Nested {
				field.Text = string(r.text[begin:r.before])
			}
			return field, nil
		}
	}
}

// skip reads to the end of the element just begun.
func (r *reader) skip() error {
	for depth := 1; depth > 0; {
		token, err := r.token()
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
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
