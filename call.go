package cancel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// operation is a method of a provider that a Client calls.
type operation struct {
	name string
	// fallback is the reason of an error without a reason.
	fallback error
	// states are the states that the method may answer.
	states []State
	// call calls the method. It returns one Item per request, in order.
	call func(ctx context.Context, p *provider, reqs []Request) []Item
}

var (
	taken = []State{Cancelled, AlreadyCancelled, Pending}

	cancelOne = operation{"Cancel", ErrUnknownOutcome, taken, func(ctx context.Context, p *provider, reqs []Request) []Item {
		r, err := p.canceler.Cancel(ctx, reqs[0])
		return []Item{{reqs[0], r, err}}
	}}
	cancelBatch = operation{"CancelBatch", ErrUnknownOutcome, taken, func(ctx context.Context, p *provider, reqs []Request) []Item {
		return p.batcher.CancelBatch(ctx, reqs)
	}}
	askStatus = operation{"Status", ErrUnavailable, append([]State{NotCancelled}, taken...), func(ctx context.Context, p *provider, reqs []Request) []Item {
		r, err := p.checker.Status(ctx, reqs[0])
		return []Item{{reqs[0], r, err}}
	}}
)

// askPreflight is the operation that stores its answer in found.
func askPreflight(found *Preflight) operation {
	return operation{"Preflight", ErrUnavailable, []State{""}, func(ctx context.Context, p *provider, reqs []Request) []Item {
		answer, err := p.preflighter.Preflight(ctx, reqs[0])
		*found = answer
		r := Result{Code: answer.Code, Message: answer.Message, Raw: answer.Raw, At: answer.At}
		verdicts := []Verdict{Cancellable, ConsentNeeded, NotCancellable, UnderWay, Done}
		if err == nil && !slices.Contains(verdicts, answer.Verdict) {
			err = p.contradict("Preflight", reqs[0], r, ErrUnexpected, fmt.Errorf("the adapter answers with the verdict %q", answer.Verdict))
		}
		return []Item{{reqs[0], r, err}}
	}}
}

// outcome is the result of one call for one request: a result or an error.
type outcome struct {
	result Result
	err    *Error
}

func (o outcome) unpack() (Result, error) {
	if o.err != nil {
		return Result{}, o.err
	}
	return o.result, nil
}

// unsupported reports whether err says that the provider cannot be asked. The error of a
// call that failed may have such a cause, too, for example an error of a socket.
func unsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) && reasonOf(err, ErrInvalid) == ErrInvalid
}

// call makes the n-th call of an operation for reqs, once the breaker and the rate limit
// let it, and returns one outcome per request.
func (s *session) call(ctx context.Context, op operation, n int, reqs []Request) []outcome {
	if e := s.enter(ctx, op.name); e != nil {
		return failedAll(reqs, e)
	}
	ctx, after, ok := s.panics.watch(ctx, s.provider.hooks, Operation{Provider: s.provider.name, Name: op.name, Requests: reqs, Attempt: n})
	var outcomes []outcome
	if ok {
		outcomes = s.answers(ctx, op, reqs)
	} else {
		outcomes = failedAll(reqs, &Error{Provider: s.provider.name, Op: op.name, Reason: ErrUnavailable, Err: errors.New("a hook panicked")})
	}
	seen := make([]Item, len(reqs))
	for i, req := range reqs {
		seen[i].Request = req
		seen[i].Result, seen[i].Err = outcomes[i].unpack()
	}
	after(seen)
	return outcomes
}

// answers calls the adapter and returns one outcome per request.
func (s *session) answers(ctx context.Context, op operation, reqs []Request) []outcome {
	items := op.call(ctx, s.provider, reqs)
	outcomes := make([]outcome, len(reqs))
	for i, req := range reqs {
		if len(items) == len(reqs) && items[i].Request.ID == req.ID {
			outcomes[i] = s.provider.outcome(op, req, items[i])
		} else {
			err := errors.New("the adapter does not answer each request in its place")
			outcomes[i].err = s.provider.failure(op.name, req, err, op.fallback)
		}
		s.breaker.note(outcomes[i].err)
	}
	return outcomes
}

// failedAll returns e as the outcome of each request.
func failedAll(reqs []Request, e *Error) []outcome {
	outcomes := make([]outcome, len(reqs))
	for i, req := range reqs {
		own := *e
		own.ID = req.ID
		outcomes[i].err = &own
	}
	return outcomes
}

// enter waits until a call may be made, or returns the error of a call that is not made.
func (s *session) enter(ctx context.Context, op string) *Error {
	if e := s.breaker.open(); e != nil {
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
	return s.breaker.open()
}

// outcome returns an adapter's answer as the Client's own: under the provider's key, with a
// state that the operation may answer, or with an error that has a reason.
func (p *provider) outcome(op operation, req Request, item Item) outcome {
	r := item.Result
	switch {
	case op.fallback == ErrUnavailable && unsupported(item.Err):
		return outcome{err: p.unsupported(op.name, req)}
	case item.Err != nil:
		return outcome{err: p.failure(op.name, req, item.Err, op.fallback)}
	case !slices.Contains(op.states, r.State):
		return outcome{err: p.contradict(op.name, req, r, ErrUnexpected, fmt.Errorf("the adapter answers with the state %q", r.State))}
	}
	r.Provider, r.ID, r.Kind = p.name, req.ID, req.Kind
	if r.At.IsZero() {
		r.At = time.Now()
	}
	return outcome{result: r}
}

// contradict returns the error that takes the place of an answer, because of cause.
func (p *provider) contradict(op string, req Request, r Result, reason, cause error) *Error {
	return &Error{
		Provider: p.name, Op: op, ID: req.ID,
		Code: r.Code, Message: r.Message, Raw: r.Raw,
		Reason: reason, Err: cause,
	}
}

// failure returns err as an Error of this provider.
func (p *provider) failure(op string, req Request, err, fallback error) *Error {
	e := &Error{Op: op, Err: err}
	switch known, ok := errors.AsType[*Error](err); {
	case ok && known == nil:
		err = errors.New("the adapter returns a nil *Error")
		e.Err = err
	case ok:
		e = new(*known)
		if error(known) != err {
			e.Err = err // it wraps the Error and may say more
		}
	}
	e.Provider, e.ID, e.Reason = p.name, req.ID, reasonOf(err, fallback)
	return e
}

// reasonOf returns the sentinel that err matches. If it matches several, which no error of
// this module does, a sentinel that leaves the outcome in doubt goes first.
func reasonOf(err, fallback error) error {
	for _, reason := range slices.Concat([]error{ErrUnknownOutcome, ErrUnexpected}, reasons) {
		if errors.Is(err, reason) {
			return reason
		}
	}
	return fallback
}

// breaker is a circuit breaker for refused credentials: vendors lock accounts after repeated
// failures. A nil breaker never opens.
type breaker struct{ opened atomic.Pointer[Error] }

func (b *breaker) note(e *Error) {
	if b != nil && e != nil && e.Reason == ErrAuth {
		b.opened.CompareAndSwap(nil, e)
	}
}

// open returns the error that opened the breaker, nil while it is closed.
func (b *breaker) open() *Error {
	if b == nil {
		return nil
	}
	return b.opened.Load()
}

// logHook logs each call, and the outcomes that it left unknown.
func logHook(log *slog.Logger) Hook {
	return func(ctx context.Context, op Operation) (context.Context, func([]Item)) {
		began := time.Now()
		return ctx, func(items []Item) {
			took := slog.Duration("duration", time.Since(began))
			if log.Enabled(ctx, slog.LevelDebug) {
				log.LogAttrs(ctx, slog.LevelDebug, "provider called", append(line(op, items...), took)...)
			}
			for _, item := range items {
				if errors.Is(item.Err, ErrUnknownOutcome) {
					log.LogAttrs(ctx, slog.LevelWarn, "outcome unknown", append(line(op, item), took)...)
				}
			}
		}
	}
}

// maxLoggedCode limits a code in a log, in bytes, because a vendor's answer could hold
// anything in its place.
const maxLoggedCode = 64

// line describes a call and its outcome by code and reason. It leaves out the words of the
// vendor, which could hold anything.
func line(op Operation, items ...Item) []slog.Attr {
	ids := make([]string, len(items))
	var codes, outcomes []string
	for i, item := range items {
		ids[i] = item.Request.ID
		code, outcome := item.Result.Code, string(item.Result.State)
		if e, ok := errors.AsType[*Error](item.Err); ok {
			code, outcome = e.Code, e.Reason.Error()
		}
		if code = oneLine(code, maxLoggedCode); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
		if !slices.Contains(outcomes, outcome) {
			outcomes = append(outcomes, outcome)
		}
	}
	return []slog.Attr{
		slog.String("provider", op.Provider),
		slog.String("op", op.Name),
		slog.String("id", strings.Join(ids, ",")),
		slog.Int("attempt", op.Attempt),
		slog.String("code", strings.Join(codes, ",")),
		slog.String("outcome", strings.Join(outcomes, ",")),
	}
}
