package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

// tally compares the client's answer to each request with the vendors' ledgers.
type tally struct {
	// holds reports whether the ledgers hold the thing as the state says.
	holds func(cancel.Request, cancel.State) bool
	// pass moves the clocks of the vendors on until nothing is under way.
	pass    func()
	pulled  int // requests that the client took
	answers map[cancel.Request]*answer
	doubts  map[string]int // by provider and why
	lies    []string
}

// answer is the last answer about a request.
type answer struct {
	cancel.Item
	times int
}

// column returns how an answer counts.
func (a *answer) column() int {
	return slices.Index([]bool{
		a.Err == nil && a.Result.State.IsCancelled(),
		a.Err == nil && a.Result.State == cancel.Pending,
		!cancel.InDoubt(a.Err),
		true,
	}, true)
}

const (
	cancelled = iota
	underWay
	notCancelled
	inDoubt
	columns
)

// add counts the answer of Cancel.
func (t *tally) add(item cancel.Item) {
	a := cmp.Or(t.answers[item.Request], new(answer))
	item.Result.Raw = nil
	a.Item = item
	a.times++
	t.answers[item.Request] = a
	t.check(item)
}

// settle asks again about everything that is under way or in doubt: three times, because the vendors go on
// failing, and what was in doubt may be under way only then. It then asks why doubts are left.
func (t *tally) settle(ctx context.Context, client *cancel.Client, concurrency int) {
	for range 3 {
		t.pass()
		var group sync.WaitGroup
		slots := make(chan struct{}, concurrency)
		for req, a := range t.answers {
			ask := map[int]func(context.Context, cancel.Request) (cancel.Result, error){
				underWay: client.Wait, inDoubt: client.Resolve,
			}[a.column()]
			if ask == nil {
				continue
			}
			slots <- struct{}{}
			group.Go(func() {
				defer func() { <-slots }()
				if result, err := ask(ctx, req); !errors.Is(err, cancel.ErrPending) { // which an interrupt leaves
					a.Item = cancel.Item{Request: req, Result: result, Err: err}
				}
			})
		}
		group.Wait()
	}
	for req, a := range t.answers {
		t.check(a.Item)
		if a.column() == inDoubt {
			t.doubts[req.Provider+": "+why(ctx, client, req)]++
		}
	}
}

// why returns what Status says, with the vendor's words.
func why(ctx context.Context, client *cancel.Client, req cancel.Request) (said string) {
	for range 5 { // the vendors go on failing
		result, err := client.Status(ctx, req)
		e, failed := errors.AsType[*cancel.Error](err)
		if !failed {
			return fmt.Sprintf("%s, %s", result.State, result.Message)
		}
		said = strings.TrimSpace(fmt.Sprintf("%v, %s %s", e.Reason, e.Code, e.Message))
		if e.Code != "" {
			break
		}
	}
	return said
}

// check compares an answer with the ledgers.
func (t *tally) check(item cancel.Item) {
	taken := item.Err == nil && item.Result.State != cancel.NotCancelled
	if holds := t.holds(item.Request, item.Result.State); holds != taken && (taken || !cancel.InDoubt(item.Err)) {
		t.lies = append(t.lies, fmt.Sprintf("%s %s: the client says %q, %v", item.Request.Provider, item.Request.ID, item.Result.State, item.Err))
	}
}

// report writes the tally. Its error says that something is not so.
func (t *tally) report(to io.Writer, flags *cli.Flags) error {
	counts := map[string]*[columns]int{}
	for _, v := range vendors.Cancelers {
		counts[v.Name] = new([columns]int)
	}
	doubled := 0
	for req, a := range t.answers {
		counts[req.Provider][a.column()]++
		doubled += a.times - 1
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, flags.Text("provider\tcancelled\tunder way\tnot cancelled\tin doubt\t"))
	for _, v := range vendors.Cancelers {
		n := counts[v.Name]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t\n", v.Name, n[cancelled], n[underWay], n[notCancelled], n[inDoubt])
	}
	_ = table.Flush()
	if len(t.doubts) > 0 {
		fmt.Fprintln(to, flags.Text("\nin doubt, and the vendor's status:"))
	}
	for _, doubt := range slices.Sorted(maps.Keys(t.doubts)) {
		fmt.Fprintf(to, "%7d  %s\n", t.doubts[doubt], doubt)
	}
	lost := t.pulled - len(t.answers)
	fmt.Fprintln(to, flags.Text("\n%d contradictions, %d lost, %d doubled", len(t.lies), lost, doubled))
	for _, lie := range t.lies {
		fmt.Fprintln(to, "  "+lie)
	}
	if len(t.lies) > 0 || lost > 0 || doubled > 0 {
		return cli.Errorf("the client did not tell the truth")
	}
	return nil
}
