package durable

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
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
// when River is updated. The executor takes and returns one row, so that several rows go as
// one, in JSON.
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

	mu        sync.Mutex
	waiting   []*record
	recording bool // whether a goroutine records the waiting ones
}

func newStore(executor riverdriver.Executor, database, placeholder string, rivers int) *store {
	s := &store{executor: executor, postgres: database == "postgres", rivers: rivers}
	words := []string{"$", placeholder}
	if s.postgres {
		words = append(words, "{{id}}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
			"{{object}}", "json_build_object", "{{array}}", "json_agg", "{{lock}}", "FOR UPDATE SKIP LOCKED")
	} else {
		words = append(words, "{{id}}", "INTEGER PRIMARY KEY AUTOINCREMENT",
			"{{object}}", "json_object", "{{array}}", "json_group_array", "{{lock}}", "")
	}
	s.words = strings.NewReplacer(words...)
	return s
}

// Every statement except Migrate's goes through exec or row. They fail if the tables do not
// have the version of this program.
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

// input is a table expression named input, whose columns have those names and types. Its rows
// are the first argument of the statement, which inputOf returns.
func (s *store) input(columns ...string) string {
	if s.postgres {
		return `json_to_recordset($1::text::json) AS input(` + strings.Join(columns, ", ") + `)`
	}
	for i, column := range columns {
		name, _, _ := strings.Cut(column, " ")
		columns[i] = `value ->> '` + name + `' AS ` + name
	}
	return `(SELECT ` + strings.Join(columns, ", ") + ` FROM json_each($1)) AS input`
}

func inputOf(rows any) string {
	text, _ := encode(rows) // integers and strings
	return text
}

// encode returns v as JSON in which <, > and & are not escaped: answers are often XML.
func encode(v any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return text.String(), err
}

// all is an expression for all rows of a query as a JSON array of objects. fields are their
// names and values. list reads it.
func all(fields string) string {
	return `coalesce(CAST({{array}}({{object}}(` + fields + `)) AS TEXT), '[]')`
}

func list[T any](from riverdriver.Row) (rows []T, err error) {
	var text string
	if err := from.Scan(&text); err != nil {
		return nil, err
	}
	err = json.Unmarshal([]byte(text), &rows)
	return rows, err
}

// columns are the fields of a row.
const columns = `'id', id, 'version', version, 'state', state, 'due_at', due_at, 'working', working,
	'claimed_at', claimed_at, 'settled_at', settled_at, 'provider', provider, 'kind', kind, 'body', body`

// row is one of unified_cancel_job.
type row struct {
	ID        int64  `json:"id"`
	Version   int64  `json:"version"`
	State     State  `json:"state"`
	DueAt     int64  `json:"due_at"`
	Working   int    `json:"working"`
	ClaimedAt int64  `json:"claimed_at"`
	SettledAt int64  `json:"settled_at"`
	Provider  string `json:"provider"`
	Kind      string `json:"kind"`
	Body      string `json:"body"` // a body in JSON
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

func (r *row) cancellation() (*Cancellation, error) {
	var kept body
	if err := json.Unmarshal([]byte(r.Body), &kept); err != nil {
		return nil, err
	}
	c := &kept.Cancellation
	c.ID, c.version, c.State = r.ID, r.Version, r.State
	c.Request.Provider, c.Request.Kind = r.Provider, cancel.Kind(r.Kind)
	for i := range c.Evidence {
		c.Evidence[i].Request, c.Evidence[i].Provider = c.Request, r.Provider
	}
	if result := &c.Result; result.State != "" {
		result.Provider, result.Kind = r.Provider, c.Request.Kind
		result.ID = cmp.Or(result.ID, c.Request.ID)
		if kept.Raw != "" {
			result.Raw = []byte(kept.Raw)
		}
		if begin, end := kept.Receipt[0], kept.Receipt[1]; end > 0 {
			result.Receipt = []byte(unescape(kept.Raw)[begin:end])
			if kept.Base64 {
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
	return c, nil
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
	return encode(kept)
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

// rowsOf reads the columns of rows.
func rowsOf(from riverdriver.Row) ([]*Cancellation, error) {
	rows, err := list[row](from)
	found := make([]*Cancellation, len(rows))
	for i := 0; i < len(rows) && err == nil; i++ {
		found[i], err = rows[i].cancellation()
	}
	return found, err
}

// one returns the row that a condition and order select.
func (s *store) one(ctx context.Context, on riverdriver.Executor, where string, args ...any) (*Cancellation, error) {
	found, err := rowsOf(s.row(ctx, on, `
		SELECT `+all(columns)+` FROM (SELECT * FROM unified_cancel_job WHERE `+where+` LIMIT 1) AS found`, args...))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, ErrNoCancellation
	}
	return found[0], nil
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
		ORDER BY due_at, id LIMIT $5 {{lock}}`
	claim := `
		UPDATE unified_cancel_job
		SET version = $3, working = 1, due_at = $4,
			claimed_at = CASE state WHEN 'sending' THEN claimed_at ELSE $2 END,
			state = CASE state WHEN 'queued' THEN 'sending' WHEN 'sending' THEN 'in_doubt' ELSE state END
		WHERE id IN `
	args := []any{provider, time.Now().UnixMilli(), version, milliseconds(until), n}
	if s.postgres { // which may run a subquery that is not materialized again for each row, past its LIMIT
		return rowsOf(s.row(ctx, s.executor, `
			WITH due AS MATERIALIZED (`+due+`), claimed AS (`+claim+`(SELECT id FROM due) RETURNING *)
			SELECT `+all(columns)+` FROM (SELECT * FROM claimed ORDER BY id) AS claimed`, args...))
	}
	if err := s.exec(ctx, s.executor, claim+`(`+due+`)`, args...); err != nil {
		return nil, err
	}
	// The conditions and +id let SQLite use the index of due rows.
	return rowsOf(s.row(ctx, s.executor, `
		SELECT `+all(columns)+` FROM (
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
	err  error     // why it was not recorded: errTaken, or the database's error
	done chan struct{}
}

const (
	maxRecords    = 250              // in one statement
	recordTimeout = 25 * time.Second // for recording the result of a turn
	recordPause   = 200 * time.Millisecond
)

// record records the news, unless somebody else has claimed the cancellation since. While one
// statement is under way, the news of other workers wait and then go together.
func (s *store) record(records ...*record) {
	s.mu.Lock()
	for _, r := range records {
		r.done = make(chan struct{})
		s.waiting = append(s.waiting, r)
	}
	if !s.recording {
		s.recording = true
		go s.recordWaiting()
	}
	s.mu.Unlock()
	for _, r := range records {
		<-r.done
	}
}

func (s *store) recordWaiting() {
	for {
		s.mu.Lock()
		n := min(len(s.waiting), maxRecords)
		group := s.waiting[:n:n]
		s.waiting = s.waiting[n:]
		s.recording = n > 0
		s.mu.Unlock()
		if n == 0 {
			return
		}
		s.recordAll(group)
		for _, r := range group {
			close(r.done)
		}
	}
}

// recordAll records the news in one statement.
func (s *store) recordAll(records []*record) {
	ctx, end := context.WithTimeout(context.Background(), recordTimeout)
	defer end()
	rows := make([]row, 0, len(records))
	for _, r := range records {
		news := row{ID: r.c.ID, Version: r.c.version, State: r.c.State, DueAt: dueAt(r.due), SettledAt: milliseconds(r.c.SettledAt)}
		if r.hold {
			news.Working = 1
		}
		if news.Body, r.err = bodyOf(r.c); r.err == nil {
			rows = append(rows, news)
		}
	}
	due, err := s.recordRows(ctx, rows)
	for err != nil && sleep(ctx, recordPause) == nil { // the database may be back soon
		due, err = s.recordRows(ctx, rows)
	}
	for _, r := range records {
		next, done := due[claimed{r.c.ID, r.c.version}]
		switch {
		case r.err != nil:
		case err != nil:
			r.err = err
		case !done:
			r.err = errTaken
		default:
			r.c.version++
			r.due = at(next)
		}
	}
}

// claimed is a cancellation and the version that its worker knows. Two workers that claimed it
// one after the other may record it in the same statement.
type claimed struct{ id, version int64 }

// recordRows returns when each of those that were recorded is due: Wake may have changed it. A
// row that was recorded before, in a commit that was not confirmed, is recorded again.
func (s *store) recordRows(ctx context.Context, rows []row) (map[claimed]int64, error) {
	input := s.input("id bigint", "version bigint", "state text", "due_at bigint", "working bigint", "settled_at bigint", "body text")
	update := `
		UPDATE unified_cancel_job AS job
		SET version = input.version + 1, state = input.state, settled_at = input.settled_at, body = input.body,
			working = input.working,
			due_at = CASE WHEN job.version > input.version THEN job.due_at
				WHEN job.working = 2 AND input.working = 0 AND input.due_at > 0 AND input.settled_at = 0 THEN 1
				ELSE input.due_at END
		FROM ` + input + `
		WHERE job.id = input.id AND job.version IN (input.version, input.version + 1)`
	recorded := `SELECT ` + all(`'id', recorded.id, 'version', recorded.version - 1, 'due_at', recorded.due_at`) + ` FROM `
	if s.postgres {
		recorded = `WITH recorded AS (` + update + ` RETURNING job.id, job.version, job.due_at) ` + recorded + `recorded`
	} else {
		if err := s.exec(ctx, s.executor, update, inputOf(rows)); err != nil {
			return nil, err
		}
		recorded += input + ` JOIN unified_cancel_job AS recorded
			ON recorded.id = input.id AND recorded.version = input.version + 1`
	}
	found, err := list[row](s.row(ctx, s.executor, recorded, inputOf(rows)))
	due := make(map[claimed]int64, len(found))
	for _, r := range found {
		due[claimed{r.ID, r.Version}] = r.DueAt
	}
	return due, err
}

// none reports whether err says that a statement has found no row.
func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }
