// Command storm cancels many things at simulators of the three vendors, which fail in
// every way that a network or a vendor can, and compares what the vendors' ledgers
// hold with what the client said. It needs neither credentials nor a network.
//
//	go run ./examples/storm -n 50000 -share 0.2 -seed 1
//
// It exits with 1 where the client has said anything that is not so: that something is
// cancelled which is not, that something certainly is not cancelled which is, or
// nothing at all about a request. Interrupted, it compares what it has done.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/unified-cancel/cancel"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("storm", flag.ContinueOnError)
	n := flags.Int("n", 10_000, "how many `cancellations`")
	share := flags.Float64("share", 0.2, "the `share` of the vendors' calls that fail, 0 to 1")
	seed := flags.Uint64("seed", 1, "of the faults: the same `seed` gives the same faults")
	concurrency := flags.Int("concurrency", 32, "how many `calls` are in flight")
	timeout := flags.Duration("timeout", 250*time.Millisecond, "of one call")
	if err := flags.Parse(args); err != nil {
		return err
	}

	vendors, err := startVendors(cancel.ClientOptions{Timeout: *timeout, MaxResponseBytes: 64 << 10})
	if err != nil {
		return err
	}
	defer func() {
		for _, v := range vendors {
			v.server.Close()
		}
	}()
	providers := map[string]cancel.Canceler{}
	for _, v := range vendors {
		v.server.FailAtRandom(*share, *seed)
		providers[v.name] = v.adapter
	}
	client := cancel.NewClient(providers,
		cancel.WithConcurrency(*concurrency),
		cancel.WithMaxAttempts(10),
		cancel.WithBackoff(time.Millisecond, 20*time.Millisecond),
	)

	began := time.Now()
	told := newTally(vendors)
	for item := range client.All(ctx, told.count(requests(vendors, *n))) {
		told.add(item)
	}
	pulled := int(told.pulled.Load())
	if pulled < *n {
		fmt.Fprintf(stdout, "interrupted after %d of %d\n", pulled, *n)
	}
	fmt.Fprintf(stdout, "%d cancellations, %.0f %% of the calls made to fail, seed %d: %v\n\n",
		pulled, *share*100, *seed, time.Since(began).Round(time.Millisecond))
	return told.report(stdout)
}
