package canceltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
)

// jsonReply answers v, which json can encode.
func jsonReply(status int, v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // what is passed here is our own
	}
	return reply{status: status, contentType: "application/json; charset=utf-8", body: body}
}

// jsonMessage answers in the form of an error that no page documents.
func jsonMessage(status int, message string) reply {
	return jsonReply(status, map[string]string{"message": message})
}

// atDoor reports why a request is not for the only path of a JSON vendor, nil where
// it is.
func atDoor(r *http.Request, path string) *reply {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var status int
	switch {
	case r.URL.Path != path:
		status = http.StatusNotFound
	case r.Method != http.MethodPost:
		status = http.StatusMethodNotAllowed
	case err != nil || mediaType != "application/json":
		status = http.StatusUnsupportedMediaType
	default:
		return nil
	}
	a := jsonMessage(status, http.StatusText(status))
	return &a
}

// fields are those of a JSON object, by their exact names.
type fields map[string]json.RawMessage

// readFields reads a JSON object that has no other fields than those named.
func readFields(body []byte, names ...string) (fields, error) {
	var given fields
	if err := json.Unmarshal(body, &given); err != nil {
		return nil, err
	}
	known := 0
	for _, name := range names {
		if _, ok := given[name]; ok {
			known++
		}
	}
	if known != len(given) {
		return given, fmt.Errorf("a field that is none of %v", names)
	}
	return given, nil
}

// text returns a field that is a string and not empty.
func (f fields) text(name string) (string, bool) {
	var s *string
	if err := json.Unmarshal(f[name], &s); err != nil || s == nil {
		return "", false
	}
	return *s, *s != ""
}

// redact returns body with the value of a field replaced.
func (f fields) redact(body []byte, name string) []byte {
	if value, ok := f[name]; ok {
		return bytes.ReplaceAll(body, value, []byte(`"REDACTED"`))
	}
	return body
}
