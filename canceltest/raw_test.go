package canceltest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// answer is what a raw request was answered.
type answer struct {
	status int
	header http.Header
	body   string
}

func post(t *testing.T, url string, header http.Header, body string) (answer, error) {
	t.Helper()
	return send(t, http.MethodPost, url, header, body)
}

func send(t *testing.T, method, url string, header http.Header, body string) (answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

// mustSend is send where an answer must come.
func mustSend(t *testing.T, method, url string, header http.Header, body string) answer {
	t.Helper()
	a, err := send(t, method, url, header, body)
	require.NoError(t, err)
	return a
}

func errorAs[E error](err error) (E, bool) { return errors.AsType[E](err) }
