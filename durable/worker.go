package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/unified-cancel/cancel"
)

// recordTimeout is how long it may take to record the outcome of a turn that was ended.
const recordTimeout = 25 * time.Second

// worker runs the jobs of River. River's own record of a job, such as the number of its
// attempts, has no meaning here: only the record of its cancellation has.
type worker struct {
	river.WorkerDefaults[job]

	turn func(ctx context.Context, id int64) (again time.Duration, err error)
}

// Work gives the cancellation a turn. An error comes from the database or from OnSettled.
// River gets only its text, because some errors are commands to River, and without NUL, which
// PostgreSQL refuses in JSON: the outcomes of all jobs that River records together would be
// lost.
func (w *worker) Work(ctx context.Context, j *river.Job[job]) error {
	again, err := w.turn(ctx, j.Args.ID)
	switch {
	case err != nil:
		return errors.New(strings.ReplaceAll(err.Error(), "\x00", "\uFFFD"))
	case again == over:
		return nil
	}
	return river.JobSnooze(max(0, again))
}

// NextRetry is when River repeats a turn that ended in an error.
func (*worker) NextRetry(j *river.Job[job]) time.Time {
	return time.Now().Add(Span{First: 2 * time.Second, Longest: 10 * time.Minute}.at(len(j.Errors) + 1))
}

// over says that a cancellation needs no more turns.
const over time.Duration = -1

// turn takes a cancellation as far as it can be taken now. It returns after how long it
// needs another turn.
func (q *Queue[TTx]) turn(ctx context.Context, id int64) (again time.Duration, err error) {
	c, err := q.store.load(ctx, id)
	if err != nil {
		return 0, err
	}
	if c.State.Settled() {
		return q.deliver(ctx, c)
	}
	t := &turn{
		store: q.store, config: q.config, c: c,
		provider: q.config.Providers[c.Request.Provider], client: q.clients[c.Request.Provider],
	}
	if t.client == nil {
		return 0, fmt.Errorf("there is no provider %q", c.Request.Provider)
	}
	entry, err := q.enter(ctx, c.Request.Provider)
	if err != nil || entry.wait > 0 {
		return entry.wait, err
	}
	before := c.State
	if err := t.take(ctx); err != nil {
		return 0, err
	}
	// The provider's answer is recorded even if the turn was ended.
	recording, end := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer end()
	c.NextAt = now().Add(t.again)
	if c.State.Settled() {
		c.SettledAt, c.NextAt = now(), time.Time{}
	}
	if err := q.store.save(recording, c); err != nil {
		return 0, err
	}
	q.logger.LogAttrs(ctx, slog.LevelDebug, "turn",
		slog.Int64("id", c.ID), slog.String("provider", c.Request.Provider),
		slog.String("from", string(before)), slog.String("to", string(c.State)),
		slog.Duration("again", t.again))
	if err := q.leave(recording, c.Request.Provider, entry, t.last); err != nil {
		return 0, err
	}
	if c.State.Settled() {
		return q.deliver(ctx, c)
	}
	return t.again, nil
}

// deliver calls OnSettled for a settled cancellation, unless it has succeeded before.
func (q *Queue[TTx]) deliver(ctx context.Context, c *Cancellation) (time.Duration, error) {
	if !c.ToldAt.IsZero() {
		return over, nil
	}
	if err := q.callOnSettled(ctx, *c); err != nil {
		return 0, fmt.Errorf("OnSettled: %w", err)
	}
	c.ToldAt = now()
	recording, end := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer end()
	if err := q.store.save(recording, c); err != nil {
		return 0, err
	}
	return over, nil
}

// callOnSettled calls OnSettled. A panic in it counts as an error.
func (q *Queue[TTx]) callOnSettled(ctx context.Context, c Cancellation) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return q.config.OnSettled(ctx, c)
}

// turn is one turn of a cancellation.
type turn struct {
	store    *store
	config   Config
	provider Provider
	client   *cancel.Client

	c     *Cancellation
	again time.Duration // until the next turn, if c is not settled
	last  error         // of the last call
}

// take makes the calls of the turn. Its error comes from the database.
func (t *turn) take(ctx context.Context) error {
	switch t.c.State {
	case Queued:
		return t.send(ctx)
	case Pending:
		t.ask(ctx)
		return nil
	default: // a worker that has died leaves Sending behind
		return t.resolve(ctx)
	}
}

// send asks for the cancellation, after it has recorded the intent.
func (t *turn) send(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.c.State = Sending
	t.c.Sent++
	if t.c.SentAt.IsZero() {
		t.c.SentAt = now()
	}
	if err := t.store.save(ctx, t.c); err != nil {
		return err
	}
	result, err := t.call(ctx, t.client.Cancel)
	t.last = err
	switch {
	case err == nil:
		t.taken(result)
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
	return nil
}

// doubt records that an earlier call may have been carried out, or may yet be.
func (t *turn) doubt() {
	t.c.State = InDoubt
	if t.c.DoubtSince.IsZero() {
		t.c.DoubtSince = now()
	}
}

// resolve finds out the outcome of a call that may have been made, by Client.Resolve. Before,
// it records the doubt: a worker that dies now leaves it to the next one.
func (t *turn) resolve(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.doubt()
	t.c.Sent++
	if err := t.store.save(ctx, t.c); err != nil {
		return err
	}
	result, err := t.call(ctx, t.client.Resolve)
	t.last = err
	switch {
	case err == nil:
		t.taken(result)
	case ruledOut(err):
		t.settle(Failed, err)
	default:
		t.unresolved(ctx, err)
	}
	return nil
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

// ask asks for the status of a pending cancellation.
func (t *turn) ask(ctx context.Context) {
	t.c.Asked++
	result, err := t.call(ctx, t.client.Status)
	t.last = err
	forgotten := now().Sub(t.c.PendingSince) >= t.provider.RemembersFor
	switch {
	case err == nil && result.State == cancel.Pending && forgotten:
		t.c.Result = result
		t.settle(Forgotten, nil)
	case err == nil && result.State == cancel.NotCancelled:
		t.c.Result = result
		t.settle(Failed, &cancel.Error{
			Provider: t.c.Request.Provider, Op: "Status", ID: t.c.Request.ID,
			Code: result.Code, Message: result.Message,
			Reason: cancel.ErrNotFound,
			Err:    errors.New("there is no longer a cancellation to wait for"),
		})
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
		// A stray answer, for example from a proxy, does not end the waiting.
		t.retry(ctx, err, t.inARow(err))
		t.again = max(t.again, t.config.Poll.at(t.c.Asked))
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
		t.c.State = Done
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
	t.c.State, t.c.Failure = s, nil
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
	pause := t.config.Retry.at(t.c.Failure.Times)
	t.again = pause + rand.N(pause/10+1)
	if e, ok := errors.AsType[*cancel.Error](err); ok {
		t.again = max(t.again, min(e.RetryAfter, maxRetryAfter))
	}
}

// call makes a call of a Client, and adds its evidence to c. A panic of an adapter is an
// unknown outcome. Without this River would repeat the job without an end.
func (t *turn) call(ctx context.Context, method func(context.Context, cancel.Request) (cancel.Result, error)) (result cancel.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			t.config.Logger.LogAttrs(ctx, slog.LevelError, "the adapter panicked",
				slog.Int64("id", t.c.ID), slog.String("provider", t.c.Request.Provider),
				slog.String("stack", string(debug.Stack())))
			err = &cancel.Error{
				Provider: t.c.Request.Provider, ID: t.c.Request.ID,
				Reason: cancel.ErrUnknownOutcome, Err: fmt.Errorf("panic: %v", p),
			}
		}
	}()
	w := &collector{c: t.c}
	return method(context.WithValue(ctx, evidenceKey{}, w), t.c.Request)
}

type evidenceKey struct{}

type collector struct {
	mu sync.Mutex
	c  *Cancellation
}

// addEvidence adds evidence to the cancellation of the call that ctx belongs to.
func addEvidence(ctx context.Context, e cancel.Evidence) {
	if w, ok := ctx.Value(evidenceKey{}).(*collector); ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.c.add(e)
	}
}
