package payvalida_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/payvalida"
)

const (
	notificationHash = "invented-notification-hash"
	jsonType         = "application/json"
	formType         = "application/x-www-form-urlencoded"
)

// inbox is a Webhook and the events that it has handled.
type inbox struct {
	*payvalida.Webhook
	mu     sync.Mutex
	events []payvalida.Event
}

func newInbox(tb testing.TB, config payvalida.WebhookConfig) *inbox {
	tb.Helper()
	in := &inbox{}
	config.Hash = cancel.NewSecret(notificationHash)
	if config.Handle == nil {
		config.Handle = func(_ context.Context, event payvalida.Event) error {
			in.mu.Lock()
			defer in.mu.Unlock()
			in.events = append(in.events, event)
			return nil
		}
	}
	var err error
	in.Webhook, err = payvalida.NewWebhook(config)
	require.NoError(tb, err)
	return in
}

// handed closes the inbox and returns the events that it has handled.
func (in *inbox) handed(tb testing.TB) []payvalida.Event {
	tb.Helper()
	require.NoError(tb, in.Close(tb.Context()))
	return in.events
}

func (in *inbox) post(tb testing.TB, contentType, body string) int {
	tb.Helper()
	req := httptest.NewRequest(http.MethodPost, "/payvalida", strings.NewReader(body))
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	in.ServeHTTP(w, req)
	words := "ERROR"
	if w.Code == http.StatusOK {
		words = "OK"
	}
	assert.Equal(tb, words, w.Body.String(), "Payvalida records the word; nothing of the call is repeated")
	return w.Code
}

// notification returns a genuine notification, as JSON.
func notification(tb testing.TB, order string, status payvalida.EventStatus) string {
	tb.Helper()
	body, err := json.Marshal(map[string]string{
		"po_id": order, "status": string(status), "amount": "45000", "iso_currency": "COP",
		"pv_checksum": payvalida.NotificationChecksum(order, status, notificationHash),
	})
	require.NoError(tb, err)
	return string(body)
}

func notificationFixture(tb testing.TB, name string) string {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("..", "testdata", "payvalida", "notification-"+name))
	require.NoError(tb, err)
	return string(body)
}

func TestWebhookReadsTheDocumentedFields(t *testing.T) {
	approved := payvalida.Event{
		Status: payvalida.EventApproved, Order: "PO-1001", PVOrder: "2415421",
		Amount: "150000.50", Currency: "COP", Method: "efecty",
	}
	for fixture, want := range map[string]payvalida.Event{
		"approved.json": approved,
		"approved.form": approved,
		"cancelled.json": {
			Status: payvalida.EventCancelled, Order: "90071992547409931234", PVOrder: "2415422",
			Amount: "45000.00", Currency: "COP",
		},
		"cancelled.form": {
			Status: payvalida.EventCancelled, Order: "Pedido nº 7", PVOrder: "2415423",
			Amount: "45000", Currency: "COP",
		},
	} {
		t.Run(fixture, func(t *testing.T) {
			body := notificationFixture(t, fixture)
			want.Raw = []byte(body)
			types := []string{jsonType, "Application/JSON; charset=utf-8", ""}
			if strings.HasSuffix(fixture, ".form") {
				types = []string{formType, formType + "; charset=UTF-8"}
			}
			for _, contentType := range types {
				in := newInbox(t, payvalida.WebhookConfig{})
				assert.Equal(t, http.StatusOK, in.post(t, contentType, body), contentType)
				assert.Equal(t, []payvalida.Event{want}, in.handed(t), contentType)
			}
		})
	}
}

func TestNotificationChecksum(t *testing.T) {
	// printf %s PO-1001approvedinvented-notification-hash | sha256sum
	const want = "671244c1aa3235a410c4c5d14f5823765beaa975ba887b19eb3fb7720c7d462e"
	assert.Equal(t, want, payvalida.NotificationChecksum("PO-1001", payvalida.EventApproved, notificationHash))

	body := notificationFixture(t, "approved.json")
	require.Contains(t, body, want)
	for _, written := range []string{strings.ToUpper(want), "671244C1AA" + want[10:]} {
		in := newInbox(t, payvalida.WebhookConfig{})
		assert.Equal(t, http.StatusOK, in.post(t, jsonType, strings.Replace(body, want, written, 1)), "in either case")
		assert.Len(t, in.handed(t), 1)
	}
}

func TestEventStatuses(t *testing.T) {
	for status, want := range map[payvalida.EventStatus][2]bool{ // known, stands
		"approved":  {true, true},
		"cancelled": {true, false},
		"":          {},
		"APPROVED":  {},
		"refunded":  {},
	} {
		assert.Equal(t, want, [2]bool{status.Known(), status.Stands()}, status)
	}
}

func TestWebhookHandsOverAStatusThatIsNotKnown(t *testing.T) {
	in := newInbox(t, payvalida.WebhookConfig{})
	assert.Equal(t, http.StatusOK, in.post(t, jsonType, notification(t, "PO-1001", "refunded")))
	events := in.handed(t)
	require.Len(t, events, 1)
	assert.Equal(t, payvalida.EventStatus("refunded"), events[0].Status)
	assert.False(t, events[0].Status.Known())
}

func TestWebhookRefuses(t *testing.T) {
	good := notification(t, "PO-1001", payvalida.EventApproved)
	sum := payvalida.NotificationChecksum("PO-1001", payvalida.EventApproved, notificationHash)
	form := url.Values{"po_id": {"PO-1001"}, "status": {"approved"}, "pv_checksum": {sum}}.Encode()
	change := func(old, replacement string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, replacement, 1)
	}
	signed := func(order string, status payvalida.EventStatus, hash string) string {
		return change(sum, payvalida.NotificationChecksum(order, status, hash))
	}
	for name, c := range map[string]struct {
		contentType, body string
		want              int
	}{
		"another order":         {jsonType, change("PO-1001", "PO-1002"), http.StatusUnauthorized},
		"another status":        {jsonType, change(`"approved"`, `"cancelled"`), http.StatusUnauthorized},
		"order in small":        {jsonType, change("PO-1001", "po-1001"), http.StatusUnauthorized},
		"another hash":          {jsonType, signed("PO-1001", "approved", "invented-fixed-hash"), http.StatusUnauthorized},
		"no hash":               {jsonType, signed("PO-1001", "approved", ""), http.StatusUnauthorized},
		"cut short":             {jsonType, change(sum, sum[:62]), http.StatusUnauthorized},
		"one digit":             {jsonType, change(sum, sum[:63]), http.StatusUnauthorized},
		"longer":                {jsonType, change(sum, sum+"00"), http.StatusUnauthorized},
		"no digits":             {jsonType, change(sum, strings.Repeat("x", 64)), http.StatusUnauthorized},
		"with a blank":          {jsonType, change(sum, sum+" "), http.StatusUnauthorized},
		"a number":              {jsonType, change(`"`+sum+`"`, "0"), http.StatusUnauthorized},
		"form, another order":   {formType, strings.Replace(form, "1001", "1002", 1), http.StatusUnauthorized},
		"order cut shorter":     {jsonType, notification(t, "PO-100", "1approved"), http.StatusUnauthorized},
		"order cut longer":      {jsonType, notification(t, "PO-1001app", "roved"), http.StatusUnauthorized},
		"cancelled, cut longer": {jsonType, notification(t, "PO-1001cancelle", "d"), http.StatusUnauthorized},

		"checksum missing": {jsonType, change("pv_checksum", "checksum"), http.StatusBadRequest},
		"checksum empty":   {jsonType, change(sum, ""), http.StatusBadRequest},
		"checksum null":    {jsonType, change(`"`+sum+`"`, "null"), http.StatusBadRequest},
		"checksum a list":  {jsonType, change(`"`+sum+`"`, `["`+sum+`"]`), http.StatusBadRequest},
		"order missing":    {jsonType, change("po_id", "id"), http.StatusBadRequest},
		"status missing":   {jsonType, change(`"status"`, `"state"`), http.StatusBadRequest},
		"status true":      {jsonType, change(`"approved"`, "true"), http.StatusBadRequest},
		"amount an object": {jsonType, change(`"45000"`, "{}"), http.StatusBadRequest},
		"order twice":      {jsonType, change("{", `{"po_id":"PO-1002",`), http.StatusBadRequest},
		"order two ways":   {jsonType, change("{", `{"PO_ID":"PO-1002",`), http.StatusBadRequest},
		"two values":       {jsonType, good + good, http.StatusBadRequest},
		"not whole":        {jsonType, good[1:], http.StatusBadRequest},
		"a list":           {jsonType, "[" + good + "]", http.StatusBadRequest},
		"empty":            {jsonType, "", http.StatusBadRequest},
		"a form as JSON":   {jsonType, form, http.StatusBadRequest},

		"form, empty":        {formType, "", http.StatusBadRequest},
		"JSON as a form":     {formType, good, http.StatusBadRequest},
		"form, twice":        {formType, form + "&po_id=PO-1001", http.StatusBadRequest},
		"form, two ways":     {formType, form + "&PO_ID=PO-1002", http.StatusBadRequest},
		"form, bad escape":   {formType, form + "&amount=%zz", http.StatusBadRequest},
		"form, semicolon":    {formType, form + ";amount=1", http.StatusBadRequest},
		"form, no checksum":  {formType, strings.Replace(form, "pv_checksum", "checksum", 1), http.StatusBadRequest},
		"plain text":         {"text/plain", good, http.StatusUnsupportedMediaType},
		"multipart":          {"multipart/form-data; boundary=a", form, http.StatusUnsupportedMediaType},
		"oversized":          {jsonType, change(`"45000"`, `"`+strings.Repeat("4", 1<<20)+`"`), http.StatusRequestEntityTooLarge},
		"oversized, as form": {formType, form + "&amount=" + strings.Repeat("4", 1<<20), http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			in := newInbox(t, payvalida.WebhookConfig{})
			assert.Equal(t, c.want, in.post(t, c.contentType, c.body))
			assert.Empty(t, in.handed(t))
		})
	}

	// Without the change each is accepted.
	in := newInbox(t, payvalida.WebhookConfig{})
	assert.Equal(t, http.StatusOK, in.post(t, jsonType, good))
	assert.Equal(t, http.StatusOK, in.post(t, formType, form))
	assert.Len(t, in.handed(t), 1, "one and the same, as JSON and as a form")
}

func TestWebhookRefusesOtherMethods(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch} {
		in := newInbox(t, payvalida.WebhookConfig{})
		req := httptest.NewRequest(method, "/payvalida", strings.NewReader(notificationFixture(t, "approved.json")))
		w := httptest.NewRecorder()
		in.ServeHTTP(w, req)
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
		assert.Equal(t, http.MethodPost, w.Header().Get("Allow"))
		assert.Empty(t, in.handed(t))
	}
}

func TestWebhookTellsRepeatsFromOthers(t *testing.T) {
	base := notification(t, "PO-1001", payvalida.EventApproved)
	for name, c := range map[string]struct {
		second string
		repeat bool
	}{
		"the same":                {base, true},
		"of another amount":       {strings.Replace(base, "45000", "1", 1), true},
		"checksum in capitals":    {strings.Replace(base, "pv_checksum", "PV_CHECKSUM", 1), true},
		"another order":           {notification(t, "PO-1002", payvalida.EventApproved), false},
		"the same, now cancelled": {notification(t, "PO-1001", payvalida.EventCancelled), false},
	} {
		t.Run(name, func(t *testing.T) {
			in := newInbox(t, payvalida.WebhookConfig{})
			assert.Equal(t, http.StatusOK, in.post(t, jsonType, base))
			assert.Equal(t, http.StatusOK, in.post(t, jsonType, c.second))
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
		in := newInbox(t, payvalida.WebhookConfig{Options: cancel.WebhookOptions{Window: time.Hour}})
		for _, wait := range []time.Duration{0, 59 * time.Minute, time.Minute, time.Hour} {
			time.Sleep(wait)
			assert.Equal(t, http.StatusOK, in.post(t, jsonType, notificationFixture(t, "approved.json")))
		}
		assert.Len(t, in.handed(t), 3)
	})
}

func TestWebhookAcknowledgesOnlyNotificationsThatAreStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		fail := map[string]func(context.Context) error{
			"PO-1": func(context.Context) error { return errors.New("connection refused") },
			"PO-2": func(context.Context) error { panic("no such table") },
			"PO-3": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			"PO-4": func(context.Context) error { time.Sleep(time.Minute); return nil },
		}
		var up atomic.Bool
		var stored []string
		in := newInbox(t, payvalida.WebhookConfig{
			Options: cancel.WebhookOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))},
			Handle: func(ctx context.Context, event payvalida.Event) error {
				if !up.Load() {
					return fail[event.Order](ctx)
				}
				stored = append(stored, event.Order)
				return nil
			},
		})
		orders := slices.Sorted(maps.Keys(fail))
		for _, order := range orders {
			assert.Equal(t, http.StatusServiceUnavailable, in.post(t, jsonType, notification(t, order, "approved")), order)
		}
		time.Sleep(time.Minute)
		up.Store(true)
		for range 2 {
			for _, order := range orders {
				assert.Equal(t, http.StatusOK, in.post(t, jsonType, notification(t, order, "approved")), order)
			}
		}
		assert.Equal(t, orders, stored)
		require.NoError(t, in.Close(t.Context()))
		assert.Contains(t, log.String(), `provider=payvalida error="panic: no such table`)
		assert.NotContains(t, log.String(), notificationHash)
	})
}

func TestWebhookReadsTheMediaTypeOnly(t *testing.T) {
	form := url.Values{
		"po_id": {"PO-1001"}, "status": {"approved"},
		"pv_checksum": {payvalida.NotificationChecksum("PO-1001", "approved", notificationHash)},
	}.Encode()
	for _, parameters := range []string{
		"", ";", ";;", "; charset", "; charset=", "; charset=utf-8; charset=utf-8", ",", `; charset="`,
		"; charset=none", "; charset=binary", "; charset=utf8mb4",
	} {
		for media, body := range map[string]string{jsonType: notification(t, "PO-1001", "approved"), formType: form} {
			in := newInbox(t, payvalida.WebhookConfig{})
			assert.Equal(t, http.StatusOK, in.post(t, media+parameters, body), media+parameters)
			assert.Len(t, in.handed(t), 1)
		}
	}
}

func TestWebhookOverTheNetwork(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	in := newInbox(t, payvalida.WebhookConfig{})
	server := httptest.NewServer(in)
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			for _, fixture := range []string{"approved.json", "approved.form", "cancelled.json", "cancelled.form"} {
				contentType := jsonType
				if strings.HasSuffix(fixture, ".form") {
					contentType = formType
				}
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(notificationFixture(t, fixture)))
				if !assert.NoError(t, err) {
					return
				}
				req.Header.Set("Content-Type", contentType)
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
	var orders []string
	for _, event := range in.handed(t) {
		orders = append(orders, event.Order)
	}
	assert.ElementsMatch(t, []string{"PO-1001", "90071992547409931234", "Pedido nº 7"}, orders)
}

func TestNewWebhookRefuses(t *testing.T) {
	good := payvalida.WebhookConfig{Hash: cancel.NewSecret(notificationHash), Handle: func(context.Context, payvalida.Event) error { return nil }}
	for field, change := range map[string]func(*payvalida.WebhookConfig){
		"Hash":               func(c *payvalida.WebhookConfig) { c.Hash = cancel.NewSecret("") },
		"Handle":             func(c *payvalida.WebhookConfig) { c.Handle = nil },
		"Options.Window":     func(c *payvalida.WebhookConfig) { c.Options.Window = -1 },
		"Options.Timeout":    func(c *payvalida.WebhookConfig) { c.Options.Timeout = -1 },
		"Options.MaxBytes":   func(c *payvalida.WebhookConfig) { c.Options.MaxBytes = -1 },
		"Options.MaxRunning": func(c *payvalida.WebhookConfig) { c.Options.MaxRunning = -1 },
	} {
		t.Run(field, func(t *testing.T) {
			config := good
			change(&config)
			_, err := payvalida.NewWebhook(config)
			e, ok := errors.AsType[*cancel.Error](err)
			require.True(t, ok, "%T", err)
			assert.ErrorIs(t, err, cancel.ErrInvalid)
			assert.Equal(t, "payvalida", e.Provider)
			assert.Equal(t, "NewWebhook", e.Op)
			assert.True(t, strings.HasPrefix(e.Message, field+" "), e.Message)
		})
	}
	in, err := payvalida.NewWebhook(good)
	require.NoError(t, err)
	assert.NoError(t, in.Close(t.Context()))
}

func TestWebhookAsksForItsSecretAtEachCall(t *testing.T) {
	var secret string
	var fails error
	handled := 0
	hook, err := payvalida.NewWebhook(payvalida.WebhookConfig{
		Hash:   cancel.SecretFunc(func(context.Context) (string, error) { return secret, fails }),
		Handle: func(context.Context, payvalida.Event) error { handled++; return nil },
	})
	require.NoError(t, err, "the function is not called yet")
	for n, c := range []struct {
		secret string
		fails  error
		signed string
		want   int
	}{
		{"old", nil, "old", http.StatusOK},
		{"old", nil, "new", http.StatusUnauthorized},
		{"new", nil, "new", http.StatusOK},
		{"new", nil, "old", http.StatusUnauthorized},
		{"new", errors.New("the vault is sealed"), "new", http.StatusServiceUnavailable},
		{"", nil, "", http.StatusServiceUnavailable},
		{"newer", nil, "newer", http.StatusOK},
	} {
		secret, fails = c.secret, c.fails
		order := fmt.Sprint("PO-", n)
		body := fmt.Sprintf(`{"po_id":%q,"status":"approved","pv_checksum":%q}`, order,
			payvalida.NotificationChecksum(order, "approved", c.signed))
		assert.Equal(t, c.want, (&inbox{Webhook: hook}).post(t, jsonType, body), c)
	}
	assert.Equal(t, 3, handled)
}

func FuzzWebhook(f *testing.F) {
	for _, contentType := range []string{jsonType, formType} {
		files, err := filepath.Glob("../testdata/payvalida/notification-*")
		require.NoError(f, err)
		require.NotEmpty(f, files)
		for _, file := range files {
			body, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(contentType, body)
		}
	}
	f.Add("application/json; charset=utf-16", []byte("{\x00}\x00"))
	f.Add("text/plain", []byte("po_id=1"))
	signed := [][2]string{
		{"PO-1001", "approved"}, {"90071992547409931234", "cancelled"}, {"Pedido nº 7", "cancelled"},
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		in := newInbox(t, payvalida.WebhookConfig{})
		status := in.post(t, contentType, string(body))
		handed := in.handed(t)
		if status != http.StatusOK {
			assert.Contains(t, []int{400, 401, 413, 415}, status)
			assert.Empty(t, handed)
			return
		}
		if assert.Len(t, handed, 1) {
			assert.Contains(t, signed, [2]string{handed[0].Order, string(handed[0].Status)}, "forged without the hash")
			assert.True(t, slices.Equal(body, handed[0].Raw))
		}
	})
}

func ExampleNewWebhook() {
	const hash = "invented-notification-hash"
	in, err := payvalida.NewWebhook(payvalida.WebhookConfig{
		Hash: cancel.NewSecret(hash), // not the fixed hash of payvalida.Config
		Handle: func(_ context.Context, event payvalida.Event) error {
			// Store the event here: Payvalida is answered when it is stored.
			_, err := fmt.Println(event.Order, event.Status, "stands:", event.Status.Stands())
			return err
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	var answers []int
	for _, secret := range []string{"a guess", hash} {
		body := strings.NewReader(url.Values{
			"po_id":       {"PO-1001"},
			"status":      {"cancelled"},
			"pv_checksum": {payvalida.NotificationChecksum("PO-1001", payvalida.EventCancelled, secret)},
		}.Encode())
		req := httptest.NewRequest(http.MethodPost, "/payvalida", body)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		in.ServeHTTP(w, req)
		answers = append(answers, w.Code)
	}
	fmt.Println(answers)
	if err := in.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// PO-1001 cancelled stands: false
	// [401 200]
}

func ExampleNotificationChecksum() {
	// A test sends this to itself in place of Payvalida.
	fmt.Println(payvalida.NotificationChecksum("PO-1001", payvalida.EventApproved, "invented-notification-hash"))
	// Output:
	// 671244c1aa3235a410c4c5d14f5823765beaa975ba887b19eb3fb7720c7d462e
}
