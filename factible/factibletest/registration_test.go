package factibletest_test

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/factible/factibletest/csdtest"
	"github.com/unified-cancel/cancel/internal/adaptertest"
)

const uuidC = "0A1B2C3D-0000-4000-8000-00000000000C"

// register asks to cancel an invoice that the recipient has to consent to, and returns
// the vendor's code.
func register(t *testing.T, client *factible.Client, id string) string {
	t.Helper()
	result, err := client.Cancel(t.Context(), consented(id))
	if err == nil {
		assert.Equal(t, cancel.Pending, result.State)
		assert.Nil(t, result.Receipt)
	}
	return codeOf(t, result, err)
}

func TestRegistersAndTheRecipientAccepts(t *testing.T) {
	for name, configOf := range map[string]func(*factibletest.Simulator) factible.Config{
		"SOAP 1.1": (*factibletest.Simulator).Config,
		"SOAP 1.2": (*factibletest.Simulator).ConfigSOAP12,
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			config := configOf(sim)
			config.Properties = []factible.KeyValue{{Key: "llave", Value: "valor"}}
			client, err := factible.New(config)
			require.NoError(t, err)

			assert.Equal(t, "623", register(t, client, uuidA))
			sim.Register(uuidA)
			assert.False(t, sim.IsRegistered(uuidA))
			assert.Equal(t, "200", register(t, client, strings.ToLower(uuidA)))
			assert.Equal(t, "211", statusCode(t, client, uuidA))
			assert.Equal(t, "701", register(t, client, uuidA))
			assert.True(t, sim.IsRegistered(uuidA))
			assert.False(t, sim.IsCancelled(uuidA))
			assert.Empty(t, sim.Cancelled())

			sim.Accept(strings.ToLower(uuidA))
			result, err := client.Status(t.Context(), consented(uuidA))
			require.NoError(t, err)
			assert.Equal(t, cancel.Cancelled, result.State)
			receipt, err := factible.ParseReceipt(result.Receipt)
			require.NoError(t, err)
			assert.Equal(t, issuer, receipt.RfcEmisor)
			assert.Equal(t, "201", receipt.Folios[0].EstatusUUID)
			assert.WithinDuration(t, time.Now(), receipt.Fecha, time.Minute)
			assert.Equal(t, []string{uuidA}, sim.Cancelled())
			assert.True(t, sim.IsCancelled(uuidA))
			assert.True(t, sim.IsRegistered(uuidA))
			assert.Equal(t, "701", register(t, client, uuidA))
			assert.Equal(t, "200 202", cancelCode(t, client, uuidA))

			call := sim.Calls()[1]
			assert.Equal(t, "cancelarAsincrono", call.Op)
			assert.Equal(t, []string{strings.ToLower(uuidA)}, call.IDs)
			assert.True(t, call.Carried)
			assert.False(t, sim.Calls()[3].Carried, "there was one")
		})
	}
}

func TestRefusedCancellationCanBeRegisteredAgain(t *testing.T) {
	sim, client := start(t)
	sim.Register(uuidA)
	require.Equal(t, "200", register(t, client, uuidA))
	sim.Pass(40 * time.Hour)
	sim.Refuse(uuidA)
	_, err := client.Status(t.Context(), consented(uuidA))
	require.ErrorIs(t, err, cancel.ErrRejected)
	assert.False(t, sim.IsRegistered(uuidA))
	assert.False(t, sim.IsCancelled(uuidA))

	// The hours of the first registration do not count for the second.
	require.Equal(t, "200", register(t, client, uuidA))
	sim.Pass(40 * time.Hour)
	assert.Equal(t, "211", statusCode(t, client, uuidA))
	assert.Empty(t, sim.Cancelled())
	sim.Pass(32 * time.Hour)
	assert.Equal(t, "200 201", statusCode(t, client, uuidA))
}

func TestSilenceIsConsent(t *testing.T) {
	sim, client := start(t)
	sim.Register(uuidA, uuidB, uuidC)
	start := time.Now()
	require.Equal(t, "200", register(t, client, uuidA))
	sim.Pass(time.Hour)
	require.Equal(t, "200", register(t, client, uuidB))
	require.Equal(t, "200", register(t, client, uuidC))
	sim.Pass(70 * time.Hour)
	assert.Equal(t, "211", statusCode(t, client, uuidA))
	sim.Accept(uuidC)
	sim.Pass(100 * time.Hour)
	assert.Equal(t, []string{uuidC, uuidA, uuidB}, sim.Cancelled(), "in the order in which it happened")
	assert.True(t, sim.IsRegistered(uuidA), "silence was consent")

	result, err := client.Status(t.Context(), consented(uuidA))
	require.NoError(t, err)
	receipt, err := factible.ParseReceipt(result.Receipt)
	require.NoError(t, err)
	assert.WithinDuration(t, start.Add(72*time.Hour), receipt.Fecha, time.Minute, "when it lapsed, not when it was asked for")
}

// The first call after 72 hours finds the invoice cancelled.
func TestEveryMethodSeesALapse(t *testing.T) {
	for name, look := range map[string]func(*testing.T, *factibletest.Simulator, *factible.Client){
		"Cancelled": func(t *testing.T, sim *factibletest.Simulator, _ *factible.Client) {
			assert.Equal(t, []string{uuidA}, sim.Cancelled())
		},
		"IsCancelled": func(t *testing.T, sim *factibletest.Simulator, _ *factible.Client) {
			assert.True(t, sim.IsCancelled(uuidA))
		},
		"Refuse": func(t *testing.T, sim *factibletest.Simulator, _ *factible.Client) {
			assert.Panics(t, func() { sim.Refuse(uuidA) })
		},
		"status": func(t *testing.T, _ *factibletest.Simulator, client *factible.Client) {
			assert.Equal(t, "200 201", statusCode(t, client, uuidA))
		},
		"sector primario": func(t *testing.T, _ *factibletest.Simulator, client *factible.Client) {
			assert.Equal(t, "200 202", cancelCode(t, client, uuidA))
		},
	} {
		t.Run(name, func(t *testing.T) {
			sim, client := start(t)
			sim.Register(uuidA)
			require.Equal(t, "200", register(t, client, uuidA))
			sim.Pass(72 * time.Hour)
			look(t, sim, client)
		})
	}
}

func TestNotYetAnsweredIs200WithoutAnAcuse(t *testing.T) {
	sim, client := start(t)
	sim.Register(uuidA)
	require.Equal(t, "200", register(t, client, uuidA))
	sim.NotYetAnswered(uuidA)
	result, err := client.Status(t.Context(), consented(uuidA))
	require.NoError(t, err)
	assert.Equal(t, cancel.Pending, result.State)
	assert.Equal(t, "200", result.Code)
	assert.Contains(t, string(result.Raw), `acuseSAT xsi:nil="true"`)
	assert.Empty(t, sim.Cancelled())
	sim.Refuse(uuidA)
	assert.Equal(t, "213", statusCode(t, client, uuidA))
	require.Equal(t, "200", register(t, client, uuidA))
	assert.Equal(t, "211", statusCode(t, client, uuidA), "of that one it was not said")
}

func TestAcceptAndRefuseNeedAPendingCancellation(t *testing.T) {
	sim, client := start(t)
	sim.Register(uuidA, uuidB)
	require.Equal(t, "200", register(t, client, uuidB))
	sim.Accept(uuidB)
	for _, uuid := range []string{uuidA, uuidB, uuidC, ""} {
		assert.Panics(t, func() { sim.Accept(uuid) }, uuid)
		assert.Panics(t, func() { sim.Refuse(uuid) }, uuid)
		assert.Panics(t, func() { sim.NotYetAnswered(uuid) }, uuid)
	}
}

func TestSectorPrimarioDoesNotRegister(t *testing.T) {
	sim, client := start(t)
	sim.Register(uuidA, uuidB)
	assert.Equal(t, "200 201", cancelCode(t, client, uuidA))
	assert.False(t, sim.IsRegistered(uuidA))
	assert.Equal(t, "701", register(t, client, uuidA), "it is cancelled")

	// A pending invoice is cancelled at once, and nothing is left to lapse.
	require.Equal(t, "200", register(t, client, uuidB))
	assert.Equal(t, "200 201", cancelCode(t, client, uuidB))
	assert.Panics(t, func() { sim.Accept(uuidB) })
	sim.Pass(100 * time.Hour)
	assert.Equal(t, "200 201", statusCode(t, client, uuidB))
	assert.Equal(t, []string{uuidA, uuidB}, sim.Cancelled())
}

func TestTestUUIDsDoNotRegister(t *testing.T) {
	sim, client := start(t)
	for uuid, want := range map[string]string{
		"E329DD15-7D0B-44E9-A204-51A7443D1FBE": "204",
		"c5e58106-6c1e-41c9-a211-fb8bad1cabb0": "211",
	} {
		assert.Equal(t, want, register(t, client, uuid))
		sim.Register(uuid)
		assert.Equal(t, want, register(t, client, uuid))
		assert.False(t, sim.IsRegistered(uuid))
	}
}

func TestAnswerAndResolveSettleARegistration(t *testing.T) {
	sim, client := start(t)
	sim.Register(uuidA, uuidB)
	sim.Answer(uuidA, factibletest.Answer{Status: 402, Message: "fuera de la LCO", Acuse: []byte("<Acuse/>")})
	_, err := client.Cancel(t.Context(), consented(uuidA))
	require.ErrorIs(t, err, cancel.ErrInvalid)
	assert.False(t, sim.IsRegistered(uuidA))
	assert.False(t, sim.Calls()[0].Carried)
	sim.Answer(uuidA, factibletest.Answer{})

	require.Equal(t, "200", register(t, client, uuidA))
	require.Equal(t, "200", register(t, client, uuidB))
	sim.Resolve(uuidA, factibletest.Answer{Status: 213})
	sim.Resolve(uuidB, factibletest.Answer{Status: 211})
	assert.Equal(t, "213", statusCode(t, client, uuidA))
	assert.False(t, sim.IsRegistered(uuidA))
	assert.True(t, sim.IsRegistered(uuidB))
	sim.Resolve(uuidB, factibletest.Answer{Status: 200})
	assert.Equal(t, "200 201", statusCode(t, client, uuidB))
	sim.Pass(100 * time.Hour)
	assert.Equal(t, []string{uuidB}, sim.Cancelled(), "nothing is left to lapse")
	sim.Answer(uuidA, factibletest.Answer{})
	assert.Equal(t, "213", statusCode(t, client, uuidA))
}

func TestRegistrationChecksItsParameters(t *testing.T) {
	const rfc = "<rfcEmisor>" + issuer + "</rfcEmisor>"
	uuid := func(motivo string) string { return "<uuid>" + uuidA + motivo + "</uuid>" }
	const property = `<properties><k:key xmlns:k="` + kvNamespace + `">a</k:key></properties>`
	const secrets = "<csdCer>Q0VS</csdCer><csdKey>\nTExBVkU=\n</csdKey><csdPassword><![CDATA[clave<de>llave]]></csdPassword>"
	for name, test := range map[string]struct{ parameters, want string }{
		"02":                    {login + uuid("|02|") + rfc, "200"},
		"03":                    {login + uuid("|03|") + rfc, "200"},
		"04":                    {login + uuid("|04|") + rfc, "200"},
		"01":                    {login + uuid("|01|"+uuidB) + rfc, "200"},
		"person":                {login + uuid("|02|") + "<rfcEmisor>ÑÑ&amp;Z800101AB1</rfcEmisor>", "200"},
		"e-mail":                {login + uuid("|02|") + rfc + "<emailNotifica>legal@example.com</emailNotifica>", "200"},
		"CSD":                   {login + uuid("|02|") + rfc + "<emailNotifica/>" + secrets + property + property, "200"},
		"wrong password":        {"<usuario>usuario.simulado</usuario><password>otra</password>" + uuid("|02|") + rfc, "601"},
		"nothing":               {"", "611"},
		"no login":              {uuid("|02|") + rfc, "611"},
		"no uuid":               {login + rfc, "611"},
		"empty uuid":            {login + "<uuid></uuid>" + rfc, "611"},
		"no issuer":             {login + uuid("|02|"), "611"},
		"no issuer, malformed":  {login + uuid("|05|"), "611"},
		"uuid alone":            {login + uuid("") + rfc, "621"},
		"two parts":             {login + uuid("|02") + rfc, "621"},
		"four parts":            {login + uuid("|02||") + rfc, "621"},
		"no motivo":             {login + uuid("||") + rfc, "621"},
		"motivo 05":             {login + uuid("|05|") + rfc, "621"},
		"motivo 2":              {login + uuid("|2|") + rfc, "621"},
		"blank":                 {login + uuid("|02| ") + rfc, "621"},
		"01 alone":              {login + uuid("|01|") + rfc, "621"},
		"01 with no UUID":       {login + uuid("|01|0A1B") + rfc, "621"},
		"01 with itself":        {login + uuid("|01|"+strings.ToLower(uuidA)) + rfc, "621"},
		"02 with a replacement": {login + uuid("|02|"+uuidB) + rfc, "621"},
		"malformed uuid":        {login + "<uuid>0A1B|02|</uuid>" + rfc, "621"},
		"malformed issuer":      {login + uuid("|02|") + "<rfcEmisor>EJE2001019A</rfcEmisor>", "621"},
		"issuer in lower case":  {login + uuid("|02|") + "<rfcEmisor>eje2001019a1</rfcEmisor>", "621"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, version := range []string{soap11Namespace, soap12Namespace} {
				sim, _ := start(t)
				sim.Register(uuidA)
				a := soap(t, sim.URL+barePath, version, "cancelarAsincrono", test.parameters)
				assert.Equal(t, test.want, status(t, a))
				assert.Equal(t, test.want == "200", sim.IsRegistered(uuidA))
				assert.Empty(t, sim.Cancelled())
				call := sim.Calls()[0]
				assert.Equal(t, "cancelarAsincrono", call.Op)
				assert.Equal(t, test.want == "200", call.Carried)
				for _, secret := range []string{"clave", "TExBVkU", "llave]"} {
					assert.NotContains(t, string(call.Request), secret)
				}
				if strings.Contains(test.parameters, uuidA) {
					assert.Equal(t, uuidA, call.ID, "without motivo and replacement")
				}
			}
		})
	}
}

func TestRegistrationRefusesOtherElements(t *testing.T) {
	const folio = "<uuid>" + uuidA + "|02|</uuid>"
	const rfc = "<rfcEmisor>" + issuer + "</rfcEmisor>"
	for name, test := range map[string]struct{ operation, parameters string }{
		"wrong order":     {"cancelarAsincrono", login + rfc + folio},
		"unknown":         {"cancelarAsincrono", login + folio + "<motivo>02</motivo>" + rfc},
		"a folio, signed": {"enviarSolicitudCancelacionAsincrono", login + folio},
		"signed, a folio": {"cancelarAsincrono", login + "<solicitud>QQ==</solicitud>"},
		"not simulated":   {"enviarSolicitudCancelacion", login + "<solicitud>QQ==</solicitud>"},
		"not simulated 2": {"cancelar", login + rfc},
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			sim.Register(uuidA)
			assertFault(t, soap(t, sim.URL+barePath, soap11Namespace, test.operation, test.parameters), "Client")
			assert.False(t, sim.IsRegistered(uuidA))
			assert.NotContains(t, string(sim.Calls()[0].Request), "clave-simulada")
		})
	}
}

func TestRegistrationAnswersAsTheWSDLSays(t *testing.T) {
	sim, _ := start(t)
	for _, operation := range []string{"cancelarAsincrono", "enviarSolicitudCancelacionAsincrono"} {
		a := soap(t, sim.URL+barePath, soap11Namespace, operation, login)
		assert.Regexp(t, "^"+strings.ReplaceAll(regexp.QuoteMeta(
			`<?xml version='1.0' encoding='utf-8'?><soapenv:Envelope xmlns:soapenv="`+soap11Namespace+`"><soapenv:Body>`+
				`<ns:`+operation+`Response xmlns:ns="`+serviceNamespace+`">`+
				`<ns:return xmlns:axNN="http://ws.cfdi.solucionfactible.com/xsd" `+
				`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="axNN:CancelacionAsincronoResponse">`+
				`<axNN:mensaje>[Servidor de pruebas] `), "NN", `\d+`)+`[^<]+`+
			`</ax\d+:mensaje><ax\d+:status>611</ax\d+:status></ns:return></ns:`+operation+`Response></soapenv:Body></soapenv:Envelope>$`, a.Body)
	}
}

// solicitud is a Cancelacion of the issuer, about the given Folios, before it is signed.
func solicitud(folios ...string) string {
	const head = `<Cancelacion xmlns="http://cancelacfd.sat.gob.mx" RfcEmisor="` + issuer + `" Fecha="2026-03-04T05:06:07">`
	var b strings.Builder
	b.WriteString(head)
	for _, folio := range folios {
		b.WriteString("<Folios><Folio " + folio + "/></Folios>")
	}
	b.WriteString("</Cancelacion>")
	return b.String()
}

func folio(uuid, motivo string) string { return fmt.Sprintf(`UUID=%q Motivo=%q`, uuid, motivo) }

// unencrypted makes a CSD whose key is not encrypted.
func unencrypted(rfc string, options ...csdtest.Option) csdtest.CSD {
	return csdtest.New(rfc, append(options, csdtest.Password(""))...)
}

// sign signs as the SAT documents it.
func sign(t *testing.T, csd csdtest.CSD, text string) string {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(csd.Key)
	require.NoError(t, err)
	signer, ok := key.(crypto.Signer)
	require.True(t, ok)
	context, err := dsig.NewSigningContext(signer, [][]byte{csd.Certificate})
	require.NoError(t, err)
	require.NoError(t, context.SetSignatureMethod(dsig.RSASHA1SignatureMethod))
	context.Canonicalizer, context.Prefix = dsig.MakeC14N10RecCanonicalizer(), ""
	doc := etree.NewDocument()
	require.NoError(t, doc.ReadFromString(text))
	signed, err := context.SignEnveloped(doc.Root())
	require.NoError(t, err)

	certificate, err := x509.ParseCertificate(csd.Certificate)
	require.NoError(t, err)
	serial := etree.NewElement("X509IssuerSerial")
	serial.CreateElement("X509IssuerName").SetText(csdtest.AuthorityName)
	serial.CreateElement("X509SerialNumber").SetText(certificate.SerialNumber.String())
	signed.FindElement(".//X509Data").InsertChildAt(0, serial)
	doc.SetRoot(signed)
	out, err := doc.WriteToString()
	require.NoError(t, err)
	return out
}

func TestSignedRequestIsVerified(t *testing.T) {
	csd := unencrypted(issuer)
	now := time.Now()
	expired := unencrypted(issuer, csdtest.Valid(now.AddDate(-20, 0, 0), now.AddDate(-16, 0, 0)))
	one := solicitud(folio(uuidA, "02"))
	good := sign(t, csd, one)
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for name, test := range map[string]struct {
		solicitud, want string
		ids             []string
	}{
		"signed":             {encode(good), "200", []string{uuidA}},
		"wrapped":            {encode(good)[:76] + "\r\n" + encode(good)[76:], "200", []string{uuidA}},
		"two":                {encode(sign(t, csd, solicitud(folio(uuidA, "02"), folio(uuidB, "01")+` FolioSustitucion="`+uuidC+`"`))), "200", []string{uuidA, uuidB}},
		"one, twice":         {encode(sign(t, csd, solicitud(folio(uuidA, "02"), folio(strings.ToLower(uuidA), "02")))), "701", []string{uuidA, strings.ToLower(uuidA)}},
		"two, one not there": {encode(sign(t, csd, solicitud(folio(uuidA, "02"), folio(uuidC, "02")))), "623", []string{uuidA, uuidC}},
		"two, one malformed": {encode(sign(t, csd, solicitud(folio(uuidA, "02"), folio(uuidB, "01")))), "621", []string{uuidA, uuidB}},
		"motivo 05":          {encode(sign(t, csd, solicitud(folio(uuidA, "05")))), "621", []string{uuidA}},
		"no UUID":            {encode(sign(t, csd, solicitud(folio("0A1B", "02")))), "621", []string{"0A1B"}},
		"nothing":            {"", "611", nil},
		"not base64":         {"<![CDATA[" + good + "]]>", "1801", nil},
		"not XML":            {encode("solicitud"), "1801", nil},
		"not signed":         {encode(one), "1801", nil},
		"no Folio":           {encode(sign(t, csd, solicitud())), "1801", nil},
		"changed":            {encode(strings.Replace(good, `Motivo="02"`, `Motivo="03"`, 1)), "1802", nil},
		"another's key":      {encode(sign(t, unencrypted(issuer, csdtest.ForeignKey()), one)), "1802", nil},
		"another's":          {encode(sign(t, unencrypted("OTR2001019A1"), one)), "303", nil},
		"expired":            {encode(sign(t, expired, one)), "305", nil},
		"e.firma":            {encode(sign(t, unencrypted(issuer, csdtest.EFirma()), one)), "306", nil},
	} {
		t.Run(name, func(t *testing.T) {
			sim, client := start(t)
			sim.Register(uuidA, uuidB)
			a := soap(t, sim.URL+barePath, soap11Namespace, "enviarSolicitudCancelacionAsincrono",
				login+"<solicitud>"+test.solicitud+"</solicitud><emailNotifica>legal@example.com</emailNotifica><properties/>")
			require.Equal(t, test.want, status(t, a))
			call := sim.Calls()[0]
			assert.Equal(t, "enviarSolicitudCancelacionAsincrono", call.Op)
			assert.Equal(t, test.ids, call.IDs)
			assert.NotContains(t, string(call.Request), "clave-simulada")
			assert.Equal(t, test.want == "200", call.Carried)
			assert.Equal(t, test.want == "200", sim.IsRegistered(uuidA))
			assert.Equal(t, test.want == "200" && len(test.ids) == 2, sim.IsRegistered(uuidB), "whole or not at all")
			if test.want == "200" {
				sim.Accept(uuidA)
				assert.Equal(t, "200 201", statusCode(t, client, uuidA))
			}
		})
	}
}

func TestSignedRequestIsRegisteredOnce(t *testing.T) {
	sim, client := start(t)
	sim.Register(uuidA)
	signed := "<solicitud>" + base64.StdEncoding.EncodeToString([]byte(sign(t, unencrypted(issuer), solicitud(folio(uuidA, "02"))))) + "</solicitud>"
	const operation = "enviarSolicitudCancelacionAsincrono"
	wrong := "<usuario>usuario.simulado</usuario><password>otra</password>"
	assert.Equal(t, "601", status(t, soap(t, sim.URL+barePath, soap12Namespace, operation, wrong+signed)))
	sim.Fail(1, canceltest.HTTP500)
	header := http.Header{"Content-Type": {"text/xml"}}
	body := envelope(soap11Namespace, fmt.Sprintf(`<%[1]s xmlns="%[2]s">%[3]s</%[1]s>`, operation, serviceNamespace, login+signed))
	assert.Equal(t, 500, adaptertest.MustSend(t, http.MethodPost, sim.URL+barePath, header, body).Status)
	assert.False(t, sim.IsRegistered(uuidA), "not carried out")
	assert.Equal(t, "200", status(t, soap(t, sim.URL+barePath, soap12Namespace, operation, login+signed)))
	assert.Equal(t, "701", status(t, soap(t, sim.URL+barePath, soap12Namespace, operation, login+signed)))
	assert.Equal(t, "701", register(t, client, uuidA))
}
