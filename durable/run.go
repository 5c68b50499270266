package durable

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/unified-cancel/cancel"
)

// job is what River keeps: which provider has something to do. A cancellation itself is a
// row of unified_cancel_job only.
//
// For each provider with a row that is due at some time, River has a job that runs at that
// time or earlier. Code that makes a row due inserts a job, in the same transaction or after
// its run; a job too many finds nothing and ends. River repeats the job of a process that
// has died.
type job struct {
	Provider string `json:"provider"`
	// At is when the job was scheduled for, in seconds since 1970. River keeps one job for
	// each.
	At int64 `json:"at,omitzero"`
	// Helper is for another process: this one has more to do than it can do at once.
	Helper bool `json:"helper,omitzero"`
}

// Kind is the name that River knows the job by.
func (job) Kind() string { return "unified_cancel" }

// worker is what River runs for a job.
type worker struct {
	river.WorkerDefaults[job]

	run func(ctx context.Context, j job) (again time.Duration, err error)
}

// over says that a job need not run again.
const over time.Duration = -1

// Work works on due cancellations. River gets only the text of an error, because it obeys some
// errors, and without NUL, because PostgreSQL keeps none in JSON.
func (w *worker) Work(ctx context.Context, j *river.Job[job]) error {
	again, err := w.run(ctx, j.Args)
	switch {
	case err != nil:
		return errors.New(plain(err.Error()))
	case again == over:
		return nil
	}
	return river.JobSnooze(max(0, again))
}

// NextRetry is when a run that ended in an error is repeated.
func (*worker) NextRetry(j *river.Job[job]) time.Time {
	return time.Now().Add(Span{First: 2 * time.Second, Longest: time.Minute}.at(len(j.Errors) + 1))
}

const (
	maxRuns  = 10_000           // in each queue of a process; they share their vendor's calls
	maxSlice = 15 * time.Second // for how long a run takes up work before another one goes on
	maxClaim = 250              // how many cancellations one statement claims
	maxIdle  = 5 * time.Second  // River starts scheduled jobs this late; a run waits itself if less is left
)

// run works on the due cancellations of a provider.
func (q *Queue[TTx]) run(ctx context.Context, j job) (again time.Duration, err error) {
	a, err := q.account(ctx, j.Provider)
	if errors.Is(err, ErrNoProvider) {
		return spread(q.config.Retry.First), nil // another process may know it, or this one later
	}
	if err != nil {
		return 0, err
	}
	if !a.begin() {
		if j.Helper {
			return time.Second + rand.N(time.Second), nil
		}
		return over, nil // the run that is under way looks again
	}
	r := &run[TTx]{Queue: q, account: a, ctx: ctx, finished: make(chan struct{}, 1)}
	r.enough, r.abort = context.WithTimeout(ctx, maxSlice)
	defer r.abort()
	defer context.AfterFunc(q.untilStop(), r.abort)()
	err = r.takeUp()
	r.under.Wait()
	return over, errors.Join(err, r.err)
}

// run is one run of a job: it takes up due cancellations of a provider until there are no
// more or its time is over.
type run[TTx any] struct {
	*Queue[TTx]

	account *account
	ctx     context.Context // of the calls
	enough  context.Context // ends when the run takes up no more
	abort   func()          // ends enough
	queued  bool            // whether the last round claimed queued ones, with a BatchCanceler
	full    int             // rounds that may have left something: at the second another process is asked to help

	finished chan struct{} // has an element when a call has ended
	under    sync.WaitGroup
	mu       sync.Mutex
	calls    int       // under way
	due      time.Time // the first time at which one of those that ended is due
	err      error     // of the database
}

// takeUp takes up due cancellations until there are no more or its time is over, and has
// River run another job when the next one is due.
func (r *run[TTx]) takeUp() error {
	for r.enough.Err() == nil {
		taken, err := r.round()
		var next time.Time
		if err == nil && !taken {
			next, err = r.next()
		}
		switch {
		case err != nil:
			r.account.end(true)
			return err
		case !taken && r.idle(next) && r.account.end(false):
			return r.schedule(r.account, earlier(next, r.due))
		}
	}
	r.account.end(true)
	ctx, end := context.WithTimeout(context.WithoutCancel(r.ctx), recordTimeout)
	defer end()
	next, err := r.store.next(ctx, r.account.name, anyDue)
	if err != nil {
		return err
	}
	return r.schedule(r.account, next)
}

// round claims due cancellations and begins the calls. It reports whether it claimed any.
func (r *run[TTx]) round() (taken bool, err error) {
	a, n := r.account, maxClaim
	if a.PerSecond > 0 {
		n = 1
	}
	if err := a.wait(r.enough); err != nil { // before it takes a call from others of the vendor
		if r.enough.Err() != nil {
			err = nil
		}
		return false, err
	}
	slots := a.take(n, r.enough.Done())
	defer func() { a.release(slots) }() // that were not used
	if a.gone.Load() {
		r.abort() // the next run has the provider as it is now
	}
	if slots == 0 || r.enough.Err() != nil {
		return false, nil
	}
	which, n := anyDue, slots
	batch, batches := a.Canceler.(cancel.BatchCanceler)
	if r.queued = batches && !r.queued; r.queued {
		which, n = queuedDue, max(1, batch.MaxBatch())
	} else if batches {
		which = othersDue
	}
	claimed, err := r.store.claim(r.ctx, a.name, which, n, r.lease(), false)
	if err != nil {
		return false, err
	}
	if which == queuedDue && len(claimed) > 0 {
		slots--
		r.begin(claimed...)
	} else {
		slots -= len(claimed)
		for _, c := range claimed {
			r.begin(c)
		}
	}
	if len(claimed) == n {
		if r.full++; r.full == 2 {
			err = r.insert(r.ctx, a, job{Provider: a.name, Helper: true}, time.Time{})
		}
	}
	return len(claimed) > 0 || r.queued, err // with a BatchCanceler the others come next
}

// lease returns until when a claim holds: longer than a turn and recording it can take.
func (r *run[TTx]) lease() time.Time {
	return now().Add(r.config.Timeout + 2*recordTimeout + time.Second)
}

// begin begins one call, which has the right to be made.
func (r *run[TTx]) begin(claimed ...*Cancellation) {
	r.mu.Lock()
	r.calls++
	r.mu.Unlock()
	r.under.Go(func() {
		due, err := r.work(r.ctx, r.account, claimed, nil)
		r.account.release(1)
		if r.enough.Err() != nil { // the run no longer looks when it is due
			err = errors.Join(err, r.schedule(r.account, due))
		}
		r.mu.Lock()
		r.calls--
		r.due = earlier(r.due, due)
		if err != nil {
			r.err = err
			r.abort()
		}
		r.mu.Unlock()
		try(r.finished)
	})
}

// next returns when the next cancellation is due, or the zero time. It comes after a round
// that found nothing: if something is due the provider is paused, and next probes it if the
// pause is over.
func (r *run[TTx]) next() (time.Time, error) {
	r.mu.Lock()
	r.due = time.Time{} // the database knows, or a call that ends from now on says
	r.mu.Unlock()
	due, err := r.store.next(r.ctx, r.account.name, anyDue)
	if err != nil || due.IsZero() || due.After(now()) {
		return due, err
	}
	paused, until, probe, err := r.enter(r.ctx, r.account.name)
	switch {
	case err != nil || !paused:
		return now().Add(50 * time.Millisecond), err // somebody else is about to claim it
	case probe == nil: // but OnSettled is called during a pause
		delivery, err := r.store.next(r.ctx, r.account.name, settledDue)
		return earlier(until, delivery), err
	}
	claimed, err := r.store.claim(r.ctx, r.account.name, unsettledDue, 1, r.lease(), true)
	if err != nil {
		return time.Time{}, err
	}
	if len(claimed) == 0 { // the next one probes
		return now().Add(time.Second), r.store.prolongPause(r.ctx, r.account.name, now(), probe.Failures)
	}
	due, err = r.work(r.ctx, r.account, claimed, probe)
	if due.IsZero() {
		due = now()
	}
	return due, err
}

// idle waits until something is due, or may be. It reports whether nothing is for a while.
func (r *run[TTx]) idle(next time.Time) bool {
	for {
		r.mu.Lock()
		calls, due := r.calls, earlier(next, r.due)
		r.mu.Unlock()
		left := time.Until(due)
		var timer <-chan time.Time
		switch {
		case due.IsZero() && calls == 0, left > maxIdle && calls == 0:
			return true
		case due.IsZero():
		case left <= 0:
			return false
		default:
			timer = time.After(left)
		}
		select {
		case <-r.finished:
		case <-timer:
		case <-r.account.again:
			return false
		case <-r.enough.Done():
			return false
		}
	}
}

// earlier returns the earlier one of two times, of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// work gives one turn to cancellations that were claimed, all of them at once if they are
// Sending. A turn that has a probe finds out whether the credentials are good again. It
// returns when the first of them is due again, or the zero time. Its error is the database's.
func (q *Queue[TTx]) work(ctx context.Context, a *account, claimed []*Cancellation, probe *pause) (due time.Time, err error) {
	ctx, end := context.WithTimeout(ctx, q.config.Timeout)
	defer end()
	if claimed[0].State.Settled() {
		return q.deliver(ctx, claimed[0])
	}
	turns := make([]*turn, len(claimed))
	for i, c := range claimed {
		turns[i] = &turn{config: &q.config, account: a, c: c}
	}
	ctx = paid(ctx)
	if len(turns) > 1 {
		sendAll(ctx, turns)
	} else {
		turns[0].take(ctx)
	}
	last := turns[0].last
	for _, t := range turns {
		if locked(t.last) {
			last = t.last
		}
	}
	// The provider's answers are recorded even if the turn was ended.
	recording, stop := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer stop()
	err = q.leave(recording, a.name, probe, last)
	records := make([]*record, len(turns))
	for i, t := range turns {
		records[i] = &record{c: t.c, due: now().Add(t.again)}
		switch {
		case err == nil && locked(t.last) && !t.c.State.Settled(): // the provider's pause holds it, until Resume
			records[i].due = now()
		case !t.c.State.Settled():
		case q.config.OnSettled == nil:
			t.c.ToldAt, records[i].due = t.c.SettledAt, time.Time{}
		default: // this process delivers it next, or another one if this one dies
			records[i].due, records[i].hold = t.c.SettledAt.Add(q.config.Timeout+2*recordTimeout), true
		}
	}
	q.store.record(records...)
	var wait sync.WaitGroup
	var mu sync.Mutex
	add := func(next time.Time, e error) {
		mu.Lock()
		defer mu.Unlock()
		due, err = earlier(due, next), errors.Join(err, e)
	}
	for i, t := range turns {
		r := records[i]
		q.logger.LogAttrs(ctx, slog.LevelDebug, "turn",
			slog.Int64("id", t.c.ID), slog.String("provider", a.name), slog.String("to", string(t.c.State)),
			slog.Duration("again", t.again), slog.Any("error", r.err))
		switch {
		case errors.Is(r.err, errTaken): // and sees to it
		case r.err != nil:
			add(time.Time{}, r.err)
		case !t.c.State.Settled():
			add(r.due, nil)
		case r.hold && len(turns) == 1:
			add(q.deliver(ctx, t.c))
		case r.hold:
			wait.Go(func() { add(q.deliver(ctx, t.c)) })
		}
	}
	wait.Wait()
	return due, err
}

// schedule has River run a job at a time, unless that is zero. It does so although the run
// was ended.
func (q *Queue[TTx]) schedule(a *account, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	ctx, end := context.WithTimeout(context.Background(), recordTimeout)
	defer end()
	if time.Until(at) < maxIdle { // which River would start too late
		_, err := q.river.Insert(ctx, job{Provider: a.name}, a.options())
		return err
	}
	second := at.Add(time.Second - 1).Truncate(time.Second)
	return q.insert(ctx, a, job{Provider: a.name, At: second.Unix()}, second)
}

// insert has River run a job at a time, or at once if that is zero, unless it has the same
// job already.
func (q *Queue[TTx]) insert(ctx context.Context, a *account, j job, at time.Time) error {
	o := a.options()
	o.ScheduledAt = at
	o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}
	_, err := q.river.Insert(ctx, j, o)
	return err
}

// insertTx has River run a job for each account.
func (q *Queue[TTx]) insertTx(ctx context.Context, tx TTx, accounts ...*account) error {
	jobs := make([]river.InsertManyParams, len(accounts))
	for i, a := range accounts {
		jobs[i] = river.InsertManyParams{Args: job{Provider: a.name}, InsertOpts: a.options()}
	}
	if len(jobs) == 0 {
		return nil
	}
	_, err := q.river.InsertManyTx(ctx, tx, jobs)
	return err
}
