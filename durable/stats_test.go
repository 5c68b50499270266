package durable

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestStatsAgreeWithTheList(t *testing.T) { onBoth(t, testStats, testStats) }

func testStats[TTx any](t *testing.T, db database[TTx]) {
	const odd = `a "name", {not} JSON \ é`
	v := &vendor{cancel: func(_ int, req cancel.Request) (cancel.Result, error) {
		if req.ID[0] == 'f' {
			return fails(cancel.ErrNotCancellable)
		}
		return is(cancel.Cancelled)
	}}
	config := of(v)
	config.Providers[odd] = Provider{Canceler: v}
	q, exec := db(t, config)
	empty, err := q.Stats(t.Context(), 0)
	require.NoError(t, err)
	assert.Empty(t, empty.Counts)
	assert.Len(t, empty.Hours, 24)

	for _, id := range []string{"ok1", "ok2", "fail", "late"} {
		finish(t, q, enqueue(t, q, payment(id)))
	}
	enqueue(t, q, payment("waits"))
	other := payment("ok")
	other.Provider = odd
	finish(t, q, enqueue(t, q, other))
	hour := now().Truncate(time.Hour)
	settledAt := func(t time.Time, where string) {
		exec(`UPDATE unified_cancel_job SET settled_at = ` + strconv.FormatInt(t.UnixMilli(), 10) + ` WHERE settled_at > 0 AND ` + where)
	}
	settledAt(hour.Add(-time.Millisecond), `true`)
	settledAt(hour.Add(-time.Hour), `thing = 'ok1'`)
	settledAt(hour.Add(-time.Hour-time.Millisecond), `thing = 'late'`)
	settledAt(hour.Add(-1000*time.Hour), `thing = 'ok'`)
	exec(`UPDATE unified_cancel_job SET stripped = 1 WHERE thing = 'late'`)
	exec(`UPDATE unified_cancel_job SET due_at = 1 WHERE thing = 'ok2'`)

	stats, err := q.Stats(t.Context(), 4)
	require.NoError(t, err)
	assert.Equal(t, map[string]map[State]int{"v": {Done: 3, Failed: 1, Queued: 1}, odd: {Done: 1}}, stats.Counts)
	assert.Equal(t, 1, stats.Undelivered)
	require.Len(t, stats.Hours, 4)
	settled := map[time.Time]map[State]int{}
	for _, h := range stats.Hours {
		if len(h.Settled) > 0 {
			settled[h.Start] = h.Settled
		}
	}
	assert.Equal(t, map[time.Time]map[State]int{
		hour.Add(-time.Hour): {Done: 2, Failed: 1}, hour.Add(-2 * time.Hour): {Done: 1},
	}, settled)
}

func TestPausesTellWhenTheyEnd(t *testing.T) { onBoth(t, testPausesEnd, testPausesEnd) }

func testPausesEnd[TTx any](t *testing.T, db database[TTx]) {
	q, _ := db(t, of(&vendor{cancel: func(int, cancel.Request) (cancel.Result, error) { return fails(cancel.ErrAuth) }}))
	once(t, q, enqueue(t, q, payment("1")))
	require.NoError(t, q.Pause(t.Context(), "other", "ana", "maintenance"))
	until, err := q.PausedUntil(t.Context(), "v")
	require.NoError(t, err)
	pauses, err := q.Pauses(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []Pause{
		{Provider: "other", Who: "ana", Why: "maintenance"},
		{Provider: "v", Until: until, Failures: 1},
	}, pauses)
}
