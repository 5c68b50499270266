package durable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unified-cancel/cancel"
)

// turn is one turn of a cancellation: it turns the vendor's answers into a state.
type turn struct {
	config  *Config
	account *account
	c       *Cancellation
	again   time.Duration // until the next turn, if c is not settled
	last    error         // of the last call
}

// take makes the calls of the turn. The intent was recorded when c was claimed.
func (t *turn) take(ctx context.Context) {
	switch t.c.State {
	case Sending:
		t.sent(ctx, t.call(ctx, t.account.client.Cancel))
	case Pending:
		t.c.Asked++
		t.asked(ctx, t.call(ctx, t.account.client.Status))
	default:
		t.doubt()
		t.c.Sent++
		t.resolved(ctx, t.call(ctx, t.account.client.Resolve))
	}
}

// sent records the answer to a cancellation.
func (t *turn) sent(ctx context.Context, item cancel.Item) {
	err := item.Err
	t.last = err
	switch {
	case err == nil:
		t.taken(item.Result)
	case errors.Is(err, cancel.ErrUnknownOutcome):
		t.doubt()
		t.unresolved(ctx, err)
	case errors.Is(err, cancel.ErrUnavailable), errors.Is(err, cancel.ErrAuth):
		t.c.State = Queued
		t.retry(ctx, err, t.c.tries()+1)
	case errors.Is(err, cancel.ErrUnexpected):
		t.settle(Unknown, err)
	default:
		t.settle(Failed, err)
	}
}

// doubt records that an earlier call may have been carried out, or may yet be.
func (t *turn) doubt() {
	t.c.State = InDoubt
	if t.c.DoubtSince.IsZero() {
		t.c.DoubtSince = now()
	}
}

// resolved records the answer of Client.Resolve, which finds out the outcome of a call that
// may have been made.
func (t *turn) resolved(ctx context.Context, item cancel.Item) {
	err := item.Err
	t.last = err
	switch {
	case err == nil:
		t.taken(item.Result)
	case ruledOut(err):
		t.settle(Failed, err)
	default:
		t.unresolved(ctx, err)
	}
}

// ruledOut reports whether err says that there is and will be no cancellation.
func ruledOut(err error) bool {
	return errors.Is(err, cancel.ErrRejected) || errors.Is(err, cancel.ErrNotCancellable)
}

// minTries is how many turns in a row a doubt has at least before it is Unknown: DoubtFor may
// pass while no process works.
const minTries = 5

// unresolved leaves the cancellation in doubt for another turn, or makes it Unknown. It does
// not become Unknown while the credentials are refused, because then nobody could ask.
func (t *turn) unresolved(ctx context.Context, err error) {
	late := now().Sub(t.c.DoubtSince) >= t.config.DoubtFor
	if late && t.c.tries()+1 >= minTries && !locked(err) {
		t.settle(Unknown, err)
		return
	}
	t.retry(ctx, err, t.c.tries()+1)
}

// asked records the status of a pending cancellation.
func (t *turn) asked(ctx context.Context, item cancel.Item) {
	result, err := item.Result, item.Err
	t.last = err
	stands := err == nil && result.State == cancel.NotCancelled
	if stands {
		t.c.Result = result
		err = &cancel.Error{
			Provider: t.c.Request.Provider, Op: "Status", ID: t.c.Request.ID,
			Code: result.Code, Message: result.Message,
			Reason: cancel.ErrNotFound,
			Err:    errors.New("there is no cancellation to wait for"),
		}
	}
	forgotten := now().Sub(t.c.PendingSince) >= t.account.RemembersFor
	switch {
	case err == nil && result.State == cancel.Pending && forgotten:
		t.c.Result = result
		t.settle(Forgotten, nil)
	case err == nil:
		t.taken(result)
	case ruledOut(err):
		t.settle(Failed, err)
	case forgotten:
		t.settle(Forgotten, err)
	case errors.Is(err, cancel.ErrUnavailable), errors.Is(err, cancel.ErrAuth):
		t.retry(ctx, err, t.c.tries()+1)
		t.again = max(t.again, t.config.Poll.at(t.c.Asked))
	case t.inARow(err) < minTries && !errors.Is(err, errors.ErrUnsupported):
		// A stray answer, for example from a proxy, does not end the waiting. A cancellation that
		// was just registered may not be visible everywhere yet.
		t.retry(ctx, err, t.inARow(err))
		t.again = max(t.again, t.config.Poll.at(t.c.Asked))
	case stands:
		t.settle(Failed, err)
	case errors.Is(err, cancel.ErrNotFound):
		t.settle(Forgotten, err)
	default:
		t.settle(Unknown, err)
	}
}

// inARow returns how many turns in a row, this one included, ended in the reason of err.
func (t *turn) inARow(err error) int {
	if t.c.Failure == nil || t.c.Failure.Reason != reason(err).Error() {
		return 1
	}
	return t.c.tries() + 1
}

// taken records an answer that takes the cancellation.
func (t *turn) taken(result cancel.Result) {
	t.c.Result, t.c.Failure = result, nil
	if result.State != cancel.Pending {
		t.settle(Done, nil)
		return
	}
	t.c.State = Pending
	if t.c.PendingSince.IsZero() {
		t.c.PendingSince = now()
	}
	t.again = t.config.Poll.at(t.c.Asked + 1)
}

// settle records the outcome.
func (t *turn) settle(s State, err error) {
	t.c.State, t.c.SettledAt, t.c.Failure = s, now(), nil
	if err != nil {
		t.c.Failure = failure(err, 1)
	}
}

// maxRetryAfter limits the pause that a vendor can ask for.
const maxRetryAfter = 24 * time.Hour

// retry puts the cancellation off because of err, which came the given times in a row: until
// after a pause, or until a process takes it up again if the turn was ended from outside.
func (t *turn) retry(ctx context.Context, err error, times int) {
	t.c.Failure = failure(err, times)
	if errors.Is(ctx.Err(), context.Canceled) {
		t.again = 0
		return
	}
	t.again = spread(t.config.Retry.at(times))
	if e, ok := errors.AsType[*cancel.Error](err); ok {
		t.again = max(t.again, min(e.RetryAfter, maxRetryAfter))
	}
}

// call makes a call of a Client, and adds its evidence to c. A panic of an adapter is an
// unknown outcome, as in Client.All.
func (t *turn) call(ctx context.Context, method func(context.Context, cancel.Request) (cancel.Result, error)) (item cancel.Item) {
	defer func() {
		if p := recover(); p != nil {
			t.config.Logger.LogAttrs(ctx, slog.LevelError, "the adapter panicked",
				slog.Int64("id", t.c.ID), slog.String("provider", t.c.Request.Provider),
				slog.String("stack", string(debug.Stack())))
			item.Err = &cancel.Error{
				Provider: t.c.Request.Provider, ID: t.c.Request.ID,
				Reason: cancel.ErrUnknownOutcome, Err: fmt.Errorf("panic: %v", p),
			}
		}
	}()
	result, err := method(collecting(ctx, t), t.c.Request)
	return cancel.Item{Result: result, Err: err}
}

// sendAll cancels those that are Sending, in one call if the Client can.
func sendAll(ctx context.Context, turns []*turn) {
	// Neighbours go in one call if they agree in all but the ID.
	slices.SortStableFunc(turns, func(x, y *turn) int {
		a, b := x.c.Request, y.c.Request
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.RequestedBy, b.RequestedBy))
	})
	open := make(map[cancel.Request]*turn, len(turns))
	for _, t := range turns {
		open[t.c.Request] = t
	}
	requests := func(yield func(cancel.Request) bool) {
		for _, t := range turns {
			if !yield(t.c.Request) {
				return
			}
		}
	}
	defer func() {
		_ = recover() // of a hook, after the last Item: requests without an answer are in doubt
		for _, t := range open {
			t.sent(ctx, cancel.Item{Err: &cancel.Error{
				Provider: t.c.Request.Provider, ID: t.c.Request.ID, Reason: cancel.ErrUnknownOutcome,
				Message: "the outcome was not reported",
			}})
		}
	}()
	for item := range turns[0].account.client.All(collecting(ctx, turns...), requests) {
		if t := open[item.Request]; t != nil {
			delete(open, item.Request)
			t.sent(ctx, item)
		}
	}
}

type collectorKey struct{}

// collector adds evidence to the cancellations of a call.
type collector struct {
	mu sync.Mutex
	of map[cancel.Request]*Cancellation
}

func collecting(ctx context.Context, turns ...*turn) context.Context {
	c := &collector{of: make(map[cancel.Request]*Cancellation, len(turns))}
	for _, t := range turns {
		c.of[t.c.Request] = t.c
	}
	return context.WithValue(ctx, collectorKey{}, c)
}

// collect adds evidence to the cancellation that it is about.
func collect(ctx context.Context, e cancel.Evidence) {
	if c, ok := ctx.Value(collectorKey{}).(*collector); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		if of := c.of[e.Request]; of != nil {
			of.add(e)
		}
	}
}

// plain returns a text that PostgreSQL can keep in JSON: without a NUL.
func plain(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }
