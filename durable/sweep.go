package durable

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// sweepEach is how often a process looks for cancellations that no job of River will look at
// soon, because the process that ran the job has died.
const sweepEach = time.Minute

// sweep looks for such cancellations now and each minute until ctx ends.
func (q *Queue[TTx]) sweep(ctx context.Context) {
	for overdue := time.Duration(0); ; overdue = maxIdle {
		if err := q.sweepOnce(ctx, now().Add(-overdue)); err != nil && ctx.Err() == nil {
			q.logger.LogAttrs(ctx, slog.LevelWarn, "looking for overdue cancellations failed", slog.Any("error", err))
		}
		if sleep(ctx, spread(sweepEach)) != nil {
			return
		}
	}
}

// sweepOnce has River run a job for each provider with something that was due at a time.
func (q *Queue[TTx]) sweepOnce(ctx context.Context, before time.Time) error {
	providers, err := q.store.overdue(ctx, before)
	if err != nil {
		return err
	}
	var failures []error
	for _, name := range providers {
		a, err := q.account(ctx, name)
		if err == nil {
			_, err = q.river.Insert(ctx, job{Provider: name}, a.options())
		}
		if err != nil && !errors.Is(err, ErrNoProvider) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// overdue returns the providers, except paused ones, with something that was due at a time.
func (s *store) overdue(ctx context.Context, before time.Time) ([]string, error) {
	found, err := list[row](s.row(ctx, s.executor, `
		SELECT `+all(`'provider', provider`)+` FROM (
			SELECT DISTINCT provider FROM unified_cancel_job WHERE due_at > 0 AND due_at <= $1 AND NOT EXISTS (
				SELECT 1 FROM unified_cancel_pause AS pause WHERE pause.provider = unified_cancel_job.provider AND until > $1)
		) AS found`, before.UnixMilli()))
	providers := make([]string, len(found))
	for i, r := range found {
		providers[i] = r.Provider
	}
	return providers, err
}
