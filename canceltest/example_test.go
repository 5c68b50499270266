package canceltest_test

import (
	"context"
	"fmt"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

func ExampleServer_Fail() {
	sim := payvalidatest.New()
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
