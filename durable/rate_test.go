package durable

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// clock is a vendor that notes when it was called.
type clock struct {
	mu    sync.Mutex
	calls []time.Time
}

func (c *clock) Cancel(_ context.Context, _ cancel.Request) (cancel.Result, error) {
	c.tick()
	return is(cancel.Cancelled)
}

func (c *clock) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, time.Now())
}

// most returns the largest number of calls within a span.
func (c *clock) most(span time.Duration) (most int) {
	for i := range c.calls {
		n := 0
		for _, at := range c.calls[i:] {
			if at.Sub(c.calls[i]) < span {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func rated(v cancel.Canceler, told *heard, p Provider) Config {
	config := slowly(v, told)
	p.Canceler = v
	config.Providers["v"] = p
	return config
}

func TestRateOfOneProcess(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		v, told := &clock{}, newHeard()
		q, _ := db(t, rated(v, told, Provider{PerSecond: 10, Burst: 3}))
		work(t, q)
		time.Sleep(time.Minute) // a rest
		_, err := q.Enqueue(t.Context(), paymentsAt("v", 33)...)
		require.NoError(t, err)
		told.wait(t, 33)
		assert.LessOrEqual(t, v.most(time.Second), 13)
		took := v.calls[32].Sub(v.calls[0])
		assert.GreaterOrEqual(t, took, 2900*time.Millisecond)
		assert.Less(t, took, 4*time.Second)
	})
}

// A run takes up work for 15 seconds only, and a call in 20 is made all the same.
func TestSlowRate(t *testing.T) {
	for name, shared := range map[string]bool{"of a process": false, "shared": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, db database[*sql.Tx]) {
				v, told := &clock{}, newHeard()
				q, _ := db(t, rated(v, told, Provider{PerSecond: 0.05, Shared: shared}))
				_, err := q.Enqueue(t.Context(), paymentsAt("v", 4)...)
				require.NoError(t, err)
				work(t, q)
				told.wait(t, 4)
				took := v.calls[3].Sub(v.calls[0])
				assert.GreaterOrEqual(t, took, 60*time.Second)
				assert.Less(t, took, 90*time.Second)
			})
		})
	}
}

// A turn that makes several calls waits for each.
func TestRateOfSeveralCallsInATurn(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		v, told := &unsure{}, newHeard()
		q, _ := db(t, rated(v, told, Provider{PerSecond: 1}))
		_, err := q.Enqueue(t.Context(), paymentsAt("v", 5)...)
		require.NoError(t, err)
		work(t, q)
		told.wait(t, 5)
		assert.Len(t, v.calls, 10)
		assert.LessOrEqual(t, v.most(time.Second), 1)
	})
}

// unsure is a clock that is unsure at first, and whose status is known.
type unsure struct{ clock }

func (u *unsure) Cancel(context.Context, cancel.Request) (cancel.Result, error) {
	u.tick()
	return fails(cancel.ErrUnknownOutcome)
}

func (u *unsure) Status(context.Context, cancel.Request) (cancel.Result, error) {
	u.tick()
	return is(cancel.Cancelled)
}

func TestProcessesShareARate(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		bubble(t, func(t *testing.T, db database[*sql.Tx]) {
			took := testSharedRate(t, db)
			assert.Less(t, took, 8*time.Second, "they do not hinder each other")
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) { testSharedRate(t, onPostgres(t)) })
}

// testSharedRate has three processes work, and returns how long it took.
func testSharedRate[TTx any](t *testing.T, db database[TTx]) time.Duration {
	t.Helper()
	v, told := &clock{}, newHeard()
	config := rated(v, told, Provider{PerSecond: 10, Burst: 2, Shared: true})
	q, _ := db(t, config)
	_, err := q.Enqueue(t.Context(), paymentsAt("v", 42)...)
	require.NoError(t, err)
	work(t, q)
	for range 2 {
		another, _ := db(t, config)
		work(t, another)
		require.NoError(t, another.Wake(t.Context(), payment("42")))
	}
	told.wait(t, 42)
	took := v.calls[41].Sub(v.calls[0])
	assert.GreaterOrEqual(t, took, 3900*time.Millisecond)
	return took
}
