package durable

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func ids(page []Cancellation) (list []int64) {
	for _, c := range page {
		list = append(list, c.ID)
	}
	return list
}

func TestListByID(t *testing.T) { onBoth(t, testListByID, testListByID) }

func testListByID[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	config := of(&vendor{})
	config.Providers["w"] = Provider{Canceler: &vendor{}}
	q, _ := db(t, config)
	uuid := "0A1B2C3D-0000-4000-8000-00000000000A"
	long := strings.Repeat("ñ", 3000)
	invoice := enqueue(t, q, cancel.Request{Provider: "v", Kind: cancel.Invoice, ID: uuid})
	document := enqueue(t, q, cancel.Request{Provider: "v", Kind: cancel.Document, ID: long})
	here, there := enqueue(t, q, payment("7")), enqueue(t, q, paymentAt("w", "7"))
	for _, test := range []struct {
		filter Filter
		want   []int64
	}{
		{Filter{ID: uuid}, []int64{invoice}},
		{Filter{ID: strings.ToLower(uuid)}, []int64{invoice}},
		{Filter{ID: long}, []int64{document}},
		{Filter{ID: "7"}, []int64{here, there}},
		{Filter{ID: "7", Provider: "w"}, []int64{there}},
		{Filter{ID: "7", State: Done}, nil},
		{Filter{ID: "7", After: here, Limit: 1}, []int64{there}},
		{Filter{ID: "7", Newest: true}, []int64{there, here}},
		{Filter{ID: "7", Newest: true, After: there}, []int64{here}},
		{Filter{ID: "' OR 1=1 --"}, nil},
		{Filter{ID: "\x00"}, nil},
	} {
		page, err := q.List(t.Context(), test.filter)
		require.NoError(t, err)
		assert.Equal(t, test.want, ids(page), "%.80v", test.filter)
	}
}

// A reader who goes on from the last ID of a page misses nothing, although transactions that
// enqueue are committed in another order than their IDs.
func TestPagesMissNothing(t *testing.T) {
	q, err := OpenPostgres(t.Context(), ownSchema(t), of(&vendor{}))
	require.NoError(t, err)
	t.Cleanup(q.Close)
	require.NoError(t, q.Migrate(t.Context()))

	var slow pgx.Tx
	begin := func(id string) (tx pgx.Tx, added int64) {
		tx, err := q.Pool.Begin(t.Context())
		require.NoError(t, err)
		tickets, err := q.EnqueueTx(t.Context(), tx, payment(id))
		require.NoError(t, err)
		return tx, tickets[0].ID
	}
	list := func(after int64) []int64 {
		page, err := q.List(t.Context(), Filter{After: after})
		require.NoError(t, err)
		return ids(page)
	}
	slow, first := begin("first of all")
	assert.Empty(t, list(0))
	second := enqueue(t, q.Queue, payment("second"))
	assert.Empty(t, list(0), "it would be the last of the page")
	require.NoError(t, slow.Commit(t.Context()))
	assert.Equal(t, []int64{first, second}, list(0))

	slow, _ = begin("undone")
	last := enqueue(t, q.Queue, payment("last"))
	assert.Equal(t, []int64{first, second}, list(0))
	require.NoError(t, slow.Rollback(t.Context()))
	assert.Equal(t, []int64{last}, list(second))

	var writers sync.WaitGroup
	var mu sync.Mutex
	committed := map[int64]bool{}
	for w := range 6 {
		writers.Go(func() {
			for i := range 40 {
				tx, id := begin(fmt.Sprintf("%d of %d", i, w))
				for range rand.N(5) { // so that they end in another order
					_, err := tx.Exec(t.Context(), `SELECT 1`)
					assert.NoError(t, err)
				}
				if rand.N(5) == 0 {
					assert.NoError(t, tx.Rollback(t.Context()))
					continue
				}
				assert.NoError(t, tx.Commit(t.Context()))
				mu.Lock()
				committed[id] = true
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() {
		writers.Wait()
		close(done)
	}()
	read := map[int64]bool{}
	for over := false; ; {
		page, err := q.List(t.Context(), Filter{After: last, Limit: 7})
		require.NoError(t, err)
		for _, c := range page {
			read[c.ID], last = true, c.ID
		}
		if len(page) > 0 {
			continue
		}
		if over {
			break
		}
		select {
		case <-done:
			over = true
		default:
		}
	}
	assert.Equal(t, committed, read)
}

// A transaction that begins to enqueue while List looks holds a lock above the last ID.
func TestNewTransactionDoesNotEmptyAPage(t *testing.T) {
	q, err := OpenPostgres(t.Context(), ownSchema(t), of(&vendor{}))
	require.NoError(t, err)
	t.Cleanup(q.Close)
	require.NoError(t, q.Migrate(t.Context()))
	id := enqueue(t, q.Queue, payment("1"))
	tx, err := q.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), strings.Replace(announceIDs, "last_value &", "(last_value + 5) &", 1))
	require.NoError(t, err)
	page, err := q.List(t.Context(), Filter{})
	require.NoError(t, err)
	assert.Equal(t, []int64{id}, ids(page))
	require.NoError(t, tx.Rollback(t.Context()))
}
