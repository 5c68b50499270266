package canceltest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// answerWithin is how long a vendor waits for a webhook's answer.
	answerWithin = 10 * time.Second
	// maxAnswer is how much of such an answer is read, in bytes, so that it can end.
	maxAnswer = 64 << 10
)

// Delivery is what the log holds of one attempt to tell a webhook of something.
type Delivery struct {
	// ID is what it is about: the document's code, or the order's number.
	ID string
	// Status is what has become of that, in the vendor's word.
	Status string
	// Attempt is 1 for the first attempt to tell it.
	Attempt int
	// HTTPStatus is what the webhook answered, 0 where no answer came in time.
	HTTPStatus int
	// At is when the attempt began.
	At time.Time
	// Body is what was sent, with a checksum in it replaced by REDACTED.
	Body []byte
}

// message is what a vendor has to tell a webhook.
type message struct {
	id, status string

	url     string
	header  http.Header
	body    []byte
	logged  []byte          // the body as the log may hold it
	retries []time.Duration // how long after each attempt that failed there is another
}

// Deliveries returns a copy of the log of what webhooks were told, in the order in
// which the attempts ended. It holds as many as the log of calls does.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	deliveries := slices.Clone(s.deliveries)
	for i := range deliveries {
		deliveries[i].Body = slices.Clone(deliveries[i].Body)
	}
	return deliveries
}

// deliver tells a webhook something, apart. Once the simulator is closed it does
// nothing.
func (s *Server) deliver(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	due := s.clock.now()
	s.delivering.Go(func() {
		for n := 1; !s.attempt(m, n) && n <= len(m.retries); n++ {
			// Not from now on: the clock may have been moved since the attempt failed.
			due = due.Add(m.retries[n-1])
			if s.clock.until(s.open, due) != nil {
				return
			}
		}
	})
}

// attempt reports whether the webhook has taken the message.
func (s *Server) attempt(m message, n int) bool {
	began := s.clock.now()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s.delivering.Go(func() {
		if s.clock.until(ctx, began.Add(answerWithin)) == nil {
			stop()
		}
	})
	status := s.post(ctx, m)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = append(s.deliveries, Delivery{m.id, m.status, n, status, began, m.logged})
	s.trim()
	return status/100 == 2
}

// post returns the status that the webhook answers with, 0 where it does not.
func (s *Server) post(ctx context.Context, m message) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(m.body))
	if err != nil {
		return 0
	}
	req.Header = m.header.Clone()
	resp, err := s.courier.Do(req)
	if err != nil {
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return 0
	}
	return resp.StatusCode
}

// newCourier returns a client that goes where it is sent: not through a proxy, and not
// where a redirect leads. It leaves no connection behind.
func newCourier() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// mustBeHere panics for an address that is not on this machine: a simulator calls
// nobody else.
func mustBeHere(address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || !isLoopback(u.Hostname()) {
		panic(fmt.Sprintf("canceltest: %q is no http address of this machine", address))
	}
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}
