// Command factible cancels an invoice (CFDI) with the SAT through Solución Factible, or
// asks how its cancellation stands. -h explains.
package main

import (
	"cmp"
	"context"
	"os"
	"slices"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/factible"
)

var vendor = vendors.Factible

var about = cli.About{
	Name:     vendor.Name,
	Synopsis: "-uuid UUID (-kind KIND [-motive 02 -issuer RFC] [-wait] | -status) [-receipt FILE]",
	Does: "Cancels an invoice (CFDI) with the SAT through Solución Factible, or asks how its\n" +
		"cancellation stands. One of the primary sector is cancelled at once. Any other is\n" +
		"registered, and its recipient has 72 hours to object: -wait waits for the end of that.",
	Variables: append(slices.Clone(vendor.Variables), cli.Variable{
		Name: "FACTIBLE_CSD_PASSWORD", Meaning: "the password of the file that -csd-key names", Optional: true, Secret: true,
	}),
	Pending: vendor.Pending,
	Doubt:   vendor.Doubt,
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	tool := cli.New(about, process)
	var request cancel.Request
	tool.StringVar(&request.ID, "uuid", "", "the invoice's folio fiscal, a `UUID`")
	tool.StringVar((*string)(&request.Kind), "kind", "", "`KIND`: primary_sector_invoice or invoice")
	tool.StringVar(&request.Motive, "motive", "", "an invoice's `MOTIVO`, 01 to 04")
	tool.StringVar(&request.ReplacedBy, "replaced-by", "", "for motivo 01, the `UUID` of the invoice that replaces it")
	tool.StringVar(&request.Issuer, "issuer", "", "an invoice's issuer, an `RFC`")
	tool.StringVar(&request.RequestedBy, "requested-by", "", "the `EMAIL` that an invoice's cancellation is told to")
	certificate := tool.String("csd-cer", "", "the issuer's certificate, a .cer `FILE`, to sign with")
	key := tool.String("csd-key", "", "its private key, a .key `FILE`, which never leaves this program")
	wait := tool.Bool("wait", false, "after cancelling, wait until it is settled")
	receipt := tool.String("receipt", "", "save the SAT's acuse in `FILE`")
	soap12 := tool.Bool("soap12", false, "speak SOAP 1.2 instead of 1.1")
	if err := tool.Parse("uuid"); err != nil {
		return tool.Refuse(err)
	}
	if request.Kind == "" && !tool.Given("status") {
		return tool.Refuse(cli.Errorf("-kind is missing: primary_sector_invoice or invoice"))
	}
	request.Kind = cmp.Or(request.Kind, cancel.Invoice) // the status is the same for both

	config := vendors.FactibleConfig(process.Getenv)
	config.SOAP12 = *soap12
	if *certificate != "" || *key != "" {
		csd, err := readCSD(*certificate, *key, process.Getenv("FACTIBLE_CSD_PASSWORD"))
		if err != nil {
			return tool.Refuse(err)
		}
		config.CSD = csd
	}
	adapter, err := factible.New(config)
	if err != nil {
		return tool.Refuse(err)
	}

	last, exit := tool.Ask(ctx, adapter, request)
	if *wait && last.Err == nil && !last.Result.State.Settled() {
		request.Provider = vendor.Name
		client := cancel.NewClient(map[string]cancel.Canceler{vendor.Name: adapter})
		result, err := client.Wait(ctx, request)
		last = cancel.Item{Request: request, Result: result, Err: err}
		exit = tool.Show(last)
	}

	if *receipt != "" {
		exit = max(exit, save(tool, *receipt, last.Result.Receipt))
	}
	return exit
}

// readCSD reads the files that the SAT handed out.
func readCSD(certificate, key, password string) (*factible.CSD, error) {
	cer, err := os.ReadFile(certificate)
	if err != nil {
		return nil, err
	}
	encrypted, err := os.ReadFile(key)
	if err != nil {
		return nil, err
	}
	return &factible.CSD{Certificate: cer, Key: encrypted, Password: cancel.NewSecret(password)}, nil
}

// save writes the acuse, if one came, and tells of it.
func save(tool *cli.Tool, file string, acuse []byte) (exit int) {
	if acuse == nil {
		tool.Note("no acuse came: %s was not written", file)
		return 0
	}
	if err := os.WriteFile(file, acuse, 0o600); err != nil {
		tool.Note("%v; -status fetches the acuse again", err)
		return cli.ExitFailed
	}
	tool.Note("the acuse is in %s", file)
	return 0
}
