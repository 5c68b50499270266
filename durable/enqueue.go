package durable

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"

	"github.com/unified-cancel/cancel"
)

// Ticket is the receipt for a request that was enqueued.
type Ticket struct {
	// ID is the ID of the Cancellation.
	ID int64
	// New is false if the same thing was being cancelled already. The earlier request
	// stands.
	New bool
}

// Enqueue records reqs, to be cancelled by workers, in one transaction: all of them
// or, with an error, none. The tickets are in the order of reqs.
//
// For each Provider, Kind and ID there is one cancellation that is not settled, however
// often it is enqueued. IDs are compared byte for byte, unless the provider is a
// [cancel.Identifier]. Once it is settled it can be enqueued anew: first read about its
// state in the overview.
//
// On SQLite nothing else is recorded meanwhile: enqueue very many in parts of some
// thousands.
//
// A request that its provider's [cancel.Validator] refuses, or that no database can keep, is
// [cancel.ErrInvalid].
func (q *Queue[TTx]) Enqueue(ctx context.Context, reqs ...cancel.Request) ([]Ticket, error) {
	batch, err := q.prepare(ctx, reqs)
	if err != nil {
		return nil, err
	}
	err = q.store.within(ctx, func(tx riverdriver.ExecutorTx) error {
		return q.add(ctx, tx, q.driver.UnwrapTx(tx), batch)
	})
	if err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	return batch.tickets(), nil
}

// EnqueueTx is Enqueue within the caller's own transaction: nothing is enqueued unless it is
// committed. If EnqueueTx fails it undoes its own changes, and the rest of the transaction
// stands. On PostgreSQL it waits for other transactions that are enqueueing the same things.
func (q *Queue[TTx]) EnqueueTx(ctx context.Context, tx TTx, reqs ...cancel.Request) ([]Ticket, error) {
	batch, err := q.prepare(ctx, reqs)
	if err != nil {
		return nil, err
	}
	on := q.driver.UnwrapExecutor(tx)
	if err := undoing(ctx, on, func() error { return q.add(ctx, on, tx, batch) }); err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	return batch.tickets(), nil
}

// batch is requests that are enqueued together.
type batch struct {
	things []*thing // without repetition, in an order that all batches have in common
	of     []*thing // of each request
	queues map[string]string
}

// thing is the subject of one or more requests.
type thing struct {
	provider, kind, name string
	body                 string
	ticket               Ticket
	first                int // the first request that names it
}

func (b *batch) tickets() []Ticket {
	tickets := make([]Ticket, len(b.of))
	for i, t := range b.of {
		tickets[i] = Ticket{ID: t.ticket.ID, New: t.ticket.New && t.first == i}
	}
	return tickets
}

// prepare checks reqs. It comes before any transaction, because it calls code of others
// that may take long or panic.
func (q *Queue[TTx]) prepare(ctx context.Context, reqs []cancel.Request) (*batch, error) {
	type key struct{ provider, kind, name string }
	b := &batch{queues: map[string]string{}}
	known := map[key]*thing{}
	accounts := map[string]*account{}
	for i, req := range reqs {
		a := accounts[req.Provider]
		if a == nil {
			var err error
			a, err = q.account(ctx, req.Provider)
			if errors.Is(err, ErrNoProvider) {
				return nil, refused(req, err)
			}
			if err != nil {
				return nil, fmt.Errorf("durable: %w", err)
			}
			accounts[req.Provider] = a
			b.queues[req.Provider] = queueOf(req.Provider, a.Vendor)
		}
		if err := validate(a.Canceler, req); err != nil {
			return nil, err
		}
		name := identify(a.Canceler, req)
		k := key{req.Provider, string(req.Kind), name}
		t := known[k]
		if t == nil {
			body, err := bodyOf(&Cancellation{Request: req, EnqueuedAt: now()})
			if err != nil {
				return nil, refused(req, err)
			}
			t = &thing{provider: k.provider, kind: k.kind, name: name, body: body, first: i}
			known[k] = t
			b.things = append(b.things, t)
		}
		b.of = append(b.of, t)
	}
	// In a common order, so that no two transactions wait for each other.
	slices.SortFunc(b.things, func(x, y *thing) int {
		return slices.Compare([]string{x.provider, x.kind, x.name}, []string{y.provider, y.kind, y.name})
	})
	return b, nil
}

// validate returns why req is not valid: the database can't keep it, or the adapter refuses
// it.
func validate(adapter cancel.Canceler, req cancel.Request) error {
	for _, text := range []string{
		req.ID, req.Reason, req.RequestedBy, req.Motive, req.ReplacedBy, req.Issuer, req.Expression, req.Reference,
	} {
		if !utf8.ValidString(text) {
			return refused(req, errors.New("a text that is not UTF-8"))
		}
	}
	switch {
	case req.ID == "" || req.Kind == "":
		return refused(req, errors.New("ID or Kind is missing"))
	case !storable(string(req.Kind), req.ID) || len(req.Kind) > maxNameBytes:
		return refused(req, errors.New("ID or Kind has a NUL, or Kind is too long"))
	}
	v, ok := adapter.(cancel.Validator)
	if !ok {
		return nil
	}
	err := v.Validate(req)
	if err == nil || errors.Is(err, cancel.ErrInvalid) {
		return err
	}
	return refused(req, err)
}

func refused(req cancel.Request, why error) *cancel.Error {
	e := invalid(req.Provider, "")
	e.ID, e.Err = req.ID, why
	return e
}

func invalid(provider, message string) *cancel.Error {
	return &cancel.Error{Provider: provider, Op: "durable", Message: message, Reason: cancel.ErrInvalid}
}

// thing returns the name of what req names.
func (q *Queue[TTx]) thing(ctx context.Context, req cancel.Request) (string, error) {
	a, err := q.account(ctx, req.Provider)
	if errors.Is(err, ErrNoProvider) {
		return identify(nil, req), nil
	}
	if err != nil {
		return "", fmt.Errorf("durable: %w", err)
	}
	return identify(a.Canceler, req), nil
}

// identify returns the name that tells a thing from others of its provider and kind.
func identify(adapter cancel.Canceler, req cancel.Request) string {
	if i, ok := adapter.(cancel.Identifier); ok {
		return shorten(i.Identify(req))
	}
	return shorten(req.ID)
}

// shorten returns an ID that an index of PostgreSQL can hold: 2,700 bytes at most.
func shorten(id string) string {
	if len(id) <= 1000 {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// add records a batch, and the jobs of River that work on it.
func (q *Queue[TTx]) add(ctx context.Context, on riverdriver.Executor, tx TTx, b *batch) error {
	if err := q.store.add(ctx, on, b.things); err != nil {
		return err
	}
	providers := map[string]bool{}
	for _, t := range b.things {
		if t.ticket.New {
			providers[t.provider] = true
		}
	}
	var jobs []river.InsertManyParams
	for provider := range providers {
		jobs = append(jobs, river.InsertManyParams{Args: job{Provider: provider}, InsertOpts: options(b.queues[provider])})
	}
	if len(jobs) == 0 {
		return nil
	}
	_, err := q.river.InsertManyTx(ctx, tx, jobs)
	return err
}

func options(queue string) *river.InsertOpts {
	return &river.InsertOpts{Queue: queue, MaxAttempts: math.MaxInt16}
}

// add adds missing things and fills in the tickets.
func (s *store) add(ctx context.Context, on riverdriver.Executor, things []*thing) error {
	if s.postgres {
		if err := s.exec(ctx, on, announceIDs); err != nil {
			return err
		}
	}
	// An existing row is not locked: its worker must be able to record the vendor's answer
	// however long the transaction takes. It may be settled between the two statements.
	for range 10 {
		missing := make([][]any, 0, len(things))
		for i, t := range things {
			if t.ticket.ID == 0 {
				missing = append(missing, []any{int64(i), t.provider, t.kind, t.name, t.body})
			}
		}
		if len(missing) == 0 {
			return nil
		}
		if err := s.addMissing(ctx, on, things, missing); err != nil {
			return err
		}
	}
	return errors.New("other workers settle the same things as fast as they are enqueued")
}

func (s *store) addMissing(ctx context.Context, on riverdriver.Executor, things []*thing, rows [][]any) error {
	table, args := s.input(rows, "n bigint", "provider text", "kind text", "thing text", "body text")
	mine := rand.Int64N(1 << 62) // tells new rows from others
	parameter := func(n int) string { return fmt.Sprintf("$%d", len(args)+n) }
	err := s.exec(ctx, on, `
		INSERT INTO unified_cancel_job (provider, kind, thing, state, version, due_at, body)
		SELECT provider, kind, thing, 'queued', `+parameter(1)+`, `+parameter(2)+`, body FROM `+table+` WHERE true ORDER BY n
		ON CONFLICT (provider, kind, thing) WHERE settled_at = 0 DO NOTHING`,
		append(slices.Clone(args), mine, time.Now().UnixMilli())...)
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i] = rows[i][:4] // the body has been sent
	}
	table, args = s.input(rows, "n bigint", "provider text", "kind text", "thing text")
	var found string
	err = s.row(ctx, on, `
		SELECT '[' || coalesce(string_agg('[' || n || ',' || job.id || ',' || job.version || ']', ','), '') || ']'
		FROM `+table+` JOIN unified_cancel_job AS job
			ON job.provider = input.provider AND job.kind = input.kind AND job.thing = input.thing AND job.settled_at = 0`,
		args...).Scan(&found)
	if err != nil {
		return err
	}
	var ids [][3]int64
	if err := json.Unmarshal([]byte(found), &ids); err != nil {
		return err
	}
	for _, id := range ids {
		things[id[0]].ticket = Ticket{ID: id[1], New: id[2] == mine}
	}
	return nil
}
