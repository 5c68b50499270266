package cancel_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// requests yields one request for the provider p per ID.
func requests(ids ...string) iter.Seq[cancel.Request] {
	return func(yield func(cancel.Request) bool) {
		for _, id := range ids {
			if !yield(request(id)) {
				return
			}
		}
	}
}

// numbered yields n requests, and counts in pulled those that were taken.
func numbered(n int, pulled *atomic.Int64) iter.Seq[cancel.Request] {
	return func(yield func(cancel.Request) bool) {
		for i := range n {
			pulled.Add(1)
			if !yield(request(strconv.Itoa(i))) {
				return
			}
		}
	}
}

// outcomes collects by ID what All yields: the state, or the reason of the error.
func outcomes(items iter.Seq[cancel.Item]) map[string][]string {
	all := map[string][]string{}
	for id, outcome := range outcomesOf(items) {
		all[id] = append(all[id], outcome)
	}
	return all
}

// outcomesOf yields the ID and the outcome of each item.
func outcomesOf(items iter.Seq[cancel.Item]) iter.Seq2[string, string] {
	return func(yield func(id, outcome string) bool) {
		for item := range items {
			outcome := string(item.Result.State)
			if item.Err != nil {
				outcome = reason(item.Err).Error()
			}
			if !yield(item.Request.ID, outcome) {
				return
			}
		}
	}
}

func after(d time.Duration, then step) step {
	return func(ctx context.Context, req cancel.Request) (cancel.Result, error) {
		time.Sleep(d)
		return then(ctx, req)
	}
}

func TestAllYieldsOneItemPerRequestAsTheyComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &script{cancels: []step{after(3*time.Second, done), after(time.Second, fails(cancel.ErrRejected)), after(2*time.Second, done)}}
		foreign := request("d")
		foreign.Provider = "nobody"
		var order []string
		for item := range client(p).All(t.Context(), func(yield func(cancel.Request) bool) {
			for _, id := range []string{"a", "b", "c"} {
				if !yield(request(id)) {
					return
				}
				synctest.Wait() // the calls are answered in this order
			}
			yield(foreign)
		}) {
			order = append(order, fmt.Sprintf("%s %s%v", item.Request.ID, item.Result.State, item.Err != nil))
		}
		assert.Equal(t, []string{"d true", "b true", "c cancelledfalse", "a cancelledfalse"}, order)
	})
}

func TestAllOfNothing(t *testing.T) {
	for range client(&script{}).All(t.Context(), requests()) {
		t.Error("an item without a request")
	}
}

func TestAllBoundsTheCallsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flying, most, pulled atomic.Int64
		p := &script{cancels: []step{func(ctx context.Context, req cancel.Request) (cancel.Result, error) {
			now := flying.Add(1)
			defer flying.Add(-1)
			for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				continue
			}
			time.Sleep(time.Second)
			return done(ctx, req)
		}}}
		began := time.Now()
		yielded := 0
		for range client(p, cancel.WithConcurrency(3)).All(t.Context(), numbered(30, &pulled)) {
			yielded++
			// Pulled are those yielded and those in flight, of which some may be done.
			assert.LessOrEqual(t, pulled.Load(), int64(yielded+3))
		}
		assert.Equal(t, 30, yielded)
		assert.EqualValues(t, 3, most.Load())
		assert.Equal(t, 10*time.Second, time.Since(began))
	})
}

func TestAllRetriesEachRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &checked{script{
			cancels:  []step{unknown, unavailable, done},
			statuses: []step{fails(cancel.ErrNotFound)},
		}}
		got := outcomes(client(p, cancel.WithConcurrency(1)).All(t.Context(), requests("a", "b")))
		assert.Equal(t, map[string][]string{"a": {"cancelled"}, "b": {"cancelled"}}, got)
		assert.Equal(t, []string{"cancel a", "status a", "cancel a", "cancel a", "cancel b"}, p.asked())
	})
}

func TestAllYieldsWhatIsFinishedWhileTheSourceBlocks(t *testing.T) {
	for name, p := range map[string]cancel.Canceler{
		"one by one": &script{cancels: []step{done}},
		"in batches": &batched{limit: 10, answer: allDone},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var at []time.Duration
				for range client(p).All(t.Context(), func(yield func(cancel.Request) bool) {
					_ = yield(request("a")) && yield(request("b"))
					time.Sleep(time.Hour)
					yield(request("c"))
				}) {
					at = append(at, time.Since(began).Round(time.Second))
				}
				assert.Equal(t, []time.Duration{0, 0, time.Hour}, at)
			})
		})
	}
}

func allDone(_ int, reqs []cancel.Request) []cancel.Item {
	return batch(reqs, func(cancel.Request) step { return done })
}

func TestAllGroupsNeighbours(t *testing.T) {
	type change func(*cancel.Request)
	same := func(*cancel.Request) {}
	tests := []struct {
		name    string
		changes []change
		calls   [][]string
	}{
		{"all the same", []change{same, same, same}, [][]string{{"0", "1", "2"}}},
		{"full at four", []change{same, same, same, same, same}, [][]string{{"0", "1", "2", "3"}, {"4"}}},
		{"another reason", []change{same, same, func(r *cancel.Request) { r.Reason = "x" }, same}, [][]string{{"0", "1"}, {"2"}, {"3"}}},
		{"another person", []change{same, func(r *cancel.Request) { r.RequestedBy = "x" }, same}, [][]string{{"0"}, {"1"}, {"2"}}},
		{"another kind", []change{same, func(r *cancel.Request) { r.Kind = cancel.Document }, same}, [][]string{{"0"}, {"1"}, {"2"}}},
		{"another provider", []change{same, same, func(r *cancel.Request) { r.Provider = "q" }, same}, [][]string{{"0", "1"}, {"3"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &batched{limit: 4, answer: allDone}
				c := cancel.NewClient(map[string]cancel.Canceler{"p": p, "q": &script{cancels: []step{done}}}, cancel.WithConcurrency(1))
				began := time.Now()
				got := outcomes(c.All(t.Context(), func(yield func(cancel.Request) bool) {
					for i, change := range tt.changes {
						req := request(strconv.Itoa(i))
						change(&req)
						if !yield(req) {
							return
						}
					}
				}))
				assert.Equal(t, tt.calls, p.asked())
				assert.Len(t, got, len(tt.changes))
				for _, outcome := range got {
					assert.Equal(t, []string{"cancelled"}, outcome)
				}
				assert.Zero(t, time.Since(began), "nothing is waited for")
			})
		})
	}
}

func TestAllWaitsForTheNextOfAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &batched{limit: 10, answer: allDone}
		began := time.Now()
		var at []time.Duration
		for range client(p).All(t.Context(), func(yield func(cancel.Request) bool) {
			for i, pause := range []time.Duration{0, 99, 99, 101, 0} {
				time.Sleep(pause * time.Millisecond)
				if !yield(request(strconv.Itoa(i))) {
					return
				}
			}
		}) {
			at = append(at, time.Since(began)/time.Millisecond)
		}
		assert.Equal(t, [][]string{{"0", "1", "2"}, {"3", "4"}}, p.asked())
		assert.Equal(t, []time.Duration{298, 298, 298, 299, 299}, at)
	})
}

func TestAllAsksABatchAgain(t *testing.T) {
	pick := func(steps map[string]step) func(cancel.Request) step {
		return func(req cancel.Request) step {
			if s, ok := steps[req.ID]; ok {
				return s
			}
			return done
		}
	}
	tests := []struct {
		name   string
		answer func(call int, reqs []cancel.Request) []cancel.Item
		calls  [][]string
		c      string // what becomes of c; a and b are cancelled
	}{
		{"unavailable as a whole", func(call int, reqs []cancel.Request) []cancel.Item {
			if call == 1 {
				return batch(reqs, func(cancel.Request) step { return unavailable })
			}
			return allDone(call, reqs)
		}, [][]string{{"a", "b", "c"}, {"a", "b", "c"}}, "cancelled"},
		{"in part not cancellable", func(_ int, reqs []cancel.Request) []cancel.Item {
			return batch(reqs, pick(map[string]step{"c": fails(cancel.ErrNotCancellable)}))
		}, [][]string{{"a", "b", "c"}}, cancel.ErrNotCancellable.Error()},
		{"in part unknown", func(call int, reqs []cancel.Request) []cancel.Item {
			if call == 1 {
				return batch(reqs, pick(map[string]step{"c": unknown}))
			}
			return batch(reqs, pick(map[string]step{"c": fails(cancel.ErrNotCancellable)}))
		}, [][]string{{"a", "b", "c"}, {"c"}}, cancel.ErrUnknownOutcome.Error()},
		{"too few answers", func(call int, reqs []cancel.Request) []cancel.Item {
			if call == 1 {
				return allDone(call, reqs)[:2]
			}
			return allDone(call, reqs)
		}, [][]string{{"a", "b", "c"}, {"a", "b", "c"}}, "cancelled"},
		{"answers out of place", func(call int, reqs []cancel.Request) []cancel.Item {
			items := allDone(call, reqs)
			if call == 1 {
				slices.Reverse(items)
			}
			return items
		}, [][]string{{"a", "b", "c"}, {"a", "c"}}, "cancelled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &batched{limit: 10, answer: tt.answer}
				got := outcomes(client(p).All(t.Context(), requests("a", "b", "c")))
				assert.Equal(t, tt.calls, p.asked())
				assert.Equal(t, map[string][]string{"a": {"cancelled"}, "b": {"cancelled"}, "c": {tt.c}}, got)
			})
		})
	}
}

// All yields the settled part of a batch before it asks about the rest.
func TestAllYieldsWhatABatchHasSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &slowStatus{batched{limit: 10, answer: func(_ int, reqs []cancel.Request) []cancel.Item {
			return batch(reqs, func(req cancel.Request) step {
				if req.ID == "a" {
					return unknown
				}
				return done
			})
		}}}
		began := time.Now()
		at := map[string]time.Duration{}
		for item := range client(p).All(t.Context(), requests("a", "b")) {
			at[item.Request.ID] = time.Since(began)
		}
		assert.Equal(t, map[string]time.Duration{"a": time.Minute, "b": 0}, at)
	})
}

// slowStatus is a BatchCanceler that takes a minute to tell a status.
type slowStatus struct{ batched }

func (*slowStatus) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	return after(time.Minute, done)(ctx, req)
}

// A BatchCanceler without a sensible limit takes one at a time.
func TestAllOfABatchWithoutRoom(t *testing.T) {
	p := &batched{limit: -1, answer: allDone}
	assert.Len(t, outcomes(client(p, cancel.WithConcurrency(1)).All(t.Context(), requests("a", "b"))), 2)
	assert.Equal(t, [][]string{{"a"}, {"b"}}, p.asked())
}

func TestAllStopsKnockingAtALockedDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		locked := &script{cancels: []step{done, failsWith(cancel.Error{Code: "604", Message: "locked", Reason: cancel.ErrAuth})}}
		open := &script{cancels: []step{done}}
		c := cancel.NewClient(map[string]cancel.Canceler{"p": locked, "q": open}, cancel.WithConcurrency(1))
		all := func(yield func(cancel.Request) bool) {
			for i := range 10 {
				req := request(strconv.Itoa(i))
				if i%2 == 1 {
					req.Provider = "q"
				}
				if !yield(req) {
					return
				}
			}
		}
		refused := 0
		for item := range c.All(t.Context(), all) {
			if item.Err == nil {
				continue
			}
			refused++
			var e *cancel.Error
			require.ErrorAs(t, item.Err, &e)
			assert.Equal(t, cancel.ErrAuth, e.Reason)
			assert.Equal(t, item.Request.ID, e.ID)
			assert.Equal(t, "604", e.Code)
			assert.Equal(t, "p", e.Provider)
		}
		assert.Equal(t, 4, refused)
		assert.Equal(t, []string{"cancel 0", "cancel 2"}, locked.asked())
		assert.Len(t, open.asked(), 5)

		outcomes(c.All(t.Context(), requests("again")))
		assert.Equal(t, []string{"cancel 0", "cancel 2", "cancel again"}, locked.asked(), "the next All knocks once more")
	})
}

// A request that waits for its retry is not retried once the breaker is open.
func TestAllStopsRetryingAtALockedDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &checked{script{
			cancels: []step{
				failsWith(cancel.Error{Reason: cancel.ErrUnavailable, RetryAfter: time.Minute}),
				failsWith(cancel.Error{Reason: cancel.ErrUnknownOutcome, RetryAfter: time.Minute}),
				fails(cancel.ErrAuth),
			},
			statuses: []step{fails(cancel.ErrNotFound)},
		}}
		got := outcomes(client(p).All(t.Context(), func(yield func(cancel.Request) bool) {
			for _, id := range []string{"unavailable", "doubtful", "knocks"} {
				if !yield(request(id)) {
					return
				}
				synctest.Wait()
			}
		}))
		assert.Equal(t, map[string][]string{
			"unavailable": {cancel.ErrAuth.Error()},
			"doubtful":    {cancel.ErrUnknownOutcome.Error()},
			"knocks":      {cancel.ErrAuth.Error()},
		}, got)
		assert.Equal(t, []string{"cancel unavailable", "cancel doubtful", "status doubtful", "cancel knocks"}, p.asked())
	})
}

// Credentials that Status refuses lock the door, too.
func TestAllHeedsARefusalByStatus(t *testing.T) {
	p := &checked{script{cancels: []step{unknown}, statuses: []step{fails(cancel.ErrAuth)}}}
	got := outcomes(client(p, cancel.WithConcurrency(1)).All(t.Context(), requests("a", "b")))
	assert.Equal(t, map[string][]string{"a": {cancel.ErrUnknownOutcome.Error()}, "b": {cancel.ErrAuth.Error()}}, got)
	assert.Equal(t, []string{"cancel a", "status a"}, p.asked())
}

func TestAllContainsPanics(t *testing.T) {
	broken := func(how func()) step {
		return func(ctx context.Context, req cancel.Request) (cancel.Result, error) {
			if req.ID == "b" {
				how()
			}
			return done(ctx, req)
		}
	}
	want := map[string][]string{"a": {"cancelled"}, "b": {cancel.ErrUnknownOutcome.Error()}, "c": {"cancelled"}}
	for name, how := range map[string]func(){
		"panic":  func() { panic("broken") },
		"goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			p := &script{cancels: []step{broken(how)}}
			assert.Equal(t, want, outcomes(client(p).All(t.Context(), requests("a", "b", "c"))))
			assert.Len(t, p.asked(), 3, "one that panicked is not asked again")
		})
	}
	t.Run("in a batch", func(t *testing.T) {
		p := &batched{limit: 2, answer: func(_ int, reqs []cancel.Request) []cancel.Item {
			if slices.Contains(ids(reqs), "b") {
				panic("broken")
			}
			return allDone(0, reqs)
		}}
		got := outcomes(client(p).All(t.Context(), requests("a", "b", "c")))
		unknown := []string{cancel.ErrUnknownOutcome.Error()}
		assert.Equal(t, map[string][]string{"a": unknown, "b": unknown, "c": {"cancelled"}}, got)
	})
	t.Run("says so", func(t *testing.T) {
		p := &script{cancels: []step{broken(func() { panic("broken") })}}
		for item := range client(p).All(t.Context(), requests("b")) {
			assert.Contains(t, item.Err.Error(), "the adapter panicked: broken")
		}
	})
	t.Run("but not what a panic holds", func(t *testing.T) {
		p := &script{cancels: []step{broken(func() { panic(struct{ password string }{"hunter2"}) })}}
		for item := range client(p).All(t.Context(), requests("b")) {
			assert.Contains(t, item.Err.Error(), "the adapter panicked with a struct")
			assert.NotContains(t, item.Err.Error(), "hunter2")
		}
	})
	t.Run("shows an error", func(t *testing.T) {
		p := &script{cancels: []step{broken(func() { panic(io.ErrUnexpectedEOF) })}}
		for item := range client(p).All(t.Context(), requests("b")) {
			require.ErrorIs(t, item.Err, io.ErrUnexpectedEOF)
		}
	})
}

func TestAllPassesAPanicOfTheSourceOn(t *testing.T) {
	p := &script{cancels: []step{done}}
	yielded := 0
	assert.PanicsWithValue(t, "source", func() {
		for range client(p).All(t.Context(), func(yield func(cancel.Request) bool) {
			yield(request("a"))
			panic("source")
		}) {
			yielded++
		}
	})
	assert.Equal(t, 1, yielded)
}

func TestAllWhenTheConsumerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pulled, finished atomic.Int64
		p := &script{cancels: []step{func(ctx context.Context, req cancel.Request) (cancel.Result, error) {
			if req.ID != "0" {
				time.Sleep(time.Minute)
			}
			finished.Add(1)
			return done(ctx, req)
		}}}
		began := time.Now()
		for range client(p, cancel.WithConcurrency(3)).All(t.Context(), numbered(100, &pulled)) {
			synctest.Wait()
			break
		}
		assert.Equal(t, time.Minute, time.Since(began), "the calls in flight are waited for")
		assert.EqualValues(t, 4, pulled.Load())
		assert.Equal(t, pulled.Load(), finished.Load())
	})
}

// Nothing is begun for somebody who has stopped listening.
func TestAllBeginsNothingOnceTheConsumerStops(t *testing.T) {
	t.Run("a group on hand", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := &batched{limit: 10, answer: allDone}
			c := cancel.NewClient(map[string]cancel.Canceler{"p": p, "q": &script{cancels: []step{done}}})
			for range c.All(t.Context(), func(yield func(cancel.Request) bool) {
				first := request("first")
				first.Provider = "q"
				_ = yield(first) && yield(request("a")) && yield(request("b"))
				time.Sleep(time.Hour)
			}) {
				synctest.Wait()
				break
			}
			assert.Empty(t, p.asked())
			time.Sleep(2 * time.Hour)
		})
	})
	t.Run("a retry", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := &script{cancels: []step{func(ctx context.Context, req cancel.Request) (cancel.Result, error) {
				if req.ID == "a" {
					return after(time.Second, done)(ctx, req)
				}
				return failsWith(cancel.Error{Reason: cancel.ErrUnavailable, RetryAfter: time.Minute})(ctx, req)
			}}}
			began := time.Now()
			for range client(p).All(t.Context(), requests("a", "b")) {
				break
			}
			assert.Equal(t, time.Second, time.Since(began), "the pause is not sat out")
			assert.Len(t, p.asked(), 2)
		})
	})
}

func TestAllWhenTheConsumerStopsAndTheSourceBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		more := make(chan struct{})
		released := false
		for range client(&script{cancels: []step{done}}).All(t.Context(), func(yield func(cancel.Request) bool) {
			if released = !yield(request("a")); !released {
				<-more
				released = !yield(request("b"))
			}
		}) {
			break
		}
		close(more)
		synctest.Wait()
		assert.True(t, released, "the source is told to end when it yields")
	})
}

func TestAllDoesNotWaitForASourceThatBlocksAfterItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		more := make(chan struct{})
		p := &script{cancels: []step{func(ctx context.Context, req cancel.Request) (cancel.Result, error) {
			stop()
			return done(ctx, req)
		}}}
		items := 0
		for range client(p, cancel.WithConcurrency(1)).All(ctx, func(yield func(cancel.Request) bool) {
			assert.False(t, yield(request("a")))
			<-more
		}) {
			items++
		}
		assert.Equal(t, 1, items)
		close(more)
	})
}

func TestAllWhenTheConsumerPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pulled atomic.Int64
		assert.PanicsWithValue(t, "consumer", func() {
			for range client(&script{cancels: []step{done}}).All(t.Context(), numbered(100, &pulled)) {
				panic("consumer")
			}
		})
		assert.Less(t, pulled.Load(), int64(100))
	})
}

func TestAllWhenTheContextEnds(t *testing.T) {
	t.Run("an endless source", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
			defer stop()
			var pulled atomic.Int64
			p := &script{cancels: []step{after(time.Second, done)}}
			yielded := 0
			for range client(p).All(ctx, numbered(1<<30, &pulled)) {
				yielded++
			}
			assert.EqualValues(t, pulled.Load(), yielded)
			assert.InDelta(t, 80, yielded, 8)
		})
	})
	t.Run("a source that ends it", func(t *testing.T) {
		for _, concurrency := range []int{1, 8} {
			ctx, stop := context.WithCancel(t.Context())
			pulled, yielded := 0, 0
			for item := range client(free{}, cancel.WithConcurrency(concurrency)).All(ctx, func(yield func(cancel.Request) bool) {
				for i := range 100 {
					if i == 20 {
						stop()
					}
					pulled++
					if !yield(request(strconv.Itoa(i))) {
						return
					}
				}
			}) {
				yielded++
				if item.Err != nil {
					assert.ErrorIs(t, item.Err, context.Canceled)
				}
			}
			assert.Equal(t, pulled, yielded)
			assert.Less(t, pulled, 100)
		}
	})
	t.Run("a slow source", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 55*time.Millisecond)
			defer stop()
			pulled, yielded := 0, 0
			for range client(free{}).All(ctx, func(yield func(cancel.Request) bool) {
				for {
					time.Sleep(10 * time.Millisecond)
					pulled++
					if !yield(request(strconv.Itoa(pulled))) {
						return
					}
				}
			}) {
				yielded++
			}
			assert.Equal(t, 6, pulled)
			assert.Equal(t, pulled, yielded)
		})
	})
	t.Run("a source that blocks", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
			defer stop()
			more := make(chan struct{})
			began := time.Now()
			got := outcomes(client(&batched{limit: 9, answer: allDone}).All(ctx, func(yield func(cancel.Request) bool) {
				yield(request("a"))
				<-more
			}))
			assert.Equal(t, map[string][]string{"a": {"cancelled"}}, got)
			assert.Equal(t, 10*time.Second+100*time.Millisecond, time.Since(began), "what was asked for may come")
			close(more)
		})
	})
	t.Run("with a group on hand", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer stop()
			more := make(chan struct{})
			p := &batched{limit: 9, answer: allDone}
			for item := range client(p).All(ctx, func(yield func(cancel.Request) bool) {
				yield(request("a"))
				<-more
			}) {
				assert.Equal(t, cancel.ErrUnavailable, reason(item.Err))
				require.ErrorIs(t, item.Err, context.DeadlineExceeded)
			}
			assert.Empty(t, p.asked())
			close(more)
		})
	})
}

// The request that closes a group waits for a call to end, because only one may be in flight.
func TestAllWithARequestThatClosedAGroup(t *testing.T) {
	for name, tt := range map[string]struct {
		patience time.Duration
		want     map[string][]string
		took     time.Duration
	}{
		"it goes after its own 100 ms": {time.Minute, map[string][]string{"a": {"cancelled"}, "b": {"cancelled"}}, 2100 * time.Millisecond},
		"it comes back when the context ends": {
			500 * time.Millisecond, map[string][]string{"a": {"cancelled"}, "b": {cancel.ErrUnavailable.Error()}}, time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithTimeout(t.Context(), tt.patience)
				defer stop()
				p := &batched{limit: 9, answer: func(call int, reqs []cancel.Request) []cancel.Item {
					time.Sleep(time.Second)
					return allDone(call, reqs)
				}}
				more := make(chan struct{})
				defer close(more)
				began := time.Now()
				got := map[string][]string{}
				for id, outcome := range outcomesOf(client(p, cancel.WithConcurrency(1)).All(ctx, func(yield func(cancel.Request) bool) {
					b := request("b")
					b.Reason = "another"
					if yield(request("a")) && yield(b) {
						<-more
					}
				})) {
					got[id] = append(got[id], outcome)
					if len(got) == len(tt.want) {
						assert.Equal(t, tt.took, time.Since(began))
						stop()
					}
				}
				assert.Equal(t, tt.want, got)
			})
		})
	}
}

func TestAllWorksOnEachPulledRequestAfterAPanicOfAHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &batched{limit: 9, answer: func(call int, reqs []cancel.Request) []cancel.Item {
			time.Sleep(time.Second)
			return allDone(call, reqs)
		}}
		hook := func(ctx context.Context, _ cancel.Operation) (context.Context, func([]cancel.Item)) {
			return ctx, func([]cancel.Item) { panic("the hook") }
		}
		var pulled, yielded []string
		source := func(yield func(cancel.Request) bool) {
			for _, id := range []string{"a", "b", "c"} {
				req := request(id)
				req.Reason = id // no two travel together
				pulled = append(pulled, id)
				if !yield(req) {
					return
				}
			}
		}
		assert.PanicsWithValue(t, "the hook", func() {
			for item := range client(p, cancel.WithConcurrency(1), cancel.WithHook(hook)).All(t.Context(), source) {
				yielded = append(yielded, item.Request.ID)
				assert.NoError(t, item.Err)
			}
		})
		assert.Equal(t, []string{"a", "b"}, pulled)
		assert.Equal(t, pulled, yielded)
	})
}

func TestAllMayBeRangedOverAgain(t *testing.T) {
	all := client(&script{cancels: []step{done}}).All(t.Context(), requests("a", "b"))
	once := outcomes(all)
	assert.Equal(t, once, outcomes(all))
	assert.Len(t, once, 2)
}

func TestAllIsSafeForConcurrentUse(t *testing.T) {
	c := client(&batched{limit: 7, answer: allDone}, cancel.WithConcurrency(5))
	results := make(chan int)
	for range 8 {
		go func() {
			var pulled atomic.Int64
			results <- len(outcomes(c.All(t.Context(), numbered(500, &pulled))))
		}()
	}
	for range 8 {
		assert.Equal(t, 500, <-results)
	}
}

func TestAllKeepsMemoryFlat(t *testing.T) {
	heap := func(n int) uint64 {
		var pulled atomic.Int64
		var most uint64
		p := free{}
		yielded := 0
		for range client(p).All(t.Context(), numbered(n, &pulled)) {
			if yielded++; yielded%(n/4) == 0 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		assert.Equal(t, n, yielded)
		return most
	}
	heap(1000)
	few, many := heap(10_000), heap(100_000)
	assert.InDelta(t, few, many, 1<<20)
}

// free is a provider that cancels at once.
type free struct{}

func (free) Cancel(context.Context, cancel.Request) (cancel.Result, error) {
	return cancel.Result{State: cancel.Cancelled}, nil
}
