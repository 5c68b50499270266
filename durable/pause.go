package durable

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/unified-cancel/cancel"
)

// entry says whether a turn may ask its provider.
type entry struct {
	wait  time.Duration // above 0 if the provider is paused
	probe *pause        // not nil if only this turn may find out whether the pause is over
}

// enter asks whether a provider may be asked anything. When a pause is over, one turn may;
// the others wait for its answer, because vendors lock accounts after repeated failures.
func (q *Queue[TTx]) enter(ctx context.Context, provider string) (entry, error) {
	p, err := q.store.paused(ctx, provider)
	if err != nil || p == nil {
		return entry{}, err
	}
	left := time.Until(time.UnixMilli(p.until))
	if left > 0 {
		return entry{wait: spread(left)}, nil
	}
	// Should this process die, the next one tries when the turn would have timed out.
	mine, err := q.store.claim(ctx, provider, p, now().Add(q.config.Timeout))
	if err != nil {
		return entry{}, err
	}
	if !mine {
		return entry{wait: spread(q.config.Retry.First)}, nil
	}
	return entry{probe: p}, nil
}

// spread returns d and up to a tenth more, so that not all come back at once.
func spread(d time.Duration) time.Duration { return d + rand.N(d/10+1) }

// leave starts, prolongs or ends the pause of a provider by the last error of a turn.
func (q *Queue[TTx]) leave(ctx context.Context, provider string, in entry, last error) error {
	switch {
	case locked(last) && in.probe == nil:
		q.logger.LogAttrs(ctx, slog.LevelWarn, "the credentials are refused: the provider is left alone",
			slog.String("provider", provider))
		return q.store.begin(ctx, provider, now().Add(q.config.AuthPause.First))
	case locked(last):
		failures := in.probe.failures + 1
		return q.store.prolong(ctx, provider, now().Add(q.config.AuthPause.at(failures)), failures)
	case in.probe == nil:
		return nil
	case cancel.Retryable(last), errors.Is(last, cancel.ErrUnknownOutcome):
		// The answer says nothing about the credentials.
		return q.store.prolong(ctx, provider, now().Add(q.config.Retry.First), in.probe.failures)
	default:
		return q.store.end(ctx, provider)
	}
}

// locked reports whether the credentials were refused. In doubt a Client hides that in the
// cause of its error.
func locked(err error) bool {
	for err != nil {
		e, ok := errors.AsType[*cancel.Error](err)
		if !ok {
			return errors.Is(err, cancel.ErrAuth)
		}
		if e.Reason == cancel.ErrAuth {
			return true
		}
		err = e.Err
	}
	return false
}
