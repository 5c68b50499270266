package durable

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

const day = 24 * time.Hour

// slowly is a Config of a provider that is asked once a day, unless Wake is called.
func slowly(adapter cancel.Canceler, told *heard) Config {
	config := of(adapter)
	config.OnSettled = told.listen
	config.Poll, config.Retry = Span{First: day, Longest: day}, Span{First: day, Longest: day}
	return config
}

// until waits until a turn has left a cancellation in a state.
func until[TTx any](t *testing.T, q *Queue[TTx], id int64, s State) {
	t.Helper()
	require.Eventually(t, func() bool {
		c := get(t, q, id)
		return c.State == s && !c.NextAt.IsZero() && c.Sent > 0
	}, patience, 10*time.Millisecond)
}

// rest rests for a while, only in fake time.
func rest[TTx any](q *Queue[TTx]) {
	if !q.store.postgres {
		time.Sleep(100 * time.Millisecond)
	}
}

// soon is how long an immediate effect may take. Only fake time, on SQLite, is exact.
func soon[TTx any](q *Queue[TTx]) time.Duration {
	if q.store.postgres {
		return patience
	}
	return time.Second
}

func TestWakeHasAWorkerLookAtOnce(t *testing.T) { onBothInFakeTime(t, testWake, testWake) }

// testWake wakes, from this process and another, what is pending and what waits for Retry.
func testWake[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	v := &teller{status: func(int) (cancel.Result, error) { return is(cancel.Cancelled) }}
	v.cancel = func(n int, _ cancel.Request) (cancel.Result, error) {
		if n%2 == 1 {
			return fails(cancel.ErrUnavailable)
		}
		return is(cancel.Pending)
	}
	told := newHeard()
	q, _ := db(t, slowly(v, told))
	another, _ := db(t, slowly(v, told))
	work(t, q)
	for i, by := range []*Queue[TTx]{q, another} {
		req := payment(fmt.Sprint(i))
		id := enqueue(t, q, req)
		until(t, q, id, Queued)
		rest(q)
		began := time.Now()
		require.NoError(t, by.Wake(t.Context(), req))
		until(t, q, id, Pending)
		require.NoError(t, by.Wake(t.Context(), req))
		told.wait(t, 1)
		assert.LessOrEqual(t, time.Since(began), soon(q))
		assert.Equal(t, Done, get(t, q, id).State)
		require.ErrorIs(t, by.Wake(t.Context(), req), ErrNoCancellation, "it is settled")
	}
	for _, req := range []cancel.Request{payment("9"), paymentAt("w", "1"), {Provider: "v", Kind: cancel.Invoice, ID: "1"}, payment("\x00")} {
		require.ErrorIs(t, q.Wake(t.Context(), req), ErrNoCancellation)
	}
}

// A webhook may come before the answer to the call that is its reason.
func TestWakeDuringATurnIsFollowedByAnother(t *testing.T) {
	onBothInFakeTime(t, testWakeDuringTurn, testWakeDuringTurn)
}

func testWakeDuringTurn[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	sent, answer := make(chan struct{}), make(chan struct{})
	v := &teller{status: func(int) (cancel.Result, error) { return is(cancel.Cancelled) }}
	v.cancel = func(int, cancel.Request) (cancel.Result, error) {
		sent <- struct{}{}
		<-answer
		return is(cancel.Pending)
	}
	told := newHeard()
	q, _ := db(t, slowly(v, told))
	another, _ := db(t, slowly(v, told))
	work(t, q)
	for i, by := range []*Queue[TTx]{q, another} {
		req := payment(fmt.Sprint(i))
		id := enqueue(t, q, req)
		<-sent
		require.NoError(t, by.Wake(t.Context(), req))
		assert.Equal(t, Sending, get(t, q, id).State)
		rest(q) // the run has looked again meanwhile
		began := time.Now()
		answer <- struct{}{}
		told.wait(t, 1)
		assert.LessOrEqual(t, time.Since(began), soon(q))
		c := get(t, q, id)
		assert.Equal(t, Done, c.State)
		assert.Equal(t, 1, c.Sent)
		assert.Equal(t, 1, c.Asked)
	}
}

func TestWakeDoesNotAskAPausedProvider(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		v := &teller{vendor: vendor{cancel: always(is(cancel.Pending))}}
		v.status = func(int) (cancel.Result, error) { return is(cancel.Cancelled) }
		told := newHeard()
		q, _ := db(t, slowly(v, told))
		work(t, q)
		id := enqueue(t, q, payment("1"))
		until(t, q, id, Pending)
		require.NoError(t, q.Pause(t.Context(), "v", "Ada", "maintenance"))
		require.NoError(t, q.Wake(t.Context(), payment("1")))
		time.Sleep(5 * time.Minute)
		assert.Zero(t, v.asked())
		began := time.Now()
		require.NoError(t, q.Resume(t.Context(), "v"))
		told.wait(t, 1)
		assert.LessOrEqual(t, time.Since(began), time.Second)
	})
}

func TestWithdraw(t *testing.T) { onBoth(t, testWithdraw, testWithdraw) }

func testWithdraw[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	v := &teller{}
	told := newHeard()
	q, _ := db(t, slowly(v, told))
	id := enqueue(t, q, payment("1"))
	require.NoError(t, q.Withdraw(t.Context(), id))
	c := get(t, q, id)
	assert.Equal(t, Withdrawn, c.State)
	assert.WithinDuration(t, time.Now(), c.SettledAt, time.Minute)
	err := q.Withdraw(t.Context(), id)
	require.ErrorIs(t, err, ErrState)
	require.ErrorContains(t, err, "withdrawn")
	require.ErrorIs(t, q.Withdraw(t.Context(), 1000), ErrNoCancellation)
	require.ErrorIs(t, q.Wake(t.Context(), payment("1")), ErrNoCancellation)
	assert.NotEqual(t, id, enqueue(t, q, payment("1")), "it can be enqueued anew")

	refuse := func(q *Queue[TTx], id int64, s State) {
		assert.Equal(t, s, get(t, q, id).State)
		err := q.Withdraw(t.Context(), id)
		require.ErrorIs(t, err, ErrState)
		require.ErrorContains(t, err, string(s))
	}
	for state, answer := range map[State]error{
		Pending: nil, InDoubt: cancel.ErrUnknownOutcome, Failed: cancel.ErrRejected, Unknown: cancel.ErrUnexpected,
	} {
		id := enqueue(t, q, payment(string(state)))
		v.cancel = func(int, cancel.Request) (cancel.Result, error) {
			refuse(q, id, Sending)
			if answer == nil {
				return is(cancel.Pending)
			}
			return fails(answer)
		}
		v.status = func(int) (cancel.Result, error) { return fails(cancel.ErrUnavailable) }
		for get(t, q, id).State == Queued {
			once(t, q, id)
		}
		refuse(q, id, state)
	}
}

func TestWithdrawnIsDelivered(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		v := &vendor{}
		told := newHeard()
		q, _ := db(t, slowly(v, told))
		id := enqueue(t, q, payment("1"))
		require.NoError(t, q.Withdraw(t.Context(), id))
		work(t, q)
		told.wait(t, 1)
		time.Sleep(2 * time.Minute)
		assert.Equal(t, 1, told.told[id])
		assert.Zero(t, v.called())
		assert.False(t, get(t, q, id).ToldAt.IsZero())
	})
}

func TestNothingIsWithdrawnAndSent(t *testing.T) { onBoth(t, testWithdrawRace, testWithdrawRace) }

func testWithdrawRace[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	var sent sync.Map
	v := &vendor{cancel: func(_ int, req cancel.Request) (cancel.Result, error) {
		sent.Store(req.ID, true)
		return is(cancel.Cancelled)
	}}
	told := newHeard()
	config := of(v)
	config.OnSettled = told.listen
	q, _ := db(t, config)
	const n = 200
	tickets, err := q.Enqueue(t.Context(), paymentsAt("v", n)...)
	require.NoError(t, err)
	work(t, q)
	var withdrawn atomic.Int64
	var wait sync.WaitGroup
	for part := range 4 {
		wait.Go(func() {
			for i := n - 1 - part; i >= 0; i -= 4 { // from the end, which the worker comes to last
				switch err := q.Withdraw(context.WithoutCancel(t.Context()), tickets[i].ID); {
				case err == nil:
					withdrawn.Add(1)
				default:
					assert.ErrorIs(t, err, ErrState)
				}
			}
		})
	}
	wait.Wait()
	told.wait(t, n)
	states := map[State]int{}
	for i, ticket := range tickets {
		c := get(t, q, ticket.ID)
		states[c.State]++
		_, was := sent.Load(fmt.Sprint(i + 1))
		assert.Equal(t, c.State == Done, was, "%s %s", c.Request.ID, c.State)
	}
	assert.Equal(t, int(withdrawn.Load()), states[Withdrawn])
	assert.Equal(t, n, states[Withdrawn]+states[Done])
	t.Log(states)
}

func TestRequeue(t *testing.T) { onBoth(t, testRequeue, testRequeue) }

func testRequeue[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	for name, test := range map[string]struct {
		first, status func() (cancel.Result, error) // before it is requeued
		from, to      State
		reason        error
		asksFirst     bool
	}{
		"failed": {
			first: func() (cancel.Result, error) { return fails(cancel.ErrForbidden) },
			from:  Failed, to: Queued, reason: cancel.ErrForbidden,
		},
		"unknown": {
			first: func() (cancel.Result, error) { return fails(cancel.ErrUnexpected) },
			from:  Unknown, to: InDoubt, reason: cancel.ErrUnexpected, asksFirst: true,
		},
		"forgotten": {
			first:  func() (cancel.Result, error) { return is(cancel.Pending) },
			status: func() (cancel.Result, error) { return fails(cancel.ErrNotFound) },
			from:   Forgotten, to: InDoubt, reason: cancel.ErrNotFound, asksFirst: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var calls []string
			again := false
			v := &teller{vendor: vendor{cancel: func(int, cancel.Request) (cancel.Result, error) {
				calls = append(calls, "cancel")
				if again {
					return is(cancel.Cancelled)
				}
				return test.first()
			}}}
			v.status = func(int) (cancel.Result, error) {
				calls = append(calls, "status")
				if again {
					return is(cancel.NotCancelled)
				}
				return test.status()
			}
			told := newHeard()
			config := slowly(v, told)
			q, _ := db(t, config)
			req := payment(name)
			id := enqueue(t, q, req)
			for get(t, q, id).State != test.from {
				once(t, q, id)
			}
			before := get(t, q, id)
			require.ErrorIs(t, q.Requeue(t.Context(), id, "Ada", "a\x00b"), cancel.ErrInvalid)
			open := enqueue(t, q, req)
			require.ErrorIs(t, q.Requeue(t.Context(), id, "Ada", "why"), ErrState, "another one is open")
			require.ErrorIs(t, q.Requeue(t.Context(), open, "Ada", "why"), ErrState, "it is not settled")
			require.NoError(t, q.Withdraw(t.Context(), open))
			require.ErrorIs(t, q.Requeue(t.Context(), open, "Ada", "why"), ErrState, "it is withdrawn")
			require.ErrorIs(t, q.Requeue(t.Context(), 1_000_000, "Ada", "why"), ErrNoCancellation)
			assert.Equal(t, before, get(t, q, id))

			require.NoError(t, q.Requeue(t.Context(), id, `Ada "A." <ñ>`, "it stands: I have looked"))
			c := get(t, q, id)
			assert.Equal(t, test.to, c.State)
			assert.NoError(t, c.Err())
			assert.True(t, c.SettledAt.IsZero() && c.ToldAt.IsZero() && c.PendingSince.IsZero())
			assert.Equal(t, test.to == InDoubt, !c.DoubtSince.IsZero())
			require.Len(t, c.Notes, 1)
			note := c.Notes[0]
			assert.Equal(t, `Ada "A." <ñ>`, note.Who)
			assert.Equal(t, "it stands: I have looked", note.Why)
			assert.Equal(t, test.from, note.From)
			assert.WithinDuration(t, time.Now(), note.At, time.Minute)
			require.NotNil(t, note.Failure)
			assert.Equal(t, test.reason.Error(), note.Failure.Reason)
			assert.Equal(t, before.Failure, note.Failure)
			tickets, err := q.Enqueue(t.Context(), req)
			require.NoError(t, err)
			assert.Equal(t, []Ticket{{ID: id}}, tickets, "it is open again")

			again, calls = true, nil
			for get(t, q, id).State != Done {
				once(t, q, id)
			}
			want := []string{"cancel"}
			if test.asksFirst {
				want = []string{"status", "cancel"}
			}
			assert.Equal(t, want, calls)
			c = get(t, q, id)
			assert.Equal(t, []Note{note}, c.Notes, "the note stays")
			assert.Equal(t, len(before.Evidence)+len(want), len(c.Evidence), "and so does the evidence")
			assert.Equal(t, 2, told.told[id], "it is told of each end")
		})
	}
}

// A doubt that was over does not shorten a new one.
func TestRequeuedForgetsAnOldDoubt(t *testing.T) {
	v := &teller{vendor: vendor{cancel: always(fails(cancel.ErrUnknownOutcome))}}
	v.status = func(n int) (cancel.Result, error) {
		if n == 1 {
			return fails(cancel.ErrUnavailable)
		}
		return fails(cancel.ErrRejected)
	}
	inNoTime(t, v, func(t *testing.T, q *SQLite) {
		id := enqueue(t, q.Queue, payment("1"))
		require.Equal(t, Failed, finish(t, q.Queue, id).State)
		time.Sleep(30 * day)
		require.NoError(t, q.Requeue(t.Context(), id, "Ada", "the customer agreed"))
		v.status = func(int) (cancel.Result, error) { return fails(cancel.ErrUnavailable) }
		c := finish(t, q.Queue, id)
		assert.Equal(t, Unknown, c.State)
		assert.GreaterOrEqual(t, c.SettledAt.Sub(c.DoubtSince), day)
		assert.Less(t, c.SettledAt.Sub(c.DoubtSince), 2*day)
	})
}

func TestRequeueOfStripped(t *testing.T) {
	q := queueFor(t, &vendor{cancel: always(fails(cancel.ErrRejected))})
	id := enqueue(t, q.Queue, payment("1"))
	finish(t, q.Queue, id)
	n, err := q.store.strip(t.Context(), time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.ErrorIs(t, q.Requeue(t.Context(), id, "Ada", "why"), ErrState)
}

func TestPauseByHand(t *testing.T) { onBothInFakeTime(t, testPauseByHand, testPauseByHand) }

// testPauseByHand pauses during a call, enqueues meanwhile, and resumes.
func testPauseByHand[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	sent, answer := make(chan struct{}), make(chan struct{})
	v := &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
		if n == 1 {
			sent <- struct{}{}
			<-answer
		}
		return is(cancel.Cancelled)
	}}
	told := newHeard()
	config := slowly(v, told)
	config.Providers["v"] = Provider{Canceler: v, Workers: 1}
	q, _ := db(t, config)
	work(t, q)
	first := enqueue(t, q, payment("1"))
	enqueue(t, q, payment("2"))
	<-sent
	require.ErrorIs(t, q.Pause(t.Context(), "v", "Ada", "a\x00b"), cancel.ErrInvalid)
	require.NoError(t, q.Pause(t.Context(), "v", "Ada", "first words"))
	require.NoError(t, q.Pause(t.Context(), "v", "Bo", "they said: 'stop'"))
	require.NoError(t, q.Pause(t.Context(), "w", "Ada", "a provider that nobody knows"))
	pauses, err := q.Pauses(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []Pause{
		{Provider: "v", Who: "Bo", Why: "they said: 'stop'"},
		{Provider: "w", Who: "Ada", Why: "a provider that nobody knows"},
	}, pauses)
	until, err := q.PausedUntil(t.Context(), "v")
	require.NoError(t, err)
	assert.Equal(t, 9999, until.Year())
	answer <- struct{}{}
	told.wait(t, 1)
	assert.Equal(t, Done, get(t, q, first).State, "a call that is under way goes on")
	enqueue(t, q, payment("3"))
	rest(q)
	assert.Equal(t, 1, v.called())

	began := time.Now()
	require.NoError(t, q.Resume(t.Context(), "v"))
	told.wait(t, 2)
	assert.LessOrEqual(t, time.Since(began), soon(q))
	require.NoError(t, q.Resume(t.Context(), "w"))
	require.NoError(t, q.Resume(t.Context(), "v"), "it is not paused")
	pauses, err = q.Pauses(t.Context())
	require.NoError(t, err)
	assert.Empty(t, pauses)
}

// A person pauses the provider while one cancellation finds out whether the credentials are
// good again.
func TestProbeDoesNotEndThePauseOfAPerson(t *testing.T) {
	for name, answer := range map[string]error{"good": nil, "refused": cancel.ErrAuth, "unavailable": cancel.ErrUnavailable} {
		t.Run(name, func(t *testing.T) {
			v := &vendor{}
			inNoTime(t, v, func(t *testing.T, q *SQLite) {
				v.cancel = func(n int, _ cancel.Request) (cancel.Result, error) {
					switch {
					case n == 1:
						return fails(cancel.ErrAuth)
					case n == 2:
						assert.NoError(t, q.Pause(t.Context(), "v", "Ada", "why"))
						if answer != nil {
							return fails(answer)
						}
					}
					return is(cancel.Cancelled)
				}
				first, second := enqueue(t, q.Queue, payment("1")), enqueue(t, q.Queue, payment("2"))
				once(t, q.Queue, first)
				time.Sleep(15 * time.Minute)
				once(t, q.Queue, first)
				for range 10 {
					time.Sleep(day)
					once(t, q.Queue, second)
				}
				assert.Equal(t, 2, v.called())
				pauses, err := q.Pauses(t.Context())
				require.NoError(t, err)
				assert.Equal(t, []Pause{{Provider: "v", Who: "Ada", Why: "why"}}, pauses)
				require.NoError(t, q.Resume(t.Context(), "v"))
				assert.Equal(t, Done, finish(t, q.Queue, second).State)
			})
		})
	}
}

// Refused cancellations go on when the pause ends, like those that waited.
func TestResumeHasAllGoOnAtOnce(t *testing.T) { onBothInFakeTime(t, testResumeAll, testResumeAll) }

func testResumeAll[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	var good atomic.Bool
	v := &vendor{cancel: func(int, cancel.Request) (cancel.Result, error) {
		if !good.Load() {
			return fails(cancel.ErrAuth)
		}
		return is(cancel.Cancelled)
	}}
	told := newHeard()
	config := slowly(v, told)
	config.Providers["v"] = Provider{Canceler: v, Workers: 1} // no call is under way when the pause ends
	q, _ := db(t, config)
	_, err := q.Enqueue(t.Context(), paymentsAt("v", 20)...)
	require.NoError(t, err)
	work(t, q)
	require.Eventually(t, func() bool {
		until, err := q.PausedUntil(t.Context(), "v")
		return assert.NoError(t, err) && !until.IsZero()
	}, patience, 10*time.Millisecond)
	good.Store(true)
	began := time.Now()
	require.NoError(t, q.Resume(t.Context(), "v"))
	told.wait(t, 20)
	assert.LessOrEqual(t, time.Since(began), soon(q))
	assert.Equal(t, 1+20, v.called())
}

// OnSettled is not the provider: what failed to be delivered is delivered during a pause.
func TestDeliveryGoesOnDuringAPause(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		v := &vendor{}
		told := newHeard()
		config := slowly(v, told)
		var calls atomic.Int64
		config.OnSettled = func(ctx context.Context, c Cancellation) error {
			if calls.Add(1) <= 3 {
				return errTold
			}
			return told.listen(ctx, c)
		}
		q, _ := db(t, config)
		v.cancel = func(int, cancel.Request) (cancel.Result, error) {
			assert.NoError(t, q.Pause(t.Context(), "v", "Ada", "why"))
			return is(cancel.Cancelled)
		}
		config.Providers["v"] = Provider{Canceler: v, Workers: 1}
		_, err := q.Enqueue(t.Context(), paymentsAt("v", 6)...)
		require.NoError(t, err)
		began := time.Now()
		work(t, q)
		told.wait(t, v.called())
		time.Sleep(time.Until(began.Add(30 * time.Second)))
		failed, err := q.List(t.Context(), Filter{Undelivered: true})
		require.NoError(t, err)
		assert.Empty(t, failed)
	})
}

func TestRedeliver(t *testing.T) { onBothInFakeTime(t, testRedeliver, testRedeliver) }

func testRedeliver[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	told := newHeard()
	v := &vendor{}
	config := slowly(v, told)
	var deaf atomic.Bool
	config.OnSettled = func(ctx context.Context, c Cancellation) error {
		switch err := told.listen(ctx, c); {
		case !deaf.Load():
			return err
		case told.told[c.ID]%2 == 0:
			panic("oops")
		}
		return errTold
	}
	q, _ := db(t, config)
	id := enqueue(t, q, payment("1"))
	require.ErrorIs(t, q.Redeliver(t.Context(), id), ErrState)
	require.ErrorIs(t, q.Redeliver(t.Context(), 1000), ErrNoCancellation)
	work(t, q)
	told.wait(t, 1)
	delivered := func() bool {
		c := get(t, q, id)
		return c.Undelivered == nil && c.NextAt.IsZero() && !c.ToldAt.IsZero()
	}
	require.Eventually(t, delivered, patience, 10*time.Millisecond)
	before := get(t, q, id)

	deaf.Store(true)
	require.NoError(t, q.Redeliver(t.Context(), id), "it may be repeated")
	told.wait(t, 3)
	require.Eventually(t, func() bool { u := get(t, q, id).Undelivered; return u != nil && u.Times >= 3 }, patience, 10*time.Millisecond)
	failed, err := q.List(t.Context(), Filter{Undelivered: true})
	require.NoError(t, err)
	require.Len(t, failed, 1)
	assert.Contains(t, []string{errTold.Error(), "panic: oops"}, failed[0].Undelivered.Error)
	assert.Equal(t, before.SettledAt, failed[0].SettledAt)
	assert.Equal(t, before.Result, failed[0].Result)

	deaf.Store(false)
	require.Eventually(t, func() bool { return q.Redeliver(t.Context(), id) == nil }, patience, 10*time.Millisecond)
	require.Eventually(t, delivered, patience, 10*time.Millisecond)
	after := get(t, q, id)
	assert.True(t, after.ToldAt.After(before.ToldAt))
	failed, err = q.List(t.Context(), Filter{Undelivered: true})
	require.NoError(t, err)
	assert.Empty(t, failed)
	assert.Equal(t, 1, v.called())
}

func TestRequeueBesideAnUncommittedEnqueueTx(t *testing.T) {
	q, err := OpenPostgres(t.Context(), ownSchema(t), of(&vendor{cancel: always(fails(cancel.ErrNotFound))}))
	require.NoError(t, err)
	t.Cleanup(q.Close)
	require.NoError(t, q.Migrate(t.Context()))
	id := enqueue(t, q.Queue, payment("1"))
	require.Equal(t, Failed, finish(t, q.Queue, id).State)
	tx, err := q.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = q.EnqueueTx(t.Context(), tx, payment("1"))
	require.NoError(t, err)
	requeued := make(chan error)
	go func() { requeued <- q.Requeue(t.Context(), id, "Ada", "why") }()
	require.Eventually(t, func() bool {
		var waiting int
		err := q.Pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%SET state = $3%'`).Scan(&waiting)
		return err == nil && waiting > 0
	}, patience, 10*time.Millisecond)
	require.NoError(t, tx.Commit(t.Context()))
	require.ErrorIs(t, <-requeued, ErrState)
}
