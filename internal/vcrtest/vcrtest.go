// Package vcrtest records the answers of a vendor's testing environment in cassettes, and replays
// them in tests. A cassette holds no secret and nothing about a person.
package vcrtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// UUID and Email stand in for every folio fiscal and address in a cassette.
const (
	UUID  = "00000000-0000-4000-8000-000000000000"
	Email = "persona@example.com"
)

// Open opens the cassette file, given without its extension, and returns a client that answers
// from it, and the values of environment variables. With CANCEL_RECORD=1 the client asks the
// vendor and records, and the values are those of the environment. Otherwise they are their
// stand-ins, which replace the values in the cassette. The test is skipped if there is no
// cassette, or if a variable that recording needs is not set.
func Open(t testing.TB, file string, standIns map[string]string) (client *http.Client, value func(variable string) string) {
	t.Helper()
	s, mode := &scrubber{}, recorder.ModeReplayOnly
	value = func(variable string) string { return standIns[variable] }
	if os.Getenv("CANCEL_RECORD") != "" {
		mode, value = recorder.ModeRecordOnly, os.Getenv
		for _, name := range slices.Sorted(maps.Keys(standIns)) {
			if value(name) == "" {
				t.Skipf("%s.yaml is not recorded: %s is not set", file, name)
			}
			s.hide(value(name), standIns[name])
		}
	} else if _, err := os.Stat(file + ".yaml"); err != nil {
		t.Skipf("NOTHING IS REPLAYED: nobody has recorded %s.yaml yet. testdata/README.md says how", file)
	}
	r, err := recorder.New(file, recorder.WithMode(mode), recorder.WithSkipRequestLatency(true),
		recorder.WithRealTransport(&http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}),
		recorder.WithHook(s.save, recorder.BeforeSaveHook), recorder.WithMatcher(s.matches))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Stop()) })
	return &http.Client{Transport: r}, value
}

// scrubber removes secrets and people from texts that are recorded.
type scrubber struct{ hidden []func(string) string }

// hide replaces a value by its stand-in, in any spelling that a Redactor knows.
func (s *scrubber) hide(value, standIn string) {
	c, _ := adapter.NewCredential("", cancel.NewSecret(value), nil)
	redact := adapter.NewRedactor(c)
	s.hidden = append(s.hidden, func(text string) string {
		return strings.ReplaceAll(redact.String(text), cancel.Secret{}.String(), standIn)
	})
}

// patterns find secrets, people and companies. The second text replaces what the first finds.
var patterns = [][2]string{
	{`\b[0-9A-Fa-f]{128}\b`, strings.Repeat("0", 128)},                                                                     // a checksum
	{`\b(prk|puk)_\w+`, "${1}_some_key"},                                                                                   // a key of Auco
	{`(?i)\b(bearer|basic) +[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*`, "TOKEN"},                                             // a token
	{`[\w.+-]+@[\w-]+(\.[\w-]+)+`, Email},                                                                                  // an e-mail address
	{`\b[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b`, UUID},                                                       // a folio fiscal
	{`\b[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{3}\b`, "EKU9003173C9"},                                                                // an RFC
	{`\+[0-9]{10,15}\b`, "+520000000000"},                                                                                  // a telephone
	{`(?i)("(?:full)?name|"participant|"description|"phone|"identification|"url|"checkout)(" *: *)"[^"]*"`, `${1}${2}"x"`}, // fields
	{`(<(?:\w+:)?(?:SignatureValue|DigestValue|Modulus)>)[^<]*`, "${1}aW52ZW50ZWQ="},                                       // the seal of an acuse
}

var packed = regexp.MustCompile(`[A-Za-z0-9+/]{200,}={0,2}`)

// text returns a text without secrets and people, also within base64.
func (s *scrubber) text(text string) string {
	for _, hide := range s.hidden {
		text = hide(text)
	}
	for _, p := range patterns {
		text = regexp.MustCompile(p[0]).ReplaceAllString(text, p[1])
	}
	return packed.ReplaceAllStringFunc(text, func(b64 string) string {
		if plain, err := base64.StdEncoding.DecodeString(b64); err == nil && utf8.Valid(plain) {
			return base64.StdEncoding.EncodeToString([]byte(s.text(string(plain))))
		}
		return b64
	})
}

// save changes an exchange before it is saved. Only the headers that an adapter reads stay.
func (s *scrubber) save(i *cassette.Interaction) error {
	sent, got := &i.Request, &i.Response
	sent.URL, sent.Body, sent.Form, sent.Headers, sent.ContentLength = s.text(sent.URL), s.text(sent.Body), nil, nil, -1
	got.Body, got.ContentLength = s.text(got.Body), -1
	maps.DeleteFunc(got.Headers, func(name string, _ []string) bool {
		return !slices.Contains([]string{"Content-Type", "Date", "Retry-After"}, name)
	})
	return nil
}

// matches reports whether a request is the recorded one.
func (s *scrubber) matches(r *http.Request, recorded cassette.Request) bool {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && fmt.Sprint(r.Method, s.text(r.URL.String()), s.text(string(body))) == fmt.Sprint(recorded.Method, recorded.URL, recorded.Body)
}
