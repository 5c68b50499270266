package sat

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/adaptertest"
)

const fixtures = "../testdata/sat"

func fixture(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name))
	require.NoError(t, err)
	return string(text)
}

type fixtureCase struct {
	status  int
	state   cancel.State
	reason  error
	code    string
	verdict cancel.Verdict
}

// cases is the meaning of the answer of each pair of fixtures.
var cases = map[string]fixtureCase{
	"vigente":                     {state: cancel.NotCancelled, verdict: cancel.ConsentNeeded},
	"vigente-en-proceso":          {state: cancel.Pending, code: "En proceso", verdict: cancel.UnderWay},
	"vigente-solicitud-rechazada": {reason: cancel.ErrRejected, code: "Solicitud rechazada"},
	"vigente-no-cancelable":       {state: cancel.NotCancelled, verdict: cancel.NotCancellable},
	"cancelado-sin-aceptacion":    {state: cancel.Cancelled, code: "Cancelado sin aceptación", verdict: cancel.Done},
	"cancelado-con-aceptacion":    {state: cancel.Cancelled, code: "Cancelado con aceptación", verdict: cancel.Done},
	"cancelado-plazo-vencido":     {state: cancel.Cancelled, code: "Plazo vencido", verdict: cancel.Done},
	"no-encontrado-602":           {reason: cancel.ErrNotFound, code: "N - 602"},
	"no-encontrado":               {reason: cancel.ErrNotFound},
	"no-valida-601":               {reason: cancel.ErrUnexpected, code: "N - 601"},
	"fault-sql":                   {status: 500, reason: cancel.ErrUnavailable, code: "a:InternalServiceFault"},
}

func TestFixtures(t *testing.T) {
	adaptertest.EachPair(t, filepath.Join(fixtures, "*-request.xml"), cases, func(t *testing.T, name string, tt fixtureCase) {
		want := fixture(t, name+"-request.xml")
		var envelope struct {
			Expression string `xml:"Body>Consulta>expresionImpresa"`
		}
		require.NoError(t, xml.Unmarshal([]byte(want), &envelope))
		req := request
		req.Expression = envelope.Expression

		a := (&authority{status: tt.status, answers: []string{fixture(t, name+".xml")}}).start(t)
		got, err := a.client(t).Status(t.Context(), req)
		assert.Equal(t, strings.TrimSpace(want), a.bodies[0])
		preflight, preflightErr := a.client(t).Preflight(t.Context(), req)
		assert.Equal(t, tt.verdict, preflight.Verdict)
		if tt.reason != nil {
			assert.Equal(t, tt.code, requireReason(t, tt.reason, err).Code)
			requireReason(t, tt.reason, preflightErr)
			return
		}
		require.NoError(t, err)
		assert.Equal(t, tt.state, got.State)
		assert.Equal(t, tt.code, got.Code)
	})
}

func TestAMaintenancePageIsNoAnswer(t *testing.T) {
	for _, status := range []int{200, 500, 503} {
		a := (&authority{status: status, answers: []string{fixture(t, "maintenance.html")}}).start(t)
		for name, call := range calls {
			requireReason(t, cancel.ErrUnavailable, call(a.client(t), t.Context(), request), name)
		}
	}
}
