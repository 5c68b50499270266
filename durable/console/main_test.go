package console_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/durable/console"
)

// markup would take over a page that does not escape it.
const markup = `"><script>alert(1)</script><img src=x onerror=alert(1)>'</pre></textarea><!--`

// vendor answers by the first word of an ID.
type vendor struct{}

func (vendor) Cancel(_ context.Context, req cancel.Request) (cancel.Result, error) {
	raw := []byte(`{"CODE":"0000","DESC":"` + markup + `"}`)
	failed := func(reason error) (cancel.Result, error) {
		return cancel.Result{}, &cancel.Error{
			Reason: reason, Op: "cancelar", Code: "204", Message: "No cancelable " + markup, HTTPStatus: 200, Raw: raw,
		}
	}
	switch word, _, _ := strings.Cut(req.ID, "-"); word {
	case "fail":
		return failed(cancel.ErrNotCancellable)
	case "auth":
		return failed(cancel.ErrAuth)
	case "doubt":
		return failed(cancel.ErrUnknownOutcome)
	case "pend":
		return cancel.Result{State: cancel.Pending, Code: "211", Message: "Solicitud registrada", Raw: raw}, nil
	default:
		return cancel.Result{
			State: cancel.Cancelled, Code: "200", Message: "Cancelado " + markup, Raw: raw,
			Receipt: []byte(`<?xml version="1.0"?><Acuse Fecha="2026-11-25T12:00:00">` + markup + `</Acuse>`),
		}, nil
	}
}

func (vendor) Status(context.Context, cancel.Request) (cancel.Result, error) {
	return cancel.Result{State: cancel.Pending, Message: "En proceso"}, nil
}

// Identify compares the IDs of invoices without case.
func (vendor) Identify(req cancel.Request) string {
	if req.Kind == cancel.Invoice {
		return strings.ToLower(req.ID)
	}
	return req.ID
}

// fixture is a queue that has worked, and its console.
type fixture struct {
	*durable.SQLite

	t    *testing.T
	deaf atomic.Bool // whether OnSettled fails
}

// newFixture returns a queue that works for three providers.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t}
	q, err := durable.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "queue.db"), durable.Config{
		Providers: map[string]durable.Provider{
			"pac": {Canceler: vendor{}}, "payments": {Canceler: vendor{}}, "documents": {Canceler: vendor{}},
		},
		Options: []cancel.Option{cancel.WithMaxAttempts(1)},
		OnSettled: func(context.Context, durable.Cancellation) error {
			if f.deaf.Load() {
				return errors.New("the ERP is away " + markup)
			}
			return nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, q.Close()) })
	require.NoError(t, q.Migrate(t.Context()))
	f.SQLite = q
	return f
}

// enqueue returns the numbers of new cancellations at a provider.
func (f *fixture) enqueue(provider string, kind cancel.Kind, ids ...string) (numbers []int64) {
	f.t.Helper()
	var reqs []cancel.Request
	for _, id := range ids {
		req := cancel.Request{Provider: provider, Kind: kind, ID: id, Reason: "Duplicada " + markup, RequestedBy: "ana@example.com"}
		if kind == cancel.Invoice {
			req.Motive, req.Issuer = "02", "EKU9003173C9"
		}
		reqs = append(reqs, req)
	}
	tickets, err := f.Enqueue(f.t.Context(), reqs...)
	require.NoError(f.t, err)
	for _, ticket := range tickets {
		numbers = append(numbers, ticket.ID)
	}
	return numbers
}

// work works until each cancellation fulfils a condition.
func (f *fixture) work(until func(durable.Cancellation) bool, numbers ...int64) {
	f.t.Helper()
	ctx := context.WithoutCancel(f.t.Context())
	require.NoError(f.t, f.Start(ctx))
	defer func() { require.NoError(f.t, f.Stop(ctx)) }()
	for _, number := range numbers {
		require.Eventually(f.t, func() bool { return until(f.get(number)) }, 5*time.Minute, 10*time.Millisecond)
	}
}

func (f *fixture) get(number int64) durable.Cancellation {
	f.t.Helper()
	c, err := f.Get(f.t.Context(), number)
	require.NoError(f.t, err)
	return c
}

// exec changes the database, because some states take days or an accident.
func (f *fixture) exec(statement string, args ...any) {
	f.t.Helper()
	_, err := f.DB.ExecContext(f.t.Context(), statement, args...)
	require.NoError(f.t, err)
}

// numbers are the cancellations of a populated fixture.
type numbers struct{ done, failed, unknown, forgotten, undelivered, pending, queued, refused int64 }

// populate fills a queue with cancellations in nearly every state, and a day of history.
func (f *fixture) populate() (n numbers) {
	f.t.Helper()
	var history []string
	for i := range 60 {
		history = append(history, fmt.Sprintf("%s-%08d-0000-4000-8000-00000000000F", []string{"ok", "ok", "ok", "fail"}[i%4], i))
	}
	old := f.enqueue("pac", cancel.Invoice, history...)
	n.done = f.enqueue("payments", cancel.Payment, "ok-2402558")[0]
	n.failed = f.enqueue("pac", cancel.Invoice, "fail-7F1B2C3D-0000-4000-8000-00000000000A")[0]
	n.unknown = f.enqueue("payments", cancel.Payment, "ok-unknown-"+markup)[0]
	n.forgotten = f.enqueue("pac", cancel.Invoice, "ok-forgotten")[0]
	n.pending = f.enqueue("pac", cancel.Invoice, "pend-1")[0]
	n.refused = f.enqueue("documents", cancel.Document, "auth-1")[0]
	f.work(delivered, append(old, n.done, n.failed, n.unknown, n.forgotten)...)
	f.work(attempted, n.pending, n.refused)
	f.deaf.Store(true)
	n.undelivered = f.enqueue("pac", cancel.Invoice, "ok-undelivered")[0]
	f.work(func(c durable.Cancellation) bool { return c.Undelivered != nil }, n.undelivered)
	f.deaf.Store(false)
	n.queued = f.enqueue("payments", cancel.Payment, "ok-queued")[0]
	f.exec(`UPDATE unified_cancel_job SET state = 'unknown' WHERE id = ?`, n.unknown)
	f.exec(`UPDATE unified_cancel_job SET state = 'forgotten' WHERE id = ?`, n.forgotten)
	for i, id := range old {
		ago := time.Duration(i*i*37%23) * time.Hour
		f.exec(`UPDATE unified_cancel_job SET settled_at = ? WHERE id = ?`, time.Now().Add(-ago).UnixMilli(), id)
	}
	return n
}

func delivered(c durable.Cancellation) bool { return !c.ToldAt.IsZero() }
func attempted(c durable.Cancellation) bool { return c.Failure != nil || c.Result.State != "" }

// site is a console under a prefix of a server.
type site struct {
	*httptest.Server

	t *testing.T
}

func newSite(t *testing.T, queue console.Queue, config console.Config) *site {
	t.Helper()
	config.Logger = cmp.Or(config.Logger, slog.New(slog.DiscardHandler))
	mux := http.NewServeMux()
	mux.Handle("/ops/console/", http.StripPrefix("/ops/console", console.New(queue, config)))
	s := &site{httptest.NewServer(mux), t}
	t.Cleanup(s.Close)
	return s
}

// response is an answer that was read.
type response struct {
	*http.Response

	body string
}

// ask sends a request, changed by functions. It follows no redirect.
func (s *site) ask(method, path string, form url.Values, changes ...func(*http.Request)) response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+"/ops/console/"+path, strings.NewReader(form.Encode()))
	require.NoError(s.t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, change := range changes {
		change(req)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return response{res, string(body)}
}

func (s *site) get(path string, changes ...func(*http.Request)) response {
	s.t.Helper()
	return s.ask(http.MethodGet, path, nil, changes...)
}

func spanish(r *http.Request) { r.Header.Set("Accept-Language", "fr;q=0.1, es-MX, en;q=0.8") }

var token = regexp.MustCompile(`name="token" value="([0-9a-f]{64})"`)

// token returns the token of a page with a form.
func (s *site) token(path string) string {
	s.t.Helper()
	found := token.FindStringSubmatch(s.get(path).body)
	require.NotNil(s.t, found, "a form in %s", path)
	return found[1]
}
