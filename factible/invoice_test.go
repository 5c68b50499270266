package factible

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/factible/factibletest/csdtest"
)

// registration is a request to register the cancellation of an invoice.
func registration(change ...func(*cancel.Request)) cancel.Request {
	req := cancel.Request{Kind: cancel.Invoice, ID: invoice, Motive: "02", Issuer: "EKU9003173C9"}
	for _, f := range change {
		f(&req)
	}
	return req
}

func TestRegistrationOnTheWire(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*cancel.Request)
		fields string
	}{
		"without replacement": {
			func(*cancel.Request) {},
			"<uuid>" + invoice + "|02|</uuid><rfcEmisor>EKU9003173C9</rfcEmisor>",
		},
		"with one": {
			func(r *cancel.Request) { r.Motive, r.ReplacedBy = "01", another },
			"<uuid>" + invoice + "|01|" + another + "</uuid><rfcEmisor>EKU9003173C9</rfcEmisor>",
		},
		"with an address to tell": {
			func(r *cancel.Request) { r.RequestedBy, r.Issuer = "caja@example.com", "Ñ&A010203AB1" },
			"<uuid>" + invoice + "|02|</uuid><rfcEmisor>Ñ&amp;A010203AB1</rfcEmisor><emailNotifica>caja@example.com</emailNotifica>",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := (&vendor{Status: 200, Answer: answered(opAsincrono, coded("200"))}).Start(t)
			c := client(t, v, func(c *Config) { c.Password, c.Properties = cancel.NewSecret("p"), []KeyValue{{"a", "1"}} })
			got, err := c.Cancel(t.Context(), registration(tt.change))
			require.NoError(t, err)
			assert.Equal(t, cancel.Pending, got.State)
			assert.Equal(t, cancel.Invoice, got.Kind)
			r, body := v.Request(t)
			assert.Equal(t, "urn:cancelarAsincrono", r.Header.Get("SOAPAction"))
			assert.Contains(t, body, `<cancelarAsincrono xmlns="`+defaultNamespace+`"><usuario>usuario@example.com</usuario><password>p</password>`+
				tt.fields+`<properties><key xmlns="`+binding+`">a</key><value xmlns="`+binding+`">1</value></properties></cancelarAsincrono>`)
		})
	}
}

func TestMalformedRegistrations(t *testing.T) {
	v := (&vendor{Status: 200, Answer: answered(opAsincrono, coded("200"))}).Start(t)
	c := client(t, v)
	for message, changes := range map[string][]func(*cancel.Request){
		"Motive": {
			func(r *cancel.Request) { r.Motive = "" },
			func(r *cancel.Request) { r.Motive = "2" },
			func(r *cancel.Request) { r.Motive = "05" },
			func(r *cancel.Request) { r.Motive = " 02" },
			func(r *cancel.Request) { r.Motive = "02|" },
		},
		"ReplacedBy": {
			func(r *cancel.Request) { r.ReplacedBy = another },
			func(r *cancel.Request) { r.Motive = "01" },
			func(r *cancel.Request) { r.Motive, r.ReplacedBy = "01", "x" },
			func(r *cancel.Request) { r.Motive, r.ReplacedBy = "01", invoice },
			func(r *cancel.Request) { r.Motive, r.ReplacedBy = "01", strings.ToLower(invoice) },
			func(r *cancel.Request) { r.Motive, r.ReplacedBy = "04", another },
		},
		"Issuer": {
			func(r *cancel.Request) { r.Issuer = "" },
			func(r *cancel.Request) { r.Issuer = "eku9003173c9" },
			func(r *cancel.Request) { r.Issuer = "EKU9013173C9" },
			func(r *cancel.Request) { r.Issuer = "EKU9003323C9" },
			func(r *cancel.Request) { r.Issuer = "EKU9003173C9 " },
			func(r *cancel.Request) { r.Issuer = "EKUEK9003173C9" },
			func(r *cancel.Request) { r.Issuer = "EKU9003173CB" },
		},
		"RequestedBy": {
			func(r *cancel.Request) { r.RequestedBy = "Caja <caja@example.com>" },
			func(r *cancel.Request) { r.RequestedBy = "caja" },
		},
		"ID": {
			func(r *cancel.Request) { r.ID = invoice + "|02|" },
			func(r *cancel.Request) { r.ID = "" },
		},
	} {
		for i, change := range changes {
			got, err := c.Cancel(t.Context(), registration(change))
			failure := expect{Reason: cancel.ErrInvalid}.Check(t, got, err, message, i)
			assert.Contains(t, failure.Message, message)
			assert.Equal(t, opAsincrono, failure.Op)
		}
	}
	for _, issuer := range []string{"EKU9003173C9", "VADA800927DJ3", "XAXX010101000", "ÑÑÑ010203AB1", "A&Ñ010203ABA"} {
		_, err := c.Cancel(t.Context(), registration(func(r *cancel.Request) { r.Issuer = issuer }))
		assert.NoError(t, err, issuer)
	}
	assert.Equal(t, 5, v.Count())
}

// Only a registration needs these fields. Status does not.
func TestStatusOfAnInvoiceNeedsItsUUIDAlone(t *testing.T) {
	v := (&vendor{Status: 200, Answer: answered(opGetStatus, coded("211"))}).Start(t)
	got, err := client(t, v).Status(t.Context(), cancel.Request{Kind: cancel.Invoice, ID: invoice})
	require.NoError(t, err)
	assert.Equal(t, cancel.Pending, got.State)
}

// registered is what each status of registering becomes.
var registered = map[string]expect{
	"200": {State: cancel.Pending}, "201": {State: cancel.Pending}, "202": {State: cancel.Pending},
	"211": {State: cancel.Pending}, "701": {State: cancel.Pending},
	"303": {Reason: cancel.ErrInvalid}, "305": {Reason: cancel.ErrInvalid}, "306": {Reason: cancel.ErrInvalid},
	"308": {Reason: cancel.ErrInvalid}, "402": {Reason: cancel.ErrInvalid}, "611": {Reason: cancel.ErrInvalid},
	"621": {Reason: cancel.ErrInvalid}, "1701": {Reason: cancel.ErrInvalid}, "1702": {Reason: cancel.ErrInvalid},
	"1703": {Reason: cancel.ErrInvalid}, "1704": {Reason: cancel.ErrInvalid}, "1710": {Reason: cancel.ErrInvalid},
	"1711": {Reason: cancel.ErrInvalid}, "1712": {Reason: cancel.ErrInvalid}, "1713": {Reason: cancel.ErrInvalid},
	"1801": {Reason: cancel.ErrInvalid}, "1802": {Reason: cancel.ErrInvalid}, "1803": {Reason: cancel.ErrInvalid},
	"204": {Reason: cancel.ErrNotCancellable}, "213": {Reason: cancel.ErrRejected},
	"500": {Reason: cancel.ErrUnavailable}, "501": {Reason: cancel.ErrUnavailable},
	"601": {Reason: cancel.ErrAuth}, "602": {Reason: cancel.ErrAuth}, "603": {Reason: cancel.ErrAuth},
	"604": {Reason: cancel.ErrAuth}, "605": {Reason: cancel.ErrAuth}, "633": {Reason: cancel.ErrAuth},
	"620": {Reason: cancel.ErrForbidden}, "623": {Reason: cancel.ErrNotFound}, "702": {Reason: cancel.ErrNotFound},
}

func TestRegistrationStatuses(t *testing.T) {
	for _, op := range []operation{asincrono, enviarSolicitud} {
		for code := range 2100 {
			code := strconv.Itoa(code)
			want, ok := registered[code]
			if !ok {
				want.Reason = cancel.ErrUnexpected
			}
			got, err := op.read(registration(), 200, "", answered(op.name, coded(code)))
			want.Check(t, got, err, op.name, code)
		}
	}
}

// Registered is not cancelled, with any other content.
func TestARegistrationProvesNothing(t *testing.T) {
	acuse := "<ax211:acuseSat>" + packed(acuseOf(invoice, "201")) + "</ax211:acuseSat>"
	got, err := asincrono.read(registration(), 200, "", answered(opAsincrono, acuse+coded("200")))
	require.NoError(t, err)
	assert.Equal(t, cancel.Pending, got.State)
	assert.NotNil(t, got.Receipt, "but nothing is lost")
}

// Every row of the table that users read is the one that answers are taken by.
func TestTableIsTheOneThatCounts(t *testing.T) {
	ops := map[string]operation{
		opSectorPrimario: cancelPrimarySector, opGetStatus: getStatus, opAsincrono: asincrono, opEnviarSolicitud: enviarSolicitud,
	}
	seen := map[string]bool{}
	for _, row := range Codes() {
		want := expect{State: row.State, Reason: row.Reason}
		assert.NotEqual(t, row.State == "", row.Reason == nil, row.Code)
		for _, name := range row.Operations {
			assert.False(t, seen[name+row.Code], "%s stands twice for %s", row.Code, name)
			seen[name+row.Code] = true
			fields, op := coded(row.Code), ops[name]
			if name == inAcuse {
				op, fields = getStatus, "<ax211:acuseSat>"+escaped(acuseOf(invoice, row.Code))+"</ax211:acuseSat>"+coded("200")
			}
			got, err := op.read(registration(), 200, "", answered(op.name, fields))
			want.Check(t, got, err, name, row.Code)
			assert.Equal(t, row.AskAgain, cancel.Retryable(err), row.Code)
		}
	}
	codes := Codes()
	codes[0].Operations[0] = "changed"
	assert.NotEqual(t, codes[0].Operations, Codes()[0].Operations, "a copy")
}

func TestSignedRegistration(t *testing.T) {
	const rfc = "EKU9003173C9"
	keys := newCSD(rfc)
	v := (&vendor{Status: 200, Answer: answered(opEnviarSolicitud, coded("200"))}).Start(t)
	c := client(t, v, func(c *Config) { c.Password, c.CSD = cancel.NewSecret("p"), keys })
	got, err := c.Cancel(t.Context(), registration(func(r *cancel.Request) {
		r.Motive, r.ReplacedBy, r.RequestedBy = "01", another, "caja@example.com"
	}))
	require.NoError(t, err)
	assert.Equal(t, cancel.Pending, got.State)

	r, body := v.Request(t)
	assert.Equal(t, "urn:enviarSolicitudCancelacionAsincrono", r.Header.Get("SOAPAction"))
	before, rest, _ := strings.Cut(body, "<solicitud>")
	solicitud, after, _ := strings.Cut(rest, "</solicitud>")
	assert.Contains(t, before, `<enviarSolicitudCancelacionAsincrono xmlns="`+defaultNamespace+`"><usuario>usuario@example.com</usuario><password>p</password>`)
	assert.Contains(t, after, "<emailNotifica>caja@example.com</emailNotifica></enviarSolicitudCancelacionAsincrono>")
	signed, err := base64.StdEncoding.DecodeString(solicitud)
	require.NoError(t, err)
	asked, err := csdtest.Verify(signed)
	require.NoError(t, err)
	assert.Equal(t, rfc, asked.RfcEmisor)
	require.Len(t, asked.Folios, 1)
	assert.Equal(t, invoice, asked.Folios[0].UUID)
	assert.Equal(t, "01", asked.Folios[0].Motivo)
	assert.Equal(t, another, asked.Folios[0].FolioSustitucion)
	for what, secret := range map[string]string{"key": string(keys.Key), "password": revealed(keys.Password)} {
		assert.NotContains(t, body, packed(secret), what)
		assert.NotContains(t, string(signed), secret, what)
	}
}

func TestConfigShowsNoCSD(t *testing.T) {
	csd := CSD(csdtest.New("EKU9003173C9"))
	config := Config{Username: "u", Password: cancel.NewSecret("p"), Environment: cancel.Sandbox, CSD: &csd}
	c, err := New(config)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, shown := range []string{fmt.Sprintf(verb, config), fmt.Sprintf(verb, &config), fmt.Sprintf(verb, c), fmt.Sprintf(verb, *c), fmt.Sprintf(verb, []*Config{&config})} {
			assert.NotContains(t, shown, revealed(csd.Password), verb)
			assert.NotContains(t, shown, fmt.Sprintf("%x", revealed(csd.Password)), verb)
			assert.NotContains(t, shown, fmt.Sprint(csd.Key[:16])[1:], verb)
		}
	}
	//lint:ignore SA1026 its HTTPClient is nil
	text, err := json.Marshal(config)
	require.NoError(t, err)
	assert.NotContains(t, string(text), packed(string(csd.Key))[:40])
}

func TestPreflightIsUnsupported(t *testing.T) {
	c, err := New(Config{Username: "u", Password: cancel.NewSecret("p"), Environment: cancel.Sandbox})
	require.NoError(t, err)
	_, err = c.Preflight(t.Context(), registration(func(*cancel.Request) {}))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorIs(t, err, cancel.ErrInvalid)
}
