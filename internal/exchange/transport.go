package exchange

import (
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// sharedDialer opens the connections of sharedTransport.
var sharedDialer = &dialer{open: (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext}

// sharedTransport serves every adapter that brings no http.Client of its own, so
// that many adapters for one vendor share its connections. It speaks HTTP/1.1
// alone: a request that a vendor may have acted upon is then one request on one
// connection, and whether it was written is known.
var sharedTransport = &http.Transport{
	Proxy:               http.ProxyFromEnvironment,
	DialContext:         sharedDialer.DialContext,
	TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
	TLSHandshakeTimeout: 10 * time.Second,
	MaxIdleConnsPerHost: 256,
	IdleConnTimeout:     90 * time.Second,

	MaxResponseHeaderBytes: 256 << 10,
}

// noRedirects hides where a redirect points to, so that http.Client hands every
// 3xx response over as it is. CheckRedirect would not do: it is not asked when the
// Location is malformed, and the response is lost.
type noRedirects struct{ http.RoundTripper }

func (t noRedirects) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(req)
	if resp != nil && resp.StatusCode/100 == 3 {
		resp.Header = maps.Clone(resp.Header) // which may be another response's, too
		resp.Header.Del("Location")
	}
	return resp, err
}

// trail notes how far a request got.
type trail struct {
	hooks httptrace.ClientTrace
	// reports says that the transport is net/http's own, which asked once connects again
	// only where nothing had been written before.
	reports bool
	// seen: a step was reported. wrote: of writing. read: the body was begun to be read.
	seen, wrote, read atomic.Bool
}

// watch notes when the body of req is read.
func (t *trail) watch(req *http.Request) {
	if req.Body != nil {
		req.Body = watched{req.Body, &t.read}
	}
}

type watched struct {
	io.ReadCloser
	read *atomic.Bool
}

func (w watched) Read(p []byte) (int, error) {
	w.read.Store(true)
	return w.ReadCloser.Read(p)
}

// trace returns what has a transport report to t. That a connection was got counts as
// writing, which comes next; another's transport may not report as much.
func (t *trail) trace() *httptrace.ClientTrace {
	t.hooks.GetConn = func(string) {
		t.seen.Store(true)
		if t.reports {
			t.wrote.Store(false)
		}
	}
	t.hooks.GotConn = func(httptrace.GotConnInfo) { t.writes() }
	if !t.reports {
		t.hooks.WroteHeaderField = func(string, []string) { t.writes() }
		t.hooks.WroteHeaders = t.writes
		t.hooks.WroteRequest = func(httptrace.WroteRequestInfo) { t.writes() }
	}
	return &t.hooks
}

func (t *trail) writes() {
	t.seen.Store(true)
	t.wrote.Store(true)
}

// possible reports whether any byte of the request may have been written before
// err. A transport that reports nothing counts as having written, but for errors
// that can only come before. So does net/http's own, which may have handed the request
// on to one, unless the request was not even read.
func (t *trail) possible(err error) bool {
	switch {
	case t.seen.Load():
		return t.wrote.Load()
	case t.reports && !t.read.Load():
		return false
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return false
	}
	op, ok := errors.AsType[*net.OpError](err)
	return !ok || op.Op != "dial"
}
