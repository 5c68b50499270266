package adapter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Object is a JSON object, its keys in lower case.
type Object map[string]json.RawMessage

// ReadObject reads a body that must be one JSON object, in the charset of [UTF8JSON]. Two keys
// that are the same, or differ only in case, are an error.
func ReadObject(body []byte, contentType string) (Object, error) {
	text, err := UTF8JSON(body, contentType)
	if err != nil {
		return nil, err
	}
	return ParseObject(text)
}

// ParseObject is [ReadObject] for text in UTF-8, such as the value of a key. The Object shares
// the memory of text.
func ParseObject(text []byte) (Object, error) {
	if !json.Valid(text) {
		return nil, errors.New("not one JSON value")
	}
	// The text is valid from here on, so little is needed to find the members.
	rest, found := bytes.CutPrefix(blank(text), []byte("{"))
	if !found {
		return nil, errors.New("not a JSON object")
	}
	object := make(Object, 8)
	for rest = blank(rest); rest[0] != '}'; rest = blank(rest) {
		rest = blank(bytes.TrimPrefix(rest, []byte(",")))
		end := valueEnd(rest)
		name, err := unquote(rest[:end])
		if err != nil {
			return nil, err
		}
		key := fold(name)
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("key %q stands twice", name)
		}
		rest = blank(blank(rest[end:])[len(":"):])
		end = valueEnd(rest)
		object[key] = json.RawMessage(rest[:end:end])
		rest = rest[end:]
	}
	return object, nil
}

// fold returns name in lower case. The result is the same for all names that differ only in
// case. A letter may have more than two cases: the long s is a third one of s.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return unicode.ToLower(least)
	}, name)
}

// blank returns text without leading white space.
func blank(text []byte) []byte {
	return bytes.TrimLeft(text, " \t\r\n")
}

// valueEnd returns the length of the first value in valid JSON.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// unquote returns the string of a valid JSON value, "" for null.
func unquote(value []byte) (string, error) {
	plain := len(value) >= 2 && value[0] == '"' &&
		!bytes.ContainsFunc(value, func(r rune) bool { return r == '\\' || r >= utf8.RuneSelf })
	if plain {
		return string(value[1 : len(value)-1]), nil
	}
	var s string
	err := json.Unmarshal(value, &s)
	return s, err
}

// Text returns the string at key, and reports whether there is one.
func (o Object) Text(key string) (string, bool) {
	value := o[key]
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	s, err := unquote(value)
	return s, err == nil
}

// Count returns the whole number at key, and reports whether there is one.
func (o Object) Count(key string) (int, bool) {
	n, err := strconv.Atoi(string(o[key]))
	return n, err == nil
}
