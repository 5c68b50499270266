package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
)

const (
	// vendorCommand makes this program the vendor at the address that follows.
	vendorCommand = "vendor"
	// held is how many invoices the vendor holds.
	held = 10_000
	// idle is how long the vendor waits for a call.
	idle = 15 * time.Minute
	// last is the invoice whose cancellation ends the vendor.
	last = "FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF"
)

func invoice(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012X", n) }

// request returns the i-th request, of one of two accounts. One in fifty is of an invoice that
// the vendor does not hold.
func request(i int) cancel.Request {
	n := i
	if i%50 == 9 {
		n += held
	}
	account := [...]string{"north", "south"}[i/2%2]
	if i%2 == 0 {
		return cancel.Request{Provider: account, Kind: cancel.PrimarySectorInvoice, ID: invoice(n)}
	}
	return cancel.Request{Provider: account, Kind: cancel.Invoice, ID: invoice(n), Motive: "02", Issuer: "EKU9003173C9"}
}

// adapterOf returns an adapter for the vendor at an address. Its login is the same for all
// simulators.
func adapterOf(address string) (*factible.Client, error) {
	sim := factibletest.New()
	defer sim.Close()
	config := sim.Config()
	config.Endpoint = strings.Replace(config.Endpoint, sim.URL, "http://"+address, 1)
	config.Options = cancel.ClientOptions{Timeout: 2 * time.Second}
	return factible.New(config)
}

// configOf returns the Config of a queue, with pauses that suit a demonstration.
func configOf(adapter cancel.Canceler) durable.Config {
	account := durable.Provider{Canceler: adapter, Vendor: "factible", Workers: 2, PerSecond: 10}
	return durable.Config{
		Providers: map[string]durable.Provider{"north": account, "south": account},
		Timeout:   10 * time.Second,
		Retry:     durable.Span{First: time.Second, Longest: 10 * time.Second},
		Poll:      durable.Span{First: 2 * time.Second, Longest: 5 * time.Second},
		DoubtFor:  10 * time.Second,
	}
}

// startVendor starts the process of the vendor, unless it runs. The queue retries the calls
// that come before it listens.
func startVendor(ctx context.Context, address string) error {
	if conn, err := new(net.Dialer).DialContext(ctx, "tcp", address); err == nil {
		return conn.Close()
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	process := exec.Command(self, vendorCommand, address) // this very program, which outlives ctx
	process.Stderr = os.Stderr
	process.SysProcAttr = detached
	if err := process.Start(); err != nil {
		return err
	}
	return process.Process.Release()
}

// beVendor is the process of the vendor. Recipients of invoices answer within a second: one in
// three refuses.
func beVendor(address string) error {
	signal.Ignore(os.Interrupt) // Ctrl-C is for the process that works on the queue
	sim, err := factibletest.Listen(address)
	if err != nil {
		return err
	}
	defer sim.Close()
	for i := range held {
		sim.Register(invoice(i))
	}
	sim.FailAtRandom(0.05, 1, canceltest.HTTP503, canceltest.ResetAfterReading, canceltest.CarriedOutThenDropped, canceltest.HTML)
	heard, since := 0, time.Now()
	for ; time.Since(since) < idle; time.Sleep(time.Second) {
		calls := sim.Calls()
		if len(calls) != heard {
			heard, since = len(calls), time.Now()
		}
		for _, call := range calls {
			id, _, _ := strings.Cut(call.ID, "|")
			switch {
			case id == last:
				return nil
			case call.Op != "cancelarAsincrono" || !sim.IsRegistered(id) || sim.IsCancelled(id):
			case id[len(id)-1]%3 == 0:
				sim.Refuse(id)
			default:
				sim.Accept(id)
			}
		}
	}
	return nil
}
