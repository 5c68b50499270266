package durable

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
)

func TestMain(m *testing.M) {
	if setup := os.Getenv(killWorker); setup != "" {
		workUntilKilled(setup)
	}
	if setup := os.Getenv(speedWorker); setup != "" {
		workFast(setup)
	}
	goleak.VerifyTestMain(m)
}

// vendor is a provider without a status, whose answers are functions. Without a
// function it answers Cancelled.
type vendor struct {
	mu      sync.Mutex
	cancels int
	cancel  func(n int, req cancel.Request) (cancel.Result, error)
}

func (v *vendor) Cancel(_ context.Context, req cancel.Request) (cancel.Result, error) {
	v.mu.Lock()
	v.cancels++
	n := v.cancels
	v.mu.Unlock()
	if v.cancel == nil {
		return cancel.Result{State: cancel.Cancelled}, nil
	}
	return v.cancel(n, req)
}

// called returns how often Cancel was.
func (v *vendor) called() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cancels
}

// teller is a vendor with a status.
type teller struct {
	vendor

	asks   int
	status func(n int) (cancel.Result, error)
}

func (v *teller) Status(context.Context, cancel.Request) (cancel.Result, error) {
	v.mu.Lock()
	v.asks++
	n := v.asks
	v.mu.Unlock()
	return v.status(n)
}

// asked returns how often Status was.
func (v *teller) asked() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asks
}

func is(s cancel.State) (cancel.Result, error) { return cancel.Result{State: s}, nil }

func fails(reason error) (cancel.Result, error) {
	return cancel.Result{}, &cancel.Error{Reason: reason, Code: "c", Message: "m", HTTPStatus: 500, Raw: []byte("r")}
}

// always answers every call in the same way.
func always(r cancel.Result, err error) func(int, cancel.Request) (cancel.Result, error) {
	return func(int, cancel.Request) (cancel.Result, error) { return r, err }
}

func payment(id string) cancel.Request {
	return cancel.Request{Provider: "v", Kind: cancel.Payment, ID: id}
}

// Identify compares UUIDs without case.
func (*vendor) Identify(req cancel.Request) string {
	if req.Kind == cancel.Invoice || req.Kind == cancel.PrimarySectorInvoice {
		return strings.ToLower(req.ID)
	}
	return req.ID
}

// of is a Config with one provider, whose Client asks once at a time.
func of(adapter cancel.Canceler) Config {
	return Config{
		Providers: map[string]Provider{"v": {Canceler: adapter}},
		Options:   []cancel.Option{cancel.WithMaxAttempts(1)},
	}
}

// file is where a test keeps its database.
func file(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "queue.db")
}

// open opens the database at path, which the caller closes.
func open(t *testing.T, path string, config Config) *SQLite {
	t.Helper()
	q, err := OpenSQLite(t.Context(), path, config)
	require.NoError(t, err)
	require.NoError(t, q.Migrate(t.Context()))
	return q
}

func enqueue[TTx any](t *testing.T, q *Queue[TTx], req cancel.Request) int64 {
	t.Helper()
	tickets, err := q.Enqueue(t.Context(), req)
	require.NoError(t, err)
	require.Len(t, tickets, 1)
	require.True(t, tickets[0].New)
	return tickets[0].ID
}

func get[TTx any](t *testing.T, q *Queue[TTx], id int64) Cancellation {
	t.Helper()
	c, err := q.Get(t.Context(), id)
	require.NoError(t, err)
	return c
}

// turnOf gives a cancellation one turn now, as if it were due. It returns after how long it
// is due again.
func turnOf[TTx any](ctx context.Context, q *Queue[TTx], id int64) (time.Duration, error) {
	err := q.store.exec(ctx, q.store.executor, `UPDATE unified_cancel_job SET due_at = 1 WHERE id = $1 AND due_at > 0`, id)
	if err != nil {
		return 0, err
	}
	c, err := q.store.load(ctx, q.store.executor, id)
	if err != nil {
		return 0, err
	}
	a, err := q.account(ctx, c.Request.Provider)
	if err != nil {
		return 0, err
	}
	r := &run[TTx]{Queue: q, account: a, ctx: ctx}
	claimed, err := q.store.claim(ctx, a.name, anyDue, 1, r.lease(), false)
	if err != nil {
		return 0, err
	}
	var probe *pause
	if len(claimed) == 0 {
		var paused bool
		var until time.Time
		if paused, until, probe, err = q.enter(ctx, a.name); err != nil || !paused {
			return over, err
		}
		if probe == nil {
			return time.Until(until), nil
		}
		if claimed, err = q.store.claim(ctx, a.name, unsettledDue, 1, r.lease(), true); err != nil {
			return 0, err
		}
	}
	if _, err := q.work(ctx, a, claimed, probe); err != nil {
		return 0, err
	}
	ctx = context.WithoutCancel(ctx)
	var due int64
	err = q.store.row(ctx, q.store.executor, `SELECT due_at FROM unified_cancel_job WHERE id = $1`, id).Scan(&due)
	if due == 0 {
		return over, err
	}
	return max(0, time.Until(at(due))), err
}

// once gives a cancellation one turn.
func once[TTx any](t *testing.T, q *Queue[TTx], id int64) time.Duration {
	t.Helper()
	again, err := turnOf(t.Context(), q, id)
	require.NoError(t, err)
	return again
}

// finish gives it turns, each when it is due, until it is over.
func finish[TTx any](t *testing.T, q *Queue[TTx], id int64) Cancellation {
	t.Helper()
	for range 10_000 {
		again := once(t, q, id)
		if again == over {
			return get(t, q, id)
		}
		time.Sleep(again)
	}
	require.Fail(t, "it is never over")
	return Cancellation{}
}

// die gives it a turn in a goroutine that one of the functions called in it ends by
// perish: nothing of the turn happens after that, as in a process that was killed.
func die[TTx any](t *testing.T, q *Queue[TTx], id int64) {
	t.Helper()
	done := make(chan bool)
	go func() {
		survived := false
		defer func() { done <- survived }()
		_, _ = turnOf(t.Context(), q, id)
		survived = true
	}()
	require.False(t, <-done, "the worker was to die")
}

func perish() { runtime.Goexit() }

var errTold = errors.New("told, and did not listen")

// postgres is the URL of a database for the tests, or skips the test.
func postgres(tb testing.TB) string {
	tb.Helper()
	url := os.Getenv("CANCEL_TEST_POSTGRES")
	if url == "" {
		tb.Skip("NOT TESTED ON POSTGRESQL: CANCEL_TEST_POSTGRES is not set to the URL of a database for tests")
	}
	return url
}

// openDriver returns a driver whose database is asked nothing.
func openDriver(t *testing.T) *riversqlite.Driver {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return riversqlite.New(db)
}
