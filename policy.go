package cancel

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"golang.org/x/time/rate"
)

// Option sets a policy of a [Client]. A zero or negative value means the default.
type Option func(*policy)

type policy struct {
	maxAttempts           int
	backoff, pollInterval span
	concurrency           int
	perSecond             float64
	burst                 int
	logger                *slog.Logger
	evidence              func(context.Context, Evidence)
}

func newPolicy(opts []Option) policy {
	p := policy{
		maxAttempts:  3,
		backoff:      span{500 * time.Millisecond, 30 * time.Second},
		concurrency:  8,
		burst:        1,
		pollInterval: span{time.Minute, 15 * time.Minute},
		logger:       slog.New(slog.DiscardHandler),
	}
	for _, set := range opts {
		set(&p)
	}
	return p
}

// WithMaxAttempts sets how often one request is sent at most, 3 by default. 1 turns
// retrying off. How often a status is asked for, for one answer, is bound by it too.
func WithMaxAttempts(n int) Option {
	return func(p *policy) { setPositive(&p.maxAttempts, n) }
}

// WithBackoff sets the pause before asking again where the vendor names none: a
// random part, from nothing to the whole, of a span that begins at initial, 500 ms
// by default, and doubles up to maximum, 30 s by default.
func WithBackoff(initial, maximum time.Duration) Option {
	return func(p *policy) { p.backoff.set(initial, maximum) }
}

// WithConcurrency sets how many calls [Client.All] has in flight at most, 8 by
// default.
func WithConcurrency(n int) Option {
	return func(p *policy) { setPositive(&p.concurrency, n) }
}

// WithRateLimit sets how many calls per second go to each provider, and how many may
// go at once after a rest, 1 by default. All methods of a Client share the limit. By
// default there is none.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(p *policy) {
		setPositive(&p.perSecond, perSecond)
		setPositive(&p.burst, burst)
	}
}

// WithPollInterval sets the pauses of [Client.Wait]: the first is initial, a minute
// by default, and each is twice the one before up to maximum, 15 minutes by default.
func WithPollInterval(initial, maximum time.Duration) Option {
	return func(p *policy) { p.pollInterval.set(initial, maximum) }
}

// WithLogger sets where a Client logs to: each call of a provider at debug level,
// each repetition and each unknown outcome at warn level. Neither secrets nor bodies
// are logged. By default, and with nil, nothing is.
func WithLogger(l *slog.Logger) Option {
	return func(p *policy) {
		if l != nil {
			p.logger = l
		}
	}
}

func setPositive[T int | float64 | time.Duration](to *T, v T) {
	if v > 0 {
		*to = v
	}
}

// limiter returns a new one for a provider, nil where there is no limit.
func (p policy) limiter() *rate.Limiter {
	if p.perSecond == 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(p.perSecond), p.burst)
}

// span is a time that doubles from initial to maximum.
type span struct{ initial, maximum time.Duration }

func (s *span) set(initial, maximum time.Duration) {
	setPositive(&s.initial, initial)
	setPositive(&s.maximum, maximum)
	s.maximum = max(s.initial, s.maximum)
}

// at returns the n-th time of the span, the first being 1.
func (s span) at(n int) time.Duration {
	t := s.initial
	for range n - 1 {
		if t >= s.maximum/2 {
			return s.maximum
		}
		t *= 2
	}
	return t
}

// jittered returns a random time up to the n-th.
func (s span) jittered(n int) time.Duration { return rand.N(s.at(n) + 1) }
