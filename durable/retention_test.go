package durable

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// whole returns all columns of a row as text, with base64 decoded.
func whole[TTx any](t *testing.T, q *Queue[TTx], id int64) string {
	t.Helper()
	columns := `job::text`
	if !q.store.postgres {
		columns = `provider || kind || thing || state || body`
	}
	var row string
	require.NoError(t, q.store.row(t.Context(), q.store.executor, `SELECT `+columns+` FROM unified_cancel_job AS job WHERE id = $1`, id).Scan(&row))
	return row
}

// encoded returns the three ways in which base64 can hold a word.
func encoded(word string) []string {
	var ways []string
	for i := range 3 {
		text := base64.StdEncoding.EncodeToString(append(bytes.Repeat([]byte("x"), i), word...))
		ways = append(ways, text[(i*8+5)/6:len(text)-4])
	}
	return ways
}

func age[TTx any](t *testing.T, q *Queue[TTx], by time.Duration) {
	t.Helper()
	require.NoError(t, q.store.exec(t.Context(), q.store.executor,
		`UPDATE unified_cancel_job SET settled_at = settled_at - $1 WHERE settled_at > 0`, by.Milliseconds()))
}

func TestRetentionStrips(t *testing.T) { onBoth(t, testRetentionStrips, testRetentionStrips) }

func testRetentionStrips[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	const word = "juana.perez@example.com"
	about := "of " + word + " and others"
	req := cancel.Request{
		Provider: "v", Kind: cancel.Invoice, ID: "0a1b2c3d-0000-4000-8000-00000000000a", Motive: "01",
		ReplacedBy: "0a1b2c3d-0000-4000-8000-00000000000b", Reason: about, RequestedBy: word, Issuer: about,
		Expression: about, Reference: about,
	}
	again := false
	v := &vendor{cancel: func(int, cancel.Request) (cancel.Result, error) {
		if !again {
			return cancel.Result{}, &cancel.Error{
				Reason: cancel.ErrForbidden, Code: "c1", Message: about, HTTPStatus: 403, Raw: []byte(about), Err: fmt.Errorf("the cause %s", about),
			}
		}
		return cancel.Result{State: cancel.Cancelled, Code: "c2", Message: about, Receipt: []byte(about), Raw: []byte("\xff" + about)}, nil
	}}
	config := of(v)
	config.Retention.Strip = 30 * day
	q, _ := db(t, config)
	failed := enqueue(t, q, req)
	finish(t, q, failed)
	require.NoError(t, q.Requeue(t.Context(), failed, word, about))
	finish(t, q, failed) // with a note now
	again = true
	done := enqueue(t, q, req)
	finish(t, q, done)
	open := enqueue(t, q, req)

	for _, id := range []int64{failed, done, open} {
		require.Contains(t, whole(t, q, id), word)
	}
	found := func(id int64) (n int) {
		for _, way := range encoded(word) {
			n += bytes.Count([]byte(whole(t, q, id)), []byte(way))
		}
		return n
	}
	require.Positive(t, found(done), "the search finds what is in base64")
	before := map[int64]Cancellation{failed: get(t, q, failed), done: get(t, q, done), open: get(t, q, open)}

	require.NoError(t, q.retain(t.Context()))
	age(t, q, 29*day)
	require.NoError(t, q.retain(t.Context()))
	assert.Contains(t, whole(t, q, done), word, "it is young")
	age(t, q, 2*day)
	require.NoError(t, q.retain(t.Context()))
	require.NoError(t, q.retain(t.Context()), "a second time")

	assert.Equal(t, before[open], get(t, q, open))
	for _, id := range []int64{failed, done} {
		assert.NotContains(t, whole(t, q, id), word)
		assert.Zero(t, found(id))
		b, c := before[id], get(t, q, id)
		assert.True(t, c.Stripped)
		assert.Equal(t, cancel.Request{
			Provider: "v", Kind: cancel.Invoice, ID: req.ID, Motive: "01", ReplacedBy: req.ReplacedBy,
		}, c.Request)
		assert.Equal(t, b.State, c.State)
		assert.Equal(t, b.EnqueuedAt, c.EnqueuedAt)
		assert.Equal(t, b.SentAt, c.SentAt)
		assert.Equal(t, b.ToldAt, c.ToldAt)
		assert.Equal(t, b.Sent, c.Sent)
		assert.Equal(t, b.Result.Code, c.Result.Code)
		assert.Equal(t, b.Result.State, c.Result.State)
		assert.Empty(t, c.Evidence)
		assert.Empty(t, c.Notes)
	}
	c := get(t, q, failed)
	require.ErrorIs(t, c.Err(), cancel.ErrForbidden, "the reason stays")
	assert.Equal(t, "c1", c.Failure.Code)
	latest, err := q.Find(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, open, latest.ID)
}

func TestRetentionDeletes(t *testing.T) { onBoth(t, testRetentionDeletes, testRetentionDeletes) }

func testRetentionDeletes[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	config := of(&vendor{})
	config.Retention = Retention{Strip: 10 * day, Delete: 30 * day}
	config.OnSettled = func(_ context.Context, c Cancellation) error {
		if c.Request.ID == "deaf" {
			return errTold
		}
		return nil
	}
	q, _ := db(t, config)
	old, undelivered := enqueue(t, q, payment("old")), enqueue(t, q, payment("deaf"))
	once(t, q, old)
	once(t, q, undelivered)
	age(t, q, 20*day)
	young, open := enqueue(t, q, payment("young")), enqueue(t, q, payment("open"))
	once(t, q, young)
	stripped := func(id int64) bool { return get(t, q, id).Stripped }
	require.NoError(t, q.retain(t.Context()))
	assert.Equal(t, []bool{true, false, false, false}, []bool{stripped(old), stripped(undelivered), stripped(young), stripped(open)})
	age(t, q, 20*day)
	require.NoError(t, q.retain(t.Context()))
	_, err := q.Get(t.Context(), old)
	require.ErrorIs(t, err, ErrNoCancellation)
	assert.Equal(t, []bool{false, true, false}, []bool{stripped(undelivered), stripped(young), stripped(open)})
	assert.NotNil(t, get(t, q, undelivered).Undelivered, "what was not delivered is kept as it is")
	assert.Equal(t, Queued, get(t, q, open).State)
}

func TestNothingIsRemovedByDefault(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		told := newHeard()
		config := of(&vendor{})
		config.OnSettled = told.listen
		q, _ := db(t, config)
		id := enqueue(t, q, payment("1"))
		stop := work(t, q)
		told.wait(t, 1)
		time.Sleep(time.Second)
		stop()
		age(t, q, 10_000*day)
		before := whole(t, q, id)
		work(t, q)
		time.Sleep(10 * time.Second)
		require.NoError(t, q.retain(t.Context()))
		assert.Equal(t, before, whole(t, q, id))
	})
}

func TestRetentionOfManyByTwoProcesses(t *testing.T) {
	onBoth(t, testRetentionOfMany, testRetentionOfMany)
}

func testRetentionOfMany[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	const n = 2*maxRetained + 100
	config := of(&vendor{})
	q, exec := db(t, config)
	finish(t, q, enqueue(t, q, payment("0")))
	copies := func() {
		exec(fmt.Sprintf(`INSERT INTO unified_cancel_job (provider, kind, thing, state, version, due_at, settled_at, body)
			WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)
			SELECT provider, kind, n, state, version, due_at, settled_at, body FROM numbers,
				(SELECT * FROM unified_cancel_job ORDER BY id LIMIT 1) AS first`, n))
	}
	count := func(where string) (n int) {
		require.NoError(t, q.store.row(t.Context(), q.store.executor, `SELECT count(*) FROM unified_cancel_job WHERE `+where).Scan(&n))
		return n
	}
	copies()
	age(t, q, 40*day)
	done, err := q.store.strip(t.Context(), time.Now().Add(-30*day))
	require.NoError(t, err)
	assert.Equal(t, maxRetained, done, "a transaction is small")
	assert.Equal(t, maxRetained, count(`stripped = 1`))

	config.Retention = Retention{Strip: 30 * day}
	var both sync.WaitGroup
	for range 2 {
		another, _ := db(t, config)
		both.Go(func() { assert.NoError(t, another.retain(t.Context())) })
	}
	both.Wait()
	assert.Equal(t, n+1, count(`stripped = 1`))
	assert.Zero(t, count(`stripped = 0`))
	copies()
	age(t, q, 40*day)
	config.Retention = Retention{Delete: 35 * day}
	for range 2 { // by themselves
		another, _ := db(t, config)
		work(t, another)
	}
	require.Eventually(t, func() bool { return count(`true`) == 0 }, patience, 20*time.Millisecond)
}

// A person requeues a cancellation while Retention is about to delete it.
func TestRetentionDoesNotDeleteWhatIsRequeued(t *testing.T) {
	q, err := OpenPostgres(t.Context(), ownSchema(t), of(&vendor{cancel: always(fails(cancel.ErrRejected))}))
	require.NoError(t, err)
	t.Cleanup(q.Close)
	require.NoError(t, q.Migrate(t.Context()))
	id := enqueue(t, q.Queue, payment("1"))
	finish(t, q.Queue, id)
	age(t, q.Queue, 40*day)
	tx, err := q.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `UPDATE unified_cancel_job SET state = 'queued', settled_at = 0, due_at = 1, version = version + 1`)
	require.NoError(t, err)
	n, err := q.store.forget(t.Context(), time.Now())
	require.NoError(t, err)
	assert.Zero(t, n)
	require.NoError(t, tx.Commit(t.Context()))
	assert.Equal(t, Queued, get(t, q.Queue, id).State)
}
