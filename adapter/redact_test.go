package adapter

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel"
)

const secret = ` pä"ss<&>'wo/rd+ `

func asXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func asJSON(s string) string {
	text, _ := json.Marshal(s)
	return string(text[1 : len(text)-1])
}

func TestRedactor(t *testing.T) {
	redact := redactor(secret, "", "other")
	for how, form := range map[string]string{
		"as it is":        secret,
		"trimmed":         strings.TrimSpace(secret),
		"in XML":          asXML(secret),
		"in Java's XML":   strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(secret),
		"in HTML":         html.EscapeString(secret),
		"in JSON":         asJSON(secret),
		"quoted by Go":    strconv.Quote(secret),
		"in a query":      url.QueryEscape(secret),
		"in a path":       url.PathEscape(secret),
		"in base64":       base64.StdEncoding.EncodeToString([]byte(secret)),
		"in XML, trimmed": strings.TrimSpace(asXML(secret)),
		"twice":           secret + secret,
		"another":         "other",
		"both":            secret + "other",
	} {
		shown := redact.String("before " + form + " after")
		assert.Contains(t, shown, "REDACTED", how)
		assert.NotContains(t, shown, "ss", how)
		assert.NotContains(t, shown, "other", how)
		assert.True(t, strings.HasPrefix(shown, "before") && strings.HasSuffix(shown, "after"), how)
	}
	assert.Equal(t, "nothing here", redact.String("nothing here"))
	assert.Empty(t, redact.String(""))
}

func TestRedactorTakesTheLongerSecretFirst(t *testing.T) {
	assert.Equal(t, "REDACTED and REDACTED", redactor("abc", "abcdef").String("abcdef and abc"))
}

func TestRedactorWithoutSecrets(t *testing.T) {
	for _, redact := range []Redactor{nil, NewRedactor(), redactor("")} {
		assert.Equal(t, "as it was", redact.String("as it was"))
		assert.Equal(t, io.EOF, redact.Error(io.EOF))
		assert.NoError(t, redact.Error(nil))
	}
}

func TestRedactorOfErrors(t *testing.T) {
	redact := redactor(secret)
	cause := fmt.Errorf("dialling %q: %w", secret, io.ErrUnexpectedEOF)
	clean := redact.Error(cause)
	assert.Equal(t, `dialling "REDACTED": unexpected EOF`, clean.Error())
	assert.ErrorIs(t, clean, io.ErrUnexpectedEOF)
	assert.ErrorIs(t, clean, cause)

	harmless := errors.New("harmless")
	assert.Same(t, harmless, redact.Error(harmless))
}

func TestErrorsOfACallHoldNoSecret(t *testing.T) {
	call := Call{Redact: redactor(secret)}
	err := call.Fail(cancel.ErrAuth, Answer{}, Words{Code: "no " + secret, Message: "wrong: " + secret}, errors.New("hm "+secret))
	assert.Equal(t, "no REDACTED", err.Code)
	assert.Equal(t, "wrong: REDACTED", err.Message)
	assert.Equal(t, "authentication failed (code no REDACTED): wrong: REDACTED: hm REDACTED", err.Error())
}

func TestCodesThatAreNumbersAreVerbatim(t *testing.T) {
	call := Call{Redact: redactor("0")}
	for said, want := range map[string]string{"200": "200", "0017": "0017", "1801": "1801", "": "", "a0": "aREDACTED", "100000": "1REDACTEDREDACTEDREDACTEDREDACTEDREDACTED"} {
		assert.Equal(t, want, call.Fail(cancel.ErrAuth, Answer{}, Words{Code: said}, nil).Code)
	}
}

func TestRedactorDoesNotShowItsSecrets(t *testing.T) {
	redact := redactor("hunter2")
	clean := redact.Error(errors.New("hunter2"))
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown := fmt.Sprintf(format, redact) + fmt.Sprintf(format, Call{Redact: redact}) + fmt.Sprintf(format, &cancel.Error{Err: clean})
		assert.NotContains(t, shown, "hunter2", format)
		assert.NotContains(t, shown, "68756e74657232", format)
	}
}

func redactor(secrets ...string) Redactor {
	var credentials []*Credential
	for _, s := range secrets {
		c, _ := NewCredential("Key", cancel.NewSecret(s), nil)
		credentials = append(credentials, c)
	}
	return NewRedactor(credentials...)
}
