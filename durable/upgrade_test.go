package durable

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

var update = flag.Bool("update", false, "write the files in testdata for the newest version of the tables")

// life is one of the cancellations in the files of testdata.
type life struct {
	provider, id  string
	answer        func() (cancel.Result, error) // of Cancel, before the upgrade
	before, after State
	sent          bool // after the upgrade
}

func (l life) request() cancel.Request {
	if l.id == invoice {
		return cancel.Request{
			Provider: l.provider, Kind: cancel.Invoice, ID: l.id,
			Motive: "02", Reason: `¿el "pedido" 'doble'?`,
		}
	}
	return cancel.Request{Provider: l.provider, Kind: cancel.Payment, ID: l.id}
}

const invoice = "0A1B2C3D-0000-4000-8000-00000000000A"

// acuse is an answer with all that is kept of one.
var acuse = cancel.Result{
	State: cancel.Cancelled, Code: "201", Message: "Petición aceptada",
	Receipt: []byte("<acuse/>"), Raw: []byte{0, 0xff},
}

// lives are of each state that a process can leave behind. Those with the provider deaf
// were not heard of by OnSettled, locked refuses the credentials, brief does not remember
// anything for long, and at busy a call is under way and another job waits.
var lives = []life{
	{"v", invoice, func() (cancel.Result, error) { return acuse, nil }, Done, Done, false},
	{"v", "1", func() (cancel.Result, error) { return fails(cancel.ErrNotFound) }, Failed, Failed, false},
	{"v", "2", func() (cancel.Result, error) { return fails(cancel.ErrUnexpected) }, Unknown, Unknown, false},
	{"brief", "3", func() (cancel.Result, error) { return is(cancel.Pending) }, Forgotten, Forgotten, false},
	{"deaf", "4", func() (cancel.Result, error) { return acuse, nil }, Done, Done, false},
	{"v", "5", func() (cancel.Result, error) { return is(cancel.Pending) }, Pending, Done, false},
	{"v", "6", func() (cancel.Result, error) { return fails(cancel.ErrUnknownOutcome) }, InDoubt, Done, false},
	{"v", "7", func() (cancel.Result, error) { return fails(cancel.ErrUnavailable) }, Queued, Done, true},
	{"locked", "8", func() (cancel.Result, error) { return fails(cancel.ErrAuth) }, Queued, Done, true},
	{"busy", "90", nil, Sending, Done, false},
	{"busy", "91", nil, Queued, Done, true},
}

// past is what lives were sent to before the upgrade. Where there is no answer it waits.
type past struct{ release chan struct{} }

func (p past) Cancel(_ context.Context, req cancel.Request) (cancel.Result, error) {
	for _, l := range lives {
		if l.request() == req && l.answer != nil {
			return l.answer()
		}
	}
	<-p.release
	return is(cancel.Cancelled)
}

func (past) Identify(req cancel.Request) string { return new(vendor).Identify(req) }

func (past) Status(_ context.Context, req cancel.Request) (cancel.Result, error) {
	if req.Provider == "brief" {
		return is(cancel.Pending)
	}
	return fails(cancel.ErrUnavailable)
}

// configOf gives all providers of lives one adapter.
func configOf(adapter cancel.Canceler) Config {
	config := of(adapter)
	config.Providers["deaf"] = Provider{Canceler: adapter}
	config.Providers["locked"] = Provider{Canceler: adapter}
	config.Providers["brief"] = Provider{Canceler: adapter, RemembersFor: 1}
	config.Providers["busy"] = Provider{Canceler: adapter, Workers: 1}
	return config
}

// write writes the file of a new database that has come to lives, while a worker is at it.
func write[TTx any](t *testing.T, db database[TTx], database string, dump func() string) {
	t.Helper()
	adapter := past{make(chan struct{})}
	config := configOf(adapter)
	config.OnSettled = func(_ context.Context, c Cancellation) error {
		if c.Request.Provider == "deaf" {
			return errTold
		}
		return nil
	}
	q, _ := db(t, config)
	require.NoError(t, q.Migrate(t.Context()))
	for _, l := range lives {
		id := enqueue(t, q, l.request())
		if l.provider == "brief" {
			once(t, q, id)
			once(t, q, id) // now, not after Config.Poll
		}
	}
	stop := work(t, q)
	defer stop()
	defer close(adapter.release)
	require.Eventually(t, func() bool {
		for _, l := range lives {
			c, missing := q.Find(t.Context(), l.request())
			if missing != nil || c.State != l.before {
				return false
			}
		}
		return true
	}, patience, 50*time.Millisecond)
	text := strings.ReplaceAll(dump(), q.river.ID(), "worker") // which has the machine's name in it
	require.NoError(t, os.WriteFile(written(len(schema), database), []byte(text), 0o600))
}

func written(version int, database string) string {
	return filepath.Join("testdata", fmt.Sprintf("schema-%d.%s.sql", version, database))
}

func dumpSQLite(t *testing.T, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	texts := func(query string) (found []string) {
		rows, err := db.QueryContext(t.Context(), query)
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		for rows.Next() {
			var text string
			require.NoError(t, rows.Scan(&text))
			found = append(found, text)
		}
		require.NoError(t, rows.Err())
		return found
	}
	all := texts(`SELECT sql FROM sqlite_master WHERE sql <> '' AND name NOT LIKE 'sqlite%' ORDER BY type DESC, name`)
	for _, table := range texts(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`) {
		columns := texts(`SELECT 'quote(' || name || ')' FROM pragma_table_info('` + table + `')`)
		all = append(all, texts(`SELECT 'INSERT INTO `+table+` VALUES (' || `+strings.Join(columns, ` || ', ' || `)+` || ')' FROM `+table)...)
	}
	return strings.Join(all, ";\n") + ";\n"
}

// dumpPostgres has pg_dump write the schema that address points to, as statements for any.
func dumpPostgres(t *testing.T, address string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	query := parsed.Query()
	name := query.Get("search_path")
	query.Del("search_path") // which pg_dump does not know
	parsed.RawQuery = query.Encode()
	out, err := exec.CommandContext(t.Context(), "pg_dump", "--inserts", "--no-owner", "--schema", name, parsed.String()).Output()
	require.NoError(t, err)
	out = bytes.ReplaceAll(out, []byte(name+"."), nil)
	others := regexp.MustCompile(`(?m)^(--.*|\\.*|SET .*|SELECT pg_catalog.set_config.*|CREATE SCHEMA .*|)\n`)
	return string(others.ReplaceAll(out, nil))
}

// A database that was left behind in the middle of its work, by each version of the
// tables that there was, is brought up to date and seen through.
func TestUpgrade(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		if *update {
			path := file(t)
			write(t, inFile(path), "sqlite", func() string { return dumpSQLite(t, path) })
		}
		const shape = `SELECT group_concat(sql, '; ' ORDER BY name) FROM sqlite_master`
		for version := 1; version <= len(schema); version++ {
			t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
				t.Parallel()
				testUpgrade(t, inFile(file(t)), inFile(file(t)), version, "sqlite", shape)
			})
		}
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		if *update {
			address := ownSchema(t)
			write(t, atAddress(address), "postgres", func() string { return dumpPostgres(t, address) })
		}
		const shape = `
			SELECT replace(string_agg(line, '; ' ORDER BY line), current_schema() || '.', '') FROM (
				SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()
				UNION SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
				FROM information_schema.columns WHERE table_schema = current_schema()
			) AS shape (line)`
		for version := 1; version <= len(schema); version++ {
			t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
				t.Parallel()
				testUpgrade(t, atAddress(ownSchema(t)), atAddress(ownSchema(t)), version, "postgres", shape)
			})
		}
	})
}

// testUpgrade is TestUpgrade in old, an empty database, of which another is fresh. The
// query shape tells how tables and indexes look.
func testUpgrade[TTx any](t *testing.T, old, fresh database[TTx], version int, database, shape string) {
	t.Helper()
	var mu sync.Mutex
	sent := map[cancel.Request]bool{}
	v := &teller{
		vendor: vendor{cancel: func(_ int, req cancel.Request) (cancel.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			sent[req] = true
			return is(cancel.Cancelled)
		}},
		status: func(int) (cancel.Result, error) { return is(cancel.Cancelled) },
	}
	told := newHeard()
	config := configOf(v)
	config.OnSettled = told.listen
	q, run := old(t, config)
	statements, err := os.ReadFile(written(version, database))
	require.NoError(t, err)
	run(string(statements))
	if version < len(schema) {
		needsMigrate(t, q)
	}

	require.NoError(t, q.Migrate(t.Context()))
	before := map[int64]State{}
	waiting := 0
	for _, l := range lives {
		c, err := q.Find(t.Context(), l.request())
		require.NoError(t, err)
		assert.Equal(t, l.request(), c.Request)
		assert.Equal(t, l.before, c.State, c.Request)
		before[c.ID] = c.State
		if c.ToldAt.IsZero() {
			waiting++
		}
	}
	assert.Len(t, before, len(lives))
	assert.Equal(t, 7, waiting)
	look := func(q *Queue[TTx]) (found string) {
		require.NoError(t, q.store.row(t.Context(), q.store.executor, shape).Scan(&found))
		return found
	}
	as, _ := migrated(fresh)(t, config)
	assert.Equal(t, look(as), look(q), "it looks as a new one does")
	page, err := q.List(t.Context(), Filter{})
	require.NoError(t, err)
	require.NoError(t, q.Migrate(t.Context()), "a second time")
	assert.Equal(t, look(as), look(q))
	again, err := q.List(t.Context(), Filter{})
	require.NoError(t, err)
	assert.Equal(t, page, again)

	// Time has passed.
	run(`UPDATE unified_cancel_job SET due_at = 1 WHERE due_at > 0`)
	run(`UPDATE river_job SET scheduled_at = '2020-01-01 00:00:00' WHERE state <> 'completed'`)
	run(`UPDATE river_job SET attempted_at = '2020-01-01 00:00:00' WHERE state = 'running'`)
	run(`UPDATE unified_cancel_pause SET until = 1`)
	run(`DELETE FROM river_leader`)
	stop := work(t, q)
	told.wait(t, waiting)
	stop()
	for _, l := range lives {
		c, err := q.Find(t.Context(), l.request())
		require.NoError(t, err)
		assert.Equal(t, l.after, c.State, c.Request)
		assert.Equal(t, l.sent, sent[c.Request], c.Request)
		assert.Equal(t, l.before == Sending || l.before == InDoubt, !c.DoubtSince.IsZero(), c.Request)
		assert.False(t, c.ToldAt.IsZero(), c.Request)
		switch l.after {
		case Failed:
			require.ErrorIs(t, c.Err(), cancel.ErrNotFound)
		case Unknown:
			require.ErrorIs(t, c.Err(), cancel.ErrUnexpected)
		case Done:
			if l.before == Done {
				assert.Equal(t, acuse.Receipt, c.Result.Receipt)
				assert.Equal(t, acuse.Raw, c.Result.Raw)
				assert.Equal(t, acuse.Message, c.Result.Message)
				assert.Len(t, c.Evidence, 1)
			}
		}
	}
	n, err := q.Counts(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[State]int{Done: 8, Failed: 1, Unknown: 1, Forgotten: 1}, n)
	anew := enqueue(t, q, lives[0].request())
	assert.NotContains(t, before, anew)
}

// needsMigrate checks that q asks for Migrate.
func needsMigrate[TTx any](t *testing.T, q *Queue[TTx]) {
	t.Helper()
	for name, err := range everything(t, q) {
		assert.ErrorContains(t, err, "call Migrate", name)
	}
}

// everything has q do all that it can.
func everything[TTx any](t *testing.T, q *Queue[TTx]) map[string]error {
	t.Helper()
	ctx := t.Context()
	errs := map[string]error{"Start": q.Start(ctx), "Resume": q.Resume(ctx, "v")}
	_, errs["Enqueue"] = q.Enqueue(ctx, payment("1"))
	_, errs["Get"] = q.Get(ctx, 1)
	_, errs["Find"] = q.Find(ctx, payment("1"))
	_, errs["List"] = q.List(ctx, Filter{})
	_, errs["Counts"] = q.Counts(ctx)
	_, errs["PausedUntil"] = q.PausedUntil(ctx, "v")
	tx, err := q.driver.GetExecutor().Begin(ctx)
	require.NoError(t, err)
	_, errs["EnqueueTx"] = q.EnqueueTx(ctx, q.driver.UnwrapTx(tx), payment("1"))
	require.NoError(t, tx.Rollback(ctx))
	return errs
}

func TestTablesOfAnotherVersion(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { testVersions(t, inFile(file(t))) })
	t.Run("PostgreSQL", func(t *testing.T) { testVersions(t, atAddress(ownSchema(t))) })
}

func testVersions[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	q, run := db(t, of(&vendor{}))
	needsMigrate(t, q)
	require.NoError(t, q.Migrate(t.Context()))
	id := enqueue(t, q, payment("1"))

	run(`INSERT INTO unified_cancel_migration VALUES (1000)`)
	assert.Equal(t, Queued, get(t, q, id).State, "what is at work goes on")
	q, _ = db(t, of(&vendor{}))
	errs := everything(t, q)
	errs["Migrate"] = q.Migrate(t.Context())
	for name, err := range errs {
		assert.ErrorContains(t, err, "version 1000", name)
	}
	run(`DELETE FROM unified_cancel_migration WHERE version = 1000`)
	assert.Equal(t, Queued, get(t, q, id).State)

	run(`DELETE FROM river_migration WHERE version = (SELECT max(version) FROM river_migration)`)
	q, _ = db(t, of(&vendor{}))
	needsMigrate(t, q)
}

// River has migrations of its own. Of its tables in SQLite there was one version only.
func TestOlderRiver(t *testing.T) {
	db := atAddress(ownSchema(t))
	told := newHeard()
	config := of(&vendor{})
	config.OnSettled = told.listen
	q, _ := migrated(db)(t, config)
	id := enqueue(t, q, payment("1"))
	_, err := q.migrator.Migrate(t.Context(), rivermigrate.DirectionDown, &rivermigrate.MigrateOpts{TargetVersion: 5})
	require.NoError(t, err)

	q, _ = db(t, config)
	needsMigrate(t, q)
	require.NoError(t, q.Migrate(t.Context()))
	stop := work(t, q)
	told.wait(t, 1)
	stop()
	assert.Equal(t, Done, get(t, q, id).State)
}
