package webhook

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMediaType(t *testing.T) {
	for given, want := range map[string]string{
		"":                                JSON,
		"application/json":                JSON,
		"Application/JSON; charset=utf-8": JSON,
		"application/cloudevents+json":    JSON,
		"application/x-www-form-urlencoded; charset=UTF-8": Form,
		"text/plain":                             "text/plain",
		"text/html+json":                         "text/html+json",
		"application/jsom":                       "application/jsom",
		"application/json text":                  "application/json text",
		";":                                      JSON,
		"application/json;;":                     JSON,
		"application/json; charset":              JSON,
		"application/json; charset=":             JSON,
		"application/json; charset=a; charset=b": JSON,
		"application/json,":                      JSON,
		"application/json, application/json":     JSON,
		"application/json ;=\"":                  JSON,
		"text/plain; a=application/json":         "text/plain",
	} {
		assert.Equal(t, want, MediaType(given), given)
	}
}

func TestObject(t *testing.T) {
	object, err := Object("application/json; charset=iso-8859-1", []byte("{\"A\":\"\xf1\"}"))
	require.NoError(t, err)
	text, ok := Text(object["a"])
	assert.True(t, ok)
	assert.Equal(t, "ñ", text)

	for _, body := range []string{"", "null", "[]", `{"a":1}{}`, `{"a":1,"A":1}`, `{"a":1`, "\x00"} {
		_, err := Object(JSON, []byte(body))
		assert.Error(t, err, body)
	}
	_, err = Object("application/json; charset=klingon", []byte("{}"))
	require.NoError(t, err, "valid UTF-8, whatever its label")
	_, err = Object("application/json; charset=klingon", []byte("{\"A\":\"\xf1\"}"))
	assert.Error(t, err)
}

func TestText(t *testing.T) {
	for given, want := range map[string]string{
		"": "", "null": "", `""`: "", `"a\u00f1"`: "añ",
		"0": "0", "-1": "-1", "1.50": "1.50", "1e3": "1e3", "123456789012345678901234567890": "123456789012345678901234567890",
	} {
		text, ok := Text(json.RawMessage(given))
		assert.True(t, ok, given)
		assert.Equal(t, want, text)
	}
	for _, given := range []string{"true", "false", "[]", `["a"]`, "{}"} {
		text, ok := Text(json.RawMessage(given))
		assert.False(t, ok, given)
		assert.Empty(t, text)
	}
}
