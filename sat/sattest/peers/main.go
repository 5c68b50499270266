// Command peers checks the SAT's simulator against the SOAP clients of package internal/peertest. Each
// reads the simulator's own WSDL and must understand every answer. The command exits with 1 if one
// does not. See peers.sh there.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/internal/peertest"
	"github.com/unified-cancel/cancel/sat"
	"github.com/unified-cancel/cancel/sat/sattest"
)

const (
	valid     = "0A1B2C3D-0000-4000-8000-00000000000A"
	cancelled = "0A1B2C3D-0000-4000-8000-00000000000B"
	unknown   = "0A1B2C3D-0000-4000-8000-00000000000C"
)

func main() {
	var failures []error
	for _, p := range peertest.All {
		if err := check(p); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", p.Name, err))
		}
	}
	if err := errors.Join(failures...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(p peertest.Peer) error {
	simulator := sattest.New()
	defer simulator.Close()
	const ampersand = "?re=Ñ&amp;A010203AB9&rr=XAXX010101000&tt=1.0&id=" + cancelled
	simulator.Register(sattest.Expression(valid), ampersand)
	simulator.Set(cancelled, sat.Record{EsCancelable: "Cancelable sin aceptación", Estado: "Cancelado", EstatusCancelacion: "Plazo vencido", ValidacionEFOS: "200"})

	// For each expression the beginning of CodigoEstatus, then the other fields; or a fault.
	cases := []struct{ expression, want string }{
		{sattest.Expression(valid), "S|Cancelable con aceptación|Vigente||200"},
		{ampersand, "S|Cancelable sin aceptación|Cancelado|Plazo vencido|200"},
		{strings.ReplaceAll(ampersand, "&amp;", "&"), "N - 601||No Encontrado||"},
		{sattest.Expression(unknown), "N - 602||No Encontrado||"},
		{"", "N - 601||No Encontrado||"},
		{sattest.Expression(valid), "InternalServiceFault"},
	}
	simulator.Fail(len(cases)-1, "")
	simulator.Fail(1, canceltest.SOAPFault)
	task := peertest.Task{
		WSDL:    simulator.Config().Endpoint + "?wsdl",
		Version: "1.1",
		Service: "ConsultaCFDIService",
		Port:    "BasicHttpBinding_IConsultaCFDIService",
	}
	for _, c := range cases {
		task.Calls = append(task.Calls, peertest.Call{Operation: "Consulta", Arguments: map[string]any{"expresionImpresa": c.expression}})
	}
	results, err := p.Run(task)
	if err != nil {
		return err
	}
	var failures []error
	for i, r := range results {
		if got, err := told(r); err != nil || got != cases[i].want {
			failures = append(failures, fmt.Errorf("call %d: %q was expected: %q, %w", i+1, cases[i].want, got, err))
		}
	}
	fmt.Printf("%s: %d calls\n", p.Name, len(results))
	return errors.Join(failures...)
}

// told returns an answer as the cases above have it.
func told(r peertest.Result) (string, error) {
	if r.Fault != "" {
		_, code, _ := strings.Cut(r.Fault, ":")
		return code, nil
	}
	var record sat.Record
	err := json.Unmarshal(r.Returned, &record)
	code := strings.TrimSuffix(strings.SplitN(record.CodigoEstatus, ":", 2)[0], " - Comprobante obtenido satisfactoriamente.")
	return strings.Join([]string{code, record.EsCancelable, record.Estado, record.EstatusCancelacion, record.ValidacionEFOS}, "|"), err
}
