package adapter

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/unified-cancel/cancel"
)

// Redactor replaces a caller's secrets by REDACTED. It is a function, so that
// package fmt cannot reach the secrets in it. The zero value replaces nothing.
type Redactor func(string) string

// NewRedactor returns a Redactor of the values that the credentials have revealed, as they
// are and in the forms in which an echo or an error message may show them.
func NewRedactor(credentials ...*Credential) Redactor {
	return func(s string) string {
		var secrets []string
		for _, c := range credentials {
			secrets = append(secrets, c.seen("")...)
		}
		return redact(s, secrets)
	}
}

// redact returns s with every secret replaced by REDACTED.
func redact(s string, secrets []string) string {
	var forms []string
	for _, secret := range secrets {
		// Whoever echoes a secret may have trimmed it, or the words around it.
		given := secret
		for _, form := range slices.Concat(echoes(given), echoes(strings.TrimSpace(given))) {
			if form != "" && !slices.Contains(forms, form) {
				forms = append(forms, form)
			}
		}
	}
	// The longest first: a form may be part of another.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range forms {
		pairs = append(pairs, form, cancel.Secret{}.String())
	}
	replacer := strings.NewReplacer(pairs...)
	return replacer.Replace(s)
}

func echoes(s string) []string {
	var asXML strings.Builder
	_ = xml.EscapeText(&asXML, []byte(s))
	asJSON, _ := json.Marshal(s)
	return []string{
		s,
		asXML.String(),
		html.EscapeString(s),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s),
		strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(s),
		strings.Trim(string(asJSON), `"`),
		strings.Trim(strconv.Quote(s), `"`),
		url.QueryEscape(s),
		url.PathEscape(s),
		base64.StdEncoding.EncodeToString([]byte(s)),
	}
}

// String returns s without the secrets.
func (r Redactor) String(s string) string {
	if r == nil {
		return s
	}
	return r(s)
}

// Error returns err where its text holds no secret, and otherwise an error that
// wraps it and shows the text without them.
func (r Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := r.String(text); clean != text {
		return redactedError{text: clean, cause: err}
	}
	return err
}

// redactedError keeps its cause in a struct of its own, reached by errors.Is and
// errors.As but not shown by fmt, which stops at the Error method.
type redactedError struct {
	text  string
	cause error
}

func (e redactedError) Error() string { return e.text }

func (e redactedError) Unwrap() error { return e.cause }
