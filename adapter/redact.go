package adapter

import (
	"encoding/base64"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/unified-cancel/cancel"
)

// Redactor replaces a caller's secrets by REDACTED. It is a function, so that package fmt
// cannot reach the secrets in it. The zero value replaces nothing. It is safe for concurrent
// use.
type Redactor func(string) string

// NewRedactor returns a Redactor of the values that the credentials have revealed. It finds
// a value as it is, trimmed, and in base64 (standard or URL alphabet, with padding or
// without). Any character may be escaped as in XML, HTML, JSON, Go or a URL.
func NewRedactor(credentials ...*Credential) Redactor {
	return func(text string) string {
		var forms []string
		for _, c := range credentials {
			for _, of := range c.seen("") {
				forms = append(forms, of...)
			}
		}
		return redact(text, forms)
	}
}

// String returns s without the secrets.
func (r Redactor) String(s string) string {
	if r == nil {
		return s
	}
	return r(s)
}

// Error returns err if its text holds no secret. Otherwise it returns an error that wraps
// err and shows the text without the secrets.
func (r Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := r.String(text); clean != text {
		return redactedError{clean, func() error { return err }}
	}
	return err
}

// redactedError keeps its cause in a closure, which reflection cannot open. errors.Is and
// errors.As reach it.
type redactedError struct {
	text  string
	cause func() error
}

func (e redactedError) Error() string { return e.text }

func (e redactedError) Unwrap() error { return e.cause() }

// formsOf returns the strings that redact must find if a text shows secret.
func formsOf(secret string) []string {
	var forms []string
	add := func(form string) {
		if form != "" && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	for _, s := range []string{secret, strings.TrimSpace(secret), string([]rune(secret))} { // the last is valid UTF-8
		add(s)
		for _, encoding := range []*base64.Encoding{
			base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
		} {
			add(encoding.EncodeToString([]byte(s)))
		}
	}
	return forms
}

// redact returns text with REDACTED in place of each spelling of forms. Spellings that
// overlap are replaced together.
func redact(text string, forms []string) string {
	first := [256]bool{'&': true, '%': true, '\\': true, '+': true} // bytes that a spelling may begin with
	for _, form := range forms {
		first[form[0]] = true
	}
	var clean strings.Builder
	end := 0 // the length of text that clean stands for
	for i := range len(text) {
		if !first[text[i]] {
			continue
		}
		n := longest(text[i:], forms)
		if n == 0 {
			continue
		}
		if i >= end {
			clean.WriteString(text[end:i])
			clean.WriteString(cancel.Secret{}.String())
		}
		end = max(end, i+n)
	}
	if end == 0 {
		return text
	}
	return clean.String() + text[end:]
}

// longest returns the length of the longest spelling of forms that text begins with, or 0.
func longest(text string, forms []string) int {
	plain, _ := unescape(text)
	n := 0
	for _, form := range forms {
		if begins(text, form) || plain != "" && plain[0] == form[0] {
			n = max(n, spelled(text, form, nil))
		}
	}
	return n
}

// begins reports whether text begins with the first byte of form. In a URL, + is a space.
func begins(text, form string) bool {
	return text[0] == form[0] || text[0] == '+' && form[0] == ' '
}

// spelled returns the length of a spelling of form that text begins with, or -1. Each
// character of form may be escaped or not. If a place in text can be read both ways, as in
// the two backslashes of \\, both are tried. The map may be nil; it has the remaining
// lengths of text and form of the places that were tried.
func spelled(text, form string, tried map[[2]int]bool) int {
	n := 0
	for form != "" {
		if text == "" {
			return -1
		}
		plain, width := unescape(text)
		raw, escaped := begins(text, form), width > 0 && strings.HasPrefix(form, plain)
		if raw && escaped {
			state := [2]int{len(text), len(form)}
			if tried[state] {
				return -1
			}
			if tried == nil {
				tried = map[[2]int]bool{}
			}
			tried[state] = true
			if rest := spelled(text[width:], form[len(plain):], tried); rest >= 0 {
				return n + width + rest
			}
		}
		switch {
		case raw:
			plain, width = form[:1], 1
		case !escaped:
			return -1
		}
		text, form, n = text[width:], form[len(plain):], n+width
	}
	return n
}

// unescape returns the character that text begins with if it is escaped, and the length of
// the escape. Otherwise it returns "" and 0.
func unescape(text string) (string, int) {
	switch text[0] {
	case '&':
		return unescapeEntity(text)
	case '%':
		if len(text) >= 3 {
			if b, err := strconv.ParseUint(text[1:3], 16, 8); err == nil {
				return string([]byte{byte(b)}), 3
			}
		}
	case '\\':
		return unescapeBackslash(text)
	}
	return "", 0
}

// maxEntity is the length of the longest named entity of HTML.
const maxEntity = len("&CounterClockwiseContourIntegral;")

// unescapeEntity is unescape for XML and HTML.
func unescapeEntity(text string) (string, int) {
	end := strings.IndexByte(text[:min(len(text), maxEntity)], ';') + 1
	if plain := html.UnescapeString(text[:end]); utf8.RuneCountInString(plain) == 1 {
		return plain, end
	}
	return "", 0
}

// unescapeBackslash is unescape for JSON and Go.
func unescapeBackslash(text string) (string, int) {
	if len(text) >= 2 && strings.IndexByte(`"'/`, text[1]) >= 0 {
		return text[1:2], 2
	}
	if len(text) >= 12 && text[1] == 'u' && text[6:8] == `\u` { // perhaps two halves of a character
		high, _ := strconv.ParseUint(text[2:6], 16, 16)
		low, _ := strconv.ParseUint(text[8:12], 16, 16)
		if r := utf16.DecodeRune(rune(high), rune(low)); r != utf8.RuneError {
			return string(r), 12
		}
	}
	r, multibyte, rest, err := strconv.UnquoteChar(text, 0)
	switch {
	case err != nil:
		return "", 0
	case multibyte:
		return string(r), len(text) - len(rest)
	}
	return string([]byte{byte(r)}), len(text) - len(rest)
}
