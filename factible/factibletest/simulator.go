// Package factibletest simulates Solución Factible, for tests and for trying things out. See
// package canceltest for faults, the log and the clock.
//
// # Errors
//
// [New] panics if there is no free port, and [Listen] returns the error of [net.Listen].
// Methods of [Simulator] panic if a test asks for what cannot be, such as a UUID that is
// malformed or has no pending cancellation.
package factibletest

import (
	"cmp"
	_ "embed"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
)

const (
	validUsername = "usuario.simulado"
	validPassword = "clave-simulada"
)

const (
	servicePath    = "/ws/services/Cancelacion"
	soap11Endpoint = servicePath + ".CancelacionHttpsSoap11Endpoint"
	soap12Endpoint = servicePath + ".CancelacionHttpsSoap12Endpoint"
)

// endpoints holds the version of SOAP that each endpoint takes. nil means both.
var endpoints = map[string]*soapVersion{
	servicePath:    nil,
	soap11Endpoint: soap11,
	soap12Endpoint: soap12,
}

// Statuses that the simulator answers by itself.
const (
	statusDone           = 200
	statusNotCancellable = 204
	statusInProcess      = 211
	statusRefused        = 213
	statusForeignCSD     = 303
	statusExpiredCSD     = 305
	statusNoCSD          = 306
	statusBadLogin       = 601
	statusLocked         = 602
	statusTooManyLogins  = 604
	statusIncomplete     = 611
	statusInvalid        = 621
	statusUnknownUUID    = 623
	statusRegistered     = 701
	statusNoTransaction  = 702
	statusUnreadable     = 1801
	statusBadSignature   = 1802
)

// EstatusUUID in an acuse.
const (
	estatusReceived = "201"
	estatusBefore   = "202"
)

// maxLogins is how many wrong logins in a row are answered 601.
const maxLogins = 5

// testUUIDs are the UUIDs that the vendor publishes for its testing environment, in lower
// case, with the status that each is answered.
var testUUIDs = map[string]int{
	"e329dd15-7d0b-44e9-a204-51a7443d1fbe": statusNotCancellable,
	"5b4b180d-5b6c-4392-b204-252215a1ab84": statusNotCancellable,
	"51d8a114-2ba6-40b8-c204-b9721791863b": statusNotCancellable,
	"1bca95c3-da01-44c2-d204-59a9114f94be": statusNotCancellable,
	"f4621025-0864-4e62-e204-59ee41b1101e": statusNotCancellable,
	"c5e58106-6c1e-41c9-a211-fb8bad1cabb0": statusInProcess,
	"38fb9ac9-dd3e-4601-b211-eb02c007c3ba": statusInProcess,
	"cb917ca9-60d3-4a81-c211-76bd1a6b756d": statusInProcess,
	"7c34d543-e6c9-4990-d211-3f767e0b5142": statusInProcess,
	"0d62b12c-bc6c-4626-e211-fc8fe727a5bc": statusInProcess,
}

var words = map[int]string{
	statusDone:           "La cancelación se realizó correctamente.",
	statusNotCancellable: "El comprobante no se puede cancelar.",
	statusInProcess:      "La cancelación está en proceso.",
	statusRefused:        "El receptor rechazó la solicitud de cancelación.",
	statusForeignCSD:     "El CSD no corresponde al RFC del emisor.",
	statusExpiredCSD:     "La fecha está fuera de la vigencia del CSD.",
	statusNoCSD:          "El certificado no es de tipo CSD.",
	statusBadLogin:       "Error de autenticación, el usuario o la contraseña son incorrectos.",
	statusLocked:         "La cuenta de usuario se encuentra bloqueada.",
	statusTooManyLogins:  "Se ha superado el número máximo permitido de intentos fallidos de autenticación.",
	statusIncomplete:     "Los datos recibidos están incompletos o no se encuentran donde se esperarían.",
	statusInvalid:        "Los datos recibidos no son válidos.",
	statusUnknownUUID:    "El UUID no se encuentra en el panel de timbrado del usuario.",
	statusRegistered:     "Ya existe una transacción asíncrona para el UUID.",
	statusNoTransaction:  "No se encontró la transacción con el UUID indicado.",
	statusUnreadable:     "No se pudo cargar el mensaje de cancelación o validar su firma.",
	statusBadSignature:   "La firma de la solicitud no pasó la validación criptográfica.",
}

// wsdl is the WSDL of the service, with the vendor's own addresses.
//
//go:embed cancelacion.wsdl
var wsdl string

const vendorServices = "https://solucionfactible.com/ws/services/"

// Simulator simulates the service Cancelacion of Solución Factible, as far as
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion.jsp documents it:
// cancelarSectorPrimario, cancelarAsincrono, enviarSolicitudCancelacionAsincrono and
// getStatusCancelacionAsincrona, in SOAP 1.1 and 1.2. Each of its addresses serves the WSDL
// with ?wsdl. The WSDL names more operations; a call of one of them is answered with a
// fault. Make a Simulator with [New]. It is safe for concurrent use.
//
// The UUIDs of the vendor's testing environment are answered 204 and 211. A UUID that is not
// in [Simulator.Register] is answered 623 or 702. cancelarSectorPrimario cancels a registered
// invoice at once and answers 200 with an acuse. Five wrong logins in a row are answered
// 601 and the sixth 604; then every login is answered 602.
//
// # Invoices that need consent
//
// cancelarAsincrono and enviarSolicitudCancelacionAsincrono register a cancellation and
// answer 200, or 701 if the invoice has one already. getStatusCancelacionAsincrona answers
// 211 until the recipient consents or refuses: see [Simulator.Accept] and
// [Simulator.Refuse]. 72 hours of silence are consent, by the clock that
// [canceltest.Server.Pass] moves; the SAT counts working hours, and the simulator counts all
// hours. With consent the invoice is cancelled: 200 with an acuse. After a refusal the answer
// is 213, and the cancellation can be registered again. 60 days after the SAT's answer, an
// acuse or a refusal, the status is 702.
//
// cancelarAsincrono takes uuid as UUID|motivo|replacement. The motivo is 01 to 04, and only
// 01 has a replacement, which is another UUID. A malformed uuid or rfcEmisor is answered 621,
// a missing one 611. A CSD is accepted without a check. enviarSolicitudCancelacionAsincrono
// answers 1801 if the request cannot be read or holds no certificate, 1802 if its signature
// does not verify, 303 if the certificate has another RFC than RfcEmisor, 305 if the
// certificate was not valid at Fecha, and otherwise as cancelarAsincrono does. Nobody checks
// who issued the certificate. A request for several invoices registers all of them or none.
// No e-mail is sent.
type Simulator struct {
	*canceltest.Server

	instance string // part of the XML prefixes, which differ between instances of Axis2

	mu       sync.Mutex
	invoices map[string]*invoice // by UUID in lower case
	pending  []registration      // the oldest first; some are no longer pending
	logins   int                 // wrong ones in a row
	inBase64 bool
}

// Answer is an answer to give for a UUID.
type Answer struct {
	// Status is the vendor's code.
	Status int
	// Message is the mensaje, which is sent as it is. "" is sent as xsi:nil.
	Message string
	// Acuse is the acknowledgement, which need not be an acuse. nil is sent as xsi:nil.
	// Operations that register have no place for it.
	Acuse []byte
}

// New returns a simulator on a free port of 127.0.0.1. It panics without one. Close it
// when done.
func New() *Simulator { return canceltest.New(Listen) }

// Listen returns a simulator at address, such as "127.0.0.1:8081". Its error is the error
// of [net.Listen]. Close it when done.
func Listen(address string) (_ *Simulator, err error) {
	f := &Simulator{
		instance: strconv.FormatInt(20+instances.Add(1), 10),
		invoices: map[string]*invoice{},
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Server, err = canceltest.Listen(address, canceltest.Handler{Answer: f.answer, Broken: f.broken, Page: f.page}); err != nil {
		return nil, err
	}
	return f, nil
}

var instances atomic.Int64

// Config returns a Config for the simulator's SOAP 1.1 endpoint, with the only valid login.
func (f *Simulator) Config() factible.Config {
	return factible.Config{
		Username: validUsername,
		Password: cancel.NewSecret(validPassword),
		Endpoint: f.URL + soap11Endpoint + "/",
		Options:  f.Options(),
	}
}

// ConfigSOAP12 returns a Config for the SOAP 1.2 endpoint.
func (f *Simulator) ConfigSOAP12() factible.Config {
	config := f.Config()
	config.Endpoint = f.URL + soap12Endpoint + "/"
	config.SOAP12 = true
	return config
}

// AcuseInBase64 makes the simulator send every acuse as the WSDL has it: in acuseSat, as
// base64. By default it sends XML text, as the vendor's pages have it: in acuseSAT for
// getStatusCancelacionAsincrona, and in acuseSat for cancelarSectorPrimario. Only base64 can
// carry an acuse that is not UTF-8.
func (f *Simulator) AcuseInBase64() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inBase64 = true
}

// Register puts invoices into the user's panel, where they can be cancelled. An invoice that
// is there already stays as it is. Register panics if a UUID is malformed.
func (f *Simulator) Register(uuids ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, uuid := range uuids {
		f.add(uuid)
	}
}

// add puts an invoice into the panel, unless it is there, and returns it. The caller holds f.mu.
func (f *Simulator) add(uuid string) *invoice {
	if !adapter.IsUUID(uuid) {
		panic(fmt.Sprintf("factibletest: %q is not a UUID", uuid))
	}
	known := f.invoice(uuid)
	known.uuid = cmp.Or(known.uuid, uuid)
	return known
}

// Answer sets the answer of all operations for a UUID, until it is set again. An answer with
// Status 0 removes it. Such an answer cancels and registers nothing: the ledger stays as it
// is.
func (f *Simulator) Answer(uuid string, a Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a.Acuse = slices.Clone(a.Acuse)
	f.invoice(uuid).answer = a
}

// Resolve settles a cancellation that is pending or answered as in process. a is the answer
// of all operations from now on. With Status 200 the invoice is cancelled and enters the
// ledger, with an acuse of the simulator's own unless a has an acuse. With 213 the recipient refuses.
// Resolve panics if the UUID is malformed.
func (f *Simulator) Resolve(uuid string, a Answer) {
	f.mu.Lock()
	known := f.add(uuid)
	switch a.Status {
	case statusDone:
		f.change(known, known.cancellation(f.Now(), withConsent))
		if len(a.Acuse) == 0 {
			a = Answer{}
		}
	case statusRefused:
		f.refuse(known)
	}
	f.mu.Unlock()
	f.Answer(uuid, a)
}

// Cancelled returns the UUIDs of the cancelled invoices, as they were registered, in the order
// in which they were cancelled.
func (f *Simulator) Cancelled() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lapse()
	return f.Ledger.IDs()
}

// IsCancelled reports whether the invoice is cancelled. It is not while its cancellation is
// pending.
func (f *Simulator) IsCancelled(uuid string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.invoice(uuid).isCancelled()
}

func plain(status int) Answer {
	return Answer{Status: status, Message: "[Servidor de pruebas] " + words[status]}
}

// registered is a 200 that only says that the cancellation is registered.
func registered() Answer {
	return Answer{Status: statusDone, Message: "[Servidor de pruebas] La solicitud de cancelación se registró correctamente."}
}

// withAcuse is a 200 with the acuse of a cancellation.
func withAcuse(known *invoice, c *change) Answer {
	a := plain(statusDone)
	a.Acuse = acuse(known.uuid, c.acuse, known.issuer, c.at)
	return a
}

// operation is an operation of the service.
type operation struct {
	parameters []string // after the login, in the order of the WSDL
	acuse      string   // its element, by the vendor's page; "" for operations that register
	read       func(given map[string]string) query
	// answer answers a query that is not refused. The caller holds f.mu.
	answer func(f *Simulator, q query, carry bool) (a Answer, carried bool)
}

var operations = map[string]operation{
	"cancelarSectorPrimario": {
		parameters: []string{"uuid"},
		acuse:      "acuseSat",
		read:       readUUID,
		answer:     (*Simulator).cancelarSectorPrimario,
	},
	"getStatusCancelacionAsincrona": {
		parameters: []string{"transactionId", "properties"},
		acuse:      "acuseSAT",
		read:       readUUID,
		answer:     (*Simulator).getStatusCancelacionAsincrona,
	},
	"cancelarAsincrono": {
		parameters: []string{"uuid", "rfcEmisor", "emailNotifica", "csdCer", "csdKey", "csdPassword", "properties"},
		read:       readFolio,
		answer:     (*Simulator).registerCancellations,
	},
	"enviarSolicitudCancelacionAsincrono": {
		parameters: []string{"solicitud", "emailNotifica", "properties"},
		read:       readSolicitud,
		answer:     (*Simulator).registerCancellations,
	},
}

func (f *Simulator) cancelarSectorPrimario(q query, carry bool) (Answer, bool) {
	known, refusal := f.cancellable(q.folios[0])
	if refusal != nil {
		return *refusal, false
	}
	done := known.cancellation(f.Now(), withoutConsent)
	if carry {
		f.change(known, done)
	}
	return withAcuse(known, done), carry && done.acuse == estatusReceived
}

func (f *Simulator) registerCancellations(q query, carry bool) (Answer, bool) {
	var found []*invoice
	for _, folio := range q.folios {
		known, refusal := f.cancellable(folio)
		if refusal != nil {
			return *refusal, false
		}
		if known.isPending() || known.isCancelled() || slices.Contains(found, known) {
			return plain(statusRegistered), false
		}
		found = append(found, known)
	}
	if carry {
		for _, known := range found {
			f.register(known, q.issuer)
		}
	}
	return registered(), carry
}

// cancellable returns the invoice to cancel, or the answer that refuses.
func (f *Simulator) cancellable(folio folio) (*invoice, *Answer) {
	known := f.invoice(folio.uuid)
	status, isTest := testUUIDs[strings.ToLower(folio.uuid)]
	switch {
	case known.answer.Status != 0:
		return nil, &known.answer
	case isTest && !known.isCancelled():
		return nil, new(plain(status))
	case known.uuid == "":
		return nil, new(plain(statusUnknownUUID))
	}
	return known, nil
}

func (f *Simulator) getStatusCancelacionAsincrona(q query, _ bool) (Answer, bool) {
	uuid := q.folios[0].uuid
	known := f.invoice(uuid)
	last := known.last()
	isForgotten := !known.isPending() && f.Now().Sub(last.at) > keptFor
	status, isTest := testUUIDs[strings.ToLower(uuid)]
	switch {
	case known.answer.Status != 0:
		return known.answer, false
	case known.isCancelled() && !isForgotten:
		return withAcuse(known, last), false
	case last.unanswered:
		return registered(), false
	case known.isPending():
		return plain(statusInProcess), false
	case last.estatus == rejected && !isForgotten:
		return plain(statusRefused), false
	case isTest:
		return plain(status), false
	}
	return plain(statusNoTransaction), false
}

// login returns the status that refuses a login, 0 if the login is right. The caller holds
// f.mu.
func (f *Simulator) login(username, password string, carry bool) int {
	wrong, status := f.logins+1, statusBadLogin
	switch {
	case f.logins > maxLogins:
		return statusLocked
	case username == validUsername && password == validPassword:
		wrong, status = 0, 0
	case wrong > maxLogins:
		status = statusTooManyLogins
	}
	if carry {
		f.logins = wrong
	}
	return status
}

// page answers every GET.
func (f *Simulator) page(r *http.Request) (canceltest.Reply, bool) {
	_, known := endpoints[strings.TrimSuffix(r.URL.Path, "/")]
	if !known || !strings.EqualFold(r.URL.RawQuery, "wsdl") {
		return canceltest.Reply{Status: http.StatusNotFound}, true
	}
	return canceltest.Reply{
		Header: http.Header{"Content-Type": {"text/xml;charset=UTF-8"}},
		Body:   []byte(strings.ReplaceAll(wsdl, vendorServices, "http://"+escapeXML(r.Host)+"/ws/services/")),
	}, true
}

func (f *Simulator) broken(r *http.Request) canceltest.Reply {
	version, _ := versionOf(r.Header)
	return f.fault(version, version.receiver, "org.apache.axis2.AxisFault: error interno")
}

func (f *Simulator) fault(version *soapVersion, code, message string) canceltest.Reply {
	layout := strings.ReplaceAll(version.fault, "NN", f.instance)
	return version.envelope(http.StatusInternalServerError, fmt.Sprintf(layout, code, escapeXML(message)))
}

func (f *Simulator) answer(r *http.Request, body []byte, carry bool) canceltest.Reply {
	endpoint, known := endpoints[strings.TrimSuffix(r.URL.Path, "/")]
	if status := canceltest.RefusePost(r, known, soap11.mediaType, soap12.mediaType); status != 0 {
		return canceltest.Reply{Status: status}
	}
	version, action := versionOf(r.Header)
	refuse := func(message string) canceltest.Reply { return f.fault(version, version.sender, message) }
	text, err := adapter.UTF8(body, r.Header.Get("Content-Type"))
	if err != nil {
		return refuse(err.Error())
	}
	envelope, content, err := readEnvelope(text, version)
	if err != nil {
		return refuse(err.Error())
	}
	var a canceltest.Reply
	var q query
	op, isOperation := operations[content.Tag]
	given, err := readChildren(content, serviceNamespace, append([]string{"usuario", "password"}, op.parameters...)...)
	switch {
	case !isOperation, endpoint != nil && endpoint != version, content.NamespaceURI() != serviceNamespace,
		action != "" && action != "urn:"+content.Tag:
		a = refuse("The endpoint reference (EPR) for the Operation not found is http://" + r.Host + r.URL.Path +
			" and the WSA Action = " + action + ". If this EPR was previously reachable, please contact the server administrator.")
	case err != nil:
		a = refuse(err.Error())
	default:
		q = op.read(given)
		a = f.run(content.Tag, given, q, version, carry)
	}
	a.Op, a.Request = content.Tag, withoutSecrets(envelope)
	for _, folio := range q.folios {
		a.IDs = append(a.IDs, folio.uuid)
	}
	return a
}

func (f *Simulator) run(operation string, given map[string]string, q query, version *soapVersion, carry bool) canceltest.Reply {
	f.mu.Lock()
	defer f.mu.Unlock()
	op := operations[operation]
	username, password := given["usuario"], given["password"]
	refused := statusIncomplete
	if username != "" && password != "" {
		refused = cmp.Or(f.login(username, password, carry), q.refusal)
	}
	a, carried := plain(refused), false
	if refused == 0 {
		a, carried = op.answer(f, q, carry)
	}
	r := version.envelope(http.StatusOK, f.response(operation, a))
	r.Carried = carried
	return r
}

// response returns the element that answers an operation. Axis2 sorts the children by name.
func (f *Simulator) response(operation string, a Answer) string {
	prefix := "ax" + f.instance
	child := func(name, text string) string {
		if text == "" {
			return fmt.Sprintf(`<%s:%s xsi:nil="true" />`, prefix, name)
		}
		return fmt.Sprintf("<%s:%s>%s</%s:%s>", prefix, name, escapeXML(text), prefix, name)
	}
	children := child("mensaje", a.Message) + child("status", strconv.Itoa(a.Status))
	namespace, resultType := registrationNamespace, "CancelacionAsincronoResponse"
	if name := operations[operation].acuse; name != "" {
		namespace, resultType = statusNamespace, "StatusCancelacionResponse"
		text := string(a.Acuse)
		if f.inBase64 {
			name, text = "acuseSat", base64.StdEncoding.EncodeToString(a.Acuse)
		}
		children = child(name, text) + children
	}
	return fmt.Sprintf(`<ns:%[1]sResponse xmlns:ns="%[2]s"><ns:return xmlns:%[3]s="%[4]s" xmlns:xsi="%[5]s" xsi:type="%[3]s:%[6]s">`+
		`%[7]s</ns:return></ns:%[1]sResponse>`,
		operation, serviceNamespace, prefix, namespace, xsiNamespace, resultType, children)
}
