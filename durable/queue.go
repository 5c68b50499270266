package durable

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/unified-cancel/cancel"
)

// Queue keeps cancellations in a database until each is settled. TTx is the type of the
// database's transactions, as River's driver has it. Make one with [New], [OpenSQLite] or
// [OpenPostgres]. It is safe for concurrent use.
type Queue[TTx any] struct {
	driver   riverdriver.Driver[TTx]
	river    *river.Client[TTx]
	migrator *rivermigrate.Migrator[TTx]
	store    *store
	config   Config
	clients  map[string]*cancel.Client
	logger   *slog.Logger
}

// New returns a Queue over the database of a River driver. Nothing is asked of the
// database yet. An error is [cancel.ErrInvalid] and names the field of Config.
func New[TTx any](driver riverdriver.Driver[TTx], config Config) (*Queue[TTx], error) {
	return newQueue(driver, config, false)
}

func newQueue[TTx any](driver riverdriver.Driver[TTx], config Config, pollOnly bool) (*Queue[TTx], error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: config.Logger})
	if err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	versions := migrator.AllVersions()
	q := &Queue[TTx]{
		driver:   driver,
		migrator: migrator,
		store: newStore(driver.GetExecutor(), driver.DatabaseName(), driver.ArgPlaceholder(),
			versions[len(versions)-1].Version),
		config:  config,
		clients: make(map[string]*cancel.Client, len(config.Providers)),
		logger:  config.Logger,
	}
	queues := make(map[string]river.QueueConfig, len(config.Providers))
	for name, p := range config.Providers {
		options := slices.Concat(config.Options, []cancel.Option{
			cancel.WithRateLimit(p.PerSecond, p.Burst),
			cancel.WithEvidence(addEvidence),
		})
		q.clients[name] = cancel.NewClient(map[string]cancel.Canceler{name: p.Canceler}, options...)
		queues[queueOf(name)] = river.QueueConfig{MaxWorkers: p.Workers}
	}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{turn: q.turn}); err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	q.river, err = river.NewClient(driver, &river.Config{
		Queues:               queues,
		Workers:              workers,
		JobTimeout:           config.Timeout,
		RescueStuckJobsAfter: config.Timeout + time.Minute, // above Timeout and the time to record an answer
		FetchCooldown:        20 * time.Millisecond,
		PollOnly:             pollOnly,
		Logger:               config.Logger,

		CompletedJobRetentionPeriod: 24 * time.Hour, // the cancellations keep what matters
	})
	if err != nil {
		return nil, invalid("", err.Error())
	}
	return q, nil
}

// plainName matches a provider's name that can be part of the name of a River queue.
var plainName = regexp.MustCompile(`^[a-z0-9]+([_-][a-z0-9]+)*$`)

// queueOf returns the name of River's queue for a provider.
func queueOf(provider string) string {
	if len(provider) > 32 || !plainName.MatchString(provider) {
		sum := sha256.Sum256([]byte(provider))
		provider = "sha256-" + hex.EncodeToString(sum[:16])
	}
	return "cancel-" + provider
}

// Start starts workers in this process. They work until Stop is called, or until ctx ends,
// which has the effect of StopNow. To start again after ctx has ended call Stop first. A
// process that only enqueues need not start.
func (q *Queue[TTx]) Start(ctx context.Context) error {
	if err := q.store.check(ctx, q.store.executor); err != nil {
		return fmt.Errorf("durable: %w", err)
	}
	return q.river.Start(ctx)
}

// Stop takes up no more jobs and waits for the running ones, until ctx ends.
func (q *Queue[TTx]) Stop(ctx context.Context) error { return q.river.Stop(ctx) }

// StopNow is Stop, and ends the calls that are under way. It records the doubts that they
// leave.
func (q *Queue[TTx]) StopNow(ctx context.Context) error { return q.river.StopAndCancel(ctx) }

// Ticket is the answer to a request that was enqueued.
type Ticket struct {
	// ID is the ID of the Cancellation.
	ID int64
	// New is false if the same thing was being cancelled already: the first request stands.
	New bool
}

// Enqueue records reqs in one transaction: all of them or, with an error, none. The tickets
// are in the order of reqs.
//
// For each Provider, Kind and ID there is one cancellation that is not settled, however
// often it is enqueued. The provider says which IDs name the same thing. Once it is settled it
// can be enqueued again: read the overview about each state first.
//
// On SQLite nothing else is recorded meanwhile, and several thousand take a second or more:
// enqueue very many in parts.
//
// A request that is malformed is [cancel.ErrInvalid].
func (q *Queue[TTx]) Enqueue(ctx context.Context, reqs ...cancel.Request) ([]Ticket, error) {
	if err := q.validateAll(reqs); err != nil {
		return nil, err
	}
	var tickets []Ticket
	err := q.store.within(ctx, func(tx riverdriver.ExecutorTx) (err error) {
		tickets, err = q.enqueue(ctx, tx, q.driver.UnwrapTx(tx), reqs)
		return err
	})
	if err != nil {
		return nil, err
	}
	return tickets, nil
}

// EnqueueTx is Enqueue within a transaction of the caller: nothing is enqueued unless the
// caller commits. With an error its own work is undone, and the rest of the transaction
// stands. On PostgreSQL it waits for other transactions that enqueue the same things.
func (q *Queue[TTx]) EnqueueTx(ctx context.Context, tx TTx, reqs ...cancel.Request) ([]Ticket, error) {
	if err := q.validateAll(reqs); err != nil {
		return nil, err
	}
	on := q.driver.UnwrapExecutor(tx)
	var tickets []Ticket
	err := undoing(ctx, on, func() (err error) {
		tickets, err = q.enqueue(ctx, on, tx, reqs)
		return err
	})
	if err != nil {
		return nil, err
	}
	return tickets, nil
}

func (q *Queue[TTx]) enqueue(ctx context.Context, on riverdriver.Executor, tx TTx, reqs []cancel.Request) ([]Ticket, error) {
	// In an order that all have in common, so that no two wait for each other.
	order := make([]int, len(reqs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(fmt.Sprint(q.key(reqs[a])...), fmt.Sprint(q.key(reqs[b])...)) })
	tickets := make([]Ticket, len(reqs))
	var jobs []river.InsertManyParams
	for _, i := range order {
		c := &Cancellation{Request: reqs[i], State: Queued, EnqueuedAt: now()}
		id, added, err := q.store.add(ctx, on, c, q.key(reqs[i]), rand.Text())
		if err != nil {
			return nil, fmt.Errorf("durable: %w", err)
		}
		tickets[i] = Ticket{ID: id, New: added}
		if added {
			jobs = append(jobs, river.InsertManyParams{
				Args:       job{ID: id},
				InsertOpts: &river.InsertOpts{Queue: queueOf(reqs[i].Provider), MaxAttempts: math.MaxInt16},
			})
		}
	}
	if len(jobs) == 0 {
		return tickets, nil
	}
	if _, err := q.river.InsertManyTx(ctx, tx, jobs); err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	return tickets, nil
}

// key is the same for all requests that name one thing.
func (q *Queue[TTx]) key(req cancel.Request) []any {
	id := req.ID
	if identifier, ok := q.config.Providers[req.Provider].Canceler.(cancel.Identifier); ok {
		id = identifier.Identify(req)
	}
	if len(id) > 1000 { // PostgreSQL's indexes take 2,700 bytes at most
		sum := sha256.Sum256([]byte(id))
		id = "sha256:" + hex.EncodeToString(sum[:])
	}
	return []any{req.Provider, string(req.Kind), id}
}

// validateAll comes before any transaction: Validate is the user's, and may take long or panic.
func (q *Queue[TTx]) validateAll(reqs []cancel.Request) error {
	for _, req := range reqs {
		if err := q.validate(req); err != nil {
			return err
		}
	}
	return nil
}

func (q *Queue[TTx]) validate(req cancel.Request) error {
	p, ok := q.config.Providers[req.Provider]
	if !ok {
		return refused(req, fmt.Sprintf("this Queue has no provider %q", req.Provider))
	}
	for _, text := range []string{
		string(req.Kind), req.ID, req.Reason, req.RequestedBy, req.Motive, req.ReplacedBy, req.Issuer, req.Expression, req.Reference,
	} {
		if !utf8.ValidString(text) {
			return refused(req, "a text that is not UTF-8")
		}
	}
	if key := string(req.Kind) + req.ID; req.Kind == "" || req.ID == "" || len(req.Kind) > maxKindBytes || strings.ContainsFunc(key, unicode.IsControl) {
		return refused(req, "Kind or ID is missing, too long or has a control character")
	}
	validator, ok := p.Canceler.(cancel.Validator)
	if !ok {
		return nil
	}
	err := validator.Validate(req)
	if err == nil || errors.Is(err, cancel.ErrInvalid) {
		return err
	}
	e := invalid(req.Provider, "")
	e.ID, e.Err = req.ID, err
	return e
}

// maxKindBytes limits a Kind, which is part of an index.
const maxKindBytes = 200

func refused(req cancel.Request, message string) *cancel.Error {
	e := invalid(req.Provider, message)
	e.ID = req.ID
	return e
}

func invalid(provider, message string) *cancel.Error {
	return &cancel.Error{Provider: provider, Op: "durable", Message: message, Reason: cancel.ErrInvalid}
}

// Get returns the cancellation with that ID. Its error may be [ErrNoCancellation].
func (q *Queue[TTx]) Get(ctx context.Context, id int64) (Cancellation, error) {
	return unpack(q.store.load(ctx, id))
}

// Find returns the cancellation of what req names by Provider, Kind and ID; of several the
// one that was enqueued last. Its error may be [ErrNoCancellation].
func (q *Queue[TTx]) Find(ctx context.Context, req cancel.Request) (Cancellation, error) {
	if !kept(req.Provider, string(req.Kind), req.ID) {
		return unpack(nil, ErrNoCancellation)
	}
	return unpack(q.store.latest(ctx, q.key(req)))
}

// kept reports whether there can be a cancellation with these texts: PostgreSQL keeps no NUL.
func kept(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool {
		return !utf8.ValidString(s) || strings.ContainsRune(s, 0)
	})
}

func unpack(c *Cancellation, err error) (Cancellation, error) {
	if err != nil {
		return Cancellation{}, fmt.Errorf("durable: %w", err)
	}
	return *c, nil
}

// Filter says which cancellations [Queue.List] returns. Its zero value means the first
// hundred.
type Filter struct {
	// State and Provider select cancellations, "" for any.
	State    State
	Provider string
	// After selects IDs above it: the last one of the page before.
	After int64
	// Limit is the size of a page, 100 by default.
	Limit int
}

// List returns cancellations in the order of their IDs, which grow. A transaction that commits
// later may hold lower IDs, which a caller that goes on from After does not see.
func (q *Queue[TTx]) List(ctx context.Context, f Filter) ([]Cancellation, error) {
	if !kept(string(f.State), f.Provider) {
		return nil, nil
	}
	page, err := q.store.list(ctx, f, positive(f.Limit, 100))
	if err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	return page, nil
}

// Counts returns how many cancellations are in each state, without the states of none. It
// counts them one by one: with millions that takes a good part of a second.
func (q *Queue[TTx]) Counts(ctx context.Context) (map[State]int, error) {
	counts, err := q.store.counts(ctx)
	if err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	return counts, nil
}

// PausedUntil returns the end of the pause of a provider that refused the credentials, or the
// zero time if it is not paused.
func (q *Queue[TTx]) PausedUntil(ctx context.Context, provider string) (time.Time, error) {
	p, err := q.store.paused(ctx, provider)
	if err != nil {
		return time.Time{}, fmt.Errorf("durable: %w", err)
	}
	if p == nil || p.until <= time.Now().UnixMilli() {
		return time.Time{}, nil
	}
	return time.UnixMilli(p.until).UTC(), nil
}

// Resume ends the pause of a provider whose credentials are good again. Jobs that wait for the
// end of the pause still wait that long.
func (q *Queue[TTx]) Resume(ctx context.Context, provider string) error {
	if err := q.store.end(ctx, provider); err != nil {
		return fmt.Errorf("durable: %w", err)
	}
	return nil
}

// job is River's record: only the ID of the cancellation.
type job struct {
	ID int64 `json:"id"`
}

// Kind is the name that River knows the job by.
func (job) Kind() string { return "unified_cancel" }
