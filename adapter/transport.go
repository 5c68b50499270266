package adapter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var dialer = net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}

// sharedTransport serves every adapter whose options name no http.Client, so that many
// adapters of one vendor share its connections. It speaks HTTP/1.1 only, so that a
// connection belongs to one request at a time and knows whether that request was written.
var sharedTransport = &http.Transport{
	Proxy: http.ProxyFromEnvironment,
	OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("the proxy %s refused to connect: %s", proxy.Host, resp.Status)
		}
		return nil
	},
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

// conn is a connection of sharedTransport. It knows whether it was written to.
type conn struct {
	net.Conn
	mu              sync.Mutex
	writing         int // calls of Write under way
	written, closed bool
}

// begin starts a request, of which nothing is written yet.
func (c *conn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written = false
}

func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return 0, net.ErrClosed
	}
	c.writing++
	c.mu.Unlock()

	n, err := c.Conn.Write(b)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing--
	c.written = c.written || n > 0
	return n, err
}

// unwritten reports whether no byte was written since begin. If so it closes c, because
// net/http may still write after it has returned an error.
func (c *conn) unwritten() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.written || c.writing > 0 {
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

// once makes req one that net/http cannot send again. net/http sends a request again, over
// HTTP/2 after some errors of the stream and over HTTP/1.1 after some errors of a kept
// connection, if it has a GetBody or no body. Over HTTP/1.1 it does so only for a GET and its
// like, or with one of the two headers below.
func (c *Client) once(req *http.Request, p *progress) {
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if value, ok := req.Header[name]; ok {
			delete(req.Header, name)
			req.Header[strings.ToLower(name)] = value // the same header for a server, another key for net/http
		}
	}
	req.GetBody = nil
	empty := req.Body == nil || req.Body == http.NoBody
	switch {
	case empty && c.own && slices.Contains(changing, req.Method):
		req.Body = http.NoBody // sent with Content-Length: 0, and never again once written
	case empty:
		req.Body = body{http.NoBody, p}
	case !c.own:
		req.Body = body{req.Body, p}
	}
}

// changing are the methods that net/http does not send again without a body, except on a
// connection to which it has written nothing.
var changing = []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// body notes when it is read. It hides from net/http that it may be empty.
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

// trace returns the hooks by which a transport reports to p. A request counts as written
// once it has a connection. Only a connection of sharedTransport knows better.
func (p *progress) trace() *httptrace.ClientTrace {
	p.hooks.GotConn = p.gotConn
	if !p.native { // it may report fewer steps
		p.hooks.GetConn = func(string) { p.reported.Store(true) }
		p.hooks.WroteHeaderField = func(string, []string) { p.wrote() }
		p.hooks.WroteHeaders = p.wrote
		p.hooks.WroteRequest = func(httptrace.WroteRequestInfo) { p.wrote() }
	}
	return &p.hooks
}

func (p *progress) gotConn(info httptrace.GotConnInfo) {
	raw := info.Conn
	for secure, ok := raw.(*tls.Conn); ok; secure, ok = raw.(*tls.Conn) {
		raw = secure.NetConn()
	}
	own, ok := raw.(*conn)
	if before := p.conn.Load(); !ok || before != nil && !before.unwritten() {
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
//
// Somebody may have registered a protocol with net/http's transport that reports nothing.
// Such a request counts as written once its body was read. Any other transport that reports
// nothing counts as having written, unless its body was not read and err can only come
// before.
func (p *progress) mayHaveWritten(err error) bool {
	switch own := p.conn.Load(); {
	case p.written.Load():
		return true
	case own != nil:
		return !own.unwritten()
	case p.native:
		return p.read.Load()
	case p.reported.Load():
		return false
	case p.read.Load():
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return false
	}
	op, ok := errors.AsType[*net.OpError](err)
	return !ok || op.Op != "dial"
}
