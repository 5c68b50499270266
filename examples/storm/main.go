// Command storm cancels many things at simulators of the vendors, which fail in every way
// that a network or a vendor can, and compares the vendors' ledgers with the client's
// answers. It needs neither credentials nor a network. -h explains.
//
//	go run ./examples/storm -n 50000 -share 0.2 -seed 1
package main

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/sat"
)

var about = cli.About{
	Name: "storm",
	Does: "Cancels many things at simulators of the vendors, which fail in every way that a network or\n" +
		"a vendor can, and compares what the vendors' ledgers hold with what the client said. Invoices\n" +
		"are cancelled only when the SAT's register says so, too, which it does a day later: the clocks\n" +
		"of the simulators then move on. At the end what is under way or in doubt is asked about again.\n\n" +
		"One thing in a hundred is not at its vendor. If the answer to such a call is lost, the doubt\n" +
		"stays: that a vendor does not know a thing proves nothing. Other doubts have to end.\n\n" +
		"Interrupted, it compares what it has done.",
	Exits: cli.Exits("everything that the client said is so",
		"something is not so: something is called cancelled that is not, or the reverse, or a request got no answer"),
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	flags := cli.NewFlags(about, process)
	n := flags.Int("n", 10_000, "the `NUMBER` of cancellations")
	share := flags.Float64("share", 0.2, "the `SHARE` of the vendors' calls that fail, 0 to 1")
	seed := flags.Uint64("seed", 1, "the `NUMBER` that decides which calls fail, and how")
	concurrency := flags.Int("concurrency", 32, "the `NUMBER` of calls in flight")
	timeout := flags.Duration("timeout", 250*time.Millisecond, "the `TIME` for one call")
	err := flags.Parse()
	switch {
	case err != nil:
	case !(*share >= 0 && *share <= 1):
		err = cli.Errorf("-%s must be 0 to 1", "share")
	case *n < 1 || *concurrency < 1 || *timeout <= 0:
		err = cli.Errorf("-n, -concurrency and -timeout must be more than 0")
	}
	if err != nil {
		return flags.Refuse(err)
	}
	simulators, err := vendors.Simulate(func(string) string { return "" })
	if err != nil {
		return flags.Fail(err)
	}
	defer simulators.Close()
	providers, err := open(simulators, *timeout)
	if err != nil {
		return flags.Fail(err)
	}
	client := cancel.NewClient(providers,
		cancel.WithConcurrency(*concurrency),
		cancel.WithMaxAttempts(10),
		cancel.WithBackoff(time.Millisecond, 20*time.Millisecond),
		cancel.WithPollInterval(time.Millisecond, 20*time.Millisecond),
	)

	began := time.Now()
	t := &tally{client: client, simulators: simulators, holds: holds(simulators), answers: map[cancel.Request]*cancel.Item{}}
	fail(simulators, *share, *seed)
	for item := range client.All(ctx, t.requests(*n)) {
		t.add(item)
	}
	t.settle(ctx, *concurrency)
	fail(simulators, 0, *seed)
	doubts := t.explain(ctx)
	if t.pulled < *n {
		fmt.Fprintln(process.Stdout, flags.Text("interrupted after %d of %d", t.pulled, *n))
	}
	fmt.Fprintln(process.Stdout, flags.Text("%d cancellations, %.0f %% of the calls made to fail, seed %s: %v\n",
		t.pulled, *share*100, fmt.Sprint(*seed), time.Since(began).Round(time.Millisecond)))
	if err := t.report(process.Stdout, flags, doubts); err != nil {
		return flags.Fail(err)
	}
	return cli.ExitDone
}

func fail(simulators vendors.Simulators, share float64, seed uint64) {
	for _, s := range simulators {
		s.FailAtRandom(share, seed)
	}
}

// open opens the adapters of the simulators, with the HTTP client that counts refused connections.
// Invoices are confirmed by the SAT.
func open(simulators vendors.Simulators, timeout time.Duration) (map[string]cancel.Canceler, error) {
	providers := map[string]cancel.Canceler{}
	for _, v := range vendors.All {
		s := simulators[v.Name]
		options := cancel.ClientOptions{HTTPClient: s.Options().HTTPClient, Timeout: timeout, MaxResponseBytes: 64 << 10}
		adapter, err := v.Open(s.Getenv, options)
		if err != nil {
			return nil, err
		}
		providers[v.Name] = adapter
	}
	authority := providers[vendors.SAT.Name].(vendors.Register).Client
	providers[vendors.Factible.Name] = sat.Confirm(providers[vendors.Factible.Name], authority)
	delete(providers, vendors.SAT.Name)
	return providers, nil
}

// requests yields n requests: ten for each vendor in turn, so that vendors that take several in
// one call get some. One in a hundred is about a thing that the vendor does not have; the SAT
// has every invoice. An interrupted client owes no answer about the requests that it did not pull.
func (t *tally) requests(n int) iter.Seq[cancel.Request] {
	return func(yield func(cancel.Request) bool) {
		for more := true; more && t.pulled < n; t.pulled++ {
			i := t.pulled
			req := vendors.Cancelers[i/10%len(vendors.Cancelers)].Request(i)
			if i%100 != 7 {
				t.simulators[req.Provider].Hold(req)
			}
			if req.Expression != "" {
				t.simulators[vendors.SAT.Name].Hold(req)
			}
			more = yield(req)
		}
	}
}

// holds reports whether the ledgers hold the thing as that state says.
func holds(simulators vendors.Simulators) func(cancel.Request, cancel.State) bool {
	return func(req cancel.Request, state cancel.State) bool {
		if state.IsCancelled() && req.Expression != "" && !simulators[vendors.SAT.Name].Took(req.ID) {
			return false
		}
		return simulators[req.Provider].Took(req.ID)
	}
}
