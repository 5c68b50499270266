// Command example cancels a few hundred things at simulated vendors through a durable
// queue, and shows how far it has come. It needs neither credentials nor a network.
//
//	go run ./example                      # in the folder durable
//
// Kill it at any moment, by Ctrl-C or worse, and start it again: it goes on.
// It prints the address of a page on which a browser of this machine can watch the queue and
// act on it; -stay keeps the page when all is settled, until Ctrl-C.
//
// The queue is the file durable-example.db. The vendors are a separate process,
// which does not die with yours. The program starts it if it is missing, and ends it when all
// is settled. It also ends by itself after 15 minutes without a question.
//
// With -postgres the queue is in a PostgreSQL, and several of these commands, started in
// the same folder, share the work:
//
//	go run ./example -postgres postgres://user:password@localhost/database
package main

import (
	"cmp"
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
	if len(os.Args) == 2 && os.Args[1] == vendorsCommand {
		if err := beVendors(); err != nil {
			fmt.Fprintln(os.Stderr, "example: the vendors:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
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
	n := flags.Int("n", 300, "how many `things` are to be cancelled")
	stay := flags.Bool("stay", false, "serve the page until Ctrl-C")
	if err := flags.Parse(args); err != nil {
		return err
	}
	vendors, err := findVendors(ctx)
	if err != nil {
		return err
	}
	config, err := vendors.config()
	if err != nil {
		return err
	}
	if *url != "" {
		q, err := durable.OpenPostgres(ctx, *url, config)
		if err != nil {
			return err
		}
		defer q.Close()
		return see(ctx, q.Queue, vendors, *n, *stay, stdout)
	}
	q, err := durable.OpenSQLite(ctx, *path, config)
	if err != nil {
		return err
	}
	err = see(ctx, q.Queue, vendors, *n, *stay, stdout)
	return cmp.Or(err, q.Close())
}

// see works on the queue until all is settled.
func see[TTx any](ctx context.Context, q *durable.Queue[TTx], vendors vendors, n int, stay bool, stdout io.Writer) error {
	// A deployment migrates once. Here the first of several processes does, and another
	// that comes at the same moment may have to be started again.
	if err := q.Migrate(ctx); err != nil {
		return err
	}
	counts, err := q.Counts(ctx)
	if err != nil {
		return err
	}
	if total(counts) == 0 {
		if _, err := q.Enqueue(ctx, requests(n)...); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%d cancellations are enqueued. Kill this at any time and start it again.\n", n)
	} else {
		fmt.Fprintf(stdout, "%d cancellations are in the queue already.\n", total(counts))
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
	if err := watch(ctx, q, stdout); err != nil {
		return err
	}
	if err := sum(ctx, q, stdout); err != nil {
		return err
	}
	if stay {
		fmt.Fprintln(stdout, "The page stays until Ctrl-C.")
		<-ctx.Done()
	}
	return vendors.end(context.WithoutCancel(ctx))
}

// watch shows the counts until all is settled.
func watch[TTx any](ctx context.Context, q *durable.Queue[TTx], stdout io.Writer) error {
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
			return err
		}
		if line := describe(counts); line != shown {
			fmt.Fprint(stdout, begin, line, end)
			shown = line
		}
		if open(counts) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted: start it again to go on")
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// sum prints the outcomes.
func sum[TTx any](ctx context.Context, q *durable.Queue[TTx], stdout io.Writer) error {
	counts, err := q.Counts(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout)
	for _, s := range durable.States() {
		examples, err := q.List(ctx, durable.Filter{State: s, Limit: 1})
		if err != nil {
			return err
		}
		for _, c := range examples {
			fmt.Fprintf(stdout, "%4d %-9s for example %s %s, calls of the vendor: %d%s\n",
				counts[s], s, c.Request.Provider, c.Request.ID, len(c.Evidence), because(c))
		}
	}
	return nil
}

func because(c durable.Cancellation) string {
	if err := c.Err(); err != nil {
		return ": " + err.Error()
	}
	if len(c.Result.Receipt) > 0 {
		return fmt.Sprintf(", with an acuse of %d bytes", len(c.Result.Receipt))
	}
	return ""
}

func describe(counts map[durable.State]int) string {
	var parts []string
	for _, s := range durable.States() {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", s, counts[s]))
		}
	}
	return strings.Join(parts, ", ")
}

func total(counts map[durable.State]int) (n int) {
	for _, many := range counts {
		n += many
	}
	return n
}

func open(counts map[durable.State]int) (n int) {
	for s, many := range counts {
		if !s.Settled() {
			n += many
		}
	}
	return n
}

// requests name things that the vendors hold, except for a few.
func requests(n int) []cancel.Request {
	reqs := make([]cancel.Request, n)
	for i := range reqs {
		reqs[i] = request(i)
	}
	return reqs
}
