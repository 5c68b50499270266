// Package xmldoc reads XML as the list of its elements.
//
// A strict scan reads the documents that vendors send every day. encoding/xml reads all
// others: another charset, CDATA, comments, processing instructions, a DOCTYPE, entities of
// the document's own, carriage returns, names beyond ASCII. It also reads every document that
// the scan does not accept, so encoding/xml decides whether text is XML. Both give the same
// elements for a document that the scan accepts.
package xmldoc

import (
	"bytes"
	"errors"
	"fmt"
)

// Document is a document with one root element.
type Document struct {
	// Elements are the elements in the order in which they begin. They share the memory of
	// the document.
	Elements []Element
	// Directive is true if the document has a document type declaration or its like.
	Directive bool
}

// Element is an element of a Document.
type Element struct {
	// Depth is the number of elements that the element is in, itself included.
	Depth int
	// Name has no prefix.
	Name  []byte
	Attrs []Attr
	// Text has the characters of the element, without the characters of its child elements
	// and without white space after one.
	Text []byte
	// Inner is the XML between the tags of the element.
	Inner []byte
	// Nested is true if the element has child elements.
	Nested bool
}

// Attr is an attribute. Its name has no prefix.
type Attr struct{ Name, Value []byte }

// maxElements bounds the memory and the time for a document. The largest acuse, of 500 invoices,
// has about 1,500 elements.
const maxElements = 1 << 14

// Read reads text, which is UTF-8, even if it declares another charset.
func Read(text []byte) (Document, error) {
	if doc, ok := scan(text); ok {
		return doc, nil
	}
	return decode(text)
}

// builder makes a Document of its parts.
type builder struct {
	text []byte
	doc  Document
	open []tag // of the elements that did not end yet
}

// tag is a start tag.
type tag struct {
	element int    // its place in the Document
	end     int    // the offset of its end
	name    []byte // with its prefix; only of the scan
}

func newBuilder(text []byte) builder {
	n := min(bytes.Count(text, []byte("<"))/2+1, maxElements)
	return builder{text: text, doc: Document{Elements: make([]Element, 0, n)}, open: make([]tag, 0, 8)}
}

// begin begins an element.
func (b *builder) begin(name []byte, attrs []Attr, t tag) error {
	t.element = len(b.doc.Elements)
	switch {
	case t.element > 0 && len(b.open) == 0:
		return errors.New("more than one root element")
	case t.element == maxElements:
		return fmt.Errorf("more than %d elements", maxElements)
	case len(b.open) > 0:
		b.innermost().Nested = true
	}
	b.open = append(b.open, t)
	b.doc.Elements = append(b.doc.Elements, Element{Depth: len(b.open), Name: name, Attrs: attrs})
	return nil
}

// innermost returns the innermost open element. There must be one.
func (b *builder) innermost() *Element { return &b.doc.Elements[b.open[len(b.open)-1].element] }

// characters adds text. Appending to chars must copy it.
func (b *builder) characters(chars []byte) error {
	if len(b.open) == 0 {
		if !blank(chars) {
			return errors.New("text outside the root element")
		}
		return nil
	}
	switch e := b.innermost(); {
	case len(e.Text) == 0:
		e.Text = chars
	case !e.Nested || !blank(chars):
		e.Text = append(e.Text, chars...)
	}
	return nil
}

func blank(chars []byte) bool { return len(bytes.TrimSpace(chars)) == 0 }

// end ends the innermost open element, whose end tag begins at the offset to.
func (b *builder) end(to int) {
	b.innermost().Inner = b.text[b.open[len(b.open)-1].end:to:to]
	b.open = b.open[:len(b.open)-1]
}

// document returns the Document after the last part.
func (b *builder) document() (Document, error) {
	if len(b.doc.Elements) == 0 || len(b.open) > 0 {
		return Document{}, errors.New("no root element, or one without an end")
	}
	return b.doc, nil
}
