package cancel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

func ExampleNewClient() {
	sat := factibletest.New() // stands in for the vendor; so do the other two
	defer sat.Close()
	sat.Register("6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13")
	gateway := payvalidatest.New()
	defer gateway.Close()
	gateway.Register(cancel.Payment, "2402558")
	signatures := aucotest.New()
	defer signatures.Close()
	signatures.Register("TR99AQMY31")

	invoices, err := factible.New(sat.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	payments, err := payvalida.New(gateway.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	contracts, err := auco.New(signatures.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	client := cancel.NewClient(map[string]cancel.Canceler{
		"sat":       invoices,
		"payments":  payments,
		"contracts": contracts,
	}, cancel.WithRateLimit(5, 1), cancel.WithMaxAttempts(4))

	for _, req := range []cancel.Request{
		{Provider: "sat", Kind: cancel.PrimarySectorInvoice, ID: "6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13"},
		{Provider: "payments", Kind: cancel.Payment, ID: "2402558"},
		{
			Provider: "contracts", Kind: cancel.Document, ID: "TR99AQMY31",
			Reason: "Error en la cláusula II", RequestedBy: "legal@example.com",
		},
	} {
		result, err := client.Cancel(context.Background(), req)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(result.Provider, result.ID, result.State)
	}
	// Output:
	// sat 6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13 cancelled
	// payments 2402558 cancelled
	// contracts TR99AQMY31 cancelled
}

// The vendor carries the cancellation out and its answer is lost. The Client asks for
// the status before it sends anything again, and so needs no second cancellation.
func ExampleClient_Cancel_unknownOutcome() {
	sat := factibletest.New()
	defer sat.Close()
	sat.Register("A41B8E07-92C3-4D6F-8F15-C3D70E95B264")
	sat.Fail(1, canceltest.CarriedOutThenDropped)

	invoices, err := factible.New(sat.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	client := cancel.NewClient(map[string]cancel.Canceler{"sat": invoices})

	result, err := client.Cancel(context.Background(), cancel.Request{
		Provider: "sat", Kind: cancel.PrimarySectorInvoice, ID: "A41B8E07-92C3-4D6F-8F15-C3D70E95B264",
	})
	fmt.Println(result.State, err)
	for _, call := range sat.Calls() {
		fmt.Println(call.Op)
	}
	// Output:
	// cancelled <nil>
	// cancelarSectorPrimario
	// getStatusCancelacionAsincrona
}

// A Client that cannot find out says so. The Request is kept as JSON, and a later
// process asks with it.
func ExampleClient_Status() {
	sat := factibletest.New()
	defer sat.Close()
	sat.Register("A41B8E07-92C3-4D6F-8F15-C3D70E95B264")
	sat.Fail(1, canceltest.CarriedOutThenDropped)
	sat.Fail(3, canceltest.HTTP500) // the status cannot be asked for either

	invoices, err := factible.New(sat.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	client := cancel.NewClient(map[string]cancel.Canceler{"sat": invoices},
		cancel.WithBackoff(time.Millisecond, time.Millisecond))

	kept, err := json.Marshal(cancel.Request{
		Provider: "sat", Kind: cancel.PrimarySectorInvoice, ID: "A41B8E07-92C3-4D6F-8F15-C3D70E95B264",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var req cancel.Request
	if err := json.Unmarshal(kept, &req); err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Cancel(context.Background(), req)
	fmt.Println("in doubt:", cancel.InDoubt(err))

	result, err := client.Status(context.Background(), req)
	fmt.Println(result.State, err)
	// Output:
	// in doubt: true
	// cancelled <nil>
}

func ExampleClient_Wait() {
	sat := factibletest.New()
	defer sat.Close()
	const uuid = "C5E58106-6C1E-41C9-A211-FB8BAD1CABB0" // pending, in the vendor's tests

	invoices, err := factible.New(sat.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	client := cancel.NewClient(map[string]cancel.Canceler{"sat": invoices},
		cancel.WithPollInterval(time.Minute, time.Hour))

	req := cancel.Request{Provider: "sat", Kind: cancel.PrimarySectorInvoice, ID: uuid}
	result, err := client.Cancel(context.Background(), req)
	fmt.Println(result.State, err)

	sat.Resolve(uuid, factibletest.Answer{Status: 200}) // the SAT has answered

	ctx, stop := context.WithTimeout(context.Background(), 72*time.Hour)
	defer stop()
	result, err = client.Wait(ctx, req)
	fmt.Println(result.State, err)
	// Output:
	// pending <nil>
	// cancelled <nil>
}

func ExampleClient_All() {
	signatures := aucotest.New()
	defer signatures.Close()
	signatures.Register("TR99AQMY31", "TR99AQMY32", "TR99AQMY33")
	signatures.SetState("TR99AQMY33", "FINISH") // signed by everybody
	gateway := payvalidatest.New()
	defer gateway.Close()
	gateway.Register(cancel.Payment, "2402558")

	contracts, err := auco.New(signatures.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	payments, err := payvalida.New(gateway.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	client := cancel.NewClient(map[string]cancel.Canceler{"contracts": contracts, "payments": payments},
		cancel.WithConcurrency(4))

	requests := []cancel.Request{{Provider: "payments", Kind: cancel.Payment, ID: "2402558"}}
	for _, code := range []string{"TR99AQMY31", "TR99AQMY32", "TR99AQMY33"} {
		requests = append(requests, cancel.Request{
			Provider: "contracts", Kind: cancel.Document, ID: code,
			Reason: "Error en la cláusula II", RequestedBy: "legal@example.com",
		})
	}
	outcomes := map[string]string{}
	for item := range client.All(context.Background(), slices.Values(requests)) {
		outcomes[item.Request.ID] = string(item.Result.State)
		if item.Err != nil {
			outcomes[item.Request.ID] = item.Err.Error()
		}
	}
	for _, id := range slices.Sorted(maps.Keys(outcomes)) {
		fmt.Println(id, outcomes[id])
	}
	// Output:
	// 2402558 cancelled
	// TR99AQMY31 cancelled
	// TR99AQMY32 cancelled
	// TR99AQMY33 contracts: POST /document/cancel TR99AQMY33: not cancellable (HTTP 200): the code is among errors.documents
}
