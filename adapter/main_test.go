package adapter

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a loopback server that counts the connections it accepts and the
// requests it reads.
type server struct {
	*httptest.Server
	connections, requests atomic.Int32
}

func newServer(t *testing.T, configure func(*httptest.Server), handle http.HandlerFunc) *server {
	t.Helper()
	s := new(server)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		handle(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	if configure == nil {
		configure = (*httptest.Server).Start
	}
	configure(s.Server)
	t.Cleanup(s.Close)
	return s
}

// listen is a loopback server below HTTP. It returns its URL.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return "http://" + l.Addr().String()
}

// readRequest reads one request whole.
func readRequest(conn net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

// reset closes conn so that the other side sees a reset rather than an end.
func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	_ = conn.Close()
}

// refusedURL is one where nobody listens.
func refusedURL(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return "http://" + l.Addr().String()
}

// roundTripper is a transport of the caller's own.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// ownTransport returns a client whose connections end with the test.
func ownTransport(t *testing.T, transport *http.Transport) *http.Client {
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func newClient(t *testing.T, o cancel.ClientOptions) *Client {
	t.Helper()
	c, err := NewClient(o)
	require.NoError(t, err)
	return c
}

func post(t *testing.T, c *Client, target string) Answer {
	t.Helper()
	return postContext(t.Context(), c, target)
}

func postContext(ctx context.Context, c *Client, target string) Answer {
	return c.Send(ctx, http.MethodPost, parsed(target), nil, []byte("ask"))
}

func parsed(target string) *url.URL {
	u, err := url.Parse(target)
	if err != nil {
		panic(err)
	}
	return u
}

func inFlight(n, calls int, call func()) {
	var running sync.WaitGroup
	var next atomic.Int64
	for range n {
		running.Go(func() {
			for next.Add(1) <= int64(calls) {
				call()
			}
		})
	}
	running.Wait()
}
