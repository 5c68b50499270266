package canceltest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

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
	misbehave func(framer *http2.Framer, stream uint32) error
	requests  atomic.Int32
}

// through calls do with a caller's client that only reaches the front, and returns how many
// requests arrived.
func (f *front) through(do func(*http.Client)) (int32, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	over, stop := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(over, func() { _ = c.Close() })
			serving.Go(func() { _ = f.serve(c) })
		}
	})
	transport := &http.Transport{
		Protocols: new(http.Protocols),
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
		},
	}
	transport.Protocols.SetUnencryptedHTTP2(true)
	do(&http.Client{Transport: transport})
	_ = listener.Close()
	stop()
	serving.Wait()
	transport.CloseIdleConnections()
	return f.requests.Load(), nil
}

func (f *front) serve(c net.Conn) error {
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return err
	}
	framer := http2.NewFramer(c, c)
	err := framer.WriteSettings()
	for err == nil {
		var got http2.Frame
		if got, err = framer.ReadFrame(); err != nil {
			return err
		}
		switch frame := got.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				err = framer.WriteSettingsAck()
			}
		case interface{ StreamEnded() bool }: // headers or data
			if frame.StreamEnded() {
				err = f.answer(framer, got.Header().StreamID)
			}
		}
	}
	return err
}

func (f *front) answer(framer *http2.Framer, stream uint32) error {
	if f.requests.Add(1) == 1 {
		return f.misbehave(framer, stream)
	}
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: "503"})
	return framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
}
