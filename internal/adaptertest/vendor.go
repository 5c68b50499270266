package adaptertest

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

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
