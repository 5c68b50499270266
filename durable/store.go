package durable

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river/riverdriver"
)

// ErrNoCancellation is why Get and Find find nothing: the database has no such cancellation.
var ErrNoCancellation = errors.New("no such cancellation")

// errTaken: another worker has changed the cancellation since this one read it.
var errTaken = errors.New("another worker is at it")

// store keeps the tables of this package. It uses River's executor, the only thing that all
// drivers have in common. River does not promise that the executor stays as it is: look at
// this file when River is updated.
//
// A cancellation is kept as JSON; the columns beside it are for searching.
type store struct {
	executor riverdriver.Executor
	postgres bool
	words    *strings.Replacer // of the database's dialect
	rivers   int               // the version of River's tables that is needed
	checked  atomic.Bool       // whether the tables were found to have the right versions
}

func newStore(executor riverdriver.Executor, database, placeholder string, rivers int) *store {
	s := &store{executor: executor, postgres: database == "postgres", rivers: rivers}
	id := "INTEGER PRIMARY KEY AUTOINCREMENT"
	if s.postgres {
		id = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
	}
	s.words = strings.NewReplacer("$", placeholder, "{{id}}", id)
	return s
}

// exec and row serve all but Migrate. They fail if the tables have other versions than this
// program needs.
func (s *store) exec(ctx context.Context, on riverdriver.Executor, statement string, args ...any) error {
	if err := s.check(ctx, on); err != nil {
		return err
	}
	return on.Exec(ctx, s.words.Replace(statement), args...)
}

func (s *store) row(ctx context.Context, on riverdriver.Executor, query string, args ...any) riverdriver.Row {
	if err := s.check(ctx, on); err != nil {
		return noRow{err}
	}
	return on.QueryRow(ctx, s.words.Replace(query), args...)
}

type noRow struct{ why error }

func (r noRow) Scan(...any) error { return r.why }

// within runs f in a transaction.
func (s *store) within(ctx context.Context, f func(riverdriver.ExecutorTx) error) error {
	tx, err := s.executor.Begin(ctx)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		// err says the reason already.
		_ = tx.Rollback(context.WithoutCancel(ctx))
		return err
	}
	return tx.Commit(ctx)
}

// undoing runs f within a transaction that the caller may commit, and undoes the work of f if
// f fails. Its savepoint has another name than the savepoints of River's driver.
func undoing(ctx context.Context, on riverdriver.Executor, f func() error) error {
	if err := on.Exec(ctx, "SAVEPOINT unified_cancel"); err != nil {
		return fmt.Errorf("durable: %w", err)
	}
	err := f()
	if err != nil {
		ctx = context.WithoutCancel(ctx)
		_ = on.Exec(ctx, "ROLLBACK TO SAVEPOINT unified_cancel") // err says what went wrong
	}
	if released := on.Exec(ctx, "RELEASE SAVEPOINT unified_cancel"); err == nil && released != nil {
		return fmt.Errorf("durable: %w", released)
	}
	return err
}

// add records c, unless there is one of the same thing that is not settled, and returns
// the ID of the one that there is then. The token is c's own.
func (s *store) add(ctx context.Context, on riverdriver.Executor, c *Cancellation, key []any, token string) (id int64, added bool, err error) {
	body, err := json.Marshal(c)
	if err != nil {
		return 0, false, err
	}
	// An existing row is not locked, because its worker must be able to record the vendor's
	// answer however long the transaction takes. It may be settled between the statements.
	for range 10 {
		err = s.row(ctx, on, `
			INSERT INTO unified_cancel_job (provider, kind, thing, token, state, version, settled_at, told_at, body)
			VALUES ($1, $2, $3, $4, $5, 1, 0, 0, $6)
			ON CONFLICT (provider, kind, thing) WHERE settled_at = 0 DO NOTHING
			RETURNING id`,
			append(slices.Clone(key), token, string(c.State), string(body))...).Scan(&id)
		if !errors.Is(err, sql.ErrNoRows) {
			return id, err == nil, err
		}
		err = s.row(ctx, on, `
			SELECT id FROM unified_cancel_job
			WHERE provider = $1 AND kind = $2 AND thing = $3 AND settled_at = 0`, key...).Scan(&id)
		if !errors.Is(err, sql.ErrNoRows) {
			return id, false, err
		}
	}
	return 0, false, err
}

// save records c as it is now, if no one else has since it was read.
func (s *store) save(ctx context.Context, c *Cancellation) error {
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	row := s.row(ctx, s.executor, `
		UPDATE unified_cancel_job
		SET state = $1, settled_at = $2, told_at = $3, body = $4, version = version + 1
		WHERE id = $5 AND version = $6
		RETURNING version`,
		string(c.State), milliseconds(c.SettledAt), milliseconds(c.ToldAt), string(body), c.ID, c.version)
	err = row.Scan(&c.version)
	if errors.Is(err, sql.ErrNoRows) {
		return errTaken
	}
	return err
}

func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// load returns the cancellation with that ID.
func (s *store) load(ctx context.Context, id int64) (*Cancellation, error) {
	return s.scan(s.row(ctx, s.executor, `SELECT id, version, body FROM unified_cancel_job WHERE id = $1`, id))
}

// latest returns the cancellation with that key that was enqueued last.
func (s *store) latest(ctx context.Context, key []any) (*Cancellation, error) {
	return s.scan(s.row(ctx, s.executor, `
		SELECT id, version, body FROM unified_cancel_job
		WHERE provider = $1 AND kind = $2 AND thing = $3
		ORDER BY id DESC LIMIT 1`,
		key...))
}

func (*store) scan(row riverdriver.Row) (*Cancellation, error) {
	var id, version int64
	var body string
	if err := row.Scan(&id, &version, &body); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil, ErrNoCancellation
		}
		return nil, err
	}
	c := new(Cancellation)
	if err := json.Unmarshal([]byte(body), c); err != nil {
		return nil, fmt.Errorf("cancellation %d: %w", id, err)
	}
	c.ID, c.version = id, version
	return c, nil
}

// list returns up to limit cancellations whose IDs are above after.
func (s *store) list(ctx context.Context, f Filter, limit int) ([]Cancellation, error) {
	page, args := pageOf(f, limit)
	// River's executor gives one row at a time: the rows come as one, in JSON.
	row := s.row(ctx, s.executor, `
		SELECT '[' || coalesce(string_agg('{"row":' || id || ',"body":' || body || '}', ',' ORDER BY id), '') || ']'
		FROM (`+page+`) AS page`, args...)
	var found string
	if err := row.Scan(&found); err != nil {
		return nil, err
	}
	var rows []struct {
		Row  int64
		Body Cancellation
	}
	if err := json.Unmarshal([]byte(found), &rows); err != nil {
		return nil, err
	}
	list := make([]Cancellation, len(rows))
	for i := range rows {
		list[i] = rows[i].Body
		list[i].ID = rows[i].Row
	}
	return list, nil
}

// pageOf is the query for the rows of list.
func pageOf(f Filter, limit int) (query string, args []any) {
	where, args := []string{"id > $1"}, []any{f.After}
	for column, value := range map[string]string{"state": string(f.State), "provider": f.Provider} {
		if value != "" {
			args = append(args, value)
			where = append(where, column+" = $"+strconv.Itoa(len(args)))
		}
	}
	args = append(args, limit)
	return `SELECT id, body FROM unified_cancel_job
		WHERE ` + strings.Join(where, " AND ") + `
		ORDER BY id LIMIT $` + strconv.Itoa(len(args)), args
}

// counts returns how many cancellations are in each state that there are any in.
func (s *store) counts(ctx context.Context) (map[State]int, error) {
	row := s.row(ctx, s.executor, `
		SELECT '{' || coalesce(string_agg('"' || state || '":' || many, ','), '') || '}'
		FROM (SELECT state, count(*) AS many FROM unified_cancel_job GROUP BY state) AS counted`)
	var found string
	if err := row.Scan(&found); err != nil {
		return nil, err
	}
	counts := map[State]int{}
	err := json.Unmarshal([]byte(found), &counts)
	return counts, err
}

// pause is the time without calls of a provider that refused the credentials, and how often it
// did.
type pause struct {
	until    int64 // milliseconds since 1970
	failures int
}

// paused returns the pause of a provider, nil if it is not paused.
func (s *store) paused(ctx context.Context, provider string) (*pause, error) {
	p := new(pause)
	row := s.row(ctx, s.executor, `SELECT until, failures FROM unified_cancel_pause WHERE provider = $1`, provider)
	if err := row.Scan(&p.until, &p.failures); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil // not paused
		}
		return nil, err
	}
	return p, nil
}

// claim prolongs a pause that is over, and reports whether no one else has.
func (s *store) claim(ctx context.Context, provider string, p *pause, until time.Time) (bool, error) {
	row := s.row(ctx, s.executor, `
		UPDATE unified_cancel_pause SET until = $1 WHERE provider = $2 AND until = $3 RETURNING until`,
		until.UnixMilli(), provider, p.until)
	err := row.Scan(&p.until)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// begin pauses a provider that is not paused.
func (s *store) begin(ctx context.Context, provider string, until time.Time) error {
	return s.exec(ctx, s.executor, `
		INSERT INTO unified_cancel_pause (provider, until, failures) VALUES ($1, $2, 1)
		ON CONFLICT (provider) DO NOTHING`, provider, until.UnixMilli())
}

// prolong sets the pause that was claimed.
func (s *store) prolong(ctx context.Context, provider string, until time.Time, failures int) error {
	return s.exec(ctx, s.executor, `
		UPDATE unified_cancel_pause SET until = $1, failures = $2 WHERE provider = $3`,
		until.UnixMilli(), failures, provider)
}

// end ends the pause of a provider.
func (s *store) end(ctx context.Context, provider string) error {
	return s.exec(ctx, s.executor, `DELETE FROM unified_cancel_pause WHERE provider = $1`, provider)
}
