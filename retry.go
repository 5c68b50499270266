package cancel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"
)

// defaultBackoff is the pause before a retry unless WithBackoff sets another one.
var defaultBackoff = span{500 * time.Millisecond, 30 * time.Second}

// maxRetryAfter is how long a Client waits at most because a vendor asks for it.
const maxRetryAfter = 2 * time.Minute

// span is a time that doubles from initial to maximum.
type span struct{ initial, maximum time.Duration }

// newSpan returns the span that is given, with fallback in place of a bound that is not. A
// bound that is given holds: the other one gives way.
func newSpan(initial, maximum time.Duration, fallback span) span {
	s := span{positive(initial, fallback.initial), positive(maximum, fallback.maximum)}
	if maximum > 0 {
		s.initial = min(s.initial, s.maximum)
	}
	s.maximum = max(s.initial, s.maximum)
	return s
}

// at returns the n-th time of the span, from 1.
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

// session is a Client at work for one provider, in one goroutine.
type session struct {
	provider *provider
	breaker  *breaker // nil if refused credentials stop nothing else
	// stop is closed when nobody wants the outcome any more. It may be nil.
	stop   <-chan struct{}
	panics panics
}

// attempt is a request that is being worked on.
type attempt struct {
	at  int // its place among the requests of its group
	req Request
	// last is the error because of which the request is sent again.
	last *Error
	// doubted is true once an outcome was unknown: an earlier call may have been carried
	// out, or may yet be.
	doubted bool
}

// fail returns e as the outcome of the request. In doubt, e is the outcome of the last call
// only, and the outcome of the whole is unknown.
func (a *attempt) fail(e *Error) outcome {
	if a.doubted && e.Reason != ErrUnknownOutcome {
		whole := *e
		whole.Message, whole.RetryAfter = "", max(e.RetryAfter, a.last.RetryAfter)
		whole.Reason, whole.Err = ErrUnknownOutcome, e
		e = &whole
	}
	return outcome{err: e}
}

// cancel asks to cancel reqs, in one call each time, until the outcome of each is as certain
// as the policy allows. It calls settled once for each, with its place, when its outcome is
// known. If doubted, it asks for the status first.
func (s *session) cancel(ctx context.Context, op operation, reqs []Request, doubted bool, settled func(int, Item)) {
	settle := func(a *attempt, final outcome) {
		item := Item{Request: a.req}
		item.Result, item.Err = final.unpack()
		settled(a.at, item)
	}
	var open []*attempt
	for i, req := range reqs {
		a := &attempt{at: i, req: req, doubted: doubted}
		if doubted {
			a.last = &Error{
				Provider: s.provider.name, Op: op.name, ID: req.ID,
				Message: "an earlier call may have been carried out",
				Reason:  ErrUnknownOutcome,
			}
			if final, again := s.resolve(ctx, a); !again {
				settle(a, final)
				continue
			}
		}
		open = append(open, a)
	}
	for n := 1; len(open) > 0; n++ {
		if n > 1 {
			if err := s.pause(ctx, op.name, n-1, open...); err != nil {
				for _, a := range open {
					settle(a, a.fail(interrupted(err, a.last)))
				}
				return
			}
		}
		open = s.send(ctx, op, n, open, settle)
	}
}

// send makes the n-th call for the open attempts and settles those whose outcome is known.
// It returns the others.
func (s *session) send(ctx context.Context, op operation, n int, open []*attempt, settle func(*attempt, outcome)) (again []*attempt) {
	reqs := make([]Request, len(open))
	for i, a := range open {
		reqs[i] = a.req
	}
	outcomes := s.call(ctx, op, n, reqs)
	// An outcome that is known does not wait until the others are looked into.
	for _, look := range []bool{false, true} {
		for i, o := range outcomes {
			if o.needsStatus() != look {
				continue
			}
			if final, repeat := s.next(ctx, n, open[i], o); repeat {
				again = append(again, open[i])
			} else {
				settle(open[i], final)
			}
		}
	}
	return again
}

// needsStatus reports whether the status says more than o does.
func (o outcome) needsStatus() bool {
	return o.err != nil && (o.err.Reason == ErrUnknownOutcome || refused(o.err))
}

// refused reports whether e may come of a thing that is cancelled already.
func refused(e *Error) bool { return e.Reason == ErrNotCancellable || e.Reason == ErrNotFound }

// next returns the final outcome of a, whose n-th call ended in o, or that it is sent again.
func (s *session) next(ctx context.Context, n int, a *attempt, o outcome) (final outcome, again bool) {
	e := o.err
	if e == nil {
		return o, false
	}
	a.last = e
	switch {
	case e.Reason == ErrUnavailable:
	case e.Reason == ErrUnknownOutcome:
		a.doubted = true
		if ctx.Err() == nil {
			if final, again = s.resolve(ctx, a); !again {
				return final, false
			}
			e = cmp.Or(final.err, e)
		}
	case refused(e) && s.provider.checker != nil:
		return s.lookInto(ctx, a, e), false
	default:
		return a.fail(e), false
	}
	switch {
	case ctx.Err() != nil:
		return a.fail(interrupted(ctx.Err(), e)), false
	case n >= s.provider.policy.maxAttempts, a.last.RetryAfter > maxRetryAfter:
		return a.fail(e), false
	}
	return outcome{}, true
}

// lookInto asks for the status of a, which the provider refused with e, because a thing that
// is cancelled already may be refused like that. Only a cancelled thing changes the outcome,
// and in doubt also an answer that ends the doubt.
func (s *session) lookInto(ctx context.Context, a *attempt, e *Error) outcome {
	status := s.call(ctx, askStatus, 1, []Request{a.req})[0]
	switch {
	case status.err == nil && status.result.State.IsCancelled():
		status.result.State = AlreadyCancelled
		return status
	case a.doubted && endsDoubt(status):
		return status
	}
	return a.fail(e)
}

// endsDoubt reports whether a status tells the outcome of a thing in doubt.
func endsDoubt(status outcome) bool {
	if status.err == nil {
		return status.result.State != NotCancelled
	}
	return status.err.Reason == ErrRejected || status.err.Reason == ErrNotCancellable
}

// resolve asks for the status of a, whose outcome is unknown. It returns the final outcome,
// or that a may be sent again, with the error that it ends in if it is not.
func (s *session) resolve(ctx context.Context, a *attempt) (final outcome, again bool) {
	status := s.status(ctx, a.req)
	switch e := status.err; {
	case endsDoubt(status):
		return status, false
	case e == nil, unsupported(e):
		return outcome{err: a.last}, true
	case e.Reason == ErrNotFound:
		return status, true
	default:
		return a.fail(e), false
	}
}

// status asks for the status of req.
func (s *session) status(ctx context.Context, req Request) outcome {
	if s.provider.checker == nil {
		return outcome{err: s.provider.unsupported(askStatus.name, req)}
	}
	return s.ask(ctx, askStatus, req)
}

// ask makes a call that changes nothing, and retries until there is an answer or the policy
// ends it.
func (s *session) ask(ctx context.Context, op operation, req Request) outcome {
	for n := 1; ; n++ {
		o := s.call(ctx, op, n, []Request{req})[0]
		e := o.err
		switch {
		case e == nil, e.Reason != ErrUnavailable:
			return o
		case ctx.Err() != nil:
			return outcome{err: interrupted(ctx.Err(), e)}
		case n >= s.provider.policy.maxAttempts, e.RetryAfter > maxRetryAfter:
			return o
		}
		if err := s.pause(ctx, op.name, n, &attempt{req: req, last: e}); err != nil {
			return outcome{err: interrupted(err, e)}
		}
	}
}

// pause waits before the open attempts are sent again after the n-th time: as long as the
// vendor asked for, or the backoff. Its error is the error of sleep.
func (s *session) pause(ctx context.Context, op string, n int, open ...*attempt) error {
	var asked time.Duration
	items := make([]Item, len(open))
	for i, a := range open {
		asked = max(asked, a.last.RetryAfter)
		items[i] = Item{Request: a.req, Err: a.last}
	}
	if asked == 0 {
		asked = rand.N(s.provider.policy.backoff.at(n)) // full jitter
	}
	attrs := line(Operation{Provider: s.provider.name, Name: op, Attempt: n}, items...)
	s.panics.guard(func() {
		s.provider.policy.logger.LogAttrs(ctx, slog.LevelWarn, "asking again", append(attrs, slog.Duration("pause", asked))...)
	})
	return s.sleep(ctx, asked)
}

// interrupted returns e with the reason why nothing more was asked, such as the error of a
// context, in its cause.
func interrupted(why error, e *Error) *Error {
	if errors.Is(e, why) {
		return e
	}
	own := *e
	own.Err = why
	if e.Err != nil {
		own.Err = fmt.Errorf("%w: %w", why, e.Err)
	}
	return &own
}

// errStopped is the error of a wait for an outcome that nobody wants any more.
var errStopped = errors.New("the outcome is no longer wanted")

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// sleep waits for d. Its error is ctx.Err() or errStopped, if that comes first.
func (s *session) sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if stopped(s.stop) {
		return errStopped
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stop:
		return errStopped
	}
}
