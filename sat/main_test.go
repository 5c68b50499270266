package sat

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	folio      = "0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F"
	expression = "?re=EKU9003173C9&rr=XAXX010101000&tt=1160.0&id=" + folio + "&fe=abcd/g=="

	found    = "S - Comprobante obtenido satisfactoriamente."
	notFound = "N - 602: Comprobante no encontrado."
	invalid  = "N - 601: La expresión impresa proporcionada no es válida."
)

var request = cancel.Request{Kind: cancel.Invoice, ID: folio, Expression: expression}

// authority is a loopback server that answers each request with the next of its answers, and
// then with the last one again.
type authority struct {
	status  int // 200 if it is 0
	answers []string
	mu      sync.Mutex
	asked   []*http.Request
	bodies  []string
	url     string
}

func (a *authority) start(tb testing.TB) *authority {
	tb.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.asked = append(a.asked, r)
		a.bodies = append(a.bodies, string(body))
		answer := a.answers[min(len(a.asked), len(a.answers))-1]
		a.mu.Unlock()
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.WriteHeader(max(a.status, 200))
		_, _ = io.WriteString(w, answer)
	}))
	tb.Cleanup(s.Close)
	a.url = s.URL
	return a
}

func (a *authority) client(tb testing.TB) *Client {
	tb.Helper()
	c, err := New(Config{Endpoint: a.url})
	require.NoError(tb, err)
	return c
}

// sent returns the expressions that were asked about.
func (a *authority) sent(t *testing.T) []string {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []string
	for _, body := range a.bodies {
		var envelope struct {
			Expression string `xml:"Body>Consulta>expresionImpresa"`
		}
		require.NoError(t, xml.Unmarshal([]byte(body), &envelope))
		all = append(all, envelope.Expression)
	}
	return all
}

func answering(t *testing.T, answers ...string) (*authority, *Client) {
	t.Helper()
	a := (&authority{answers: answers}).start(t)
	return a, a.client(t)
}

// result is an answer of the SAT with the fields in the order of Record.
func result(fields ...string) string {
	var b strings.Builder
	for i, name := range []string{"CodigoEstatus", "EsCancelable", "Estado", "EstatusCancelacion", "ValidacionEFOS"} {
		if i < len(fields) {
			b.WriteString("<a:" + name + ">")
			_ = xml.EscapeText(&b, []byte(fields[i]))
			b.WriteString("</a:" + name + ">")
		}
	}
	return enveloped(b.String())
}

func enveloped(fields string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><ConsultaResponse xmlns="http://tempuri.org/">` +
		`<ConsultaResult xmlns:a="http://schemas.datacontract.org/2004/07/Sat.Cfdi.Negocio.ConsultaCfdi.Servicio" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` +
		fields + `</ConsultaResult></ConsultaResponse></s:Body></s:Envelope>`
}

func faulted(code, words string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>` + code +
		`</faultcode><faultstring xml:lang="es-MX">` + words + `</faultstring></s:Fault></s:Body></s:Envelope>`
}

// requireReason returns err as the one *cancel.Error that has this reason.
func requireReason(t *testing.T, reason, err error, what ...any) *cancel.Error {
	t.Helper()
	failure, ok := errors.AsType[*cancel.Error](err)
	require.True(t, ok, what...)
	assert.Equal(t, reason, failure.Reason, what...)
	assert.Equal(t, "sat", failure.Provider)
	return failure
}

// calls are the methods that ask about a request.
var calls = map[string]func(*Client, context.Context, cancel.Request) error{
	"Status": func(c *Client, ctx context.Context, req cancel.Request) error {
		_, err := c.Status(ctx, req)
		return err
	},
	"Preflight": func(c *Client, ctx context.Context, req cancel.Request) error {
		_, err := c.Preflight(ctx, req)
		return err
	},
	"Lookup": func(c *Client, ctx context.Context, req cancel.Request) error {
		_, err := c.Lookup(ctx, req.Expression)
		return err
	},
}
