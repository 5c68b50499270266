package main

import (
	"context"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
)

// invoices cancels tax invoices (CFDI) of Mexico's primary sector.
func invoices(ctx context.Context, t *table) error {
	vendor := factibletest.New()
	defer vendor.Close()

	client, err := factible.New(vendor.Config())
	if err != nil {
		return err
	}
	invoice := func(uuid string) cancel.Request {
		return cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: uuid}
	}
	var (
		issued       = invoice("6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13")
		refused      = invoice("0C9D7B42-5E1F-4A86-B3D0-71E8F26A4C95")
		lost         = invoice("A41B8E07-92C3-4D6F-8F15-C3D70E95B264")
		unknown      = invoice("D7E3F519-0A84-4B2C-A6E9-58B1C07D3F42")
		inProcess    = invoice("C5E58106-6C1E-41C9-A211-FB8BAD1CABB0") // the vendor publishes
		notPermitted = invoice("E329DD15-7D0B-44E9-A204-51A7443D1FBE") // these two for tests
	)
	vendor.Register(issued.ID, lost.ID)
	vendor.Answer(refused.ID, factibletest.Answer{Status: 213, Message: "El receptor rechazó la solicitud"})

	t.operation("Solución Factible", "cancelarSectorPrimario")
	result, err := client.Cancel(ctx, issued)
	t.row("an invoice", cancel.Cancelled, result, err)

	result, err = client.Cancel(ctx, issued)
	t.row("the same again", cancel.AlreadyCancelled, result, err)

	result, err = client.Cancel(ctx, inProcess)
	t.row("one that takes its time", cancel.Pending, result, err)

	result, err = client.Cancel(ctx, notPermitted)
	t.row("one that the rules protect", cancel.ErrNotCancellable, result, err)

	result, err = client.Cancel(ctx, refused)
	t.row("one whose recipient refuses", cancel.ErrRejected, result, err)

	result, err = client.Cancel(ctx, unknown)
	t.row("one of somebody else", cancel.ErrNotFound, result, err)

	result, err = client.Cancel(ctx, invoice("12345"))
	t.row("something that is no UUID", cancel.ErrInvalid, result, err)

	vendor.Fail(1, canceltest.CarriedOutThenDropped)
	result, err = client.Cancel(ctx, lost)
	t.row("one whose answer is lost", cancel.ErrUnknownOutcome, result, err)

	t.operation("Solución Factible", "getStatusCancelacionAsincrona")
	result, err = client.Status(ctx, lost)
	t.row("the one whose answer was lost", cancel.Cancelled, result, err)

	result, err = client.Status(ctx, inProcess)
	t.row("the one that takes its time", cancel.Pending, result, err)

	vendor.Resolve(inProcess.ID, factibletest.Answer{Status: 200})
	result, err = client.Status(ctx, inProcess)
	t.row("the same, some days later", cancel.Cancelled, result, err)

	result, err = client.Status(ctx, refused)
	t.row("the one whose recipient refused", cancel.ErrRejected, result, err)

	config := vendor.Config()
	config.Password = cancel.NewSecret("not the password")
	stranger, err := factible.New(config)
	if err != nil {
		return err
	}
	result, err = stranger.Status(ctx, issued)
	t.row("with a wrong password", cancel.ErrAuth, result, err)
	return nil
}
