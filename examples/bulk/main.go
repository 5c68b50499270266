// Command bulk cancels the requests of a file, CSV or JSON Lines, or the invoices (CFDI) of a
// folder. It keeps every cancellation in a durable queue, an SQLite file beside the input, so
// that the same command again goes on where a run ended. At the end it leaves a report for
// people. With -check it asks what can be cancelled, and cancels nothing.
//
//	go run . sample.csv
//
// Without credentials in the environment the providers are simulators in this process.
// -h explains the flags, the columns and the exit codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

// The exit codes. A doubt counts for more than a request that is put off, and that counts
// for more than a refusal.
const (
	exitRefused     = 3
	exitAgain       = 4
	exitDoubt       = 5
	exitInterrupted = 130
)

var about = cli.About{
	Name:     "bulk",
	Synopsis: "[flags] FILE",
	Files:    1,
	Does: `Cancels what FILE lists, keeps what became of each in a database beside FILE, and leaves a
report. The same command again goes on where the run before ended: nothing is sent again that
has an answer, and what may have been sent before a crash is found out first. What failed is
sent again if its line has changed, or if the account was not allowed to do it.

FILE is CSV, whose first line names the columns, or JSON Lines, with one object per line:
provider, kind and id, and if the provider needs them reason, requested_by, motive,
replaced_by, issuer, expression and reference. An invoice with an expression is cancelled
when the SAT says so, too. FILE may also be a folder of invoices (CFDI) as XML files: Solución
Factible cancels them, all for the reason that -motive gives.

A line that is not a request is named and stops nothing else. What is listed twice is sent once.`,
	Variables: variables(),
	Exits: []cli.Exit{
		{Code: cli.ExitDone, Meaning: "everything in FILE is cancelled or under way; with -check, can be; with -dry-run, is well-formed"},
		{Code: cli.ExitFailed, Meaning: "a file or the database could not be read or written"},
		{Code: cli.ExitUsage, Meaning: "usage, or a variable is missing"},
		{Code: exitRefused, Meaning: "some is refused, or a line is not a request"},
		{Code: exitAgain, Meaning: "some was put off: run the same command again"},
		{Code: exitDoubt, Meaning: "some is in doubt: run the same command again, and look at the report"},
		{Code: exitInterrupted, Meaning: "interrupted: run the same command again"},
	},
}

// variables returns the variables of all vendors.
func variables() []cli.Variable {
	all := []cli.Variable{{Name: cli.Environment.Name, Meaning: "sandbox or production; if none of these is set, the providers are simulators"}}
	for _, v := range vendors.All {
		for _, variable := range v.Variables {
			variable.Optional = true
			all = append(all, variable)
		}
		all = append(all, cli.Endpoint(v.Name))
	}
	return all
}

func main() { cli.Main(run) }

// settings are the values of the flags.
type settings struct {
	file, report, receipts   string
	motive                   string
	dryRun, check, yes, wait bool
	concurrency, attempts    int
	backoff                  time.Duration
	rate, satRate            float64
}

func run(ctx context.Context, process cli.Process) int {
	flags := cli.NewFlags(about, process)
	s, err := parse(flags)
	if err != nil {
		return flags.Refuse(err)
	}
	rows, ignored, err := readInput(s.file, s.motive)
	if err != nil {
		return flags.Fail(err)
	}
	if len(ignored) > 0 {
		flags.Note("these columns are ignored: %q", ignored)
	}
	providers, err := openProviders(process.Getenv, rows, &s)
	if err != nil {
		return flags.Refuse(err)
	}
	defer providers.simulators.Close()
	b := &bulk{
		settings: s, flags: flags, mode: cancelling, rows: len(rows), providers: providers, began: time.Now(),
		client: cancel.NewClient(providers.cancelers,
			cancel.WithMaxAttempts(s.attempts),
			cancel.WithBackoff(s.backoff, 60*s.backoff),
			cancel.WithRateLimit(s.rate, 1),
			cancel.WithProvider(vendors.Factible.Name, cancel.WithRateLimit(s.satRate, 1)), // only -check asks with it
		),
		progress: newProgress(process.Stderr, flags.Text),
	}
	b.sort(rows)
	providers.hold(b.good)
	work := b.work
	switch {
	case s.dryRun:
		n := map[string]int{}
		for _, r := range b.good {
			n[r.Request.Provider]++
		}
		for _, name := range slices.Sorted(maps.Keys(n)) {
			fmt.Fprintln(process.Stdout, flags.Text("%7d  good for %s (%s)", n[name], name, providers.where[name]))
		}
		fmt.Fprintln(process.Stdout, flags.Text("%7d  lines passed over", len(b.bad)))
		fmt.Fprintln(process.Stdout, flags.Text("nothing was sent"))
		return b.exitCode(ctx)
	case s.check:
		b.mode, work = checking, b.check
	}
	err = work(ctx)
	b.progress.close()
	r := newReport(b, ctx.Err() != nil || err != nil)
	if r.Simulated {
		fmt.Fprintln(process.Stdout, flags.Text("The providers were simulators: nothing real was cancelled."))
	}
	for _, l := range r.Lines {
		fmt.Fprintln(process.Stdout, flags.Text("%7d  %s", l.Total, flags.Text(l.Label)))
	}
	if len(b.bad) > 0 {
		fmt.Fprintln(process.Stdout, flags.Text("%7d  lines passed over", len(b.bad)))
	}
	if err = errors.Join(err, r.save(s.report)); err != nil {
		return flags.Fail(err)
	}
	fmt.Fprintln(process.Stdout, flags.Text("report: %s", s.report))
	exit := b.exitCode(ctx)
	if exit >= exitAgain && !(s.check && exit == exitDoubt) { // the answers would be the same
		flags.Note("to go on, run the same command again")
	}
	return exit
}

func parse(f *cli.Flags) (s settings, err error) {
	f.StringVar(&s.report, "report", "", "the `FILE` for the report; the name of the input with .report.html by default")
	f.StringVar(&s.receipts, "receipts", "", "save receipts, such as the SAT's acuses, in `FOLDER`, one file for each")
	f.BoolVar(&s.dryRun, "dry-run", false, "check that every line is well-formed, and send nothing")
	f.BoolVar(&s.check, "check", false, "ask what can be cancelled, and cancel nothing: the SAT by expression, Payvalida by reference, Auco with its public key")
	f.BoolVar(&s.yes, "yes", false, "cancel outside the sandbox and this machine, where it is for good")
	f.BoolVar(&s.wait, "wait", false, "stay until what is under way is settled, which can take days")
	f.IntVar(&s.concurrency, "concurrency", 8, "how many calls are in flight to each provider, a `NUMBER`")
	f.IntVar(&s.attempts, "attempts", 3, "how often a call is made before it is put off, a `NUMBER`")
	f.DurationVar(&s.backoff, "backoff", 500*time.Millisecond, "the `TIME` before a call is made again, at first")
	f.Float64Var(&s.rate, "rate", 0, "at most this many `CALLS` per second to each provider; 0 for no limit")
	f.Float64Var(&s.satRate, "sat-rate", 1, "at most this many `CALLS` per second to the SAT, and to Solución Factible for invoices that the SAT confirms")
	f.StringVar(&s.motive, "motive", "", "the `MOTIVO`, 02 to 04, of the invoices of a folder")
	if err := f.Parse(); err != nil {
		return s, err
	}
	s.file = f.Files[0]
	if s.report == "" {
		s.report = beside(s.file, ".report.html")
		if s.check {
			s.report = beside(s.file, ".check.html")
		}
	}
	switch {
	case s.concurrency < 1 || s.attempts < 1:
		err = cli.Errorf("-concurrency and -attempts must be 1 or more")
	case !(s.rate >= 0) || !(s.satRate > 0):
		err = cli.Errorf("-rate must not be negative, and -sat-rate must be more than 0")
	case s.dryRun && s.check:
		err = cli.Errorf("-dry-run sends nothing and -check asks the providers: choose one")
	case sameFile(s.report, s.file), s.check && sameFile(s.answers(), s.file):
		err = cli.Errorf("%s is the input, and would be overwritten", s.file)
	case sameFile(s.report, s.database()):
		err = cli.Errorf("%s is the database, and would be overwritten", s.report)
	}
	return s, err
}

// beside returns a name with another extension.
func beside(file, extension string) string {
	return strings.TrimSuffix(filepath.Clean(file), filepath.Ext(file)) + extension
}

// database is the file of the queue, and answers the file of the answers to -check.
func (s settings) database() string { return beside(s.file, ".cancellations.db") }
func (s settings) answers() string  { return beside(s.report, ".answers.jsonl") }
