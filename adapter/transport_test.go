package adapter

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestTLSVersions(t *testing.T) {
	for name, tt := range map[string]struct {
		version uint16
		taken   bool
	}{
		"1.0": {tls.VersionTLS10, false},
		"1.1": {tls.VersionTLS11, false},
		"1.2": {tls.VersionTLS12, true},
		"1.3": {tls.VersionTLS13, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, func(s *httptest.Server) {
				s.TLS = &tls.Config{MinVersion: tt.version, MaxVersion: tt.version}
				s.StartTLS()
			}, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "done") })

			// Ours, but for trusting the server's certificate.
			transport := sharedTransport.Clone()
			transport.TLSClientConfig.RootCAs = x509.NewCertPool()
			transport.TLSClientConfig.RootCAs.AddCert(s.Certificate())
			a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: ownTransport(t, transport)}), s.URL)
			if tt.taken {
				require.NoError(t, a.Err)
				assert.Equal(t, "done", string(a.Body))
				return
			}
			assert.ErrorContains(t, a.Err, "protocol version")
			assert.True(t, a.Unsent)
			assert.Zero(t, s.requests.Load())

			a = post(t, newClient(t, cancel.ClientOptions{}), s.URL)
			assert.ErrorContains(t, a.Err, "protocol version", "before the certificate is looked at")
		})
	}
}

func TestCertificateIsVerified(t *testing.T) {
	s := newServer(t, (*httptest.Server).StartTLS, func(http.ResponseWriter, *http.Request) {})
	a := post(t, newClient(t, cancel.ClientOptions{}), s.URL)
	_, ok := errors.AsType[*tls.CertificateVerificationError](a.Err)
	assert.True(t, ok, "%v", a.Err)
	assert.True(t, a.Unsent)
}

func TestSilentTransport(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for what, tt := range map[string]struct {
		err    error
		unsent bool
	}{
		"dialling":                 {refused, true},
		"dialling, wrapped":        {errors.Join(errors.New("mine"), refused), true},
		"no such name":             {&net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}, true},
		"no such name, dialling":   {&net.OpError{Op: "dial", Err: &net.DNSError{}}, true},
		"reading":                  {&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}, false},
		"writing":                  {&net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}, false},
		"end":                      {io.EOF, false},
		"anything":                 {errors.New("anything"), false},
		"deadline":                 {context.DeadlineExceeded, false},
		"neither answer nor error": {nil, false},
	} {
		t.Run(what, func(t *testing.T) {
			client := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, tt.err })}
			a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: client}), "https://vendor.test")
			require.Error(t, a.Err)
			assert.Equal(t, tt.unsent, a.Unsent)
		})
	}
}

func TestSilentTransportThatAnswers(t *testing.T) {
	client := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusFound}, nil // neither header nor body
	})}
	a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: client}), "https://vendor.test")
	require.NoError(t, a.Err)
	assert.Equal(t, 302, a.Status)
	assert.Empty(t, a.Body)
}

// failing is a connection on which writing fails once it is told so.
type failing struct {
	net.Conn
	broken *atomic.Bool
}

func (c failing) Write(p []byte) (int, error) {
	if c.broken.Load() {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	}
	return c.Conn.Write(p)
}

// A connection that was kept alive turns out to be dead before any byte is written,
// so that net/http connects again, which fails.
func TestDeadConnectionAndNoOther(t *testing.T) {
	s := newServer(t, nil, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "done") })
	var broken atomic.Bool
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if broken.Load() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return failing{conn, &broken}, err
	}}
	c := newClient(t, cancel.ClientOptions{HTTPClient: ownTransport(t, transport)})
	require.NoError(t, post(t, c, s.URL).Err)
	broken.Store(true)
	a := post(t, c, s.URL)
	assert.ErrorIs(t, a.Err, syscall.ECONNREFUSED)
	assert.True(t, a.Unsent)
	assert.EqualValues(t, 1, s.requests.Load())
}

// A transport of the caller's that tries again by itself has written the first time.
func TestTransportThatTriesAgain(t *testing.T) {
	var listening atomic.Bool
	listening.Store(true)
	target := listen(t, func(conn net.Conn) {
		readRequest(conn)
		listening.Store(false)
	})
	inner := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if !listening.Load() {
				return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	again := roundTripper(func(req *http.Request) (*http.Response, error) {
		if resp, err := inner.RoundTrip(req); err == nil {
			return resp, nil
		}
		req = req.Clone(req.Context())
		req.Body, _ = req.GetBody()
		return inner.RoundTrip(req)
	})
	a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{Transport: again}}), target)
	assert.ErrorIs(t, a.Err, syscall.ECONNREFUSED)
	assert.False(t, a.Unsent)
}

// Another's transport may report some steps and not the others.
func TestTransportThatReportsAStep(t *testing.T) {
	for step, tt := range map[string]struct {
		report func(*httptrace.ClientTrace)
		unsent bool
	}{
		"no connection yet": {func(*httptrace.ClientTrace) {}, true},
		"connection":        {func(c *httptrace.ClientTrace) { c.GotConn(httptrace.GotConnInfo{}) }, false},
		"header field":      {func(c *httptrace.ClientTrace) { c.WroteHeaderField("A", []string{"b"}) }, false},
		"header":            {func(c *httptrace.ClientTrace) { c.WroteHeaders() }, false},
		"request":           {func(c *httptrace.ClientTrace) { c.WroteRequest(httptrace.WroteRequestInfo{}) }, false},
	} {
		t.Run(step, func(t *testing.T) {
			client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				trace := httptrace.ContextClientTrace(req.Context())
				trace.GetConn("vendor.test:443")
				tt.report(trace)
				return nil, errors.New("anything")
			})}
			a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: client}), "https://vendor.test")
			require.Error(t, a.Err)
			assert.Equal(t, tt.unsent, a.Unsent)
		})
	}
}

func TestCallersTraceIsKept(t *testing.T) {
	s := newServer(t, nil, func(http.ResponseWriter, *http.Request) {})
	var got atomic.Bool
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
	})
	require.NoError(t, postContext(ctx, newClient(t, cancel.ClientOptions{}), s.URL).Err)
	assert.True(t, got.Load())
}

// A transport may answer with a header that it uses again.
func TestTransportWhoseResponsesShareAHeader(t *testing.T) {
	header := http.Header{"Location": {"/elsewhere"}}
	c := newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusFound, Header: header, Body: http.NoBody}, nil
	})}})
	inFlight(8, 80, func() { assert.Equal(t, http.StatusFound, post(t, c, "http://vendor.test/").Status) })
	assert.Equal(t, "/elsewhere", header.Get("Location"))
}

func TestHTTP2OfTheCallers(t *testing.T) {
	s := newServer(t, func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.StartTLS()
	}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/moved":
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
		io.WriteString(w, r.Proto)
	})
	c := newClient(t, cancel.ClientOptions{HTTPClient: s.Client()})
	a := post(t, c, s.URL)
	require.NoError(t, a.Err)
	assert.Equal(t, "HTTP/2.0", string(a.Body))

	a = post(t, c, s.URL+"/moved")
	require.NoError(t, a.Err)
	assert.Equal(t, http.StatusTemporaryRedirect, a.Status)

	a = post(t, c, s.URL+"/abort")
	assert.Error(t, a.Err)
	assert.False(t, a.Unsent)
	assert.EqualValues(t, 3, s.requests.Load())
}

// A protocol that a caller registers with net/http's own transport may report nothing.
func TestRegisteredProtocolThatReportsNothing(t *testing.T) {
	for name, read := range map[string]bool{"read": true, "not read": false} {
		t.Run(name, func(t *testing.T) {
			transport := &http.Transport{}
			transport.RegisterProtocol("https", roundTripper(func(req *http.Request) (*http.Response, error) {
				if read {
					_, _ = io.ReadAll(req.Body)
				}
				return nil, errors.New("connection reset")
			}))
			a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{Transport: transport}}), "https://vendor.test")
			require.Error(t, a.Err)
			assert.Equal(t, !read, a.Unsent)
		})
	}
}
