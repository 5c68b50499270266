// Command payvalida cancels a card payment (anulación), or a pre-authorization that
// was not completed, through Payvalida. -h explains.
package main

import (
	"context"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/payvalida"
)

var about = cli.About{
	Name:     "payvalida",
	Synopsis: "-order NUMBER [-preauth]",
	Does: "Cancels a card payment (anulación), or a pre-authorization that was not completed,\n" +
		"through Payvalida.",
	Variables: []cli.Variable{
		{Name: "PAYVALIDA_MERCHANT", Meaning: "the name that identifies the merchant"},
		{Name: "PAYVALIDA_FIXED_HASH", Meaning: "the merchant's fixed hash, which signs the calls"},
	},
	Doubt: "Run the same command again to find out: code 0001 says that it was cancelled.",
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	tool := cli.New(about, process)
	order := tool.String("order", "", "the order `NUMBER` that Payvalida gave (PVordenID)")
	preauth := tool.Bool("preauth", false, "the order is a pre-authorization")
	if err := tool.Parse("order"); err != nil {
		return tool.Refuse(err)
	}

	client, err := payvalida.New(payvalida.Config{
		Merchant:    process.Getenv("PAYVALIDA_MERCHANT"),
		FixedHash:   cancel.NewSecret(process.Getenv("PAYVALIDA_FIXED_HASH")),
		Environment: tool.Environment(),
		Endpoint:    tool.Endpoint(),
	})
	if err != nil {
		return tool.Refuse(err)
	}

	request := cancel.Request{Kind: cancel.Payment, ID: *order}
	if *preauth {
		request.Kind = cancel.PreAuthorization
	}
	result, err := client.Cancel(ctx, request)
	return tool.Show(cancel.Item{Request: request, Result: result, Err: err})
}
