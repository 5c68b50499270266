package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/examples/internal/cli"
)

// batchSize is how many rows are queued at once, in one transaction.
const batchSize = 100

// fate is what becomes of a row that is handed to the queue.
type fate struct {
	label string
	class class
}

// fates are in the order in which they are shown.
var fates = []fate{added, queued, fateOf[durable.Done], fateOf[durable.Failed], fateOf[durable.Forgotten], fateOf[durable.Unknown]}

var (
	added  = fate{"new", underWay}
	queued = fate{"already queued", underWay}
	// fateOf is that of what the queue is through with.
	fateOf = map[durable.State]fate{
		durable.Done:      {"cancelled before", done},
		durable.Failed:    {"failed before", refused},
		durable.Forgotten: {"forgotten by the provider", doubt},
		durable.Unknown:   {"outcome unknown", doubt},
	}
)

// shared is a writer for several goroutines.
type shared struct {
	io.Writer

	mu sync.Mutex
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Writer.Write(p)
}

// enqueueing is one pass over the input that hands it to a queue.
type enqueueing struct {
	queue          queue
	lines          *inspection
	stdout, stderr io.Writer
	counts         map[fate]int
}

// enqueue hands what the input asks for to the queue in db. Credentials, and where the
// providers are, are for its workers to know.
func (p program) enqueue(ctx context.Context, process cli.Process, in *input, db database) (exit int, err error) {
	process.Stderr = &shared{Writer: process.Stderr}
	offline, err := openOffline()
	if err != nil {
		return 0, err
	}
	q, closeQueue, err := db.open(ctx, offline.cancelers)
	if err != nil && ctx.Err() != nil {
		fmt.Fprintln(process.Stderr, "bulk: interrupted: nothing was queued")
		return exitInterrupted, nil
	}
	if err != nil {
		return 0, db.hide(err)
	}
	defer closeQueue()
	e := &enqueueing{
		queue: q, lines: &inspection{in: in, vendors: offline, stderr: process.Stderr},
		stdout: process.Stdout, stderr: process.Stderr, counts: map[fate]int{},
	}
	err = db.hide(e.run(ctx, p.grace))
	e.summarize(db)
	interrupted := ctx.Err() != nil && (err != nil || !e.lines.complete)
	if err == nil && !interrupted {
		return e.exitCode(), nil
	}
	fmt.Fprintln(process.Stderr, "bulk: what is listed is in the queue. To go on, run the same command again")
	if !interrupted {
		return 0, err
	}
	if err != nil {
		fmt.Fprintf(process.Stderr, "bulk: given up: %v\n", err)
	}
	return exitInterrupted, nil
}

// run queues what is good. When ctx ends nothing more is begun, and the batch that is
// under way is waited for, but not beyond the grace.
func (e *enqueueing) run(ctx context.Context, grace time.Duration) error {
	working, end := outlive(ctx, grace, func() {
		fmt.Fprintf(e.stderr, "bulk: interrupted: nothing more is begun. Waiting up to %v for what is being queued. Interrupt again to end at once.\n", grace)
	})
	defer end()
	var batch []row
	for r, err := range e.lines.good(ctx) {
		if err != nil {
			return err
		}
		if batch = append(batch, r); len(batch) == batchSize {
			if err := e.add(working, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if !e.lines.complete {
		return nil
	}
	return e.add(working, batch)
}

// add queues what of a batch is to be queued, and then tells what became of each row.
func (e *enqueueing) add(ctx context.Context, batch []row) error {
	type told struct {
		fate
		number int64 // of the cancellation in the queue
		more   string
	}
	news := make([]told, len(batch))
	var reqs []cancel.Request
	var places []int // in the batch
	for i, r := range batch {
		before, err := e.queue.Find(ctx, r.request)
		switch {
		case errors.Is(err, durable.ErrNoCancellation), err == nil && anew(before, r.request):
			reqs, places = append(reqs, r.request), append(places, i)
		case err != nil:
			return err
		case !before.State.Settled():
			news[i] = told{queued, before.ID, ""}
			if !same(before.Request, r.request) {
				news[i].more = ", as it was asked for first, which is not what this line says"
			}
		default:
			news[i] = told{fateOf[before.State], before.ID, ""}
			if err := before.Err(); err != nil && before.State != durable.Done {
				news[i].more = ": " + err.Error()
			}
		}
	}
	tickets, err := e.queue.Enqueue(ctx, reqs...)
	if err != nil {
		return err
	}
	for i, ticket := range tickets {
		news[places[i]] = told{queued, ticket.ID, ""}
		if ticket.New {
			news[places[i]].fate = added
		}
	}
	for i, r := range batch {
		n := news[i]
		e.counts[n.fate]++
		fmt.Fprintf(e.stdout, "line %d: %s %s %s: %s, number %d%s\n",
			r.line, r.request.Provider, r.request.Kind, r.request.ID, n.label, n.number, n.more)
	}
	return nil
}

// anew reports whether req is queued although the queue is through with what was before,
// by the rules of -resume.
func anew(before durable.Cancellation, req cancel.Request) bool {
	if before.State != durable.Failed {
		return false
	}
	failed := standing{outcome: outcomeOf(cancel.Item{Err: before.Err()}), request: before.Request}
	return failed.class == again || failed.mended(req)
}

// same reports whether a and b, which are of the same thing, ask for the same.
func same(a, b cancel.Request) bool {
	a.ID, b.ID = "", ""
	return a == b
}

// summarize tells in a few lines how it went.
func (e *enqueueing) summarize(db database) {
	for _, f := range fates {
		if n := e.counts[f]; n > 0 {
			fmt.Fprintf(e.stdout, "%7d  %s\n", n, f.label)
		}
	}
	if e.lines.bad > 0 {
		fmt.Fprintf(e.stdout, "%7d  lines passed over\n", e.lines.bad)
	}
	fmt.Fprintf(e.stdout, "queue: %s\n", db.place())
}

func (e *enqueueing) exitCode() int {
	var n [classes]int
	for f, many := range e.counts {
		n[f.class] += many
	}
	switch {
	case n[doubt] > 0:
		return exitDoubt
	case n[refused] > 0 || e.lines.bad > 0:
		return exitRefused
	}
	return exitDone
}
