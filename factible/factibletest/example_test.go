package factibletest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
)

func ExampleNew() {
	sim := factibletest.New()
	defer sim.Close()
	const uuid = "0A1B2C3D-0000-4000-8000-00000000000A"
	sim.Register(uuid)

	client, err := factible.New(sim.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := client.Cancel(context.Background(), cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: uuid})
	fmt.Println(result.State, err)
	receipt, err := factible.ParseReceipt(result.Receipt)
	fmt.Println(receipt.Folios[0].EstatusUUID, receipt.Folios[0].Meaning, err)
	fmt.Println(sim.Cancelled())
	// Output:
	// cancelled <nil>
	// 201 cancellation request received <nil>
	// [0A1B2C3D-0000-4000-8000-00000000000A]
}

// The life of an invoice whose recipient has to consent.
func ExampleSimulator() {
	sim := factibletest.New()
	defer sim.Close()
	req := cancel.Request{
		Kind: cancel.Invoice, ID: "0A1B2C3D-0000-4000-8000-00000000000B",
		Motive: "02", Issuer: "EJE2001019A1",
	}
	sim.Register(req.ID)

	client, err := factible.New(sim.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	result, err := client.Cancel(ctx, req)
	fmt.Println(result.State, err, sim.IsRegistered(req.ID), sim.IsCancelled(req.ID))

	sim.Refuse(req.ID)
	_, err = client.Status(ctx, req)
	fmt.Println(errors.Is(err, cancel.ErrRejected), sim.IsRegistered(req.ID))

	_, err = client.Cancel(ctx, req)
	fmt.Println(err)
	sim.Pass(71 * time.Hour)
	result, err = client.Status(ctx, req)
	fmt.Println(result.State, err)

	sim.Pass(time.Hour) // 72 hours of silence are consent
	result, err = client.Status(ctx, req)
	fmt.Println(result.State, err, len(result.Receipt) > 0, sim.IsCancelled(req.ID))
	// Output:
	// pending <nil> true false
	// true false
	// <nil>
	// pending <nil>
	// cancelled <nil> true true
}
