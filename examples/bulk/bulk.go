package main

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/durable/console"
	"github.com/unified-cancel/cancel/examples/internal/cli"
)

// bulk is one run over the input.
type bulk struct {
	settings
	mode      mode
	flags     *cli.Flags
	providers *providers
	client    *cancel.Client
	progress  *progress
	began     time.Time

	rows     int   // of the input
	good     []row // each thing once
	bad      []row
	repeated int
	results  []result
}

// result is the outcome of a row.
type result struct {
	row
	outcome
	Said string // the provider's words, or the text of the failure
}

// thing returns what makes two requests the same. A UUID is the same without case.
func thing(req cancel.Request) cancel.Request {
	if req.Kind == cancel.Invoice || req.Kind == cancel.PrimarySectorInvoice {
		req.ID = strings.ToLower(req.ID)
	}
	return cancel.Request{Provider: req.Provider, Kind: req.Kind, ID: req.ID}
}

// sort sorts out the rows that the adapters would not send.
func (b *bulk) sort(rows []row) {
	first := map[cancel.Request]row{}
	for _, r := range rows {
		if r.line > 0 {
			r.Place = b.flags.Text("line %s", strconv.Itoa(r.line))
		}
		before, repeated := first[thing(r.Request)]
		switch {
		case r.Bad != nil:
		case repeated:
			b.repeated++
			b.progress.note("%s: the same as %s, which counts", r.Place, before.Place)
			continue
		default:
			first[thing(r.Request)] = r
			r.Bad = b.validate(r.Request)
		}
		if r.Bad == nil {
			b.good = append(b.good, r)
			continue
		}
		r.Bad = errors.New(b.flags.Say(r.Bad))
		b.bad = append(b.bad, r)
		b.progress.note("%s: %s", r.Place, r.Bad)
	}
}

// validate reports why a request would not be sent.
func (b *bulk) validate(req cancel.Request) error {
	switch p := b.providers; {
	case p.lacking[req.Provider] != nil:
		return p.lacking[req.Provider]
	case p.cancelers[req.Provider] == nil:
		return cli.Errorf("there is no provider %q", req.Provider)
	}
	return b.client.Validate(req)
}

// inQueue returns the request of a row as the queue knows it.
func (b *bulk) inQueue(r row) cancel.Request {
	req := r.Request
	req.Provider = b.providers.account(req.Provider)
	return req
}

const (
	// tick is how often the queue is asked how far it is.
	tick = 200 * time.Millisecond
	// grace is for the calls in flight when the program is interrupted.
	grace = time.Minute
)

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
		rate := b.rate
		if _, ok := canceler.(confirmed); ok && b.satRate > 0 && (rate == 0 || b.satRate < rate) {
			rate = b.satRate
		}
		config.Providers[b.providers.account(name)] = durable.Provider{Canceler: canceler, Workers: b.concurrency, PerSecond: rate}
	}
	if b.receipts != "" {
		if err := os.MkdirAll(b.receipts, 0o700); err != nil {
			return err
		}
	}
	steady := context.WithoutCancel(ctx)
	q, err := durable.OpenSQLite(steady, b.database(), config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	err = q.Migrate(steady)
	for name := range config.Providers {
		if err == nil {
			err = q.Resume(steady, name) // a person says that the credentials are good
		}
	}
	if err == nil {
		err = b.enqueue(ctx, q)
	}
	if err == nil {
		err = q.Start(steady)
	}
	if err != nil {
		return err
	}
	address, hide, err := console.ServeLocally(steady, q, console.Config{Location: time.Local, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return errors.Join(err, q.StopNow(steady))
	}
	defer func() { err = errors.Join(err, hide()) }()
	b.progress.note("the queue can be watched at %s", address)
	watched := b.watch(ctx, q)
	if ctx.Err() != nil {
		b.progress.note("interrupted: nothing more is begun. Waiting up to %v for the calls in flight. Interrupt again to end at once.", grace)
	}
	soon, end := context.WithTimeout(steady, grace)
	defer end()
	stopped := q.Stop(soon)
	if stopped != nil {
		stopped = q.StopNow(steady) // the queue records the doubts that this leaves
	}
	return errors.Join(watched, stopped, b.collect(steady, q))
}

// enqueue puts the requests into the queue that are not in it, or are worth another try.
func (b *bulk) enqueue(ctx context.Context, q *durable.SQLite) error {
	var batch []cancel.Request
	for i, r := range b.good {
		req := b.inQueue(r)
		before, err := q.Find(ctx, req)
		if errors.Is(err, durable.ErrNoCancellation) || err == nil && anew(before, req) {
			batch, err = append(batch, req), nil
		}
		if err == nil && (len(batch) == 100 || i == len(b.good)-1) {
			_, err = q.Enqueue(context.WithoutCancel(ctx), batch...)
			batch = batch[:0]
		}
		if err != nil {
			return unlessEnded(ctx, err)
		}
	}
	return nil
}

// anew reports whether req is sent although the same thing failed before.
func anew(before durable.Cancellation, req cancel.Request) bool {
	return before.State == durable.Failed && (errors.Is(before.Err(), cancel.ErrForbidden) || before.Request != req)
}

// unlessEnded returns nil if ctx has ended, which is why there is an error.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// watch shows how far the queue is, until all was worked on or ctx ends.
func (b *bulk) watch(ctx context.Context, q *durable.SQLite) error {
	for {
		counts, err := q.Counts(ctx)
		if err != nil {
			return unlessEnded(ctx, err)
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
		if over, err := b.over(ctx, q); err != nil || over {
			return unlessEnded(ctx, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(tick):
		}
	}
}

// over reports whether every cancellation was worked on in this run, as far as it can be.
func (b *bulk) over(ctx context.Context, q *durable.SQLite) (bool, error) {
	paused := map[string]time.Time{}
	for name := range b.providers.cancelers {
		account := b.providers.account(name)
		until, err := q.PausedUntil(ctx, account)
		if err != nil {
			return false, err
		}
		if paused[account] = until; !until.IsZero() {
			b.progress.once("%s refuses the credentials: it is left alone until %s", account, until.Local().Format(time.TimeOnly))
		}
	}
	for _, state := range []durable.State{durable.Sending, durable.Queued, durable.InDoubt, durable.Pending} {
		for filter := (durable.Filter{State: state}); ; {
			page, err := q.List(ctx, filter)
			if err != nil {
				return false, err
			}
			if len(page) == 0 {
				break
			}
			for _, c := range page {
				until, mine := paused[c.Request.Provider]
				if mine && until.IsZero() && !b.worked(c) {
					return false, nil
				}
			}
			filter.After = page[len(page)-1].ID
		}
	}
	return true, nil
}

// worked reports whether c had its turn in this run.
func (b *bulk) worked(c durable.Cancellation) bool {
	switch c.State {
	case durable.Pending:
		return !b.wait && !c.NextAt.Before(b.began)
	case durable.Queued, durable.InDoubt:
		return c.Failure != nil && !c.Failure.At.Before(b.began)
	}
	return false
}

// collect reads the outcomes of the rows, and saves the receipts.
func (b *bulk) collect(ctx context.Context, q *durable.SQLite) error {
	for _, r := range b.good {
		c, err := q.Find(ctx, b.inQueue(r))
		if errors.Is(err, durable.ErrNoCancellation) {
			continue // an interrupt came before
		}
		if err == nil {
			o, said := outcomeOf(c)
			b.results = append(b.results, result{r, o, said})
			if b.receipts != "" && c.Result.Receipt != nil {
				err = os.WriteFile(filepath.Join(b.receipts, url.PathEscape(c.Result.ID)+".xml"), c.Result.Receipt, 0o600)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// exitCode is the gravest of what there is.
func (b *bulk) exitCode(ctx context.Context) int {
	worst := done
	for _, r := range b.results {
		worst = max(worst, r.class)
	}
	switch {
	case ctx.Err() != nil && !b.dryRun && (len(b.results) < len(b.good) || worst >= again):
		return exitInterrupted
	case worst >= refused:
		return exitRefused + int(worst-refused)
	case len(b.bad) > 0:
		return exitRefused
	}
	return cli.ExitDone
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return filepath.Clean(a) == filepath.Clean(b) || errX == nil && errY == nil && os.SameFile(x, y)
}
