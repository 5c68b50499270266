// Command bulk cancels what a file lists, CSV or JSON Lines, at the three providers.
// It writes down every request before it is sent and every answer as it comes, so that
// a run that ended early goes on with -resume and sends nothing twice that has an
// answer. At the end it leaves a report for people. With -enqueue it sends nothing, and
// leaves it all to the workers of a durable queue.
//
//	go run . sample.csv
//
// Without credentials in the environment the providers are simulators in this process.
// -h explains the flags, the columns and the exit codes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
)

// The exit codes. What is in doubt counts for more than what is to be asked again, and
// that for more than what was refused.
const (
	exitDone        = 0
	exitFailed      = 1 // usage, or a file
	exitRefused     = 3
	exitAgain       = 4
	exitDoubt       = 5
	exitInterrupted = 130
)

func main() {
	cli.Main(program{backoff: 500 * time.Millisecond, grace: time.Minute}.run)
}

// program is what does not change between runs.
type program struct {
	backoff time.Duration // before anything is asked again, at first
	grace   time.Duration // for what is in flight when the program is interrupted
}

// settings are what the flags say.
type settings struct {
	file, format              string
	results, report, receipts string
	resume, dryRun, yes       bool
	enqueue                   database // "" to cancel
	concurrency, attempts     int
	rate                      float64
}

func (p program) run(ctx context.Context, process cli.Process) int {
	exit, err := p.cancel(ctx, process)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		fmt.Fprintf(process.Stderr, "bulk: %v\n", err)
		return exitFailed
	}
	return exit
}

func (p program) cancel(ctx context.Context, process cli.Process) (exit int, err error) {
	s, err := parse(process)
	if err != nil {
		return 0, err
	}
	in, err := openInput(s.file, s.format)
	if err != nil {
		return 0, err
	}
	if in.header != nil && len(in.header.ignored) > 0 {
		fmt.Fprintf(process.Stderr, "bulk: these columns are ignored: %q\n", in.header.ignored)
	}
	if s.enqueue != "" {
		return p.enqueue(ctx, process, in, s.enqueue)
	}
	vendors, err := openVendors(process, in, s.dryRun, s.yes)
	if err != nil {
		return 0, err
	}
	defer vendors.close()
	if s.dryRun {
		return validate(ctx, process, in, vendors)
	}
	if s.receipts != "" {
		if err := os.MkdirAll(s.receipts, 0o700); err != nil {
			return 0, err
		}
	}
	j, err := openJournal(s.results, s.resume)
	if err != nil {
		return 0, err
	}
	defer func() {
		if closed := j.close(); err == nil {
			err = closed
		}
	}()
	if err := j.run(in.path, vendors.target); err != nil {
		return 0, err
	}
	b := &bulk{
		in: in, vendors: vendors, journal: j,
		doubts: new(doubts), receipts: s.receipts, grace: p.grace,
		progress: newProgress(process.Stderr, in.total),
	}
	b.client = p.client(s, b.providers())
	err = b.run(ctx)
	b.progress.close()
	interrupted := b.interrupted(ctx)
	saved := newReport(b, s.results, interrupted || err != nil).save(s.report)
	summarize(process.Stdout, b, s)
	if err := errors.Join(err, saved); err != nil {
		return 0, err
	}
	exit = exitCode(b)
	if interrupted {
		exit = exitInterrupted
	}
	if exit >= exitAgain {
		fmt.Fprintln(process.Stderr, "bulk: to go on, run the same command with -resume")
	}
	return exit, nil
}

func (p program) client(s settings, providers map[string]cancel.Canceler) *cancel.Client {
	return cancel.NewClient(providers,
		cancel.WithConcurrency(s.concurrency),
		cancel.WithMaxAttempts(s.attempts),
		cancel.WithRateLimit(s.rate, 1),
		cancel.WithBackoff(p.backoff, 60*p.backoff))
}

// providers are those of the vendors, which know of the doubts.
func (b *bulk) providers() map[string]cancel.Canceler {
	providers := map[string]cancel.Canceler{}
	for name, canceler := range b.vendors.cancelers {
		providers[name] = remember(canceler, b.doubts)
	}
	return providers
}

func exitCode(b *bulk) int {
	switch n := b.journal.inClass(); {
	case n[doubt] > 0:
		return exitDoubt
	case n[again] > 0:
		return exitAgain
	case n[refused] > 0 || b.badLines > 0:
		return exitRefused
	}
	return exitDone
}

// summarize tells in a few lines how it went.
func summarize(w io.Writer, b *bulk, s settings) {
	totals := map[string]int{}
	for _, of := range b.journal.tally {
		for name, n := range of {
			totals[name] += n
		}
	}
	for _, o := range outcomes {
		if n := totals[o.name]; n > 0 {
			fmt.Fprintf(w, "%7d  %s\n", n, o.label)
		}
	}
	if b.badLines > 0 {
		fmt.Fprintf(w, "%7d  lines passed over\n", b.badLines)
	}
	fmt.Fprintf(w, "results: %s\nreport:  %s\n", s.results, s.report)
}

// parse reads the flags, which may stand before and after the file.
func parse(process cli.Process) (settings, error) {
	var s settings
	f := flag.NewFlagSet("bulk", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	f.StringVar(&s.format, "format", "", "`csv` or jsonl, where the name of the file does not say")
	f.StringVar(&s.results, "results", "", "the results `FILE`; by default that of the input with .results.jsonl")
	f.StringVar(&s.report, "report", "", "the report's `FILE`; by default that of the input with .report.html")
	f.StringVar(&s.receipts, "receipts", "", "save receipts, such as the SAT's acuses, in `FOLDER`, one file for each")
	f.BoolVar(&s.resume, "resume", false, "go on with the results of an earlier run")
	f.BoolVar(&s.dryRun, "dry-run", false, "check every line and send nothing")
	f.StringVar((*string)(&s.enqueue), "enqueue", "", "leave it to the workers of the queue in `DB`, an SQLite file or a postgres:// URL, and send nothing")
	f.BoolVar(&s.yes, "yes", false, "go ahead outside the sandbox, where it is for good")
	f.IntVar(&s.concurrency, "concurrency", 8, "how many calls are in flight at most, a `NUMBER`")
	f.IntVar(&s.attempts, "attempts", 3, "how often a request is sent at most, a `NUMBER` from 2 on; one that an earlier run began counts")
	f.Float64Var(&s.rate, "rate", 0, "the `CALLS` per second to each provider at most; 0 for no limit")

	var files []string
	for args := process.Args; ; {
		if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
			help(process.Stdout, f)
			return s, err
		} else if err != nil {
			return s, fmt.Errorf("%w (-h explains)", err)
		}
		if f.NArg() == 0 {
			break
		}
		files, args = append(files, f.Arg(0)), f.Args()[1:]
	}
	switch {
	case len(files) != 1:
		return s, errors.New("name one file of requests (-h explains)")
	case s.concurrency < 1:
		return s, errors.New("-concurrency must be 1 or more")
	case s.attempts < 2:
		return s, errors.New("-attempts must be 2 or more: what is in doubt has to be asked about")
	case !(s.rate >= 0):
		return s, errors.New("-rate must not be negative")
	}
	s.file = files[0]
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if given["enqueue"] {
		return s, s.enqueues(given)
	}
	base := strings.TrimSuffix(s.file, filepath.Ext(s.file))
	if s.results == "" {
		s.results = base + ".results.jsonl"
	}
	if s.report == "" {
		s.report = base + ".report.html"
	}
	for _, out := range []string{s.results, s.report} {
		if sameFile(out, s.file) {
			return s, fmt.Errorf("%s is the input: it is not to be written over", out)
		}
	}
	if sameFile(s.results, s.report) {
		return s, errors.New("-results and -report name the same file")
	}
	return s, nil
}

// idle are the flags that decide nothing where nothing is sent, and why.
var idle = []struct{ flag, why string }{
	{"resume", "what is queued already is passed over without it"},
	{"dry-run", "by itself it checks every line"},
	{"yes", "it is for the workers of the queue to know where they send it"},
	{"results", "the queue keeps what becomes of it"},
	{"report", "the queue keeps what becomes of it"},
	{"receipts", "the queue keeps them"},
	{"concurrency", "the workers of the queue have a limit of their own"},
	{"attempts", "the workers of the queue ask for as long as it takes"},
	{"rate", "the workers of the queue have a limit of their own"},
}

// enqueues reports why s, with the flags that were given, cannot be queued.
func (s settings) enqueues(given map[string]bool) error {
	for _, with := range idle {
		if given[with.flag] {
			return fmt.Errorf("-%s does not go with -enqueue: %s", with.flag, with.why)
		}
	}
	if err := s.enqueue.check(); err != nil {
		return err
	}
	if sameFile(string(s.enqueue), s.file) {
		return fmt.Errorf("%s is the input: it is not to be written over", s.enqueue)
	}
	return nil
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return filepath.Clean(a) == filepath.Clean(b) || errX == nil && errY == nil && os.SameFile(x, y)
}
