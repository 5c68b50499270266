package cancel_test

import (
	"bytes"
	"log/slog"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// A later option of zero or less restores the default.
func TestOptionsGoBackToTheirDefaults(t *testing.T) {
	for _, none := range []int{0, -1} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			d := time.Duration(none)
			p := &checked{script{cancels: []step{unavailable}, statuses: []step{says(cancel.Pending), done}}}
			c := client(p,
				cancel.WithMaxAttempts(7), cancel.WithMaxAttempts(none),
				cancel.WithBackoff(time.Hour, time.Hour), cancel.WithBackoff(d, d),
				cancel.WithRateLimit(0.001, 1), cancel.WithRateLimit(float64(none), none),
				cancel.WithPollInterval(time.Hour, time.Hour), cancel.WithPollInterval(d, d),
				cancel.WithConcurrency(1), cancel.WithConcurrency(none),
				cancel.WithLogger(slog.New(slog.NewTextHandler(&log, nil))), cancel.WithLogger(nil),
			)
			began := time.Now()
			_, err := c.Cancel(t.Context(), request("a"))
			assert.Equal(t, cancel.ErrUnavailable, reason(err))
			assert.Len(t, p.asked(), 3)
			assert.LessOrEqual(t, time.Since(began), 1500*time.Millisecond)
			assert.Empty(t, log.String())

			began = time.Now()
			_, err = c.Wait(t.Context(), request("a"))
			require.NoError(t, err)
			assert.Equal(t, time.Minute, time.Since(began))
		})
	}
}

// A bound that is given holds, and the other gives way.
func TestIntervalsKeepToTheBoundThatIsGiven(t *testing.T) {
	pending := says(cancel.Pending)
	for _, tt := range []struct{ initial, maximum, first, second time.Duration }{
		{0, 10 * time.Second, 10 * time.Second, 10 * time.Second},
		{time.Hour, 0, time.Hour, time.Hour},
		{time.Minute, time.Second, time.Second, time.Second},
		{time.Second, 90 * time.Second, time.Second, 2 * time.Second},
		{math.MaxInt64, time.Second, time.Second, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &checked{script{statuses: []step{pending, pending, done}}}
			_, err := client(p, cancel.WithPollInterval(tt.initial, tt.maximum)).Wait(t.Context(), request("a"))
			require.NoError(t, err)
			assert.Equal(t, []time.Duration{tt.first, tt.second}, p.pauses())
		})
	}
}

func TestTheLongestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &script{cancels: []step{unavailable, done}}
		_, err := client(p, cancel.WithBackoff(math.MaxInt64, math.MaxInt64)).Cancel(t.Context(), request("a"))
		require.NoError(t, err)
	})
}
