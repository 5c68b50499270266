package xmltoken

import (
	"bytes"
	"encoding/xml"
	"io"
)

// decode returns a Source that reads text with encoding/xml.
func decode(text []byte) Source {
	d := xml.NewDecoder(bytes.NewReader(text))
	// The XML declaration may still name the charset from before the conversion to UTF-8.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return decoder{d}
}

type decoder struct{ xml *xml.Decoder }

func (d decoder) Next() (Token, error) {
	token := Token{From: int(d.xml.InputOffset())}
	read, err := d.xml.Token()
	if err != nil {
		return Token{}, err
	}
	token.To = int(d.xml.InputOffset())
	switch t := read.(type) {
	case xml.StartElement:
		token.Kind, token.Name = Start, []byte(t.Name.Local)
		for _, a := range t.Attr {
			token.Attrs = append(token.Attrs, Attr{[]byte(a.Name.Local), []byte(a.Value)})
		}
	case xml.EndElement:
		token.Kind, token.Name = End, []byte(t.Name.Local)
	case xml.CharData:
		token.Kind, token.Text = Text, bytes.Clone(t)
	case xml.Directive:
		token.Kind = Directive
	}
	return token, nil
}
