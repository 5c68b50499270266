// Command storm cancels many things at simulators of the vendors, which fail in every way
// that a network or a vendor can, and compares the vendors' ledgers with the client's
// answers. It needs neither credentials nor a network. -h explains.
//
//	go run ./examples/storm -n 50000 -share 0.2 -seed 1
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
)

var about = cli.About{
	Name:     "storm",
	Synopsis: "[flags]",
	Does: "Cancels many things at simulators of the vendors, which fail in every way that a network or\n" +
		"a vendor can, and compares what the vendors' ledgers hold with what the client said. Invoices\n" +
		"are cancelled only when the SAT's register says so, too, which it does a day later: the clocks\n" +
		"of the simulators then move on, and what is under way is asked about again.\n\n" +
		"Interrupted, it compares what it has done.",
	Exits: []cli.Exit{
		{Code: cli.ExitDone, Meaning: "everything that the client said is so"},
		{Code: cli.ExitFailed, Meaning: "something is not so: something is called cancelled that is not, or the reverse, or a request got no answer"},
		{Code: cli.ExitUsage, Meaning: "usage"},
	},
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	flags := cli.NewFlags(about, process)
	n := flags.Int("n", 10_000, "how many `cancellations`")
	share := flags.Float64("share", 0.2, "the `share` of the vendors' calls that fail, 0 to 1")
	seed := flags.Uint64("seed", 1, "the `number` that decides which calls fail, and how")
	concurrency := flags.Int("concurrency", 32, "how many `calls` are in flight")
	timeout := flags.Duration("timeout", 250*time.Millisecond, "the `time` for one call")
	err := flags.Parse()
	if err == nil && !(*share >= 0 && *share <= 1) {
		err = errors.New("-share must be 0 to 1")
	}
	if err != nil {
		return flags.Refuse(err)
	}

	s, err := begin(cancel.ClientOptions{Timeout: *timeout, MaxResponseBytes: 64 << 10}, *share, *seed)
	if err != nil {
		return flags.Fail(err)
	}
	defer s.Close()
	client := cancel.NewClient(s.providers,
		cancel.WithConcurrency(*concurrency),
		cancel.WithMaxAttempts(10),
		cancel.WithBackoff(time.Millisecond, 20*time.Millisecond),
		cancel.WithPollInterval(time.Millisecond, 20*time.Millisecond),
	)

	began := time.Now()
	told := newTally(s)
	for item := range client.All(ctx, told.count(s.requests(*n))) {
		told.add(item)
	}
	s.pass()
	told.follow(ctx, client, *concurrency)
	pulled := int(told.pulled.Load())
	if pulled < *n {
		fmt.Fprintf(process.Stdout, "interrupted after %d of %d\n", pulled, *n)
	}
	fmt.Fprintf(process.Stdout, "%d cancellations, %.0f %% of the calls made to fail, seed %d: %v\n\n",
		pulled, *share*100, *seed, time.Since(began).Round(time.Millisecond))
	if err := told.report(process.Stdout); err != nil {
		return flags.Fail(err)
	}
	return cli.ExitDone
}
