package durable

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
	"unicode/utf8"

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
		return nil, wrap(err)
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
	err = undoing(ctx, on, func() error { return q.add(ctx, on, tx, batch) })
	if err != nil {
		return nil, wrap(err)
	}
	return batch.tickets(), nil
}

// batch is requests that are enqueued together.
type batch struct {
	things   []*thing // without repetition, in an order that all batches have in common
	of       []*thing // of each request
	accounts map[string]*account
}

// thing is the subject of one or more requests, and a row of unified_cancel_job.
type thing struct {
	Provider string `json:"provider"`
	Kind     string `json:"kind"`
	Name     string `json:"thing"`
	Body     string `json:"body"`
	N        int    `json:"n"` // its place in things

	ticket Ticket
	first  int // the first request that names it
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
	b := &batch{accounts: map[string]*account{}}
	known := map[[3]string]*thing{}
	for i, req := range reqs {
		a := b.accounts[req.Provider]
		if a == nil {
			var err error
			a, err = q.account(ctx, req.Provider)
			if errors.Is(err, ErrNoProvider) {
				return nil, refused(req, err)
			}
			if err != nil {
				return nil, wrap(err)
			}
			b.accounts[req.Provider] = a
		}
		if err := validate(a.Canceler, req); err != nil {
			return nil, err
		}
		k := [3]string{req.Provider, string(req.Kind), identify(a.Canceler, req)}
		t := known[k]
		if t == nil {
			body, err := bodyOf(&Cancellation{Request: req, EnqueuedAt: now()})
			if err != nil {
				return nil, refused(req, err)
			}
			t = &thing{Provider: k[0], Kind: k[1], Name: k[2], Body: body, first: i}
			known[k] = t
			b.things = append(b.things, t)
		}
		b.of = append(b.of, t)
	}
	// In a common order, so that no two transactions wait for each other.
	slices.SortFunc(b.things, func(x, y *thing) int {
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name))
	})
	for n, t := range b.things {
		t.N = n
	}
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

// thing returns the name of what req names. Its error is ErrNoCancellation if no database can
// keep it.
func (q *Queue[TTx]) thing(ctx context.Context, req cancel.Request) (string, error) {
	if !storable(req.Provider, string(req.Kind), req.ID) {
		return "", ErrNoCancellation
	}
	a, err := q.account(ctx, req.Provider)
	if errors.Is(err, ErrNoProvider) {
		return identify(nil, req), nil
	}
	if err != nil {
		return "", err
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
	busy := map[*account]bool{}
	for _, t := range b.things {
		if t.ticket.New {
			busy[b.accounts[t.Provider]] = true
		}
	}
	return q.insertTx(ctx, tx, slices.Collect(maps.Keys(busy))...)
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
		var missing []*thing
		for _, t := range things {
			if t.ticket.ID == 0 {
				missing = append(missing, t)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		if err := s.addMissing(ctx, on, things, inputOf(missing)); err != nil {
			return err
		}
	}
	return errors.New("other workers settle the same things as fast as they are enqueued")
}

func (s *store) addMissing(ctx context.Context, on riverdriver.Executor, things []*thing, missing string) error {
	mine := rand.Int64N(1 << 62) // tells new rows from others
	err := s.exec(ctx, on, `
		INSERT INTO unified_cancel_job (provider, kind, thing, state, version, due_at, body)
		SELECT provider, kind, thing, 'queued', $2, $3, body
		FROM `+s.input("n bigint", "provider text", "kind text", "thing text", "body text")+` WHERE true ORDER BY n
		ON CONFLICT (provider, kind, thing) WHERE settled_at = 0 DO NOTHING`,
		missing, mine, time.Now().UnixMilli())
	if err != nil {
		return err
	}
	found, err := list[struct {
		N int
		row
	}](s.row(ctx, on, `
		SELECT `+all(`'n', n, 'id', job.id, 'version', job.version`)+`
		FROM `+s.input("n bigint", "provider text", "kind text", "thing text")+` JOIN unified_cancel_job AS job
			ON job.provider = input.provider AND job.kind = input.kind AND job.thing = input.thing AND job.settled_at = 0`,
		missing))
	for _, f := range found {
		things[f.N].ticket = Ticket{ID: f.ID, New: f.Version == mine}
	}
	return err
}
