package auco_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
)

const (
	hookHeader = "X-Webhook-Token"
	hookValue  = "an invented value"
)

// inbox is a Webhook and the events that it has handled.
type inbox struct {
	*auco.Webhook
	mu     sync.Mutex
	events []auco.Event
}

func newInbox(tb testing.TB, config auco.WebhookConfig) *inbox {
	tb.Helper()
	in := &inbox{}
	config.Header, config.Value = hookHeader, cancel.NewSecret(hookValue)
	if config.Handle == nil {
		config.Handle = func(_ context.Context, event auco.Event) error {
			in.mu.Lock()
			defer in.mu.Unlock()
			in.events = append(in.events, event)
			return nil
		}
	}
	var err error
	in.Webhook, err = auco.NewWebhook(config)
	require.NoError(tb, err)
	return in
}

// handed closes the inbox and returns the events that it has handled.
func (in *inbox) handed(tb testing.TB) []auco.Event {
	tb.Helper()
	require.NoError(tb, in.Close(tb.Context()))
	return in.events
}

func hookRequest(body string) *http.Request {
	req := httptest.NewRequest(http.MethodPost, "/auco", strings.NewReader(body))
	req.Header.Set(hookHeader, hookValue)
	req.Header.Set("Content-Type", "application/json")
	return req
}

func answer(h http.Handler, req *http.Request) (status int, words string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w.Code, w.Body.String()
}

func (in *inbox) post(tb testing.TB, body string) int {
	tb.Helper()
	status, words := answer(in, hookRequest(body))
	assert.Contains(tb, []string{"OK", "ERROR"}, words)
	return status
}

func webhookFixture(tb testing.TB, name string) string {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("..", "testdata", "auco", "webhook-"+name+".json"))
	require.NoError(tb, err)
	return string(body)
}

func TestWebhookReadsTheDocumentedEvents(t *testing.T) {
	const (
		code  = "TR99AQMY31"
		pack  = "64f1c0a27be90d3a5c1e8899"
		name  = "Contrato de prestación de servicios"
		names = "Contrato y anexo"
		url   = "https://documents.example.com/contrato-TR99AQMY31.pdf"
	)
	signer := &auco.EventSigner{ID: "64f1c0a27be90d3a5c1e8842", Name: "Ana Pérez", Email: "ana@example.com", Phone: "+573000000001"}
	documents := func(first, second auco.EventStatus) []auco.EventDocument {
		return []auco.EventDocument{
			{Code: "TR99AQMY32", Name: "Contrato", Status: first, URL: "https://documents.example.com/contrato-TR99AQMY32.pdf"},
			{Code: "TR99AQMY33", Name: "Anexo", Status: second, URL: "https://documents.example.com/anexo-TR99AQMY33.pdf"},
		}
	}
	events := map[string]auco.Event{
		"create": {Status: auco.EventCreate, Code: code, Name: name, URL: url},
		"notification": {
			Status: auco.EventNotification, Code: code, Name: name, URL: url, Signer: signer,
			Tags: []string{"ventas"}, Custom: json.RawMessage(`{"expediente": "A-17", "importe": 1250.50}`),
		},
		"finish": {
			Status: auco.EventFinish, Code: code, Name: name, URL: url,
			Tags: []string{"ventas", "2026"}, Custom: json.RawMessage(`[{"name": "expediente", "value": "A-17"}]`),
		},
		"reject":   {Status: auco.EventReject, Code: code, Name: name, URL: url},
		"rejected": {Status: auco.EventRejected, Name: name, Signer: signer, Message: "La cláusula II no es la acordada", Tags: []string{}},
		"blocked": {
			Status: auco.EventBlocked, Code: code, Name: name, Signer: signer,
			Message: "Superó los intentos de validación de identidad",
		},
		"expired":                 {Status: auco.EventExpired, Code: code, Name: name, URL: url},
		"package-create":          {Status: auco.EventCreate, Package: pack, Name: names, Documents: documents("CREATE", "CREATE")},
		"package-signed":          {Status: auco.EventSignedPackage, Package: pack, Name: names, Documents: documents("FINISH", "FINISH")},
		"package-document-reject": {Status: auco.EventDocumentReject, Package: pack, Name: names, Documents: documents("CREATE", "REJECT")},
		"package-rejected":        {Status: auco.EventRejected, Package: pack, Name: names, Signer: signer, Message: "El anexo está incompleto"},
	}
	files, err := filepath.Glob("../testdata/auco/webhook-*.json")
	require.NoError(t, err)
	assert.Len(t, files, len(events), "every fixture is read")
	for fixture, want := range events {
		t.Run(fixture, func(t *testing.T) {
			body := webhookFixture(t, fixture)
			want.Raw = []byte(body)
			in := newInbox(t, auco.WebhookConfig{})
			assert.Equal(t, http.StatusOK, in.post(t, body))
			assert.Equal(t, []auco.Event{want}, in.handed(t))
			assert.True(t, want.Status.Known())
		})
	}
}

func TestWebhookTakesOtherShapes(t *testing.T) {
	for body, want := range map[string]auco.Event{
		`{"status":"FINISH"}`:                                   {Status: auco.EventFinish},
		`{"Status":"FINISH","CODE":"A"}`:                        {Status: auco.EventFinish, Code: "A"},
		` {"status":"FINISH","code":12345678901234567890} `:     {Status: auco.EventFinish, Code: "12345678901234567890"},
		`{"status":"FINISH","code":null,"signer":null}`:         {Status: auco.EventFinish},
		`{"status":"FINISH","code":"A","signer":"Ana"}`:         {Status: auco.EventFinish, Code: "A"},
		`{"status":"FINISH","signer":{"phone":573000000001}}`:   {Status: auco.EventFinish, Signer: &auco.EventSigner{Phone: "573000000001"}},
		`{"status":"FINISH","signer":{"name":["Ana"]}}`:         {Status: auco.EventFinish, Signer: &auco.EventSigner{}},
		`{"status":"FINISH","signer":{"_id":"1","name":"Ana"}}`: {Status: auco.EventFinish, Signer: &auco.EventSigner{ID: "1", Name: "Ana"}},
		`{"status":"FINISH","signer":{"_id":"1","id":"2"}}`:     {Status: auco.EventFinish, Signer: &auco.EventSigner{ID: "2"}},
		`{"status":"FINISH","tags":[{"name":"a"}],"name":true}`: {Status: auco.EventFinish},
		`{"status":"FINISH","tags":["a",1]}`:                    {Status: auco.EventFinish},
		`{"status":"FINISH","custom":{}}`:                       {Status: auco.EventFinish, Custom: json.RawMessage("{}")},
		`{"status":"FINISH","custom":[]}`:                       {Status: auco.EventFinish, Custom: json.RawMessage("[]")},
		`{"status":"FINISH","documents":"A"}`:                   {Status: auco.EventFinish},
		`{"status":"FINISH","documents":["A",{"code":"B"}]}`:    {Status: auco.EventFinish, Documents: []auco.EventDocument{{Code: "B"}}},
		`{"status":"PAUSED","code":"A","extra":[1]}`:            {Status: "PAUSED", Code: "A"},
	} {
		want.Raw = []byte(body)
		in := newInbox(t, auco.WebhookConfig{})
		assert.Equal(t, http.StatusOK, in.post(t, body), body)
		assert.Equal(t, []auco.Event{want}, in.handed(t), body)
	}
}

func TestEventStatuses(t *testing.T) {
	for status, want := range map[auco.EventStatus][3]bool{ // known, closed, signed
		"CREATE":          {true, false, false},
		"NOTIFICATION":    {true, false, false},
		"BLOCKED":         {true, false, false},
		"FINISH":          {true, true, true},
		"SIGNED_PACKAGE":  {true, true, true},
		"REJECT":          {true, true, false},
		"REJECTED":        {true, true, false},
		"EXPIRED":         {true, true, false},
		"DOCUMENT_REJECT": {true, false, false},
		"":                {},
		"finish":          {},
		"FINISH ":         {},
		"REACTIVATED":     {},
	} {
		assert.Equal(t, want, [3]bool{status.Known(), status.Closed(), status.Signed()}, status)
	}
}

func TestWebhookRefuses(t *testing.T) {
	const good = `{"status":"FINISH","code":"A"}`
	set := func(name string, values ...string) func(*http.Request) {
		return func(req *http.Request) { req.Header[http.CanonicalHeaderKey(name)] = values }
	}
	as := func(method string) func(*http.Request) { return func(req *http.Request) { req.Method = method } }
	same := func(*http.Request) {}
	for name, c := range map[string]struct {
		change func(*http.Request)
		body   string
		want   int
	}{
		"header missing":         {set(hookHeader), good, http.StatusUnauthorized},
		"header empty":           {set(hookHeader, ""), good, http.StatusUnauthorized},
		"header wrong":           {set(hookHeader, "another value"), good, http.StatusUnauthorized},
		"header cut short":       {set(hookHeader, hookValue[:len(hookValue)-1]), good, http.StatusUnauthorized},
		"header longer":          {set(hookHeader, hookValue+"x"), good, http.StatusUnauthorized},
		"header in capitals":     {set(hookHeader, strings.ToUpper(hookValue)), good, http.StatusUnauthorized},
		"header twice":           {set(hookHeader, hookValue, hookValue), good, http.StatusUnauthorized},
		"header and a guess":     {set(hookHeader, "a guess", hookValue), good, http.StatusUnauthorized},
		"header wrong, body too": {set(hookHeader, "another value"), "{", http.StatusUnauthorized},

		"GET":    {as(http.MethodGet), good, http.StatusMethodNotAllowed},
		"PUT":    {as(http.MethodPut), good, http.StatusMethodNotAllowed},
		"DELETE": {as(http.MethodDelete), good, http.StatusMethodNotAllowed},

		"plain text":      {set("Content-Type", "text/plain"), good, http.StatusUnsupportedMediaType},
		"form":            {set("Content-Type", "application/x-www-form-urlencoded"), good, http.StatusUnsupportedMediaType},
		"multipart":       {set("Content-Type", "multipart/form-data; boundary=a"), good, http.StatusUnsupportedMediaType},
		"unknown charset": {set("Content-Type", "application/json; charset=none"), `{"status":"FINISH","name":"` + "\xf1" + `"}`, http.StatusBadRequest},

		"oversized": {same, `{"status":"FINISH","name":"` + strings.Repeat("a", 1<<20) + `"}`, http.StatusRequestEntityTooLarge},

		"no body":            {same, "", http.StatusBadRequest},
		"null":               {same, "null", http.StatusBadRequest},
		"list":               {same, "[" + good + "]", http.StatusBadRequest},
		"cut short":          {same, good[:len(good)-1], http.StatusBadRequest},
		"two values":         {same, good + good, http.StatusBadRequest},
		"trailing word":      {same, good + "x", http.StatusBadRequest},
		"status missing":     {same, `{"code":"A"}`, http.StatusBadRequest},
		"status empty":       {same, `{"code":"A","status":""}`, http.StatusBadRequest},
		"status null":        {same, `{"code":"A","status":null}`, http.StatusBadRequest},
		"status a list":      {same, `{"code":"A","status":["FINISH"]}`, http.StatusBadRequest},
		"status twice":       {same, `{"code":"A","status":"CREATE","status":"FINISH"}`, http.StatusBadRequest},
		"status in two ways": {same, `{"code":"A","status":"CREATE","STATUS":"FINISH"}`, http.StatusBadRequest},
		"code an object":     {same, `{"code":{},"status":"FINISH"}`, http.StatusBadRequest},
		"code true":          {same, `{"code":true,"status":"FINISH"}`, http.StatusBadRequest},
		"package a list":     {same, `{"package":["A"],"status":"FINISH"}`, http.StatusBadRequest},
		"signer twice":       {same, `{"status":"FINISH","signer":{"id":"1","ID":"2"}}`, http.StatusBadRequest},
		"document twice":     {same, `{"status":"FINISH","documents":[{"code":"1","code":"2"}]}`, http.StatusBadRequest},
		"too deep":           {same, `{"status":"FINISH","custom":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			in := newInbox(t, auco.WebhookConfig{})
			req := hookRequest(c.body)
			c.change(req)
			status, words := answer(in, req)
			assert.Equal(t, c.want, status)
			assert.Equal(t, "ERROR", words, "nothing of the call is repeated")
			assert.Empty(t, in.handed(t))
		})
	}
}

func TestWebhookCapsTheBody(t *testing.T) {
	const body = `{"status":"FINISH"}`
	in := newInbox(t, auco.WebhookConfig{Options: cancel.WebhookOptions{MaxBytes: int64(len(body))}})
	assert.Equal(t, http.StatusOK, in.post(t, body))
	assert.Equal(t, http.StatusRequestEntityTooLarge, in.post(t, body+" "))
	assert.Len(t, in.handed(t), 1)
}

func TestWebhookReadsTheMediaTypeOnly(t *testing.T) {
	const good = `{"status":"FINISH","name":"Contrato ñ"}`
	for _, contentType := range []string{
		"", "application/json", "APPLICATION/JSON", "application/json; charset=utf-8", "application/problem+json",
		"application/json; charset=", "application/json;", "application/json;;", "application/json; charset",
		"application/json; charset=utf-8; charset=utf-8", "application/json; charset=utf-8; charset=latin1",
		"application/json, application/json", "application/json,", `application/json; charset="`, "application/json; =",
		"application/json; charset=none", "application/json; charset=binary", "application/json; charset=utf8mb4",
	} {
		in := newInbox(t, auco.WebhookConfig{})
		req := hookRequest(good)
		req.Header["Content-Type"] = []string{contentType}
		status, _ := answer(in, req)
		assert.Equal(t, http.StatusOK, status, contentType)
		events := in.handed(t)
		if assert.Len(t, events, 1, contentType) {
			assert.Equal(t, "Contrato ñ", events[0].Name, contentType)
		}
	}
}

func TestWebhookTellsRepeatsFromOtherEvents(t *testing.T) {
	const base = `{"code":"A","status":"NOTIFICATION","signer":{"id":"1","name":"Ana","email":"a@example.com","phone":"+57"},"message":"x","url":"u"}`
	change := func(old, replacement string) string {
		require.Contains(t, base, old)
		return strings.Replace(base, old, replacement, 1)
	}
	under := change(`"id"`, `"_id"`)
	blocked := change("NOTIFICATION", "BLOCKED")
	noSigner := `{"code":"A","status":"NOTIFICATION"}`
	packed := func(first, second string) string {
		return fmt.Sprintf(`{"package":"P","status":"DOCUMENT_REJECT","documents":[%s,%s]}`, first, second)
	}
	const created, rejected = `{"code":"A","status":"CREATE"}`, `{"code":"A","status":"REJECT"}`
	nameless := webhookFixture(t, "rejected")
	for name, c := range map[string]struct {
		first, second string
		repeat        bool
	}{
		"the same":                     {base, base, true},
		"another URL of the document":  {base, change(`"u"`, `"v"`), true},
		"other white space":            {base, ` ` + change(`{"id":"1",`, `{ "id" : "1" , `), true},
		"another case of a key":        {base, change(`"code"`, `"Code"`), true},
		"another status":               {base, blocked, false},
		"another code":                 {base, change(`"A"`, `"B"`), false},
		"a code in small letters":      {base, change(`"A"`, `"a"`), false},
		"another signer":               {base, change(`"1"`, `"2"`), false},
		"another signer's address":     {base, change("a@", "b@"), false},
		"another signer's name":        {base, change("Ana", "Eva"), false},
		"another signer's phone":       {base, change("+57", "+52"), false},
		"another signer, as _id":       {under, strings.Replace(under, `"1"`, `"2"`, 1), false},
		"another signer, as a text":    {noSigner, strings.Replace(noSigner, "}", `,"signer":"Eva"}`, 1), false},
		"another signer, undocumented": {base, change(`"phone"`, `"document":"7","phone"`), false},
		"no signer, the same":          {noSigner, noSigner, true},
		"blocked, the same":            {blocked, blocked, true},
		"blocked, another message":     {blocked, strings.Replace(blocked, `"x"`, `"y"`, 1), false},
		"a package of that name":       {base, change(`"code"`, `"package"`), false},
		"a package, the same":          {packed(rejected, created), packed(rejected, created), true},
		"a package, white space":       {packed(rejected, created), packed(rejected, " "+created) + " ", true},
		"a package, another document":  {packed(rejected, created), packed(rejected, rejected), false},
		"a package, as _id":            {packed(`{"_id":"1"}`, `{"_id":"2"}`), packed(`{"_id":"1"}`, `{"_id":"3"}`), false},
		"without code, the same":       {nameless, nameless, true},
		"without code, another name":   {nameless, strings.Replace(nameless, "Contrato", "Convenio", 1), false},
		"without code, another signer": {nameless, strings.Replace(nameless, "8842", "8843", 1), false},
		"without code, another reason": {nameless, strings.Replace(nameless, "II", "III", 1), false},
		"without code, another tag":    {nameless, strings.Replace(nameless, "[]", `["a"]`, 1), false},
		"first without, then with":     {nameless, strings.Replace(nameless, "{", `{"code":"A",`, 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			in := newInbox(t, auco.WebhookConfig{})
			assert.Equal(t, http.StatusOK, in.post(t, c.first))
			assert.Equal(t, http.StatusOK, in.post(t, c.second))
			want := 2
			if c.repeat {
				want = 1
			}
			assert.Len(t, in.handed(t), want)
		})
	}
}

func TestWebhookForgetsAfterTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInbox(t, auco.WebhookConfig{Options: cancel.WebhookOptions{Window: time.Hour}})
		body := webhookFixture(t, "finish")
		for _, wait := range []time.Duration{0, 2 * time.Minute, time.Hour - 2*time.Minute, time.Hour} {
			time.Sleep(wait)
			assert.Equal(t, http.StatusOK, in.post(t, body))
		}
		assert.Len(t, in.handed(t), 3)
	})
}

// Auco sends an event again 2, 4 and 6 minutes after an answer that is not 2xx.
func TestWebhookLosesNoEventWhileTheDatabaseIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var stored []auco.EventStatus
		began := time.Now()
		in := newInbox(t, auco.WebhookConfig{
			Options: cancel.WebhookOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))},
			Handle: func(ctx context.Context, event auco.Event) error {
				switch down := time.Since(began); {
				case down < time.Minute:
					return errors.New("connection refused")
				case down < 4*time.Minute:
					<-ctx.Done()
					return ctx.Err()
				case down < 8*time.Minute:
					panic("no such table")
				}
				stored = append(stored, event.Status)
				return nil
			},
		})
		var answers []int
		for _, event := range []string{"create", "finish"} {
			for _, wait := range []time.Duration{0, 2 * time.Minute, 4 * time.Minute, 6 * time.Minute} {
				time.Sleep(wait)
				answers = append(answers, in.post(t, webhookFixture(t, event)))
				if answers[len(answers)-1] == http.StatusOK {
					break
				}
			}
		}
		assert.Equal(t, []int{503, 503, 503, 200, 200}, answers)
		assert.Equal(t, []auco.EventStatus{"CREATE", "FINISH"}, stored)
		require.NoError(t, in.Close(t.Context()))
		assert.Contains(t, log.String(), `provider=auco error="connection refused"`)
		assert.Contains(t, log.String(), `provider=auco error="context deadline exceeded"`)
		assert.Contains(t, log.String(), `provider=auco error="panic: no such table`)
		assert.NotContains(t, log.String(), hookValue)
	})
}

func TestWebhookOverTheNetwork(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	in := newInbox(t, auco.WebhookConfig{})
	server := httptest.NewServer(in)
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			for _, event := range []string{"create", "notification", "finish"} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(webhookFixture(t, event)))
				if !assert.NoError(t, err) {
					return
				}
				req.Header.Set(strings.ToLower(hookHeader), hookValue)
				resp, err := server.Client().Do(req)
				if !assert.NoError(t, err) {
					return
				}
				assert.Equal(t, http.StatusOK, resp.StatusCode)
				assert.NoError(t, resp.Body.Close())
			}
		})
	}
	calls.Wait()
	server.Close()
	handed := in.handed(t)
	statuses := make([]auco.EventStatus, len(handed))
	for i, event := range handed {
		statuses[i] = event.Status
	}
	assert.ElementsMatch(t, []auco.EventStatus{"CREATE", "NOTIFICATION", "FINISH"}, statuses)
}

func TestNewWebhookRefuses(t *testing.T) {
	good := auco.WebhookConfig{Header: hookHeader, Value: cancel.NewSecret(hookValue), Handle: func(context.Context, auco.Event) error { return nil }}
	for name, c := range map[string]struct {
		field  string
		change func(*auco.WebhookConfig)
	}{
		"no header":            {"Header", func(c *auco.WebhookConfig) { c.Header = "" }},
		"header with a blank":  {"Header", func(c *auco.WebhookConfig) { c.Header = "X Token" }},
		"header with a colon":  {"Header", func(c *auco.WebhookConfig) { c.Header = "X-Token:" }},
		"no value":             {"Value", func(c *auco.WebhookConfig) { c.Value = cancel.NewSecret("") }},
		"value with a newline": {"Value", func(c *auco.WebhookConfig) { c.Value = cancel.NewSecret(hookValue + "\n") }},
		"value with a blank":   {"Value", func(c *auco.WebhookConfig) { c.Value = cancel.NewSecret(hookValue + " ") }},
		"no handle":            {"Handle", func(c *auco.WebhookConfig) { c.Handle = nil }},
		"window negative":      {"Options.Window", func(c *auco.WebhookConfig) { c.Options.Window = -1 }},
		"timeout negative":     {"Options.Timeout", func(c *auco.WebhookConfig) { c.Options.Timeout = -1 }},
		"bytes negative":       {"Options.MaxBytes", func(c *auco.WebhookConfig) { c.Options.MaxBytes = -1 }},
		"running negative":     {"Options.MaxRunning", func(c *auco.WebhookConfig) { c.Options.MaxRunning = -1 }},
	} {
		t.Run(name, func(t *testing.T) {
			config := good
			c.change(&config)
			_, err := auco.NewWebhook(config)
			e, ok := errors.AsType[*cancel.Error](err)
			require.True(t, ok, "%T", err)
			assert.ErrorIs(t, err, cancel.ErrInvalid)
			assert.Equal(t, "auco", e.Provider)
			assert.Equal(t, "NewWebhook", e.Op)
			assert.True(t, strings.HasPrefix(e.Message, c.field+" "), e.Message)
			assert.NotContains(t, err.Error(), hookValue)
		})
	}
	hook, err := auco.NewWebhook(good)
	require.NoError(t, err)
	assert.NoError(t, hook.Close(t.Context()))
}

func TestWebhookAsksForItsSecretAtEachCall(t *testing.T) {
	var secret string
	var fails error
	handled := 0
	hook, err := auco.NewWebhook(auco.WebhookConfig{
		Header: hookHeader,
		Value:  cancel.SecretFunc(func(context.Context) (string, error) { return secret, fails }),
		Handle: func(context.Context, auco.Event) error { handled++; return nil },
	})
	require.NoError(t, err, "the function is not called yet")
	for _, c := range []struct {
		secret string
		fails  error
		given  string
		want   int
	}{
		{"old", nil, "old", http.StatusOK},
		{"old", nil, "new", http.StatusUnauthorized},
		{"new", nil, "new", http.StatusOK},
		{"new", nil, "old", http.StatusUnauthorized},
		{"new", errors.New("the vault is sealed"), "new", http.StatusServiceUnavailable},
		{"", nil, "new", http.StatusServiceUnavailable},
		{"", nil, "", http.StatusServiceUnavailable},
		{"new\n", nil, "new\n", http.StatusServiceUnavailable},
		{"newer", nil, "newer", http.StatusOK},
	} {
		secret, fails = c.secret, c.fails
		req := hookRequest(fmt.Sprintf(`{"status":"FINISH","code":%q}`, c.given))
		req.Header.Set(hookHeader, c.given)
		status, _ := answer(hook, req)
		assert.Equal(t, c.want, status, c)
	}
	assert.Equal(t, 3, handled)
}

func TestWebhookGivesUpASecretThatDoesNotArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		hook, err := auco.NewWebhook(auco.WebhookConfig{
			Header:  hookHeader,
			Value:   cancel.SecretFunc(func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }),
			Handle:  func(context.Context, auco.Event) error { return nil },
			Options: cancel.WebhookOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))},
		})
		require.NoError(t, err)
		began := time.Now()
		status, _ := answer(hook, hookRequest(webhookFixture(t, "finish")))
		assert.Equal(t, http.StatusServiceUnavailable, status)
		assert.Equal(t, 8*time.Second, time.Since(began))
		assert.Contains(t, log.String(), "Value could not be had")
	})
}

func FuzzWebhook(f *testing.F) {
	files, err := filepath.Glob("../testdata/auco/webhook-*.json")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(hookValue, "application/json", body)
	}
	f.Add("a guess", "application/json", []byte(`{"status":"FINISH"}`))
	f.Add(hookValue, "text/plain", []byte(`{"status":"FINISH","status":"CREATE"}`))
	f.Add(hookValue, "application/json; charset=utf-16", []byte("{\x00}\x00"))
	f.Fuzz(func(t *testing.T, value, contentType string, body []byte) {
		in := newInbox(t, auco.WebhookConfig{})
		req := hookRequest(string(body))
		req.Header[hookHeader] = []string{value}
		req.Header["Content-Type"] = []string{contentType}
		status, words := answer(in, req)
		handed := in.handed(t)
		if status != http.StatusOK {
			assert.Contains(t, []int{400, 401, 413, 415}, status)
			assert.Equal(t, "ERROR", words)
			assert.Empty(t, handed)
			return
		}
		assert.Equal(t, hookValue, value)
		if assert.Len(t, handed, 1) {
			assert.NotEmpty(t, handed[0].Status)
			assert.True(t, slices.Equal(body, handed[0].Raw))
			assert.True(t, handed[0].Custom == nil || json.Valid(handed[0].Custom))
		}
	})
}

func ExampleNewWebhook() {
	hook, err := auco.NewWebhook(auco.WebhookConfig{
		Header: "X-Webhook-Token", // as configured at Auco
		Value:  cancel.NewSecret("an invented value"),
		Handle: func(_ context.Context, event auco.Event) error {
			// Store the event here: Auco is answered when it is stored.
			_, err := fmt.Println(event.Status, event.Code, "closed:", event.Status.Closed(), "signed:", event.Status.Signed())
			return err
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	var answers []int
	for _, token := range []string{"a guess", "an invented value"} {
		body := strings.NewReader(`{"code":"TR99AQMY31","name":"Contrato","status":"EXPIRED"}`)
		req := httptest.NewRequest(http.MethodPost, "/auco", body)
		req.Header.Set("X-Webhook-Token", token)
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, req)
		answers = append(answers, w.Code)
	}
	fmt.Println(answers)
	if err := hook.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// EXPIRED TR99AQMY31 closed: true signed: false
	// [401 200]
}
