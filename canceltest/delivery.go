package canceltest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/unified-cancel/cancel/adapter"
)

const (
	// answerWithin is how long a vendor waits for a webhook's answer.
	answerWithin = 10 * time.Second
	// maxAnswer is how much of a webhook's answer is read, in bytes.
	maxAnswer = 64 << 10
)

// Delivery is one attempt to call a webhook, in the log.
type Delivery struct {
	// ID names the thing that the message is about.
	ID string
	// Status is the state of that thing, in the vendor's word.
	Status string
	// Attempt is 1 for the first attempt to deliver the message.
	Attempt int
	// HTTPStatus is the webhook's answer, 0 if none came in time.
	HTTPStatus int
	// At is when the attempt began, by the simulator's clock.
	At time.Time
	// Body is the body that was sent, with REDACTED in place of a secret.
	Body []byte
}

// Message is a vendor's message to a webhook.
type Message struct {
	// ID and Status are for the log: see [Delivery].
	ID, Status string
	// URL must be plain http to this machine.
	URL string
	// Header is sent with Body by POST.
	Header http.Header
	Body   []byte
	// Logged is Body as the log may hold it.
	Logged []byte
	// Retries says how long after each failed attempt the next one comes. After the last,
	// the message is dropped.
	Retries []time.Duration
}

// Deliveries returns a copy of the log of deliveries, in the order in which the attempts
// ended. It holds as many as the log of calls does.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	deliveries := slices.Clone(s.deliveries)
	for i := range deliveries {
		deliveries[i].Body = slices.Clone(deliveries[i].Body)
	}
	return deliveries
}

// Deliver sends m to its webhook in the background. An answer of 2xx within ten seconds
// takes it; otherwise it is sent again as m.Retries says. Both times are measured by the
// clock that [Server.Pass] moves. Redirects are not followed. Deliver does nothing once
// the simulator is closed.
func (s *Server) Deliver(m Message) {
	MustBeLoopback(m.URL)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	due := s.clock.now()
	s.delivering.Go(func() {
		for n := 1; !s.attempt(m, n) && n <= len(m.Retries); n++ {
			// The clock may have moved since the attempt failed: count from when it was due.
			due = due.Add(m.Retries[n-1])
			if s.clock.until(s.open, due) != nil {
				return
			}
		}
	})
}

// attempt reports whether the webhook has taken the message.
func (s *Server) attempt(m Message, n int) bool {
	d := Delivery{ID: m.ID, Status: m.Status, Attempt: n, At: s.clock.now(), Body: m.Logged}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s.delivering.Go(func() {
		if s.clock.until(ctx, d.At.Add(answerWithin)) == nil {
			stop()
		}
	})
	d.HTTPStatus = s.post(ctx, m)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = append(s.deliveries, d)
	s.trim()
	return d.HTTPStatus/100 == 2
}

// post returns the status of the webhook's answer, 0 without one.
func (s *Server) post(ctx context.Context, m Message) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return 0
	}
	req.Header = m.Header.Clone()
	resp, err := s.webhooks.RoundTrip(req)
	if err != nil {
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return 0
	}
	return resp.StatusCode
}

// MustBeLoopback panics unless address is plain http to this machine: a simulator calls
// nobody else.
func MustBeLoopback(address string) {
	if u, err := adapter.Endpoint(address, "", nil); err != nil || u.Scheme != "http" {
		panic(fmt.Sprintf("canceltest: %q is not an http address of this machine", address))
	}
}
