package durable

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

// database is one that a test can open any number of times.
type database[TTx any] func(tb testing.TB, config Config) (q *Queue[TTx], exec func(statement string))

// patience limits how long a test waits.
const patience = 5 * time.Minute

// migrated has each Queue of db call Migrate.
func migrated[TTx any](db database[TTx]) database[TTx] {
	return func(tb testing.TB, config Config) (*Queue[TTx], func(string)) {
		tb.Helper()
		q, exec := db(tb, config)
		require.NoError(tb, q.Migrate(tb.Context()))
		return q, exec
	}
}

func onSQLite(tb testing.TB) database[*sql.Tx] {
	tb.Helper()
	return migrated(inFile(file(tb)))
}

func onPostgres(tb testing.TB) database[pgx.Tx] {
	tb.Helper()
	return migrated(atAddress(ownSchema(tb)))
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, sqlite func(*testing.T, database[*sql.Tx]), postgres func(*testing.T, database[pgx.Tx])) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { sqlite(t, onSQLite(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { postgres(t, onPostgres(t)) })
}

// onBothInFakeTime is onBoth with fake time on SQLite. A server has real time.
func onBothInFakeTime(t *testing.T, sqlite func(*testing.T, database[*sql.Tx]), postgres func(*testing.T, database[pgx.Tx])) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { bubble(t, sqlite) })
	t.Run("PostgreSQL", func(t *testing.T) { postgres(t, onPostgres(t)) })
}

func inFile(path string) database[*sql.Tx] {
	return func(tb testing.TB, config Config) (*Queue[*sql.Tx], func(string)) {
		tb.Helper()
		q, err := OpenSQLite(tb.Context(), path, config)
		require.NoError(tb, err)
		tb.Cleanup(func() { assert.NoError(tb, q.Close()) })
		return q.Queue, func(statement string) {
			_, err := q.DB.ExecContext(tb.Context(), statement)
			assert.NoError(tb, err)
		}
	}
}

func atAddress(address string) database[pgx.Tx] {
	return func(tb testing.TB, config Config) (*Queue[pgx.Tx], func(string)) {
		tb.Helper()
		q, err := OpenPostgres(tb.Context(), address, config)
		require.NoError(tb, err)
		tb.Cleanup(q.Close)
		return q.Queue, func(statement string) {
			_, err := q.Pool.Exec(tb.Context(), statement)
			assert.NoError(tb, err)
		}
	}
}

// ownSchema returns the URL of a new schema on the PostgreSQL for tests.
func ownSchema(tb testing.TB) string {
	tb.Helper()
	address, err := url.Parse(postgres(tb))
	require.NoError(tb, err)
	schema := fmt.Sprintf("durable_%d", time.Now().UnixNano())
	admin, err := pgx.Connect(tb.Context(), address.String())
	require.NoError(tb, err)
	_, err = admin.Exec(tb.Context(), "CREATE SCHEMA "+schema)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		ctx := context.WithoutCancel(tb.Context())
		_, err := admin.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE")
		assert.NoError(tb, err)
		assert.NoError(tb, admin.Close(ctx))
	})
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	return address.String()
}

// heard collects the calls of OnSettled.
type heard struct {
	mu    sync.Mutex
	told  map[int64]int
	count chan struct{}
}

func newHeard() *heard { return &heard{told: map[int64]int{}, count: make(chan struct{}, 10_000)} }

func (h *heard) listen(_ context.Context, c Cancellation) error {
	h.mu.Lock()
	h.told[c.ID]++
	h.mu.Unlock()
	h.count <- struct{}{}
	return nil
}

// wait waits until n more have been told.
func (h *heard) wait(t *testing.T, n int) {
	t.Helper()
	late := time.After(patience)
	for i := range n {
		select {
		case <-h.count:
		case <-late:
			require.Failf(t, "too late", "%d of %d were told", i, n)
		}
	}
}

// work starts q and stops it when the returned function is called, or the test ends.
func work[TTx any](t *testing.T, q *Queue[TTx]) (stop func()) {
	t.Helper()
	require.NoError(t, q.Start(context.WithoutCancel(t.Context())))
	stop = sync.OnceFunc(func() {
		ctx, end := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer end()
		assert.NoError(t, q.Stop(ctx))
	})
	t.Cleanup(stop)
	return stop
}

func TestVendors(t *testing.T) {
	onBoth(t, testVendors, testVendors)
}

// testVendors has all three vendors fail often and settles everything all the same.
func testVendors[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	pac, pay, sign := factibletest.New(), payvalidatest.New(), aucotest.New()
	t.Cleanup(pac.Close)
	t.Cleanup(pay.Close)
	t.Cleanup(sign.Close)
	pacClient, err := factible.New(pac.Config())
	require.NoError(t, err)
	payClient, err := payvalida.New(pay.Config())
	require.NoError(t, err)
	signClient, err := auco.New(sign.Config())
	require.NoError(t, err)

	const each = 20
	var reqs []cancel.Request
	for i := range each {
		id := fmt.Sprintf("0A1B2C3D-0000-4000-8000-%012d", i+1)
		order, code := fmt.Sprint(i+1), fmt.Sprintf("DOC%d", i+1)
		pac.Register(id)
		pay.Register(cancel.Payment, order)
		sign.Register(code)
		reqs = append(reqs,
			cancel.Request{Provider: "pac", Kind: cancel.PrimarySectorInvoice, ID: id},
			cancel.Request{Provider: "pay", Kind: cancel.Payment, ID: order},
			cancel.Request{Provider: "sign", Kind: cancel.Document, ID: code, Reason: "r", RequestedBy: "a@example.com"},
		)
	}
	pac.FailAtRandom(0.2, 1, canceltest.HTTP503, canceltest.CarriedOutThenDropped)
	pay.FailAtRandom(0.2, 2, canceltest.HTTP503, canceltest.CarriedOutThenDropped)
	sign.FailAtRandom(0.2, 3, canceltest.HTTP503)

	told := newHeard()
	config := Config{
		Providers: map[string]Provider{
			"pac":  {Canceler: pacClient},
			"pay":  {Canceler: payClient},
			"sign": {Canceler: signClient},
		},
		Options:   []cancel.Option{cancel.WithMaxAttempts(1)},
		OnSettled: told.listen,
		Retry:     Span{First: 10 * time.Millisecond, Longest: 50 * time.Millisecond},
	}
	q, _ := db(t, config)
	tickets, err := q.Enqueue(t.Context(), reqs...)
	require.NoError(t, err)
	another, _ := db(t, config)
	stop, stopAnother := work(t, q), work(t, another)
	told.wait(t, len(reqs))
	stop()
	stopAnother()

	for i, ticket := range tickets {
		assert.True(t, ticket.New)
		c := get(t, q, ticket.ID)
		assert.Equal(t, reqs[i], c.Request)
		assert.Equal(t, Done, c.State, "%s %s: %v", c.Request.Provider, c.Request.ID, c.Err())
		assert.Equal(t, 1, told.told[ticket.ID])
		last := c.Evidence[len(c.Evidence)-1]
		assert.Equal(t, c.Result.State, last.State)
		assert.True(t, strings.HasPrefix(last.Endpoint, "http://127.0.0.1:"), last.Endpoint)
		assert.NotEmpty(t, last.RawSHA256)
	}
	assert.Len(t, pac.Cancelled(), each)
	assert.Len(t, pay.Cancelled(), each)
	assert.Len(t, sign.Cancelled(), each)
	page, err := q.List(t.Context(), Filter{State: Done, Limit: 1000})
	require.NoError(t, err)
	assert.Len(t, page, len(reqs))
	n, err := q.Counts(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[State]int{Done: len(reqs)}, n)
}

func TestSnoozeAcrossRestart(t *testing.T) { onBoth(t, testSnooze, testSnooze) }

func testSnooze[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	asked := make(chan struct{}, 1)
	release := make(chan struct{})
	v := &teller{vendor: vendor{cancel: always(is(cancel.Pending))}}
	v.status = func(int) (cancel.Result, error) {
		select {
		case asked <- struct{}{}:
		default:
		}
		select {
		case <-release:
			return is(cancel.Cancelled)
		default:
			return is(cancel.Pending)
		}
	}
	told := newHeard()
	config := of(v)
	config.OnSettled = told.listen
	config.Poll = Span{First: 10 * time.Millisecond, Longest: 20 * time.Millisecond}
	first, _ := db(t, config)
	id := enqueue(t, first, payment("1"))
	stop := work(t, first)
	select {
	case <-asked:
	case <-time.After(patience):
		require.Fail(t, "the status was not asked for")
	}
	stop()
	assert.Equal(t, Pending, get(t, first, id).State)

	close(release)
	second, _ := db(t, config)
	stop = work(t, second)
	told.wait(t, 1)
	stop()
	c := get(t, second, id)
	assert.Equal(t, Done, c.State)
	assert.Equal(t, 1, c.Sent)
	assert.Equal(t, 1, v.called())
}

func TestTimeZoneDoesNotChangeWhenAJobIsDue(t *testing.T) {
	here := time.Local
	time.Local = time.FixedZone("CST", -6*60*60)
	t.Cleanup(func() { time.Local = here })
	q := open(t, file(t), of(&vendor{cancel: always(is(cancel.Pending))}))
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	id := enqueue(t, q.Queue, payment("1"))
	stop := work(t, q.Queue)
	due := func() (at string) {
		err := q.DB.QueryRowContext(t.Context(), `
			SELECT coalesce(min(CAST(scheduled_at AS TEXT)), '') FROM river_job WHERE state = 'scheduled'`).Scan(&at)
		assert.NoError(t, err)
		return at
	}
	require.Eventually(t, func() bool { return due() != "" }, patience, 10*time.Millisecond)
	stop()
	at, err := time.Parse(time.DateTime, due()[:len(time.DateTime)])
	require.NoError(t, err)
	assert.WithinDuration(t, get(t, q.Queue, id).NextAt, at, time.Second)
}

func TestStartAgain(t *testing.T) {
	h := newHeard()
	config := of(&vendor{})
	config.OnSettled = h.listen
	q := open(t, file(t), config)
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	ctx, end := context.WithCancel(t.Context())
	require.NoError(t, q.Start(ctx))
	enqueue(t, q.Queue, payment("1"))
	h.wait(t, 1)
	end()
	require.NoError(t, q.Stop(t.Context()))
	work(t, q.Queue)
	enqueue(t, q.Queue, payment("2"))
	h.wait(t, 1)
}

func TestDeadWorker(t *testing.T) { onBoth(t, testDeadWorker, testDeadWorker) }

// testDeadWorker has a turn end between the call and the record, and River find its job
// where a process that was killed leaves it: running, and for a long time.
func testDeadWorker[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	v := &teller{}
	v.cancel = func(int, cancel.Request) (cancel.Result, error) {
		perish()
		return cancel.Result{}, nil
	}
	v.status = func(int) (cancel.Result, error) { return is(cancel.Cancelled) }
	told := newHeard()
	config := of(v)
	config.OnSettled = told.listen
	q, exec := db(t, config)
	id := enqueue(t, q, payment("1"))
	die(t, q, id)
	exec(`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = '2020-01-01 00:00:00'`)
	exec(`UPDATE unified_cancel_job SET due_at = 1`) // the claim has ended

	stop := work(t, q)
	told.wait(t, 1)
	stop()
	c := get(t, q, id)
	assert.Equal(t, Done, c.State)
	assert.False(t, c.DoubtSince.IsZero())
	assert.Equal(t, 1, v.called(), "it is not sent again")
}

func TestRecordWhoseCommitWasNotConfirmed(t *testing.T) { onBoth(t, testUnconfirmed, testUnconfirmed) }

// testUnconfirmed records the same answer twice, as after a connection that broke in the commit.
func testUnconfirmed[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	q, _ := db(t, of(&vendor{}))
	id := enqueue(t, q, payment("1"))
	mine, err := q.store.claim(t.Context(), "v", anyDue, 1, now().Add(time.Minute), false)
	require.NoError(t, err)
	require.Len(t, mine, 1)
	rows := []row{{ID: id, Version: mine[0].version, State: Pending, DueAt: 7, Body: "{}"}}
	for range 2 {
		due, err := q.store.recordRows(t.Context(), rows)
		require.NoError(t, err)
		assert.Equal(t, map[claimed]int64{{id, mine[0].version}: 7}, due)
	}
	_, err = q.store.claim(t.Context(), "v", anyDue, 1, now().Add(time.Minute), false)
	require.NoError(t, err)
	due, err := q.store.recordRows(t.Context(), rows)
	require.NoError(t, err)
	assert.Empty(t, due, "another worker has it")
}

func TestRiverForgets(t *testing.T) { onBoth(t, testRiverForgets, testRiverForgets) }

// testRiverForgets has River delete an old row of its own.
func testRiverForgets[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	told := newHeard()
	config := of(&vendor{})
	config.OnSettled = told.listen
	q, run := db(t, config)
	old, young := enqueue(t, q, payment("1")), enqueue(t, q, payment("2"))
	stop := work(t, q)
	told.wait(t, 2)
	stop()
	run(`UPDATE river_job SET finalized_at = '2020-01-01 00:00:00' WHERE id = (SELECT min(id) FROM river_job)`)
	jobs := func(of string) (n int) {
		assert.NoError(t, q.store.row(t.Context(), q.store.executor, `SELECT count(*) FROM river_job WHERE finalized_at `+of).Scan(&n))
		return n
	}
	require.Equal(t, 1, jobs(`< '2021-01-01'`))

	another, _ := db(t, config) // River cleans up when it starts, too
	stop = work(t, another)
	require.Eventually(t, func() bool { return jobs(`< '2021-01-01'`) == 0 }, patience, 50*time.Millisecond)
	assert.Positive(t, jobs(`> '2021-01-01'`), "only the old one is deleted")
	stop()
	assert.Equal(t, Done, get(t, another, old).State, "the cancellation is kept")
	assert.Equal(t, Done, get(t, another, young).State)
}

func TestOneJobPerThingOnPostgres(t *testing.T) {
	db := onPostgres(t)
	q, _ := db(t, of(&vendor{}))
	var mu sync.Mutex
	added := map[int64]int{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			tickets, err := q.Enqueue(t.Context(), payment("1"), payment("2"), payment("3"))
			assert.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			for _, ticket := range tickets {
				n := added[ticket.ID]
				if ticket.New {
					n++
				}
				added[ticket.ID] = n
			}
		})
	}
	all.Wait()
	assert.Len(t, added, 3)
	for id, n := range added {
		assert.Equal(t, 1, n, id)
	}
}

// The turns of turn_test.go and pause_test.go that need the database's help most, where
// time is real.
// An open transaction that enqueues the same thing does not block the record of the answer.
func TestOpenTransactionOnPostgres(t *testing.T) {
	q, err := OpenPostgres(t.Context(), ownSchema(t), of(&vendor{}))
	require.NoError(t, err)
	t.Cleanup(q.Close)
	require.NoError(t, q.Migrate(t.Context()))
	id := enqueue(t, q.Queue, payment("1"))
	tx, err := q.Pool.Begin(t.Context())
	require.NoError(t, err)
	tickets, err := q.EnqueueTx(t.Context(), tx, payment("1"))
	require.NoError(t, err)
	assert.Equal(t, []Ticket{{ID: id}}, tickets)
	assert.Equal(t, over, once(t, q.Queue, id))
	assert.Equal(t, Done, get(t, q.Queue, id).State)
	require.NoError(t, tx.Commit(t.Context()))
}

func TestTurnsOnPostgres(t *testing.T) {
	db := onPostgres(t)
	v := &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
		if n <= 2 {
			return fails(cancel.ErrAuth)
		}
		return is(cancel.Cancelled)
	}}
	q, exec := db(t, of(v))
	id := enqueue(t, q, payment("1"))
	for calls := range 2 {
		require.NotEqual(t, over, once(t, q, id))
		require.Positive(t, once(t, q, id))
		require.Equal(t, calls+1, v.called(), "in the pause it is not asked")
		exec(`UPDATE unified_cancel_pause SET until = 1`) // as if it were over
	}
	require.Equal(t, over, once(t, q, id))
	assert.Equal(t, 3, v.called())

	first, err := q.store.load(t.Context(), q.store.executor, id)
	require.NoError(t, err)
	first.version -= 2
	late := &record{c: first}
	q.store.record(late)
	require.ErrorIs(t, late.err, errTaken)

	_, err = q.Get(t.Context(), 1000)
	require.ErrorIs(t, err, ErrNoCancellation)
}
