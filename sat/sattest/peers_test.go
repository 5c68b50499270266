package sattest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// Each peer reads the simulator's own WSDL, and must understand every answer.
func TestPeersUnderstandTheSimulator(t *testing.T) {
	for _, p := range peertest.All {
		t.Run(p.Name, func(t *testing.T) { check(t, p) })
	}
}

func check(t *testing.T, p peertest.Peer) {
	t.Helper()
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
	for i, r := range p.Run(t, task) {
		assert.Equal(t, cases[i].want, told(t, r), "call %d", i+1)
	}
}

// told returns an answer as the cases above have it.
func told(t *testing.T, r peertest.Result) string {
	t.Helper()
	if r.Fault != "" {
		_, code, _ := strings.Cut(r.Fault, ":")
		return code
	}
	var record sat.Record
	require.NoError(t, json.Unmarshal(r.Returned, &record))
	code := strings.TrimSuffix(strings.SplitN(record.CodigoEstatus, ":", 2)[0], " - Comprobante obtenido satisfactoriamente.")
	return strings.Join([]string{code, record.EsCancelable, record.Estado, record.EstatusCancelacion, record.ValidacionEFOS}, "|")
}
