package durable

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// inNoTime runs test with a Queue of adapter in a bubble.
func inNoTime(t *testing.T, adapter cancel.Canceler, test func(t *testing.T, q *SQLite)) {
	t.Helper()
	path := file(t)
	synctest.Test(t, func(t *testing.T) {
		q := open(t, path, of(adapter))
		defer func() { assert.NoError(t, q.Close()) }()
		test(t, q)
	})
}

func TestFirstAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		answer  func() (cancel.Result, error)
		want    State
		settled bool
	}{
		"cancelled":         {func() (cancel.Result, error) { return is(cancel.Cancelled) }, Done, true},
		"already cancelled": {func() (cancel.Result, error) { return is(cancel.AlreadyCancelled) }, Done, true},
		"pending":           {func() (cancel.Result, error) { return is(cancel.Pending) }, Pending, false},
		"invalid":           {func() (cancel.Result, error) { return fails(cancel.ErrInvalid) }, Failed, true},
		"forbidden":         {func() (cancel.Result, error) { return fails(cancel.ErrForbidden) }, Failed, true},
		"not found":         {func() (cancel.Result, error) { return fails(cancel.ErrNotFound) }, Failed, true},
		"not cancellable":   {func() (cancel.Result, error) { return fails(cancel.ErrNotCancellable) }, Failed, true},
		"rejected":          {func() (cancel.Result, error) { return fails(cancel.ErrRejected) }, Failed, true},
		"unexpected":        {func() (cancel.Result, error) { return fails(cancel.ErrUnexpected) }, Unknown, true},
		"unavailable":       {func() (cancel.Result, error) { return fails(cancel.ErrUnavailable) }, Queued, false},
		"auth":              {func() (cancel.Result, error) { return fails(cancel.ErrAuth) }, Queued, false},
		"unknown outcome":   {func() (cancel.Result, error) { return fails(cancel.ErrUnknownOutcome) }, InDoubt, false},
	} {
		t.Run(name, func(t *testing.T) {
			result, failed := test.answer()
			v := &vendor{cancel: always(result, failed)}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				id := enqueue(t, q.Queue, payment("1"))
				again := once(t, q.Queue, id)
				c := get(t, q.Queue, id)
				assert.Equal(t, test.want, c.State)
				assert.Equal(t, test.settled, again == over)
				assert.Equal(t, test.settled, !c.SettledAt.IsZero())
				assert.Equal(t, test.settled, !c.ToldAt.IsZero())
				assert.Equal(t, 1, c.Sent)
				assert.Equal(t, 1, v.called())
				require.Len(t, c.Evidence, 1)
				if failed == nil {
					assert.Equal(t, result.State, c.Result.State)
					assert.NoError(t, c.Err())
					return
				}
				want, ok := failed.(*cancel.Error)
				require.True(t, ok)
				require.ErrorIs(t, c.Err(), want.Reason)
				got := c.Err().(*cancel.Error)
				assert.Equal(t, "v", got.Provider)
				assert.Equal(t, "1", got.ID)
				assert.Equal(t, []byte("r"), got.Raw)
			})
		})
	}
}

func TestSettledIsFinal(t *testing.T) {
	v := &vendor{}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		id := enqueue(t, q.Queue, payment("1"))
		before := finish(t, q.Queue, id)
		for range 3 {
			assert.Equal(t, over, once(t, q.Queue, id))
		}
		assert.Equal(t, before, get(t, q.Queue, id))
		assert.Equal(t, 1, v.called())
	})
}

func TestPendingAcrossRestarts(t *testing.T) {
	const asks = 8
	v := &teller{
		vendor: vendor{cancel: always(is(cancel.Pending))},
		status: func(n int) (cancel.Result, error) {
			if n == asks {
				return cancel.Result{State: cancel.Cancelled, Receipt: []byte("<acuse/>")}, nil
			}
			return is(cancel.Pending)
		},
	}
	path := file(t)
	synctest.Test(t, func(t *testing.T) {
		q := open(t, path, of(v))
		id := enqueue(t, q.Queue, payment("1"))
		var pauses []time.Duration
		for {
			again := once(t, q.Queue, id)
			if again == over {
				break
			}
			pauses = append(pauses, again)
			require.NoError(t, q.Close()) // each turn is a process of its own
			time.Sleep(again)
			q = open(t, path, of(v))
		}
		defer func() { assert.NoError(t, q.Close()) }()
		m := time.Minute
		assert.Equal(t, []time.Duration{5 * m, 10 * m, 20 * m, 40 * m, 60 * m, 60 * m, 60 * m, 60 * m}, pauses)
		c := get(t, q.Queue, id)
		assert.Equal(t, Done, c.State)
		assert.Equal(t, []byte("<acuse/>"), c.Result.Receipt)
		assert.Equal(t, asks, c.Asked)
		assert.Equal(t, 1, v.called(), "it is sent once")
		assert.Len(t, c.Evidence, 3, "of what is pending the first and the last are kept")
		assert.Equal(t, cancel.Cancelled, c.Evidence[2].State)
	})
}

func TestPendingEnds(t *testing.T) {
	for name, test := range map[string]struct {
		status func() (cancel.Result, error)
		want   State
		reason error
		asked  int
	}{
		"rejected":        {func() (cancel.Result, error) { return fails(cancel.ErrRejected) }, Failed, cancel.ErrRejected, 1},
		"not cancellable": {func() (cancel.Result, error) { return fails(cancel.ErrNotCancellable) }, Failed, cancel.ErrNotCancellable, 1},
		"not cancelled":   {func() (cancel.Result, error) { return is(cancel.NotCancelled) }, Failed, cancel.ErrNotFound, minTries},
		"not found":       {func() (cancel.Result, error) { return fails(cancel.ErrNotFound) }, Forgotten, cancel.ErrNotFound, minTries},
		"unexpected":      {func() (cancel.Result, error) { return fails(cancel.ErrUnexpected) }, Unknown, cancel.ErrUnexpected, minTries},
		"forbidden":       {func() (cancel.Result, error) { return fails(cancel.ErrForbidden) }, Unknown, cancel.ErrForbidden, minTries},
		"unknown outcome": {func() (cancel.Result, error) { return fails(cancel.ErrUnknownOutcome) }, Unknown, cancel.ErrUnknownOutcome, minTries},
		"a panic":         {func() (cancel.Result, error) { panic("oops") }, Unknown, cancel.ErrUnknownOutcome, minTries},
	} {
		t.Run(name, func(t *testing.T) {
			v := &teller{
				vendor: vendor{cancel: always(is(cancel.Pending))},
				status: func(int) (cancel.Result, error) { return test.status() },
			}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				c := finish(t, q.Queue, enqueue(t, q.Queue, payment("1")))
				assert.Equal(t, test.want, c.State)
				assert.ErrorIs(t, c.Err(), test.reason)
				assert.Equal(t, test.asked, v.asked())
			})
		})
	}
	t.Run("no status", func(t *testing.T) {
		v := &vendor{cancel: always(is(cancel.Pending))}
		inNoTime(t, v, func(t *testing.T, q *SQLite) {
			c := finish(t, q.Queue, enqueue(t, q.Queue, payment("1")))
			assert.Equal(t, Unknown, c.State)
			assert.Equal(t, cancel.Pending, c.Result.State)
		})
	})
}

// A stray answer of a proxy does not end the waiting.
func TestStrayAnswersWhilePending(t *testing.T) {
	const asks = 100
	v := &teller{
		vendor: vendor{cancel: always(is(cancel.Pending))},
		status: func(n int) (cancel.Result, error) {
			switch {
			case n == asks:
				return is(cancel.Cancelled)
			case n%minTries == 0:
				return is(cancel.Pending)
			case n%7 == 0:
				return fails(cancel.ErrUnavailable)
			case n%2 == 0:
				return fails(cancel.ErrInvalid)
			case n%3 == 0:
				return is(cancel.NotCancelled)
			}
			return fails(cancel.ErrForbidden)
		},
	}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		c := finish(t, q.Queue, enqueue(t, q.Queue, payment("1")))
		assert.Equal(t, Done, c.State)
		assert.Equal(t, asks, v.asked())
		require.Len(t, c.Evidence, maxEvidence, "of many calls the first and the last are kept")
		assert.Equal(t, cancel.Pending, c.Evidence[0].State)
		assert.Equal(t, cancel.Cancelled, c.Evidence[maxEvidence-1].State)
	})
}

func TestForgotten(t *testing.T) {
	for name, status := range map[string]func() (cancel.Result, error){
		"pending":     func() (cancel.Result, error) { return is(cancel.Pending) },
		"unavailable": func() (cancel.Result, error) { return fails(cancel.ErrUnavailable) },
	} {
		t.Run(name, func(t *testing.T) {
			v := &teller{
				vendor: vendor{cancel: always(is(cancel.Pending))},
				status: func(int) (cancel.Result, error) { return status() },
			}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				c := finish(t, q.Queue, enqueue(t, q.Queue, payment("1")))
				assert.Equal(t, Forgotten, c.State)
				took := c.SettledAt.Sub(c.PendingSince)
				assert.GreaterOrEqual(t, took, 60*24*time.Hour)
				assert.Less(t, took, 60*24*time.Hour+2*time.Hour)
				assert.LessOrEqual(t, len(c.Evidence), 3)
				assert.Equal(t, 1, v.called())
			})
		})
	}
}

func TestUnavailable(t *testing.T) {
	v := &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
		switch {
		case n == 3:
			return cancel.Result{}, &cancel.Error{Reason: cancel.ErrUnavailable, RetryAfter: 5 * time.Hour}
		case n <= 9:
			return fails(cancel.ErrUnavailable)
		}
		return is(cancel.Cancelled)
	}}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		id := enqueue(t, q.Queue, payment("1"))
		for i, minutes := range []int{1, 2, 5 * 60, 8, 16, 32, 60, 60, 60} {
			want := time.Duration(minutes) * time.Minute
			again := once(t, q.Queue, id)
			assert.GreaterOrEqual(t, again, want, i)
			assert.LessOrEqual(t, again, want+want/10, i)
			c := get(t, q.Queue, id)
			assert.Equal(t, Queued, c.State)
			assert.Equal(t, time.Now().Add(again).UTC().Round(0), c.NextAt)
			time.Sleep(again)
		}
		assert.Equal(t, Done, finish(t, q.Queue, id).State)
		assert.Equal(t, 10, v.called())
	})
}

func TestRetryAfterIsBounded(t *testing.T) {
	v := &vendor{cancel: always(cancel.Result{}, &cancel.Error{Reason: cancel.ErrUnavailable, RetryAfter: 20 * 365 * 24 * time.Hour})}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		assert.Equal(t, 24*time.Hour, once(t, q.Queue, enqueue(t, q.Queue, payment("1"))))
	})
}

func TestAdapterThatPanics(t *testing.T) {
	v := &vendor{cancel: func(int, cancel.Request) (cancel.Result, error) { panic("oops") }}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		id := enqueue(t, q.Queue, payment("1"))
		once(t, q.Queue, id)
		assert.Equal(t, InDoubt, get(t, q.Queue, id).State)
		c := finish(t, q.Queue, id)
		assert.Equal(t, Unknown, c.State)
		require.ErrorIs(t, c.Err(), cancel.ErrUnknownOutcome)
		assert.ErrorContains(t, c.Err(), "oops")
	})
}

func TestDoubtWithStatus(t *testing.T) {
	v := &teller{
		vendor: vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
			switch n {
			case 1:
				return fails(cancel.ErrUnknownOutcome)
			case 2:
				return fails(cancel.ErrNotFound) // true only of this call
			}
			return is(cancel.AlreadyCancelled)
		}},
		status: func(n int) (cancel.Result, error) {
			if n <= 3 { // the Client asks once itself
				return fails(cancel.ErrUnavailable)
			}
			return is(cancel.NotCancelled)
		},
	}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		id := enqueue(t, q.Queue, payment("1"))
		for range 3 {
			time.Sleep(once(t, q.Queue, id))
			assert.Equal(t, InDoubt, get(t, q.Queue, id).State)
			assert.Equal(t, 1, v.called(), "nothing is sent before the status is known")
			if v.asked() == 3 {
				break
			}
		}
		time.Sleep(once(t, q.Queue, id))
		assert.Equal(t, 2, v.called())
		assert.Equal(t, InDoubt, get(t, q.Queue, id).State, "an error of Cancel ends no doubt")
		c := finish(t, q.Queue, id)
		assert.Equal(t, Done, c.State)
		assert.Equal(t, cancel.AlreadyCancelled, c.Result.State)
	})
}

func TestDoubtEndedByStatus(t *testing.T) {
	for name, test := range map[string]struct {
		status func() (cancel.Result, error)
		want   State
	}{
		"cancelled":       {func() (cancel.Result, error) { return is(cancel.Cancelled) }, Done},
		"rejected":        {func() (cancel.Result, error) { return fails(cancel.ErrRejected) }, Failed},
		"not cancellable": {func() (cancel.Result, error) { return fails(cancel.ErrNotCancellable) }, Failed},
	} {
		t.Run(name, func(t *testing.T) {
			v := &teller{
				vendor: vendor{cancel: always(fails(cancel.ErrUnknownOutcome))},
				status: func(n int) (cancel.Result, error) {
					if n == 1 {
						return fails(cancel.ErrUnavailable)
					}
					return test.status()
				},
			}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				c := finish(t, q.Queue, enqueue(t, q.Queue, payment("1")))
				assert.Equal(t, test.want, c.State)
				assert.Equal(t, 1, v.called())
				assert.Equal(t, 2, v.asked())
			})
		})
	}
}

func TestDoubtThatStays(t *testing.T) {
	v := &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
		if n == 1 {
			return fails(cancel.ErrUnknownOutcome)
		}
		return fails(cancel.ErrNotCancellable)
	}}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		c := finish(t, q.Queue, enqueue(t, q.Queue, payment("1")))
		assert.Equal(t, Unknown, c.State)
		require.ErrorIs(t, c.Err(), cancel.ErrUnknownOutcome)
		assert.ErrorContains(t, c.Err(), cancel.ErrNotCancellable.Error(), "the last refusal is kept")
		took := c.SettledAt.Sub(c.DoubtSince)
		assert.GreaterOrEqual(t, took, 24*time.Hour)
		assert.Less(t, took, 26*time.Hour)
	})
}

// On a day without a question nothing can be found out.
func TestDoubtThatNobodyLooksInto(t *testing.T) {
	for failures, want := range map[int]State{minTries - 1: Done, minTries: Unknown} {
		v := &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
			if n <= failures {
				return fails(cancel.ErrUnknownOutcome)
			}
			return is(cancel.AlreadyCancelled)
		}}
		inNoTime(t, v, func(t *testing.T, q *SQLite) {
			id := enqueue(t, q.Queue, payment("1"))
			once(t, q.Queue, id)
			time.Sleep(72 * time.Hour)
			assert.Equal(t, want, finish(t, q.Queue, id).State)
		})
	}
}

// In doubt, only a status makes a refusal of the provider certain.
func TestRefusedInDoubt(t *testing.T) {
	for name, test := range map[string]struct {
		status func() (cancel.Result, error)
		want   State
	}{
		"the status says so": {func() (cancel.Result, error) { return fails(cancel.ErrRejected) }, Failed},
		"it knows better":    {func() (cancel.Result, error) { return is(cancel.Cancelled) }, Done},
		"it is silent":       {func() (cancel.Result, error) { return fails(cancel.ErrUnavailable) }, InDoubt},
		"there is none":      {func() (cancel.Result, error) { return fails(cancel.ErrNotFound) }, InDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			v := &teller{vendor: vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
				if n == 1 {
					return fails(cancel.ErrUnknownOutcome)
				}
				return fails(cancel.ErrNotCancellable)
			}}}
			v.status = func(n int) (cancel.Result, error) {
				switch n {
				case 1: // the Client itself asks after the broken call
					return fails(cancel.ErrUnavailable)
				case 2:
					return is(cancel.NotCancelled)
				}
				return test.status()
			}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				id := enqueue(t, q.Queue, payment("1"))
				time.Sleep(once(t, q.Queue, id))
				once(t, q.Queue, id)
				assert.Equal(t, test.want, get(t, q.Queue, id).State)
				assert.Equal(t, 2, v.called())
				assert.Equal(t, 3, v.asked())
			})
		})
	}
}

// A worker that dies before the vendor has carried out its request leaves the same record as
// one that dies after it: a doubt.
func TestKilledAroundTheCall(t *testing.T) {
	for name, carriedOut := range map[string]bool{"between record and call": false, "between call and record": true} {
		t.Run(name+", with a status", func(t *testing.T) {
			dead := false
			v := &teller{}
			v.cancel = func(int, cancel.Request) (cancel.Result, error) {
				if !dead {
					dead = true
					perish()
				}
				return is(cancel.Cancelled)
			}
			v.status = func(int) (cancel.Result, error) {
				if carriedOut {
					return is(cancel.Cancelled)
				}
				return fails(cancel.ErrNotFound)
			}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				id := enqueue(t, q.Queue, payment("1"))
				die(t, q.Queue, id)
				assert.Equal(t, Sending, get(t, q.Queue, id).State)
				c := finish(t, q.Queue, id)
				assert.Equal(t, Done, c.State)
				assert.False(t, c.DoubtSince.IsZero())
				assert.Equal(t, 1, v.asked(), "the status is asked first")
				if carriedOut {
					assert.Equal(t, 1, v.called(), "it is not sent again")
				} else {
					assert.Equal(t, 2, v.called())
				}
			})
		})
		t.Run(name+", without", func(t *testing.T) {
			v := &vendor{}
			v.cancel = func(n int, _ cancel.Request) (cancel.Result, error) {
				switch {
				case n == 1:
					perish()
				case n == 2:
					return fails(cancel.ErrNotFound)
				case carriedOut:
					return is(cancel.AlreadyCancelled)
				}
				return is(cancel.Cancelled)
			}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				id := enqueue(t, q.Queue, payment("1"))
				die(t, q.Queue, id)
				time.Sleep(once(t, q.Queue, id))
				assert.Equal(t, InDoubt, get(t, q.Queue, id).State, "an error stays in doubt")
				assert.Equal(t, Done, finish(t, q.Queue, id).State)
				assert.Equal(t, 3, v.called())
			})
		})
	}
}

// A call whose answer someone else has forestalled is recorded by nobody.
func TestTwoWorkers(t *testing.T) {
	v := &vendor{}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		id := enqueue(t, q.Queue, payment("1"))
		first, err := q.store.load(t.Context(), q.store.executor, id)
		require.NoError(t, err)
		finish(t, q.Queue, id)
		first.State = Queued
		late := &record{c: first}
		q.store.record(late)
		require.ErrorIs(t, late.err, errTaken)
		assert.Equal(t, Done, get(t, q.Queue, id).State)
	})
}

func TestTold(t *testing.T) {
	path := file(t)
	synctest.Test(t, func(t *testing.T) {
		config := of(&vendor{})
		var told []Cancellation
		config.OnSettled = func(_ context.Context, c Cancellation) error {
			told = append(told, c)
			switch len(told) {
			case 1:
				perish()
			case 2:
				return errTold
			case 3:
				panic("oops")
			}
			return nil
		}
		q := open(t, path, config)
		defer func() { assert.NoError(t, q.Close()) }()
		id := enqueue(t, q.Queue, payment("1"))
		die(t, q.Queue, id)
		assert.True(t, get(t, q.Queue, id).ToldAt.IsZero())
		for i, want := range []string{errTold.Error(), "panic: oops"} {
			assert.Equal(t, 2*time.Second<<i, once(t, q.Queue, id))
			failed, err := q.List(t.Context(), Filter{Undelivered: true})
			require.NoError(t, err)
			require.Len(t, failed, 1)
			assert.Equal(t, &Undelivered{Error: want, At: now(), Times: i + 1}, failed[0].Undelivered)
		}
		assert.Equal(t, over, once(t, q.Queue, id))
		assert.Equal(t, over, once(t, q.Queue, id))
		require.Len(t, told, 4, "until it has been heard, and no more")
		for _, c := range told {
			assert.Equal(t, Done, c.State)
			assert.Equal(t, id, c.ID)
		}
		c := get(t, q.Queue, id)
		assert.False(t, c.ToldAt.IsZero())
		assert.Nil(t, c.Undelivered)
	})
}

// An answer waits a while for a database that is busy or fails, and is in doubt after that.
func TestAnswerThatCannotBeRecorded(t *testing.T) {
	locked := func(t *testing.T, q *SQLite) func() {
		tx, err := q.DB.BeginTx(t.Context(), nil)
		assert.NoError(t, err)
		return func() { assert.NoError(t, tx.Rollback()) }
	}
	broken := func(t *testing.T, q *SQLite) func() {
		rename := func(from, to string) {
			_, err := q.DB.ExecContext(t.Context(), `ALTER TABLE `+from+` RENAME TO `+to)
			assert.NoError(t, err)
		}
		rename("unified_cancel_job", "away")
		return func() { rename("away", "unified_cancel_job") }
	}
	for name, test := range map[string]struct {
		how  func(*testing.T, *SQLite) (end func())
		long time.Duration
		sent int
	}{
		"busy for a while":   {locked, recordTimeout - time.Second, 1},
		"busy too long":      {locked, recordTimeout + time.Second, 2},
		"broken for a while": {broken, recordTimeout - time.Second, 1},
		"broken too long":    {broken, recordTimeout + time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			v := &vendor{}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				v.cancel = func(n int, _ cancel.Request) (cancel.Result, error) {
					if n > 1 {
						return is(cancel.AlreadyCancelled)
					}
					time.AfterFunc(test.long, test.how(t, q))
					return is(cancel.Cancelled)
				}
				id := enqueue(t, q.Queue, payment("1"))
				_, err := turnOf(t.Context(), q.Queue, id)
				assert.Equal(t, test.sent == 1, err == nil)
				time.Sleep(time.Minute)
				c := finish(t, q.Queue, id)
				assert.Equal(t, Done, c.State)
				assert.Equal(t, test.sent, v.called())
				assert.Equal(t, test.sent > 1, !c.DoubtSince.IsZero())
			})
		})
	}
}

// River cancels the job of some errors, and records the others in JSON.
func TestWhatRiverIsToldOfAnError(t *testing.T) {
	w := &worker{run: func(context.Context, job) (time.Duration, error) {
		return 0, fmt.Errorf("a\x00b: %w", river.JobCancel(errTold))
	}}
	err := w.Work(t.Context(), &river.Job[job]{})
	require.ErrorContains(t, err, "a\uFFFDb: ")
	assert.NotErrorIs(t, err, errTold)
}

func TestEnded(t *testing.T) {
	for name, test := range map[string]struct {
		reason error
		want   State
	}{
		"before it was sent": {cancel.ErrUnavailable, Queued},
		"while it was sent":  {cancel.ErrUnknownOutcome, InDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, end := context.WithCancel(t.Context())
			v := &vendor{cancel: func(int, cancel.Request) (cancel.Result, error) {
				end()
				return cancel.Result{}, &cancel.Error{Reason: test.reason, Err: ctx.Err()}
			}}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				id := enqueue(t, q.Queue, payment("1"))
				again, err := turnOf(ctx, q.Queue, id)
				require.NoError(t, err)
				assert.Zero(t, again, "the next process takes it up at once")
				assert.Equal(t, test.want, get(t, q.Queue, id).State)
			})
		})
	}
}
