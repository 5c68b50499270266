package cancel

import (
	"context"
	"errors"
)

// Wait asks for the status of the cancellation that req names, at once and then at
// the poll interval, until it is settled: a nil error means that it is done. A
// provider that is unavailable is asked again at the next interval, or after what it
// asked for where that is longer, though no longer than the longest interval. Any other
// error ends Wait; so does [NotCancelled], as [ErrNotFound]: there is no cancellation to
// wait for. A provider that cannot be asked is [ErrInvalid] with [errors.ErrUnsupported]
// as its cause.
//
// When ctx ends first, Wait returns the last result, which may be the zero one,
// together with an error that shows the context's: [ErrUnavailable], for nothing that
// it did changed anything.
func (c *Client) Wait(ctx context.Context, req Request) (Result, error) {
	const op = "Status"
	p, e := c.find("Wait", req)
	if e != nil {
		return Result{}, e
	}
	s := session{client: c, provider: p}
	var last Result
	for n := 1; ; n++ {
		got := s.askStatus(ctx, op, n, req)
		interval := c.policy.pollInterval.at(n)
		switch e := got.err; {
		case e == nil:
			last = got.result
			if last.State == NotCancelled {
				return Result{}, &Error{
					Provider: p.name, Op: op, ID: req.ID,
					Code: last.Code, Message: last.Message, Raw: last.Raw,
					Reason: ErrNotFound,
					Err:    errors.New("there is no cancellation to wait for"),
				}
			}
			if last.State.Settled() {
				return last, nil
			}
		case e.Reason != ErrUnavailable:
			return Result{}, e
		default:
			interval = max(interval, min(e.RetryAfter, c.policy.pollInterval.maximum))
		}
		if err := s.sleep(ctx, interval); err != nil {
			if got.err == nil {
				got.err = &Error{Provider: p.name, Op: op, ID: req.ID, Reason: ErrUnavailable}
			}
			return last, interrupted(err, got.err)
		}
	}
}
