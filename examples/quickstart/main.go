// Command quickstart cancels one of everything through a Client and shows what
// comes back: a state, or an error with a reason. Then it shows how a doubt is resolved, how the
// SAT confirms a PAC's answer, and how to ask beforehand. The vendors are simulators in this
// process, so that it needs neither credentials nor a network. It fails if anything comes out
// other than the source says.
//
//	go run ./examples/quickstart
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/sat"
)

var about = cli.About{
	Name:  "quickstart",
	Does:  "Cancels one of everything at simulators in this process, and shows what a program gets back.",
	Exits: cli.Exits("everything came out as the source says", "something did not"),
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	flags := cli.NewFlags(about, process)
	if err := flags.Parse(); err != nil {
		return flags.Refuse(err)
	}
	t := newTable(flags, process.Stdout)
	if err := errors.Join(show(ctx, t), t.surprise); err != nil {
		return flags.Fail(err)
	}
	return cli.ExitDone
}

func show(ctx context.Context, t *table) error {
	all, err := vendors.Simulate(func(string) string { return "" })
	if err != nil {
		return err
	}
	defer all.Close()
	providers := map[string]cancel.Canceler{}
	for _, v := range vendors.Cancelers {
		if providers[v.Name], err = v.Open(all.Getenv, all[v.Name].Options()); err != nil {
			return err
		}
	}
	authority, err := vendors.OpenSAT(all.Getenv, all["sat"].Options())
	if err != nil {
		return err
	}
	providers["confirmed"] = sat.Confirm(providers["factible"], authority)
	client := cancel.NewClient(providers, cancel.WithBackoff(time.Millisecond, time.Millisecond))

	everything(ctx, t, client)
	doubts(ctx, t, client, all)
	preflight(ctx, t, client, all)
	confirmation(ctx, t, client, all)
	return nil
}

// everything cancels the samples that the simulators hold.
func everything(ctx context.Context, t *table, client *cancel.Client) {
	for _, v := range vendors.Cancelers {
		t.part(v.Title)
		for _, s := range v.Samples {
			t.row(s.About, cmp.Or[any](s.Reason, s.State))(client.Cancel(ctx, s.Request))
		}
	}
	t.part("Cancelled twice, and malformed")
	for _, v := range vendors.Cancelers {
		t.row(t.Text("%s, again", t.Text(v.Samples[0].About)), cancel.AlreadyCancelled)(client.Cancel(ctx, v.Samples[0].Request))
	}
	t.row("something that is not a UUID", cancel.ErrInvalid)(client.Cancel(ctx, cancel.Request{Provider: "factible", Kind: cancel.PrimarySectorInvoice, ID: "12345"}))
}

// doubts are about calls that are carried out and whose answer is lost. A Client finds out.
func doubts(ctx context.Context, t *table, client *cancel.Client, all vendors.Simulators) {
	t.part("The answer is lost: the Client finds out")
	for _, v := range vendors.Cancelers {
		req := held(all, v, 1)
		all[v.Name].Fail(1, canceltest.CarriedOutThenDropped)
		t.row(t.Text("at %s", v.Title), cancel.Cancelled)(client.Cancel(ctx, req))
	}
	t.part("The program ended before the answer came: Resolve, in the next one")
	for _, v := range vendors.Cancelers {
		t.row(t.Text("at %s", v.Title), cancel.Cancelled)(client.Resolve(ctx, v.Request(1)))
	}
	t.part("Nobody answers")
	req := held(all, vendors.Auco, 2)
	all["auco"].FailAtRandom(1, 1, canceltest.CarriedOutThenDropped)
	t.row(t.Text("at %s", "Auco"), cancel.ErrUnknownOutcome)(client.Cancel(ctx, req))
	all["auco"].FailAtRandom(0, 1)
	t.row("later: Resolve", cancel.Cancelled)(client.Resolve(ctx, req))
}

// preflight asks what can be cancelled, and changes nothing.
func preflight(ctx context.Context, t *table, client *cancel.Client, all vendors.Simulators) {
	t.part("Can it be cancelled? Preflight asks and changes nothing")
	ask := client.Preflight
	t.verdict("an invoice: the SAT answers", cancel.ConsentNeeded)(ask(ctx, invoice(all)))
	t.verdict("a payment", cancel.Cancellable)(ask(ctx, held(all, vendors.Payvalida, 4)))
	t.verdict("a document", cancel.Cancellable)(ask(ctx, held(all, vendors.Auco, 4)))
	t.verdict("a document that is cancelled", cancel.Done)(ask(ctx, vendors.Auco.Samples[0].Request))
	t.verdict("a document that everybody has signed", cancel.ErrNotCancellable)(ask(ctx, vendors.Auco.Samples[1].Request))
}

// confirmation cancels an invoice that counts as cancelled only if the SAT says so, too.
func confirmation(ctx context.Context, t *table, client *cancel.Client, all vendors.Simulators) {
	t.part("Is it really cancelled? sat.Confirm asks the SAT, too")
	req := invoice(all)
	t.row("an invoice is registered", cancel.Pending)(client.Cancel(ctx, req))

	all["factible"].Vendor.(*factibletest.Simulator).Accept(req.ID)
	t.row("the PAC says yes, the SAT not yet", cancel.Pending)(client.Status(ctx, req))

	all.Pass(2 * vendors.Lag)
	t.row("two days later both say yes", cancel.Cancelled)(client.Status(ctx, req))
}

// held returns an invented request for a thing that the vendor holds.
func held(all vendors.Simulators, v vendors.Vendor, i int) cancel.Request {
	req := v.Request(i)
	all[v.Name].Hold(req)
	return req
}

// invoice returns a request for an invoice that the PAC and the SAT hold.
func invoice(all vendors.Simulators) cancel.Request {
	req := held(all, vendors.Factible, 4)
	all["sat"].Hold(req)
	req.Provider = "confirmed"
	return req
}

// table prints outcomes as they come.
type table struct {
	*cli.Flags
	w io.Writer
	// surprise is the first outcome that was not the one wanted.
	surprise error
}

func newTable(flags *cli.Flags, w io.Writer) *table {
	t := &table{Flags: flags, w: w}
	t.line(t.Text("ASKED"), t.Text("STATE OR ERROR"), t.Text("CODE"), t.Text("MESSAGE"))
	return t
}

// part heads the outcomes that follow.
func (t *table) part(title string) { fmt.Fprintf(t.w, "\n%s\n", t.Text(title)) }

// row shows the outcome of a call. want is a cancel.State or the reason of an error.
func (t *table) row(asked string, want any) func(cancel.Result, error) {
	return func(r cancel.Result, err error) {
		got := string(r.State)
		outcome, code, message := t.Word(got), r.Code, r.Message
		if e, ok := errors.AsType[*cancel.Error](err); ok {
			got = e.Reason.Error()
			outcome, code, message = "error: "+t.Word(got), e.Code, t.Text(e.Message)
		}
		t.line("  "+t.Text(asked), outcome, code, message)
		if got != fmt.Sprint(want) && t.surprise == nil {
			t.surprise = cli.Errorf("%s: want %v, got %s", t.Text(asked), want, got)
		}
	}
}

// verdict shows the answer of Preflight. want is a cancel.Verdict or the reason of an error.
func (t *table) verdict(asked string, want any) func(cancel.Preflight, error) {
	return func(p cancel.Preflight, err error) {
		t.row(asked, want)(cancel.Result{State: cancel.State(p.Verdict), Code: p.Code, Message: p.Message}, err)
	}
}

func (t *table) line(asked, outcome, code, message string) {
	if long := []rune(message); len(long) > 50 {
		message = string(long[:49]) + "…"
	}
	line := fmt.Sprintf("%-41s %-28s %-25s %s", asked, outcome, code, message)
	fmt.Fprintln(t.w, strings.TrimRight(line, " "))
}
