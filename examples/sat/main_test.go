package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/sat"
	"github.com/unified-cancel/cancel/sat/sattest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const uuid1 = "0A1B2C3D-0000-4000-8000-00000000000A"

const cfdi = `<Comprobante Version="4.0" Total="1160.00" Sello="AAAAc2ltdQ=="><Emisor Rfc="EKU9003173C9"/><Receptor Rfc="XAXX010101000"/>` +
	`<Complemento><TimbreFiscalDigital UUID="` + uuid1 + `"/></Complemento></Comprobante>`

func start(t *testing.T) (*sattest.Simulator, clitest.Env) {
	t.Helper()
	authority := sattest.New()
	t.Cleanup(authority.Close)
	authority.Register(sattest.Expression(uuid1))
	return authority, clitest.Env{"SAT_ENDPOINT": authority.Config().Endpoint}
}

func TestTheFieldsAndTheirMeaning(t *testing.T) {
	authority, env := start(t)
	file := filepath.Join(t.TempDir(), "cfdi.xml")
	require.NoError(t, os.WriteFile(file, []byte(cfdi), 0o600))
	for name, c := range map[string]struct {
		record sat.Record
		exit   int
		shown  []string
	}{
		"valid": {
			sat.Record{Estado: "Vigente", EsCancelable: "Cancelable con aceptación", ValidacionEFOS: "200"}, 20,
			[]string{`Estado              "Vigente"`, "it is valid", "if the recipient accepts", `EstatusCancelacion  ""`, "not on the list", "sat " + uuid1 + ": not cancelled"},
		},
		"under way": {
			sat.Record{Estado: "Vigente", EstatusCancelacion: "En proceso"}, 0,
			[]string{"waits for the recipient", ": pending, code En proceso", "-wait"},
		},
		"refused": {
			sat.Record{Estado: "Vigente", EstatusCancelacion: "Solicitud rechazada"}, 7,
			[]string{"the recipient refused a cancellation"},
		},
		"overdue": {
			sat.Record{Estado: "Cancelado", EstatusCancelacion: "Plazo vencido"}, 0,
			[]string{"it is cancelled", "which is consent", ": cancelled, code Plazo vencido"},
		},
		"a word of tomorrow": {
			sat.Record{Estado: "Suspendido\x1b"}, 10,
			[]string{`Estado              "Suspendido`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			authority.Set(uuid1, c.record)
			for _, args := range [][]string{{"-xml", file}, {"-expression", sattest.Expression(uuid1)}} {
				got := clitest.Run(t, run, env, args...)
				assert.Equal(t, c.exit, got.Exit, got)
				for _, want := range c.shown {
					assert.Contains(t, got.Stdout, want)
				}
				assert.NotContains(t, got.Stdout+got.Stderr, "\x1b")
			}
		})
	}
}

func TestTheMeaningsInSpanish(t *testing.T) {
	for _, m := range meanings {
		assert.NotEqual(t, m.meaning, (&cli.Flags{Language: "es"}).Text(m.meaning))
	}
	_, env := start(t)
	got := clitest.Run(t, run, env, "-expression", sattest.Expression(uuid1), "-lang", "es")
	assert.Contains(t, got.Stdout, "está vigente")
}

func TestJSON(t *testing.T) {
	authority, env := start(t)
	authority.Set(uuid1, sat.Record{Estado: "Cancelado", EstatusCancelacion: "Plazo vencido"})
	got := clitest.Run(t, run, env, "-expression", sattest.Expression(uuid1), "-json")
	assert.Zero(t, got.Exit)
	lines := strings.Split(strings.TrimSpace(got.Stdout), "\n")
	require.Len(t, lines, 2)
	assert.Contains(t, lines[0], `{"field":"EstatusCancelacion","value":"Plazo vencido","meaning":"the recipient stayed silent, which is consent"}`)
	assert.Contains(t, lines[1], `"state":"cancelled"`)
}

func TestWait(t *testing.T) {
	authority, env := start(t)
	authority.Set(uuid1, sat.Record{Estado: "Cancelado", EstatusCancelacion: "Cancelado con aceptación"})
	got := clitest.Run(t, run, env, "-expression", sattest.Expression(uuid1), "-wait")
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stdout, "the recipient accepted")
}

func TestNothingIsAskedWithoutAnInvoice(t *testing.T) {
	authority, env := start(t)
	file := filepath.Join(t.TempDir(), "not.xml")
	require.NoError(t, os.WriteFile(file, []byte("<a/>"), 0o600))
	for want, args := range map[string][]string{
		"either -xml or -expression": nil,
		"give either":                {"-xml", "a", "-expression", "b"},
		"no such file":               {"-xml", file + ".none"},
		"the root element is a":      {"-xml", file},
		"Expression":                 {"-expression", "?id=" + uuid1},
		"ID is not a folio fiscal":   {"-expression", "hola"},
	} {
		got := clitest.Run(t, run, env, args...)
		assert.Equal(t, 2, got.Exit, args)
		assert.Contains(t, got.Stderr, want)
	}
	assert.Empty(t, authority.Calls())
	assert.Contains(t, clitest.Run(t, run, clitest.Env{}, "-expression", sattest.Expression(uuid1)).Stderr, "CANCEL_ENVIRONMENT is not set")
}

func TestAFailingServiceIsTold(t *testing.T) {
	authority, env := start(t)
	authority.Fail(2, canceltest.HTML)
	got := clitest.Run(t, run, env, "-expression", sattest.Expression(uuid1))
	assert.Equal(t, 8, got.Exit)
	assert.Empty(t, got.Stdout)

	authority.BadDay(true)
	got = clitest.Run(t, run, env, "-expression", sattest.Expression(uuid1))
	assert.Equal(t, 10, got.Exit)
	assert.Contains(t, got.Stdout, "the other fields mean nothing")
}

func TestProductionAsksForNoConfirmation(t *testing.T) {
	got := clitest.Run(t, run, clitest.Env{}, "-h")
	assert.Zero(t, got.Exit)
	assert.NotContains(t, got.Stdout, "-yes")
	authority, env := start(t)
	got = clitest.Run(t, run, env.With("CANCEL_ENVIRONMENT", "production"), "-expression", sattest.Expression(uuid1))
	assert.Equal(t, 20, got.Exit)
	assert.NotEmpty(t, authority.Calls())
}

func TestUsage(t *testing.T) { clitest.Usage(t, run, "-expression", sattest.Expression(uuid1)) }
