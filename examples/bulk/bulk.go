package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
)

// bulk is one run over the input.
type bulk struct {
	settings
	program
	in        *input
	providers *providers
	client    *cancel.Client
	progress  *progress
	began     time.Time

	good     []row // each thing once
	bad      []row
	repeated int
	results  []result
	reading  bool // not all of the input was read
}

// result is the outcome of a row.
type result struct {
	row
	outcome
	said string // the provider's words, or the text of the failure
}

// thing is what makes two requests the same. A UUID is the same without case.
type thing struct {
	provider string
	kind     cancel.Kind
	id       string
}

func thingOf(req cancel.Request) thing {
	if req.Kind == cancel.Invoice || req.Kind == cancel.PrimarySectorInvoice {
		req.ID = strings.ToLower(req.ID)
	}
	return thing{req.Provider, req.Kind, req.ID}
}

// read reads the input and sorts out the rows that the adapters would not send.
func (b *bulk) read(ctx context.Context) error {
	first := map[thing]row{}
	b.reading = true
	for r, err := range b.in.rows() {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		before, repeated := first[thingOf(r.request)]
		switch {
		case r.bad != nil:
		case repeated:
			b.repeated++
			b.progress.note("%s: the same as %s, which counts", r.place, before.place)
			continue
		default:
			first[thingOf(r.request)] = r
			r.bad = b.validate(r.request)
		}
		if r.bad != nil {
			b.bad = append(b.bad, r)
			b.progress.note("%s: %v", r.place, r.bad)
			continue
		}
		b.good = append(b.good, r)
	}
	b.reading = false
	return nil
}

// validate reports why a request would not be sent.
func (b *bulk) validate(req cancel.Request) error {
	if err := b.providers.missing(req.Provider); err != nil {
		return err
	}
	err := b.client.Validate(req)
	if e, ok := errors.AsType[*cancel.Error](err); ok && e.Message != "" {
		return errors.New(e.Message)
	}
	return err
}

func (b *bulk) goodFor(provider string) (n int) {
	for _, r := range b.good {
		if r.request.Provider == provider {
			n++
		}
	}
	return n
}

// tick is how often the queue is asked how far it is.
const tick = 200 * time.Millisecond

// work cancels through a durable queue. When ctx ends nothing more is begun, and the calls in
// flight are waited for, but not beyond the grace.
func (b *bulk) work(ctx context.Context) (err error) {
	config := durable.Config{
		Providers: map[string]durable.Provider{},
		Options:   []cancel.Option{cancel.WithMaxAttempts(b.attempts), cancel.WithBackoff(b.backoff, 60*b.backoff)},
		Retry:     durable.Span{First: time.Second, Longest: time.Minute},
		AuthPause: durable.Span{First: 2 * time.Minute},
	}
	for name, canceler := range b.providers.cancelers {
		config.Providers[b.providers.account(name)] = durable.Provider{Canceler: canceler, Workers: b.concurrency, PerSecond: b.rate}
	}
	steady := context.WithoutCancel(ctx)
	q, err := durable.OpenSQLite(steady, b.database(), config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	if err := q.Migrate(steady); err != nil {
		return err
	}
	for name := range config.Providers {
		if err := q.Resume(steady, name); err != nil { // a person says that the credentials are good
			return err
		}
	}
	if err := b.enqueue(ctx, q); err != nil {
		return err
	}
	if err := q.Start(steady); err != nil {
		return err
	}
	watched := b.watch(ctx, q)
	if ctx.Err() != nil {
		b.progress.note("interrupted: nothing more is begun. Waiting up to %v for the calls in flight. Interrupt again to end at once.", b.grace)
	}
	soon, end := context.WithTimeout(steady, b.grace)
	defer end()
	stopped := q.Stop(soon)
	if stopped != nil {
		last, end := context.WithTimeout(steady, 30*time.Second)
		defer end()
		stopped = q.StopNow(last) // the queue records the doubts that this leaves
	}
	return errors.Join(watched, stopped, b.collect(steady, q))
}

// enqueue puts the requests into the queue that are not in it, or are worth another try.
func (b *bulk) enqueue(ctx context.Context, q *durable.SQLite) error {
	var batch []cancel.Request
	for i, r := range b.good {
		if ctx.Err() != nil {
			return nil
		}
		req := r.request
		req.Provider = b.providers.account(req.Provider)
		before, err := q.Find(ctx, req)
		if errors.Is(err, durable.ErrNoCancellation) || err == nil && anew(before, req) {
			batch, err = append(batch, req), nil
		}
		if err == nil && (len(batch) == 100 || i == len(b.good)-1) {
			_, err = q.Enqueue(context.WithoutCancel(ctx), batch...)
			batch = batch[:0]
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// anew reports whether req is sent although the same thing failed before.
func anew(before durable.Cancellation, req cancel.Request) bool {
	return before.State == durable.Failed && (errors.Is(before.Err(), cancel.ErrForbidden) || before.Request != req)
}

// watch shows how far the queue is, until all was worked on or ctx ends.
func (b *bulk) watch(ctx context.Context, q *durable.SQLite) error {
	for ctx.Err() == nil {
		counts, err := q.Counts(ctx)
		if err != nil {
			return quiet(ctx, err)
		}
		var n [classes]int
		total := 0
		for state, many := range counts {
			total += many
			if c, ok := classOf[state]; ok {
				n[c] += many
			}
		}
		b.progress.set(total, n)
		over, err := b.over(ctx, q)
		if err != nil || over {
			return quiet(ctx, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(tick):
		}
	}
	return nil
}

// quiet returns nil if err is no more than that ctx has ended.
func quiet(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// over reports whether every cancellation was worked on in this run, as far as it can be.
func (b *bulk) over(ctx context.Context, q *durable.SQLite) (bool, error) {
	for _, state := range []durable.State{durable.Sending, durable.Queued, durable.InDoubt, durable.Pending} {
		for c, err := range b.each(ctx, q, state) {
			if err != nil {
				return false, err
			}
			until, err := q.PausedUntil(ctx, c.Request.Provider)
			switch {
			case err != nil:
				return false, err
			case !until.IsZero():
				b.progress.once("%s refuses the credentials: it is left alone until %s", c.Request.Provider, until.Local().Format(time.TimeOnly))
			case state == durable.Pending && !b.wait && !c.NextAt.Before(b.began):
			case state == durable.Queued || state == durable.InDoubt:
				if c.Failure == nil || c.Failure.At.Before(b.began) {
					return false, nil
				}
			default:
				return false, nil
			}
		}
	}
	return true, nil
}

// each yields the cancellations of this run's accounts in a state, "" for all.
func (b *bulk) each(ctx context.Context, q *durable.SQLite, state durable.State) func(func(durable.Cancellation, error) bool) {
	return func(yield func(durable.Cancellation, error) bool) {
		for filter := (durable.Filter{State: state}); ; {
			page, err := q.List(ctx, filter)
			if err != nil {
				yield(durable.Cancellation{}, err)
				return
			}
			for _, c := range page {
				filter.After = c.ID
				if b.providers.name(c.Request.Provider) != "" && !yield(c, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

// collect reads the outcomes of the rows, and saves the receipts.
func (b *bulk) collect(ctx context.Context, q *durable.SQLite) error {
	rows := map[thing]row{}
	for _, r := range b.good {
		rows[thingOf(r.request)] = r
	}
	last := map[thing]result{} // of several cancellations of a thing the last counts
	for c, err := range b.each(ctx, q, "") {
		if err != nil {
			return err
		}
		req := c.Request
		req.Provider = b.providers.name(req.Provider)
		r, ok := rows[thingOf(req)]
		if !ok {
			continue
		}
		o, said := outcomeOf(c)
		last[thingOf(req)] = result{r, o, said}
		if err := b.saveReceipt(c.Result); err != nil {
			return err
		}
	}
	for _, r := range b.good {
		if found, ok := last[thingOf(r.request)]; ok {
			b.results = append(b.results, found)
		}
	}
	return nil
}

func (b *bulk) saveReceipt(r cancel.Result) error {
	if b.receipts == "" || r.Receipt == nil {
		return nil
	}
	if err := os.MkdirAll(b.receipts, 0o700); err != nil {
		return err
	}
	return writeWhole(filepath.Join(b.receipts, url.PathEscape(r.ID)+".xml"), r.Receipt)
}

// exitCode is the gravest of what there is.
func (b *bulk) exitCode(ctx context.Context) int {
	var n [classes]int
	for _, r := range b.results {
		n[r.class]++
	}
	switch {
	case ctx.Err() != nil && (b.reading || !b.dryRun && (len(b.results) < len(b.good) || n[again]+n[doubt] > 0)):
		return exitInterrupted
	case n[doubt] > 0:
		return exitDoubt
	case n[again] > 0:
		return exitAgain
	case n[refused] > 0 || len(b.bad) > 0:
		return exitRefused
	}
	return 0
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return filepath.Clean(a) == filepath.Clean(b) || errX == nil && errY == nil && os.SameFile(x, y)
}

// writeWhole writes a file that only its owner can read, whole or not at all.
func writeWhole(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".bulk-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // which no longer exists once it is renamed
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.Rename(f.Name(), name)
}
