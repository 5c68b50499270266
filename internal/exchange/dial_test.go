package exchange

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// trusting returns a Client that is as ours, but for connections of its own and for
// trusting the certificate of s.
func trusting(t *testing.T, s *server) *Client {
	t.Helper()
	transport := sharedTransport.Clone()
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(s.Certificate())
	d := &dialer{open: sharedDialer.open}
	transport.DialContext = d.DialContext
	c := newClient(t, cancel.ClientOptions{HTTPClient: ownTransport(t, transport)})
	c.dialer = d
	return c
}

// inFlight makes calls, n at a time.
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

func TestNoMoreConnectionsThanCallsInFlight(t *testing.T) {
	answers := []http.HandlerFunc{
		func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "done") },
		func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, "trouble")
		},
		func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "do")
			_ = http.NewResponseController(w).Flush()
			io.WriteString(w, "ne")
		},
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	}
	for _, n := range []int{1, 8, 64} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			var s *server
			s = newServer(t, (*httptest.Server).StartTLS, func(w http.ResponseWriter, r *http.Request) {
				answers[int(s.requests.Load())%len(answers)](w, r)
			})
			c := trusting(t, s)
			inFlight(n, 20*n, func() { assert.NoError(t, post(t, c, s.URL).Err) })
			assert.EqualValues(t, 20*n, s.requests.Load())
			// net/http closes a connection where it is slow to see that all was written.
			assert.LessOrEqual(t, int(s.connections.Load()), n+2)
		})
	}
}

func TestConnectionsThatTheServerCloses(t *testing.T) {
	for what, every := range map[string]int32{"each": 1, "every third": 3} {
		t.Run(what, func(t *testing.T) {
			var s *server
			s = newServer(t, (*httptest.Server).StartTLS, func(w http.ResponseWriter, _ *http.Request) {
				if s.requests.Load()%every == 0 {
					w.Header().Set("Connection", "close")
				}
				io.WriteString(w, "done")
			})
			c := trusting(t, s)
			inFlight(8, 80, func() { assert.NoError(t, post(t, c, s.URL).Err) })
			assert.EqualValues(t, 80, s.requests.Load())
		})
	}
}

func TestServerThatDiesAndComesBack(t *testing.T) {
	done := func(conn net.Conn) {
		for requests := bufio.NewReader(conn); ; {
			req, err := http.ReadRequest(requests)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
		}
	}
	var dead atomic.Bool
	v := &pipes{handle: func(conn net.Conn) {
		if !dead.Load() {
			done(conn)
		}
	}}
	synctest.Test(t, func(t *testing.T) {
		c := v.client(t)
		for range 3 {
			inFlight(8, 80, func() { assert.NoError(t, post(t, c, "http://vendor.test/").Err) })
			dead.Store(true)
			v.closeAll()
			synctest.Wait()
			inFlight(8, 80, func() { assert.Error(t, post(t, c, "http://vendor.test/").Err) })
			dead.Store(false)
		}
		synctest.Wait()
		assert.Empty(t, c.dialer.hosts, "nothing is kept of a host without calls and connections")
	})
}

// pipes is a vendor that is reached within the process, so that it is known when everybody waits.
type pipes struct {
	handle func(net.Conn) // nil where it does nothing
	// dial, where there is one, is called before a connection is opened with how many
	// were before.
	dial func(before int) error

	mu    sync.Mutex
	dials int
	conns []net.Conn
}

func (p *pipes) open(context.Context, string, string) (net.Conn, error) {
	p.mu.Lock()
	before := p.dials
	p.dials++
	p.mu.Unlock()
	if p.dial != nil {
		if err := p.dial(before); err != nil {
			return nil, err
		}
	}
	here, there := net.Pipe()
	p.mu.Lock()
	p.conns = append(p.conns, there)
	p.mu.Unlock()
	go func() {
		defer there.Close()
		if p.handle != nil {
			p.handle(there)
		}
	}()
	return here, nil
}

func (p *pipes) dialled() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dials
}

func (p *pipes) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		conn.Close()
	}
	p.conns = nil
}

func (p *pipes) client(t *testing.T) *Client {
	d := &dialer{open: p.open}
	c := newClient(t, cancel.ClientOptions{HTTPClient: ownTransport(t, &http.Transport{DialContext: d.DialContext, MaxIdleConnsPerHost: 256})})
	c.dialer = d
	return c
}

// answering returns pipes to a vendor that answers a request to a path of its choice only once
// the test says so, and any other at once.
func answering(held map[string]chan struct{}) *pipes {
	return &pipes{handle: func(conn net.Conn) {
		for requests := bufio.NewReader(conn); ; {
			req, err := http.ReadRequest(requests)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			if hold := held[req.URL.Path]; hold != nil {
				<-hold
			}
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
		}
	}}
}

// started posts to target of a vendor, and returns where the answer will be.
func started(ctx context.Context, c *Client, target string) <-chan Answer {
	answer := make(chan Answer, 1)
	go func() { answer <- postContext(ctx, c, target) }()
	synctest.Wait()
	return answer
}

func TestDialsAtOnceWhatTheCallsInFlightNeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ready := make(chan struct{})
		v := answering(nil)
		v.dial = func(int) error { <-ready; return nil }
		c := v.client(t)
		var answers []<-chan Answer
		for range 64 {
			answers = append(answers, started(t.Context(), c, "http://vendor.test/"))
		}
		assert.Equal(t, 64, v.dialled())
		close(ready)
		for _, answer := range answers {
			assert.NoError(t, (<-answer).Err)
		}
		assert.Equal(t, 64, v.dialled())
	})
}

// A connection becomes idle and serves a call whose own is still being opened, which
// then serves the next call.
func TestDialUnderWayServesTheNextCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := make(chan struct{}), make(chan struct{})
		slow := make(chan struct{})
		v := answering(map[string]chan struct{}{"/first": first, "/second": second})
		v.dial = func(before int) error {
			if before == 1 {
				<-slow
			}
			return nil
		}
		c := v.client(t)
		a := started(t.Context(), c, "http://vendor.test/first")
		b := started(t.Context(), c, "http://vendor.test/second")
		close(first)
		require.NoError(t, (<-a).Err)
		third := started(t.Context(), c, "http://vendor.test/third")
		assert.Equal(t, 2, v.dialled())
		close(slow)
		assert.NoError(t, (<-third).Err)
		close(second)
		assert.NoError(t, (<-b).Err)
		assert.Equal(t, 2, v.dialled())
	})
}

// hanging returns a client for which one call is in flight, held until end, and of whose
// two dials the second hangs until it is to fail.
func hanging(t *testing.T) (c *Client, p *pipes, end, fail func()) {
	first, second, hang := make(chan struct{}), make(chan struct{}), make(chan struct{})
	p = answering(map[string]chan struct{}{"/first": first, "/second": second})
	p.dial = func(before int) error {
		if before == 1 {
			<-hang
			return errors.New("hung")
		}
		return nil
	}
	c = p.client(t)
	a := started(t.Context(), c, "http://vendor.test/first")
	b := started(t.Context(), c, "http://vendor.test/second")
	close(first)
	require.NoError(t, (<-a).Err)
	synctest.Wait() // the second call has its connection
	fail = sync.OnceFunc(func() { close(hang) })
	t.Cleanup(fail)
	return c, p, func() {
		close(second)
		assert.NoError(t, (<-b).Err)
	}, fail
}

func TestDialThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p, end, _ := hanging(t)
		third := started(t.Context(), c, "http://vendor.test/third")
		assert.Empty(t, third, "it waits for one of the two")
		fourth := started(t.Context(), c, "http://vendor.test/fourth")
		assert.NoError(t, (<-third).Err)
		assert.NoError(t, (<-fourth).Err)
		assert.Equal(t, 3, p.dialled())
		end()
	})
}

func TestDialThatFailsUnneeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p, end, fail := hanging(t)
		third := started(t.Context(), c, "http://vendor.test/third")
		assert.Empty(t, third)
		fail()
		assert.NoError(t, (<-third).Err)
		assert.Equal(t, 3, p.dialled())
		end()
	})
}

func TestDialForACallThatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(pipes)
		d := &dialer{open: p.open}
		ctx, stop := context.WithCancel(t.Context())
		v := d.enter(ctx, &url.URL{Scheme: "http", Host: "vendor.test"})
		other := d.enter(t.Context(), &url.URL{Scheme: "http", Host: "vendor.test"})
		v.leave(false)
		failed := make(chan error)
		go func() {
			_, err := d.DialContext(context.WithoutCancel(v), "tcp", "vendor.test:80")
			failed <- err
		}()
		synctest.Wait()
		stop()
		assert.ErrorIs(t, <-failed, context.Canceled)
		assert.Zero(t, p.dialled())
		other.leave(false)
		assert.Empty(t, d.hosts)
	})
}

func TestContextThatEndsWhileWaitingForAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p, end, _ := hanging(t)
		ctx, stop := context.WithCancel(t.Context())
		third := started(ctx, c, "http://vendor.test/third")
		stop()
		a := <-third
		assert.ErrorIs(t, a.Err, context.Canceled)
		assert.True(t, a.Unsent)
		assert.Equal(t, 2, p.dialled())
		end()
	})
}

// net/http ends the context of a dial that it needs no more when it is told to close idle
// connections.
func TestDialThatIsCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dialer{open: new(pipes).open}
		v := d.enter(t.Context(), &url.URL{Scheme: "http", Host: "vendor.test"})
		conn, err := d.DialContext(v, "tcp", "vendor.test:80")
		require.NoError(t, err)
		ctx, stop := context.WithCancel(v)
		failed := make(chan error)
		go func() {
			_, err := d.DialContext(ctx, "tcp", "vendor.test:80")
			failed <- err
		}()
		synctest.Wait()
		stop()
		assert.ErrorIs(t, <-failed, context.Canceled)
		v.leave(false)
		assert.Len(t, d.hosts, 1, "a connection is open")
		require.NoError(t, conn.Close())
		require.NoError(t, conn.Close(), "a second time")
		assert.Empty(t, d.hosts)
	})
}

func TestDialThatWasGivenUpHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		defer close(hang)
		v := answering(nil)
		v.dial = func(before int) error {
			if before == 0 {
				<-hang
				return errors.New("hung")
			}
			return nil
		}
		c := v.client(t)
		ctx, stop := context.WithCancel(t.Context())
		first := started(ctx, c, "http://vendor.test/")
		stop()
		require.ErrorIs(t, (<-first).Err, context.Canceled)
		assert.NoError(t, post(t, c, "http://vendor.test/").Err)
		assert.Equal(t, 2, v.dialled())
	})
}

// The dial of a call that another's connection served outlives the call. Should it hang, it
// holds up the next one for as long as patience lasts, where no connection is left to serve it.
func TestDialThatHangsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p, end, _ := hanging(t)
		end()
		p.closeAll()
		synctest.Wait()
		began := time.Now()
		require.NoError(t, post(t, c, "http://vendor.test/third").Err)
		assert.Equal(t, patience, time.Since(began))
		assert.Equal(t, 3, p.dialled())
	})
}

func TestDialThatFailsMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("refused")
		v := answering(nil)
		v.dial = func(before int) error {
			if before < 8 {
				return refused
			}
			return nil
		}
		c := v.client(t)
		for range 8 {
			assert.ErrorIs(t, post(t, c, "http://vendor.test/").Err, refused)
		}
		assert.NoError(t, post(t, c, "http://vendor.test/").Err)
	})
}

func TestHostsDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p, end, _ := hanging(t)
		third := started(t.Context(), c, "http://vendor.test/third")
		assert.NoError(t, post(t, c, "http://other.test/").Err)
		assert.NoError(t, post(t, c, "http://vendor.test:8080/").Err)
		assert.Equal(t, 4, p.dialled())
		end()
		assert.NoError(t, (<-third).Err)
	})
}

func TestDestination(t *testing.T) {
	of := func(target string) destination {
		u, err := url.Parse(target)
		require.NoError(t, err)
		return destinationOf(u)
	}
	https := of("https://vendor.test/a?b=c")
	assert.Equal(t, https, of("https://vendor.test:443"))
	assert.NotEqual(t, https, of("https://vendor.test:80"))
	assert.NotEqual(t, https, of("http://vendor.test:443"))
	assert.NotEqual(t, https, of("https://"+strings.ToUpper("vendor.test")), "net/http shares no connections between the two")
	assert.Equal(t, of("http://[::1]"), of("http://[::1]:80"))
}

// A connection that no call of a Client asks for is opened as it would be without us.
func TestDialOutsideACall(t *testing.T) {
	v := new(pipes)
	d := &dialer{open: v.open}
	for range 3 {
		conn, err := d.DialContext(t.Context(), "tcp", "vendor.test:80")
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	assert.Empty(t, d.hosts)
}
