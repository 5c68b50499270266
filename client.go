package cancel

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/time/rate"
)

var (
	_ Canceler      = (*Client)(nil)
	_ StatusChecker = (*Client)(nil)
	_ Validator     = (*Client)(nil)
	_ Preflighter   = (*Client)(nil)
)

// Client is several providers behind one front, with the policies that every user needs:
// retries if they are safe, unknown outcomes resolved before anything is sent again,
// waiting, many requests at once, rate limits, logs. It is itself a [Canceler], a
// [StatusChecker], a [Validator] and a [Preflighter].
//
// Every error of a Client is one [*Error]. Its Provider is the provider's key, as in the
// results. Make one with [NewClient]. It is safe for concurrent use.
type Client struct {
	providers map[string]*provider
	policy    policy
}

// provider is a provider of a Client, with the capabilities that it has.
type provider struct {
	name        string
	policy      policy
	hooks       []Hook
	canceler    Canceler
	checker     StatusChecker // nil without one
	batcher     BatchCanceler // nil without one
	maxBatch    int
	validator   Validator     // nil without one
	preflighter Preflighter   // nil without one
	limiter     *rate.Limiter // nil without a limit
}

// NewClient returns a Client of the given providers. The keys are the values of
// Request.Provider. A provider may stand under several keys: each has a rate limit of its
// own. A nil Canceler is left out.
func NewClient(providers map[string]Canceler, opts ...Option) *Client {
	c := &Client{
		providers: make(map[string]*provider, len(providers)),
		policy:    newPolicy(opts),
	}
	for name, canceler := range providers {
		if canceler == nil {
			continue
		}
		p := &provider{name: name, policy: c.policy.of(name), canceler: canceler}
		p.hooks = p.policy.allHooks()
		if p.policy.perSecond > 0 {
			p.limiter = rate.NewLimiter(rate.Limit(p.policy.perSecond), p.policy.burst)
		}
		p.checker, _ = canceler.(StatusChecker)
		p.validator, _ = canceler.(Validator)
		p.preflighter, _ = canceler.(Preflighter)
		if batcher, ok := canceler.(BatchCanceler); ok {
			p.batcher, p.maxBatch = batcher, batcher.MaxBatch()
		}
		c.providers[name] = p
	}
	return c
}

// Cancel cancels req at the provider that req names. A nil error means that the provider
// took the cancellation: it is done, was done before or is under way.
//
// [ErrUnavailable], which is certainly not carried out, is retried after the time that the
// vendor asked for, unless that is more than two minutes, or after the backoff. After
// [ErrUnknownOutcome] Cancel asks for the status before it sends anything again; a provider
// without a status is asked to cancel again, because a second cancellation can destroy
// nothing more. From then on only a state, or a status that says why there will be no
// cancellation, ends the doubt. Any other error comes back as ErrUnknownOutcome with that
// error as its cause.
//
// Cancel is idempotent: after [ErrNotCancellable] or [ErrNotFound] it asks for the status
// once, and a thing that is cancelled is [AlreadyCancelled].
//
// A provider that this Client does not have is [ErrInvalid]. When ctx ends Cancel returns
// at once; the error shows ctx.Err(), and its reason says how certain the outcome is.
func (c *Client) Cancel(ctx context.Context, req Request) (Result, error) {
	return c.cancel(ctx, req, false)
}

// Resolve is Cancel for a request that may have been sent before, by an earlier call or
// process, and was never answered: it begins in doubt, as Cancel goes on after
// [ErrUnknownOutcome].
func (c *Client) Resolve(ctx context.Context, req Request) (Result, error) {
	return c.cancel(ctx, req, true)
}

func (c *Client) cancel(ctx context.Context, req Request, doubted bool) (Result, error) {
	p, e := c.find("Cancel", req)
	if e != nil {
		return Result{}, e
	}
	s := session{provider: p}
	defer s.panics.rethrow()
	var item Item
	s.cancel(ctx, cancelOne, []Request{req}, doubted, func(_ int, settled Item) { item = settled })
	return item.Result, item.Err
}

// Status asks the provider that req names how its cancellation stands, and retries if the
// provider is unavailable. Only Status may return [NotCancelled]. If the provider cannot be
// asked the error is [ErrInvalid] with [errors.ErrUnsupported] as its cause.
func (c *Client) Status(ctx context.Context, req Request) (Result, error) {
	p, e := c.find("Status", req)
	if e != nil {
		return Result{}, e
	}
	s := session{provider: p}
	defer s.panics.rethrow()
	return s.status(ctx, req).unpack()
}

// Validate returns the [ErrInvalid] that Cancel would return unsent, or nil. It asks the
// provider's [Validator], if it is one, and makes no call.
func (c *Client) Validate(req Request) error {
	p, e := c.find("Validate", req)
	switch {
	case e != nil:
		return e
	case p.validator == nil:
		return nil
	}
	if err := p.validator.Validate(req); err != nil {
		return p.failure("Validate", req, err, ErrInvalid)
	}
	return nil
}

// Preflight asks the provider that req names whether it may be cancelled, and retries if the
// provider is unavailable. It changes nothing; the answer is advice. If the provider cannot
// be asked the error is [ErrInvalid] with [errors.ErrUnsupported] as its cause.
func (c *Client) Preflight(ctx context.Context, req Request) (Preflight, error) {
	p, e := c.find("Preflight", req)
	if e != nil {
		return Preflight{}, e
	}
	s := session{provider: p}
	defer s.panics.rethrow()
	var found Preflight
	if p.preflighter == nil {
		return Preflight{}, p.unsupported("Preflight", req)
	}
	r, err := s.ask(ctx, askPreflight(&found), req).unpack()
	if err != nil {
		return Preflight{}, err
	}
	found.Provider, found.ID, found.Kind, found.At = r.Provider, r.ID, r.Kind, r.At
	return found, nil
}

// find returns the provider that req names.
func (c *Client) find(op string, req Request) (*provider, *Error) {
	p, ok := c.providers[req.Provider]
	if !ok {
		return nil, &Error{
			Provider: req.Provider, Op: op, ID: req.ID,
			Message: fmt.Sprintf("this Client has no provider %q", req.Provider),
			Reason:  ErrInvalid,
		}
	}
	return p, nil
}

// unsupported is the error of a question that the provider cannot answer.
func (p *provider) unsupported(op string, req Request) *Error {
	return &Error{
		Provider: p.name, Op: op, ID: req.ID,
		Message: "the provider cannot be asked",
		Reason:  ErrInvalid,
		Err:     errors.ErrUnsupported,
	}
}
