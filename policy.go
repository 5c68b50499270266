package cancel

import (
	"cmp"
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

// defaults are what an option that is not given means.
var defaults = policy{
	maxAttempts:  3,
	backoff:      span{500 * time.Millisecond, 30 * time.Second},
	concurrency:  8,
	burst:        1,
	pollInterval: span{time.Minute, 15 * time.Minute},
	logger:       slog.New(slog.DiscardHandler),
}

func newPolicy(opts []Option) policy {
	p := defaults
	for _, set := range opts {
		set(&p)
	}
	return p
}

// WithMaxAttempts sets how often one request is sent at most, 3 by default. 1 turns
// retrying off. How often a status is asked for, for one answer, is bound by it too.
func WithMaxAttempts(n int) Option {
	return func(p *policy) { p.maxAttempts = positive(n, defaults.maxAttempts) }
}

// WithBackoff sets the pause before asking again where the vendor names none: a
// random part, from nothing to the whole, of a span that begins at initial, 500 ms
// by default, and doubles up to maximum, 30 s by default.
func WithBackoff(initial, maximum time.Duration) Option {
	return func(p *policy) { p.backoff = newSpan(initial, maximum, defaults.backoff) }
}

// WithConcurrency sets how many calls [Client.All] has in flight at most, 8 by
// default.
func WithConcurrency(n int) Option {
	return func(p *policy) { p.concurrency = positive(n, defaults.concurrency) }
}

// WithRateLimit sets how many calls per second go to each provider, and how many may
// go at once after a rest, 1 by default. All methods of a Client share the limit. By
// default there is none.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(p *policy) {
		p.perSecond = positive(perSecond, defaults.perSecond)
		p.burst = positive(burst, defaults.burst)
	}
}

// WithPollInterval sets the pauses of [Client.Wait]: the first is initial, a minute
// by default, and each is twice the one before up to maximum, 15 minutes by default.
func WithPollInterval(initial, maximum time.Duration) Option {
	return func(p *policy) { p.pollInterval = newSpan(initial, maximum, defaults.pollInterval) }
}

// WithLogger sets where a Client logs to: each call of a provider at debug level,
// each repetition and each unknown outcome at warn level. Neither secrets nor bodies
// are logged. By default, and with nil, nothing is.
func WithLogger(l *slog.Logger) Option {
	return func(p *policy) {
		p.logger = cmp.Or(l, defaults.logger)
	}
}

func positive[T int | float64 | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
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

// newSpan returns the span that is given, and where it is not that of otherwise. A bound
// that is given holds: the other gives way to it.
func newSpan(initial, maximum time.Duration, otherwise span) span {
	s := span{positive(initial, otherwise.initial), positive(maximum, otherwise.maximum)}
	if maximum > 0 {
		s.initial = min(s.initial, s.maximum)
	}
	s.maximum = max(s.initial, s.maximum)
	return s
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
func (s span) jittered(n int) time.Duration { return rand.N(s.at(n)) }
