package durable

import (
	"context"
	"time"

	"github.com/riverqueue/river/riverdriver"

	"github.com/unified-cancel/cancel"
)

// Retention says how long a settled cancellation is kept, counted from Cancellation.SettledAt.
// Each process that has started looks each hour, and works in transactions of a few hundred
// rows. It does not touch cancellations that OnSettled has not taken yet.
type Retention struct {
	// Strip is after how long a cancellation loses its bodies and personal data: the
	// receipt, raw answers, the vendor's words, evidence, notes, and of the Request
	// everything but Provider, Kind, ID, Motive and ReplacedBy. 0 means never.
	Strip time.Duration
	// Delete is after how long a cancellation is deleted. 0 means never.
	Delete time.Duration
}

// maxRetained is how many rows one transaction of Retention changes.
const maxRetained = 500

// retain applies Config.Retention to all that is due for it.
func (q *Queue[TTx]) retain(ctx context.Context) error {
	for _, step := range []struct {
		after time.Duration
		do    func(ctx context.Context, before time.Time) (found int, err error)
	}{{q.config.Retention.Delete, q.store.forget}, {q.config.Retention.Strip, q.store.strip}} {
		for n := 1; n > 0 && step.after > 0; {
			var err error
			if n, err = step.do(ctx, time.Now().Add(-step.after)); err != nil {
				return err
			}
		}
	}
	return nil
}

// retained selects rows that were settled before $1 and delivered, except those that another
// transaction is changing.
const retained = `SELECT id FROM unified_cancel_job
	WHERE stripped IN (0, $2) AND settled_at > 0 AND settled_at < $1 AND due_at = 0 LIMIT $3 {{lock}}`

// forget deletes rows, and returns how many it found.
func (s *store) forget(ctx context.Context, before time.Time) (n int, err error) {
	err = s.within(ctx, func(tx riverdriver.ExecutorTx) error {
		args := []any{before.UnixMilli(), 1, maxRetained}
		if err := s.row(ctx, tx, `SELECT count(*) FROM (`+retained+`) AS old`, args...).Scan(&n); err != nil || n == 0 {
			return err
		}
		return s.exec(ctx, tx, `DELETE FROM unified_cancel_job WHERE id IN (`+retained+`)`, args...)
	})
	return n, err
}

// strip takes the personal data out of rows, and returns how many it found.
func (s *store) strip(ctx context.Context, before time.Time) (n int, err error) {
	err = s.within(ctx, func(tx riverdriver.ExecutorTx) error {
		old, err := rowsOf(s.row(ctx, tx, `
			SELECT `+all(columns)+` FROM unified_cancel_job WHERE id IN (`+retained+`)`, before.UnixMilli(), 0, maxRetained))
		if err != nil || len(old) == 0 {
			return err
		}
		n = len(old)
		rows := make([]row, n)
		for i, c := range old {
			rows[i] = row{ID: c.ID, Version: c.version}
			if rows[i].Body, err = bodyOf(stripped(*c)); err != nil {
				return err
			}
		}
		return s.exec(ctx, tx, `
			UPDATE unified_cancel_job AS job SET body = input.body, stripped = 1, version = job.version + 1
			FROM `+s.input("id bigint", "version bigint", "body text")+`
			WHERE job.id = input.id AND job.version = input.version`, inputOf(rows))
	})
	return n, err
}

// stripped returns c without bodies and personal data.
func stripped(c Cancellation) *Cancellation {
	r := c.Request
	c.Request = cancel.Request{Provider: r.Provider, Kind: r.Kind, ID: r.ID, Motive: r.Motive, ReplacedBy: r.ReplacedBy}
	c.Result.Message, c.Result.Receipt, c.Result.Raw = "", nil, nil
	if c.Failure != nil {
		c.Failure = &Failure{
			Reason: c.Failure.Reason, Op: c.Failure.Op, Code: c.Failure.Code,
			HTTPStatus: c.Failure.HTTPStatus, At: c.Failure.At, Times: c.Failure.Times,
		}
	}
	c.Evidence, c.Notes, c.Stripped = nil, nil, true
	return &c
}
