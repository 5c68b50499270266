package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
)

func none(string) string { return "" }

// send returns the answer to a call.
func send(t *testing.T, c call, base string) (status int, words string) {
	t.Helper()
	req, err := c.request(t.Context(), base)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestServeUntilInterrupted(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var stderr bytes.Buffer
	stdout, w := io.Pipe()
	ended := make(chan int)
	go func() {
		exit := run(ctx, cli.Process{Args: []string{"-listen", "127.0.0.1:0"}, Getenv: demoVariables, Stdout: w, Stderr: &stderr})
		_ = w.Close()
		ended <- exit
	}()
	lines := make(chan string, 100)
	go func() {
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			lines <- scanner.Text()
		}
		close(lines)
	}()
	first := <-lines
	base, ok := strings.CutPrefix(first, "listening at ")
	require.True(t, ok, first)
	base, ok = strings.CutSuffix(base, "/auco")
	require.True(t, ok, first)
	assert.Equal(t, first[:len(first)-len("/auco")]+"/payvalida", <-lines)

	defer http.DefaultClient.CloseIdleConnections()
	for _, c := range demoCalls {
		status, _ := send(t, c, base)
		assert.Equal(t, c.want, status, c.about)
	}
	interrupt()
	require.Zero(t, <-ended)
	var events, want []string
	for line := range lines {
		events = append(events, line)
	}
	for _, c := range demoCalls {
		if c.event != "" {
			want = append(want, c.event)
		}
	}
	assert.Equal(t, want, events)
	assert.Contains(t, stderr.String(), `reason="the header is wrong"`)
	assert.Contains(t, stderr.String(), `reason="the checksum is wrong"`)
	for _, secret := range []string{demoValue, demoHash} {
		assert.NotContains(t, stderr.String(), secret)
	}
}

func TestWhatCannotStart(t *testing.T) {
	defer goleak.VerifyNone(t)
	other := httptest.NewServer(nil)
	defer other.Close()
	only := func(names ...string) func(string) string {
		return func(name string) string {
			if slices.Contains(names, name) {
				return demoVariables(name)
			}
			return ""
		}
	}
	for name, c := range map[string]struct {
		args   []string
		getenv func(string) string
		says   string
	}{
		"no variables":    {nil, none, "nothing to serve"},
		"no value":        {nil, only("AUCO_WEBHOOK_HEADER"), "Value is missing"},
		"no header":       {nil, only("AUCO_WEBHOOK_VALUE"), "Header is missing"},
		"address taken":   {[]string{"-listen", other.Listener.Addr().String()}, demoVariables, "in use"},
		"address is none": {[]string{"-listen", "nowhere"}, demoVariables, "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			assert.NotZero(t, run(t.Context(), cli.Process{Args: c.args, Getenv: c.getenv, Stdout: io.Discard, Stderr: &stderr}))
			assert.Contains(t, stderr.String(), c.says)
			assert.NotContains(t, stderr.String(), demoValue)
		})
	}
}

func TestAnEventThatIsNotPrintedIsNotAcknowledged(t *testing.T) {
	full, w := io.Pipe()
	require.NoError(t, full.CloseWithError(errors.New("the disk is full")))
	j := log.New(w, "", 0)
	hooks, err := open(demoVariables, new(cli.Flags), j, nil)
	require.NoError(t, err)
	server := httptest.NewServer(newServer(hooks).Handler)
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	status, words := send(t, demoCalls[0], server.URL)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, "ERROR", words)

	var stdout bytes.Buffer
	j.SetOutput(&stdout)
	status, _ = send(t, demoCalls[0], server.URL)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, stdout.String(), "TR99AQMY31")
}

func TestOneVendorIsEnough(t *testing.T) {
	getenv := func(name string) string { return strings.TrimPrefix(demoVariables(name), demoHeader) }
	_, err := open(getenv, new(cli.Flags), log.Default(), nil)
	require.ErrorContains(t, err, "Header is missing", "half of the variables of Auco is a mistake")

	hooks, err := open(func(name string) string {
		if strings.HasPrefix(name, "AUCO") {
			return ""
		}
		return demoVariables(name)
	}, new(cli.Flags), log.Default(), nil)
	require.NoError(t, err)
	assert.Len(t, hooks, 1)
	w := httptest.NewRecorder()
	newServer(hooks).Handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/auco", http.NoBody))
	assert.Equal(t, http.StatusNotFound, w.Code)
}

// pipes is a listener whose connections are in memory, so that time can be fake.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestClientsThatDawdleAreCutOff(t *testing.T) {
	const head = "POST /auco HTTP/1.1\r\nHost: localhost\r\n" + demoHeader + ": " + demoValue + "\r\n"
	for name, c := range map[string]struct {
		sent  string
		after time.Duration
	}{
		"nothing":            {"", 5 * time.Second},
		"in the header":      {head, 5 * time.Second},
		"before the body":    {head + "Content-Length: 40\r\n\r\n", 10 * time.Second},
		"in the body":        {head + "Content-Length: 40\r\n\r\n{\"status\":\"FINISH\"", 10 * time.Second},
		"in a chunked body":  {head + "Transfer-Encoding: chunked\r\n\r\n13\r\n{\"status\":\"FINISH\"}\r\n", 10 * time.Second},
		"after it, if whole": {head + "Content-Length: 19\r\n\r\n{\"status\":\"FINISH\"}", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var stdout bytes.Buffer
				hooks, err := open(demoVariables, new(cli.Flags), log.New(&stdout, "", 0), nil)
				require.NoError(t, err)
				server := newServer(hooks)
				listener := pipes{make(chan net.Conn), make(chan struct{})}
				go func() { _ = server.Serve(listener) }()
				client, accepted := net.Pipe()
				listener.conns <- accepted

				began := time.Now()
				go func() { _, _ = io.WriteString(client, c.sent) }()
				answer, err := io.ReadAll(client)
				assert.NoError(t, err)
				assert.Equal(t, c.after, time.Since(began).Round(time.Second))

				require.NoError(t, server.Shutdown(t.Context()))
				for _, hook := range hooks {
					require.NoError(t, hook.Close(t.Context()))
				}
				assert.Equal(t, c.after == time.Minute, strings.HasPrefix(string(answer), "HTTP/1.1 200 OK"), "%s", answer)
				assert.Equal(t, c.after == time.Minute, stdout.Len() > 0, "handled")
			})
		})
	}
}

func TestUsage(t *testing.T) { clitest.Usage(t, run) }
