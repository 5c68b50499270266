package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"sync/atomic"
	"text/tabwriter"

	"github.com/unified-cancel/cancel"
)

// tally compares what the client says of each request with the vendor's ledger.
type tally struct {
	vendors []vendor
	pulled  atomic.Int64 // requests that the client took
	columns map[string]*column
	seen    map[cancel.Request]int
	lies    []string
}

// column counts what became of one vendor's requests.
type column struct{ items, cancelled, failed, doubted int }

func newTally(vendors []vendor) *tally {
	t := &tally{vendors: vendors, columns: map[string]*column{}, seen: map[cancel.Request]int{}}
	for _, v := range vendors {
		t.columns[v.name] = new(column)
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

func (t *tally) add(item cancel.Item) {
	t.seen[item.Request]++
	c := t.columns[item.Request.Provider]
	c.items++
	var held bool
	for _, v := range t.vendors {
		held = held || v.name == item.Request.Provider && v.isCancelled(item.Request.ID)
	}
	switch {
	case item.Err == nil:
		c.cancelled++
		if !held {
			t.lie(item, "said to be "+string(item.Result.State)+", which it is not")
		}
	case cancel.InDoubt(item.Err):
		c.doubted++
	default:
		c.failed++
		if held {
			t.lie(item, fmt.Sprint("is cancelled, but: ", item.Err))
		}
	}
}

func (t *tally) lie(item cancel.Item, what string) {
	t.lies = append(t.lies, fmt.Sprintf("%s %s %s", item.Request.Provider, item.Request.ID, what))
}

// report writes the tally. Its error says that something is not so.
func (t *tally) report(to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "provider\tanswered\tcancelled\tnot cancelled\tin doubt\t")
	for _, v := range t.vendors {
		c := t.columns[v.name]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t\n", v.name, c.items, c.cancelled, c.failed, c.doubted)
	}
	if err := table.Flush(); err != nil {
		return err
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
