// Command peers checks the Factible simulator against the SOAP clients of package internal/peertest.
// Each reads the simulator's own WSDL, calls every operation in both versions of SOAP, and must
// understand every answer. The command exits with 1 if one does not. See peers.sh there.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/internal/csdtest"
	"github.com/unified-cancel/cancel/internal/peertest"
)

const (
	registered     = "0A1B2C3D-0000-4000-8000-00000000000A"
	unknown        = "0A1B2C3D-0000-4000-8000-00000000000B"
	consented      = "0A1B2C3D-0000-4000-8000-00000000000C"
	signed         = "0A1B2C3D-0000-4000-8000-00000000000D"
	issuer         = "EJE2001019A1"
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
	peertest.Result
	Status   int
	Mensaje  string
	AcuseSat string
}

func read(r peertest.Result) (result, error) {
	read := result{Result: r}
	if r.Fault != "" {
		return read, nil
	}
	return read, json.Unmarshal(r.Returned, &read)
}

func main() {
	var wg sync.WaitGroup
	failures := make([]error, len(peertest.All)*len(versions))
	for i, p := range peertest.All {
		for j, v := range versions {
			at := i*len(versions) + j
			wg.Go(func() {
				if err := check(p, v); err != nil {
					failures[at] = fmt.Errorf("%s, SOAP %s: %w", p.Name, v.name, err)
				}
			})
		}
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check makes p make every call in one version, and compares.
func check(p peertest.Peer, v version) error {
	simulator := factibletest.New()
	defer simulator.Close()
	simulator.AcuseInBase64() // as in the WSDL
	simulator.Register(registered, consented, signed)
	solicitud, err := signedRequest()
	if err != nil {
		return err
	}
	calls := callsOf(simulator, v, solicitud)
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
	answers, err := p.Run(task)
	if err != nil {
		return err
	}
	log := simulator.Calls()
	if len(log) != len(calls) {
		return fmt.Errorf("%d of %d calls arrived", len(log), len(calls))
	}
	results := make([]result, len(answers))
	var failures []error
	for i, c := range calls {
		var err error
		if results[i], err = read(answers[i]); err == nil {
			err = c.want.check(results[i])
		}
		if !bytes.Contains(log[i].Request, []byte(v.namespace)) || log[i].Op != c.Operation {
			err = errors.Join(err, fmt.Errorf("asked as %s, with %s", log[i].Op, log[i].Request))
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("call %d, %s: %w", i+1, c.Operation, err))
		}
	}
	if results[0].AcuseSat != results[1].AcuseSat {
		failures = append(failures, errors.New("the acuse of the status is another than that of the cancellation"))
	}
	if !simulator.IsCancelled(registered) {
		failures = append(failures, errors.New("the invoice is not cancelled"))
	}
	for _, uuid := range []string{consented, signed} {
		if !simulator.IsRegistered(uuid) || simulator.IsCancelled(uuid) {
			failures = append(failures, fmt.Errorf("the cancellation of %s is not pending", uuid))
		}
	}
	fmt.Printf("%s, SOAP %s: %d calls\n", p.Name, v.name, len(calls))
	return errors.Join(failures...)
}

// signedRequest returns a request of the issuer that package factible has signed and sent.
func signedRequest() ([]byte, error) {
	simulator := factibletest.New()
	defer simulator.Close()
	config := simulator.Config()
	config.CSD = new(factible.CSD(csdtest.New(issuer)))
	client, err := factible.New(config)
	if err != nil {
		return nil, err
	}
	_, err = client.Cancel(context.Background(), cancel.Request{Kind: cancel.Invoice, ID: signed, Motive: "02", Issuer: issuer})
	if !errors.Is(err, cancel.ErrNotFound) {
		return nil, fmt.Errorf("the invoice was to be unknown: %w", err)
	}
	_, rest, _ := strings.Cut(string(simulator.Calls()[0].Request), "solicitud>")
	text, _, _ := strings.Cut(rest, "<")
	return base64.StdEncoding.DecodeString(text)
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
			"uuid": folio, "rfcEmisor": issuer, "emailNotifica": "legal@example.com",
			"properties": []map[string]string{{"key": "llave", "value": "valor"}},
		})}, want: w}
	}
	withCSD := registration(consented+"|02|", want{status: 200})
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
		status(consented, want{status: 211}),
		registration(consented+"|01|"+unknown, want{status: 701}),
		registration(notCancellable+"|03|", want{status: 204}),
		registration(unknown+"|02|", want{status: 623}),
		registration(consented, want{status: 621}),
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

func (w want) check(r result) error {
	if w.fault != "" {
		if _, code, _ := strings.Cut(r.Fault, ":"); code != w.fault || r.Message == "" {
			return fmt.Errorf("a fault %s was expected: %+v", w.fault, r)
		}
		return nil
	}
	if r.Fault != "" || r.Status != w.status || !strings.HasPrefix(r.Mensaje, "[Servidor de pruebas] ") {
		return fmt.Errorf("status %d was expected: %+v", w.status, r)
	}
	if w.estatus == "" {
		if r.AcuseSat != "" {
			return fmt.Errorf("no acuse was expected: %s", r.AcuseSat)
		}
		return nil
	}
	receipt, err := factible.ParseReceipt([]byte(r.AcuseSat))
	if err != nil {
		return err
	}
	if len(receipt.Folios) != 1 || receipt.Folios[0].UUID != registered || receipt.Folios[0].EstatusUUID != w.estatus {
		return fmt.Errorf("an acuse with EstatusUUID %s was expected: %+v", w.estatus, receipt)
	}
	return nil
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
