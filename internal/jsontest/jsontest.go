// Package jsontest holds helpers for the simulators of vendors with a JSON API.
package jsontest

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
)

// Refusal returns the HTTP status that refuses a request which is not a POST of JSON to
// path, 0 if it is one.
func Refusal(r *http.Request, path string) int {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.URL.Path != path:
		return http.StatusNotFound
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed
	case err != nil || mediaType != "application/json":
		return http.StatusUnsupportedMediaType
	}
	return 0
}

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

// Text returns a field that is a string and not empty.
func (o Object) Text(name string) (string, bool) {
	var s *string
	if err := json.Unmarshal(o[name], &s); err != nil || s == nil {
		return "", false
	}
	return *s, *s != ""
}
