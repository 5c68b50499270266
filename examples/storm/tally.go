package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"text/tabwriter"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

// ledgers say how things really stand.
type ledgers interface {
	holds(req cancel.Request, state cancel.State) bool
}

// tally compares the client's answer to each request with the vendors' ledgers.
type tally struct {
	ledgers ledgers
	pulled  atomic.Int64 // requests that the client took
	columns map[string]*column
	seen    map[cancel.Request]int
	pending []cancel.Request
	doubts  map[string]int // by provider and why
	lies    []string
}

// column counts the outcomes of one vendor's requests.
type column struct{ items, cancelled, pending, failed, doubted int }

func newTally(l ledgers) *tally {
	t := &tally{ledgers: l, columns: map[string]*column{}, seen: map[cancel.Request]int{}, doubts: map[string]int{}}
	for _, v := range vendors.Cancelers {
		t.columns[v.Name] = new(column)
	}
	return t
}

// count yields the requests and counts those that are pulled: an interrupted client owes
// no answer about the rest.
func (t *tally) count(requests iter.Seq[cancel.Request]) iter.Seq[cancel.Request] {
	return func(yield func(cancel.Request) bool) {
		for req := range requests {
			t.pulled.Add(1)
			if !yield(req) {
				return
			}
		}
	}
}

// add counts the answer of Cancel.
func (t *tally) add(item cancel.Item) {
	t.seen[item.Request]++
	t.columns[item.Request.Provider].items++
	if item.Err == nil && item.Result.State == cancel.Pending {
		t.check(item)
		t.pending = append(t.pending, item.Request)
		return
	}
	t.settle(item)
}

// follow waits for the cancellations under way.
func (t *tally) follow(ctx context.Context, client *cancel.Client, concurrency int) {
	var (
		mu    sync.Mutex
		group sync.WaitGroup
		slots = make(chan struct{}, concurrency)
	)
	for _, req := range t.pending {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			item := cancel.Item{Request: req, Result: cancel.Result{State: cancel.Pending}}
			if result, err := client.Wait(ctx, req); !errors.Is(err, cancel.ErrPending) { // which an interrupt leaves
				item.Result, item.Err = result, err
			}
			mu.Lock()
			defer mu.Unlock()
			t.settle(item)
		})
	}
	group.Wait()
}

// settle counts the last answer about a request.
func (t *tally) settle(item cancel.Item) {
	t.check(item)
	c := t.columns[item.Request.Provider]
	switch {
	case item.Err == nil && item.Result.State.IsCancelled():
		c.cancelled++
	case item.Err == nil && item.Result.State == cancel.Pending:
		c.pending++
	case cancel.InDoubt(item.Err):
		c.doubted++
		t.doubts[item.Request.Provider+": "+why(item.Err)]++
	default:
		c.failed++
	}
}

// why returns the reason and the code of the innermost error of this module.
func why(err error) string {
	words := err.Error()
	for {
		e, ok := errors.AsType[*cancel.Error](err)
		if !ok {
			return words
		}
		name, _ := cli.Reason(e)
		words = fmt.Sprintf("%s, last answer: %s %s", name, e.Code, e.Message)
		if e.Err == nil {
			return words
		}
		err = e.Err
	}
}

// check compares an answer with the ledgers.
func (t *tally) check(item cancel.Item) {
	taken := item.Err == nil && item.Result.State != cancel.NotCancelled
	switch holds := t.ledgers.holds(item.Request, item.Result.State); {
	case taken && !holds:
		t.lie(item, "said to be "+string(item.Result.State)+", which it is not")
	case !taken && !cancel.InDoubt(item.Err) && holds:
		t.lie(item, fmt.Sprint("is cancelled, but: ", item.Err))
	}
}

func (t *tally) lie(item cancel.Item, what string) {
	t.lies = append(t.lies, fmt.Sprintf("%s %s %s", item.Request.Provider, item.Request.ID, what))
}

// report writes the tally. Its error says that something is not so.
func (t *tally) report(to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "provider\tanswered\tcancelled\tunder way\tnot cancelled\tin doubt\t")
	for _, v := range vendors.Cancelers {
		c := t.columns[v.Name]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t\n", v.Name, c.items, c.cancelled, c.pending, c.failed, c.doubted)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(t.doubts) > 0 {
		fmt.Fprintln(to, "\nin doubt:")
	}
	for _, doubt := range slices.Sorted(maps.Keys(t.doubts)) {
		fmt.Fprintf(to, "%7d  %s\n", t.doubts[doubt], doubt)
	}
	doubled := 0
	for _, times := range t.seen {
		doubled += times - 1
	}
	lost := int(t.pulled.Load()) - len(t.seen)
	fmt.Fprintf(to, "\n%d contradictions, %d lost, %d doubled\n", len(t.lies), lost, doubled)
	for _, lie := range t.lies {
		fmt.Fprintln(to, "  "+lie)
	}
	if len(t.lies) > 0 || lost > 0 || doubled > 0 {
		return errors.New("the client did not tell the truth")
	}
	return nil
}
