// Command example cancels a few hundred invoices at a simulated vendor through a durable
// queue, and shows how far it has come. It needs neither credentials nor a network.
//
//	go run ./example                      # in the folder durable
//
// Kill it at any moment, by Ctrl-C or worse, and start it again: it goes on.
// It prints the address of a page on which a browser of this machine can watch the queue and
// act on it; -stay keeps the page when all is settled, until Ctrl-C.
//
// The queue is the file durable-example.db. The vendor is a separate process, which does not
// die with yours. The program starts it if nothing listens at the address -vendor, and ends it
// when all is settled. It also ends by itself after 15 minutes without a call.
//
// With -postgres the queue is in a PostgreSQL, and several of these commands share the work:
//
//	go run ./example -postgres postgres://user:password@localhost/database
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/durable/console"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if len(os.Args) == 3 && os.Args[1] == vendorCommand {
		err = beVendor(os.Args[2])
	} else {
		err = run(ctx, os.Args[1:], os.Stdout)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	path := flags.String("db", "durable-example.db", "the `file` of the SQLite database")
	url := flags.String("postgres", "", "the `URL` of a PostgreSQL to use in place of the file")
	vendor := flags.String("vendor", "127.0.0.1:8091", "the `address` of the simulated vendor")
	n := flags.Int("n", 300, "how many `invoices` are to be cancelled")
	stay := flags.Bool("stay", false, "serve the page until Ctrl-C")
	if err := flags.Parse(args); err != nil {
		return err
	}
	adapter, err := adapterOf(*vendor)
	if err != nil {
		return err
	}
	if err := startVendor(ctx, *vendor); err != nil {
		return err
	}
	q, closing, err := open(ctx, *path, *url, configOf(adapter))
	if err != nil {
		return err
	}
	defer closing()
	if err := see(ctx, q, *n, *stay, stdout); err != nil {
		return err
	}
	_, _ = adapter.Cancel(context.WithoutCancel(ctx), cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: last})
	return nil
}

// queue is a durable.Queue in any database.
type queue interface {
	console.Queue
	Migrate(ctx context.Context) error
	Enqueue(ctx context.Context, reqs ...cancel.Request) ([]durable.Ticket, error)
	Counts(ctx context.Context) (map[durable.State]int, error)
	Start(ctx context.Context) error
	StopNow(ctx context.Context) error
}

func open(ctx context.Context, path, url string, config durable.Config) (q queue, closing func(), err error) {
	if url != "" {
		q, err := durable.OpenPostgres(ctx, url, config)
		if err != nil {
			return nil, nil, err
		}
		return q, q.Close, nil
	}
	file, err := durable.OpenSQLite(ctx, path, config)
	if err != nil {
		return nil, nil, err
	}
	return file, func() { _ = file.Close() }, nil
}

// see works on the queue until all is settled.
func see(ctx context.Context, q queue, n int, stay bool, stdout io.Writer) error {
	// A deployment migrates once. Here the first of several processes does, and another
	// that comes at the same moment may have to be started again.
	if err := q.Migrate(ctx); err != nil {
		return err
	}
	counts, err := q.Counts(ctx)
	if err != nil {
		return err
	}
	if known := sum(counts, durable.States()); known > 0 {
		fmt.Fprintf(stdout, "%d cancellations are in the queue already.\n", known)
	} else {
		reqs := make([]cancel.Request, n)
		for i := range reqs {
			reqs[i] = request(i)
		}
		if _, err := q.Enqueue(ctx, reqs...); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%d cancellations are enqueued. Kill this at any time and start it again.\n", n)
	}
	address, end, err := console.ServeLocally(ctx, q, console.Config{Location: time.Local, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { _ = end() }()
	fmt.Fprintf(stdout, "Look at %s\n", address)
	if err := q.Start(ctx); err != nil {
		return err
	}
	defer func() {
		soon, end := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer end()
		_ = q.StopNow(soon) // the next process finds the rest
	}()
	if counts, err = watch(ctx, q, stdout); err != nil {
		return err
	}
	if err := summarize(ctx, q, counts, stdout); err != nil {
		return err
	}
	if stay {
		fmt.Fprintln(stdout, "The page stays until Ctrl-C.")
		<-ctx.Done()
	}
	return nil
}

// watch shows the counts until all is settled, and returns the last ones.
func watch(ctx context.Context, q queue, stdout io.Writer) (map[durable.State]int, error) {
	// On a terminal a line is written over the one before.
	begin, end := "", "\n"
	if f, ok := stdout.(*os.File); ok {
		if about, err := f.Stat(); err == nil && about.Mode()&os.ModeCharDevice != 0 {
			begin, end = "\r\x1b[K", ""
		}
	}
	defer fmt.Fprintln(stdout)
	shown := ""
	for {
		counts, err := q.Counts(ctx)
		if err != nil {
			return nil, err
		}
		var parts []string
		for _, s := range durable.States() {
			if counts[s] > 0 {
				parts = append(parts, fmt.Sprintf("%s %d", s, counts[s]))
			}
		}
		if line := strings.Join(parts, ", "); line != shown {
			fmt.Fprint(stdout, begin, line, end)
			shown = line
		}
		if sum(counts, durable.States()[:4]) == 0 {
			return counts, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("interrupted: start it again to go on")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// summarize prints the outcomes, with an example of each.
func summarize(ctx context.Context, q queue, counts map[durable.State]int, stdout io.Writer) error {
	fmt.Fprintln(stdout)
	for _, s := range durable.States() {
		examples, err := q.List(ctx, durable.Filter{State: s, Limit: 1})
		if err != nil {
			return err
		}
		for _, c := range examples {
			because := ""
			if err := c.Err(); err != nil {
				because = ": " + err.Error()
			} else if len(c.Result.Receipt) > 0 {
				because = fmt.Sprintf(", with an acuse of %d bytes", len(c.Result.Receipt))
			}
			fmt.Fprintf(stdout, "%4d %-9s for example %s %s, calls of the vendor: %d%s\n",
				counts[s], s, c.Request.Provider, c.Request.ID, len(c.Evidence), because)
		}
	}
	return nil
}

// sum returns how many are in the states.
func sum(counts map[durable.State]int, states []durable.State) (n int) {
	for _, s := range states {
		n += counts[s]
	}
	return n
}
