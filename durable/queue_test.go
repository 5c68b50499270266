package durable

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
)

func queueFor(t *testing.T, adapter cancel.Canceler) *SQLite {
	t.Helper()
	q := open(t, file(t), of(adapter))
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	return q
}

func TestOneJobPerThing(t *testing.T) {
	q := queueFor(t, &vendor{})
	invoice := cancel.Request{Provider: "v", Kind: cancel.Invoice, ID: "0a1b2c3d-0000-4000-8000-00000000000a"}
	upper := invoice
	upper.ID = strings.ToUpper(invoice.ID)
	preauth := payment("1")
	preauth.Kind = cancel.PreAuthorization

	tickets, err := q.Enqueue(t.Context(), payment("2"), invoice, payment("1"), preauth, upper, payment("2"))
	require.NoError(t, err)
	var isNew []bool
	for _, ticket := range tickets {
		isNew = append(isNew, ticket.New)
	}
	assert.Equal(t, []bool{true, true, true, true, false, false}, isNew)
	assert.Equal(t, tickets[0].ID, tickets[5].ID)
	assert.Equal(t, tickets[1].ID, tickets[4].ID)
	assert.Equal(t, payment("2"), get(t, q.Queue, tickets[0].ID).Request, "in the order of the requests")
	assert.Equal(t, 1, jobs(t, q), "one for the provider")

	again, err := q.Enqueue(t.Context(), payment("1"))
	require.NoError(t, err)
	assert.Equal(t, []Ticket{{ID: tickets[2].ID}}, again)

	finish(t, q.Queue, tickets[2].ID)
	anew := enqueue(t, q.Queue, payment("1"))
	assert.NotEqual(t, tickets[2].ID, anew)
	found, err := q.Find(t.Context(), payment("1"))
	require.NoError(t, err)
	assert.Equal(t, anew, found.ID)
	assert.Equal(t, 2, jobs(t, q))
}

// jobs is how many jobs River has.
func jobs(t *testing.T, q *SQLite) (n int) {
	t.Helper()
	require.NoError(t, q.DB.QueryRowContext(t.Context(), `SELECT count(*) FROM river_job`).Scan(&n))
	return n
}

func TestUsersTransaction(t *testing.T) {
	q := queueFor(t, &vendor{})
	tx, err := q.DB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = q.EnqueueTx(t.Context(), tx, payment("1"))
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	assert.Empty(t, counts(t, q))
	assert.Zero(t, jobs(t, q))

	tx, err = q.DB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	tickets, err := q.EnqueueTx(t.Context(), tx, payment("1"))
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	assert.Equal(t, Queued, get(t, q.Queue, tickets[0].ID).State)
	assert.Equal(t, 1, jobs(t, q))
}

// A group that could not be enqueued whole leaves nothing in the user's transaction.
func TestUsersTransactionUndoes(t *testing.T) {
	q := queueFor(t, &vendor{})
	tx, err := q.DB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = q.EnqueueTx(t.Context(), tx, payment("1"))
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `ALTER TABLE river_job RENAME TO away`)
	require.NoError(t, err)
	_, err = q.EnqueueTx(t.Context(), tx, payment("2"), payment("3"))
	require.Error(t, err)
	_, err = tx.ExecContext(t.Context(), `ALTER TABLE away RENAME TO river_job`)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	assert.Equal(t, map[State]int{Queued: 1}, counts(t, q))
	assert.Equal(t, 1, jobs(t, q))
	enqueue(t, q.Queue, payment("2"))
}

// PostgreSQL's indexes hold texts only up to a length.
func TestLongID(t *testing.T) { onBoth(t, testLongID, testLongID) }

func testLongID[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	q, _ := db(t, of(&vendor{}))
	var id strings.Builder
	for id.Len() < 5000 {
		id.WriteString(rand.Text())
	}
	req := cancel.Request{Provider: "v", Kind: cancel.Document, ID: id.String()}
	first := enqueue(t, q, req)
	other := req
	other.ID += "x"
	assert.NotEqual(t, first, enqueue(t, q, other))
	tickets, err := q.Enqueue(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, []Ticket{{ID: first}}, tickets)
	found, err := q.Find(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, req, found.Request)
}

func TestMalformed(t *testing.T) {
	v := &vendor{}
	q := queueFor(t, v)
	invoice := cancel.Request{Provider: "v", Kind: cancel.Invoice, ID: "0a1b2c3d-0000-4000-8000-00000000000a"}
	for name, change := range map[string]func(*cancel.Request){
		"provider":     func(r *cancel.Request) { r.Provider = "w" },
		"no provider":  func(r *cancel.Request) { r.Provider = "" },
		"no kind":      func(r *cancel.Request) { r.Kind = "" },
		"a long kind":  func(r *cancel.Request) { r.Kind = cancel.Kind(strings.Repeat("k", 201)) },
		"no ID":        func(r *cancel.Request) { r.ID = "" },
		"expression":   func(r *cancel.Request) { r.Expression = "\xff" },
		"reference":    func(r *cancel.Request) { r.Reference = "\xff" },
		"document":     func(r *cancel.Request) { r.Kind, r.ID = cancel.Document, "a\x00b" },
		"reason":       func(r *cancel.Request) { r.Reason = "\xff" },
		"requested by": func(r *cancel.Request) { r.RequestedBy = "\xff" },
	} {
		t.Run(name, func(t *testing.T) {
			req := invoice
			change(&req)
			tickets, err := q.Enqueue(t.Context(), payment("1"), req)
			require.ErrorIs(t, err, cancel.ErrInvalid)
			assert.Nil(t, tickets)
			e, ok := errors.AsType[*cancel.Error](err)
			require.True(t, ok)
			assert.Equal(t, req.ID, e.ID)
			assert.Empty(t, counts(t, q), "all or none")
		})
	}
	assert.Zero(t, v.called())
}

func TestValidate(t *testing.T) {
	sim := aucotest.New()
	t.Cleanup(sim.Close)
	adapter, err := auco.New(sim.Config())
	require.NoError(t, err)
	req := cancel.Request{Provider: "v", Kind: cancel.Document, ID: "D1", Reason: "r", RequestedBy: "a@example.com"}

	config := of(adapter)
	config.Providers["v"] = Provider{Canceler: adapter}
	q := open(t, file(t), config)
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	enqueue(t, q.Queue, req)
	req.RequestedBy = "nobody"
	_, err = q.Enqueue(t.Context(), req)
	require.ErrorIs(t, err, cancel.ErrInvalid)
	assert.Empty(t, sim.Calls())

	config.Providers["v"] = Provider{Canceler: validating{Canceler: adapter, validate: func(cancel.Request) error { return errTold }}}
	own := open(t, file(t), config)
	t.Cleanup(func() { assert.NoError(t, own.Close()) })
	_, err = own.Enqueue(t.Context(), req)
	require.ErrorIs(t, err, cancel.ErrInvalid)
	assert.ErrorIs(t, err, errTold)
}

// validating is a provider with a Validator.
type validating struct {
	cancel.Canceler
	validate func(cancel.Request) error
}

func (v validating) Validate(req cancel.Request) error { return v.validate(req) }

// identifying is a provider for which IDs that differ in case name the same thing.
type identifying struct{ cancel.Canceler }

func (identifying) Identify(req cancel.Request) string { return strings.ToLower(req.ID) }

func TestAnyKindIsEnqueued(t *testing.T) {
	v := &vendor{}
	q := queueFor(t, v)
	first := enqueue(t, q.Queue, cancel.Request{Provider: "v", Kind: "boleto", ID: "A"})
	assert.NotEqual(t, first, enqueue(t, q.Queue, cancel.Request{Provider: "v", Kind: "boleto", ID: "a"}), "IDs are compared byte for byte")
}

func TestProviderSaysWhichIDsNameOneThing(t *testing.T) {
	q := queueFor(t, identifying{&vendor{}})
	first := enqueue(t, q.Queue, cancel.Request{Provider: "v", Kind: "boleto", ID: "A"})
	tickets, err := q.Enqueue(t.Context(), cancel.Request{Provider: "v", Kind: "boleto", ID: "a"})
	require.NoError(t, err)
	assert.Equal(t, []Ticket{{ID: first}}, tickets)
	found, err := q.Find(t.Context(), cancel.Request{Provider: "v", Kind: "boleto", ID: "a"})
	require.NoError(t, err)
	assert.Equal(t, first, found.ID)
}

func TestValidateThatPanics(t *testing.T) {
	config := of(&vendor{})
	config.Providers["v"] = Provider{Canceler: validating{Canceler: &vendor{}, validate: func(cancel.Request) error { panic("oops") }}}
	q := open(t, file(t), config)
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	assert.Panics(t, func() { _, _ = q.Enqueue(t.Context(), payment("1")) })
	assert.Empty(t, counts(t, q), "the database is not held up")
}

func TestList(t *testing.T) {
	q := queueFor(t, &vendor{cancel: func(n int, _ cancel.Request) (cancel.Result, error) {
		if n == 2 {
			return cancel.Result{}, &cancel.Error{Reason: cancel.ErrNotFound, Message: "\"\x00\xff{}'\\"}
		}
		return cancel.Result{State: cancel.Cancelled, Raw: []byte{0, 0xff}}, nil
	}})
	page, err := q.List(t.Context(), Filter{})
	require.NoError(t, err)
	assert.Empty(t, page)

	var ids []int64
	for i := range 5 {
		ids = append(ids, enqueue(t, q.Queue, payment(fmt.Sprint(i+1))))
	}
	for _, id := range ids[:3] {
		finish(t, q.Queue, id)
	}
	assert.Equal(t, map[State]int{Queued: 2, Done: 2, Failed: 1}, counts(t, q))
	for name, test := range map[string]struct {
		filter Filter
		want   []int64
	}{
		"all":           {Filter{}, ids},
		"a state":       {Filter{State: Done}, []int64{ids[0], ids[2]}},
		"a page":        {Filter{Limit: 2}, ids[:2]},
		"the next page": {Filter{Limit: 2, After: ids[1]}, ids[2:4]},
		"the newest":    {Filter{Limit: 2, Newest: true}, []int64{ids[4], ids[3]}},
		"the next ones": {Filter{Limit: 2, Newest: true, After: ids[3]}, []int64{ids[2], ids[1]}},
		"the last ones": {Filter{Limit: 2, Newest: true, After: ids[1]}, ids[:1]},
		"a provider":    {Filter{Provider: "v", State: Queued}, ids[3:]},
		"none":          {Filter{Provider: "w"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := q.List(t.Context(), test.filter)
			require.NoError(t, err)
			var got []int64
			for _, c := range page {
				got = append(got, c.ID)
			}
			assert.Equal(t, test.want, got)
		})
	}
	page, err = q.List(t.Context(), Filter{State: Done, Limit: 1})
	require.NoError(t, err)
	assert.Equal(t, []byte{0, 0xff}, page[0].Result.Raw)
}

// A page is read from an index that has it in order, and nothing but the page is.
func TestListPlan(t *testing.T) {
	q := queueFor(t, &vendor{})
	for want, filter := range map[string]Filter{
		"INTEGER PRIMARY KEY (rowid>?)":                                             {},
		"INDEX unified_cancel_job_state (state=? AND id>?)":                         {State: Done},
		"INDEX unified_cancel_job_provider (provider=? AND id>?)":                   {Provider: "v"},
		"INDEX unified_cancel_job_provider_state (provider=? AND state=? AND id>?)": {Provider: "v", State: Done},
	} {
		for _, filter.Newest = range []bool{false, true} {
			query, args := pageOf(filter, math.MaxInt64)
			var id, parent, unused int
			var plan string
			err := q.DB.QueryRowContext(t.Context(), `EXPLAIN QUERY PLAN `+strings.ReplaceAll(query, "$", "?"), args...).
				Scan(&id, &parent, &unused, &plan)
			require.NoError(t, err)
			assert.Equal(t, "SEARCH unified_cancel_job USING "+want, plan)
		}
	}
}

func TestNoCancellation(t *testing.T) {
	q := queueFor(t, &vendor{})
	_, err := q.Get(t.Context(), 1)
	require.ErrorIs(t, err, ErrNoCancellation)
	_, err = q.Find(t.Context(), payment("1"))
	assert.ErrorIs(t, err, ErrNoCancellation)
}

// No database can keep these texts, so there is no such cancellation.
func TestNoCancellationOfWhatCannotBeKept(t *testing.T) { onBoth(t, testNotKept, testNotKept) }

func testNotKept[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	q, _ := db(t, of(&vendor{}))
	for _, text := range []string{"a\x00", "\xff"} {
		for _, req := range []cancel.Request{payment(text), {Provider: text, Kind: cancel.Payment, ID: "1"}, {Provider: "v", Kind: cancel.Kind(text), ID: "1"}} {
			_, err := q.Find(t.Context(), req)
			require.ErrorIs(t, err, ErrNoCancellation)
		}
		for _, f := range []Filter{{Provider: text}, {State: State(text)}} {
			page, err := q.List(t.Context(), f)
			require.NoError(t, err)
			assert.Empty(t, page)
		}
	}
}

func TestConfig(t *testing.T) {
	for name, config := range map[string]Config{
		"Providers":               {},
		`Providers["v"].Canceler`: {Providers: map[string]Provider{"v": {}}},
		`Providers["v"].Workers`:  {Providers: map[string]Provider{"v": {Canceler: &vendor{}, Workers: 10_001}}},
		`Providers["a\x00"]`:      {Providers: map[string]Provider{"a\x00": {Canceler: &vendor{}}}},
		`Providers["\xff"]`:       {Providers: map[string]Provider{"\xff": {Canceler: &vendor{}}}},
		`Providers["aaaa`:         {Providers: map[string]Provider{strings.Repeat("a", 201): {Canceler: &vendor{}}}},
		`Timeout`:                 {Providers: map[string]Provider{"v": {Canceler: &vendor{}}}, Timeout: math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := OpenSQLite(t.Context(), file(t), config)
			require.ErrorIs(t, err, cancel.ErrInvalid)
			assert.ErrorContains(t, err, name)
		})
	}
}

func TestOpenSQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c%20#d.db")
	q := open(t, path, of(&vendor{}))
	require.NoError(t, q.Migrate(t.Context()), "a second time")
	var mode string
	require.NoError(t, q.DB.QueryRowContext(t.Context(), `PRAGMA journal_mode`).Scan(&mode))
	assert.Equal(t, "wal", mode)
	var synced int
	require.NoError(t, q.DB.QueryRowContext(t.Context(), `PRAGMA synchronous`).Scan(&synced))
	assert.Equal(t, 2, synced, "FULL")
	require.NoError(t, q.Close())
	_, err := os.Stat(path)
	require.NoError(t, err)

	_, err = OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "none", "queue.db"), of(&vendor{}))
	require.ErrorIs(t, err, fs.ErrNotExist)
	for _, path := range []string{"", t.TempDir() + "/a\x00b.db"} {
		_, err = OpenSQLite(t.Context(), path, of(&vendor{}))
		require.ErrorIs(t, err, cancel.ErrInvalid, "%q", path)
	}
	require.NoError(t, open(t, "/"+file(t), of(&vendor{})).Close(), "two slashes at the beginning")
}

func TestFilesAreTheOwnersOnly(t *testing.T) {
	old := syscall.Umask(0)
	t.Cleanup(func() { syscall.Umask(old) })
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(folder+"/data", 0o700))
	for link, target := range map[string]string{"absolute": folder + "/data/b", "relative": "data/c", "first": "second", "second": "data/d"} {
		require.NoError(t, os.Symlink(target, filepath.Join(folder, link)))
	}
	for path, made := range map[string]string{"a": "a", "absolute": "data/b", "relative": "data/c", "first": "data/d"} {
		q := open(t, filepath.Join(folder, path), of(&vendor{}))
		enqueue(t, q.Queue, payment("1"))
		for _, suffix := range []string{"", "-wal", "-shm"} {
			about, err := os.Stat(filepath.Join(folder, made) + suffix)
			require.NoError(t, err)
			assert.Equal(t, fs.FileMode(0o600), about.Mode(), path+suffix)
		}
		require.NoError(t, q.Close())
	}
}

func TestFileThatIsNoDatabase(t *testing.T) {
	path := file(t)
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("no database", 1000)), 0o600))
	_, err := OpenSQLite(t.Context(), path, of(&vendor{}))
	require.ErrorContains(t, err, "file is not a database")
}

func TestOpenPostgresShowsNoPassword(t *testing.T) {
	for _, address := range []string{
		"postgres://user:geheim@host/db?connect_timeout=soon",
		"postgres://host/db?password=geheim&connect_timeout=soon",
		"host=host password=geheim connect_timeout=soon",
		"postgres://user:geheim@host:port/db",
		"postgres://user:sehr/geheim@host/db",
	} {
		_, err := OpenPostgres(t.Context(), address, of(&vendor{}))
		require.ErrorIs(t, err, cancel.ErrInvalid)
		assert.NotContains(t, err.Error(), "geheim")
	}
}

func TestQueueNames(t *testing.T) {
	names := map[string]bool{}
	for _, provider := range []string{"", "pac", "PAC", "pac_1", "pac-1", "a b", "ñ", "_", strings.Repeat("a", 100)} {
		names[queueOf(provider, "")] = true
		_, err := New(openDriver(t), Config{Providers: map[string]Provider{provider: {Canceler: &vendor{}}}})
		assert.NoError(t, err, provider)
	}
	assert.Len(t, names, 9)
}

func TestSpan(t *testing.T) {
	s := Span{}.or(time.Second, 5*time.Second)
	for n, want := range []time.Duration{1, 1, 2, 4, 5, 5} {
		assert.Equal(t, want*time.Second, s.at(n))
	}
	assert.Equal(t, time.Minute, Span{First: time.Minute}.or(time.Second, time.Second).at(9))
}

func TestStates(t *testing.T) {
	var settled []State
	for _, s := range States() {
		if s.Settled() {
			settled = append(settled, s)
		}
	}
	assert.Equal(t, []State{Done, Failed, Forgotten, Unknown, Withdrawn}, settled)
	assert.False(t, State("").Settled())
}
