package adapter

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestNewNamesTheFieldAtFault(t *testing.T) {
	for field, o := range map[string]cancel.ClientOptions{
		"Options.Timeout":          {Timeout: -1},
		"Options.MaxResponseBytes": {MaxResponseBytes: -1},
		"Options.UserAgent":        {UserAgent: "a\r\nAuthorization: b"},
	} {
		_, err := NewClient(o)
		assert.ErrorContains(t, err, field)
	}
}

func TestPost(t *testing.T) {
	s := newServer(t, nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "%s %s %s %q", r.Method, r.URL, r.UserAgent(), r.Header["X-Ask"])
	})
	header := http.Header{"X-Ask": {"a", "b"}}
	before := time.Now()
	c := newClient(t, cancel.ClientOptions{})
	a := c.Send(t.Context(), http.MethodPost, parsed(s.URL+"/p?q=1"), header, []byte("ask"))

	require.NoError(t, a.Err)
	assert.Equal(t, http.StatusTeapot, a.Status)
	assert.Equal(t, "yes", a.Header.Get("X-Answer"))
	assert.Equal(t, fmt.Sprintf("POST /p?q=1 %s [\"a\" \"b\"]", defaultUserAgent), string(a.Body))
	assert.Contains(t, defaultUserAgent, "github.com/unified-cancel/cancel")
	assert.Contains(t, defaultUserAgent, version)
	assert.False(t, a.Unsent)
	assert.WithinRange(t, a.At, before, time.Now())
	assert.Equal(t, http.Header{"X-Ask": {"a", "b"}}, header, "the caller's header is left alone")
}

func TestPostSendsTheGivenUserAgent(t *testing.T) {
	s := newServer(t, nil, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.UserAgent()) })
	a := post(t, newClient(t, cancel.ClientOptions{UserAgent: "till/7"}), s.URL)
	assert.Equal(t, "till/7", string(a.Body))
}

// A change that a caller's transport makes to one request does not reach the next one.
func TestTransportThatChangesTheRequest(t *testing.T) {
	var seen []string
	client := &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		seen = append(seen, fmt.Sprintf("%s %q", req.URL, req.Header["X-A"]))
		req.URL.Host, req.URL.RawQuery = "elsewhere.test", "mine"
		req.Header.Add("X-A", "2")
		req.Header["X-A"][0] = "3"
		return &http.Response{StatusCode: http.StatusOK}, nil
	})}
	c := newClient(t, cancel.ClientOptions{HTTPClient: client})
	header := http.Header{"X-A": {"1"}}
	target := parsed("https://vendor.test/")
	for range 2 {
		require.NoError(t, c.Send(t.Context(), http.MethodPost, target, header, nil).Err)
		require.NoError(t, c.Send(t.Context(), http.MethodGet, target, header, nil).Err)
	}
	assert.Equal(t, slices.Repeat([]string{`https://vendor.test/ ["1"]`}, 4), seen)
}

func TestCompressionIsAskedFor(t *testing.T) {
	s := newServer(t, nil, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%q", r.Header["Accept-Encoding"]) })
	for want, client := range map[string]*http.Client{
		`["gzip"]`: nil,
		`[]`:       ownTransport(t, &http.Transport{DisableCompression: true}),
	} {
		assert.Equal(t, want, string(post(t, newClient(t, cancel.ClientOptions{HTTPClient: client}), s.URL).Body))
	}
}

func TestConnectionsAreReused(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"200":   func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "done") },
		"empty": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"500 with a body": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, strings.Repeat("trouble ", 10_000))
		},
		"302": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
			io.WriteString(w, "moved")
		},
		"chunked, with trailing blanks": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "<a/>")
			_ = http.NewResponseController(w).Flush()
			io.WriteString(w, strings.Repeat(" \n", 40_000))
			_ = http.NewResponseController(w).Flush()
		},
		"gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped([]byte(strings.Repeat("a", 100_000))))
		},
	}
	clients := map[string]*http.Client{
		"ours":                   nil,
		"the caller's":           ownTransport(t, &http.Transport{}),
		"one that does not zip":  ownTransport(t, &http.Transport{DisableCompression: true}),
		"one wrapped by another": {Transport: roundTripper(ownTransport(t, &http.Transport{}).Transport.RoundTrip)},
	}
	for what, handle := range answers {
		for whose, client := range clients {
			t.Run(what+", "+whose, func(t *testing.T) {
				s := newServer(t, nil, handle)
				c := newClient(t, cancel.ClientOptions{HTTPClient: client})
				for range 10 {
					require.NoError(t, post(t, c, s.URL).Err)
				}
				assert.EqualValues(t, 10, s.requests.Load())
				// net/http leaves a connection if its goroutines wait 50 ms for a core.
				assert.Less(t, s.connections.Load(), int32(5))
			})
		}
	}
}

func TestClientsShareConnections(t *testing.T) {
	s := newServer(t, nil, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "done") })
	for range 5 {
		require.NoError(t, post(t, newClient(t, cancel.ClientOptions{}), s.URL).Err)
	}
	assert.Less(t, s.connections.Load(), int32(3))
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	trap := newServer(t, nil, func(http.ResponseWriter, *http.Request) {})
	for status := 300; status < 310; status++ {
		for what, location := range map[string]string{
			"another host": trap.URL,
			"here":         "/",
			"malformed":    "http://[::1/%zz",
			"none":         "",
		} {
			t.Run(fmt.Sprint(status, " ", what), func(t *testing.T) {
				s := newServer(t, nil, func(w http.ResponseWriter, _ *http.Request) {
					if location != "" {
						w.Header().Set("Location", location)
					}
					w.WriteHeader(status)
					if status != http.StatusNotModified {
						io.WriteString(w, "moved")
					}
				})
				asked := false
				transport := http.DefaultTransport
				own := &http.Client{
					Transport: transport,
					Timeout:   time.Minute,
					CheckRedirect: func(*http.Request, []*http.Request) error {
						asked = true
						return nil
					},
				}
				for _, client := range []*http.Client{nil, own, {}} {
					a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: client}), s.URL)
					require.NoError(t, a.Err)
					assert.Equal(t, status, a.Status)
					if status != http.StatusNotModified {
						assert.Equal(t, "moved", string(a.Body))
					}
				}
				assert.EqualValues(t, 3, s.requests.Load())
				assert.False(t, asked)
				assert.Same(t, transport, own.Transport, "the caller's client is left alone")
				assert.NotNil(t, own.CheckRedirect)
				assert.Equal(t, time.Minute, own.Timeout)
				assert.Nil(t, own.Jar)
			})
		}
	}
	assert.Zero(t, trap.requests.Load())
}

func zipped(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

func TestBodyIsCapped(t *testing.T) {
	const limit = 1000
	noise := make([]byte, limit+1) // larger when zipped
	_, _ = rand.Read(noise)
	plain := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }
	}
	chunked := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			w.Write(body)
		}
	}
	gzipped := func(encoding string) func(body []byte) http.HandlerFunc {
		return func(body []byte) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", encoding)
				w.Write(zipped(body))
			}
		}
	}
	clients := map[string]*http.Client{
		"unzipped by net/http": nil,
		"left zipped":          ownTransport(t, &http.Transport{DisableCompression: true}),
	}
	for how, handler := range map[string]func([]byte) http.HandlerFunc{
		"plain": plain, "chunked": chunked, "gzip": gzipped("gzip"), "GZIP": gzipped("GZIP"),
	} {
		for whose, client := range clients {
			t.Run(how+", "+whose, func(t *testing.T) {
				c := newClient(t, cancel.ClientOptions{HTTPClient: client, MaxResponseBytes: limit})
				for _, size := range []int{0, 1, limit - 1, limit} {
					a := post(t, c, newServer(t, nil, handler(noise[:size])).URL)
					require.NoError(t, a.Err, size)
					assert.Equal(t, noise[:size], append([]byte{}, a.Body...), size)
				}
				a := post(t, c, newServer(t, nil, handler(noise)).URL)
				require.ErrorContains(t, a.Err, "exceeds 1000 bytes")
				assert.Equal(t, http.StatusOK, a.Status)
				assert.Equal(t, noise[:limit], a.Body)
				assert.LessOrEqual(t, cap(a.Body), 2*limit, "no more memory than that is kept")
			})
		}
	}
}

func TestBodyWithTheLargestLimit(t *testing.T) {
	c := newClient(t, cancel.ClientOptions{MaxResponseBytes: math.MaxInt64})
	body := bytes.Repeat([]byte("a"), 100_000)
	a := post(t, c, newServer(t, nil, func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }).URL)
	require.NoError(t, a.Err)
	assert.Equal(t, body, a.Body)
}

func TestBodyIsCappedByDefault(t *testing.T) {
	c := newClient(t, cancel.ClientOptions{})
	for what, handle := range map[string]http.HandlerFunc{
		"a body without end": func(w http.ResponseWriter, r *http.Request) {
			block := bytes.Repeat([]byte("a"), 64<<10)
			for r.Context().Err() == nil {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		},
		"a gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			block := make([]byte, 1<<20)
			for range 5 {
				if _, err := z.Write(block); err != nil {
					return
				}
			}
			_ = z.Close()
		},
	} {
		t.Run(what, func(t *testing.T) {
			a := post(t, c, newServer(t, nil, handle).URL)
			assert.ErrorContains(t, a.Err, "exceeds 4194304 bytes")
			assert.Len(t, a.Body, 4<<20)
			assert.False(t, a.Unsent)
		})
	}
}

func TestBodyThatIsNotWhole(t *testing.T) {
	answer := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			readRequest(conn)
			io.WriteString(conn, text)
		}
	}
	whole := string(zipped([]byte(strings.Repeat("abc", 1000))))
	cut := whole[:len(whole)-9]
	for what, handle := range map[string]func(net.Conn){
		"cut short":                  answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
		"chunk cut short":            answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nabc"),
		"no last chunk":              answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
		"a chunk that is no chunk":   answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n"),
		"zip cut short":              answer(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(cut), cut)),
		"zip that is none":           answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\nabcabcabcabcabcabcab"),
		"reset within the body":      func(conn net.Conn) { answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")(conn); reset(conn) },
		"another protocol on demand": answer("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\nabc"),
	} {
		t.Run(what, func(t *testing.T) {
			target := listen(t, handle)
			for _, client := range []*http.Client{nil, ownTransport(t, &http.Transport{DisableCompression: true})} {
				a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: client}), target)
				assert.Error(t, a.Err)
				assert.False(t, a.Unsent)
				if a.Status != 0 { // a reset may overtake the header
					assert.Contains(t, []int{200, 101}, a.Status)
				}
			}
		})
	}
}

func TestAnEmptyBodyNeedsNoCompression(t *testing.T) {
	s := newServer(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusNoContent)
	})
	a := post(t, newClient(t, cancel.ClientOptions{}), s.URL)
	require.NoError(t, a.Err)
	assert.Equal(t, http.StatusNoContent, a.Status)
}

func TestBodyThatOnlyClaimsToBeCompressed(t *testing.T) {
	s := newServer(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, "plain words")
	})
	a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: ownTransport(t, &http.Transport{DisableCompression: true})}), s.URL)
	assert.Error(t, a.Err)
	assert.Equal(t, "plain words", string(a.Body))
	assert.Equal(t, http.StatusUnauthorized, a.Status)
}

func TestGet(t *testing.T) {
	s := newServer(t, nil, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %d %q %s", r.Method, r.URL, r.ContentLength, r.Header["X-Ask"], r.UserAgent())
	})
	a := newClient(t, cancel.ClientOptions{UserAgent: "till/7"}).Send(t.Context(), http.MethodGet, parsed(s.URL+"/p?q=1"), http.Header{"X-Ask": {"a"}}, nil)
	require.NoError(t, a.Err)
	assert.Equal(t, `GET /p?q=1 0 ["a"] till/7`, string(a.Body))
}

func TestInterimResponsesAreSkipped(t *testing.T) {
	target := listen(t, func(conn net.Conn) {
		readRequest(conn)
		io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
	})
	a := post(t, newClient(t, cancel.ClientOptions{}), target)
	require.NoError(t, a.Err)
	assert.Equal(t, 200, a.Status)
	assert.Equal(t, "done", string(a.Body))
}

func TestNothingWasWritten(t *testing.T) {
	secure := newServer(t, (*httptest.Server).StartTLS, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	plain := newServer(t, nil, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	noNames := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server")
	}}
	done, cancelled := context.WithCancel(t.Context())
	cancelled()
	caused, cause := context.WithCancelCause(t.Context())
	cause(errors.New("a cause of its own"))
	past, stop := context.WithTimeout(t.Context(), 0)
	defer stop()

	for what, tt := range map[string]struct {
		ctx     context.Context
		options cancel.ClientOptions
		target  string
		seen    error
	}{
		"refused":                {target: refusedURL(t)},
		"no such name":           {target: "https://nowhere.invalid", options: cancel.ClientOptions{HTTPClient: ownTransport(t, &http.Transport{DialContext: (&net.Dialer{Resolver: noNames}).DialContext})}},
		"untrusted certificate":  {target: secure.URL},
		"no TLS over there":      {target: strings.Replace(plain.URL, "http:", "https:", 1)},
		"context cancelled":      {ctx: done, target: plain.URL, seen: context.Canceled},
		"cancelled with a cause": {ctx: caused, target: plain.URL, seen: context.Canceled},
		"deadline passed":        {ctx: past, target: plain.URL, seen: context.DeadlineExceeded},
		"no time at all":         {target: plain.URL, options: cancel.ClientOptions{Timeout: 1}, seen: context.DeadlineExceeded},
		"no time at all in the caller's client": {
			target: plain.URL, options: cancel.ClientOptions{HTTPClient: &http.Client{Timeout: 1}}, seen: context.DeadlineExceeded,
		},
		"context cancelled, a silent transport": {ctx: done, target: plain.URL, seen: context.Canceled, options: cancel.ClientOptions{
			HTTPClient: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				t.Error("reached")
				return nil, errors.New("reached")
			})},
		}},
	} {
		t.Run(what, func(t *testing.T) {
			if tt.ctx == nil {
				tt.ctx = t.Context()
			}
			a := postContext(tt.ctx, newClient(t, tt.options), tt.target)
			require.Error(t, a.Err)
			assert.True(t, a.Unsent)
			assert.Zero(t, a.Status)
			if tt.seen != nil {
				assert.ErrorIs(t, a.Err, tt.seen)
			}
		})
	}
	assert.Zero(t, plain.requests.Load())
	assert.Zero(t, secure.requests.Load())
}

func TestSomethingMayHaveBeenWritten(t *testing.T) {
	short := &http.Transport{MaxResponseHeaderBytes: 4 << 10}
	for what, handle := range map[string]func(net.Conn){
		"closed before an answer": func(conn net.Conn) { readRequest(conn) },
		"reset before an answer":  func(conn net.Conn) { readRequest(conn); reset(conn) },
		"reset within the request": func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1))
			reset(conn)
		},
		"no HTTP":         func(conn net.Conn) { readRequest(conn); io.WriteString(conn, "SMTP ready\r\n\r\n") },
		"endless header":  func(conn net.Conn) { readRequest(conn); endless(conn) },
		"endless interim": func(conn net.Conn) { readRequest(conn); endlessInterim(conn) },
	} {
		t.Run(what, func(t *testing.T) {
			target := listen(t, handle)
			for whose, client := range map[string]*http.Client{
				"net/http's": ownTransport(t, short.Clone()),
				"wrapped":    {Transport: roundTripper(ownTransport(t, short.Clone()).Transport.RoundTrip)},
			} {
				a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: client}), target)
				assert.Error(t, a.Err, whose)
				assert.False(t, a.Unsent, whose)
				assert.Zero(t, a.Status, whose)
			}
		})
	}
}

func endless(conn net.Conn) {
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: ")
	block := bytes.Repeat([]byte("a"), 64<<10)
	for {
		if _, err := conn.Write(block); err != nil {
			return
		}
	}
}

func endlessInterim(conn net.Conn) {
	for {
		if _, err := io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return
		}
	}
}

func TestContextThatEndsDuringTheCall(t *testing.T) {
	for what, answer := range map[string]string{"before the header": "", "within the body": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"} {
		t.Run(what, func(t *testing.T) {
			ctx, end := context.WithCancelCause(t.Context())
			hold := make(chan struct{})
			target := listen(t, func(conn net.Conn) {
				readRequest(conn)
				io.WriteString(conn, answer)
				end(errors.New("a cause of its own"))
				<-hold
			})
			a := postContext(ctx, newClient(t, cancel.ClientOptions{}), target)
			close(hold)
			require.ErrorIs(t, a.Err, context.Canceled)
			assert.False(t, a.Unsent)
		})
	}
}

// pipeTransport connects to handle within the process, so that time can be fake.
func pipeTransport(handle func(net.Conn)) *http.Transport {
	return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			handle(there)
		}()
		return here, nil
	}}
}

func TestTimeout(t *testing.T) {
	hang := func(conn net.Conn) {
		readRequest(conn)
		_, _ = conn.Read(make([]byte, 1))
	}
	trickle := func(conn net.Conn) {
		readRequest(conn)
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		for err == nil {
			time.Sleep(time.Second)
			_, err = io.WriteString(conn, " ")
		}
	}
	for what, tt := range map[string]struct {
		handle func(net.Conn)
		given  time.Duration
		takes  time.Duration
		status int
	}{
		"the default":                 {hang, 0, 30 * time.Second, 0},
		"a given one":                 {hang, 7 * time.Second, 7 * time.Second, 0},
		"a body that takes for ever":  {trickle, 0, 30 * time.Second, 200},
		"a body that takes too long":  {trickle, 90 * time.Second, 90 * time.Second, 200},
		"longer than a caller's stop": {hang, time.Hour, 5 * time.Minute, 0},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
				defer stop()
				transport := pipeTransport(tt.handle)
				defer transport.CloseIdleConnections()
				c := newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{Transport: transport}, Timeout: tt.given})
				start := time.Now()
				a := postContext(ctx, c, "http://vendor.test/")
				assert.Equal(t, tt.takes, time.Since(start))
				assert.ErrorIs(t, a.Err, context.DeadlineExceeded)
				assert.False(t, a.Unsent)
				assert.Equal(t, tt.status, a.Status)
				assert.Equal(t, time.Now(), a.At)
				time.Sleep(2 * time.Second) // the server notices
			})
		})
	}
}

func TestTimeoutWhileConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			time.Sleep(time.Minute)
			return nil, errors.New("gave up")
		}}
		a := post(t, newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{Transport: transport}}), "http://vendor.test/")
		assert.ErrorIs(t, a.Err, context.DeadlineExceeded)
		assert.True(t, a.Unsent)
		time.Sleep(time.Minute) // the dial ends
	})
}

func TestErrorDoesNotRepeatTheURL(t *testing.T) {
	a := post(t, newClient(t, cancel.ClientOptions{}), refusedURL(t)+"/path?token=1")
	assert.NotContains(t, a.Err.Error(), "token")
	_, ok := errors.AsType[*net.OpError](a.Err)
	assert.True(t, ok)
	_, ok = errors.AsType[*url.Error](a.Err)
	assert.False(t, ok)
}
