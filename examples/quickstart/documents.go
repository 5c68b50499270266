package main

import (
	"context"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
)

// documents cancels documents that are out for signature.
func documents(ctx context.Context, t *table) error {
	vendor := aucotest.New()
	defer vendor.Close()

	client, err := auco.New(vendor.Config())
	if err != nil {
		return err
	}
	document := func(code string) cancel.Request {
		return cancel.Request{
			Kind:        cancel.Document,
			ID:          code,
			Reason:      "Error en la cláusula II",
			RequestedBy: "legal@example.com",
		}
	}
	vendor.Register("TR99AQMY31", "TR99AQMY32", "TR99AQMY33", "TR99AQMY34", "TR99AQMY35")
	vendor.SetState("TR99AQMY33", "FINISH")

	t.operation("Auco", "document/cancel")
	result, err := client.Cancel(ctx, document("TR99AQMY31"))
	t.row("a document", cancel.Cancelled, result, err)

	items := client.CancelBatch(ctx, []cancel.Request{
		document("TR99AQMY32"), document("TR99AQMY33"), document("TR99AQMY34"),
	})
	t.row("a batch: a document", cancel.Cancelled, items[0].Result, items[0].Err)
	t.row("         one signed by all", cancel.ErrNotCancellable, items[1].Result, items[1].Err)
	t.row("         another document", cancel.Cancelled, items[2].Result, items[2].Err)

	vendor.Fail(1, canceltest.CarriedOutThenDropped)
	result, err = client.Cancel(ctx, document("TR99AQMY35"))
	t.row("one whose answer is lost", cancel.ErrUnknownOutcome, result, err)

	config := vendor.Config()
	config.PrivateKey = cancel.NewSecret("prk_not_the_key")
	stranger, err := auco.New(config)
	if err != nil {
		return err
	}
	result, err = stranger.Cancel(ctx, document("TR99AQMY35"))
	t.row("with a wrong key", cancel.ErrAuth, result, err)
	return nil
}
