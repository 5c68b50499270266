package factible

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/adaptertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	invoice  = "0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F"
	another  = "E329DD15-7D0B-44E9-A204-51A7443D1FBE"
	password = " una & \"otra\" <contraseña> "
)

type (
	vendor = adaptertest.Vendor
	expect = adaptertest.Expect
)

// client returns a Client of v.
func client(t *testing.T, v *vendor, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{Username: "usuario@example.com", Password: cancel.NewSecret(password), Endpoint: v.URL}
	for _, f := range change {
		f(&config)
	}
	c, err := New(config)
	require.NoError(t, err)
	return c
}

type method func(*Client, context.Context, cancel.Request) (cancel.Result, error)

var methods = map[string]struct {
	call method
	op   operation
}{
	"cancelarSectorPrimario":        {(*Client).Cancel, cancelPrimarySector},
	"getStatusCancelacionAsincrona": {(*Client).Status, getStatus},
}

var primary = cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: invoice}

// answered is an answer of the operation with the given fields.
func answered(op, fields string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:` +
		op + `Response xmlns:ns="http://ws.cfdi.solucionfactible.com"><ns:return xmlns:ax211="x" xmlns:xsi="i" xsi:type="ax211:StatusCancelacionResponse">` +
		fields + `</ns:return></ns:` + op + `Response></soapenv:Body></soapenv:Envelope>`
}

func coded(code string) string { return "<ax211:status>" + code + "</ax211:status>" }

// acuseOf is an acuse with the given folios, a UUID and its EstatusUUID by turns.
func acuseOf(folios ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><Acuse Fecha="2026-02-03T10:20:30.1234567" RfcEmisor="EKU9003173C9">`)
	for i := 0; i < len(folios); i += 2 {
		b.WriteString(`<Folios xmlns="http://cancelacfd.sat.gob.mx"><UUID>` + folios[i] + `</UUID><EstatusUUID>` + folios[i+1] + `</EstatusUUID></Folios>`)
	}
	b.WriteString(`</Acuse>`)
	return b.String()
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func packed(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
