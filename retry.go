package cancel

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// longestRetryAfter is how long a Client waits at most because a vendor asks for it.
const longestRetryAfter = 2 * time.Minute

// session is a Client at work for one provider.
type session struct {
	client   *Client
	provider *provider
	door     *door // nil where a refusal of the credentials stops nothing else
	// stop is closed when nobody wants the outcome any more. It may be nil.
	stop <-chan struct{}
}

// errStopped is why nothing is asked for somebody who no longer wants to know.
var errStopped = errors.New("the outcome is no longer wanted")

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// asker makes one call that asks to cancel reqs, and answers for each.
type asker struct {
	op  string
	ask func(s session, ctx context.Context, op string, reqs []Request) []answer
}

var (
	single  = asker{"Cancel", session.askOne}
	grouped = asker{"CancelBatch", session.askSeveral}
)

func (s session) askOne(ctx context.Context, op string, reqs []Request) []answer {
	r, err := s.provider.canceler.Cancel(ctx, reqs[0])
	return []answer{s.taken(op, reqs[0], r, err)}
}

func (s session) askSeveral(ctx context.Context, op string, reqs []Request) []answer {
	answers := make([]answer, len(reqs))
	items := s.provider.batcher.CancelBatch(ctx, reqs)
	for i, req := range reqs {
		if len(items) != len(reqs) || items[i].Request.ID != req.ID {
			err := errors.New("the adapter does not answer each request in its place")
			answers[i].err = s.provider.failure(op, req, err, ErrUnknownOutcome)
			continue
		}
		answers[i] = s.taken(op, req, items[i].Result, items[i].Err)
	}
	return answers
}

func (s session) taken(op string, req Request, r Result, err error) answer {
	return s.provider.answer(op, req, r, err, ErrUnknownOutcome, Cancelled, AlreadyCancelled, Pending)
}

// attempt is a request that is being worked on.
type attempt struct {
	at  int // its place among the requests that were asked for together
	req Request
	// last is the error because of which the request is asked again, and took how
	// long the call that ended in it was under way.
	last *Error
	took time.Duration
	// doubted is true once an outcome was unknown: an earlier call may have been
	// carried out, or may yet be.
	doubted bool
}

// failed returns e as the outcome of the request. In doubt e is what became of the
// last call alone, and the outcome of the whole is unknown.
func (a *attempt) failed(e *Error) answer {
	if a.doubted && e.Reason != ErrUnknownOutcome {
		e = &Error{
			Provider: e.Provider, Op: e.Op, ID: e.ID,
			Code: e.Code, HTTPStatus: e.HTTPStatus, RetryAfter: max(e.RetryAfter, a.last.RetryAfter), Raw: e.Raw,
			Reason: ErrUnknownOutcome,
			Err:    e,
		}
	}
	return answer{err: e}
}

// cancel asks to cancel reqs, in one call each time, until the outcome of each is as
// certain as the policy allows. It calls settled once for each, with its place, when
// it is known.
func (s session) cancel(ctx context.Context, how asker, reqs []Request, settled func(int, Item)) {
	settle := func(a *attempt, final answer) {
		item := Item{Request: a.req}
		item.Result, item.Err = final.unpack()
		settled(a.at, item)
	}
	open := make([]*attempt, len(reqs))
	for i, req := range reqs {
		open[i] = &attempt{at: i, req: req}
	}
	for n := 1; ; n++ {
		var again []*attempt
		answers := s.ask(ctx, how, n, open)
		// What is known does not wait for what the provider is asked about.
		for _, doubtful := range []bool{false, true} {
			for i, got := range answers {
				if got.unknown() != doubtful {
					continue
				}
				final, repeat := s.judge(ctx, n, open[i], got)
				if repeat {
					again = append(again, open[i])
				} else {
					settle(open[i], final)
				}
			}
		}
		if len(again) == 0 {
			return
		}
		open = again
		if err := s.pause(ctx, how.op, n, open...); err != nil {
			for _, a := range open {
				settle(a, a.failed(interrupted(err, a.last)))
			}
			return
		}
	}
}

// ask makes the n-th call that asks to cancel what is open.
func (s session) ask(ctx context.Context, how asker, n int, open []*attempt) []answer {
	reqs := make([]Request, len(open))
	for i, a := range open {
		reqs[i] = a.req
	}
	if refused := s.enter(ctx, how.op); refused != nil {
		answers := make([]answer, len(open))
		for i, req := range reqs {
			answers[i].err = refused.of(req)
		}
		return answers
	}
	began := time.Now()
	witnessed, testify := s.witnessed(ctx)
	answers := how.ask(s, witnessed, how.op, reqs)
	s.took(ctx, how.op, n, began, reqs, answers)
	testify(reqs, answers)
	return answers
}

// judge returns what the n-th answer makes of a, or that it is to be asked again.
func (s session) judge(ctx context.Context, n int, a *attempt, got answer) (final answer, again bool) {
	e := got.err
	if e == nil {
		return got, false
	}
	a.last, a.took = e, got.took
	switch e.Reason {
	case ErrUnavailable:
	case ErrUnknownOutcome:
		a.doubted = true
		if ctx.Err() == nil {
			if got, again = s.resolve(ctx, a); !again {
				return got, false
			}
			e = got.err
		}
	default:
		return a.failed(e), false
	}
	switch {
	case ctx.Err() != nil:
		return a.failed(interrupted(ctx.Err(), e)), false
	case n >= s.client.policy.maxAttempts, a.last.RetryAfter > longestRetryAfter:
		return a.failed(e), false
	}
	return answer{}, true
}

// resolve asks the provider what became of a, whose outcome is unknown. It returns
// what is known then, or that a may be asked again, with the error that a ends in
// where it may not.
func (s session) resolve(ctx context.Context, a *attempt) (got answer, again bool) {
	got = s.status(ctx, a.req)
	switch e := got.err; {
	case e == nil && got.result.State != NotCancelled:
		return got, false
	case e == nil, unsupported(e):
		return answer{err: a.last}, true
	case e.Reason == ErrNotFound:
		return got, true
	case e.Reason == ErrRejected, e.Reason == ErrNotCancellable:
		return got, false
	default:
		return a.failed(e), false
	}
}

// status asks for the status of req until there is an answer or the policy ends it.
func (s session) status(ctx context.Context, req Request) answer {
	const op = "Status"
	for n := 1; ; n++ {
		got := s.askStatus(ctx, op, n, req)
		e := got.err
		switch {
		case e == nil, e.Reason != ErrUnavailable:
			return got
		case ctx.Err() != nil:
			return answer{err: interrupted(ctx.Err(), e)}
		case n >= s.client.policy.maxAttempts, e.RetryAfter > longestRetryAfter:
			return got
		}
		if err := s.pause(ctx, op, n, &attempt{req: req, last: e, took: got.took}); err != nil {
			return answer{err: interrupted(err, e)}
		}
	}
}

// askStatus asks for the status of req by one call, the n-th.
func (s session) askStatus(ctx context.Context, op string, n int, req Request) answer {
	none := answer{err: &Error{
		Provider: s.provider.name, Op: op, ID: req.ID,
		Message: "the provider cannot be asked for a status",
		Reason:  ErrInvalid,
		Err:     errors.ErrUnsupported,
	}}
	if s.provider.checker == nil {
		return none
	}
	if refused := s.enter(ctx, op); refused != nil {
		return answer{err: refused.of(req)}
	}
	began := time.Now()
	witnessed, testify := s.witnessed(ctx)
	r, err := s.provider.checker.Status(witnessed, req)
	if unsupported(err) {
		return none
	}
	got := s.provider.answer(op, req, r, err, ErrUnavailable, Cancelled, AlreadyCancelled, Pending, NotCancelled)
	answers := []answer{got}
	s.took(ctx, op, n, began, []Request{req}, answers)
	testify([]Request{req}, answers)
	return answers[0]
}

// unsupported reports whether err says that there is no status to ask for. The error of
// a call that failed may have such a cause, too: that of a socket, say.
func unsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) && errors.Is(reasonOf(err, ErrInvalid), ErrInvalid)
}

// enter waits until a call may be made, or says why it is not.
func (s session) enter(ctx context.Context, op string) *Error {
	if e := s.door.refusal(); e != nil {
		return e
	}
	if limit := s.provider.limiter; limit != nil {
		turn := limit.Reserve()
		if s.sleep(ctx, turn.Delay()) != nil {
			turn.Cancel()
		}
	}
	if err := s.sleep(ctx, 0); err != nil {
		return &Error{Provider: s.provider.name, Op: op, Reason: ErrUnavailable, Err: err}
	}
	return s.door.refusal()
}

// took notes what a call gave.
func (s session) took(ctx context.Context, op string, n int, began time.Time, reqs []Request, answers []answer) {
	took := time.Since(began)
	for i := range answers {
		answers[i].took = took
		s.door.note(answers[i].err)
	}
	s.logCall(ctx, op, n, took, reqs, answers)
}

// pause waits before the open attempts are asked again for the n-th time: as long as
// the vendor asked for, else the backoff. Its error is that of sleep.
func (s session) pause(ctx context.Context, op string, n int, open ...*attempt) error {
	var asked time.Duration
	for _, a := range open {
		asked = max(asked, a.last.RetryAfter)
	}
	if asked == 0 {
		asked = s.client.policy.backoff.jittered(n)
	}
	s.logRetry(ctx, op, n, asked, open)
	return s.sleep(ctx, asked)
}

// of returns e as the error of req.
func (e *Error) of(req Request) *Error {
	own := *e
	own.ID = req.ID
	return &own
}

// interrupted returns e with why nothing more was asked, such as the error of a context,
// in its cause.
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

// sleep waits for d. Its error is that of ctx, or errStopped, should that come first.
func (s session) sleep(ctx context.Context, d time.Duration) error {
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
