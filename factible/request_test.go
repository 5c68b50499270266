package factible

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

const (
	envelope11 = "http://schemas.xmlsoap.org/soap/envelope/"
	envelope12 = "http://www.w3.org/2003/05/soap-envelope"
	binding    = "http://binding.soap.cancelacion.commons.cfdi.solucionfactible.com/xsd"
)

func TestRequestsOnTheWire(t *testing.T) {
	const user, word = " usuario\t<1>", " una &amp; &#34;otra&#34; &lt;contraseña&gt; "
	properties := []KeyValue{{"b", "2 & 3"}, {"a", ""}}
	for name, tt := range map[string]struct {
		change func(*Config)
		// what stands in the element of the operation, and its namespace
		cancel, status, namespace string
	}{
		"plain": {
			func(*Config) {},
			"<uuid>" + invoice + "</uuid>", "<transactionId>" + invoice + "</transactionId>", defaultNamespace,
		},
		"another namespace": {
			func(c *Config) { c.Namespace = "http://timbrado.ws.cfdi.solucionfactible.com/?a&b" },
			"<uuid>" + invoice + "</uuid>", "<transactionId>" + invoice + "</transactionId>", "http://timbrado.ws.cfdi.solucionfactible.com/?a&amp;b",
		},
		"properties": {
			func(c *Config) { c.Properties = properties },
			"<uuid>" + invoice + "</uuid>",
			"<transactionId>" + invoice + "</transactionId>" +
				`<properties><key xmlns="` + binding + `">b</key><value xmlns="` + binding + `">2 &amp; 3</value></properties>` +
				`<properties><key xmlns="` + binding + `">a</key><value xmlns="` + binding + `"></value></properties>`,
			defaultNamespace,
		},
	} {
		for op, m := range methods {
			for _, soap12 := range []bool{false, true} {
				v := (&vendor{Status: 200, Answer: answered(op, coded("211"))}).Start(t)
				c := client(t, v, tt.change, func(c *Config) {
					c.Username, c.SOAP12 = " usuario\t<1>", soap12
					c.Options.UserAgent = "caja/7"
				})
				_, err := m.call(c, t.Context(), primary)
				require.NoError(t, err, name)

				r, body := v.Request(t)
				envelope, fields := envelope11, tt.cancel
				if soap12 {
					envelope = envelope12
				}
				if m.op.readOnly {
					fields = tt.status
				}
				assert.Equal(t, `<soap:Envelope xmlns:soap="`+envelope+`"><soap:Body><`+op+` xmlns="`+tt.namespace+`">`+
					`<usuario> usuario&#x9;&lt;1&gt;</usuario><password>`+word+`</password>`+fields+
					`</`+op+`></soap:Body></soap:Envelope>`, body, name)

				assert.Equal(t, http.MethodPost, r.Method)
				assert.EqualValues(t, len(body), r.ContentLength)
				assert.Equal(t, "caja/7", r.UserAgent())
				assert.Empty(t, r.Header.Values("Connection"))
				if soap12 {
					assert.Equal(t, []string{`application/soap+xml; charset=utf-8; action="urn:` + op + `"`}, r.Header.Values("Content-Type"))
					assert.Empty(t, r.Header.Values("SOAPAction"))
				} else {
					assert.Equal(t, []string{`text/xml; charset="utf-8"`}, r.Header.Values("Content-Type"))
					assert.Equal(t, []string{"urn:" + op}, r.Header.Values("SOAPAction"))
				}
			}
		}
	}
}

func TestPropertiesAreNotThoseOfTheConfigLater(t *testing.T) {
	v := (&vendor{Status: 200, Answer: answered(getStatus.name, coded("211"))}).Start(t)
	properties := []KeyValue{{"a", "before"}}
	c := client(t, v, func(c *Config) { c.Properties = properties })
	properties[0].Value = "after"
	_, err := c.Status(t.Context(), primary)
	require.NoError(t, err)
	_, body := v.Request(t)
	assert.Contains(t, body, "before")
}

func TestIDIsSentAsGiven(t *testing.T) {
	for _, id := range []string{invoice, strings.ToLower(invoice), "0b2F8C1e-5d3A-4e6b-9C7D-1a2B3c4D5e6F"} {
		for op, m := range methods {
			v := (&vendor{Status: 200, Answer: answered(op, coded("211"))}).Start(t)
			got, err := m.call(client(t, v), t.Context(), cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: id})
			require.NoError(t, err)
			assert.Equal(t, id, got.ID)
			_, body := v.Request(t)
			assert.Contains(t, body, ">"+id+"<")
		}
	}
}

func TestStatusOfAnInvoice(t *testing.T) {
	v := (&vendor{Status: 200, Answer: answered(getStatus.name, coded("211"))}).Start(t)
	got, err := client(t, v).Status(t.Context(), cancel.Request{
		Provider: "ignored", Kind: cancel.Invoice, ID: invoice, Motive: "02", Issuer: "EKU9003173C9", Reason: "\x00", RequestedBy: "nobody",
	})
	require.NoError(t, err)
	assert.Equal(t, cancel.Invoice, got.Kind)
	assert.Equal(t, "factible", got.Provider)
}

func TestNothingMalformedIsSent(t *testing.T) {
	v := (&vendor{Status: 200}).Start(t)
	c := client(t, v)
	for what, tt := range map[string]struct {
		req    cancel.Request
		cancel []string // words of the message
		status []string
	}{
		"no kind":      {req: cancel.Request{ID: invoice}, cancel: []string{"Kind", "primary_sector_invoice"}, status: []string{"Kind", "primary_sector_invoice", "or invoice"}},
		"payment":      {req: cancel.Request{Kind: cancel.Payment, ID: invoice}, cancel: []string{"primary_sector_invoice"}, status: []string{"primary_sector_invoice", "or invoice"}},
		"document":     {req: cancel.Request{Kind: cancel.Document, ID: invoice}, cancel: []string{"primary_sector_invoice"}, status: []string{"primary_sector_invoice"}},
		"another case": {req: cancel.Request{Kind: "Primary_Sector_Invoice", ID: invoice}, cancel: []string{"Kind"}, status: []string{"Kind"}},
		"no ID":        {req: cancel.Request{Kind: cancel.PrimarySectorInvoice}, cancel: []string{"ID"}, status: []string{"ID"}},
		"a bad ID":     {req: cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: invoice + "|02|"}, cancel: []string{"ID"}, status: []string{"ID"}},
		"a blank ID":   {req: cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: invoice + "\n"}, cancel: []string{"ID"}, status: []string{"ID"}},
		"a zero ID":    {req: cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: "\x00" + invoice}, cancel: []string{"ID"}, status: []string{"ID"}},
	} {
		for op, words := range map[string][]string{cancelPrimarySector.name: tt.cancel, getStatus.name: tt.status} {
			got, err := methods[op].call(c, t.Context(), tt.req)
			failure := expect{Reason: cancel.ErrInvalid}.Check(t, got, err, what)
			assert.Equal(t, op, failure.Op)
			assert.Equal(t, tt.req.ID, failure.ID)
			assert.Zero(t, failure.HTTPStatus)
			for _, word := range words {
				assert.Contains(t, failure.Message, word, what)
				assert.Contains(t, err.Error(), word, what)
			}
		}
	}
	assert.Zero(t, v.Count())
}
