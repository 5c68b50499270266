// Package jsonobject reads the JSON object that a vendor answers with, strictly: an
// answer that can be read in two ways is none.
package jsonobject

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/unified-cancel/cancel/internal/charset"
)

// Object is a JSON object, its keys in lower case.
type Object map[string]json.RawMessage

// Read reads the one JSON object that a body is, in whatever charset it says.
func Read(body []byte, contentType string) (Object, error) {
	text, err := charset.UTF8(body, contentType)
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

// Parse reads the one JSON object that text is. Two keys that are the same, or
// differ only in case, are an error.
func Parse(text []byte) (Object, error) {
	if !json.Valid(text) {
		return nil, errors.New("not one JSON value")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	object := Object{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		key := strings.ToLower(name)
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("key %q stands twice", name)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		object[key] = value
	}
	return object, nil
}

// Text returns the string at key, and whether there is one.
func (o Object) Text(key string) (string, bool) {
	var s *string
	if err := json.Unmarshal(o[key], &s); err != nil || s == nil {
		return "", false
	}
	return *s, true
}

// Count returns the whole number at key, and whether there is one.
func (o Object) Count(key string) (int, bool) {
	var n *int
	if err := json.Unmarshal(o[key], &n); err != nil || n == nil {
		return 0, false
	}
	return *n, true
}
