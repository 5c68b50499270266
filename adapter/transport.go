package adapter

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

var dialer = net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}

// sharedTransport serves every adapter whose options name no http.Client, so that many
// adapters of one vendor share its connections. It speaks HTTP/1.1 only, so that a
// connection belongs to one request at a time, and it knows whether that was written.
var sharedTransport = &http.Transport{
	Proxy: http.ProxyFromEnvironment,
	DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &conn{Conn: c}, nil
	},
	TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
	TLSHandshakeTimeout: 10 * time.Second,
	MaxIdleConnsPerHost: 256,
	IdleConnTimeout:     90 * time.Second,

	MaxResponseHeaderBytes: 256 << 10,
}

// conn is a connection of sharedTransport. It notes whether it was written to.
type conn struct {
	net.Conn
	mu              sync.Mutex
	written, closed bool
}

// begin marks the begin of a request.
func (c *conn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written = false
}

func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.written = true
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

// unwritten reports whether nothing was written since begin, and if so keeps it like that:
// net/http may otherwise still write after it has returned an error.
func (c *conn) unwritten() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.written {
		return false
	}
	c.closed = true
	_ = c.Conn.Close()
	return true
}

// noRedirects hides the target of a redirect, so that http.Client hands every 3xx response
// over as it is. CheckRedirect would not do: http.Client does not call it if the Location
// is malformed, and the response is lost.
type noRedirects struct{ http.RoundTripper }

func (t noRedirects) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(req)
	if resp != nil && resp.StatusCode/100 == 3 {
		resp.Header = maps.Clone(resp.Header) // another response may share it
		resp.Header.Del("Location")
	}
	return resp, err
}

// once makes a request that net/http cannot send again. It sends any request again that
// has no body or a GetBody: over HTTP/2 after some errors of the stream, over HTTP/1.1 if
// the request is a GET or has one of the two headers below.
func once(req *http.Request, p *progress) {
	req.GetBody = nil
	if req.Body == nil {
		req.Body = http.NoBody
	}
	req.Body = body{req.Body, p}
	for name, hidden := range map[string]string{"Idempotency-Key": "idempotency-key", "X-Idempotency-Key": "x-idempotency-key"} {
		if value, ok := req.Header[name]; ok {
			delete(req.Header, name)
			req.Header[hidden] = value // the same header to a server, another key to net/http
		}
	}
}

// body notes when it is read.
type body struct {
	io.ReadCloser
	progress *progress
}

func (b body) Read(p []byte) (int, error) {
	b.progress.read.Store(true)
	return b.ReadCloser.Read(p)
}

// progress notes how far a request got. Once written, it stays written.
type progress struct {
	hooks  httptrace.ClientTrace
	native bool // the transport is net/http's own, which reports each connection that it uses

	reported, written, read atomic.Bool
	conn                    atomic.Pointer[conn]
}

// trace returns the hooks by which a transport reports to p. A connection counts as
// written once the request has it, except for one of ours, which knows better.
func (p *progress) trace() *httptrace.ClientTrace {
	p.hooks.GetConn = func(string) { p.reported.Store(true) }
	p.hooks.GotConn = p.gotConn
	if !p.native { // it may report fewer steps
		p.hooks.WroteHeaderField = func(string, []string) { p.wrote() }
		p.hooks.WroteHeaders = p.wrote
		p.hooks.WroteRequest = func(httptrace.WroteRequestInfo) { p.wrote() }
	}
	return &p.hooks
}

func (p *progress) gotConn(info httptrace.GotConnInfo) {
	raw := info.Conn
	if secure, ok := raw.(*tls.Conn); ok {
		raw = secure.NetConn()
	}
	own, ok := raw.(*conn)
	if !ok || p.conn.Load() != nil {
		p.wrote()
		return
	}
	p.reported.Store(true)
	own.begin()
	p.conn.Store(own)
}

func (p *progress) wrote() {
	p.reported.Store(true)
	p.written.Store(true)
}

// mayHaveWritten reports whether any byte of the request may have been written before err.
// A transport that reports nothing counts as having written, unless err can only come
// before. net/http's own may have handed the request to another one that reports nothing;
// then the request counts as written once its body was read.
func (p *progress) mayHaveWritten(err error) bool {
	switch own := p.conn.Load(); {
	case p.written.Load():
		return true
	case own != nil:
		return !own.unwritten()
	case p.reported.Load(), p.native && !p.read.Load():
		return false
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return false
	}
	op, ok := errors.AsType[*net.OpError](err)
	return !ok || op.Op != "dial"
}
