package cancel_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/davecgh/go-spew/spew"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest/csdtest"
	"github.com/unified-cancel/cancel/payvalida"
)

// The secrets of the holders below. Each holds the word hunter2.
const (
	plantedPassword = " pass<&>\"hunter2 "
	plantedCSD      = "csd-hunter2"
	plantedHash     = "hash-hunter2"
	plantedPrivate  = "prk_hunter2"
	plantedPublic   = "puk_hunter2"
	plantedWebhook  = "webhook-hunter2"
)

// plantedForms are the forms in which a printer may show a planted secret.
var plantedForms = func() (forms []string) {
	const word = "hunter2"
	forms = []string{
		word, fmt.Sprintf("%x", word), fmt.Sprintf("%X", word), fmt.Sprintf("% x", word),
		strings.Trim(fmt.Sprint([]byte(word)), "[]"), strings.Trim(fmt.Sprintf("%#v", []byte(word)), "[]byte{}"),
	}
	for _, secret := range []string{plantedPassword, plantedCSD, plantedHash, plantedPrivate, plantedPublic, plantedWebhook} {
		forms = append(forms, base64.StdEncoding.EncodeToString([]byte(secret)))
	}
	return forms
}()

func assertNoneShown(t *testing.T, shown, how string) {
	t.Helper()
	for _, form := range plantedForms {
		if i := strings.Index(shown, form); i >= 0 {
			assert.Fail(t, "a secret is shown", "%s: …%.80q", how, shown[max(0, i-40):])
		}
	}
}

// made returns a secret in both of its forms: a value, and a function.
func made(value string) []cancel.Secret {
	return []cancel.Secret{
		cancel.NewSecret(value),
		cancel.SecretFunc(func(context.Context) (string, error) { return value, nil }),
	}
}

// holders returns everything in the module that holds a secret, after it was used, with a name.
// The vendor echoes the secrets of each request, and so do the errors of a transport.
func holders(t *testing.T) map[string]any {
	t.Helper()
	found := map[string]any{}
	hold := func(name string, values ...any) {
		for i, v := range values {
			found[fmt.Sprintf("%s %d (%T)", name, i, v)] = v
		}
	}
	csd := factible.CSD(csdtest.New("EKU9003173C9", csdtest.Password(plantedCSD)))
	for i, form := range []string{"value", "function"} {
		csd.Password = made(plantedCSD)[i]
		adapters := func(transport func(words string) http.RoundTripper) (configs []any, found map[string]cancel.Canceler) {
			optionsOf := func(words string) cancel.ClientOptions {
				return cancel.ClientOptions{HTTPClient: &http.Client{Transport: transport(words)}}
			}
			const endpoint = "http://127.0.0.1:1"
			ofInvoices := factible.Config{
				Username: "u", Password: made(plantedPassword)[i], CSD: &csd,
				Environment: cancel.Sandbox, Endpoint: endpoint, Options: optionsOf(plantedPassword),
			}
			ofPayments := payvalida.Config{
				Merchant: "m", FixedHash: made(plantedHash)[i],
				Environment: cancel.Sandbox, Endpoint: endpoint, Options: optionsOf(plantedHash),
			}
			ofDocuments := auco.Config{
				PrivateKey: made(plantedPrivate)[i], PublicKey: made(plantedPublic)[i],
				Environment: cancel.Sandbox, Endpoint: endpoint, Options: optionsOf(plantedPrivate + " " + plantedPublic),
			}
			invoices, err := factible.New(ofInvoices)
			require.NoError(t, err)
			payments, err := payvalida.New(ofPayments)
			require.NoError(t, err)
			documents, err := auco.New(ofDocuments)
			require.NoError(t, err)
			return []any{ofInvoices, &ofInvoices, csd, &csd, ofPayments, &ofPayments, ofDocuments, &ofDocuments},
				map[string]cancel.Canceler{"invoices": invoices, "payments": payments, "documents": documents}
		}
		for how, transport := range map[string]func(string) http.RoundTripper{"an echo": echoing, "an error": broken} {
			configs, providers := adapters(transport)
			client := cancel.NewClient(providers, cancel.WithMaxAttempts(1), cancel.WithLogger(slog.New(slog.DiscardHandler)))
			for _, req := range []cancel.Request{
				{Provider: "invoices", Kind: cancel.Invoice, ID: "0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F", Motive: "02", Issuer: "EKU9003173C9"},
				{Provider: "payments", Kind: cancel.Payment, ID: "1", Reference: "r"},
				{Provider: "documents", Kind: cancel.Document, ID: "A", Reason: "r", RequestedBy: "ana@example.com"},
			} {
				if req.Provider == "documents" { // redaction knows a key once it was used
					_, _ = client.Cancel(t.Context(), req)
					_, _ = client.Status(t.Context(), req)
				}
				_, cancelled := client.Cancel(t.Context(), req)
				_, asked := client.Status(t.Context(), req)
				hold(fmt.Sprintf("%s, %s of %s", form, how, req.Provider), withoutRaw(t, cancelled), withoutRaw(t, asked))
			}
			hold(form+", "+how, append(configs, providers, client)...)
		}

		ofEvents := auco.WebhookConfig{
			Header: "X-Key", Value: made(plantedWebhook)[i], Handle: func(context.Context, auco.Event) error { return nil },
		}
		ofNotifications := payvalida.WebhookConfig{
			Hash: made(plantedWebhook)[i], Handle: func(context.Context, payvalida.Event) error { return nil },
		}
		events, err := auco.NewWebhook(ofEvents)
		require.NoError(t, err)
		notifications, err := payvalida.NewWebhook(ofNotifications)
		require.NoError(t, err)
		receive(t, events, `{"status":"FINISH","code":"A"}`)
		receive(t, notifications, fmt.Sprintf(`{"po_id":"1","status":"approved","pv_checksum":%q}`, payvalida.NotificationChecksum("1", "approved", plantedWebhook)))
		hold(form, ofEvents, &ofEvents, ofNotifications, &ofNotifications, events, notifications)
	}
	return found
}

// roundTrip is a transport. A function hides its words from reflection.
type roundTrip func() (*http.Response, error)

func (f roundTrip) RoundTrip(*http.Request) (*http.Response, error) { return f() }

// echoing returns a transport that answers 401 with words.
func echoing(words string) http.RoundTripper {
	body, _ := json.Marshal(map[string]string{"CODE": "0025", "DESC": words, "message": words})
	return roundTrip(func() (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusUnauthorized, Body: io.NopCloser(bytes.NewReader(body))}, nil
	})
}

// broken returns a transport whose error holds words.
func broken(words string) http.RoundTripper {
	return roundTrip(func() (*http.Response, error) { return nil, fmt.Errorf("proxy: %w", errors.New(words)) })
}

// withoutRaw returns an error without the vendor's body, which is verbatim.
func withoutRaw(t *testing.T, err error) *cancel.Error {
	t.Helper()
	failure, ok := errors.AsType[*cancel.Error](err)
	require.True(t, ok)
	own := *failure
	own.Raw = nil
	if inner, ok := errors.AsType[*cancel.Error](own.Err); ok {
		own.Err = withoutRaw(t, inner)
	}
	return &own
}

func receive(t *testing.T, hook http.Handler, body string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Key", plantedWebhook)
	answer := httptest.NewRecorder()
	hook.ServeHTTP(answer, req)
	require.Equal(t, http.StatusOK, answer.Code)
}

func TestReflectionFindsNoSecret(t *testing.T) {
	for what, value := range holders(t) {
		texts, err := reachable(value)
		assert.NoError(t, err, what)
		for path, s := range texts {
			assertNoneShown(t, s, what+path)
		}
	}
}

// reachable returns every text that reflection reaches from a value, by its path: strings, and
// slices and arrays of integers. It reads unexported fields, and ends at functions, channels
// and unsafe pointers. It is an error to reach a private key.
func reachable(value any) (map[string]string, error) {
	found := map[string]string{}
	var err error
	seen := map[string]bool{}
	var visit func(path string, v reflect.Value)
	visit = func(path string, v reflect.Value) {
		if !v.IsValid() {
			return
		}
		if v.Type() == reflect.TypeFor[rsa.PrivateKey]() {
			err = errors.Join(err, fmt.Errorf("%s is a private key", path))
		}
		switch v.Kind() {
		case reflect.String:
			found[path] = v.String()
		case reflect.Pointer, reflect.Interface:
			if v.Kind() == reflect.Pointer {
				key := fmt.Sprint(v.Type(), v.Pointer())
				if seen[key] {
					return
				}
				seen[key] = true
			}
			visit(path, v.Elem())
		case reflect.Struct:
			for i := range v.NumField() {
				visit(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case reflect.Map:
			for entries := v.MapRange(); entries.Next(); {
				visit(path+"{}", entries.Key())
				visit(path+"[]", entries.Value())
			}
		case reflect.Slice, reflect.Array:
			var text strings.Builder
			for i := range v.Len() {
				switch e := v.Index(i); {
				case e.CanInt():
					text.WriteRune(rune(e.Int()))
				case e.CanUint():
					text.WriteRune(rune(e.Uint()))
				default:
					visit(fmt.Sprintf("%s[%d]", path, i), e)
				}
			}
			if text.Len() > 0 {
				found[path] = text.String()
			}
		}
	}
	visit("", reflect.ValueOf(value))
	return found, err
}

// The walk itself must find a secret that is there.
func TestReflectionFindsAPlainString(t *testing.T) {
	type deep struct {
		unexported map[string][]any
		bytes      []byte
		runes      []rune
		array      [7]byte
	}
	for _, value := range []any{
		deep{unexported: map[string][]any{"a": {&struct{ s string }{"hunter2"}}}},
		&deep{unexported: map[string][]any{"hunter2": nil}},
		deep{bytes: []byte("hunter2")}, deep{runes: []rune("hunter2")}, deep{array: [7]byte([]byte("hunter2"))},
		errors.Join(errors.New("hunter2")),
	} {
		found, err := reachable(value)
		require.NoError(t, err)
		assert.Contains(t, fmt.Sprint(found), "hunter2")
	}
	_, err := reachable(struct{ key any }{&rsa.PrivateKey{}})
	assert.Error(t, err)
}

func TestNoPrinterShowsASecret(t *testing.T) {
	deep := spew.ConfigState{Indent: " ", DisableMethods: true, DisablePointerMethods: true}
	for what, value := range holders(t) {
		for _, v := range []any{value, struct{ A any }{value}, []any{value}, map[string]any{"a": value}} {
			for verb := 'A'; verb <= 'z'; verb++ {
				if verb > 'Z' && verb < 'a' || verb == 'p' || verb == 'w' {
					continue
				}
				for _, flags := range []string{"", "+", "#", " ", "-20", "0", ".3"} {
					format := "%" + flags + string(verb)
					assertNoneShown(t, fmt.Sprintf(format, v), what+" "+format)
				}
			}
			var out bytes.Buffer
			slog.New(slog.NewTextHandler(&out, nil)).Info("m", "value", v)
			slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "value", v)
			_ = json.NewEncoder(&out).Encode(v)
			_ = xml.NewEncoder(&out).Encode(v)
			_ = gob.NewEncoder(&out).Encode(v)
			assertNoneShown(t, out.String(), what+" in slog, JSON, XML or gob")
		}
		assertNoneShown(t, spew.Sdump(value)+spew.Sprintf("%v %+v %#v %#+v", value, value, value, value), what+" in go-spew")
		assertNoneShown(t, deep.Sdump(value), what+" in go-spew without methods")
		diff := new(differ)
		require.False(t, assert.Equal(diff, reflect.Zero(reflect.TypeOf(value)).Interface(), value))
		assertNoneShown(t, diff.String(), what+" in a diff of testify")
	}
}

// differ collects the messages of an assertion.
type differ struct{ strings.Builder }

func (d *differ) Errorf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

func TestConfigsShowTheRest(t *testing.T) {
	for what, value := range holders(t) {
		if !strings.Contains(what, "Config)") || strings.Contains(what, "Webhook") {
			continue
		}
		for _, format := range []string{"%v", "%+v", "%#v"} {
			shown := fmt.Sprintf(format, value)
			assert.Contains(t, shown, "REDACTED", what)
			assert.Contains(t, shown, "sandbox", what)
		}
	}
}
