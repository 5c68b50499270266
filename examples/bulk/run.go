package main

import (
	"context"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unified-cancel/cancel"
)

// bulk is one run over the input.
type bulk struct {
	in       *input
	vendors  *vendors
	journal  *journal
	progress *progress
	client   *cancel.Client
	doubts   *doubts
	receipts string        // the folder for them, "" for none
	grace    time.Duration // how long what is in flight has once the run is interrupted

	halt context.CancelFunc // pulls nothing more

	flying atomic.Int64 // handed over and not recorded

	mu       sync.Mutex
	err      error // the first thing that stopped the run
	complete bool  // all of the input was read
	aborted  bool  // what was in flight was not waited for to its end
	lines    map[key]int
	bad      []row // the first of them
	badLines int
	repeated int
}

// run cancels what the input asks for. When ctx ends nothing more is begun, and what
// is in flight is waited for, but not beyond the grace.
func (b *bulk) run(ctx context.Context) error {
	pulling, halt := context.WithCancel(ctx)
	defer halt()
	b.halt = halt
	b.lines = map[key]int{}

	working, end := outlive(ctx, b.grace, func() {
		b.progress.note("interrupted: nothing more is begun. Waiting up to %v for what is in flight: %d. Interrupt again to end at once.",
			b.grace, b.flying.Load())
	})
	defer end()

	for item := range b.client.All(working, b.requests(pulling)) {
		b.record(item)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.aborted = working.Err() != nil
	if b.complete {
		b.journal.forget(b.lines)
	}
	return b.err
}

// outlive returns a context for what is under way when ctx ends: it ends that much
// later. When ctx ends, note is called, and never after end has returned.
func outlive(ctx context.Context, grace time.Duration, note func()) (working context.Context, end func()) {
	working, abort := context.WithCancel(context.WithoutCancel(ctx))
	told := make(chan struct{})
	unless := context.AfterFunc(ctx, func() {
		note()
		close(told)
		select {
		case <-time.After(grace):
			abort()
		case <-working.Done():
		}
	})
	return working, func() {
		abort()
		if !unless() {
			<-told
		}
	}
}

// requests yields what is still to be done, each once it is noted as started.
func (b *bulk) requests(ctx context.Context) iter.Seq[cancel.Request] {
	return func(yield func(cancel.Request) bool) {
		for r, err := range b.in.rows() {
			if err != nil {
				b.fail(err)
				return
			}
			if ctx.Err() != nil {
				return
			}
			if !b.wanted(r) {
				continue
			}
			doubted, err := b.journal.start(r.line, r.request)
			if err != nil {
				b.fail(err)
				return
			}
			b.flying.Add(1)
			if doubted {
				b.doubts.add(r.request)
			}
			if !yield(r.request) {
				return
			}
		}
		b.mu.Lock()
		b.complete = true
		b.mu.Unlock()
	}
}

// wanted reports whether r is to be sent, and tells why where it is not.
func (b *bulk) wanted(r row) bool {
	if r.bad == nil {
		r.bad = b.vendors.missing(r.request.Provider)
	}
	if r.bad != nil {
		b.mu.Lock()
		b.badLines++
		if len(b.bad) < maxListed {
			b.bad = append(b.bad, r)
		}
		b.mu.Unlock()
		b.progress.complain(r.line, r.bad)
		return false
	}
	if first, known := b.lines[keyOf(r.request)]; known {
		b.repeated++
		b.progress.skipped()
		b.progress.note("line %d: the same as line %d, which counts", r.line, first)
		return false
	}
	b.lines[keyOf(r.request)] = r.line
	before, known := b.journal.standing(r.request)
	if known && !before.tried() && !before.mended(r.request) {
		b.progress.skipped()
		return false
	}
	return true
}

// interrupted reports whether anything was left undone because ctx ended.
func (b *bulk) interrupted(ctx context.Context) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return ctx.Err() != nil && (!b.complete || b.aborted)
}

// mended reports whether what was invalid is another request by now.
func (s standing) mended(now cancel.Request) bool {
	return s.reason == cancel.ErrInvalid && s.request != now
}

// record notes what became of a request.
func (b *bulk) record(item cancel.Item) {
	b.flying.Add(-1)
	e := ended(item, b.vendors.hide)
	if b.receipts != "" && item.Result.Receipt != nil {
		file, err := saveReceipt(b.receipts, item.Result)
		if err != nil {
			b.fail(err)
		}
		e.Receipt = file
	}
	now, err := b.journal.end(e)
	if err != nil {
		b.fail(err)
		return
	}
	b.progress.ended(now.class)
}

// fail stops the run for the first error of a file.
func (b *bulk) fail(err error) {
	b.mu.Lock()
	if b.err == nil {
		b.err = err
	}
	b.mu.Unlock()
	b.halt()
}

// saveReceipt writes a receipt, whole or not at all, and returns the name of its file.
func saveReceipt(folder string, result cancel.Result) (string, error) {
	name := filepath.Join(folder, url.PathEscape(result.ID)+".xml")
	if err := writeWhole(name, result.Receipt); err != nil {
		return "", err
	}
	return name, nil
}

// writeWhole writes a file, so that there is never half of it.
func writeWhole(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".bulk-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // which is there no more once it is renamed
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
