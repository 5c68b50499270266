package durable

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStartGoesOnWithWhatADeadProcessLeft(t *testing.T) { onBoth(t, testLeft, testLeft) }

// testLeft has River's jobs run in a process that has died: River repeats them after minutes.
func testLeft[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	told := newHeard()
	config := of(&vendor{})
	config.OnSettled = told.listen
	config.Providers["paused"] = Provider{Canceler: &vendor{}}
	q, exec := db(t, config)
	id := enqueue(t, q, payment("1"))
	held := payment("2")
	held.Provider = "paused"
	waiting := enqueue(t, q, held)
	assert.NoError(t, q.Pause(t.Context(), "paused", "ana", "maintenance"))
	exec(`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = CURRENT_TIMESTAMP`)

	defer work(t, q)()
	told.wait(t, 1)
	assert.Equal(t, Done, get(t, q, id).State)
	assert.Equal(t, Queued, get(t, q, waiting).State)
	providers, err := q.store.overdue(t.Context(), now())
	assert.NoError(t, err)
	assert.Empty(t, providers, "a paused provider has nothing to do")
}
