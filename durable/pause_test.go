package durable

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestAuthPause(t *testing.T) {
	locked := true
	v := &vendor{cancel: func(int, cancel.Request) (cancel.Result, error) {
		if locked {
			return fails(cancel.ErrAuth)
		}
		return is(cancel.Cancelled)
	}}
	other := &vendor{}
	path := file(t)
	synctest.Test(t, func(t *testing.T) {
		config := of(v)
		config.Providers["other"] = Provider{Canceler: other}
		q := open(t, path, config)
		defer func() { assert.NoError(t, q.Close()) }()
		var ids []int64
		for i := range 5 {
			ids = append(ids, enqueue(t, q.Queue, payment(fmt.Sprint(i+1))))
		}
		elsewhere := payment("1")
		elsewhere.Provider = "other"
		free := enqueue(t, q.Queue, elsewhere)

		round := func() {
			for _, id := range ids {
				once(t, q.Queue, id)
			}
		}
		for i, minutes := range []int{15, 30, 60, 120, 240, 360, 360} {
			round()
			assert.Equal(t, i+1, v.called(), "one knocks, and the others wait")
			until, err := q.PausedUntil(t.Context(), "v")
			require.NoError(t, err)
			want := time.Duration(minutes) * time.Minute
			assert.InDelta(t, want, time.Until(until), float64(time.Millisecond))
			time.Sleep(want - time.Second)
			round()
			assert.Equal(t, i+1, v.called())
			time.Sleep(time.Second)
		}
		assert.Equal(t, Done, finish(t, q.Queue, free).State, "another provider goes on")
		assert.Equal(t, map[State]int{Queued: 5, Done: 1}, counts(t, q))

		locked = false
		round()
		until, err := q.PausedUntil(t.Context(), "v")
		require.NoError(t, err)
		assert.Zero(t, until)
		for _, id := range ids {
			assert.Equal(t, Done, finish(t, q.Queue, id).State)
		}
		assert.Equal(t, 7+5, v.called())
	})
}

func counts(t *testing.T, q *SQLite) map[State]int {
	t.Helper()
	n, err := q.Counts(t.Context())
	require.NoError(t, err)
	return n
}

// The worker that asks for all the others dies.
func TestProbeDies(t *testing.T) {
	v := &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
		switch n {
		case 1:
			return fails(cancel.ErrAuth)
		case 2:
			perish()
		}
		return is(cancel.Cancelled)
	}}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		first, second := enqueue(t, q.Queue, payment("1")), enqueue(t, q.Queue, payment("2"))
		once(t, q.Queue, first)
		time.Sleep(15 * time.Minute)
		die(t, q.Queue, first)
		assert.Positive(t, once(t, q.Queue, second))
		assert.Equal(t, 2, v.called())
		time.Sleep(5 * time.Minute)
		assert.Equal(t, over, once(t, q.Queue, second))
	})
}

// Where nothing was learnt about the credentials the pause goes on.
func TestProbeLearnsNothing(t *testing.T) {
	v := &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
		switch n {
		case 1:
			return fails(cancel.ErrAuth)
		case 2:
			return fails(cancel.ErrUnavailable)
		}
		return is(cancel.Cancelled)
	}}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		first, second := enqueue(t, q.Queue, payment("1")), enqueue(t, q.Queue, payment("2"))
		once(t, q.Queue, first)
		time.Sleep(15 * time.Minute)
		once(t, q.Queue, first)
		assert.Positive(t, once(t, q.Queue, second))
		assert.Equal(t, 2, v.called())
		time.Sleep(time.Minute)
		assert.Equal(t, over, once(t, q.Queue, second))
	})
}

func TestResume(t *testing.T) {
	v := &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
		if n == 1 {
			return fails(cancel.ErrAuth)
		}
		return is(cancel.Cancelled)
	}}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		id := enqueue(t, q.Queue, payment("1"))
		once(t, q.Queue, id)
		assert.Positive(t, once(t, q.Queue, id))
		require.NoError(t, q.Resume(t.Context(), "v"))
		assert.Equal(t, over, once(t, q.Queue, id))
	})
}

// In doubt and while pending the credentials can be refused, too.
func TestAuthLater(t *testing.T) {
	t.Run("in doubt", func(t *testing.T) {
		v := &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
			if n == 1 {
				return fails(cancel.ErrUnknownOutcome)
			}
			return fails(cancel.ErrAuth)
		}}
		path := file(t)
		synctest.Test(t, func(t *testing.T) {
			config := of(v)
			config.Options = []cancel.Option{cancel.WithMaxAttempts(2)} // the Client hides the second answer in its doubt
			q := open(t, path, config)
			defer func() { assert.NoError(t, q.Close()) }()
			id := enqueue(t, q.Queue, payment("1"))
			once(t, q.Queue, id)
			assert.Equal(t, InDoubt, get(t, q.Queue, id).State)
			until, err := q.PausedUntil(t.Context(), "v")
			require.NoError(t, err)
			assert.InDelta(t, 15*time.Minute, time.Until(until), float64(time.Millisecond))
			calls := v.called()
			assert.Positive(t, once(t, q.Queue, id))
			assert.Equal(t, calls, v.called())
		})
	})
	t.Run("pending", func(t *testing.T) {
		v := &teller{
			vendor: vendor{cancel: always(is(cancel.Pending))},
			status: func(n int) (cancel.Result, error) {
				if n == 1 {
					return fails(cancel.ErrAuth)
				}
				return is(cancel.Cancelled)
			},
		}
		inNoTime(t, v, func(t *testing.T, q *SQLite) {
			id := enqueue(t, q.Queue, payment("1"))
			time.Sleep(once(t, q.Queue, id))
			once(t, q.Queue, id)
			assert.Equal(t, Pending, get(t, q.Queue, id).State)
			assert.Equal(t, Done, finish(t, q.Queue, id).State)
			assert.Equal(t, 1, v.called())
		})
	})
}

// Refused credentials are no answer: a doubt outlasts DoubtFor while they last, and
// ends once they are good.
func TestDoubtWhileLocked(t *testing.T) {
	for name, answer := range map[string]struct {
		status func() (cancel.Result, error)
		want   State
	}{
		"then cancelled": {func() (cancel.Result, error) { return is(cancel.Cancelled) }, Done},
		"then nothing":   {func() (cancel.Result, error) { return fails(cancel.ErrUnavailable) }, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			locked := true
			v := &teller{
				vendor: vendor{cancel: always(fails(cancel.ErrUnknownOutcome))},
				status: func(n int) (cancel.Result, error) {
					switch {
					case n == 1: // the Client itself asks after the broken call
						return fails(cancel.ErrUnavailable)
					case locked:
						return fails(cancel.ErrAuth)
					}
					return answer.status()
				},
			}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				id := enqueue(t, q.Queue, payment("1"))
				for began := time.Now(); time.Since(began) < 72*time.Hour; {
					time.Sleep(once(t, q.Queue, id))
					require.Equal(t, InDoubt, get(t, q.Queue, id).State)
				}
				assert.Greater(t, v.asked(), 72/6, "it is asked after each pause")
				locked = false
				assert.Equal(t, answer.want, finish(t, q.Queue, id).State)
				assert.Equal(t, 1, v.called(), "it is not sent again")
			})
		})
	}
	t.Run("without a status", func(t *testing.T) {
		locked := true
		v := &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
			switch {
			case n == 1:
				return fails(cancel.ErrUnknownOutcome)
			case locked:
				return fails(cancel.ErrAuth)
			}
			return is(cancel.AlreadyCancelled)
		}}
		inNoTime(t, v, func(t *testing.T, q *SQLite) {
			id := enqueue(t, q.Queue, payment("1"))
			for began := time.Now(); time.Since(began) < 72*time.Hour; {
				time.Sleep(once(t, q.Queue, id))
				require.Equal(t, InDoubt, get(t, q.Queue, id).State)
			}
			locked = false
			assert.Equal(t, Done, finish(t, q.Queue, id).State)
		})
	})
}
