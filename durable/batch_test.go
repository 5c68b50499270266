package durable

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
)

// batcher is a vendor that takes up to ten requests in a call, and knows a status.
type batcher struct {
	teller

	answer      func(reqs []cancel.Request) []cancel.Item
	mu          sync.Mutex
	batches     [][]cancel.Request
	under, most int
}

func (*batcher) MaxBatch() int { return 10 }

func (b *batcher) CancelBatch(_ context.Context, reqs []cancel.Request) []cancel.Item {
	b.mu.Lock()
	b.batches = append(b.batches, reqs)
	b.under++
	b.most = max(b.most, b.under)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.under--
		b.mu.Unlock()
	}()
	if b.answer != nil {
		return b.answer(reqs)
	}
	items := make([]cancel.Item, len(reqs))
	for i, req := range reqs {
		items[i] = cancel.Item{Request: req, Result: cancel.Result{State: cancel.Cancelled}}
	}
	return items
}

func TestBatchesOfAuco(t *testing.T) { onBoth(t, testBatchesOfAuco, testBatchesOfAuco) }

func testBatchesOfAuco[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	const documents, each = 500, 10
	sim := aucotest.New()
	t.Cleanup(sim.Close)
	aucoConfig := sim.Config()
	aucoConfig.MaxBatch = each
	adapter, err := auco.New(aucoConfig)
	require.NoError(t, err)
	reqs := make([]cancel.Request, documents)
	for i := range reqs {
		code := fmt.Sprintf("DOC%d", i+1)
		sim.Register(code)
		reqs[i] = cancel.Request{Provider: "v", Kind: cancel.Document, ID: code, Reason: "r", RequestedBy: "a@example.com"}
	}
	told := newHeard()
	config := of(adapter)
	config.OnSettled = told.listen
	q, _ := db(t, config)
	tickets, err := q.Enqueue(t.Context(), reqs...)
	require.NoError(t, err)
	work(t, q)
	told.wait(t, documents)
	assert.Len(t, sim.Calls(), documents/each)
	assert.Len(t, sim.Cancelled(), documents)
	for i, ticket := range tickets {
		c := get(t, q, ticket.ID)
		require.Equal(t, Done, c.State)
		require.Equal(t, reqs[i], c.Request)
		require.Len(t, c.Evidence, 1)
		require.Equal(t, reqs[i], c.Evidence[0].Request)
		require.Equal(t, 1, told.told[ticket.ID])
	}
}

func TestBatchesAreOfOneKind(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		told := newHeard()
		v := &batcher{}
		v.answer = func(reqs []cancel.Request) []cancel.Item {
			time.Sleep(time.Second)
			items := make([]cancel.Item, len(reqs))
			for i, req := range reqs {
				items[i] = cancel.Item{Request: req, Result: cancel.Result{State: cancel.Cancelled}}
			}
			return items
		}
		config := of(v)
		config.Providers["v"] = Provider{Canceler: v, Workers: 2}
		config.OnSettled = told.listen
		q, _ := db(t, config)
		var reqs []cancel.Request
		for i := range 160 {
			reqs = append(reqs, cancel.Request{
				Provider: "v", Kind: []cancel.Kind{cancel.Document, cancel.Payment}[i%2], ID: fmt.Sprint(i),
				Reason: fmt.Sprint(i / 2 % 2), RequestedBy: fmt.Sprint(i / 4 % 2),
			})
		}
		_, err := q.Enqueue(t.Context(), reqs...)
		require.NoError(t, err)
		work(t, q)
		told.wait(t, len(reqs))
		sent := 0
		for _, batch := range v.batches {
			sent += len(batch)
			assert.LessOrEqual(t, len(batch), 10)
			for _, req := range batch {
				assert.Equal(t, []string{string(batch[0].Kind), batch[0].Reason, batch[0].RequestedBy},
					[]string{string(req.Kind), req.Reason, req.RequestedBy})
			}
		}
		assert.Equal(t, len(reqs), sent+v.called())
		assert.Equal(t, 2, v.most, "calls at once, as Workers says")
	})
}

func TestAnswersOfABatchAreForEach(t *testing.T) { onBoth(t, testAnswersOfABatch, testAnswersOfABatch) }

func testAnswersOfABatch[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	want := map[string]State{
		"done": Done, "pending": Pending, "missing": Failed, "unavailable": Queued, "lost": InDoubt, "strange": Unknown,
	}
	reasons := map[string]error{
		"missing": cancel.ErrNotFound, "unavailable": cancel.ErrUnavailable, "lost": cancel.ErrUnknownOutcome, "strange": cancel.ErrUnexpected,
	}
	v := &batcher{}
	v.answer = func(reqs []cancel.Request) []cancel.Item {
		items := make([]cancel.Item, len(reqs))
		for i, req := range reqs {
			items[i] = cancel.Item{Request: req, Result: cancel.Result{State: cancel.Cancelled}}
			if req.ID == "pending" {
				items[i].Result.State = cancel.Pending
			}
			if reason := reasons[req.ID]; reason != nil {
				_, items[i].Err = fails(reason)
			}
		}
		return items
	}
	v.status = func(int) (cancel.Result, error) { return fails(cancel.ErrUnavailable) }
	told := newHeard()
	q, _ := db(t, slowly(v, told))
	var reqs []cancel.Request
	for id := range want {
		reqs = append(reqs, payment(id))
	}
	_, err := q.Enqueue(t.Context(), reqs...)
	require.NoError(t, err)
	work(t, q)
	told.wait(t, 3)
	for id, state := range want {
		found := func() Cancellation {
			c, err := q.Find(t.Context(), payment(id))
			require.NoError(t, err)
			return c
		}
		require.Eventually(t, func() bool { c := found(); return c.State == state && c.Sent == 1 }, patience, 10*time.Millisecond, id)
		c := found()
		if reasons[id] == nil {
			assert.NoError(t, c.Err(), id)
		} else {
			assert.ErrorIs(t, c.Err(), reasons[id], id)
		}
	}
	assert.Len(t, v.batches, 1)
}

// The process that has sent a batch is taken for dead, and another one finds out about each.
func TestBatchOfADeadProcess(t *testing.T) { onBoth(t, testBatchOfTheDead, testBatchOfTheDead) }

func testBatchOfTheDead[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	sent, answer := make(chan struct{}), make(chan struct{})
	v := &batcher{}
	v.answer = func(reqs []cancel.Request) []cancel.Item {
		close(sent)
		<-answer
		items := make([]cancel.Item, len(reqs))
		for i, req := range reqs {
			_, items[i].Err = fails(cancel.ErrRejected)
			items[i].Request = req
		}
		return items
	}
	v.status = func(int) (cancel.Result, error) { return is(cancel.Cancelled) }
	told := newHeard()
	q, exec := db(t, slowly(v, told))
	another, _ := db(t, slowly(v, told))
	tickets, err := q.Enqueue(t.Context(), paymentsAt("v", 10)...)
	require.NoError(t, err)
	stop := work(t, q)
	<-sent
	for _, ticket := range tickets {
		c := get(t, q, ticket.ID)
		assert.Equal(t, Sending, c.State, "the intent is recorded before the call")
		assert.Equal(t, 1, c.Sent)
	}
	exec(`UPDATE unified_cancel_job SET due_at = 1`)     // as if the claim had ended
	require.NoError(t, another.Resume(t.Context(), "v")) // has a run look
	work(t, another)
	told.wait(t, 10)
	close(answer)
	stop()
	for _, ticket := range tickets {
		c := get(t, another, ticket.ID)
		assert.Equal(t, Done, c.State, "a late answer is not recorded")
		assert.False(t, c.DoubtSince.IsZero())
		assert.Equal(t, 1, told.told[ticket.ID])
	}
	assert.Len(t, v.batches, 1, "nothing is sent again")
	assert.Zero(t, v.called())
	assert.Equal(t, 10, v.asked())
}

// Two workers that had the same cancellation record it in one statement.
func TestOnlyTheLastWorkerRecords(t *testing.T) {
	onBoth(t, testOnlyTheLastRecords, testOnlyTheLastRecords)
}

func testOnlyTheLastRecords[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	q, _ := db(t, of(&vendor{}))
	id := enqueue(t, q, payment("1"))
	late, last := get(t, q, id), get(t, q, id)
	late.version -= 10
	late.State, last.State = Failed, Done
	records := []*record{{c: &late}, {c: &last}}
	q.store.recordAll(records)
	require.ErrorIs(t, records[0].err, errTaken)
	require.NoError(t, records[1].err)
	assert.Equal(t, Done, get(t, q, id).State)
}
