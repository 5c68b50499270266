package cancel

import (
	"cmp"
	"context"
	"log/slog"
	"time"
)

// Option sets a policy of a [Client]. A zero, negative or nil value means the default.
type Option func(*policy)

// WithMaxAttempts sets how often one request is sent at most. The default is 3; 1 turns
// retrying off. It also limits the questions for the status in one doubt.
func WithMaxAttempts(n int) Option {
	return func(p *policy) { p.maxAttempts = positive(n, defaults.maxAttempts) }
}

// WithBackoff sets the pause before a retry if the vendor names none: a random part, from
// nothing to the whole, of a span that begins at initial and doubles up to maximum. The
// defaults are 500 ms and 30 s.
func WithBackoff(initial, maximum time.Duration) Option {
	return func(p *policy) { p.backoff = newSpan(initial, maximum, defaults.backoff) }
}

// WithConcurrency sets how many calls [Client.All] has in flight at most. The default is 8.
// It has no effect in [WithProvider].
func WithConcurrency(n int) Option {
	return func(p *policy) { p.concurrency = positive(n, defaults.concurrency) }
}

// WithRateLimit sets how many calls per second go to each provider, and how many may go at
// once after a rest, by default 1. All methods of a Client share the limit. By default
// there is no limit.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(p *policy) {
		p.perSecond = positive(perSecond, defaults.perSecond)
		p.burst = positive(burst, defaults.burst)
	}
}

// WithPollInterval sets the pauses of [Client.Wait]: the first is initial, and each is twice
// the one before, up to maximum. The defaults are a minute and 15 minutes.
func WithPollInterval(initial, maximum time.Duration) Option {
	return func(p *policy) { p.pollInterval = newSpan(initial, maximum, defaults.pollInterval) }
}

// WithLogger sets where a Client logs: each call of a provider at debug level, each retry
// and each unknown outcome at warn level. It logs neither secrets nor bodies. By default it
// logs nothing.
func WithLogger(l *slog.Logger) Option {
	return func(p *policy) { p.logger = cmp.Or(l, defaults.logger) }
}

// WithEvidence gives f an [Evidence] for each request of each Cancel and Status call, failed
// ones included, unless the adapter panicked. f runs before the method returns, in
// [Client.All] in many goroutines at once. A panic of f changes no outcome and is passed on
// once the outcome is known.
func WithEvidence(f func(context.Context, Evidence)) Option {
	return func(p *policy) { p.evidence = f }
}

// WithHook adds h to the hooks around each call of a provider. The first one that is added
// is the outermost.
func WithHook(h Hook) Option {
	return func(p *policy) {
		if h != nil {
			p.hooks = append(p.hooks[:len(p.hooks):len(p.hooks)], h)
		}
	}
}

// WithProvider sets options for the provider under that key only. They override the
// options for all providers, in any order; hooks add up. WithConcurrency and WithProvider have
// no effect here.
func WithProvider(name string, opts ...Option) Option {
	return func(p *policy) {
		if p.providers != nil {
			p.providers[name] = append(p.providers[name], opts...)
		}
	}
}

// policy is the sum of the options.
type policy struct {
	maxAttempts           int
	backoff, pollInterval span
	concurrency           int
	perSecond             float64
	burst                 int
	logger                *slog.Logger
	evidence              func(context.Context, Evidence)
	hooks                 []Hook
	providers             map[string][]Option // nil in the policy of one provider
}

// defaults are the values of options that are not given. The defaults of the backoff and
// of the poll interval are in retry.go and wait.go.
var defaults = policy{
	maxAttempts:  3,
	backoff:      defaultBackoff,
	concurrency:  8,
	burst:        1,
	pollInterval: defaultPollInterval,
	logger:       slog.New(slog.DiscardHandler),
}

func newPolicy(opts []Option) policy {
	p := defaults
	p.providers = map[string][]Option{}
	return p.with(opts)
}

// of returns the policy of one provider.
func (p policy) of(provider string) policy {
	opts := p.providers[provider]
	p.providers = nil
	return p.with(opts)
}

func (p policy) with(opts []Option) policy {
	for _, set := range opts {
		if set != nil {
			set(&p)
		}
	}
	return p
}

// allHooks returns the hooks of the user, outermost, and the Client's own.
func (p policy) allHooks() []Hook {
	hooks := p.hooks[:len(p.hooks):len(p.hooks)]
	if p.evidence != nil {
		hooks = append(hooks, evidenceHook(p.evidence))
	}
	return append(hooks, logHook(p.logger))
}

func positive[T int | float64 | time.Duration](v, fallback T) T {
	if v > 0 {
		return v
	}
	return fallback
}
