package cancel

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// defaultPollInterval is the pause between two polls unless WithPollInterval sets another.
var defaultPollInterval = span{time.Minute, 15 * time.Minute}

// maxOdd is how many answers in a row that know of no cancellation end a Wait: a
// cancellation that was just registered may not be visible everywhere yet.
const maxOdd = 3

// Wait asks for the status of the cancellation that req names, at once and then at the poll
// interval, until it is settled: a nil error means that the thing is cancelled. It asks a
// provider that is unavailable again after the interval, or after the time that the vendor
// asked for if that is longer, up to the longest interval.
//
// [ErrNotFound], [ErrUnexpected] and [NotCancelled] end it when they came three times in a
// row; NotCancelled is then ErrNotFound, because there is no cancellation to wait for. Any
// other error ends it at once. If the provider cannot be asked the error is [ErrInvalid]
// with [errors.ErrUnsupported] as its cause.
//
// When ctx ends first the error is [ErrPending] with ctx.Err() as its cause, and the last
// Result, which may be the zero value, comes with it.
func (c *Client) Wait(ctx context.Context, req Request) (Result, error) {
	p, e := c.find("Wait", req)
	if e != nil {
		return Result{}, e
	}
	if p.checker == nil {
		return Result{}, p.unsupported(askStatus.name, req)
	}
	s := session{provider: p}
	defer s.panics.rethrow()
	var last Result
	odd := 0
	for n := 1; ; n++ {
		o := s.call(ctx, askStatus, n, []Request{req})[0]
		if s.panics.value != nil {
			return Result{}, nil // it is passed on now, not when Wait would end
		}
		if o.err == nil {
			last = o.result
		}
		switch {
		case o.err == nil && o.result.State.IsCancelled():
			return o.result, nil
		case o.odd():
			if odd++; odd == maxOdd {
				return Result{}, o.ended(p, req)
			}
		case o.err != nil && o.err.Reason != ErrUnavailable:
			return Result{}, o.err
		default:
			odd = 0
		}
		interval := p.policy.pollInterval.at(n)
		if o.err != nil {
			interval = max(interval, min(o.err.RetryAfter, p.policy.pollInterval.maximum))
		}
		if err := s.sleep(ctx, interval); err != nil {
			return last, pending(p, req, o, err)
		}
	}
}

// odd reports whether a status knows of no cancellation.
func (o outcome) odd() bool {
	if o.err == nil {
		return o.result.State == NotCancelled
	}
	return o.err.Reason == ErrNotFound || o.err.Reason == ErrUnexpected
}

// ended returns the error of a Wait for a cancellation that the provider does not know.
func (o outcome) ended(p *provider, req Request) *Error {
	if o.err != nil {
		return o.err
	}
	return p.contradict(askStatus.name, req, o.result, ErrNotFound, errors.New("there is no cancellation to wait for"))
}

// pending returns the error of a Wait that why has ended after the answer o.
func pending(p *provider, req Request, o outcome, why error) *Error {
	e := &Error{Provider: p.name, Op: askStatus.name, ID: req.ID, Reason: ErrPending, Err: why}
	if o.err == nil {
		e.Code, e.Message = o.result.Code, o.result.Message
	} else if !errors.Is(o.err, why) {
		e.Err = fmt.Errorf("%w: %w", why, o.err)
	}
	return e
}
