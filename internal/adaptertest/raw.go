// Package adaptertest holds helpers for the tests of adapters and simulators.
package adaptertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long tests wait for what must come, on a machine that may be busy.
const patience = time.Minute

// Answer is the answer to a request made by hand.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Send makes a request by hand.
func Send(t *testing.T, method, url string, header http.Header, body string) (Answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return Answer{resp.StatusCode, resp.Header, string(text)}, err
}

// MustSend is Send that must be answered.
func MustSend(t *testing.T, method, url string, header http.Header, body string) Answer {
	t.Helper()
	a, err := Send(t, method, url, header, body)
	require.NoError(t, err)
	return a
}

// Event is a request that a webhook got.
type Event struct {
	Method, Path string
	Header       http.Header
	Body         string
}

// Webhook starts a webhook that answers by handler. It returns its URL and its events.
func Webhook(t *testing.T, handler http.HandlerFunc) (url string, events <-chan Event) {
	t.Helper()
	arrived := make(chan Event, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		arrived <- Event{r.Method, r.URL.Path, r.Header, string(body)}
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, arrived
}

// Answering is a handler that answers a status.
func Answering(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// Next returns the next event.
func Next[T any](t *testing.T, events <-chan T) T {
	t.Helper()
	select {
	case event := <-events:
		return event
	case <-time.After(patience):
		require.FailNow(t, "no event comes")
		panic("unreachable")
	}
}

// Logged waits until a log has n entries, and fails if it has more.
func Logged[T any](t *testing.T, log func() []T, n int) []T {
	t.Helper()
	require.Eventually(t, func() bool { return len(log()) >= n }, patience, time.Millisecond)
	entries := log()
	require.Len(t, entries, n)
	return entries
}
