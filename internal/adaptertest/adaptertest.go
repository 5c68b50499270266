// Package adaptertest holds helpers for the tests of adapters and simulators.
package adaptertest

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// Vendor is a loopback server that gives every request the same answer, or every request to
// one path.
type Vendor struct {
	// Status is the HTTP status.
	Status int
	// Header has further header fields. Content-Type is text/xml by default if Answer
	// begins with <, and application/json if it does not.
	Header http.Header
	Answer string
	// Transmission, if it is not nil, answers instead.
	Transmission func(http.ResponseWriter)
	// Paths answer instead, each the requests to its path. They must not be started.
	Paths map[string]*Vendor
	// URL is the base URL, from Start on.
	URL string

	mu     sync.Mutex
	asked  []*http.Request
	bodies []string
}

// Start starts v, until the test ends, and returns it.
func (v *Vendor) Start(tb testing.TB) *Vendor {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.asked = append(v.asked, r)
		v.bodies = append(v.bodies, string(body))
		v.mu.Unlock()
		answering := v
		if other := v.Paths[r.URL.Path]; other != nil {
			answering = other
		}
		answering.answer(w)
	}))
	tb.Cleanup(server.Close)
	v.URL = server.URL
	return v
}

func (v *Vendor) answer(w http.ResponseWriter) {
	if v.Transmission != nil {
		v.Transmission(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(v.Answer, "<") {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	}
	maps.Copy(w.Header(), v.Header)
	w.WriteHeader(v.Status)
	_, _ = io.WriteString(w, v.Answer)
}

// Requests returns the requests that arrived. Their bodies were read.
func (v *Vendor) Requests() []*http.Request {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.asked)
}

// Request returns the only request that arrived.
func (v *Vendor) Request(tb testing.TB) (r *http.Request, body string) {
	tb.Helper()
	asked := v.Requests()
	require.Len(tb, asked, 1)
	return asked[0], v.Bodies()[0]
}

// Bodies returns the bodies of the requests that arrived.
func (v *Vendor) Bodies() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.bodies)
}

// Count returns the number of requests that arrived.
func (v *Vendor) Count() int { return len(v.Requests()) }

// Expect is the expected outcome of a call: a state, or the reason of an error.
type Expect struct {
	State  cancel.State
	Reason error
}

// Check checks an outcome, and returns its error if it has one.
func (e Expect) Check(tb testing.TB, got cancel.Result, err error, what ...any) *cancel.Error {
	tb.Helper()
	if e.Reason == nil {
		require.NoError(tb, err, what...)
		assert.Equal(tb, e.State, got.State, what...)
		return nil
	}
	require.Error(tb, err, what...)
	assert.Zero(tb, got, what...)
	found, ok := errors.AsType[*cancel.Error](err)
	require.True(tb, ok, what...)
	assert.Equal(tb, e.Reason, found.Reason, what...)
	return found
}

// EachPair runs check for each pair of fixtures, a request and its answer, with the pair's case.
// The pattern finds the requests, such as cancel-request.xml of the pair cancel. Each case must
// have a pair, and each pair a case.
func EachPair[Case any](t *testing.T, pattern string, cases map[string]Case, check func(t *testing.T, name string, tt Case)) {
	t.Helper()
	requests, err := filepath.Glob(pattern)
	require.NoError(t, err)
	assert.Len(t, requests, len(cases))
	for _, request := range requests {
		name, _, _ := strings.Cut(filepath.Base(request), "-request.")
		t.Run(name, func(t *testing.T) {
			tt, ok := cases[name]
			require.True(t, ok, "no test knows this fixture")
			check(t, name, tt)
		})
	}
}

// maxWait is how long tests wait for what must come, on a machine that may be busy.
const maxWait = time.Minute

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
	case <-time.After(maxWait):
		require.FailNow(t, "no event comes")
		panic("unreachable")
	}
}

// Logged waits until a log has n entries, and fails if it has more.
func Logged[T any](t *testing.T, log func() []T, n int) []T {
	t.Helper()
	require.Eventually(t, func() bool { return len(log()) >= n }, maxWait, time.Millisecond)
	entries := log()
	require.Len(t, entries, n)
	return entries
}
