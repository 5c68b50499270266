package durable

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/riverdriver"

	"github.com/unified-cancel/cancel"
)

// ErrState says that the state of a cancellation does not allow the change. The error
// that wraps it names the state.
var ErrState = errors.New("the state of the cancellation does not allow it")

// Wake has a worker look at once at the open cancellation that req names by Provider, Kind
// and ID, for example because a webhook has told something about it. A turn that is under
// way is followed by another one. Its error may be [ErrNoCancellation].
func (q *Queue[TTx]) Wake(ctx context.Context, req cancel.Request) error {
	name, err := q.thing(ctx, req)
	if err != nil {
		return wrap(err)
	}
	return q.change(ctx, req.Provider, func(on riverdriver.Executor) error {
		var id int64
		err := q.store.row(ctx, on, `
			UPDATE unified_cancel_job
			SET due_at = CASE working WHEN 0 THEN $4 ELSE due_at END, working = CASE working WHEN 0 THEN 0 ELSE 2 END
			WHERE provider = $1 AND kind = $2 AND thing = $3 AND settled_at = 0 RETURNING id`,
			req.Provider, string(req.Kind), name, time.Now().UnixMilli()).Scan(&id)
		if none(err) {
			return ErrNoCancellation
		}
		return err
	})
}

// Withdraw takes back a cancellation that is [Queued]: it is [Withdrawn], and nothing is
// sent. Its error may be [ErrNoCancellation] or [ErrState].
func (q *Queue[TTx]) Withdraw(ctx context.Context, id int64) error {
	return q.update(ctx, id, `
		UPDATE unified_cancel_job SET state = 'withdrawn', settled_at = $2, due_at = $2, version = version + 1
		WHERE id = $1 AND state = 'queued' AND working = 0 RETURNING id`)
}

// Redeliver has Config.OnSettled called again with a cancellation that is settled, whether
// it has succeeded before or not. Its error may be [ErrNoCancellation] or [ErrState].
func (q *Queue[TTx]) Redeliver(ctx context.Context, id int64) error {
	return q.update(ctx, id, `
		UPDATE unified_cancel_job SET due_at = $2
		WHERE id = $1 AND settled_at > 0 AND working = 0 RETURNING id`)
}

// Requeue has workers go on with a cancellation that is [Failed], [Forgotten] or [Unknown],
// after a person has looked: a Failed one is Queued, and the others are InDoubt, so that workers
// ask for the status before they send anything. A note keeps who did it, why, and the failure
// before it. Its error may be [ErrNoCancellation], or [ErrState], also if another cancellation of
// the same thing is open or [Retention] has stripped this one.
func (q *Queue[TTx]) Requeue(ctx context.Context, id int64, who, why string) error {
	if !storable(who, why) {
		return invalid("", "a text that is not UTF-8 or has a NUL")
	}
	c, err := q.Get(ctx, id)
	if err != nil {
		return err
	}
	return q.change(ctx, c.Request.Provider, func(on riverdriver.Executor) error {
		c, err := q.store.load(ctx, on, id)
		if err != nil {
			return err
		}
		note := Note{At: now(), Who: who, Why: why, From: c.State, Failure: c.Failure}
		switch {
		case c.Stripped:
			return fmt.Errorf("%w: it is stripped", ErrState)
		case c.State == Failed:
			c.State, c.DoubtSince = Queued, time.Time{}
		case c.State == Forgotten, c.State == Unknown:
			c.State, c.DoubtSince = InDoubt, now()
		default:
			return fmt.Errorf("%w: it is %s", ErrState, c.State)
		}
		c.Notes = append(c.Notes, note)
		c.Failure, c.Undelivered, c.PendingSince, c.SettledAt, c.ToldAt = nil, nil, time.Time{}, time.Time{}, time.Time{}
		body, err := bodyOf(c)
		if err != nil {
			return err
		}
		err = q.store.row(ctx, on, `
			UPDATE unified_cancel_job AS job
			SET state = $3, body = $4, due_at = $5, settled_at = 0, version = version + 1
			WHERE id = $1 AND version = $2 AND working = 0 AND NOT EXISTS (
				SELECT 1 FROM unified_cancel_job AS open
				WHERE open.provider = job.provider AND open.kind = job.kind AND open.thing = job.thing AND open.settled_at = 0)
			RETURNING id`,
			id, c.version, string(c.State), body, time.Now().UnixMilli()).Scan(&id)
		if e, ok := errors.AsType[*pgconn.PgError](err); none(err) || ok && e.ConstraintName == "unified_cancel_job_open" {
			err = fmt.Errorf("%w: it is being worked on, or another one of the same thing is open", ErrState)
		}
		return err
	})
}

// update is change with a statement that returns the ID of the cancellation if its state
// allows it.
func (q *Queue[TTx]) update(ctx context.Context, id int64, statement string) error {
	c, err := q.Get(ctx, id)
	if err != nil {
		return err
	}
	return q.change(ctx, c.Request.Provider, func(on riverdriver.Executor) error {
		err := q.store.row(ctx, on, statement, id, time.Now().UnixMilli()).Scan(&id)
		if !none(err) {
			return err
		}
		c, err := q.store.load(ctx, on, id)
		if err != nil {
			return err
		}
		return fmt.Errorf("%w: it is %s", ErrState, c.State)
	})
}

// change runs f in a transaction, together with a job of River for the provider, unless this
// process does not know it: then its jobs come back by themselves. It looks the provider up
// before the transaction, because Config.Lookup may need the database.
func (q *Queue[TTx]) change(ctx context.Context, provider string, f func(riverdriver.Executor) error) error {
	a, err := q.account(ctx, provider)
	if err != nil && !errors.Is(err, ErrNoProvider) {
		return wrap(err)
	}
	err = q.store.within(ctx, func(tx riverdriver.ExecutorTx) error {
		if err := f(tx); err != nil || a == nil {
			return err
		}
		return q.insertTx(ctx, q.driver.UnwrapTx(tx), a)
	})
	return wrap(err)
}
