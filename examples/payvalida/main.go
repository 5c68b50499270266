// Command payvalida cancels a card payment (anulación), or a pre-authorization that was
// not completed, through Payvalida, or asks about it. -h explains.
package main

import (
	"context"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

var vendor = vendors.Payvalida

var about = cli.About{
	Name:     vendor.Name,
	Synopsis: "-order NUMBER [-preauth] [-reference ID (-status | -check)]",
	Does: "Cancels a card payment (anulación), or a pre-authorization that was not completed,\n" +
		"through Payvalida, or asks about it.",
	Variables: vendor.Variables,
	Checks:    true,
	Doubt:     vendor.Doubt,
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	tool := cli.New(about, process)
	request := cancel.Request{Kind: cancel.Payment}
	tool.StringVar(&request.ID, "order", "", "the order `NUMBER` that Payvalida gave (PVordenID)")
	tool.StringVar(&request.Reference, "reference", "", "the merchant's own `ID` of the order, by which Payvalida can be asked about it")
	preauth := tool.Bool("preauth", false, "the order is a pre-authorization")
	if err := tool.Parse("order"); err != nil {
		return tool.Refuse(err)
	}
	if *preauth {
		request.Kind = cancel.PreAuthorization
	}
	client, err := vendor.Open(process.Getenv, cancel.ClientOptions{})
	if err != nil {
		return tool.Refuse(err)
	}
	_, exit := tool.Ask(ctx, client, request)
	return exit
}
