// Command factible cancels an invoice (CFDI) of the Mexican primary sector with the
// SAT through Solución Factible, or asks how its cancellation stands. -h explains.
package main

import (
	"context"
	"os"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/factible"
)

var about = cli.About{
	Name:     "factible",
	Synopsis: "-uuid UUID [-status] [-receipt FILE]",
	Does: "Cancels an invoice (CFDI) of the Mexican primary sector with the SAT through\n" +
		"Solución Factible, or asks how its cancellation stands.",
	Variables: []cli.Variable{
		{Name: "FACTIBLE_USERNAME", Meaning: "a user of the stamping panel"},
		{Name: "FACTIBLE_PASSWORD", Meaning: "that user's password"},
	},
	Pending: "Ask with -status how it stands.",
	Doubt:   "Ask with -status before anything else.",
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	tool := cli.New(about, process)
	uuid := tool.String("uuid", "", "the invoice's folio fiscal, a `UUID`")
	status := tool.Bool("status", false, "only ask how its cancellation stands")
	receipt := tool.String("receipt", "", "save the SAT's acuse in `FILE`")
	soap12 := tool.Bool("soap12", false, "speak SOAP 1.2 instead of 1.1")
	if err := tool.Parse("uuid"); err != nil {
		return tool.Refuse(err)
	}

	client, err := factible.New(factible.Config{
		Username:    process.Getenv("FACTIBLE_USERNAME"),
		Password:    cancel.Secret(process.Getenv("FACTIBLE_PASSWORD")),
		Environment: tool.Environment(),
		Endpoint:    tool.Endpoint(),
		SOAP12:      *soap12,
	})
	if err != nil {
		return tool.Refuse(err)
	}

	request := cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: *uuid}
	ask := client.Cancel
	if *status {
		ask = client.Status
	}
	result, err := ask(ctx, request)
	exit := tool.Show(cancel.Item{Request: request, Result: result, Err: err})

	if *receipt != "" {
		exit = max(exit, save(tool, *receipt, result.Receipt))
	}
	return exit
}

// save writes the acuse, if one came, and tells of it.
func save(tool *cli.Tool, file string, acuse []byte) (exit int) {
	if acuse == nil {
		tool.Note("no acuse came: %s was not written", file)
		return 0
	}
	if err := os.WriteFile(file, acuse, 0o600); err != nil {
		tool.Note("%v; -status fetches the acuse again", err)
		return cli.ExitUnsaved
	}
	tool.Note("the acuse is in %s", file)
	return 0
}
