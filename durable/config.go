package durable

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/unified-cancel/cancel"
)

// Config configures a [Queue]. A zero or negative value of any field means its default.
type Config struct {
	// Providers are the providers, by the name that Request.Provider gives. At least one is
	// required. The database keeps a name with its cancellations: if a later Config
	// lacks the name, its cancellations wait until it is back. A name has at most 200 bytes and no
	// control characters.
	Providers map[string]Provider
	// Options are passed to the Client of each provider. [cancel.WithEvidence] among them has
	// no effect, because the Queue keeps the evidence, and [cancel.WithRateLimit] has no
	// effect on a Provider that has PerSecond.
	Options []cancel.Option
	// OnSettled is called with each cancellation whose state is final: at least once, because
	// it is called again if it returned an error or panicked, or if the process ended before
	// its success was recorded. Cancellation.ID tells a repetition. It is called from many
	// goroutines, with a context that ends with Timeout and with StopNow. It may be nil.
	OnSettled func(context.Context, Cancellation) error
	// Timeout bounds one turn of a job, with all calls that a Client makes in it: 5 minutes by
	// default and 24 hours at most. A job whose worker has died is taken up by another when
	// this time and up to two minutes more have passed since the turn began.
	Timeout time.Duration
	// Retry is the pause before the next turn of a job that was unavailable or is in doubt,
	// from 1 minute to 1 hour by default. Up to a tenth is added at random. A vendor that asks
	// for a longer pause gets it, up to 24 hours.
	Retry Span
	// Poll is the pause between two questions for the status of a pending cancellation, from
	// 5 minutes to 1 hour by default.
	Poll Span
	// AuthPause is how long a provider that refused the credentials gets no calls, from
	// 15 minutes to 6 hours by default. After it one job asks before the others.
	AuthPause Span
	// DoubtFor is how long an unknown outcome is looked into before it is [Unknown] for
	// good, 24 hours by default. It stays [InDoubt] for longer until five turns in a row
	// have found nothing out, and while the provider refuses the credentials.
	DoubtFor time.Duration
	// Logger receives River's messages, and one for each turn at debug level. Neither secrets
	// nor bodies are logged. Nil means that nothing is logged.
	Logger *slog.Logger
}

// Provider is one of a [Config].
type Provider struct {
	// Canceler asks the vendor. It is required. If it is a [cancel.Validator] it checks each
	// request before it is enqueued, and if it is a [cancel.Identifier] it says which requests
	// name the same thing. Otherwise any Kind with an ID is enqueued, and IDs are compared byte
	// for byte.
	Canceler cancel.Canceler
	// Workers is how many jobs of this provider each process works on at once, 4 by
	// default and 10,000 at most.
	Workers int
	// PerSecond is how many calls per second each process makes, and Burst how many of
	// them at once after a rest, 1 by default. A PerSecond of 0 means no limit.
	PerSecond float64
	Burst     int
	// RemembersFor is how long the vendor knows the outcome of a cancellation, 60 days by
	// default, as for Solución Factible. A cancellation that is pending for longer is
	// [Forgotten].
	RemembersFor time.Duration
}

// Span is a pause that doubles from First to Longest.
type Span struct{ First, Longest time.Duration }

// or returns s with its defaults.
func (s Span) or(first, longest time.Duration) Span {
	if s.First <= 0 {
		s.First = first
	}
	if s.Longest <= 0 {
		s.Longest = longest
	}
	s.Longest = max(s.First, s.Longest)
	return s
}

// at returns the n-th pause, the first being 1.
func (s Span) at(n int) time.Duration {
	t := s.First
	for range n - 1 {
		if t >= s.Longest/2 {
			return s.Longest
		}
		t *= 2
	}
	return t
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// longestTimeout is above any that makes sense, and far from where durations end.
const longestTimeout = 24 * time.Hour

// longestName is how many bytes a provider's name has at most. It is part of an index.
const longestName = 200

// withDefaults returns c ready for use, or the reason why it is not valid.
func (c Config) withDefaults() (Config, error) {
	switch {
	case len(c.Providers) == 0:
		return c, invalid("", "Providers is empty")
	case c.Timeout > longestTimeout:
		return c, invalid("", "Timeout is above 24 hours")
	}
	providers := make(map[string]Provider, len(c.Providers))
	for name, p := range c.Providers {
		switch {
		case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || len(name) > longestName:
			return c, invalid("", fmt.Sprintf("Providers[%.60q]: the name is too long, not UTF-8 or has a control character", name))
		case p.Canceler == nil:
			return c, invalid("", fmt.Sprintf("Providers[%q].Canceler is missing", name))
		case p.Workers > 10_000:
			return c, invalid("", fmt.Sprintf("Providers[%q].Workers is above 10,000", name))
		}
		p.Workers = positive(p.Workers, 4)
		p.RemembersFor = positive(p.RemembersFor, 60*24*time.Hour)
		providers[name] = p
	}
	c.Providers = providers
	c.Options = slices.Clone(c.Options)
	c.Timeout = positive(c.Timeout, 5*time.Minute)
	c.Retry = c.Retry.or(time.Minute, time.Hour)
	c.Poll = c.Poll.or(5*time.Minute, time.Hour)
	c.AuthPause = c.AuthPause.or(15*time.Minute, 6*time.Hour)
	c.DoubtFor = positive(c.DoubtFor, 24*time.Hour)
	if c.OnSettled == nil {
		c.OnSettled = func(context.Context, Cancellation) error { return nil }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}
