package auco

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	privateKey = "prk_invented"
	reason     = "Cancelación por error en cláusula II..."
	email      = "example@auco.ai"
)

// document is a request to cancel the document with the code.
func document(code string) cancel.Request {
	return cancel.Request{Kind: cancel.Document, ID: code, Reason: reason, RequestedBy: email}
}

// vendor is a loopback server that answers every request with the same.
type vendor struct {
	status       int
	header       http.Header
	answer       string
	transmission func(http.ResponseWriter) // in place of the answer
	mu           sync.Mutex
	asked        []*http.Request
	bodies       []string
	url          string
}

func (v *vendor) start(t *testing.T) *vendor {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.asked = append(v.asked, r)
		v.bodies = append(v.bodies, string(body))
		v.mu.Unlock()
		if v.transmission != nil {
			v.transmission(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		maps.Copy(w.Header(), v.header)
		w.WriteHeader(v.status)
		_, _ = io.WriteString(w, v.answer)
	}))
	t.Cleanup(s.Close)
	v.url = s.URL
	return v
}

// request returns the one request that was made.
func (v *vendor) request(t *testing.T) (*http.Request, string) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	require.Len(t, v.asked, 1)
	return v.asked[0], v.bodies[0]
}

func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.asked)
}

func (v *vendor) client(t *testing.T, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{PrivateKey: cancel.NewSecret(privateKey), Endpoint: v.url}
	for _, f := range change {
		f(&config)
	}
	c, err := New(config)
	require.NoError(t, err)
	return c
}

// expect is what a call is expected to end in: a state, or the reason of an error.
type expect struct {
	state  cancel.State
	reason error
}

func (e expect) check(t *testing.T, got cancel.Result, err error, what ...any) *cancel.Error {
	t.Helper()
	if e.reason == nil {
		require.NoError(t, err, what...)
		assert.Equal(t, e.state, got.State, what...)
		return nil
	}
	require.Error(t, err, what...)
	assert.Zero(t, got, what...)
	found, ok := errors.AsType[*cancel.Error](err)
	require.True(t, ok, what...)
	assert.Equal(t, e.reason, found.Reason, what...)
	assert.Equal(t, "auco", found.Provider)
	return found
}
