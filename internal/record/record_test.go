package record_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel/internal/record"
)

// echo is a vendor that answers with what it is asked.
func echo(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func recorder(t *testing.T) *record.Recorder {
	t.Helper()
	transport := new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	return &record.Recorder{Next: transport}
}

func TestRecorder(t *testing.T) {
	r, url := recorder(t), echo(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, io.NopCloser(strings.NewReader("ask")))
	require.NoError(t, err)
	req.Header.Set("Authorization", "prk_invented")
	resp, err := r.RoundTrip(req)
	require.NoError(t, err)
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	assert.Equal(t, "ask", string(answer))
	assert.Equal(t, http.StatusTeapot, resp.StatusCode)
	assert.Equal(t, []record.Exchange{{
		Request: []byte("ask"), Status: 418, ContentType: "text/plain; charset=utf-8", Response: []byte("ask"), Whole: true,
	}}, r.Take())
	assert.Empty(t, r.Take(), "they are taken once")
}

func TestRecorderOfManyCalls(t *testing.T) {
	r, url := recorder(t), echo(t)
	client := &http.Client{Transport: r}
	var calls sync.WaitGroup
	for i := range 20 {
		calls.Go(func() {
			resp, err := client.Post(url, "text/plain", strings.NewReader(fmt.Sprint("ask ", i)))
			if assert.NoError(t, err) {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
		r.Take() // may be called at any time
	}
	calls.Wait()
	for _, x := range r.Take() {
		assert.Equal(t, x.Request, x.Response)
		assert.True(t, x.Whole)
	}
}

func TestRecorderOfHalfAnAnswer(t *testing.T) {
	r := recorder(t)
	resp, err := (&http.Client{Transport: r}).Post(echo(t), "text/plain", strings.NewReader("ask"))
	require.NoError(t, err)
	_, err = resp.Body.Read(make([]byte, 2))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	taken := r.Take()
	require.Len(t, taken, 1)
	assert.Equal(t, "as", string(taken[0].Response))
	assert.False(t, taken[0].Whole)
}

// broken is a body that cannot be read.
type broken struct{ error }

func (b broken) Read([]byte) (int, error) { return 0, b.error }
func (broken) Close() error               { return nil }

func TestRecorderWithoutAnAnswer(t *testing.T) {
	failure := errors.New("no answer")
	vendor := httpmock.NewMockTransport()
	vendor.RegisterNoResponder(httpmock.NewErrorResponder(failure))
	r := &record.Recorder{Next: vendor}
	for body, want := range map[io.Reader]error{nil: failure, broken{io.ErrUnexpectedEOF}: io.ErrUnexpectedEOF} {
		resp, err := (&http.Client{Transport: r}).Post("https://vendor.test", "text/plain", body)
		if !assert.ErrorIs(t, err, want) {
			_ = resp.Body.Close()
		}
	}
	assert.Equal(t, 1, vendor.GetTotalCallCount(), "what cannot be read is not sent")
	assert.Empty(t, r.Take())
}

func TestRecorderUsesTheDefaultTransport(t *testing.T) {
	httpmock.Activate(t)
	httpmock.RegisterNoResponder(httpmock.NewStringResponder(http.StatusOK, "done"))
	r := new(record.Recorder)
	resp, err := (&http.Client{Transport: r}).Get("https://vendor.test")
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, resp.Body)
	require.NoError(t, resp.Body.Close())
	assert.Len(t, r.Take(), 1)
}
