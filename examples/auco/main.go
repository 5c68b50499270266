// Command auco cancels documents that are out for electronic signature with Auco, or
// asks about them. -h explains.
package main

import (
	"context"
	"slices"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

var vendor = vendors.Auco

var about = cli.About{
	Name:     vendor.Name,
	Synopsis: "-code CODE [-code CODE]... (-reason TEXT -requested-by EMAIL | -status | -check)",
	Does: "Cancels documents that are out for electronic signature with Auco, or asks about\n" +
		"them: -status and -check need AUCO_PUBLIC_KEY.",
	Variables: vendor.Variables,
	Checks:    true,
	Doubt:     vendor.Doubt,
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
	requestedBy := tool.String("requested-by", "", "the `EMAIL` of the person who cancels, a user of the organisation")
	if err := tool.Parse("code"); err != nil {
		return tool.Refuse(err)
	}
	client, err := vendor.Open(process.Getenv, cancel.ClientOptions{})
	if err != nil {
		return tool.Refuse(err)
	}
	var requests []cancel.Request
	for _, code := range codes {
		requests = append(requests, cancel.Request{
			Kind: cancel.Document, ID: code, Reason: *reason, RequestedBy: *requestedBy,
		})
	}
	_, exit := tool.Ask(ctx, client, requests...)
	return exit
}
