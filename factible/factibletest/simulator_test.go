package factibletest_test

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/internal/adaptertest"
)

const (
	uuidA = "0A1B2C3D-0000-4000-8000-00000000000A"
	uuidB = "0a1b2c3d-0000-4000-8000-00000000000b"

	serviceNamespace = "http://ws.cfdi.solucionfactible.com"
	kvNamespace      = "http://binding.soap.cancelacion.commons.cfdi.solucionfactible.com/xsd"
	soap11Namespace  = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12Namespace  = "http://www.w3.org/2003/05/soap-envelope"

	barePath   = "/ws/services/Cancelacion"
	soap11Path = "/ws/services/Cancelacion.CancelacionHttpsSoap11Endpoint/"
	soap12Path = "/ws/services/Cancelacion.CancelacionHttpsSoap12Endpoint/"

	login = "<usuario>usuario.simulado</usuario><password>clave-simulada</password>"
)

func start(t *testing.T) (*factibletest.Simulator, *factible.Client) {
	sim := factibletest.New()
	t.Cleanup(sim.Close)
	client, err := factible.New(sim.Config())
	require.NoError(t, err)
	return sim, client
}

// soap is a request by hand, in the version of the namespace.
func soap(t *testing.T, url, namespace, operation, parameters string) adaptertest.Answer {
	t.Helper()
	header := http.Header{"Content-Type": {"text/xml; charset=utf-8"}, "Soapaction": {`"urn:` + operation + `"`}}
	if namespace == soap12Namespace {
		header = http.Header{"Content-Type": {`application/soap+xml; charset=utf-8; action="urn:` + operation + `"`}}
	}
	return adaptertest.MustSend(t, http.MethodPost, url, header, envelope(namespace,
		fmt.Sprintf(`<%[1]s xmlns="%[2]s">%[3]s</%[1]s>`, operation, serviceNamespace, parameters)))
}

func envelope(namespace, content string) string {
	return `<?xml version="1.0" encoding="utf-8"?><e:Envelope xmlns:e="` + namespace + `"><e:Body>` + content + `</e:Body></e:Envelope>`
}

// status returns the status of an answer, which must have one.
func status(t *testing.T, a adaptertest.Answer) string {
	t.Helper()
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	found := regexp.MustCompile(`<ax\d+:status>(\d+)</ax\d+:status>`).FindStringSubmatch(a.Body)
	require.NotNil(t, found, a.Body)
	return found[1]
}

func assertFault(t *testing.T, a adaptertest.Answer, code string) {
	t.Helper()
	assert.Equal(t, http.StatusInternalServerError, a.Status)
	assert.Regexp(t, `axis2ns\d+:`+code+`<`, a.Body)
	assert.Contains(t, a.Body, "soapenv:Fault")
	assert.NoError(t, xml.Unmarshal([]byte(a.Body), new(struct{})))
}

func cancelCode(t *testing.T, client *factible.Client, id string) string {
	t.Helper()
	result, err := client.Cancel(t.Context(), invoice(id))
	return codeOf(t, result, err)
}

func statusCode(t *testing.T, client *factible.Client, id string) string {
	t.Helper()
	result, err := client.Status(t.Context(), invoice(id))
	return codeOf(t, result, err)
}

// codeOf returns the vendor's code, with the EstatusUUID of the acuse.
func codeOf(t *testing.T, result cancel.Result, err error) string {
	t.Helper()
	if failure, ok := errors.AsType[*cancel.Error](err); ok {
		return failure.Code
	}
	require.NoError(t, err)
	receipt, err := factible.ParseReceipt(result.Receipt)
	if err != nil || len(receipt.Folios) != 1 {
		return result.Code
	}
	return result.Code + " " + receipt.Folios[0].EstatusUUID
}

func TestCancelsWhatIsRegistered(t *testing.T) {
	for name, configOf := range map[string]func(*factibletest.Simulator) factible.Config{
		"SOAP 1.1": (*factibletest.Simulator).Config,
		"SOAP 1.2": (*factibletest.Simulator).ConfigSOAP12,
		"SOAP 1.1, bare path": func(f *factibletest.Simulator) factible.Config {
			config := f.Config()
			config.Endpoint = f.URL + barePath
			return config
		},
		"SOAP 1.2, bare path": func(f *factibletest.Simulator) factible.Config {
			config := f.ConfigSOAP12()
			config.Endpoint = f.URL + barePath + "/"
			return config
		},
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			config := configOf(sim)
			config.Properties = []factible.KeyValue{{Key: "llave", Value: "valor"}}
			client, err := factible.New(config)
			require.NoError(t, err)

			assert.Equal(t, "623", cancelCode(t, client, uuidA))
			assert.Equal(t, "702", statusCode(t, client, uuidA))
			sim.Register(uuidA, uuidB)
			sim.Register(uuidA)
			assert.Equal(t, "702", statusCode(t, client, uuidA), "registered, never cancelled")
			assert.Empty(t, sim.Cancelled())

			// UUIDs are the same in either case.
			first, err := client.Cancel(t.Context(), invoice(strings.ToLower(uuidA)))
			require.NoError(t, err)
			assert.Equal(t, cancel.Cancelled, first.State)
			assert.True(t, sim.IsCancelled(uuidA))
			assert.False(t, sim.IsCancelled(uuidB))

			later, err := client.Status(t.Context(), invoice(uuidA))
			require.NoError(t, err)
			assert.Equal(t, cancel.Cancelled, later.State)
			assert.Equal(t, string(first.Receipt), string(later.Receipt), "the same acuse")

			again, err := client.Cancel(t.Context(), invoice(uuidA))
			require.NoError(t, err)
			assert.Equal(t, cancel.AlreadyCancelled, again.State)
			assert.Equal(t, "200 202", statusCode(t, client, uuidA))

			sim.Register(uuidA)
			assert.Equal(t, "200 202", cancelCode(t, client, uuidA), "registering again undoes nothing")
			assert.Equal(t, "200 201", cancelCode(t, client, uuidB))
			assert.Equal(t, []string{uuidA, uuidB}, sim.Cancelled())

			carried := 0
			for _, call := range sim.Calls() {
				assert.Contains(t, []string{"cancelarSectorPrimario", "getStatusCancelacionAsincrona"}, call.Op)
				if call.Carried {
					carried++
				}
			}
			assert.Equal(t, 2, carried)
		})
	}
}

func TestAcuseIsLaidOutAsTheSATsAre(t *testing.T) {
	sim, client := start(t)
	sim.Register(uuidB)
	result, err := client.Cancel(t.Context(), invoice(uuidB))
	require.NoError(t, err)
	receipt, err := factible.ParseReceipt(result.Receipt)
	require.NoError(t, err)
	assert.Equal(t, []factible.Folio{{UUID: strings.ToUpper(uuidB), EstatusUUID: "201", Meaning: "cancellation request received"}}, receipt.Folios)
	assert.Equal(t, "SIM200101AB1", receipt.RfcEmisor)
	assert.Equal(t, "00001088888800009999", receipt.KeyName)
	assert.WithinDuration(t, time.Now(), receipt.Fecha, time.Minute)

	var root struct {
		XMLName xml.Name
		Fecha   string `xml:",attr"`
		Folios  struct {
			UUID string
		} `xml:"http://cancelacfd.sat.gob.mx Folios"`
		Signature struct {
			ID             string `xml:"Id,attr"`
			SignatureValue string
			DigestValue    string `xml:"SignedInfo>Reference>DigestValue"`
			Modulus        string `xml:"KeyInfo>KeyValue>RSAKeyValue>Modulus"`
		} `xml:"http://www.w3.org/2000/09/xmldsig# Signature"`
	}
	require.NoError(t, xml.Unmarshal(result.Receipt, &root))
	assert.Equal(t, xml.Name{Local: "Acuse"}, root.XMLName, "in no namespace")
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}$`, root.Fecha)
	assert.Equal(t, strings.ToUpper(uuidB), root.Folios.UUID)
	assert.Equal(t, "SelloSAT", root.Signature.ID)
	for value, size := range map[string]int{
		root.Signature.SignatureValue: 64, root.Signature.DigestValue: 64, root.Signature.Modulus: 128,
	} {
		decoded, err := base64.StdEncoding.DecodeString(value)
		require.NoError(t, err)
		assert.Len(t, decoded, size)
	}
}

func TestTestUUIDsAnswerAsTheVendorSays(t *testing.T) {
	sim, client := start(t)
	for _, uuid := range []string{
		"E329DD15-7D0B-44E9-A204-51A7443D1FBE", "5B4B180D-5B6C-4392-B204-252215A1AB84",
		"51D8A114-2BA6-40B8-C204-B9721791863B", "1BCA95C3-DA01-44C2-D204-59A9114F94BE",
		"F4621025-0864-4E62-E204-59EE41B1101E", "f4621025-0864-4e62-e204-59ee41b1101e",
	} {
		sim.Register(uuid)
		assert.Equal(t, "204", cancelCode(t, client, uuid))
		assert.Equal(t, "204", statusCode(t, client, uuid))
	}
	for _, uuid := range []string{
		"C5E58106-6C1E-41C9-A211-FB8BAD1CABB0", "38FB9AC9-DD3E-4601-B211-EB02C007C3BA",
		"CB917CA9-60D3-4A81-C211-76BD1A6B756D", "7C34D543-E6C9-4990-D211-3F767E0B5142",
		"0D62B12C-BC6C-4626-E211-FC8FE727A5BC",
	} {
		assert.Equal(t, "211", cancelCode(t, client, uuid))
		assert.Equal(t, "211", statusCode(t, client, uuid))
	}
	assert.Empty(t, sim.Cancelled())
}

func TestResolveSettlesWhatIsPending(t *testing.T) {
	const inProcess = "C5E58106-6C1E-41C9-A211-FB8BAD1CABB0"
	sim, client := start(t)

	sim.Resolve(inProcess, factibletest.Answer{Status: 200})
	assert.Equal(t, "200 201", statusCode(t, client, inProcess))
	assert.Equal(t, "200 202", cancelCode(t, client, inProcess))
	assert.Equal(t, []string{inProcess}, sim.Cancelled())

	sim.Answer(uuidA, factibletest.Answer{Status: 211, Message: "en proceso"})
	assert.Equal(t, "211", cancelCode(t, client, uuidA))
	sim.Resolve(uuidA, factibletest.Answer{Status: 213, Message: "El receptor rechazó"})
	_, err := client.Status(t.Context(), invoice(uuidA))
	require.ErrorIs(t, err, cancel.ErrRejected)
	assert.False(t, sim.IsCancelled(uuidA))

	sim.Resolve(uuidA, factibletest.Answer{Status: 200, Acuse: []byte("no acuse at all")})
	result, err := client.Status(t.Context(), invoice(uuidA))
	require.NoError(t, err)
	assert.Equal(t, "no acuse at all", string(result.Receipt), "kept as it came")
	assert.True(t, sim.IsCancelled(uuidA))
}

func TestAnswerReplacesEveryOperation(t *testing.T) {
	sim, client := start(t)
	sim.Register(uuidA)
	const words = `"Servicio" <no> disponible & ñ`
	sim.Answer(strings.ToLower(uuidA), factibletest.Answer{Status: 1802, Message: words})
	_, err := client.Cancel(t.Context(), invoice(uuidA))
	failure := new(cancel.Error)
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, "1802", failure.Code)
	assert.Equal(t, words, failure.Message)
	assert.Equal(t, "1802", statusCode(t, client, uuidA))

	acuse := []byte("<Acuse/>")
	sim.Answer(uuidA, factibletest.Answer{Status: 200, Acuse: acuse})
	acuse[0] = '?'
	_, err = client.Cancel(t.Context(), invoice(uuidA))
	require.ErrorIs(t, err, cancel.ErrUnknownOutcome, "an acuse without this UUID")

	sim.Answer(uuidA, factibletest.Answer{Status: 200})
	result, err := client.Status(t.Context(), invoice(uuidA))
	require.NoError(t, err)
	assert.Equal(t, cancel.Pending, result.State)
	assert.Contains(t, string(result.Raw), `acuseSAT xsi:nil="true"`)
	assert.Contains(t, string(result.Raw), `mensaje xsi:nil="true"`)
	assert.Empty(t, sim.Cancelled(), "an answer cancels nothing")

	sim.Answer(uuidA, factibletest.Answer{})
	assert.Equal(t, "200 201", cancelCode(t, client, uuidA))
}

func TestAcuseIsTextOrBase64(t *testing.T) {
	for name, test := range map[string]struct {
		prepare        func(*factibletest.Simulator)
		sector, status string
	}{
		"text, as the pages have it": {func(*factibletest.Simulator) {}, `:acuseSat>&lt;?xml `, `:acuseSAT>&lt;?xml `},
		"base64, as the WSDL has it": {(*factibletest.Simulator).AcuseInBase64, `:acuseSat>PD94bWwg`, `:acuseSat>PD94bWwg`},
	} {
		t.Run(name, func(t *testing.T) {
			sim, client := start(t)
			test.prepare(sim)
			sim.Register(uuidA)
			cancelled, err := client.Cancel(t.Context(), invoice(uuidA))
			require.NoError(t, err)
			assert.Contains(t, string(cancelled.Raw), test.sector)
			later, err := client.Status(t.Context(), invoice(uuidA))
			require.NoError(t, err)
			assert.Contains(t, string(later.Raw), test.status)
			assert.Equal(t, string(cancelled.Receipt), string(later.Receipt))
			assert.Contains(t, string(later.Receipt), "<EstatusUUID>201</EstatusUUID>")
		})
	}
}

// The page: the status "will be available for up to 60 days after the SAT responds".
func TestStatusIsForgottenAfter60Days(t *testing.T) {
	sim, client := start(t)
	sim.Register(uuidA, uuidB, uuidC)
	require.Equal(t, "200 201", cancelCode(t, client, uuidA))
	require.Equal(t, "200", register(t, client, uuidB))
	require.Equal(t, "200", register(t, client, uuidC))
	sim.Refuse(uuidB)
	for uuid, want := range map[string]string{uuidA: "200 201", uuidB: "213", uuidC: "211"} {
		assert.Equal(t, want, statusCode(t, client, uuid))
	}
	const day = 24 * time.Hour
	sim.Pass(60*day - time.Hour)
	for uuid, want := range map[string]string{uuidA: "200 201", uuidB: "213", uuidC: "200 201"} {
		assert.Equal(t, want, statusCode(t, client, uuid))
	}
	sim.Pass(2 * time.Hour)
	for uuid, want := range map[string]string{uuidA: "702", uuidB: "702", uuidC: "200 201"} {
		assert.Equal(t, want, statusCode(t, client, uuid), "silence was consent after three days")
	}
	assert.True(t, sim.IsCancelled(uuidA))
	require.Equal(t, "200", register(t, client, uuidB))
	assert.Equal(t, "211", statusCode(t, client, uuidB), "registered again")
}

func TestLogHoldsNoSecretHoweverItIsWritten(t *testing.T) {
	const secret, key = "clave-simulada", "TExBVkU="
	for name, parameters := range map[string]string{
		"prefix":               `<s:password>` + secret + `</s:password>`,
		"prefix, not in ASCII": `<ñandú:password xmlns:ñandú="` + serviceNamespace + `">` + secret + `</ñandú:password>`,
		"comment":              `<password>clave<!-- </password> -->-simulada</password>`,
		"comment of a tag":     `<!-- <password> --><password>` + secret + `</password>`,
		"CDATA":                `<password><![CDATA[</password>` + secret + `]]></password>`,
		"attributes":           `<password a='>' b="--">` + secret + `</password >`,
		"capitals":             `<PASSWORD>` + secret + `</PASSWORD>`,
		"nested":               `<password><password/><b>` + secret + `</b></password>`,
		"key":                  `<csdKey>` + key + `</csdKey><csdPassword>` + secret + `</csdPassword>`,
		"after an empty one":   `<password/><uuid/><password>` + secret + `</password>`,
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			body := envelope(soap11Namespace, `<s:cancelarSectorPrimario xmlns="`+serviceNamespace+`" xmlns:s="`+serviceNamespace+`">`+
				parameters+`<uuid>`+uuidA+`</uuid></s:cancelarSectorPrimario>`)
			_ = adaptertest.MustSend(t, http.MethodPost, sim.URL+barePath, http.Header{"Content-Type": {"text/xml"}}, body)
			logged := string(sim.Calls()[0].Request)
			for _, part := range []string{secret, "simulada", key} {
				assert.NotContains(t, logged, part)
			}
			assert.Contains(t, logged, "REDACTED</")
			assert.Contains(t, logged, "<uuid>"+uuidA+"</uuid></s:cancelarSectorPrimario></e:Body></e:Envelope>")
		})
	}
}

func TestWrongLoginsLockTheAccount(t *testing.T) {
	sim, right := start(t)
	sim.Register(uuidA)
	wrongPassword, wrongUser := sim.Config(), sim.Config()
	wrongPassword.Password = cancel.NewSecret("clave-simulada ")
	wrongUser.Username = "Usuario.simulado"
	wrong, err := factible.New(wrongPassword)
	require.NoError(t, err)
	stranger, err := factible.New(wrongUser)
	require.NoError(t, err)

	for range 5 {
		assert.Equal(t, "601", cancelCode(t, wrong, uuidA))
	}
	assert.Equal(t, "702", statusCode(t, right, uuidA), "the right login after five wrong ones")
	for i := range 5 {
		assert.Equal(t, "601", statusCode(t, []*factible.Client{wrong, stranger}[i%2], uuidA))
	}
	// A call that is not carried out does not count.
	sim.Fail(2, canceltest.HTTP503)
	for range 2 {
		_, err := wrong.Cancel(t.Context(), invoice(uuidA))
		require.ErrorIs(t, err, cancel.ErrUnavailable)
	}
	assert.Equal(t, "604", cancelCode(t, wrong, uuidA))
	assert.Equal(t, "602", cancelCode(t, wrong, uuidA))
	assert.Equal(t, "602", cancelCode(t, right, uuidA))
	assert.Empty(t, sim.Cancelled())
}

func TestParametersAreChecked(t *testing.T) {
	const xsi = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="`
	const property = `<properties><k:key xmlns:k="` + kvNamespace + `">a</k:key><k:value xmlns:k="` + kvNamespace + `">b</k:value></properties>`
	for name, test := range map[string]struct{ operation, parameters, want string }{
		"nothing":            {"cancelarSectorPrimario", "", "611"},
		"no uuid":            {"cancelarSectorPrimario", login, "611"},
		"empty uuid":         {"cancelarSectorPrimario", login + "<uuid/>", "611"},
		"nil uuid":           {"cancelarSectorPrimario", login + "<uuid" + xsi + `true"/>`, "611"},
		"uuid that is there": {"cancelarSectorPrimario", login + "<uuid" + xsi + `false">` + uuidB + "</uuid>", "623"},
		"no password":        {"cancelarSectorPrimario", "<usuario>usuario.simulado</usuario><uuid>" + uuidA + "</uuid>", "611"},
		"no usuario":         {"cancelarSectorPrimario", "<password>clave-simulada</password><uuid>" + uuidA + "</uuid>", "611"},
		"malformed uuid":     {"cancelarSectorPrimario", login + "<uuid>0A1B2C3D</uuid>", "621"},
		"uuid with blanks":   {"cancelarSectorPrimario", login + "<uuid> " + uuidA + "</uuid>", "621"},
		"uuid and motivo":    {"cancelarSectorPrimario", login + "<uuid>" + uuidA + "|02|</uuid>", "621"},
		"registered":         {"cancelarSectorPrimario", login + "<uuid>" + uuidA + "</uuid>", "200"},
		"CDATA":              {"cancelarSectorPrimario", login + "<uuid><![CDATA[" + uuidA + "]]></uuid>", "200"},
		"no transactionId":   {"getStatusCancelacionAsincrona", login, "611"},
		"malformed":          {"getStatusCancelacionAsincrona", login + "<transactionId>1</transactionId>", "621"},
		"not cancelled":      {"getStatusCancelacionAsincrona", login + "<transactionId>" + uuidA + "</transactionId>", "702"},
		"property":           {"getStatusCancelacionAsincrona", login + "<transactionId>" + uuidA + "</transactionId>" + property, "702"},
		"properties":         {"getStatusCancelacionAsincrona", login + "<transactionId>" + uuidA + "</transactionId>" + property + property + "<properties/>", "702"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, version := range []string{soap11Namespace, soap12Namespace} {
				sim, _ := start(t)
				sim.Register(uuidA)
				a := soap(t, sim.URL+barePath, version, test.operation, test.parameters)
				assert.Equal(t, test.want, status(t, a))
				assert.Equal(t, test.want == "200", sim.IsCancelled(uuidA))
				assert.Contains(t, a.Body, `xmlns:soapenv="`+version+`"`)
				call := sim.Calls()[0]
				assert.Equal(t, test.operation, call.Op)
				assert.NotContains(t, string(call.Request), "clave-simulada")
			}
		})
	}
}

func TestMalformedCallsAreFaults(t *testing.T) {
	const good = login + "<uuid>" + uuidA + "</uuid>"
	operation := func(namespace, name, parameters string) string {
		return fmt.Sprintf(`<%[1]s xmlns="%[2]s">%[3]s</%[1]s>`, name, namespace, parameters)
	}
	const foreign = `<x:uuid xmlns:x="http://example.com">` + uuidA + `</x:uuid>`
	key := func(name string) string { return `<k:` + name + ` xmlns:k="` + kvNamespace + `">a</k:` + name + `>` }
	for name, content := range map[string]string{
		"unknown operation":        operation(serviceNamespace, "cancelarTodo", good),
		"other namespace":          operation("http://timbrado.ws.cfdi.solucionfactible.com", "cancelarSectorPrimario", good),
		"no namespace":             operation("", "cancelarSectorPrimario", good),
		"unknown element":          operation(serviceNamespace, "cancelarSectorPrimario", good+"<motivo>02</motivo>"),
		"element twice":            operation(serviceNamespace, "cancelarSectorPrimario", good+"<uuid>"+uuidA+"</uuid>"),
		"wrong order":              operation(serviceNamespace, "cancelarSectorPrimario", "<uuid>"+uuidA+"</uuid>"+login),
		"element of elements":      operation(serviceNamespace, "cancelarSectorPrimario", login+"<uuid><uuid>"+uuidA+"</uuid></uuid>"),
		"foreign element":          operation(serviceNamespace, "cancelarSectorPrimario", login+foreign),
		"properties not taken":     operation(serviceNamespace, "cancelarSectorPrimario", good+"<properties/>"),
		"parameter of the other":   operation(serviceNamespace, "getStatusCancelacionAsincrona", good),
		"parameter after property": operation(serviceNamespace, "getStatusCancelacionAsincrona", "<properties/>"+login),
		"unqualified property":     operation(serviceNamespace, "getStatusCancelacionAsincrona", login+"<properties><key>a</key></properties>"),
		"unknown in property":      operation(serviceNamespace, "getStatusCancelacionAsincrona", login+"<properties>"+key("name")+"</properties>"),
		"property out of order":    operation(serviceNamespace, "getStatusCancelacionAsincrona", login+"<properties>"+key("value")+key("key")+"</properties>"),
		"empty body":               "",
		"two operations":           operation(serviceNamespace, "cancelarSectorPrimario", good) + operation(serviceNamespace, "cancelarSectorPrimario", good),
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			sim.Register(uuidA)
			a := adaptertest.MustSend(t, http.MethodPost, sim.URL+soap11Path, http.Header{"Content-Type": {"text/xml"}}, envelope(soap11Namespace, content))
			assertFault(t, a, "Client")
			assert.Contains(t, a.Body, "<faultstring>")
			assert.Equal(t, "text/xml;charset=UTF-8", a.Header.Get("Content-Type"))
			a = adaptertest.MustSend(t, http.MethodPost, sim.URL+soap12Path, http.Header{"Content-Type": {"application/soap+xml"}}, envelope(soap12Namespace, content))
			assertFault(t, a, "Sender")
			assert.Contains(t, a.Body, "<soapenv:Reason>")
			assert.Equal(t, "application/soap+xml;charset=UTF-8", a.Header.Get("Content-Type"))
			assert.Empty(t, sim.Cancelled())
			for _, call := range sim.Calls() {
				assert.NotContains(t, string(call.Request), "clave-simulada")
			}
		})
	}
}

func TestMalformedEnvelopesAreFaults(t *testing.T) {
	const good = `<cancelarSectorPrimario xmlns="` + serviceNamespace + `">` + login + "<uuid>" + uuidA + "</uuid></cancelarSectorPrimario>"
	header := http.Header{"Content-Type": {"text/xml"}}
	for name, body := range map[string]string{
		"nothing":       "",
		"not XML":       "usuario=simulado",
		"cut":           envelope(soap11Namespace, good)[:200],
		"SOAP 1.2":      envelope(soap12Namespace, good),
		"no envelope":   good,
		"DTD":           "<!DOCTYPE x>" + strings.TrimPrefix(envelope(soap11Namespace, good), `<?xml version="1.0" encoding="utf-8"?>`),
		"trailing":      envelope(soap11Namespace, good) + "<more/>",
		"charset":       strings.Replace(envelope(soap11Namespace, good), "utf-8", "x-none", 1),
		"two bodies":    strings.Replace(envelope(soap11Namespace, good), "<e:Body>", "<e:Body/><e:Body>", 1),
		"header behind": strings.Replace(envelope(soap11Namespace, good), "</e:Body>", "</e:Body><e:Header/>", 1),
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			assertFault(t, adaptertest.MustSend(t, http.MethodPost, sim.URL+barePath, header, body), "Client")
			assert.Nil(t, sim.Calls()[0].Request)
		})
	}
	t.Run("header", func(t *testing.T) {
		sim, _ := start(t)
		body := strings.Replace(envelope(soap11Namespace, good), "<e:Body>", "<e:Header><a/></e:Header><e:Body>", 1)
		assert.Equal(t, "623", status(t, adaptertest.MustSend(t, http.MethodPost, sim.URL+barePath, header, body+"\n")))
	})
	t.Run("UTF-16", func(t *testing.T) {
		sim, _ := start(t)
		var wide strings.Builder
		for _, c := range []byte(strings.Replace(envelope(soap11Namespace, good), "utf-8", "utf-16", 1)) {
			wide.Write([]byte{c, 0})
		}
		a := adaptertest.MustSend(t, http.MethodPost, sim.URL+barePath, http.Header{"Content-Type": {"text/xml; charset=utf-16"}}, "\xFF\xFE"+wide.String())
		assert.Equal(t, "623", status(t, a))
		assert.Contains(t, string(sim.Calls()[0].Request), "<password>REDACTED</password>")
	})
}

func TestEndpointsTakeTheirVersionOfSOAP(t *testing.T) {
	const parameters = login + "<uuid>" + uuidA + "</uuid>"
	for _, test := range []struct {
		path, version string
		fault         string
	}{
		{barePath, soap11Namespace, ""},
		{barePath + "/", soap12Namespace, ""},
		{soap11Path, soap11Namespace, ""},
		{strings.TrimSuffix(soap11Path, "/"), soap11Namespace, ""},
		{soap12Path, soap12Namespace, ""},
		{strings.TrimSuffix(soap12Path, "/"), soap12Namespace, ""},
		{soap11Path, soap12Namespace, "Sender"},
		{soap12Path, soap11Namespace, "Client"},
	} {
		sim, _ := start(t)
		a := soap(t, sim.URL+test.path, test.version, "cancelarSectorPrimario", parameters)
		if test.fault != "" {
			assertFault(t, a, test.fault)
			assert.Contains(t, a.Body, "EPR")
		} else {
			assert.Equal(t, "623", status(t, a), test.path)
		}
	}

	sim, _ := start(t)
	body := envelope(soap11Namespace, "<x/>")
	for _, test := range []struct {
		method, path, contentType string
		want                      int
	}{
		{"POST", "/ws/services/Timbrado", "text/xml", 404},
		{"GET", "/ws/services/Timbrado?wsdl", "text/xml", 404},
		{"GET", barePath, "text/xml", 404},
		{"PUT", barePath, "text/xml", 405},
		{"POST", barePath, "application/json", 415},
		{"POST", barePath, "", 415},
	} {
		a := adaptertest.MustSend(t, test.method, sim.URL+test.path, http.Header{"Content-Type": {test.contentType}}, body)
		assert.Equal(t, test.want, a.Status, test)
	}
	assert.Equal(t, "PUT "+barePath, sim.Calls()[1].Op)
}

func TestBrokenIsAFaultOfTheServer(t *testing.T) {
	sim, _ := start(t)
	for contentType, code := range map[string]string{
		"text/xml": "Server", "application/soap+xml": "Receiver", "application/json": "Server",
	} {
		sim.Fail(1, canceltest.SOAPFault)
		assertFault(t, adaptertest.MustSend(t, http.MethodPost, sim.URL+barePath, http.Header{"Content-Type": {contentType}}, ""), code)
	}
}

func TestActionMustAgree(t *testing.T) {
	sim, _ := start(t)
	body := envelope(soap11Namespace, `<cancelarSectorPrimario xmlns="`+serviceNamespace+`">`+login+`<uuid>`+uuidA+`</uuid></cancelarSectorPrimario>`)
	for action, want := range map[string]int{
		"":                                    200,
		`""`:                                  200,
		"urn:cancelarSectorPrimario":          200,
		`"urn:cancelarSectorPrimario"`:        200,
		`"urn:getStatusCancelacionAsincrona"`: 500,
		"cancelarSectorPrimario":              500,
	} {
		header := http.Header{"Content-Type": {"text/xml"}, "Soapaction": {action}}
		assert.Equal(t, want, adaptertest.MustSend(t, http.MethodPost, sim.URL+barePath, header, body).Status, action)
	}
}

func TestAnswersAsAxis2Does(t *testing.T) {
	one, _ := start(t)
	other, _ := start(t)
	layout := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(
		`<?xml version='1.0' encoding='utf-8'?><soapenv:Envelope xmlns:soapenv="`+soap11Namespace+`"><soapenv:Body>`+
			`<ns:cancelarSectorPrimarioResponse xmlns:ns="`+serviceNamespace+`">`+
			`<ns:return xmlns:axNN="http://response.cancelacion.commons.timbrado.solucionfactible.com/xsd" `+
			`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="axNN:StatusCancelacionResponse">`+
			`<axNN:acuseSat xsi:nil="true" /><axNN:mensaje>[Servidor de pruebas] `), "NN", `(\d+)`) + `[^<]+` +
		`</ax\d+:mensaje><ax\d+:status>623</ax\d+:status></ns:return></ns:cancelarSectorPrimarioResponse></soapenv:Body></soapenv:Envelope>$`)
	var prefixes []string
	for _, sim := range []*factibletest.Simulator{one, other} {
		a := soap(t, sim.URL+barePath, soap11Namespace, "cancelarSectorPrimario", login+"<uuid>"+uuidA+"</uuid>")
		found := layout.FindStringSubmatch(a.Body)
		require.NotNil(t, found, a.Body)
		prefixes = append(prefixes, found[1])
	}
	assert.NotEqual(t, prefixes[0], prefixes[1], "prefixes change between instances")
}

func TestServesItsWSDL(t *testing.T) {
	sim, _ := start(t)
	for _, path := range []string{barePath + "?wsdl", barePath + "/?WSDL", soap11Path + "?wsdl", soap12Path + "?wsdl"} {
		a := adaptertest.MustSend(t, http.MethodGet, sim.URL+path, http.Header{}, "")
		require.Equal(t, http.StatusOK, a.Status, path)
		assert.Contains(t, a.Body, `<soap:address location="`+sim.URL+soap11Path+`"/>`)
		assert.Contains(t, a.Body, `<soap12:address location="`+sim.URL+soap12Path+`"/>`)
		assert.NotContains(t, a.Body, "https://solucionfactible.com")
		require.NoError(t, xml.Unmarshal([]byte(a.Body), new(struct{})))
	}
	assert.Empty(t, sim.Calls(), "a request for the WSDL is no call")
}

func TestMalformedUUIDPanics(t *testing.T) {
	sim, _ := start(t)
	assert.Panics(t, func() { sim.Register("2402558") })
	assert.Panics(t, func() { sim.Resolve("2402558", factibletest.Answer{Status: 213}) })
}

const issuer = "EJE2001019A1"

// consented is a request to cancel an invoice that the recipient has to consent to.
func consented(uuid string) cancel.Request {
	return cancel.Request{Kind: cancel.Invoice, ID: uuid, Motive: "02", Issuer: issuer}
}

func invoice(uuid string) cancel.Request {
	return cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: uuid}
}
