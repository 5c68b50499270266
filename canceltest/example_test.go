package canceltest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/payvalida"
)

func ExampleNewFactible() {
	sim := canceltest.NewFactible()
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

func ExampleNewPayvalida() {
	sim := canceltest.NewPayvalida()
	defer sim.Close()
	sim.Register(cancel.PreAuthorization, "2402558")
	sim.NotReversed("2402558", 1)

	client, err := payvalida.New(sim.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	req := cancel.Request{Kind: cancel.PreAuthorization, ID: "2402558"}
	_, err = client.Cancel(context.Background(), req)
	fmt.Println(errors.Is(err, cancel.ErrUnavailable), sim.IsCancelled(req.ID))
	result, err := client.Cancel(context.Background(), req)
	fmt.Println(result.State, err, sim.IsCancelled(req.ID))
	// Output:
	// true false
	// cancelled <nil> true
}

func ExampleNewAuco() {
	sim := canceltest.NewAuco()
	defer sim.Close()
	sim.Register("TR99AQMY31")
	sim.SetState("TR99AQMY32", "FINISH")

	client, err := auco.New(sim.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	req := cancel.Request{Kind: cancel.Document, ID: "TR99AQMY31", Reason: "Error en la cláusula II", RequestedBy: "legal@example.com"}
	signed := req
	signed.ID = "TR99AQMY32"
	for _, item := range client.CancelBatch(context.Background(), []cancel.Request{req, signed}) {
		fmt.Println(item.Request.ID, item.Err == nil, sim.State(item.Request.ID))
	}
	// Output:
	// TR99AQMY31 true REJECTED
	// TR99AQMY32 false FINISH
}

func ExampleServer_Fail() {
	sim := canceltest.NewPayvalida()
	defer sim.Close()
	sim.Register(cancel.Payment, "2402558")
	sim.Fail(1, canceltest.CarriedOutThenDropped)

	client, err := payvalida.New(sim.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	req := cancel.Request{Kind: cancel.Payment, ID: "2402558"}
	_, err = client.Cancel(context.Background(), req)
	fmt.Println("in doubt:", cancel.InDoubt(err), "cancelled:", sim.IsCancelled(req.ID))
	result, err := client.Cancel(context.Background(), req)
	fmt.Println(result.State, err)
	for _, call := range sim.Calls() {
		fmt.Printf("%s %q\n", call.ID, call.Fault)
	}
	// Output:
	// in doubt: true cancelled: true
	// already_cancelled <nil>
	// 2402558 "carried out, then dropped"
	// 2402558 ""
}
