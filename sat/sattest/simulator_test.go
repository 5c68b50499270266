package sattest_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/internal/adaptertest"
	"github.com/unified-cancel/cancel/sat"
	"github.com/unified-cancel/cancel/sat/sattest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	uuidA = "0A1B2C3D-0000-4000-8000-00000000000A"
	uuidB = "0A1B2C3D-0000-4000-8000-00000000000B"
)

func start(t *testing.T) (*sattest.Simulator, *sat.Client) {
	t.Helper()
	sim := sattest.New()
	t.Cleanup(sim.Close)
	client, err := sat.New(sim.Config())
	require.NoError(t, err)
	return sim, client
}

func requestOf(uuid string) cancel.Request {
	return cancel.Request{Kind: cancel.Invoice, ID: uuid, Expression: sattest.Expression(uuid)}
}

// statusOf returns the state, or the reason and code of the error.
func statusOf(t *testing.T, client *sat.Client, uuid string) string {
	t.Helper()
	result, err := client.Status(t.Context(), requestOf(uuid))
	if err != nil {
		return err.(*cancel.Error).Reason.Error() + ": " + err.(*cancel.Error).Code
	}
	return strings.TrimSuffix(string(result.State)+": "+result.Code, ": ")
}

func TestAKnownInvoiceIsVigente(t *testing.T) {
	sim, client := start(t)
	sim.Register(sattest.Expression(uuidA))
	assert.Equal(t, "not_cancelled", statusOf(t, client, uuidA))
	assert.Equal(t, "not_cancelled", statusOf(t, client, strings.ToLower(uuidA)))
	assert.Equal(t, "not found: N - 602", statusOf(t, client, uuidB))

	advice, err := client.Preflight(t.Context(), requestOf(uuidA))
	require.NoError(t, err)
	assert.Equal(t, cancel.ConsentNeeded, advice.Verdict)
	assert.False(t, sim.IsCancelled(uuidA))
	assert.False(t, sim.IsCancelled(uuidB))
	assert.Empty(t, sim.Cancelled())

	calls := sim.Calls()
	require.Len(t, calls, 4)
	assert.Equal(t, "Consulta", calls[0].Op)
	assert.Equal(t, uuidA, calls[0].ID)
	assert.Contains(t, string(calls[0].Request), "expresionImpresa")
	assert.False(t, calls[0].Carried)
}

func TestSetIsTheAnswer(t *testing.T) {
	sim, client := start(t)
	sim.Register(sattest.Expression(uuidA), sattest.Expression(uuidB))
	for _, tt := range []struct {
		record sat.Record
		want   string
	}{
		{sat.Record{Estado: "Cancelado", EstatusCancelacion: "Plazo vencido"}, "cancelled: Plazo vencido"},
		{sat.Record{Estado: "Vigente", EstatusCancelacion: "Solicitud rechazada"}, "rejected: Solicitud rechazada"},
		{sat.Record{Estado: "Vigente", EsCancelable: "No cancelable"}, "not_cancelled"},
		{sat.Record{Estado: "No Encontrado"}, "not found: "},
		{sat.Record{CodigoEstatus: "N - 603: ñ <&>", Estado: "Cancelado"}, "unexpected answer: N - 603"},
		{sat.Record{}, "not_cancelled"},
	} {
		sim.Set(uuidA, tt.record)
		assert.Equal(t, tt.want, statusOf(t, client, uuidA))
		assert.Equal(t, "not_cancelled", statusOf(t, client, uuidB))
		assert.Equal(t, tt.record.Estado == "Cancelado", sim.IsCancelled(uuidA))
	}
	sim.Set(uuidB, sat.Record{Estado: "Cancelado", EstatusCancelacion: "Cancelado sin aceptación", EsCancelable: "x", ValidacionEFOS: "201"})
	assert.Equal(t, []string{uuidB}, sim.Cancelled())
	got, err := client.Lookup(t.Context(), sattest.Expression(uuidB))
	require.NoError(t, err)
	got.Raw = nil
	assert.Equal(t, sat.Record{
		CodigoEstatus: "S - Comprobante obtenido satisfactoriamente.",
		EsCancelable:  "x", Estado: "Cancelado", EstatusCancelacion: "Cancelado sin aceptación", ValidacionEFOS: "201",
	}, got)
	assert.Panics(t, func() { sim.Set("0A1B2C3D-0000-4000-8000-00000000000C", sat.Record{}) })
}

func codigo(t *testing.T, client *sat.Client, expression string) string {
	t.Helper()
	r, err := client.Lookup(t.Context(), expression)
	require.NoError(t, err)
	code, _, _ := strings.Cut(strings.ReplaceAll(r.CodigoEstatus, "S -", "S:"), ":")
	return code
}

func TestAnExpressionThatIsNotTheInvoicesIs601(t *testing.T) {
	sim, client := start(t)
	const expression = "?re=ÑAÑ010203AB9&rr=GODE561231GR8&tt=1160.0&id=" + uuidA + "&fe=abcd/g=="
	sim.Register(expression)
	for _, good := range []string{
		expression,
		"?&id=" + uuidA + "&fe=abcd/g==&tt=1160.0&rr=GODE561231GR8&re=ÑAÑ010203AB9",
		"https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx" + expression,
		strings.Replace(expression, uuidA, strings.ToLower(uuidA), 1),
	} {
		assert.Equal(t, "S", codigo(t, client, good), good)
	}
	for from, to := range map[string]string{
		"1160.0":        "1160.00",
		"tt=1160.0":     "tt=1160",
		"=1160.0":       "=1160.01",
		"tt=1":          "tt=01",
		"ÑAÑ010203AB9":  "ABC010203AB9",
		"GODE561231GR8": "godE561231GR8",
		"GODE":          "G",
		"abcd/g==":      "abcd/h==",
		"&fe=abcd/g==":  "&fe=abcd",
		"=abcd/g==":     "=",
		"?re":           "https://example.com/?re",
		"?":             "?x&",
	} {
		changed := strings.Replace(expression, from, to, 1)
		require.NotEqual(t, expression, changed)
		assert.Equal(t, "N - 601", codigo(t, client, changed), changed)
	}
	assert.Equal(t, "N - 602", codigo(t, client, strings.Replace(expression, uuidA, uuidB, 1)))

	old := "?re=ABC010203AB9&rr=XAXX010101000&tt=0000001160.500000&id=" + uuidB
	sim.Register(old)
	assert.Equal(t, "S", codigo(t, client, old))
	assert.Equal(t, "S", codigo(t, client, strings.Replace(old, "0000001160.500000", "1160.5", 1)))
	assert.Equal(t, "N - 601", codigo(t, client, strings.Replace(old, "0000001160.500000", "0001160.500000", 1)))

	for _, bad := range []string{"", "hola", strings.Replace(expression, "?", "", 1), expression + "&re=ÑAÑ010203AB9", expression + "&id=x"} {
		assert.Panics(t, func() { sim.Register(bad) }, bad)
	}
}

func TestAnAmpersandHasOneSpelling(t *testing.T) {
	sim, client := start(t)
	const escaped = "?re=A&amp;C010203AB9&rr=&amp;&amp;&amp;010203AB9&tt=1.0&id=" + uuidA
	raw := strings.ReplaceAll(escaped, "&amp;", "&")
	sim.Register(raw)
	for _, on := range []bool{false, true} {
		sim.RawAmpersands(on)
		for _, expression := range []string{escaped, raw} {
			before := len(sim.Calls())
			assert.Equal(t, "S", codigo(t, client, expression), "the client finds the spelling")
			calls := 1
			if (expression == raw) != on {
				calls = 2
			}
			assert.Len(t, sim.Calls()[before:], calls)
		}
	}
}

func TestABadDayIs601ForAll(t *testing.T) {
	sim, client := start(t)
	sim.Register(sattest.Expression(uuidA))
	sim.Set(uuidA, sat.Record{Estado: "Cancelado"})
	sim.BadDay(true)
	assert.Equal(t, "unexpected answer: N - 601", statusOf(t, client, uuidA))
	assert.True(t, sim.IsCancelled(uuidA))
	sim.BadDay(false)
	assert.Equal(t, "cancelled", statusOf(t, client, uuidA))
}

// tied returns the simulators of a PAC and of the SAT, which lags a day behind.
func tied(t *testing.T) (*factibletest.Simulator, *factible.Client, *sattest.Simulator, *sat.Client) {
	t.Helper()
	sim, client := start(t)
	pac := factibletest.New()
	t.Cleanup(pac.Close)
	pacClient, err := factible.New(pac.Config())
	require.NoError(t, err)
	sim.Follow(pac, 24*time.Hour)
	sim.Register(sattest.Expression(uuidA), sattest.Expression(uuidB))
	pac.Register(uuidA, uuidB)
	return pac, pacClient, sim, client
}

func register(t *testing.T, pac *factible.Client, uuid string) {
	t.Helper()
	_, err := pac.Cancel(t.Context(), cancel.Request{Kind: cancel.Invoice, ID: uuid, Motive: "02", Issuer: "EKU9003173C9"})
	require.NoError(t, err)
}

func TestAPACsCancellationsAppearAfterTheLag(t *testing.T) {
	pac, pacClient, sim, client := tied(t)
	register(t, pacClient, uuidA)
	assert.Equal(t, "not_cancelled", statusOf(t, client, uuidA))
	sim.Pass(24 * time.Hour)
	assert.Equal(t, "pending: En proceso", statusOf(t, client, uuidA))

	pac.Refuse(uuidA)
	assert.Equal(t, "pending: En proceso", statusOf(t, client, uuidA))
	pac.Pass(24 * time.Hour)
	assert.Equal(t, "rejected: Solicitud rechazada", statusOf(t, client, uuidA), "both clocks are one")

	register(t, pacClient, uuidA)
	pac.Pass(24 * time.Hour)
	assert.Equal(t, "pending: En proceso", statusOf(t, client, uuidA))
	pac.Accept(uuidA)
	pac.Pass(24 * time.Hour)
	assert.Equal(t, "cancelled: Cancelado con aceptación", statusOf(t, client, uuidA))

	assert.Equal(t, "not_cancelled", statusOf(t, client, uuidB))
	assert.Equal(t, []string{uuidA}, sim.Cancelled())
}

func TestARecipientsSilenceIsPlazoVencido(t *testing.T) {
	pac, pacClient, sim, client := tied(t)
	register(t, pacClient, uuidA)
	pac.Pass(72 * time.Hour)
	assert.True(t, pac.IsCancelled(uuidA))
	assert.Equal(t, "pending: En proceso", statusOf(t, client, uuidA))
	assert.False(t, sim.IsCancelled(uuidA))
	pac.Pass(24 * time.Hour)
	assert.Equal(t, "cancelled: Plazo vencido", statusOf(t, client, uuidA))
}

func TestThePrimarySectorNeedsNoConsent(t *testing.T) {
	_, pacClient, sim, client := tied(t)
	for range 2 {
		_, err := pacClient.Cancel(t.Context(), cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: uuidB})
		require.NoError(t, err)
	}
	sim.Follow(nil, 0)
	assert.Equal(t, "not_cancelled", statusOf(t, client, uuidB))
	pac2 := estatus("Cancelado sin aceptación")
	sim.Follow(pac2, 0)
	assert.Equal(t, "cancelled: Cancelado sin aceptación", statusOf(t, client, uuidB))
	assert.Panics(t, func() { sim.Follow(pac2, -1) })
}

// estatus is a PAC that says the same of every invoice.
type estatus string

func (estatus) Now() time.Time                     { return time.Time{} }
func (estatus) Pass(time.Duration)                 {}
func (e estatus) Estatus(string, time.Time) string { return string(e) }

func TestRelatedInvoicesBlock(t *testing.T) {
	sim, client := start(t)
	sim.Register(sattest.Expression(uuidA), sattest.Expression(uuidB))
	sim.Relate(uuidA, uuidB)
	verdict := func() cancel.Verdict {
		advice, err := client.Preflight(t.Context(), requestOf(uuidA))
		require.NoError(t, err)
		return advice.Verdict
	}
	assert.Equal(t, cancel.NotCancellable, verdict())
	sim.Set(uuidB, sat.Record{Estado: "Cancelado"})
	assert.Equal(t, cancel.ConsentNeeded, verdict())
	assert.Panics(t, func() { sim.Relate(uuidA, "x") })
}

func TestFaultsAreThoseThatClientsHaveSeen(t *testing.T) {
	sim, client := start(t)
	sim.Register(sattest.Expression(uuidA))
	sim.Fail(1, canceltest.SOAPFault)
	_, err := client.Status(t.Context(), requestOf(uuidA))
	require.ErrorIs(t, err, cancel.ErrUnavailable)
	require.ErrorContains(t, err, "SqlException")
	sim.Fail(1, canceltest.HTML)
	_, err = client.Status(t.Context(), requestOf(uuidA))
	require.ErrorIs(t, err, cancel.ErrUnavailable)
	for _, f := range canceltest.Faults() {
		if f == canceltest.Late || f == canceltest.CarriedOutThenLate {
			continue
		}
		sim.Fail(1, f)
		_, err := client.Status(t.Context(), requestOf(uuidA))
		assert.ErrorIs(t, err, cancel.ErrUnavailable, f)
	}
}

func TestTheServiceIsStrict(t *testing.T) {
	sim, _ := start(t)
	sim.Register(sattest.Expression(uuidA))
	const action = `"http://tempuri.org/IConsultaCFDIService/Consulta"`
	envelope := func(content string) string {
		return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + content + `</s:Body></s:Envelope>`
	}
	question := envelope(`<c:Consulta xmlns:c="http://tempuri.org/"><c:expresionImpresa><![CDATA[` + sattest.Expression(uuidA) + `]]></c:expresionImpresa></c:Consulta>`)
	url := sim.Config().Endpoint
	xml := func(action string) http.Header {
		return http.Header{"Content-Type": {"text/xml; charset=utf-8"}, "Soapaction": {action}}
	}
	for what, tt := range map[string]struct {
		method, url string
		header      http.Header
		body        string
		status      int
		says        string
	}{
		"as it should be":   {"POST", url, xml(action), question, 200, "<a:Estado>Vigente</a:Estado>"},
		"nothing asked":     {"POST", url, xml(action), envelope(`<Consulta xmlns="http://tempuri.org/"/>`), 200, "N - 601"},
		"another path":      {"POST", sim.URL + "/", xml(action), question, 404, ""},
		"another method":    {"PUT", url, xml(action), question, 405, ""},
		"SOAP 1.2":          {"POST", url, http.Header{"Content-Type": {"application/soap+xml"}}, question, 415, ""},
		"no action":         {"POST", url, http.Header{"Content-Type": {"text/xml"}}, question, 500, "ActionNotSupported"},
		"another action":    {"POST", url, xml("urn:x"), question, 500, "ActionNotSupported"},
		"an unescaped &":    {"POST", url, xml(action), envelope(`<Consulta xmlns="http://tempuri.org/"><expresionImpresa>?a&b</expresionImpresa></Consulta>`), 500, "DeserializationFailed"},
		"another namespace": {"POST", url, xml(action), strings.ReplaceAll(question, "tempuri.org", "example.org"), 500, "DeserializationFailed"},
		"two questions":     {"POST", url, xml(action), envelope(strings.Repeat(`<Consulta xmlns="http://tempuri.org/"/>`, 2)), 500, "DeserializationFailed"},
		"an odd charset":    {"POST", url, xml(action), `<?xml version="1.0" encoding="klingon"?>` + question, 400, ""},
		"no page":           {"GET", url, nil, "", 404, ""},
		"another page":      {"GET", sim.URL + "/?wsdl", nil, "", 404, ""},
		"the WSDL":          {"GET", url + "?wsdl", nil, "", 200, `location="` + url + `"`},
		"the WSDL, in one":  {"GET", url + "?singleWsdl", nil, "", 200, `location="` + url + `"`},
	} {
		got := adaptertest.MustSend(t, tt.method, tt.url, tt.header, tt.body)
		assert.Equal(t, tt.status, got.Status, what)
		assert.Contains(t, got.Body, tt.says, what)
	}
}

func TestListen(t *testing.T) {
	sim, err := sattest.Listen("127.0.0.1:0")
	require.NoError(t, err)
	defer sim.Close()
	_, err = sattest.Listen(strings.TrimPrefix(sim.URL, "http://"))
	require.Error(t, err)
}

// The simulator reads expressions by its own rules, so that it finds the faults of package sat.
func TestTheExpressionsOfPackageSatAreRead(t *testing.T) {
	sim, client := start(t)
	text, err := os.ReadFile("../../testdata/sat/expressions.json")
	require.NoError(t, err)
	expressions := regexp.MustCompile(`"expression": "(.*?)"`).FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, expressions)
	id := regexp.MustCompile(`id=[0-9A-F-]{36}`)
	for i, expression := range expressions {
		own := id.ReplaceAllString(expression[1], fmt.Sprintf("id=00000000-0000-4000-8000-%012d", i))
		sim.Register(own)
		assert.Equal(t, "S", codigo(t, client, own), own)
	}
}
