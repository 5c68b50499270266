package main

import (
	"context"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

// payments cancels card payments and pre-authorizations in Colombia.
func payments(ctx context.Context, t *table) error {
	vendor := payvalidatest.New()
	defer vendor.Close()

	client, err := payvalida.New(vendor.Config())
	if err != nil {
		return err
	}
	var (
		paid = cancel.Request{Kind: cancel.Payment, ID: "2402558"}
		lost = cancel.Request{Kind: cancel.Payment, ID: "2402559"}
		held = cancel.Request{Kind: cancel.PreAuthorization, ID: "2402560"}
	)
	vendor.Register(cancel.Payment, paid.ID, lost.ID)
	vendor.Register(cancel.PreAuthorization, held.ID)
	vendor.NotReversed(held.ID, 1)

	t.operation("Payvalida", "anulación")
	result, err := client.Cancel(ctx, paid)
	t.row("a payment", cancel.Cancelled, result, err)

	result, err = client.Cancel(ctx, paid)
	t.row("the same again", cancel.AlreadyCancelled, result, err)

	vendor.Fail(1, canceltest.CarriedOutThenDropped)
	result, err = client.Cancel(ctx, lost)
	t.row("one whose answer is lost", cancel.ErrUnknownOutcome, result, err)

	result, err = client.Cancel(ctx, lost)
	t.row("the same again, to find out", cancel.AlreadyCancelled, result, err)

	t.operation("Payvalida", "pre-authorization")
	result, err = client.Cancel(ctx, held)
	t.row("one that is not reversed at once", cancel.ErrUnavailable, result, err)

	result, err = client.Cancel(ctx, held)
	t.row("the same again", cancel.Cancelled, result, err)

	vendor.Close()
	result, err = client.Cancel(ctx, held)
	t.row("while the vendor cannot be reached", cancel.ErrUnavailable, result, err)
	return nil
}
