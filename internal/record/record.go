// Package record keeps what an adapter and a vendor say to each other, removes from it
// what is secret or personal, and stores it as fixtures that tests replay. [Session]
// is the whole way, [Recorder], [Scrubber] and [Fixture] are its parts.
//
// Of an exchange the bodies, the HTTP status and the content type of the answer are
// stored; of all other headers, and of the URL, nothing is.
package record

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
)

// Exchange is a request and its answer.
type Exchange struct {
	Request     []byte
	Status      int
	ContentType string // of the answer
	Response    []byte
	// Whole is true where the answer was read to its end.
	Whole bool
}

// Recorder is an [http.RoundTripper] that keeps the exchanges made through it. One
// that ends without an answer is not kept. It is safe for concurrent use.
type Recorder struct {
	// Next makes the exchanges. nil means http.DefaultTransport.
	Next http.RoundTripper

	mu   sync.Mutex
	kept []*exchange
}

type exchange struct {
	mu sync.Mutex
	Exchange
}

// RoundTrip makes the exchange as Next does.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	x := new(exchange)
	if req.Body != nil {
		sent, err := io.ReadAll(req.Body)
		if err := errors.Join(err, req.Body.Close()); err != nil {
			return nil, err
		}
		x.Request = sent
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(x.Request))
	}
	next := r.Next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(req)
	if err != nil {
		return resp, err
	}
	x.Status, x.ContentType = resp.StatusCode, resp.Header.Get("Content-Type")
	resp.Body = body{resp.Body, x}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, x)
	return resp, nil
}

// Take returns the exchanges made since it was last called, in the order in which
// their answers began, and keeps them no longer. An answer that is still being read
// is returned as far as it was read.
func (r *Recorder) Take() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	var taken []Exchange
	for _, x := range r.kept {
		x.mu.Lock()
		taken = append(taken, x.Exchange)
		x.mu.Unlock()
	}
	r.kept = nil
	return taken
}

// body is that of an answer, copied while it is read.
type body struct {
	io.ReadCloser
	to *exchange
}

func (b body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.to.mu.Lock()
	defer b.to.mu.Unlock()
	b.to.Response = append(b.to.Response, p[:n]...)
	if err == io.EOF {
		b.to.Whole = true
	}
	return n, err
}
