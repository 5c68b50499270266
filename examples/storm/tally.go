package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

// tally compares the client's answer to each request with the vendors' ledgers.
type tally struct {
	client     *cancel.Client
	simulators vendors.Simulators
	// holds reports whether the ledgers hold the thing as the state says.
	holds   func(cancel.Request, cancel.State) bool
	pulled  int                             // requests that the client took
	doubled int                             // answers beyond one for a request
	answers map[cancel.Request]*cancel.Item // the last one
	lies    []string
}

// add counts the answer of Cancel.
func (t *tally) add(item cancel.Item) {
	item.Result.Raw = nil
	if t.answers[item.Request] != nil {
		t.doubled++
	}
	t.answers[item.Request] = &item
	t.check(item)
}

// settle asks again about everything that is under way or in doubt: three times, because the vendors go on
// failing, and a doubt may turn out to be under way only then. Before that recipients consent by
// silence, and a day later the SAT knows.
func (t *tally) settle(ctx context.Context, concurrency int) {
	for range 3 {
		t.simulators.Pass(80*time.Hour + vendors.Lag)
		var group sync.WaitGroup
		slots := make(chan struct{}, concurrency)
		for req, answer := range t.answers {
			var ask func(context.Context, cancel.Request) (cancel.Result, error)
			switch column(answer) {
			case underWay:
				ask = t.client.Wait
			case inDoubt:
				ask = t.client.Resolve
			default:
				continue
			}
			slots <- struct{}{}
			group.Go(func() {
				defer func() { <-slots }()
				if result, err := ask(ctx, req); !errors.Is(err, cancel.ErrPending) { // an interrupt leaves that
					*answer = cancel.Item{Request: req, Result: result, Err: err}
				}
			})
		}
		group.Wait()
	}
	for _, answer := range t.answers {
		t.check(*answer)
	}
}

// check compares an answer with the ledgers.
func (t *tally) check(item cancel.Item) {
	taken := item.Err == nil && item.Result.State != cancel.NotCancelled
	if holds := t.holds(item.Request, item.Result.State); holds != taken && (taken || !cancel.InDoubt(item.Err)) {
		t.lies = append(t.lies, fmt.Sprintf("%s %s: %q, %v", item.Request.Provider, item.Request.ID, item.Result.State, item.Err))
	}
}

// explain asks the vendors why doubts are left, and returns how many there are, by provider and why.
func (t *tally) explain(ctx context.Context) map[string]int {
	doubts := map[string]int{}
	for req, answer := range t.answers {
		if column(answer) == inDoubt {
			result, err := t.client.Status(ctx, req)
			why := fmt.Sprintf("%s: %s, %s", req.Provider, result.State, result.Message)
			if e, failed := errors.AsType[*cancel.Error](err); failed {
				why = fmt.Sprintf("%s: %v, %s %s", req.Provider, e.Reason, e.Code, e.Message)
			}
			doubts[why]++
		}
	}
	return doubts
}

// The columns of the report.
const (
	cancelled    = "cancelled"
	underWay     = "pending"
	notCancelled = "failed"
	inDoubt      = "doubt"
)

// column returns where an answer counts.
func column(answer *cancel.Item) string {
	switch {
	case cancel.InDoubt(answer.Err):
		return inDoubt
	case answer.Err == nil && answer.Result.State.IsCancelled():
		return cancelled
	case answer.Err == nil && answer.Result.State == cancel.Pending:
		return underWay
	}
	return notCancelled
}

// report writes the tally. Its error says that something is not so.
func (t *tally) report(to io.Writer, flags *cli.Flags, doubts map[string]int) error {
	type cell struct{ provider, column string }
	counts := map[cell]int{}
	for req, answer := range t.answers {
		counts[cell{req.Provider, column(answer)}]++
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, flags.Text("provider\tcancelled\tunder way\tnot cancelled\tin doubt\t"))
	for _, v := range vendors.Cancelers {
		fmt.Fprintf(table, "%s\t", v.Name)
		for _, column := range []string{cancelled, underWay, notCancelled, inDoubt} {
			fmt.Fprintf(table, "%d\t", counts[cell{v.Name, column}])
		}
		fmt.Fprintln(table)
	}
	_ = table.Flush()
	if len(doubts) > 0 {
		fmt.Fprintln(to, flags.Text("\nin doubt, and the vendor's status:"))
	}
	for _, doubt := range slices.Sorted(maps.Keys(doubts)) {
		fmt.Fprintf(to, "%7d  %s\n", doubts[doubt], doubt)
	}
	lost := t.pulled - len(t.answers)
	fmt.Fprintln(to, flags.Text("\n%d contradictions, %d lost, %d doubled", len(t.lies), lost, t.doubled))
	for _, lie := range t.lies {
		fmt.Fprintln(to, "  "+lie)
	}
	if len(t.lies) > 0 || lost > 0 || t.doubled > 0 {
		return cli.Errorf("the client did not tell the truth")
	}
	return nil
}
