package webhook

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// serve is a process of its own. It stores events in a file, one in a line, and dies at the given
// place.
func serve(file, dies string) {
	die := func(where string) {
		if dies == where {
			os.Exit(1)
		}
	}
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	receiver, err := New(echo(func(_ context.Context, event string) error {
		die("before it stores")
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		must(err)
		_, err = fmt.Fprintln(f, event)
		must(err)
		must(f.Close())
		die("after it has stored")
		return nil
	}), cancel.WebhookOptions{})
	must(err)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	must(err)
	fmt.Println("http://" + listener.Addr().String())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test
		os.Exit(0)
	}()
	must(http.Serve(listener, receiver))
}

// start starts such a process and returns its URL.
func start(t *testing.T, file, dies string) string {
	t.Helper()
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(os.Environ(), "WEBHOOK_TEST_STORE="+file, "WEBHOOK_TEST_DIES="+dies)
	process.Stderr = os.Stderr
	stdin, err := process.StdinPipe()
	require.NoError(t, err)
	stdout, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = process.Wait()
	})
	lines := bufio.NewScanner(stdout)
	require.True(t, lines.Scan())
	return lines.Text()
}

func postTo(t *testing.T, ctx context.Context, url, body string) (int, error) {
	t.Helper()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func TestAProcessThatDiesHasAcknowledgedNothing(t *testing.T) {
	for dies, stored := range map[string][2]string{ // when it died, and in the end
		"before it stores":    {"", "event\n"},
		"after it has stored": {"event\n", "event\nevent\n"},
	} {
		t.Run(dies, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "events")
			require.NoError(t, os.WriteFile(file, nil, 0o600))
			store := func() string {
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				return string(text)
			}
			_, err := postTo(t, t.Context(), start(t, file, dies), "event")
			require.Error(t, err, "no answer")
			assert.Equal(t, stored[0], store())

			status, err := postTo(t, t.Context(), start(t, file, ""), "event")
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, status)
			assert.Equal(t, stored[1], store())
		})
	}
}

func TestAVendorThatClosesItsConnectionEarlyLosesNoEvent(t *testing.T) {
	var handled counter
	began, goes := make(chan struct{}), make(chan struct{})
	r := newReceiver(t, echo(func(ctx context.Context, event string) error {
		close(began)
		<-goes
		assert.NoError(t, ctx.Err())
		return handled.handle(ctx, event)
	}), cancel.WebhookOptions{Timeout: time.Hour})
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		context.AfterFunc(req.Context(), func() { close(gone) })
		r.ServeHTTP(w, req)
	}))
	defer server.Close()
	ctx, end := context.WithCancel(t.Context())
	go func() {
		<-began
		end()
	}()
	_, err := postTo(t, ctx, server.URL, "a")
	require.ErrorIs(t, err, context.Canceled)
	<-gone
	repeat := send(r, "a")
	close(goes)
	assert.Equal(t, http.StatusOK, <-repeat)
	assert.Equal(t, 1, handled.of("a"))
}
