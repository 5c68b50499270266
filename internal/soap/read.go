package soap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/xmltoken"
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
	Text []byte
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
	text, err := adapter.UTF8(body, contentType)
	if err != nil {
		return Reply{}, err
	}
	return xmltoken.Read(text, func(source xmltoken.Source) (Reply, error) {
		r := reader{text: text, source: source}
		err := r.document(operation + "Response")
		return r.reply, err
	})
}

type reader struct {
	text   []byte
	source xmltoken.Source
	reply  Reply
}

func (r *reader) next() (xmltoken.Token, error) {
	token, err := r.source.Next()
	if token.Kind == xmltoken.Directive {
		return token, errors.New("document type declaration")
	}
	return token, err
}

func (r *reader) document(response string) error {
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
			if err := r.envelope(response); err != nil {
				return err
			}
		case xmltoken.Text:
			if err := blank(token.Text); err != nil {
				return err
			}
		}
	}
}

func (r *reader) envelope(response string) error {
	var bodies int
	err := r.children(func(e xmltoken.Token) error {
		if string(e.Name) != "Body" {
			return r.skip()
		}
		bodies++
		return r.body(response)
	})
	return exactlyOne("Body", bodies, err)
}

func (r *reader) body(response string) error {
	var answers int
	err := r.children(func(e xmltoken.Token) error {
		answers++
		switch string(e.Name) {
		case "Fault":
			return r.fault()
		case response:
			return r.response()
		}
		return fmt.Errorf("%s instead of %s", e.Name, response)
	})
	return exactlyOne("element in the Body", answers, err)
}

func (r *reader) response() error {
	var returns int
	err := r.children(func(e xmltoken.Token) error {
		if string(e.Name) != "return" {
			return r.skip()
		}
		returns++
		return r.children(func(e xmltoken.Token) error {
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

// children calls visit, which must read the element to its end, for each element
// below the one just begun, and returns at that one's end.
func (r *reader) children(visit func(xmltoken.Token) error) error {
	for {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch token.Kind {
		case xmltoken.Start:
			if err := visit(token); err != nil {
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
			field.Text = append(field.Text, token.Text...)
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
