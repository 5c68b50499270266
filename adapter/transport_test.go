package adapter

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

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

// A transport that reports nothing may have read the body for another attempt than the one
// that failed.
func TestSilentTransportThatReadTheBody(t *testing.T) {
	client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		_, _ = io.ReadAll(req.Body)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	})}
	a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: client}), "https://vendor.test")
	assert.False(t, a.Unsent)
}

// failing is a connection whose Write fails once it is broken.
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

// Only a connection of our own knows that no byte could be written.
func TestKeptConnectionThatIsDead(t *testing.T) {
	s := newServer(t, nil, func(http.ResponseWriter, *http.Request) {})
	for whose, ours := range map[string]bool{"ours": true, "the caller's": false} {
		t.Run(whose, func(t *testing.T) {
			var broken atomic.Bool
			dial := func(ctx context.Context, network, address string) (net.Conn, error) {
				if broken.Load() {
					return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
				}
				c, err := new(net.Dialer).DialContext(ctx, network, address)
				if err != nil || !ours {
					return failing{c, &broken}, err
				}
				return &conn{Conn: failing{c, &broken}}, nil
			}
			c := newClient(t, cancel.ClientOptions{HTTPClient: ownTransport(t, &http.Transport{DialContext: dial})})
			if ours {
				c = newOwn(t, func(transport *http.Transport) { transport.DialContext = dial })
			}
			require.NoError(t, post(t, c, s.URL).Err)
			broken.Store(true)
			a := post(t, c, s.URL)
			assert.Error(t, a.Err)
			assert.Equal(t, ours, a.Unsent)

			broken.Store(false)
			require.NoError(t, post(t, c, s.URL).Err)
			broken.Store(true)
			a = c.Send(t.Context(), http.MethodPost, parsed(s.URL), nil, nil)
			assert.Error(t, a.Err)
			assert.Equal(t, ours, a.Unsent, "without a body")
		})
	}
	assert.EqualValues(t, 4, s.requests.Load())
}

// The server closes a kept connection between the moment when a request gets it and the
// moment when the request is written.
func TestKeptConnectionThatIsClosed(t *testing.T) {
	for name, tt := range map[string]struct {
		method string
		body   []byte
	}{
		"POST":                {http.MethodPost, []byte("ask")},
		"POST without a body": {http.MethodPost, nil},
		"GET":                 {http.MethodGet, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var there []net.Conn
				requests := 0
				inner := pipeTransport(func(c net.Conn) {
					there = append(there, c)
					for r := bufio.NewReader(c); ; requests++ {
						req, err := http.ReadRequest(r)
						if err != nil {
							return
						}
						_, _ = io.Copy(io.Discard, req.Body)
						_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
					}
				})
				c := newOwn(t, func(transport *http.Transport) {
					transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
						c, err := inner.DialContext(ctx, network, address)
						return &conn{Conn: c}, err
					}
				})
				require.NoError(t, c.Send(t.Context(), tt.method, parsed("http://vendor.test"), nil, tt.body).Err)
				ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
					if len(there) == 1 {
						there[0].Close()
						synctest.Wait() // net/http has noticed
					}
				}})
				a := c.Send(ctx, tt.method, parsed("http://vendor.test"), nil, tt.body)
				require.Error(t, a.Err)
				assert.True(t, a.Unsent)
				assert.Equal(t, 1, requests)
				for _, c := range there {
					c.Close()
				}
			})
		})
	}
}

func TestContextThatEndsOnceThereIsAConnection(t *testing.T) {
	s := newServer(t, nil, func(http.ResponseWriter, *http.Request) {})
	mayBeSent := 0
	for _, c := range []*Client{
		newOwn(t, func(*http.Transport) {}),
		newClient(t, cancel.ClientOptions{HTTPClient: ownTransport(t, &http.Transport{})}),
	} {
		for range 50 {
			ctx, end := context.WithCancel(t.Context())
			a := postContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
				GotConn: func(httptrace.GotConnInfo) { end() },
			}), c, s.URL)
			if a.Err != nil { // the answer may be there first
				assert.ErrorIs(t, a.Err, context.Canceled)
			}
			if !a.Unsent {
				mayBeSent++
			}
		}
	}
	s.Close()
	assert.LessOrEqual(t, int(s.requests.Load()), mayBeSent)
}

// Another's transport may send the same request again, or copy it.
func TestTransportThatTriesAgain(t *testing.T) {
	for name, copied := range map[string]bool{"the same request": false, "a copy": true} {
		t.Run(name, func(t *testing.T) {
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
				assert.Nil(t, req.GetBody)
				var text []byte
				if copied {
					text, _ = io.ReadAll(req.Body)
					req.Body = io.NopCloser(bytes.NewReader(text))
				}
				if resp, err := inner.RoundTrip(req); err == nil {
					return resp, nil
				}
				if copied {
					req.Body = io.NopCloser(bytes.NewReader(text))
				}
				return inner.RoundTrip(req)
			})
			a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{Transport: again}}), target)
			assert.ErrorIs(t, a.Err, syscall.ECONNREFUSED)
			assert.False(t, a.Unsent)
		})
	}
}

// A transport of the caller's that sends the same request again finds no body to send.
func TestBodyIsReadOnce(t *testing.T) {
	s := newServer(t, nil, func(http.ResponseWriter, *http.Request) {})
	inner := ownTransport(t, &http.Transport{}).Transport
	again := roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := inner.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
			resp, err = inner.RoundTrip(req)
		}
		return resp, err
	})
	a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{Transport: again}}), s.URL)
	assert.Error(t, a.Err)
	assert.False(t, a.Unsent)
}

func TestRequestWithoutABody(t *testing.T) {
	raw := make(chan string, 1)
	target := listen(t, func(conn net.Conn) {
		var text strings.Builder
		req, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &text)))
		if err == nil {
			_, _ = io.Copy(io.Discard, req.Body)
		}
		raw <- text.String()
		io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
	})
	c := newOwn(t, func(*http.Transport) {})
	for method, length := range map[string]bool{
		http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: false, http.MethodGet: false,
	} {
		require.NoError(t, c.Send(t.Context(), method, parsed(target), nil, nil).Err)
		text := <-raw
		assert.NotContains(t, text, "chunked", method)
		assert.Equal(t, length, strings.Contains(text, "Content-Length: 0\r\n"), method)
	}
}

func TestOursSpeaksHTTP1(t *testing.T) {
	s := newServer(t, func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.StartTLS()
	}, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
	c := newOwn(t, func(transport *http.Transport) {
		transport.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	})
	assert.Equal(t, "HTTP/1.1", string(post(t, c, s.URL).Body))
}

// A proxy that is itself reached over TLS puts one TLS connection into another.
func TestOurConnectionIsFoundBelowTLS(t *testing.T) {
	own := &conn{}
	p := &progress{}
	p.gotConn(httptrace.GotConnInfo{Conn: tls.Client(tls.Client(own, nil), nil)})
	assert.Same(t, own, p.conn.Load())
	assert.False(t, p.written.Load())
}

func TestProxy(t *testing.T) {
	secure, trusted := tlsConfig(t)
	refusedProxy := refusedURL(t)
	answering := func(text string) string {
		return listen(t, func(conn net.Conn) {
			readRequest(conn)
			io.WriteString(conn, text)
		})
	}
	for what, tt := range map[string]struct{ proxy, says string }{
		"refuses":         {answering("HTTP/1.1 403 Not to there\r\n\r\n"), "refused to connect: 403 Not to there"},
		"asks who we are": {answering("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), "refused to connect: 407"},
		"cannot connect":  {answering("HTTP/1.1 502 Bad Gateway\r\n\r\n"), "refused to connect: 502"},
		"redirects":       {answering("HTTP/1.1 302 Found\r\nLocation: https://vendor.test\r\n\r\n"), "refused to connect: 302"},
		"hangs up":        {answering(""), ""},
		"is not one":      {answering("SMTP ready\r\n"), ""},
		"is not there":    {refusedProxy, "proxyconnect"},
	} {
		t.Run(what, func(t *testing.T) {
			proxy := parsed(tt.proxy)
			proxy.User = url.UserPassword("user", "hunter2")
			ours := newOwn(t, func(transport *http.Transport) { transport.Proxy = http.ProxyURL(proxy) })
			theirs := ownTransport(t, &http.Transport{Proxy: http.ProxyURL(proxy), ForceAttemptHTTP2: true})
			for whose, c := range map[string]*Client{
				"ours":            ours,
				"*http.Transport": newClient(t, cancel.ClientOptions{HTTPClient: theirs}),
				"another's":       newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{Transport: roundTripper(theirs.Transport.RoundTrip)}}),
			} {
				a := post(t, c, "https://vendor.test")
				require.Error(t, a.Err, whose)
				assert.True(t, a.Unsent, whose)
				assert.NotContains(t, a.Err.Error(), "hunter2", whose)
				if c == ours && tt.says != "" {
					assert.ErrorContains(t, a.Err, "proxy", whose)
					assert.ErrorContains(t, a.Err, tt.says, whose)
				}
			}
		})
	}

	// tunnel starts a proxy that connects to one vendor only.
	tunnel := func(to string) string {
		return listen(t, func(conn net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
				return
			}
			there, err := new(net.Dialer).Dial("tcp", to)
			if err != nil {
				return
			}
			defer there.Close()
			io.WriteString(conn, "HTTP/1.1 200 Connected\r\n\r\n")
			go func() {
				_, _ = io.Copy(there, conn)
				there.Close()
			}()
			_, _ = io.Copy(conn, there)
		})
	}
	t.Run("connects to a vendor that fails", func(t *testing.T) {
		for _, body := range []string{"", "ask"} {
			v := newRawVendor(t, secure, fault{whole, closing}, served)
			proxy := parsed(tunnel(v.listener.Addr().String()))
			c := newOwn(t, func(transport *http.Transport) {
				transport.TLSClientConfig, transport.Proxy = trusted.Clone(), http.ProxyURL(proxy)
			})
			require.NoError(t, c.Send(t.Context(), http.MethodPost, parsed(v.url), nil, []byte(body)).Err)
			v.mu.Lock()
			v.armed = true
			v.mu.Unlock()
			a := c.Send(t.Context(), http.MethodPost, parsed(v.url), nil, []byte(body))
			assert.Error(t, a.Err)
			assert.False(t, a.Unsent)
			v.close()
			assert.Equal(t, 1, v.whole)
		}
	})
	t.Run("connects to a vendor without TLS", func(t *testing.T) {
		v := newRawVendor(t, nil, fault{}, served)
		proxy := parsed(tunnel(v.listener.Addr().String()))
		c := newOwn(t, func(transport *http.Transport) { transport.Proxy = http.ProxyURL(proxy) })
		a := post(t, c, "https://vendor.test")
		assert.Error(t, a.Err)
		assert.True(t, a.Unsent)
	})
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

// A protocol that a caller adds to net/http's own transport may report nothing, not even
// the connection that it uses.
func TestAddedProtocolThatReportsNothing(t *testing.T) {
	s := newServer(t, func(s *httptest.Server) {
		s.TLS = &tls.Config{NextProtos: []string{"tea"}}
		s.StartTLS()
	}, func(http.ResponseWriter, *http.Request) {})
	for name, read := range map[string]bool{"read": true, "not read": false} {
		silent := roundTripper(func(req *http.Request) (*http.Response, error) {
			if read {
				_, _ = io.ReadAll(req.Body)
			}
			return nil, errors.New("connection reset")
		})
		registered := &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
		registered.RegisterProtocol("https", silent)
		negotiated := s.Client().Transport.(*http.Transport).Clone()
		negotiated.TLSClientConfig.NextProtos = []string{"tea"}
		negotiated.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{
			"tea": func(_ string, c *tls.Conn) http.RoundTripper {
				t.Cleanup(func() { c.Close() })
				return silent
			},
		}
		for how, transport := range map[string]*http.Transport{"registered": registered, "negotiated": negotiated} {
			t.Run(how+", "+name, func(t *testing.T) {
				a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: ownTransport(t, transport)}), s.URL)
				require.ErrorContains(t, a.Err, "connection reset")
				assert.Equal(t, !read, a.Unsent)
			})
		}
	}
}
