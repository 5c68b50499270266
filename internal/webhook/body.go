package webhook

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/unified-cancel/cancel/adapter"
)

// The media types that vendors send.
const (
	JSON = "application/json"
	Form = "application/x-www-form-urlencoded"
)

// MediaType returns the media type of a call, in lower case. It is JSON for an empty contentType
// and for application/*+json. Parameters, broken ones too, and values after a comma do not count.
func MediaType(contentType string) string {
	media, _, _ := strings.Cut(strings.ReplaceAll(contentType, ",", ";"), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if media == "" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json") {
		return JSON
	}
	return media
}

// WrongType returns the error of a call in a media type that its vendor does not send.
func WrongType() error {
	return Error(http.StatusUnsupportedMediaType, "the vendor does not send this Content-Type")
}

// Object reads a body that is one JSON object.
func Object(contentType string, body []byte) (adapter.Object, error) {
	object, err := adapter.ReadObject(body, contentType)
	if err != nil {
		return nil, Malformed("the body is not one JSON object that can be read in only one way")
	}
	return object, nil
}

// Malformed returns the error of a call that its vendor does not document. The reason must
// repeat nothing of the call.
func Malformed(reason string) error { return Error(http.StatusBadRequest, reason) }

// Text returns a JSON string, or the digits of a JSON number as they are written. An absent
// value and null are "". ok is false for any other value.
func Text(value json.RawMessage) (text string, ok bool) {
	if len(value) == 0 || string(value) == "null" {
		return "", true
	}
	switch value[0] {
	case '"':
		err := json.Unmarshal(value, &text)
		return text, err == nil
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return string(value), true
	}
	return "", false
}

// Key tells events apart. It is a digest, so that long texts take no more memory than short
// ones.
type Key [sha256.Size]byte

// KeyOf returns the key of an event that consists of parts. Their order counts.
func KeyOf(parts ...string) Key { return sha256.Sum256(fmt.Appendf(nil, "%q", parts)) }
