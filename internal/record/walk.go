package record

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// xml scrubs the texts and attributes of an XML document, or of as much as there is of
// one. What holds nothing to scrub stays as it was written. It reports false for what
// is none.
func (s *Scrubber) xml(document string) (clean string, ok bool) {
	if !strings.HasPrefix(strings.TrimSpace(document), "<") {
		return "", false
	}
	d := xml.NewDecoder(strings.NewReader(document))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var out, text, written strings.Builder
	var element string
	for {
		begin := d.InputOffset()
		token, err := d.RawToken()
		raw := document[begin:d.InputOffset()]
		if data, ok := token.(xml.CharData); ok { // of which CDATA makes several
			text.Write(data)
			written.WriteString(raw)
			continue
		}
		if clean := s.leaf(xmlFields, element, text.String()); clean != text.String() {
			out.WriteString(escape(clean))
		} else {
			out.WriteString(written.String())
		}
		text.Reset()
		written.Reset()
		switch t := token.(type) {
		case nil:
			return out.String(), errors.Is(err, io.EOF)
		case xml.StartElement:
			element = t.Name.Local
			out.WriteString(s.tag(raw, t))
		case xml.EndElement:
			element = ""
			out.WriteString(raw)
		default:
			out.WriteString(s.plain(raw))
		}
	}
}

// tag scrubs the attributes of a start tag, but for those that name what its elements
// are.
func (s *Scrubber) tag(raw string, start xml.StartElement) string {
	var tag strings.Builder
	tag.WriteString("<" + qualified(start.Name))
	changed := false
	for _, a := range start.Attr {
		value := a.Value
		if name := qualified(a.Name); name != "xmlns" && a.Name.Space != "xmlns" && name != "Algorithm" {
			value = s.leaf(xmlFields, a.Name.Local, value)
		}
		changed = changed || value != a.Value
		tag.WriteString(" " + qualified(a.Name) + `="` + escape(value) + `"`)
	}
	if !changed {
		return raw
	}
	if strings.HasSuffix(raw, "/>") {
		tag.WriteString("/")
	}
	return tag.String() + ">"
}

// qualified is the name as it was written: of a raw token, Space is the prefix.
func qualified(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

// json scrubs the strings and numbers of a JSON object or list. What holds nothing to
// scrub stays as it was written. It reports false for what is none.
func (s *Scrubber) json(document string) (clean string, ok bool) {
	trimmed := strings.TrimSpace(document)
	if !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") || !json.Valid([]byte(document)) {
		return "", false
	}
	w := jsonWalker{Scrubber: s, document: document, decoder: json.NewDecoder(strings.NewReader(document))}
	w.decoder.UseNumber()
	w.value("")
	return w.out.String() + document[w.read:], true
}

// jsonWalker walks through JSON that is valid.
type jsonWalker struct {
	*Scrubber
	document string
	decoder  *json.Decoder
	read     int64 // as far as it is in out
	out      strings.Builder
}

// next returns the next token, and it as it was written, after what stands before it.
func (w *jsonWalker) next() (token json.Token, raw string) {
	token, _ = w.decoder.Token()
	raw = w.document[w.read:w.decoder.InputOffset()]
	w.read = w.decoder.InputOffset()
	return token, raw
}

// value walks through the value of the field called name.
func (w *jsonWalker) value(name string) {
	token, raw := w.next()
	switch t := token.(type) {
	case json.Delim:
		w.out.WriteString(raw)
		for w.decoder.More() {
			within := name // what is in a list is called as the list
			if t == '{' {
				key, raw := w.next()
				within, _ = key.(string)
				w.out.WriteString(raw)
			}
			w.value(within)
		}
		_, raw = w.next()
	case string:
		if clean := w.leaf(jsonFields, name, t); clean != t {
			quoted, _ := json.Marshal(clean)
			raw = raw[:strings.IndexByte(raw, '"')] + string(quoted)
		}
	case json.Number:
		if clean := w.leaf(jsonFields, name, t.String()); clean != t.String() {
			if !json.Valid([]byte(clean)) {
				clean = w.invent(t.String(), like)
			}
			raw = strings.TrimSuffix(raw, t.String()) + clean
		}
	}
	w.out.WriteString(raw)
}
