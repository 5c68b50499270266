package durable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// deliveryPause is the pause before OnSettled is called again.
var deliveryPause = Span{First: 2 * time.Second, Longest: 10 * time.Minute}

// deliver calls OnSettled for a settled cancellation and records whether it succeeded. It
// returns the time of the next call of OnSettled, the zero time for no call.
func (q *Queue[TTx]) deliver(ctx context.Context, c *Cancellation) (time.Time, error) {
	var next time.Time
	if err := q.callOnSettled(ctx, *c); err != nil {
		times := 1
		if c.Undelivered != nil {
			times += c.Undelivered.Times
		}
		c.Undelivered = &Undelivered{Error: plain(err.Error()), At: now(), Times: times}
		next = now().Add(deliveryPause.at(times))
		q.logger.LogAttrs(ctx, slog.LevelWarn, "OnSettled failed",
			slog.Int64("id", c.ID), slog.Int("times", times), slog.String("error", c.Undelivered.Error))
	} else {
		c.Undelivered, c.ToldAt = nil, now()
	}
	r := &record{c: c, due: next}
	q.store.record(r)
	if errors.Is(r.err, errTaken) { // somebody else delivers it
		return time.Time{}, nil
	}
	return next, r.err
}

// callOnSettled calls OnSettled. A panic in it counts as an error.
func (q *Queue[TTx]) callOnSettled(ctx context.Context, c Cancellation) (err error) {
	if q.config.OnSettled == nil {
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			q.logger.LogAttrs(ctx, slog.LevelError, "OnSettled panicked", slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return q.config.OnSettled(ctx, c)
}
