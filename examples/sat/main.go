// Command sat asks the SAT about an invoice (CFDI): whether it is valid or cancelled, and whether it
// may be cancelled. It cancels nothing. -h explains.
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"regexp"
	"text/tabwriter"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/sat"
)

var about = cli.About{
	Name:     vendors.SAT.Name,
	Synopsis: "-xml FILE | -expression TEXT [-wait]",
	Does: "Asks the SAT about an invoice (CFDI): whether it is valid or cancelled, and whether it may\n" +
		"be cancelled. It takes no credentials and cancels nothing.",
	ReadOnly: true,
	Pending:  vendors.SAT.Pending,
}

func main() { cli.Main(run) }

func run(ctx context.Context, process cli.Process) int {
	tool := cli.New(about, process)
	file := tool.String("xml", "", "the invoice, an XML `FILE`")
	expression := tool.String("expression", "", "the `TEXT` of the invoice's QR code, instead of -xml")
	wait := tool.Bool("wait", false, "wait until a cancellation under way is settled")
	if err := tool.Parse(); err != nil {
		return tool.Refuse(err)
	}
	request, err := requestOf(*file, *expression)
	if err != nil {
		return tool.Refuse(err)
	}
	authority, err := vendors.OpenSAT(process.Getenv, cancel.ClientOptions{})
	if err != nil {
		return tool.Refuse(err)
	}

	ask := authority.Status
	if *wait {
		request.Provider = about.Name
		client := cancel.NewClient(map[string]cancel.Canceler{request.Provider: vendors.Register{Client: authority}})
		ask = client.Wait
	}
	result, err := ask(ctx, request)
	if record, err := authority.Lookup(ctx, request.Expression); err == nil {
		show(tool, process, record)
	}
	return tool.Show(cancel.Item{Request: request, Result: result, Err: err})
}

var uuid = regexp.MustCompile(`[?&]id=([0-9A-Fa-f-]+)`)

// requestOf returns a request with the expression, or the one of the CFDI in the file.
func requestOf(file, expression string) (cancel.Request, error) {
	if (file == "") == (expression == "") {
		return cancel.Request{}, cli.Errorf("give either -xml or -expression")
	}
	if file != "" {
		cfdi, err := os.ReadFile(file)
		if err != nil {
			return cancel.Request{}, err
		}
		if expression, err = sat.Expression(cfdi); err != nil {
			return cancel.Request{}, err
		}
	}
	request := cancel.Request{Kind: cancel.Invoice, Expression: expression}
	if found := uuid.FindStringSubmatch(expression); found != nil {
		request.ID = found[1]
	}
	return request, nil
}

// meanings explain the values of the fields. Of several that match the last one counts.
var meanings = []struct{ field, value, meaning string }{
	{"CodigoEstatus", "S", "the SAT has an invoice with this expression"},
	{"CodigoEstatus", "N - 601", "the expression is wrong, or the service is failing: the other fields mean nothing"},
	{"CodigoEstatus", "N - 602", "the SAT does not have it, or not yet"},
	{"Estado", "Vigente", "it is valid"},
	{"Estado", "Cancelado", "it is cancelled"},
	{"Estado", "No Encontrado", "the SAT does not have it"},
	{"EsCancelable", "No cancelable", "it cannot be cancelled for now: it may have related invoices, or be minutes old"},
	{"EsCancelable", "Cancelable sin aceptación", "it can be cancelled without asking the recipient"},
	{"EsCancelable", "Cancelable con aceptación", "it can be cancelled if the recipient accepts or stays silent for 72 hours"},
	{"EstatusCancelacion", "En proceso", "a cancellation waits for the recipient"},
	{"EstatusCancelacion", "Solicitud rechazada", "the recipient refused a cancellation"},
	{"EstatusCancelacion", "Cancelado sin aceptación", "the recipient was not asked"},
	{"EstatusCancelacion", "Cancelado con aceptación", "the recipient accepted"},
	{"EstatusCancelacion", "Plazo vencido", "the recipient stayed silent, which is consent"},
	{"ValidacionEFOS", "10[014]", "the issuer is on the list of article 69-B"},
	{"ValidacionEFOS", "10[23]", "a third party of the invoice is on the list of article 69-B"},
	{"ValidacionEFOS", "20[01]", "the issuer is not on the list of article 69-B"},
}

// field is a field of a record as it is shown.
type field struct {
	Field   string `json:"field"`
	Value   string `json:"value"`
	Meaning string `json:"meaning,omitempty"`
}

// show prints the fields of a record.
func show(tool *cli.Tool, process cli.Process, r sat.Record) {
	fields := []field{
		{Field: "CodigoEstatus", Value: r.CodigoEstatus},
		{Field: "Estado", Value: r.Estado},
		{Field: "EsCancelable", Value: r.EsCancelable},
		{Field: "EstatusCancelacion", Value: r.EstatusCancelacion},
		{Field: "ValidacionEFOS", Value: r.ValidacionEFOS},
	}
	w := tabwriter.NewWriter(process.Stdout, 0, 0, 2, ' ', 0)
	for i, f := range fields {
		for _, m := range meanings {
			if f.Field == m.field && regexp.MustCompile("(?i)^"+m.value).MatchString(f.Value) {
				fields[i].Meaning = tool.Text(m.meaning)
			}
		}
		if !tool.JSON() {
			fmt.Fprintf(w, "%s\t%s\t%s\n", f.Field, cli.Line(f.Value), cmp.Or(fields[i].Meaning, "-"))
		}
	}
	_ = w.Flush() // of nothing, with -json
	if tool.JSON() {
		tool.Encode(map[string]any{"fields": fields})
	}
}
