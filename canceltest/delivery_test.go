package canceltest

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var retries = []time.Duration{2 * time.Minute, 4 * time.Minute, 6 * time.Minute}

// notListening is a server that only delivers.
func notListening(webhook roundTrip) *Server {
	s := &Server{webhooks: webhook, logLimit: defaultLogLimit}
	s.open, s.shut = context.WithCancel(context.Background())
	return s
}

// ages are how long after start each attempt began.
func ages(s *Server, start time.Time) (ages []time.Duration) {
	for _, d := range s.Deliveries() {
		ages = append(ages, d.At.Sub(start))
	}
	return ages
}

func TestDeliveryIsTriedAgain(t *testing.T) {
	const slow = 3 * time.Second
	for name, webhook := range map[string]roundTrip{
		"refused": func(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed },
		"slow": func(*http.Request) (*http.Response, error) {
			time.Sleep(slow)
			return &http.Response{StatusCode: http.StatusInternalServerError, Body: http.NoBody}, nil
		},
		"silent": func(r *http.Request) (*http.Response, error) {
			began := time.Now()
			<-r.Context().Done()
			if took := time.Since(began); took != answerWithin {
				panic("it was given up after " + took.String())
			}
			return nil, r.Context().Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, start := notListening(webhook), time.Now()
				s.Deliver(Message{ID: "A", Header: http.Header{}, URL: "http://127.0.0.1/", Retries: retries})
				s.delivering.Wait()
				assert.Equal(t, []time.Duration{0, 2 * time.Minute, 6 * time.Minute, 12 * time.Minute}, ages(s, start))
				s.shut()
			})
		})
	}
}

func TestDeliveryFollowsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		s, start := notListening(silent), time.Now()
		s.Deliver(Message{ID: "A", Header: http.Header{}, URL: "http://127.0.0.1/", Retries: retries})
		synctest.Wait()
		s.Pass(answerWithin - 1)
		synctest.Wait()
		require.Empty(t, s.Deliveries())
		s.Pass(1)
		synctest.Wait()
		require.Len(t, s.Deliveries(), 1)
		s.Pass(time.Hour) // the rest is due, and still each attempt has its ten seconds
		s.delivering.Wait()
		late := time.Hour + answerWithin
		assert.Equal(t, []time.Duration{0, late, late + answerWithin, late + 2*answerWithin}, ages(s, start))
		assert.Equal(t, 3*answerWithin, time.Since(start))
		s.shut()
	})
}

func TestDeliveryEndsWithTheSimulator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := notListening(func(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed })
		s.Deliver(Message{ID: "A", Header: http.Header{}, URL: "http://127.0.0.1/", Retries: retries})
		synctest.Wait()
		s.shut()
		s.Pass(time.Hour)
		s.delivering.Wait()
		assert.Len(t, s.Deliveries(), 1)
		s.closed = true
		s.Deliver(Message{ID: "B", Header: http.Header{}, URL: "http://127.0.0.1/"})
		s.delivering.Wait()
		assert.Len(t, s.Deliveries(), 1)
	})
}
