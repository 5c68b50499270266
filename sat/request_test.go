package sat

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestTheRequestOnTheWire(t *testing.T) {
	a, c := answering(t, result(found, "", "Vigente", ""))
	for name, call := range calls {
		require.NoError(t, ignoreUnexpected(call(c, t.Context(), request)), name)
	}
	require.Len(t, a.asked, len(calls))
	for i, asked := range a.asked {
		assert.Equal(t, "POST", asked.Method)
		assert.Equal(t, "http://tempuri.org/IConsultaCFDIService/Consulta", asked.Header.Get("SOAPAction"))
		assert.Equal(t, `text/xml; charset="utf-8"`, asked.Header.Get("Content-Type"))
		assert.Equal(t, `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>`+
			`<Consulta xmlns="http://tempuri.org/"><expresionImpresa>?re=EKU9003173C9&amp;rr=XAXX010101000&amp;tt=1160.0&amp;id=`+folio+
			`&amp;fe=abcd/g==</expresionImpresa></Consulta></soap:Body></soap:Envelope>`, a.bodies[i])
	}
}

// ignoreUnexpected drops the error of Preflight about an answer without EsCancelable.
func ignoreUnexpected(err error) error {
	if err != nil && strings.Contains(err.Error(), "EsCancelable") {
		return nil
	}
	return err
}

func TestExpressionsThatAreSent(t *testing.T) {
	for what, expression := range map[string]string{
		"3.2":                  "?re=CTO021007DZ8&rr=XAXX010101000&tt=0000004685.000000&id=" + folio,
		"in the QR's order":    "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx?id=" + folio + "&re=EKU9003173C9&rr=XAXX010101000&tt=1160.0&fe=abcd/g==",
		"?&":                   "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx?&id=" + folio + "&re=EKU9003173C9&rr=XAXX010101000&tt=1160.0&fe=abcd/g==",
		"Ñ":                    "?re=ÑAÑ010101AAA&rr=XAXX010101000&tt=1.0&id=" + folio,
		"an entity":            "?re=A&amp;C010203AB9&rr=XAXX010101000&tt=1.0&id=" + folio,
		"an ampersand":         "?re=A&C010203AB9&rr=&&&010203AB9&tt=1.0&id=" + folio,
		"a UUID of lower case": "?re=EKU9003173C9&rr=XAXX010101000&tt=1.0&id=" + strings.ToLower(folio),
	} {
		a, c := answering(t, result(found, "", "Vigente", ""))
		req := request
		req.Expression = expression
		got, err := c.Status(t.Context(), req)
		require.NoError(t, err, what)
		assert.Equal(t, cancel.NotCancelled, got.State)
		assert.Equal(t, []string{expression}, a.sent(t), what)
	}
}

func TestNothingMalformedIsSent(t *testing.T) {
	a, c := answering(t, result(found, "", "Vigente", ""))
	with := func(change func(*cancel.Request)) cancel.Request {
		req := request
		change(&req)
		return req
	}
	expressed := func(expression string) cancel.Request {
		return with(func(r *cancel.Request) { r.Expression = expression })
	}
	for what, req := range map[string]cancel.Request{
		"no expression":       expressed(""),
		"words":               expressed("hola"),
		"a URL":               expressed("https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx"),
		"no question mark":    expressed(strings.TrimPrefix(expression, "?")),
		"a mark too late":     expressed("&re=EKU9003173C9?rr=XAXX010101000&tt=1.0&id=" + folio),
		"escaped as in XML":   expressed(strings.ReplaceAll(expression, "&", "&amp;")),
		"no re":               expressed("?rr=XAXX010101000&tt=1.0&id=" + folio),
		"no rr":               expressed("?re=EKU9003173C9&tt=1.0&id=" + folio),
		"a retención":         expressed("?re=EKU9003173C9&nr=00000000000000000001&tt=1.0&id=" + folio),
		"no tt":               expressed("?re=EKU9003173C9&rr=XAXX010101000&id=" + folio),
		"no id":               expressed("?re=EKU9003173C9&rr=XAXX010101000&tt=1.0"),
		"an empty re":         expressed("?re=&rr=XAXX010101000&tt=1.0&id=" + folio),
		"two re":              expressed("?re=EKU9003173C9&re=EKU9003173C9&rr=XAXX010101000&tt=1.0&id=" + folio),
		"an id of no UUID":    expressed("?re=EKU9003173C9&rr=XAXX010101000&tt=1.0&id=1"),
		"a control character": expressed(expression + "\n"),
		"no UTF-8":            expressed(expression + "\xf1"),
	} {
		for name, call := range calls {
			failure := requireReason(t, cancel.ErrInvalid, call(c, t.Context(), req), what, name)
			assert.Contains(t, failure.Message, "Expression", what)
			assert.NotContains(t, failure.Error(), "\n")
		}
	}
	for what, req := range map[string]cancel.Request{
		"no Kind":          with(func(r *cancel.Request) { r.Kind = "" }),
		"another Kind":     with(func(r *cancel.Request) { r.Kind = cancel.Payment }),
		"no ID":            with(func(r *cancel.Request) { r.ID = "" }),
		"an ID of no UUID": with(func(r *cancel.Request) { r.ID = "{" + folio + "}" }),
		"another ID":       with(func(r *cancel.Request) { r.ID = "1" + folio[1:] }),
		"a lost motivo":    with(func(r *cancel.Request) { r.Kind, r.Motive = cancel.PrimarySectorInvoice, "02" }),
	} {
		for _, name := range []string{"Status", "Preflight"} {
			failure := requireReason(t, cancel.ErrInvalid, calls[name](c, t.Context(), req), what, name)
			assert.Equal(t, req.ID, failure.ID)
		}
	}
	assert.Empty(t, a.sent(t))

	_, err := c.Status(t.Context(), with(func(r *cancel.Request) { r.Kind = "anything" }))
	require.ErrorContains(t, err, "primary_sector_invoice or invoice")
	_, err = c.Status(t.Context(), with(func(r *cancel.Request) { r.ID = strings.ToLower(r.ID) }))
	require.NoError(t, err, "UUIDs are compared without case")
}

func TestTheOtherSpellingOfAnAmpersandIsTriedOnce(t *testing.T) {
	const (
		raw     = "?re=A&C010203AB9&rr=Ñ&&010203AB9&tt=1.0&id=" + folio
		escaped = "?re=A&amp;C010203AB9&rr=Ñ&amp;&amp;010203AB9&tt=1.0&id=" + folio
	)
	bad, good := result(invalid, "", "No Encontrado"), result(found, "No cancelable", "Cancelado", "Plazo vencido")
	for name, call := range calls {
		for first, second := range map[string]string{raw: escaped, escaped: raw} {
			req := request
			req.Expression = first

			a, c := answering(t, bad, good)
			require.NoError(t, call(c, t.Context(), req), name)
			assert.Equal(t, []string{first, second}, a.sent(t))

			a, c = answering(t, good)
			require.NoError(t, call(c, t.Context(), req), name)
			assert.Equal(t, []string{first}, a.sent(t))

			a, c = answering(t, bad)
			err := call(c, t.Context(), req)
			if name != "Lookup" {
				requireReason(t, cancel.ErrUnexpected, err)
			}
			assert.Equal(t, []string{first, second}, a.sent(t), "no third time")

			a, c = answering(t, bad, "<html>")
			requireReason(t, cancel.ErrUnavailable, call(c, t.Context(), req), "so that it is asked again")
			assert.Len(t, a.sent(t), 2)

			a, c = answering(t, result(notFound, "", "No Encontrado"))
			_ = call(c, t.Context(), req)
			assert.Len(t, a.sent(t), 1, "N - 602 is an answer")
		}
		a, c := answering(t, bad)
		_ = call(c, t.Context(), request)
		assert.Equal(t, []string{expression}, a.sent(t), "without an ampersand there is one spelling")
	}
}

func TestAContextThatHasEndedSendsNothing(t *testing.T) {
	a, c := answering(t, result(found, "", "Vigente", ""))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for name, call := range calls {
		err := call(c, ctx, request)
		requireReason(t, cancel.ErrUnavailable, err, name)
		require.ErrorIs(t, err, context.Canceled)
	}
	assert.Empty(t, a.sent(t))
}

func TestNew(t *testing.T) {
	for what, config := range map[string]Config{
		"Environment is missing": {},
		"Environment":            {Environment: "test"},
		"Endpoint is plain http": {Endpoint: "http://example.com"},
		"Options.Timeout":        {Environment: cancel.Sandbox, Options: cancel.ClientOptions{Timeout: -1}},
		"Options.MaxResponse":    {Environment: cancel.Sandbox, Options: cancel.ClientOptions{MaxResponseBytes: -1}},
	} {
		c, err := New(config)
		assert.Nil(t, c)
		failure := requireReason(t, cancel.ErrInvalid, err)
		assert.Contains(t, failure.Message, what)
	}
	for environment, url := range map[cancel.Environment]string{
		cancel.Sandbox:    "https://pruebacfdiconsultaqr.cloudapp.net/ConsultaCFDIService.svc",
		cancel.Production: "https://consultaqr.facturaelectronica.sat.gob.mx/ConsultaCFDIService.svc",
	} {
		c, err := New(Config{Environment: environment})
		require.NoError(t, err)
		assert.Equal(t, url, c.soap.Target)
	}
}
