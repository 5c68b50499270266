package xmldoc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
)

// decode reads text with encoding/xml.
func decode(text []byte) (Document, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	// The XML declaration may still name the charset from before the conversion to UTF-8.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	b := newBuilder(text)
	for {
		from := int(d.InputOffset())
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b.document()
		}
		switch t := token.(type) {
		case xml.StartElement:
			var attrs []Attr
			for _, a := range t.Attr {
				attrs = append(attrs, Attr{[]byte(a.Name.Local), []byte(a.Value)})
			}
			err = b.begin([]byte(t.Name.Local), attrs, tag{end: int(d.InputOffset())})
		case xml.EndElement:
			b.end(from)
		case xml.CharData:
			err = b.characters(bytes.Clone(t))
		case xml.Directive:
			b.doc.Directive = true
		}
		if err != nil {
			return Document{}, err
		}
	}
}
