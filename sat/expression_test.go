package sat

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/unified-cancel/cancel"
)

// vector is a CFDI, by the attributes that matter, and its expression.
type vector struct {
	Version, Total, Issuer, Receiver, UUID, Sello string
	Expression                                    string
}

// vectors returns the vectors of testdata/sat/expressions.json by rule.
func vectors(tb testing.TB) map[string][]vector {
	tb.Helper()
	text, err := os.ReadFile("../testdata/sat/expressions.json")
	require.NoError(tb, err)
	var rules []struct {
		Rule, Source string
		Vectors      []vector
	}
	require.NoError(tb, json.Unmarshal(text, &rules))
	all := make(map[string][]vector)
	for _, r := range rules {
		require.NotEmpty(tb, r.Source, r.Rule)
		require.GreaterOrEqual(tb, len(r.Vectors), 10, r.Rule)
		all[r.Rule] = r.Vectors
	}
	return all
}

// cfdi returns the document of v.
func (v vector) cfdi() string {
	names := strings.NewReplacer()
	if v.Version == "3.2" {
		names = strings.NewReplacer("Version=", "version=", "Total=", "total=", "Sello=", "sello=", "Rfc=", "rfc=")
	}
	space := map[string]string{"3.2": "3", "3.3": "3", "4.0": "4"}[v.Version]
	attr := func(name, value string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(value))
		return names.Replace(name+"=") + `"` + b.String() + `"`
	}
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/` + space + `" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" ` +
		attr("Version", v.Version) + ` SubTotal="1" subTotal="1" ` + attr("Total", v.Total) + " " + attr("Sello", v.Sello) + `>` +
		`<cfdi:CfdiRelacionados><cfdi:CfdiRelacionado UUID="11111111-1111-4111-8111-111111111111"/></cfdi:CfdiRelacionados>` +
		`<cfdi:Emisor ` + attr("Rfc", v.Issuer) + ` Nombre="Peña &amp; Cía"/><cfdi:Receptor ` + attr("Rfc", v.Receiver) + `/>` +
		`<cfdi:Conceptos><cfdi:Concepto><cfdi:ACuentaTerceros/><cfdi:ComplementoConcepto/></cfdi:Concepto></cfdi:Conceptos>` +
		`<cfdi:Complemento><tfd:TimbreFiscalDigital xmlns:tfd="http://www.sat.gob.mx/TimbreFiscalDigital" Version="1.1" SelloCFD="zzzzzzzz" ` +
		attr("UUID", v.UUID) + `/></cfdi:Complemento></cfdi:Comprobante>`
}

func TestExpressionsOfTheVectors(t *testing.T) {
	for rule, all := range vectors(t) {
		for _, v := range all {
			got, err := Expression([]byte(v.cfdi()))
			require.NoError(t, err, "%s: %+v", rule, v)
			assert.Equal(t, v.Expression, got, rule)
			printed, err := parse(got)
			require.NoError(t, err, "it can be asked about")
			assert.Equal(t, v.UUID, printed["id"])
		}
	}
}

var sample = vector{
	Version: "4.0", Total: "1160.00", Issuer: "ÑAÑ010203AB9", Receiver: "A&C010203AB9", UUID: folio, Sello: "AAAAAAAAcdefgh12",
	Expression: verifier + "?id=" + folio + "&re=ÑAÑ010203AB9&rr=A&amp;C010203AB9&tt=1160.0&fe=cdefgh12",
}

func TestExpressionInEveryCharset(t *testing.T) {
	declared := func(charset string) string { return strings.Replace(sample.cfdi(), "UTF-8", charset, 1) }
	bare := sample.cfdi()[strings.Index(sample.cfdi(), "?>")+2:]
	encoded := func(e encoding.Encoding, s string) string {
		out, err := e.NewEncoder().String(s)
		require.NoError(t, err)
		return out
	}
	for what, cfdi := range map[string]string{
		"UTF-8":                     declared("UTF-8"),
		"utf-8":                     declared("utf-8"),
		"no declaration":            bare,
		"a declaration without one": `<?xml version="1.0"?>` + bare,
		"a byte-order mark":         "\uFEFF" + declared("utf-8"),
		"a mark, and a lie":         "\uFEFF" + declared("ISO-8859-1"),
		"ISO-8859-1":                encoded(charmap.ISO8859_1, declared("ISO-8859-1")),
		"windows-1252":              encoded(charmap.Windows1252, declared("windows-1252")),
		"US-ASCII":                  strings.NewReplacer("Ñ", "&#209;", "ñ", "&#xF1;", "í", "&#xed;").Replace(declared("US-ASCII")),
		"UTF-16LE":                  encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), declared("UTF-16")),
		"UTF-16BE":                  encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), declared("UTF-16")),
		"UTF-16LE without a mark":   encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), declared("UTF-16")),
	} {
		got, err := Expression([]byte(cfdi))
		require.NoError(t, err, what)
		assert.Equal(t, sample.Expression, got, what)
	}
}

// A CFDI may hold elements of the same names in other places, with another meaning.
func TestExpressionMatchesElementsByPlace(t *testing.T) {
	const others = `<x:Emisor Rfc="XXX010203AB9"/><x:Receptor Rfc="XXX010203AB9"/><x:Comprobante Version="3.3" Total="9"/>` +
		`<x:TimbreFiscalDigital UUID="22222222-2222-4222-8222-222222222222"/>`
	cfdi := sample.cfdi()
	for what, changed := range map[string]string{
		"another prefix":    strings.NewReplacer("cfdi:", "n1:", ":cfdi=", ":n1=", "tfd:", "n2:", ":tfd=", ":n2=").Replace(cfdi),
		"no prefixes":       strings.NewReplacer("cfdi:", "", ":cfdi=", "=", "tfd:", "", ":tfd=", "=").Replace(cfdi),
		"in the concepts":   strings.Replace(cfdi, "<cfdi:ComplementoConcepto/>", "<cfdi:ComplementoConcepto>"+others+"</cfdi:ComplementoConcepto>", 1),
		"in a complement":   strings.Replace(cfdi, "<cfdi:Complemento>", "<cfdi:Complemento><n:Nomina>"+others+"</n:Nomina>", 1),
		"two Complementos":  strings.Replace(cfdi, "<cfdi:Complemento>", "<cfdi:Complemento><p:Pagos/></cfdi:Complemento><cfdi:Complemento>", 1),
		"in the Addenda":    strings.Replace(cfdi, "</cfdi:Comprobante>", "<cfdi:Addenda>"+others+"</cfdi:Addenda></cfdi:Comprobante>", 1),
		"an Addenda before": strings.Replace(cfdi, "<cfdi:Emisor", "<cfdi:Addenda>"+others+"</cfdi:Addenda><cfdi:Emisor", 1),
		"comments, CDATA":   strings.Replace(cfdi, "<cfdi:Emisor", "<!-- <a> --><?pi?>\r\n<![CDATA[ <!DOCTYPE a> ]]><cfdi:Emisor", 1),
		"single quotes":     strings.ReplaceAll(cfdi, `"`, `'`),
		"other attributes":  strings.Replace(cfdi, "<cfdi:Emisor", `<cfdi:Emisor cfdi:Rfc="XXX010203AB9" rfc="XXX010203AB9"`, 1),
		"blanks after":      cfdi + "\n\n",
	} {
		got, err := Expression([]byte(changed))
		require.NoError(t, err, what)
		assert.Equal(t, sample.Expression, got, what)
	}
}

func TestExpressionOfAPaymentComplement(t *testing.T) {
	v := sample
	v.Total = "0"
	got, err := Expression([]byte(strings.Replace(v.cfdi(), "<cfdi:Complemento>",
		`<cfdi:Complemento><pago20:Pagos xmlns:pago20="http://www.sat.gob.mx/Pagos20" Version="2.0"><pago20:Totales MontoTotalPagos="1160.00"/></pago20:Pagos>`, 1)))
	require.NoError(t, err)
	assert.Contains(t, got, "&tt=0.0&")
}

func TestExpressionRefusesEverythingElse(t *testing.T) {
	cfdi := sample.cfdi()
	with := func(change func(*vector)) string {
		v := sample
		change(&v)
		return v.cfdi()
	}
	body := cfdi[strings.Index(cfdi, "?>")+2:]
	stamp := cfdi[strings.Index(cfdi, "<tfd:"):strings.Index(cfdi, "</cfdi:Complemento>")]
	for what, tt := range map[string]struct{ cfdi, says string }{
		"nothing":            {"", "no TimbreFiscalDigital"},
		"JSON":               {`{"a":1}`, "outside"},
		"text after it":      {cfdi + "x", "outside"},
		"HTML":               {"<html></html>", "root element is html"},
		"a PDF":              {"%PDF-1.7\n\xff\xfe", ""},
		"not stamped":        {strings.Replace(cfdi, stamp, "", 1), "not stamped"},
		"stamped elsewhere":  {strings.Replace(strings.Replace(cfdi, stamp, "", 1), "<cfdi:ACuentaTerceros/>", stamp, 1), "not stamped"},
		"stamped in Addenda": {strings.Replace(cfdi, "Complemento>", "Addenda>", 2), "not stamped"},
		"two stamps":         {strings.Replace(cfdi, stamp, stamp+stamp, 1), "two"},
		"two stamps apart":   {strings.Replace(cfdi, stamp, stamp+"</cfdi:Complemento><cfdi:Complemento>"+stamp, 1), "two"},
		"two CFDI":           {body + body, "two"},
		"two CFDI in one":    {"<a>" + body + body + "</a>", "root element is a"},
		"two Emisor":         {strings.Replace(cfdi, "<cfdi:Receptor", `<cfdi:Emisor Rfc="ABC010203AB9"/><cfdi:Receptor`, 1), "two"},
		"no Emisor":          {strings.Replace(cfdi, "cfdi:Emisor", "cfdi:Otro", 1), "no Comprobante/Emisor"},
		"no Receptor":        {strings.Replace(cfdi, "cfdi:Receptor", "cfdi:Otro", 1), "no Comprobante/Receptor"},
		"a retención 1.0": {`<retenciones:Retenciones xmlns:retenciones="http://www.sat.gob.mx/esquemas/retencionpago/1" Version="1.0"><retenciones:Emisor RFCEmisor="ABC010203AB9"/>` +
			`<retenciones:Complemento>` + stamp + `</retenciones:Complemento></retenciones:Retenciones>`, "Retenciones"},
		"a retención 2.0":         {`<retenciones:Retenciones xmlns:retenciones="http://www.sat.gob.mx/esquemas/retencionpago/2" Version="2.0"/>`, "Retenciones"},
		"a DTD":                   {"<!DOCTYPE a>" + body, "document type"},
		"entities":                {`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]>` + body, "document type"},
		"a DTD within":            {strings.Replace(cfdi, "<cfdi:Emisor", "<!DOCTYPE a><cfdi:Emisor", 1), "document type"},
		"CFD 2.2":                 {strings.NewReplacer(`Version="4.0"`, `version="2.2"`).Replace(cfdi), "version"},
		"version 5.0":             {strings.NewReplacer(`Version="4.0"`, `Version="5.0"`).Replace(cfdi), "version"},
		"4.0 in lower case":       {strings.NewReplacer(`Version="4.0"`, `version="4.0"`).Replace(cfdi), "version"},
		"3.2 in upper case":       {strings.NewReplacer(`Version="4.0"`, `Version="3.2"`).Replace(cfdi), "version"},
		"no version":              {strings.NewReplacer(`Version="4.0"`, ``).Replace(cfdi), "version"},
		"cut":                     {cfdi[:len(cfdi)-5], "EOF"},
		"a wrong end":             {strings.Replace(cfdi, "</cfdi:Complemento>", "</cfdi:Otro>", 1), ""},
		"no UTF-8":                {strings.Replace(cfdi, "Ñ", "\xd1", 1), ""},
		"another charset":         {strings.Replace(cfdi, "UTF-8", "klingon", 1), "klingon"},
		"a UUID of none":          {with(func(v *vector) { v.UUID = "1" }), "UUID"},
		"no UUID":                 {with(func(v *vector) { v.UUID = "" }), "UUID"},
		"an Emisor without RFC":   {with(func(v *vector) { v.Issuer = "" }), "Emisor"},
		"an RFC that is too long": {with(func(v *vector) { v.Issuer = "ABCDE010203AB9" }), "Emisor"},
		"an RFC of lower case":    {with(func(v *vector) { v.Receiver = "abc010203ab9" }), "Receptor"},
		"an RFC with parameters":  {with(func(v *vector) { v.Receiver = "ABC010203AB9&tt=1" }), "Receptor"},
		"no Sello":                {with(func(v *vector) { v.Sello = "" }), "Sello"},
		"a short Sello":           {with(func(v *vector) { v.Sello = "abcdefg" }), "Sello"},
		"a Sello of none":         {with(func(v *vector) { v.Sello = "abcdef&h" }), "Sello"},
	} {
		got, err := Expression([]byte(tt.cfdi))
		assert.Empty(t, got, what)
		failure := requireReason(t, cancel.ErrInvalid, err, what)
		assert.Contains(t, failure.Message, tt.says, what)
	}
	for _, total := range []string{
		"", "-1", "+1", ".5", "1,160.00", "1e3", "0x1", "1.1234567", "1 000", "1.0.0", "NaN", "١", "1234567890123456789", "1000000000000000000.0",
	} {
		_, err := Expression([]byte(with(func(v *vector) { v.Total = total })))
		failure := requireReason(t, cancel.ErrInvalid, err, total)
		assert.Contains(t, failure.Message, "Total")
	}
	for _, total := range []string{"10000000000", "12345678901.5", "0.1234567"} {
		_, err := Expression([]byte(with(func(v *vector) { v.Version, v.Total = "3.2", total })))
		failure := requireReason(t, cancel.ErrInvalid, err, total)
		assert.Contains(t, failure.Message, "Total")
	}
}

func TestALongAddendaCostsNoMemory(t *testing.T) {
	const length = 10 << 20
	v := sample
	v.Issuer, v.Receiver = "EKU9003173C9", "XAXX010101000"
	for what, addenda := range map[string]string{
		"text":     strings.Repeat("x", length),
		"elements": strings.Repeat("<a b='c'/>", length/10),
	} {
		for _, charset := range []string{"UTF-8", "ISO-8859-1"} {
			cfdi := []byte(strings.NewReplacer("UTF-8", charset, "</cfdi:Comprobante>", "<cfdi:Addenda>"+addenda+"</cfdi:Addenda></cfdi:Comprobante>").Replace(v.cfdi()))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Expression(cfdi)
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "%s, %s", what, charset)
		}
	}
}

func TestALongComplementIsNotKept(t *testing.T) {
	payment := strings.Repeat(`<p:Pago><p:DoctoRelacionado IdDocumento="11111111-1111-4111-8111-111111111111" ImpPagado="1.00"/></p:Pago>`+"\r\n", 20_000)
	cfdi := []byte(strings.Replace(sample.cfdi(), "<cfdi:Complemento>", "<cfdi:Complemento><p:Pagos>"+payment+"</p:Pagos>", 1))
	got, err := Expression(cfdi)
	require.NoError(t, err)
	assert.Equal(t, sample.Expression, got)
}

func TestExpressionNamesTheInvoiceOfItsError(t *testing.T) {
	v := sample
	v.Total = "x"
	_, err := Expression([]byte(v.cfdi()))
	assert.EqualError(t, err, fmt.Sprintf("sat: Expression %s: invalid request: the Total is not an amount", folio))
}

func FuzzExpression(f *testing.F) {
	for _, all := range vectors(f) {
		for _, v := range all {
			f.Add([]byte(v.cfdi()))
		}
	}
	f.Fuzz(func(t *testing.T, cfdi []byte) {
		got, err := Expression(cfdi)
		if err != nil {
			require.Empty(t, got)
			require.ErrorIs(t, err, cancel.ErrInvalid)
			require.LessOrEqual(t, len(err.Error()), 500)
			return
		}
		printed, err := parse(got)
		require.NoError(t, err)
		require.NotContains(t, printed["tt"], "&")
		require.Regexp(t, `^[0-9]{1,18}\.[0-9]{1,6}$`, printed["tt"])
	})
}
