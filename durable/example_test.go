package durable_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

// A payment is cancelled through a queue in a file. The vendor is simulated, and is out of
// order at first.
func Example() {
	sim := payvalidatest.New()
	defer sim.Close()
	sim.Register(cancel.Payment, "2402558")
	sim.Fail(1, canceltest.HTTP503)
	adapter, err := payvalida.New(sim.Config())
	if err != nil {
		panic(err)
	}

	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	settled := make(chan durable.Cancellation, 1)
	ctx := context.Background()
	q, err := durable.OpenSQLite(ctx, filepath.Join(folder, "cancellations.db"), durable.Config{
		Providers: map[string]durable.Provider{
			"payvalida": {Canceler: adapter},
		},
		Retry: durable.Span{First: 10 * time.Millisecond},
		OnSettled: func(_ context.Context, c durable.Cancellation) error {
			settled <- c
			return nil
		},
	})
	if err != nil {
		panic(err)
	}
	defer q.Close()
	if err := q.Migrate(ctx); err != nil {
		panic(err)
	}
	if err := q.Start(ctx); err != nil {
		panic(err)
	}

	req := cancel.Request{Provider: "payvalida", Kind: cancel.Payment, ID: "2402558"}
	tickets, err := q.Enqueue(ctx, req, req)
	if err != nil {
		panic(err)
	}
	fmt.Println("new:", tickets[0].New, tickets[1].New)

	c := <-settled
	fmt.Println(c.State, c.Result.State, c.Result.Code)
	if err := q.Stop(ctx); err != nil {
		panic(err)
	}
	fmt.Println(sim.Cancelled())
	// Output:
	// new: true false
	// done cancelled 0000
	// [2402558]
}
