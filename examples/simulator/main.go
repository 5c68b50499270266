// Command simulator runs the simulators of the vendors until it is interrupted. Clients in
// any language can use them. -h explains.
//
//	go run ./examples/simulator
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/factible/factibletest"
)

var about = cli.About{
	Name:     "simulator",
	Synopsis: "[flags]",
	Does: "Runs the simulators of the vendors until it is interrupted, and prints text for a shell:\n" +
		"the variables that point the other programs at the simulators, and as comments what there\n" +
		"is to cancel. The credentials are invented. The SAT's simulator follows Factible's.",
	Exits: []cli.Exit{
		{Code: cli.ExitDone, Meaning: "it was interrupted"},
		{Code: cli.ExitFailed, Meaning: "an address is taken"},
		{Code: cli.ExitUsage, Meaning: "usage"},
	},
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	flags := cli.NewFlags(about, process)
	addresses := map[string]*string{}
	for i, v := range vendors.All {
		addresses[v.Name] = flags.String(v.Name, fmt.Sprintf("127.0.0.1:%d", 8081+i), "`address` of "+v.Title+"'s simulator")
	}
	fail := flags.Float64("fail", 0, "`share` of the calls that go wrong, 0 to 1, in every way there is")
	seed := flags.Uint64("seed", 1, "`number` that decides which calls go wrong, and how")
	consent := flags.Duration("consent-after", 0, "`time` after which recipients consent; 0 leaves them silent")
	err := flags.Parse()
	if err == nil && !(*fail >= 0 && *fail <= 1) {
		err = errors.New("-fail is a share: it must be 0 to 1")
	}
	if err != nil {
		return flags.Refuse(err)
	}

	all, err := vendors.Simulate(func(name string) string { return *addresses[name] })
	if err != nil {
		return flags.Fail(err)
	}
	defer all.Close()
	for _, s := range all {
		s.FailAtRandom(*fail, *seed)
	}
	if *consent > 0 {
		pac := all[vendors.Factible.Name].Vendor.(*factibletest.Simulator)
		go accept(ctx, pac, *consent)
	}
	describe(process.Stdout, all)
	<-ctx.Done()
	return cli.ExitDone
}

// describe prints what there is to cancel, and the variables.
func describe(w io.Writer, all vendors.Simulators) {
	fmt.Fprint(w, "# What there is to cancel, until this program is interrupted:\n")
	for _, v := range vendors.Cancelers {
		fmt.Fprintf(w, "#\n#   go run ./examples/%s -h\n", v.Name)
		for _, s := range v.Samples {
			fmt.Fprintf(w, "#     %-36s  %s (%s)\n", s.ID, s.About, s.Kind)
		}
	}
	fmt.Fprint(w, "#\n# In another shell:\n")
	fmt.Fprintf(w, "export %s='%s'\n", cli.Environment.Name, cancel.Sandbox)
	for _, v := range vendors.All {
		for _, name := range slices.Sorted(maps.Keys(all[v.Name].Variables)) {
			fmt.Fprintf(w, "export %s='%s'\n", name, all[v.Name].Variables[name])
		}
	}
}

// accept makes each recipient consent that long after the PAC was asked to cancel.
func accept(ctx context.Context, pac *factibletest.Simulator, after time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(after, time.Second)):
		}
		for _, call := range pac.Calls() {
			for _, id := range call.IDs {
				if pac.Now().Sub(call.At) >= after && pac.IsRegistered(id) && !pac.IsCancelled(id) {
					pac.Accept(id)
				}
			}
		}
	}
}
