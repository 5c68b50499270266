package canceltest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

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

// The life of an invoice whose recipient has to consent.
func ExampleFactible() {
	sim := canceltest.NewFactible()
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

	sim.Pass(time.Hour) // whoever stays silent has consented
	result, err = client.Status(ctx, req)
	fmt.Println(result.State, err, len(result.Receipt) > 0, sim.IsCancelled(req.ID))
	// Output:
	// pending <nil> true false
	// true false
	// <nil>
	// pending <nil>
	// cancelled <nil> true true
}

func ExampleAuco_CallBack() {
	events := make(chan string)
	webhook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var event struct{ Name, Status string }
		err := json.NewDecoder(r.Body).Decode(&event)
		events <- fmt.Sprint(r.Header.Get("X-Auco-Key"), " ", event.Name, " ", event.Status, " ", err)
	}))
	defer webhook.Close()

	sim := canceltest.NewAuco()
	defer sim.Close()
	sim.Register("TR99AQMY31")
	sim.CallBack(webhook.URL, "X-Auco-Key", "secreto")
	sim.SetState("TR99AQMY31", "FINISH")
	fmt.Println(<-events)
	// Output:
	// secreto Documento TR99AQMY31 FINISH <nil>
}

func ExamplePayvalida_CallBack() {
	sim := canceltest.NewPayvalida()
	defer sim.Close()
	events := make(chan payvalida.Event)
	notification, err := payvalida.NewWebhook(payvalida.WebhookConfig{
		Hash:   cancel.NewSecret(sim.NotificationHash()),
		Handle: func(_ context.Context, e payvalida.Event) error { events <- e; return nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	webhook := httptest.NewServer(notification)
	defer webhook.Close()

	sim.CallBack(webhook.URL)
	sim.Register(cancel.Payment, "2402558")
	e := <-events
	fmt.Println(e.Order, e.Status, e.Status.Stands())
	sim.Claim("2402558")
	e = <-events
	fmt.Println(e.Order, e.Status, e.Status.Stands())
	// Output:
	// PO-2402558 approved true
	// PO-2402558 cancelled false
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
