package xmltoken

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// errUncertain says that encoding/xml must read the document.
var errUncertain = errors.New("not certain")

// scanner reads a document that holds only elements, attributes and text.
type scanner struct {
	text  []byte
	at    int
	empty bool       // the end of an empty element comes next
	open  [16][]byte // the names of the open elements, with their prefixes
	depth int        // the number of open elements
	attrs []Attr
	few   [6]Attr // the first memory of attrs
}

// scan calls read with a strict scan of text. ok is false if the scan did not reach the end;
// then got says nothing.
func scan[T any](text []byte, read func(Source) (T, error)) (got T, ok bool) {
	if !plain(text) {
		return got, false
	}
	s := &scanner{text: text, at: declaration(text)}
	s.attrs = s.few[:0]
	got, err := read(s)
	return got, err == nil
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

func (s *scanner) Next() (Token, error) {
	s.attrs = s.attrs[:0]
	token := Token{From: s.at}
	rest := s.text[s.at:]
	ok := true
	switch {
	case s.empty:
		s.empty = false
		token.Kind, token.Name = End, s.pop()
	case len(rest) == 0 && s.depth == 0:
		return Token{}, io.EOF
	case len(rest) == 0:
		ok = false
	case rest[0] != '<':
		token.Kind = Text
		token.Text, ok = s.until('<')
	case len(rest) > 1 && rest[1] == '/':
		s.at += len("</")
		token.Kind = End
		token.Name, ok = s.end()
	default:
		s.at += len("<")
		token.Kind = Start
		token.Name, ok = s.begin()
		token.Attrs = s.attrs
	}
	if !ok {
		return Token{}, errUncertain
	}
	token.To = s.at
	return token, nil
}

// begin reads a start tag after its bracket.
func (s *scanner) begin() (local []byte, ok bool) {
	name, local := s.name()
	if name == nil || s.depth == len(s.open) {
		return nil, false
	}
	s.open[s.depth] = name
	s.depth++
	for {
		spaced := s.blanks()
		switch {
		case s.skip('>'):
			return local, true
		case s.skip('/'):
			s.empty = s.skip('>')
			return local, s.empty
		case !spaced || !s.attribute():
			return nil, false
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

// end reads an end tag after its bracket and slash.
func (s *scanner) end() (local []byte, ok bool) {
	name, local := s.name()
	s.blanks()
	if name == nil || !s.skip('>') || s.depth == 0 || !bytes.Equal(name, s.open[s.depth-1]) {
		return nil, false
	}
	s.pop()
	return local, true
}

// pop ends the innermost open element and returns its name.
func (s *scanner) pop() (local []byte) {
	s.depth--
	name := s.open[s.depth]
	return name[bytes.IndexByte(name, ':')+1:]
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
