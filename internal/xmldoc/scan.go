package xmldoc

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// scanner reads a document that holds only elements, attributes and text.
type scanner struct {
	builder
	at    int
	attrs []Attr // of all elements
}

// scan reads text strictly. ok is false if it did not reach the end; then doc says nothing.
func scan(text []byte) (doc Document, ok bool) {
	if !plain(text) {
		return Document{}, false
	}
	s := scanner{builder: newBuilder(text), at: declaration(text), attrs: make([]Attr, 0, 16)}
	for s.at < len(text) {
		if !s.next() {
			return Document{}, false
		}
	}
	doc, err := s.document()
	return doc, err == nil
}

// plain reports whether every character of text stands for itself and is legal in XML.
func plain(text []byte) bool {
	for _, b := range text {
		if b < ' ' && b != '\n' && b != '\t' {
			return false
		}
	}
	return utf8.Valid(text) && !bytes.Contains(text, []byte("]]>")) &&
		!bytes.Contains(text, []byte("\uFFFE")) && !bytes.Contains(text, []byte("\uFFFF"))
}

// declaration returns the length of the XML declaration at the beginning of text, 0 if there
// is no declaration that the scan knows.
func declaration(text []byte) int {
	end := bytes.IndexByte(text, '>')
	if !bytes.HasPrefix(text, []byte(`<?xml version="1.0"`)) && !bytes.HasPrefix(text, []byte(`<?xml version='1.0'`)) ||
		end < 0 || text[end-1] != '?' {
		return 0
	}
	return end + len(">")
}

// next reads a tag, or the text up to one.
func (s *scanner) next() bool {
	switch {
	case s.text[s.at] != '<':
		chars, ok := s.until('<')
		return ok && s.characters(chars) == nil
	case bytes.HasPrefix(s.text[s.at:], []byte("</")):
		return s.endTag()
	}
	s.at += len("<")
	return s.startTag()
}

// startTag reads a start tag after its bracket.
func (s *scanner) startTag() bool {
	name, local := s.name()
	if name == nil {
		return false
	}
	first := len(s.attrs)
	for {
		spaced := s.blanks()
		empty := s.skip('/')
		switch {
		case s.skip('>'):
			if s.begin(local, s.attrs[first:len(s.attrs):len(s.attrs)], tag{name: name, end: s.at}) != nil {
				return false
			}
			if empty {
				s.end(s.at)
			}
			return true
		case empty || !spaced || !s.attribute():
			return false
		}
	}
}

func (s *scanner) attribute() bool {
	name, local := s.name()
	if name == nil || !s.skip('=') {
		return false
	}
	quote := byte('"')
	if !s.skip(quote) {
		if quote = '\''; !s.skip(quote) {
			return false
		}
	}
	value, ok := s.until(quote)
	s.attrs = append(s.attrs, Attr{local, value})
	return ok && s.skip(quote)
}

func (s *scanner) endTag() bool {
	from, last := s.at, len(s.open)-1
	s.at += len("</")
	name, _ := s.name()
	s.blanks()
	if name == nil || !s.skip('>') || last < 0 || !bytes.Equal(name, s.open[last].name) {
		return false
	}
	s.end(from)
	return true
}

// name reads a name. It returns nil if the scan does not know the next characters as a name.
func (s *scanner) name() (name, local []byte) {
	from := s.at
	for s.at < len(s.text) && inName(s.text[s.at]) {
		s.at++
	}
	name = s.text[from:s.at]
	prefix, local, prefixed := bytes.Cut(name, []byte(":"))
	if !prefixed {
		local = prefix
	}
	if !begins(prefix) || !begins(local) || bytes.IndexByte(local, ':') >= 0 {
		return nil, nil
	}
	return name, local
}

func inName(b byte) bool {
	return letter(b) || '0' <= b && b <= '9' || b == ':' || b == '-' || b == '.'
}

func letter(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '_'
}

// begins reports whether the first character of name may begin a name.
func begins(name []byte) bool { return len(name) > 0 && letter(name[0]) }

// skip moves past b if b is next, and reports whether it was.
func (s *scanner) skip(b byte) bool {
	ok := s.at < len(s.text) && s.text[s.at] == b
	if ok {
		s.at++
	}
	return ok
}

// blanks moves past white space and reports whether it found any.
func (s *scanner) blanks() (found bool) {
	for s.skip(' ') || s.skip('\n') || s.skip('\t') {
		found = true
	}
	return found
}

// until reads up to the byte end, or to the end of the document, and replaces entities.
func (s *scanner) until(end byte) (text []byte, ok bool) {
	n := bytes.IndexByte(s.text[s.at:], end)
	if n < 0 {
		n = len(s.text) - s.at
	}
	text = s.text[s.at : s.at+n : s.at+n] // appending to it copies it
	if bytes.IndexByte(text, '<') >= 0 {
		return nil, false
	}
	s.at += len(text)
	amp := bytes.IndexByte(text, '&')
	if amp < 0 {
		return text, true
	}
	chars := make([]byte, 0, len(text))
	for ; amp >= 0; amp = bytes.IndexByte(text, '&') {
		name, after, ended := bytes.Cut(text[amp+1:], []byte(";"))
		char, known := entity(name)
		if !ended || !known {
			return nil, false
		}
		chars = utf8.AppendRune(append(chars, text[:amp]...), char)
		text = after
	}
	return append(chars, text...), true
}

// entity returns the character that an entity named name stands for.
func entity(name []byte) (char rune, known bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	digits, numeric := bytes.CutPrefix(name, []byte("#"))
	base := 10
	if hex, ok := bytes.CutPrefix(digits, []byte("x")); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(string(digits), base, 31)
	if !numeric || err != nil {
		return 0, false
	}
	return rune(n), legal(rune(n))
}

// legal reports whether a document may name char by its number.
func legal(char rune) bool {
	if char < ' ' {
		return char == '\t' || char == '\n' || char == '\r'
	}
	return utf8.ValidRune(char) && char != 0xFFFE && char != 0xFFFF
}
