package durable

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
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
	logger   *slog.Logger
	vendors  map[string]chan struct{} // one element for each call that is under way

	mu       sync.Mutex
	accounts map[string]*account // those that were needed so far
	working  context.Context     // ends with Stop
	stop     func()              // ends working
	timers   sync.WaitGroup
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
		return nil, wrap(err)
	}
	versions := migrator.AllVersions()
	q := &Queue[TTx]{
		driver:   driver,
		migrator: migrator,
		store: newStore(driver.GetExecutor(), driver.DatabaseName(), driver.ArgPlaceholder(),
			versions[len(versions)-1].Version),
		config:   config,
		logger:   config.Logger,
		vendors:  map[string]chan struct{}{},
		accounts: map[string]*account{},
		working:  context.Background(),
		stop:     func() {},
	}
	queues := map[string]river.QueueConfig{}
	for name, calls := range config.Vendors {
		q.vendors[name] = make(chan struct{}, calls)
		queues[queueOf("", name)] = river.QueueConfig{MaxWorkers: maxRuns}
	}
	for name, p := range config.Providers {
		queues[queueOf(name, p.Vendor)] = river.QueueConfig{MaxWorkers: maxRuns}
	}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{run: q.run}); err != nil {
		return nil, wrap(err)
	}
	longest := maxSlice + config.Timeout + 2*recordTimeout
	riverConfig := &river.Config{
		Workers:              workers,
		JobTimeout:           longest,
		RescueStuckJobsAfter: longest + time.Second,
		FetchCooldown:        5 * time.Millisecond, // River drops notifications that follow sooner
		PollOnly:             pollOnly,
		Logger:               config.Logger,

		CompletedJobRetentionPeriod: time.Hour, // the cancellations themselves are kept
	}
	if len(queues) > 0 {
		riverConfig.Queues = queues
	}
	q.river, err = river.NewClient(driver, riverConfig)
	if err != nil {
		return nil, invalid("", err.Error())
	}
	return q, nil
}

// Start begins to work on cancellations, with workers in this process, until Stop is
// called or ctx ends, which is as StopNow. To start again after ctx has ended call Stop
// first. A process that only enqueues need not start.
func (q *Queue[TTx]) Start(ctx context.Context) error {
	if err := q.store.check(ctx, q.store.executor); err != nil {
		return wrap(err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.river.Start(ctx); err != nil {
		return err
	}
	q.working, q.stop = context.WithCancel(ctx)
	q.each(time.Minute, "looking for overdue cancellations", q.sweeper())
	q.each(time.Hour, "applying Retention", q.retain)
	return nil
}

// Stop takes up no more cancellations and waits for those that are being worked on, until
// ctx ends.
func (q *Queue[TTx]) Stop(ctx context.Context) error {
	q.endWork()
	defer q.timers.Wait()
	return q.river.Stop(ctx)
}

// StopNow is Stop, and ends the calls that are under way. If that leaves a cancellation in
// doubt, the doubt is recorded.
func (q *Queue[TTx]) StopNow(ctx context.Context) error {
	q.endWork()
	defer q.timers.Wait()
	return q.river.StopAndCancel(ctx)
}

func (q *Queue[TTx]) endWork() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stop()
}

// untilStop returns a context that ends with Stop.
func (q *Queue[TTx]) untilStop() context.Context {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.working
}

// each calls f now and then once in each period, until Stop.
func (q *Queue[TTx]) each(period time.Duration, what string, f func(context.Context) error) {
	ctx := q.working
	q.timers.Go(func() {
		for {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				q.logger.LogAttrs(ctx, slog.LevelWarn, what+" failed", slog.Any("error", err))
			}
			if sleep(ctx, spread(period)) != nil {
				return
			}
		}
	})
}

// Get returns the cancellation with that ID. Its error may be [ErrNoCancellation].
func (q *Queue[TTx]) Get(ctx context.Context, id int64) (Cancellation, error) {
	return unpack(q.store.load(ctx, q.store.executor, id))
}

// Find returns the cancellation of what req names by Provider, Kind and ID; of several the
// one that was enqueued last. Its error may be [ErrNoCancellation].
func (q *Queue[TTx]) Find(ctx context.Context, req cancel.Request) (Cancellation, error) {
	thing, err := q.thing(ctx, req)
	if err != nil {
		return unpack(nil, err)
	}
	return unpack(q.store.latest(ctx, req.Provider, req.Kind, thing))
}

// storable reports whether the database can hold these texts: PostgreSQL keeps no NUL.
func storable(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool {
		return !utf8.ValidString(s) || strings.ContainsRune(s, 0)
	})
}

func unpack(c *Cancellation, err error) (Cancellation, error) {
	if err != nil {
		return Cancellation{}, wrap(err)
	}
	return *c, nil
}

// wrap says that an error, if it is not nil, comes from this package.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("durable: %w", err)
}
