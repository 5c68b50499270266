package cancel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

var (
	_ Canceler      = (*Client)(nil)
	_ StatusChecker = (*Client)(nil)
)

// Client is several providers behind one front, with the policies that every user
// needs: retries where they are safe, unknown outcomes resolved before anything is
// sent again, waiting, many requests at once, rate limits, logs. It is itself a
// [Canceler] and a [StatusChecker].
//
// Every error of a Client is one [*Error]. Its Provider is the provider's key, as in
// the results. Make one with [NewClient]. It is safe for concurrent use.
type Client struct {
	providers map[string]*provider
	policy    policy
}

// provider is one of a Client's, with the capabilities that it was found to have.
type provider struct {
	name     string
	canceler Canceler
	checker  StatusChecker // nil where there is none
	batcher  BatchCanceler // nil where there is none
	maxBatch int
	limiter  *rate.Limiter // nil where there is no limit
}

// NewClient returns a Client of the given providers. The keys are what
// Request.Provider names. A provider may stand under several keys: each has a rate
// limit of its own.
func NewClient(providers map[string]Canceler, opts ...Option) *Client {
	c := &Client{
		providers: make(map[string]*provider, len(providers)),
		policy:    newPolicy(opts),
	}
	for name, canceler := range providers {
		if canceler == nil {
			continue
		}
		p := &provider{name: name, canceler: canceler, limiter: c.policy.limiter()}
		p.checker, _ = canceler.(StatusChecker)
		if batcher, ok := canceler.(BatchCanceler); ok {
			p.batcher, p.maxBatch = batcher, batcher.MaxBatch()
		}
		c.providers[name] = p
	}
	return c
}

// Cancel cancels req at the provider that req names. A nil error means that the
// provider took the cancellation: it is done, was done before or is under way.
//
// Where the provider is certain not to have carried it out ([ErrUnavailable]) it is
// asked again, after what it asked for or the backoff, unless it asked for more than
// two minutes. Where the outcome is unknown ([ErrUnknownOutcome]) its status is asked
// for before anything is sent again; of a provider that has no status, the
// cancellation is asked again, for a second one can destroy nothing more. From then on
// only a state, or a status that says why it will not be, is believed: any other
// error comes back as ErrUnknownOutcome with that error as its cause.
//
// A provider that req does not name rightly is [ErrInvalid]. When ctx ends Cancel
// returns at once; the error shows the context's error and, by its reason, what is
// known of the outcome.
func (c *Client) Cancel(ctx context.Context, req Request) (Result, error) {
	p, e := c.find("Cancel", req)
	if e != nil {
		return Result{}, e
	}
	var item Item
	s := session{client: c, provider: p}
	s.cancel(ctx, single, []Request{req}, func(_ int, settled Item) { item = settled })
	return item.Result, item.Err
}

// Status asks the provider that req names how its cancellation stands, again where
// the provider is unavailable. It alone may return [NotCancelled]. A provider that
// cannot be asked is [ErrInvalid] with [errors.ErrUnsupported] as its cause.
func (c *Client) Status(ctx context.Context, req Request) (Result, error) {
	p, e := c.find("Status", req)
	if e != nil {
		return Result{}, e
	}
	s := session{client: c, provider: p}
	return s.status(ctx, req).unpack()
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

// answer is what one call of a provider gave for one request: a result or an error.
type answer struct {
	result Result
	err    *Error
	took   time.Duration
}

func (a answer) unknown() bool { return a.err != nil && a.err.Reason == ErrUnknownOutcome }

func (a answer) unpack() (Result, error) {
	if a.err != nil {
		return Result{}, a.err
	}
	return a.result, nil
}

// answer returns an adapter's answer as the Client's own: under the provider's key,
// with one of the states allowed there, or with an error that has a reason. The
// reason of an error that gives none is otherwise.
func (p *provider) answer(op string, req Request, r Result, err, otherwise error, allowed ...State) answer {
	if err != nil {
		return answer{err: p.failure(op, req, err, otherwise)}
	}
	if !slices.Contains(allowed, r.State) {
		return answer{err: &Error{
			Provider: p.name, Op: op, ID: req.ID,
			Code: r.Code, Message: r.Message, Raw: r.Raw,
			Reason: ErrUnexpected,
			Err:    fmt.Errorf("the adapter answers with the state %q", r.State),
		}}
	}
	r.Provider, r.ID, r.Kind = p.name, req.ID, req.Kind
	if r.At.IsZero() {
		r.At = time.Now()
	}
	return answer{result: r}
}

// failure returns err as an Error of this provider.
func (p *provider) failure(op string, req Request, err, otherwise error) *Error {
	e := &Error{Op: op, Err: err}
	switch known, ok := errors.AsType[*Error](err); {
	case ok && known == nil:
		err = errors.New("the adapter returns a nil *Error")
		e.Err = err
	case ok:
		e = new(*known)
		if error(known) != err { // the very value, not one that wraps it
			e.Err = err // it wraps the Error and may say more
		}
	}
	e.Provider, e.ID, e.Reason = p.name, req.ID, reasonOf(err, otherwise)
	return e
}

// reasonOf returns the sentinel that err matches. Of several, which no error of this
// module has, it is one that leaves the outcome in doubt, if any does.
func reasonOf(err, otherwise error) error {
	for _, reason := range slices.Concat([]error{ErrUnknownOutcome, ErrUnexpected}, reasons) {
		if errors.Is(err, reason) {
			return reason
		}
	}
	return otherwise
}
