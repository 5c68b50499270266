package durable

import (
	"context"
	"errors"
	"time"
)

// sweeper returns a function that has River run a job for each provider with overdue
// cancellations, which no other job will look at soon because the process that ran it has died.
func (q *Queue[TTx]) sweeper() func(context.Context) error {
	late := time.Duration(0) // from the second time on, only those that are late
	return func(ctx context.Context) error {
		providers, err := q.store.overdue(ctx, now().Add(-late))
		late = maxIdle
		for _, name := range providers {
			a, e := q.account(ctx, name)
			if e == nil {
				_, e = q.river.Insert(ctx, job{Provider: name}, a.options())
			}
			if !errors.Is(e, ErrNoProvider) {
				err = errors.Join(err, e)
			}
		}
		return err
	}
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
