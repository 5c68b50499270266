package durable

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/riverqueue/river/riverdriver"

	"github.com/unified-cancel/cancel"
)

// ErrNoCancellation says that the database holds no such cancellation.
var ErrNoCancellation = errors.New("no such cancellation")

// errTaken: another worker has claimed the cancellation since this one did.
var errTaken = errors.New("another worker has taken the cancellation over")

// store is the tables of this package. It speaks to the database through River's executor,
// the one thing that all drivers have in common. River may change it: look at this file
// when River is updated. The executor returns one row, so that several rows come as one, in
// JSON.
//
// A row of unified_cancel_job has the columns that are searched by, and the rest in body.
// due_at is when a worker has to look at it next, in milliseconds since 1970, and 0 if there
// is nothing more to do. While a worker has claimed it, working is 1, due_at is when the
// claim ends, and version is known to that worker only. working is 2 if Wake was called
// meanwhile.
type store struct {
	executor riverdriver.Executor
	postgres bool
	words    *strings.Replacer // of the database's dialect
	rivers   int               // the version of River's tables that is needed
	checked  atomic.Bool       // whether the tables were found to have the right versions
	records  grouped[*record, error]
}

func newStore(executor riverdriver.Executor, database, placeholder string, rivers int) *store {
	s := &store{executor: executor, postgres: database == "postgres", rivers: rivers}
	id := "INTEGER PRIMARY KEY AUTOINCREMENT"
	if s.postgres {
		id = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
	}
	s.words = strings.NewReplacer("$", placeholder, "{{id}}", id)
	s.records.do = s.recordAll
	return s
}

// Every statement except Migrate's goes through exec or row. They
// fail if the tables do not have the version of this program.
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

// undoing runs f within a transaction that somebody else may commit, and undoes its changes
// if it fails. The savepoint has a name of its own: River's driver gives all of its
// savepoints one name.
func undoing(ctx context.Context, on riverdriver.Executor, f func() error) error {
	if err := on.Exec(ctx, "SAVEPOINT unified_cancel"); err != nil {
		return err
	}
	err := f()
	if err != nil {
		ctx = context.WithoutCancel(ctx)
		_ = on.Exec(ctx, "ROLLBACK TO SAVEPOINT unified_cancel") // err says what went wrong
	}
	if released := on.Exec(ctx, "RELEASE SAVEPOINT unified_cancel"); err == nil {
		return released
	}
	return err
}

// input returns a table expression named input with rows, whose columns have those names
// and types, and the arguments that it needs. They are the first of the statement.
func (s *store) input(rows [][]any, columns ...string) (table string, args []any) {
	var names, parts []string
	for i, column := range columns {
		name, kind, _ := strings.Cut(column, " ")
		names = append(names, name)
		if !s.postgres {
			parts = append(parts, fmt.Sprintf("value ->> %d AS %s", i, name))
			continue
		}
		parts = append(parts, fmt.Sprintf("$%d::%s[]", i+1, kind))
		if kind == "bigint" {
			args = append(args, columnOf[int64](rows, i))
		} else {
			args = append(args, columnOf[string](rows, i))
		}
	}
	if s.postgres {
		return "unnest(" + strings.Join(parts, ", ") + ") AS input(" + strings.Join(names, ", ") + ")", args
	}
	text, _ := json.Marshal(rows) // integers and strings
	return "(SELECT " + strings.Join(parts, ", ") + " FROM json_each($1)) AS input", []any{string(text)}
}

func columnOf[T any](rows [][]any, i int) []T {
	values := make([]T, len(rows))
	for n, row := range rows {
		values[n], _ = row[i].(T)
	}
	return values
}

// columns is a row of unified_cancel_job as JSON.
const columns = `'{"id":' || id || ',"version":' || version || ',"state":"' || state || '","due_at":' || due_at ||
	',"working":' || working || ',"claimed_at":' || claimed_at || ',"settled_at":' || settled_at ||
	',"provider":' || {{quote}}provider{{end}} || ',"kind":' || {{quote}}kind{{end}} || ',"body":' || body || '}'`

func (s *store) columns() string {
	if s.postgres {
		return strings.NewReplacer("{{quote}}", "to_json(", "{{end}}", ")::text").Replace(columns)
	}
	return strings.NewReplacer("{{quote}}", "json_quote(", "{{end}}", ")").Replace(columns)
}

// row is one of unified_cancel_job.
type row struct {
	ID, Version    int64
	State          State
	DueAt          int64 `json:"due_at"`
	Working        int
	ClaimedAt      int64 `json:"claimed_at"`
	SettledAt      int64 `json:"settled_at"`
	Provider, Kind string
	Body           body
}

// body is the part of a Cancellation that is not in columns. It holds nothing twice, and what
// is text not in base64.
type body struct {
	Cancellation

	Raw     string `json:"raw,omitzero"`     // Result.Raw if it is UTF-8
	Receipt [2]int `json:"receipt,omitzero"` // begin and end of Result.Receipt in Raw, unescaped
	Base64  bool   `json:"base64,omitzero"`  // whether it is in base64 there
}

// unescape decodes text in XML. It is part of the format of the tables: it never changes.
var unescape = strings.NewReplacer(
	"&lt;", "<", "&gt;", ">", "&amp;", "&", "&quot;", `"`, "&apos;", "'", "&#34;", `"`, "&#39;", "'",
).Replace

func (r *row) cancellation() *Cancellation {
	c := &r.Body.Cancellation
	c.ID, c.version, c.State = r.ID, r.Version, r.State
	c.Request.Provider, c.Request.Kind = r.Provider, cancel.Kind(r.Kind)
	for i := range c.Evidence {
		c.Evidence[i].Request, c.Evidence[i].Provider = c.Request, r.Provider
	}
	if result := &c.Result; result.State != "" {
		result.Provider, result.Kind = r.Provider, c.Request.Kind
		result.ID = cmp.Or(result.ID, c.Request.ID)
		if r.Body.Raw != "" {
			result.Raw = []byte(r.Body.Raw)
		}
		if begin, end := r.Body.Receipt[0], r.Body.Receipt[1]; end > 0 {
			result.Receipt = []byte(unescape(r.Body.Raw)[begin:end])
			if r.Body.Base64 {
				result.Receipt, _ = base64.StdEncoding.DecodeString(string(result.Receipt))
			}
		}
	}
	c.SettledAt = at(r.SettledAt)
	if r.Working == 0 {
		c.NextAt = at(r.DueAt)
	}
	if c.State == Sending || c.State == InDoubt && c.DoubtSince.IsZero() { // not in the body until there is an answer
		c.Sent++
		if c.SentAt.IsZero() {
			c.SentAt = at(r.ClaimedAt)
		}
	}
	return c
}

// bodyOf returns the body of c as JSON.
func bodyOf(c *Cancellation) (string, error) {
	kept := body{Cancellation: *c}
	kept.ID, kept.State, kept.SettledAt, kept.NextAt = 0, "", time.Time{}, time.Time{}
	kept.Request.Provider, kept.Request.Kind = "", ""
	kept.Evidence = nil
	for _, e := range c.Evidence {
		e.Request, e.Provider = cancel.Request{}, ""
		kept.Evidence = append(kept.Evidence, e)
	}
	result := &kept.Result
	result.Provider, result.Kind = "", ""
	if result.ID == c.Request.ID {
		result.ID = ""
	}
	if utf8.Valid(result.Raw) {
		kept.Raw, result.Raw = string(result.Raw), nil
		for _, receipt := range []string{string(result.Receipt), base64.StdEncoding.EncodeToString(result.Receipt)} {
			if receipt == "" {
				break
			}
			if i := strings.Index(unescape(kept.Raw), receipt); i >= 0 {
				kept.Base64 = receipt != string(result.Receipt)
				kept.Receipt, result.Receipt = [2]int{i, i + len(receipt)}, nil
				break
			}
		}
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // answers are often XML
	err := encoder.Encode(kept)
	return text.String(), err
}

func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// dueAt is milliseconds, rounded up.
func dueAt(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Add(time.Millisecond - 1).UnixMilli()
}

func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// rowsOf reads rows that came as JSON.
func rowsOf(from riverdriver.Row) ([]*Cancellation, error) {
	var text string
	if err := from.Scan(&text); err != nil {
		return nil, err
	}
	var rows []row
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, err
	}
	list := make([]*Cancellation, len(rows))
	for i := range rows {
		list[i] = rows[i].cancellation()
	}
	return list, nil
}

// all is an expression for all rows of a query as JSON.
func (s *store) all() string {
	return `'[' || coalesce(string_agg(` + s.columns() + `, ','), '') || ']'`
}

// one returns the row that a condition and order select.
func (s *store) one(ctx context.Context, on riverdriver.Executor, where string, args ...any) (*Cancellation, error) {
	list, err := rowsOf(s.row(ctx, on, `
		SELECT `+s.all()+` FROM (SELECT * FROM unified_cancel_job WHERE `+where+` LIMIT 1) AS found`, args...))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, ErrNoCancellation
	}
	return list[0], nil
}

// load returns the cancellation with that ID.
func (s *store) load(ctx context.Context, on riverdriver.Executor, id int64) (*Cancellation, error) {
	return s.one(ctx, on, `id = $1`, id)
}

// latest returns the cancellation of a thing that was enqueued last. The index of things must
// find it, not the provider's.
func (s *store) latest(ctx context.Context, provider string, kind cancel.Kind, thing string) (*Cancellation, error) {
	return s.one(ctx, s.executor, `thing = $3 AND provider || '' = $1 AND kind = $2 ORDER BY id DESC`, provider, string(kind), thing)
}

// Which cancellations claim and next look at.
const (
	anyDue       = `true`
	queuedDue    = `state = 'queued'`
	othersDue    = `state <> 'queued'`
	unsettledDue = `settled_at = 0`
	settledDue   = `settled_at > 0`
)

// claim takes up to n due cancellations of a provider, those that have waited longest first,
// until a time. A queued one is Sending from then on: this is the intent that precedes each
// call. One that was Sending already is InDoubt, because its worker has died. While a provider
// is paused, claim takes only settled ones that are not delivered yet, unless probing.
func (s *store) claim(ctx context.Context, provider, which string, n int, until time.Time, probing bool) ([]*Cancellation, error) {
	pause := `AND (settled_at > 0 OR NOT EXISTS (SELECT 1 FROM unified_cancel_pause WHERE provider = $1))`
	if probing {
		pause = ""
	}
	version := rand.Int64N(1 << 62)
	due := `
		SELECT id FROM unified_cancel_job
		WHERE provider = $1 AND due_at > 0 AND due_at <= $2 AND ` + which + ` ` + pause + `
		ORDER BY due_at, id LIMIT $5`
	claim := `
		UPDATE unified_cancel_job
		SET version = $3, working = 1, due_at = $4,
			claimed_at = CASE state WHEN 'sending' THEN claimed_at ELSE $2 END,
			state = CASE state WHEN 'queued' THEN 'sending' WHEN 'sending' THEN 'in_doubt' ELSE state END
		WHERE id IN `
	args := []any{provider, time.Now().UnixMilli(), version, milliseconds(until), n}
	if s.postgres { // which may run a subquery that is not materialized again for each row, past its LIMIT
		return rowsOf(s.row(ctx, s.executor, `
			WITH due AS MATERIALIZED (`+due+` FOR UPDATE SKIP LOCKED), claimed AS (`+claim+`(SELECT id FROM due) RETURNING *)
			SELECT `+s.all()+` FROM (SELECT * FROM claimed ORDER BY id) AS claimed`, args...))
	}
	if err := s.exec(ctx, s.executor, claim+`(`+due+`)`, args...); err != nil {
		return nil, err
	}
	// The conditions and +id let SQLite use the index of due rows.
	return rowsOf(s.row(ctx, s.executor, `
		SELECT `+s.all()+` FROM (
			SELECT * FROM unified_cancel_job
			WHERE provider = $1 AND due_at > 0 AND due_at BETWEEN $2 AND $2 AND version = $3 ORDER BY +id) AS claimed`,
		provider, milliseconds(until), version))
}

// next returns when a cancellation of the provider is due next, the zero time for never.
func (s *store) next(ctx context.Context, provider, which string) (time.Time, error) {
	var due int64
	err := s.row(ctx, s.executor, `
		SELECT coalesce(min(due_at), 0) FROM unified_cancel_job WHERE provider = $1 AND due_at > 0 AND `+which, provider).Scan(&due)
	return at(due), err
}

// record is the news of a worker about a cancellation that it has claimed.
type record struct {
	c    *Cancellation
	due  time.Time // when it is due next, zero for never; record changes it if Wake was called
	hold bool      // whether the worker keeps its claim, until due
}

// record records the news, unless somebody else has claimed the cancellation since. It returns
// an error for each record, in their order.
func (s *store) record(records ...*record) []error { return s.records.ask(records...) }

// recordTimeout is how long it may take to record the result of a turn.
const recordTimeout = 25 * time.Second

const recordPause = 200 * time.Millisecond // before an answer is recorded again

// recordAll records the news of many workers in one statement.
func (s *store) recordAll(records []*record) []error {
	ctx, end := context.WithTimeout(context.Background(), recordTimeout)
	defer end()
	errs := make([]error, len(records))
	rows := make([][]any, 0, len(records))
	for i, r := range records {
		body, err := bodyOf(r.c)
		if errs[i] = err; err != nil {
			continue
		}
		working := int64(0)
		if r.hold {
			working = 1
		}
		rows = append(rows, []any{r.c.ID, r.c.version, string(r.c.State), dueAt(r.due), working, milliseconds(r.c.SettledAt), body})
	}
	due, err := s.recordRows(ctx, rows)
	for err != nil && sleep(ctx, recordPause) == nil { // the database may be back soon
		due, err = s.recordRows(ctx, rows)
	}
	for i, r := range records {
		next, done := due[claimed{r.c.ID, r.c.version}]
		switch {
		case errs[i] != nil:
		case err != nil:
			errs[i] = err
		case !done:
			errs[i] = errTaken
		default:
			r.c.version++
			r.due = at(next)
		}
	}
	return errs
}

// claimed is a cancellation and the version that its worker knows. Two workers that claimed it
// one after the other may record it in the same statement.
type claimed struct{ id, version int64 }

// recordRows returns when each of those that were recorded is due: Wake may have changed it.
func (s *store) recordRows(ctx context.Context, rows [][]any) (map[claimed]int64, error) {
	table, args := s.input(rows, "id bigint", "version bigint", "state text", "due_at bigint", "working bigint", "settled_at bigint", "body text")
	update := `
		UPDATE unified_cancel_job AS job
		SET version = input.version + 1, state = input.state, settled_at = input.settled_at, body = input.body,
			working = input.working,
			due_at = CASE WHEN job.working = 2 AND input.working = 0 AND input.due_at > 0 AND input.settled_at = 0
				THEN 1 ELSE input.due_at END
		FROM ` + table + `
		WHERE job.id = input.id AND job.version = input.version`
	var found string
	scan := func(on riverdriver.Executor, query string) error {
		return s.row(ctx, on, query, args...).Scan(&found)
	}
	var err error
	if s.postgres {
		err = scan(s.executor, `
			WITH recorded AS (`+update+` RETURNING job.id, input.version, job.due_at), known AS (
				SELECT id, version, due_at FROM recorded
				UNION ALL SELECT job.id, input.version, job.due_at FROM `+table+` -- recorded before, but the commit was not confirmed
				JOIN unified_cancel_job AS job ON job.id = input.id AND job.version = input.version + 1
			)
			SELECT '[' || coalesce(string_agg('[' || id || ',' || version || ',' || due_at || ']', ','), '') || ']' FROM known`)
	} else {
		err = s.within(ctx, func(tx riverdriver.ExecutorTx) error {
			if err := s.exec(ctx, tx, update, args...); err != nil {
				return err
			}
			return scan(tx, `
				SELECT '[' || coalesce(group_concat('[' || job.id || ',' || input.version || ',' || job.due_at || ']'), '') || ']' FROM `+table+`
				JOIN unified_cancel_job AS job ON job.id = input.id AND job.version = input.version + 1`)
		})
	}
	if err != nil {
		return nil, err
	}
	var recorded [][3]int64
	if err := json.Unmarshal([]byte(found), &recorded); err != nil {
		return nil, err
	}
	due := make(map[claimed]int64, len(rows))
	for _, r := range recorded {
		due[claimed{r[0], r[1]}] = r[2]
	}
	return due, nil
}

// none reports whether err says that a statement has found no row.
func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }
