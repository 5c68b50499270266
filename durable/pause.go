package durable

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river/riverdriver"

	"github.com/unified-cancel/cancel"
)

// Pause is a provider that is asked nothing.
type Pause struct {
	Provider string `json:"provider"`
	// Until is when one cancellation finds out whether the credentials are good again, or
	// the zero time if a person has to call [Queue.Resume].
	Until time.Time `json:"until,omitzero"`
	// Failures is how often the credentials were refused in a row, 0 if a person has paused
	// the provider.
	Failures int `json:"failures"`
	// Who paused it and Why, in the words of the caller of [Queue.Pause].
	Who string `json:"who,omitempty"`
	Why string `json:"why,omitempty"`
}

// forever is the end, in milliseconds, of a pause that a person has to end.
const forever = 253402300799000 // the end of the year 9999

// Pause has all processes ask a provider nothing until [Queue.Resume] is called. Calls that
// are under way go on, and requests can be enqueued. Who does it and why is kept.
func (q *Queue[TTx]) Pause(ctx context.Context, provider, who, why string) error {
	if !storable(provider, who, why) {
		return invalid(provider, "a text that is not UTF-8 or has a NUL")
	}
	return wrap(q.store.exec(ctx, q.store.executor, `
		INSERT INTO unified_cancel_pause (provider, until, failures, who, why) VALUES ($1, $2, 0, $3, $4)
		ON CONFLICT (provider) DO UPDATE SET until = $2, failures = 0, who = $3, why = $4`,
		provider, int64(forever), who, why))
}

// Pauses returns the providers that are paused, by their names.
func (q *Queue[TTx]) Pauses(ctx context.Context) ([]Pause, error) {
	rows, err := q.store.pauses(ctx, `until > $1`, time.Now().UnixMilli())
	if err != nil {
		return nil, wrap(err)
	}
	pauses := make([]Pause, len(rows))
	for i, p := range rows {
		pauses[i] = p.Pause
		if p.Until != forever {
			pauses[i].Until = at(p.Until)
		}
	}
	return pauses, nil
}

// PausedUntil returns until when a provider is asked nothing: the zero time if it is not
// paused, and a time in the year 9999 if a person has paused it.
func (q *Queue[TTx]) PausedUntil(ctx context.Context, provider string) (time.Time, error) {
	p, err := q.store.paused(ctx, provider)
	if err != nil {
		return time.Time{}, wrap(err)
	}
	if p == nil || p.Until <= time.Now().UnixMilli() {
		return time.Time{}, nil
	}
	return at(p.Until), nil
}

// Resume ends the pause of a provider, and its cancellations go on at once.
func (q *Queue[TTx]) Resume(ctx context.Context, provider string) error {
	return q.change(ctx, provider, func(on riverdriver.Executor) error {
		return q.store.endPause(ctx, on, provider, forever)
	})
}

// pause is a row of unified_cancel_pause.
type pause struct {
	Pause

	Until int64 `json:"until"` // milliseconds since 1970
}

// enter says whether a provider may be asked anything. During a pause it returns its end, or
// the zero time if a person has to end it. When a pause is over it returns it to one caller,
// who probes the credentials; the others wait for the answer, because vendors lock accounts
// after repeated failures.
func (q *Queue[TTx]) enter(ctx context.Context, provider string) (paused bool, until time.Time, probe *pause, err error) {
	p, err := q.store.paused(ctx, provider)
	switch {
	case err != nil || p == nil:
		return false, time.Time{}, nil, err
	case p.Until == forever:
		return true, time.Time{}, nil, nil
	case p.Until > time.Now().UnixMilli():
		return true, at(p.Until), nil, nil
	}
	// If this process dies, the next one probes when the turn would have timed out.
	mine, err := q.store.claimPause(ctx, provider, p, now().Add(q.config.Timeout))
	if err != nil || !mine {
		return true, now().Add(spread(q.config.Retry.First)), nil, err
	}
	return true, time.Time{}, p, nil
}

// spread returns d and up to a tenth more, so that not all come back at once.
func spread(d time.Duration) time.Duration { return d + rand.N(d/10+1) }

// leave records whether the last call of a turn was refused for its credentials.
func (q *Queue[TTx]) leave(ctx context.Context, provider string, probe *pause, last error) error {
	switch {
	case locked(last) && probe == nil:
		q.logger.LogAttrs(ctx, slog.LevelWarn, "the credentials are refused: the provider is left alone",
			slog.String("provider", provider))
		return q.store.beginPause(ctx, provider, now().Add(q.config.AuthPause.First))
	case locked(last):
		failures := probe.Failures + 1
		return q.store.prolongPause(ctx, provider, now().Add(q.config.AuthPause.at(failures)), failures)
	case probe == nil:
		return nil
	case cancel.Retryable(last), errors.Is(last, cancel.ErrUnknownOutcome):
		// Nothing was learnt about the credentials.
		return q.store.prolongPause(ctx, provider, now().Add(q.config.Retry.First), probe.Failures)
	default:
		return q.store.endPause(ctx, q.store.executor, provider, forever-1)
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

// pauses returns the pauses that a condition selects.
func (s *store) pauses(ctx context.Context, where string, arg any) ([]pause, error) {
	return list[pause](s.row(ctx, s.executor, `
		SELECT `+all(`'provider', provider, 'until', until, 'failures', failures, 'who', who, 'why', why`)+`
		FROM (SELECT * FROM unified_cancel_pause WHERE `+where+` ORDER BY provider) AS paused`, arg))
}

// paused returns the pause of a provider, or nil.
func (s *store) paused(ctx context.Context, provider string) (*pause, error) {
	found, err := s.pauses(ctx, `provider = $1`, provider)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// claimPause prolongs a pause that is over, and reports whether no one else has.
func (s *store) claimPause(ctx context.Context, provider string, p *pause, until time.Time) (bool, error) {
	err := s.row(ctx, s.executor, `
		UPDATE unified_cancel_pause SET until = $1 WHERE provider = $2 AND until = $3 RETURNING until`,
		until.UnixMilli(), provider, p.Until).Scan(&p.Until)
	if none(err) {
		return false, nil
	}
	return err == nil, err
}

// beginPause pauses a provider that is not paused.
func (s *store) beginPause(ctx context.Context, provider string, until time.Time) error {
	return s.exec(ctx, s.executor, `
		INSERT INTO unified_cancel_pause (provider, until, failures, who, why) VALUES ($1, $2, 1, '', '')
		ON CONFLICT (provider) DO NOTHING`, provider, until.UnixMilli())
}

// prolongPause sets the end of a pause that was claimed, unless a person has paused it since.
func (s *store) prolongPause(ctx context.Context, provider string, until time.Time, failures int) error {
	return s.exec(ctx, s.executor, `
		UPDATE unified_cancel_pause SET until = $1, failures = $2 WHERE provider = $3 AND until < $4`,
		until.UnixMilli(), failures, provider, int64(forever))
}

// endPause ends the pause of a provider if it ends at last or before.
func (s *store) endPause(ctx context.Context, on riverdriver.Executor, provider string, last int64) error {
	return s.exec(ctx, on, `DELETE FROM unified_cancel_pause WHERE provider = $1 AND until <= $2`, provider, last)
}
