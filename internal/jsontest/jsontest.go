// Package jsontest holds helpers for the simulators of vendors with a JSON API.
package jsontest

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Object is the fields of a JSON object, by their exact names.
type Object map[string]json.RawMessage

// Read reads a JSON object that has no fields but those named. With an error about another
// field comes the Object.
func Read(body []byte, names ...string) (Object, error) {
	var given Object
	if err := json.Unmarshal(body, &given); err != nil {
		return nil, err
	}
	for name := range given {
		if !slices.Contains(names, name) {
			return given, fmt.Errorf("the fields must be %v", names)
		}
	}
	return given, nil
}

// Text returns a field that is a string, "" for any other.
func (o Object) Text(name string) (text string) {
	_ = json.Unmarshal(o[name], &text)
	return text
}
