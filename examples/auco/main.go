// Command auco cancels documents that are out for electronic signature with Auco, or
// asks how they stand. -h explains.
package main

import (
	"context"
	"slices"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/examples/internal/cli"
)

var about = cli.About{
	Name:     "auco",
	Synopsis: "-code CODE [-code CODE]... (-reason TEXT -requested-by EMAIL | -status)",
	Does: "Cancels documents that are out for electronic signature with Auco, or asks how\n" +
		"they stand.",
	Variables: []cli.Variable{
		{Name: "AUCO_PRIVATE_KEY", Meaning: "the organisation's private key (prk_…), which cancels"},
		{Name: "AUCO_PUBLIC_KEY", Meaning: "its public key (puk_…), which reads: for -status", Optional: true},
	},
	Doubt: "Ask with -status before anything else: asked to cancel again, Auco lists one that is cancelled as failed.",
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	tool := cli.New(about, process)
	var codes []string
	tool.Func("code", "the `CODE` of a document; once for each", func(code string) error {
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
		return nil
	})
	reason := tool.String("reason", "", "why: Auco sends the `TEXT` to the signers")
	requestedBy := tool.String("requested-by", "", "the `EMAIL` of whoever cancels, a user of the organisation")
	status := tool.Bool("status", false, "only ask how the documents stand")
	if err := tool.Parse("code"); err != nil {
		return tool.Refuse(err)
	}

	client, err := auco.New(auco.Config{
		PrivateKey:  cancel.NewSecret(process.Getenv("AUCO_PRIVATE_KEY")),
		PublicKey:   cancel.NewSecret(process.Getenv("AUCO_PUBLIC_KEY")),
		Environment: tool.Environment(),
		Endpoint:    tool.Endpoint(),
	})
	if err != nil {
		return tool.Refuse(err)
	}

	var requests []cancel.Request
	for _, code := range codes {
		requests = append(requests, cancel.Request{
			Kind: cancel.Document, ID: code, Reason: *reason, RequestedBy: *requestedBy,
		})
	}
	exit := 0
	if *status {
		for _, request := range requests {
			result, err := client.Status(ctx, request)
			exit = max(exit, tool.Show(cancel.Item{Request: request, Result: result, Err: err}))
		}
		return exit
	}
	for batch := range slices.Chunk(requests, client.MaxBatch()) {
		exit = max(exit, tool.Show(client.CancelBatch(ctx, batch)...))
	}
	return exit
}
