package factibletest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/factible/factibletest/csdtest"
	"github.com/unified-cancel/cancel/internal/peertest"
)

const (
	registered     = "0A1B2C3D-0000-4000-8000-00000000000A"
	unknown        = "0A1B2C3D-0000-4000-8000-00000000000B"
	awaiting       = "0A1B2C3D-0000-4000-8000-00000000000C"
	signed         = "0A1B2C3D-0000-4000-8000-00000000000D"
	peerIssuer     = "EJE2001019A1"
	notCancellable = "E329DD15-7D0B-44E9-A204-51A7443D1FBE"
	inProcess      = "C5E58106-6C1E-41C9-A211-FB8BAD1CABB0"
)

// version is a version of SOAP and its names for the two ends.
type version struct {
	name, namespace  string
	sender, receiver string
}

var versions = []version{
	{"1.1", "http://schemas.xmlsoap.org/soap/envelope/", "Client", "Server"},
	{"1.2", "http://www.w3.org/2003/05/soap-envelope", "Sender", "Receiver"},
}

func (v version) port() string {
	return "CancelacionHttpsSoap" + strings.ReplaceAll(v.name, ".", "") + "Endpoint"
}

// call is a call and the answer that is expected.
type call struct {
	peertest.Call
	want want
}

// want is the expected answer: a status, with the EstatusUUID of the acuse if one must come, or a
// fault.
type want struct {
	status  int
	estatus string
	fault   string
}

// result is an answer as a peer understood it.
type result struct {
	Status   int
	Mensaje  string
	AcuseSat string
}

// Each peer reads the simulator's own WSDL, calls every operation in both versions of SOAP, and
// must understand every answer.
func TestPeersUnderstandTheSimulator(t *testing.T) {
	for _, p := range peertest.All {
		for _, v := range versions {
			t.Run(p.Name+" "+v.name, func(t *testing.T) {
				t.Parallel()
				check(t, p, v)
			})
		}
	}
}

// check makes p make every call in one version, and compares.
func check(t *testing.T, p peertest.Peer, v version) {
	t.Helper()
	simulator := factibletest.New()
	t.Cleanup(simulator.Close)
	simulator.AcuseInBase64() // as in the WSDL
	simulator.Register(registered, awaiting, signed)
	calls := callsOf(simulator, v, signedRequest(t))
	// The last call meets a simulator that fails by itself.
	simulator.Fail(len(calls)-1, "")
	simulator.Fail(1, canceltest.SOAPFault)

	task := peertest.Task{
		WSDL:    simulator.URL + "/ws/services/Cancelacion?wsdl",
		Version: v.name,
		Service: "Cancelacion",
		Port:    v.port(),
	}
	for _, c := range calls {
		task.Calls = append(task.Calls, c.Call)
	}
	answers := p.Run(t, task)
	log := simulator.Calls()
	require.Len(t, log, len(calls))
	acuses := make([]string, len(calls))
	for i, c := range calls {
		acuses[i] = c.want.check(t, answers[i], fmt.Sprintf("call %d, %s", i+1, c.Operation))
		assert.Contains(t, string(log[i].Request), v.namespace)
		assert.Equal(t, c.Operation, log[i].Op)
	}
	assert.Equal(t, acuses[0], acuses[1], "the status has the acuse of the cancellation")
	assert.True(t, simulator.IsCancelled(registered))
	for _, uuid := range []string{awaiting, signed} {
		assert.True(t, simulator.IsRegistered(uuid) && !simulator.IsCancelled(uuid), "the cancellation of %s is pending", uuid)
	}
}

// signedRequest returns a request of the issuer that package factible has signed and sent.
func signedRequest(t *testing.T) []byte {
	t.Helper()
	simulator := factibletest.New()
	defer simulator.Close()
	config := simulator.Config()
	config.CSD = new(factible.CSD(csdtest.New(peerIssuer)))
	client, err := factible.New(config)
	require.NoError(t, err)
	_, err = client.Cancel(t.Context(), cancel.Request{Kind: cancel.Invoice, ID: signed, Motive: "02", Issuer: peerIssuer})
	require.ErrorIs(t, err, cancel.ErrNotFound)
	_, rest, _ := strings.Cut(string(simulator.Calls()[0].Request), "solicitud>")
	text, _, _ := strings.Cut(rest, "<")
	solicitud, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	return solicitud
}

func callsOf(simulator *factibletest.Simulator, v version, solicitud []byte) []call {
	config := simulator.Config()
	otherVersion := config.Endpoint
	if v.name == "1.1" {
		otherVersion = simulator.ConfigSOAP12().Endpoint
	}
	login := func(more map[string]any) map[string]any {
		arguments := map[string]any{"usuario": config.Username, "password": revealed(config.Password)}
		maps.Copy(arguments, more)
		return arguments
	}
	cancellation := func(uuid string, w want) call {
		return call{Call: peertest.Call{Operation: "cancelarSectorPrimario", Arguments: login(map[string]any{"uuid": uuid})}, want: w}
	}
	status := func(uuid string, w want) call {
		return call{Call: peertest.Call{Operation: "getStatusCancelacionAsincrona", Arguments: login(map[string]any{
			"transactionId": uuid,
			"properties":    []map[string]string{{"key": "llave", "value": "valor"}, {"key": "otra", "value": "ñ & <"}},
		})}, want: w}
	}
	registration := func(folio string, w want) call {
		return call{Call: peertest.Call{Operation: "cancelarAsincrono", Arguments: login(map[string]any{
			"uuid": folio, "rfcEmisor": peerIssuer, "emailNotifica": "legal@example.com",
			"properties": []map[string]string{{"key": "llave", "value": "valor"}},
		})}, want: w}
	}
	withCSD := registration(awaiting+"|02|", want{status: 200})
	withCSD.Arguments["csdPassword"] = "<clave>"
	withCSD.Binary = map[string][]byte{"csdCer": {0x30, 0x82, 0, 0xFF}, "csdKey": {0x30, 0x82, 0, 0xFE}}
	sent := func(solicitud []byte, w want) call {
		return call{Call: peertest.Call{
			Operation: "enviarSolicitudCancelacionAsincrono", Arguments: login(nil),
			Binary: map[string][]byte{"solicitud": solicitud},
		}, want: w}
	}
	wrongPassword := cancellation(registered, want{status: 601})
	wrongPassword.Arguments["password"] = "<otra> & \"clave\""
	withoutUUID := cancellation("", want{status: 611})
	delete(withoutUUID.Arguments, "uuid")
	elsewhere := cancellation(registered, want{fault: v.sender})
	elsewhere.Endpoint = otherVersion
	return []call{
		cancellation(registered, want{status: 200, estatus: "201"}),
		status(registered, want{status: 200, estatus: "201"}),
		cancellation(registered, want{status: 200, estatus: "202"}),
		cancellation(notCancellable, want{status: 204}),
		status(notCancellable, want{status: 204}),
		cancellation(inProcess, want{status: 211}),
		status(inProcess, want{status: 211}),
		cancellation(unknown, want{status: 623}),
		status(unknown, want{status: 702}),
		withCSD,
		status(awaiting, want{status: 211}),
		registration(awaiting+"|01|"+unknown, want{status: 701}),
		registration(notCancellable+"|03|", want{status: 204}),
		registration(unknown+"|02|", want{status: 623}),
		registration(awaiting, want{status: 621}),
		sent(solicitud, want{status: 200}),
		sent(solicitud, want{status: 701}),
		sent([]byte("<Cancelacion/>"), want{status: 1801}),
		sent(bytes.Replace(solicitud, []byte(`Motivo="02"`), []byte(`Motivo="03"`), 1), want{status: 1802}),
		withoutUUID,
		wrongPassword,
		elsewhere,
		cancellation(registered, want{fault: v.receiver}),
	}
}

// check checks an answer, and returns its acuse.
func (w want) check(t *testing.T, got peertest.Result, what string) (acuse string) {
	t.Helper()
	if w.fault != "" {
		_, code, _ := strings.Cut(got.Fault, ":")
		assert.Equal(t, w.fault, code, what)
		assert.NotEmpty(t, got.Message, what)
		return ""
	}
	require.Empty(t, got.Fault, what)
	var r result
	require.NoError(t, json.Unmarshal(got.Returned, &r), what)
	assert.Equal(t, w.status, r.Status, what)
	assert.True(t, strings.HasPrefix(r.Mensaje, "[Servidor de pruebas] "), what)
	if w.estatus == "" {
		assert.Empty(t, r.AcuseSat, what)
		return ""
	}
	receipt, err := factible.ParseReceipt([]byte(r.AcuseSat))
	require.NoError(t, err, what)
	require.Len(t, receipt.Folios, 1, what)
	assert.Equal(t, registered, receipt.Folios[0].UUID, what)
	assert.Equal(t, w.estatus, receipt.Folios[0].EstatusUUID, what)
	return r.AcuseSat
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
