package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/unified-cancel/cancel"
)

// ErrNoProvider is what Config.Lookup returns for a name that it does not know.
var ErrNoProvider = errors.New("no such provider")

// Config configures a [Queue]. A zero or negative value of any field means its default.
type Config struct {
	// Providers are the providers, by the name that Request.Provider gives. Providers or
	// Lookup is required. The database keeps a name with its cancellations: if a later
	// Config lacks the name, its cancellations wait until it is back. A name has at most
	// 200 bytes and no control characters.
	Providers map[string]Provider
	// Lookup returns the provider of a name that Providers lacks, and an error that wraps
	// [ErrNoProvider] if it knows no such name. It is called when a request is enqueued, and when a
	// provider has something to do, so that providers can be added, changed and removed
	// while the Queue runs. A Provider that it returns twice should have the same Canceler.
	// It must be safe for concurrent use. Nil means that there are no others.
	Lookup func(ctx context.Context, name string) (Provider, error)
	// Vendors says how many calls each process makes at once to all providers that name
	// this vendor, 64 by default. First come, first served: a provider with very many
	// cancellations does not hold up those with few. A process works for the vendors that
	// are listed here or named by Providers, so list here the vendors of Lookup. Providers of
	// Lookup without a Vendor count for the vendor "lookup", which need not be listed.
	Vendors map[string]int
	// Options are passed to the Client of each provider. [cancel.WithEvidence] among them
	// has no effect, because the Queue keeps the evidence, and [cancel.WithRateLimit] has no
	// effect on a Provider that has PerSecond.
	Options []cancel.Option
	// OnSettled is called with each cancellation whose state is final: once, and again if
	// it returned an error or panicked, or if the process ended before its success was
	// recorded. It is called at least once, and Cancellation.ID tells a repetition. It is
	// called from many goroutines, with a context that ends with Timeout and with StopNow.
	// See [Filter.Undelivered] for failures. Nil means no calls.
	OnSettled func(context.Context, Cancellation) error
	// Timeout bounds one turn of a cancellation, with all calls that a Client makes in it:
	// 5 minutes by default and 24 hours at most. A cancellation whose worker has died is
	// taken up by another when that and up to three minutes have passed.
	Timeout time.Duration
	// Retry is the pause before the next turn after an unavailable provider or a doubt, from
	// 1 minute to 1 hour by default. Up to a tenth is added at random. If the vendor asks
	// for a longer pause it gets it, up to 24 hours.
	Retry Span
	// Poll is the pause between two questions for the status of a pending cancellation,
	// from 5 minutes to 1 hour by default.
	Poll Span
	// AuthPause is how long a provider that refused the credentials gets no calls, from
	// 15 minutes to 6 hours by default. After it one cancellation is tried before the others.
	AuthPause Span
	// DoubtFor is how long an unknown outcome is looked into before it is [Unknown] for
	// good, 24 hours by default. It stays [InDoubt] for longer until five turns in a row
	// have found nothing out, and while the provider refuses the credentials.
	DoubtFor time.Duration
	// Retention says when a settled cancellation loses its personal data or is deleted.
	// The zero value keeps everything.
	Retention Retention
	// Logger receives River's messages, and one for each turn at debug level. Neither
	// secrets nor bodies are logged. Nil means that nothing is logged.
	Logger *slog.Logger
}

// Provider is one of a [Config]: an account at a vendor.
type Provider struct {
	// Canceler asks the vendor. It is required. Its optional interfaces are used:
	// [cancel.Validator] when a request is enqueued, [cancel.Identifier] to tell things
	// apart, [cancel.StatusChecker], and [cancel.BatchCanceler] for cancellations that are queued together.
	Canceler cancel.Canceler
	// Vendor is the vendor that calls of this provider count for, see Config.Vendors. ""
	// means a vendor of its own, named as the provider, or "lookup" for one of Config.Lookup.
	Vendor string
	// Workers is how many calls each process makes to this provider at once, 4 by default.
	Workers int
	// PerSecond is how many calls are made per second, and Burst how many of them at once
	// after a rest, 1 by default. They hold for each process, and with Shared for all
	// processes of the database together, at the price of one more statement for each call.
	// A PerSecond of 0 means no limit.
	PerSecond float64
	Burst     int
	Shared    bool
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

// at returns the n-th pause, counted from 1.
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

func positive[T int | float64 | time.Duration](v, fallback T) T {
	if v > 0 {
		return v
	}
	return fallback
}

const (
	maxTimeout   = 24 * time.Hour
	maxNameBytes = 200 // a name is part of an index
	lookupVendor = "lookup"
)

// withDefaults returns c ready for use, or the reason why it is not valid.
func (c Config) withDefaults() (Config, error) {
	switch {
	case len(c.Providers) == 0 && c.Lookup == nil:
		return c, invalid("", "Providers is empty and Lookup is nil")
	case c.Timeout > maxTimeout:
		return c, invalid("", "Timeout is above 24 hours")
	}
	vendors, providers := map[string]int{}, map[string]Provider{}
	maps.Copy(vendors, c.Vendors)
	for name, p := range c.Providers {
		p, err := p.withDefaults(name)
		if err != nil {
			return c, err
		}
		providers[name] = p
		if p.Vendor != "" {
			vendors[p.Vendor] = c.Vendors[p.Vendor]
		}
	}
	if c.Lookup != nil {
		vendors[lookupVendor] = c.Vendors[lookupVendor]
	} else {
		c.Lookup = func(context.Context, string) (Provider, error) { return Provider{}, ErrNoProvider }
	}
	for name, n := range vendors {
		if name == "" || !nameable(name) {
			return c, invalid("", fmt.Sprintf("Vendors[%.60q]: the name is empty, too long, not UTF-8 or has a control character", name))
		}
		vendors[name] = positive(n, 64)
	}
	c.Vendors, c.Providers = vendors, providers
	c.Options = slices.Clone(c.Options)
	c.Timeout = positive(c.Timeout, 5*time.Minute)
	c.Retry = c.Retry.or(time.Minute, time.Hour)
	c.Poll = c.Poll.or(5*time.Minute, time.Hour)
	c.AuthPause = c.AuthPause.or(15*time.Minute, 6*time.Hour)
	c.DoubtFor = positive(c.DoubtFor, 24*time.Hour)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// withDefaults returns p ready for use, or the reason why it is not valid.
func (p Provider) withDefaults(name string) (Provider, error) {
	switch {
	case !nameable(name):
		return p, invalid("", fmt.Sprintf("Providers[%.60q]: the name is too long, not UTF-8 or has a control character", name))
	case !nameable(p.Vendor):
		return p, invalid("", fmt.Sprintf("Providers[%q].Vendor is too long, not UTF-8 or has a control character", name))
	case p.Canceler == nil:
		return p, invalid("", fmt.Sprintf("Providers[%q].Canceler is missing", name))
	case p.Workers > 10_000:
		return p, invalid("", fmt.Sprintf("Providers[%q].Workers is above 10,000", name))
	}
	p.Workers = positive(p.Workers, 4)
	p.PerSecond, p.Burst = positive(p.PerSecond, 0), positive(p.Burst, 1)
	p.RemembersFor = positive(p.RemembersFor, 60*24*time.Hour)
	return p, nil
}

func nameable(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl) && len(name) <= maxNameBytes
}
