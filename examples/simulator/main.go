// Command simulator runs the simulators of the vendors until it is interrupted. Clients in
// any language can use them. -h explains.
//
//	go run ./examples/simulator
package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/factible/factibletest"
)

var about = cli.About{
	Name: "simulator",
	Does: "Runs the simulators of the vendors until it is interrupted, and prints text for a shell:\n" +
		"the variables that point the other programs at the simulators, and as comments what there\n" +
		"is to cancel. The credentials are invented. The SAT's simulator follows Factible's a day later.\n\n" +
		"At the address -admin, POST /accept/UUID and /refuse/UUID are the recipient's answer to a\n" +
		"cancellation that is registered, and POST /pass/80h moves the clocks of Factible and the SAT.",
	Exits: cli.Exits("it was interrupted", "an address is taken"),
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	flags := cli.NewFlags(about, process)
	admin := flags.String("admin", "127.0.0.1:8080", "the `ADDRESS` for the recipients and the clock")
	addresses := map[string]*string{}
	for i, v := range vendors.All {
		addresses[v.Name] = flags.String(v.Name, fmt.Sprintf("127.0.0.1:%d", 8081+i), flags.Text("the `ADDRESS` of the simulator (%s)", v.Title))
	}
	fail := flags.Float64("fail", 0, "the `SHARE` of the calls that fail, 0 to 1, in every way there is")
	seed := flags.Uint64("seed", 1, "the `NUMBER` that decides which calls fail, and how")
	consent := flags.Duration("consent-after", 0, "the `TIME` after which recipients consent; without it they stay silent")
	err := flags.Parse()
	switch {
	case err != nil:
	case !(*fail >= 0 && *fail <= 1):
		err = cli.Errorf("-%s must be 0 to 1", "fail")
	case *consent < 0:
		err = cli.Errorf("-consent-after must not be negative")
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
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *admin)
	if err != nil {
		return flags.Fail(err)
	}
	p := &people{flags: flags, all: all, pac: all[vendors.Factible.Name].Vendor.(*factibletest.Simulator)}
	server := &http.Server{Handler: p.mux(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // until Close
	defer func() { _ = server.Close() }()
	if *consent > 0 {
		go p.consent(ctx, *consent)
	}
	describe(process.Stdout, flags, all, listener.Addr())
	<-ctx.Done()
	return cli.ExitDone
}

// describe prints what there is to cancel, and the variables.
func describe(w io.Writer, flags *cli.Flags, all vendors.Simulators, admin net.Addr) {
	fmt.Fprintf(w, "# %s\n", flags.Text("What there is to cancel, until this program is interrupted:"))
	for _, v := range vendors.Cancelers {
		fmt.Fprintf(w, "#\n#   go run ./examples/%s -h\n", v.Name)
		for _, s := range v.Samples {
			fmt.Fprintf(w, "#     %-36s  %s (%s)\n", s.ID, flags.Text(s.About), s.Kind)
		}
	}
	fmt.Fprintf(w, "#\n# %s\n#   curl -X POST http://%s/accept/UUID\n", flags.Text("The recipient of an invoice consents:"), admin)
	fmt.Fprintf(w, "#\n# %s\n#   curl -X POST http://%s/pass/24h\n", flags.Text("A day passes:"), admin)
	fmt.Fprintf(w, "#\n# %s\n", flags.Text("In another shell:"))
	fmt.Fprintf(w, "export %s='%s'\n", cli.Environment.Name, cancel.Sandbox)
	for _, v := range vendors.All {
		for _, name := range slices.Sorted(maps.Keys(all[v.Name].Variables)) {
			fmt.Fprintf(w, "export %s='%s'\n", name, all[v.Name].Variables[name])
		}
	}
}

// people are the recipients of invoices.
type people struct {
	mu    sync.Mutex
	flags *cli.Flags
	all   vendors.Simulators
	pac   *factibletest.Simulator
}

// mux serves the admin address.
func (p *people) mux() *http.ServeMux {
	mux := http.NewServeMux()
	answer := func(with func(uuid string)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if !p.decide(r.PathValue("uuid"), with) {
				http.Error(w, p.flags.Text("no cancellation of this invoice waits for its recipient"), http.StatusNotFound)
			}
		}
	}
	mux.Handle("POST /accept/{uuid}", answer(p.pac.Accept))
	mux.Handle("POST /refuse/{uuid}", answer(p.pac.Refuse))
	mux.HandleFunc("POST /pass/{time}", func(w http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.PathValue("time"))
		if err != nil || d < 0 {
			http.Error(w, p.flags.Text("give a time such as 80h"), http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.all.Pass(d)
	})
	return mux
}

// decide reports whether a cancellation waits for the recipient, whose answer it then is.
func (p *people) decide(uuid string, with func(uuid string)) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	waits := p.pac.IsRegistered(uuid) && !p.pac.IsCancelled(uuid)
	if waits {
		with(uuid)
	}
	return waits
}

// consent makes each recipient agree that long after the PAC was asked to cancel.
func (p *people) consent(ctx context.Context, after time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(after, time.Second)):
		}
		for _, call := range p.pac.Calls() {
			for _, id := range call.IDs {
				if p.pac.Now().Sub(call.At) >= after {
					p.decide(id, p.pac.Accept)
				}
			}
		}
	}
}
