package payvalidatest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

func ExampleNew() {
	sim := payvalidatest.New()
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

func ExampleSimulator_CallBack() {
	sim := payvalidatest.New()
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
