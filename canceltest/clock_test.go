package canceltest

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClockRunsAndIsMovedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clock
		assert.Equal(t, time.Now(), c.now())
		start := time.Now()
		var waiting sync.WaitGroup
		var passed, moved, ended time.Duration
		waiting.Go(func() {
			assert.NoError(t, c.until(t.Context(), start.Add(time.Minute)))
			passed = time.Since(start)
		})
		waiting.Go(func() {
			assert.NoError(t, c.until(t.Context(), start.Add(time.Hour)))
			moved = time.Since(start)
		})
		ctx, stop := context.WithCancel(t.Context())
		waiting.Go(func() {
			assert.ErrorIs(t, c.until(ctx, start.Add(24*time.Hour)), context.Canceled)
			ended = time.Since(start)
		})
		time.Sleep(20 * time.Second)
		c.move(30 * time.Second) // 50 s by the clock
		synctest.Wait()
		time.Sleep(20 * time.Second)
		c.move(59 * time.Minute)
		synctest.Wait()
		time.Sleep(time.Second)
		stop()
		waiting.Wait()
		assert.Equal(t, 30*time.Second, passed)
		assert.Equal(t, 40*time.Second, moved)
		assert.Equal(t, 41*time.Second, ended)
		assert.Equal(t, time.Now().Add(59*time.Minute+30*time.Second), c.now())
		require.NoError(t, c.until(t.Context(), start))
		require.ErrorIs(t, c.until(ctx, start), context.Canceled, "neither waits nor goes on once it is over")
	})
}
