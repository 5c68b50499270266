package canceltest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"

	"golang.org/x/net/http2"
)

// recorder is a caller's transport that keeps requests and answers.
type recorder struct {
	http.RoundTripper
	mu       sync.Mutex
	requests []*http.Request
	status   int          // of the last response, 0 without one
	body     bytes.Buffer // the part of its body that was read
}

func newRecorder() (*recorder, *http.Client) {
	r := &recorder{RoundTripper: &http.Transport{DisableKeepAlives: true}}
	return r, &http.Client{Transport: r}
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, req)
	r.status = 0
	r.body.Reset()
	resp, err := r.RoundTripper.RoundTrip(req)
	if err == nil {
		r.status = resp.StatusCode
		resp.Body = tee{io.TeeReader(resp.Body, &r.body), resp.Body}
	}
	return resp, err
}

type tee struct {
	io.Reader
	io.Closer
}

// overHTTP2 calls do with a caller's client that reaches a server in the vendor's place. It speaks
// HTTP/2 without TLS. Once it has read the first request, it spoils the stream with misbehave; it
// answers 503 to further requests. overHTTP2 returns how many requests arrived.
func overHTTP2(misbehave func(framer *http2.Framer, stream uint32) error, do func(*http.Client)) int32 {
	var requests atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if requests.Add(1) > 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_ = misbehave(http2.NewFramer(connOf(r), nil), 1) // a connection's first stream
		<-r.Context().Done()
	}))
	server.Config.ConnContext = withConn
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	defer server.Close()
	transport := &http.Transport{
		Protocols: server.Config.Protocols,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
	do(&http.Client{Transport: transport})
	transport.CloseIdleConnections()
	server.CloseClientConnections()
	return requests.Load()
}
