package canceltest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
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

// front stands in a vendor's place. It speaks HTTP/2 without TLS, and ends the stream of the
// first request after it has read the request. Further requests are answered 503.
type front struct {
	listener  net.Listener
	misbehave func(*http2.Framer, uint32) error
	serving   sync.WaitGroup

	mu       sync.Mutex
	requests int
	conns    []net.Conn
	closed   bool
}

func newFront(misbehave func(framer *http2.Framer, stream uint32) error) (*front, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	f := &front{listener: listener, misbehave: misbehave}
	if err == nil {
		f.serving.Go(f.accept)
	}
	return f, err
}

func (f *front) accept() {
	for {
		c, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.mu.Lock()
		f.conns = append(f.conns, c)
		if f.closed {
			_ = c.Close()
		}
		f.mu.Unlock()
		f.serving.Go(func() { _ = f.serve(c) })
	}
}

// through calls do with a caller's client that only reaches the front, and returns how many
// requests arrived. It closes the front.
func (f *front) through(do func(*http.Client)) int {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{
		Protocols: protocols,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, f.listener.Addr().String())
		},
	}
	do(&http.Client{Transport: transport})
	_ = f.listener.Close()
	f.mu.Lock()
	f.closed = true
	for _, c := range f.conns {
		_ = c.Close()
	}
	f.mu.Unlock()
	f.serving.Wait()
	transport.CloseIdleConnections()
	return f.requests
}

func (f *front) serve(c net.Conn) error {
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return err
	}
	framer := http2.NewFramer(c, c)
	err := framer.WriteSettings()
	for err == nil {
		var frame http2.Frame
		if frame, err = framer.ReadFrame(); err != nil {
			return err
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				err = framer.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			if frame.StreamEnded() {
				err = f.answer(framer, frame.StreamID)
			}
		case *http2.DataFrame:
			if frame.StreamEnded() {
				err = f.answer(framer, frame.StreamID)
			}
		}
	}
	return err
}

func (f *front) answer(framer *http2.Framer, stream uint32) error {
	f.mu.Lock()
	f.requests++
	first := f.requests == 1
	f.mu.Unlock()
	if first {
		return f.misbehave(framer, stream)
	}
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: "503"})
	return framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
}
