package durable

import (
	"context"
	"sync"
	"time"

	"github.com/unified-cancel/cancel"
)

// wait waits until PerSecond lets a call be made, or until ctx ends. The bucket is a time, when
// it is full again: each call moves it one interval on, and waits for as long as it is more than
// Burst intervals ahead. The error is ctx.Err() or the database's, and then the call is not
// taken out of the bucket.
func (a *account) wait(ctx context.Context) error {
	if a.PerSecond == 0 {
		return nil
	}
	interval := max(time.Microsecond, time.Duration(float64(time.Second)/a.PerSecond))
	full, err := a.advance(ctx, interval)
	if err != nil {
		return err
	}
	if sleep(ctx, time.Until(full.Add(-time.Duration(a.Burst)*interval))) == nil {
		return nil
	}
	back, end := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer end()
	if _, err := a.advance(back, -interval); err != nil {
		return err
	}
	return ctx.Err()
}

// advance takes a call out of the bucket, or puts one back, and returns when it is full again.
func (a *account) advance(ctx context.Context, by time.Duration) (time.Time, error) {
	if a.Shared {
		return a.store.advance(ctx, a.name, by)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := time.Now(); a.full.Before(now) {
		a.full = now
	}
	a.full = a.full.Add(by)
	return a.full, nil
}

// sleep waits for d, or until ctx ends. Its error is ctx.Err().
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

type paidKey struct{}

// paid returns a context whose first call was waited for already.
func paid(ctx context.Context) context.Context {
	return context.WithValue(ctx, paidKey{}, new(sync.Once))
}

// limit is a hook that has each call but the first of a turn wait.
func (a *account) limit(ctx context.Context, _ cancel.Operation) (context.Context, func([]cancel.Item)) {
	first := false
	if once, ok := ctx.Value(paidKey{}).(*sync.Once); ok {
		once.Do(func() { first = true })
	}
	if !first {
		_ = a.wait(ctx) // the call itself says why it can't be made
	}
	return ctx, func([]cancel.Item) {}
}

// advance is account.advance in the database. Its times are in microseconds.
func (s *store) advance(ctx context.Context, provider string, by time.Duration) (time.Time, error) {
	var full int64
	err := s.row(ctx, s.executor, `
		INSERT INTO unified_cancel_rate (provider, full_at) VALUES ($1, CAST($2 AS BIGINT) + CAST($3 AS BIGINT))
		ON CONFLICT (provider) DO UPDATE SET full_at = $3 +
			CASE WHEN unified_cancel_rate.full_at > $2 THEN unified_cancel_rate.full_at ELSE $2 END
		RETURNING full_at`,
		provider, time.Now().UnixMicro(), by.Microseconds()).Scan(&full)
	return time.UnixMicro(full), err
}
