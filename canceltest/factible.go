package canceltest

import (
	_ "embed"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/internal/charset"
	"github.com/unified-cancel/cancel/internal/check"
)

const (
	factibleUsername = "usuario.simulado"
	factiblePassword = "clave-simulada" //nolint:gosec // invented, and no account has it
)

const (
	servicePath    = "/ws/services/Cancelacion"
	soap11Endpoint = servicePath + ".CancelacionHttpsSoap11Endpoint"
	soap12Endpoint = servicePath + ".CancelacionHttpsSoap12Endpoint"
)

// factibleEndpoints holds the version of SOAP that each endpoint takes, nil for both.
var factibleEndpoints = map[string]*soapVersion{
	servicePath:    nil,
	soap11Endpoint: soap11,
	soap12Endpoint: soap12,
}

// Statuses that the simulator gives of its own accord.
const (
	statusDone           = 200
	statusNotCancellable = 204
	statusInProcess      = 211
	statusBadLogin       = 601
	statusLocked         = 602
	statusTooManyLogins  = 604
	statusIncomplete     = 611
	statusInvalid        = 621
	statusUnknownUUID    = 623
	statusNoTransaction  = 702
)

// EstatusUUID of an acuse.
const (
	estatusReceived = "201"
	estatusBefore   = "202"
)

// maxLogins is how many wrong logins in a row are told to be wrong.
const maxLogins = 5

// testUUIDs are those that the vendor publishes for its testing environment, in
// lower case, and the status that each gives.
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

var factibleWords = map[int]string{
	statusDone:           "La cancelación se realizó correctamente.",
	statusNotCancellable: "El comprobante no se puede cancelar.",
	statusInProcess:      "La cancelación está en proceso.",
	statusBadLogin:       "Error de autenticación, el usuario o la contraseña son incorrectos.",
	statusLocked:         "La cuenta de usuario se encuentra bloqueada.",
	statusTooManyLogins:  "Se ha superado el número máximo permitido de intentos fallidos de autenticación.",
	statusIncomplete:     "Los datos recibidos están incompletos o no se encuentran donde se esperarían.",
	statusInvalid:        "Los datos recibidos no son válidos.",
	statusUnknownUUID:    "El UUID no se encuentra en el panel de timbrado del usuario.",
	statusNoTransaction:  "No se encontró la transacción con el UUID indicado.",
}

// wsdl is the service's, with the vendor's own addresses.
//
//go:embed cancelacion.wsdl
var wsdl string

const vendorServices = "https://solucionfactible.com/ws/services/"

// Factible simulates the service Cancelacion of Solución Factible, as far as it is
// known from https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion.jsp:
// cancelarSectorPrimario and getStatusCancelacionAsincrona, in SOAP 1.1 and 1.2. Its
// WSDL, at any of its addresses with ?wsdl, names the other operations too; to call
// one of them is a fault.
//
// The testing environment's UUIDs answer 204 and 211, those in [Factible.Register]
// 200 with an acuse, all others 623 or 702. The wrong login is answered 601 five
// times in a row, then 604, and 602 from then on, whatever the login. Make one with
// [NewFactible]. It is safe for concurrent use.
type Factible struct {
	*Server

	instance string // differs between instances, as the prefixes of Axis2 do

	mu        sync.Mutex
	invoices  map[string]*invoice // by UUID in lower case
	answers   map[string]FactibleAnswer
	cancelled ledger
	logins    int // wrong ones in a row
}

// invoice is one in the user's panel.
type invoice struct {
	uuid string // as it was registered
	// cancelled is the date of the last acuse and estatus what it says, "" where
	// there is none.
	cancelled time.Time
	estatus   string
}

// FactibleAnswer is an answer to give for a UUID.
type FactibleAnswer struct {
	// Status is the vendor's code.
	Status int
	// Message is the mensaje, as it is; xsi:nil where it is "".
	Message string
	// Acuse is the acknowledgement, which travels in base64; xsi:nil where it is
	// empty. It need not be an acuse.
	Acuse []byte
}

// NewFactible returns a simulator on a free port of 127.0.0.1. It panics where there
// is none. Close it when done.
func NewFactible() *Factible { return must(ListenFactible(anyPort)) }

// ListenFactible returns a simulator that listens at address, such as
// "127.0.0.1:8081". Its error is that of [net.Listen]. Close it when done.
func ListenFactible(address string) (*Factible, error) {
	server, err := listen(address)
	if err != nil {
		return nil, err
	}
	f := &Factible{
		Server:   server,
		instance: strconv.FormatInt(20+instances.Add(1), 10),
		invoices: map[string]*invoice{},
		answers:  map[string]FactibleAnswer{},
	}
	f.serve(f)
	return f, nil
}

var instances atomic.Int64

// Config returns a Config for the simulator's endpoint of SOAP 1.1, with the only
// login that it takes.
func (f *Factible) Config() factible.Config {
	return factible.Config{
		Username: factibleUsername,
		Password: factiblePassword,
		Endpoint: f.URL + soap11Endpoint + "/",
		Options:  f.options(),
	}
}

// ConfigSOAP12 returns the same for SOAP 1.2.
func (f *Factible) ConfigSOAP12() factible.Config {
	config := f.Config()
	config.Endpoint = f.URL + soap12Endpoint + "/"
	config.SOAP12 = true
	return config
}

// Register puts invoices into the user's panel, where they can be cancelled. An
// invoice that is there stays as it is. It panics for what is no UUID.
func (f *Factible) Register(uuids ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, uuid := range uuids {
		f.register(uuid)
	}
}

func (f *Factible) register(uuid string) *invoice {
	if !check.UUID(uuid) {
		panic(fmt.Sprintf("canceltest: %q is no UUID", uuid))
	}
	key := strings.ToLower(uuid)
	known, ok := f.invoices[key]
	if !ok {
		known = &invoice{uuid: uuid}
		f.invoices[key] = known
	}
	return known
}

// Answer sets what both operations answer for a UUID, until it is set again; an
// answer with Status 0 removes it. Such an answer cancels nothing, whatever it says:
// the ledger stays as it is.
func (f *Factible) Answer(uuid string, a FactibleAnswer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.Status == 0 {
		delete(f.answers, strings.ToLower(uuid))
		return
	}
	a.Acuse = slices.Clone(a.Acuse)
	f.answers[strings.ToLower(uuid)] = a
}

// Resolve moves a pending cancellation on: a is what both operations answer from now
// on. With Status 200 the invoice is cancelled and stands in the ledger, and unless a
// has an acuse of its own one is made. It panics for what is no UUID.
func (f *Factible) Resolve(uuid string, a FactibleAnswer) {
	f.mu.Lock()
	resolved := f.register(uuid)
	if a.Status == statusDone {
		f.cancel(resolved, time.Now())
		if len(a.Acuse) == 0 {
			a = FactibleAnswer{}
		}
	}
	f.mu.Unlock()
	f.Answer(uuid, a)
}

// Cancelled returns the UUIDs that are cancelled, as they were registered, in the
// order in which that happened.
func (f *Factible) Cancelled() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cancelled.all()
}

// IsCancelled reports whether the invoice is cancelled.
func (f *Factible) IsCancelled(uuid string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.invoices[strings.ToLower(uuid)]
	return known != nil && known.estatus != ""
}

// cancel cancels an invoice, once or again. The caller holds f.mu.
func (f *Factible) cancel(known *invoice, at time.Time) {
	known.cancelled, known.estatus = at, known.next()
	f.cancelled.add(known.uuid)
}

// next is the EstatusUUID of the acuse for the next cancellation.
func (i *invoice) next() string {
	if i.estatus == "" {
		return estatusReceived
	}
	return estatusBefore
}

func plain(status int) FactibleAnswer {
	return FactibleAnswer{Status: status, Message: "[Servidor de pruebas] " + factibleWords[status]}
}

func withAcuse(uuid, estatus string, at time.Time) FactibleAnswer {
	a := plain(statusDone)
	a.Acuse = acuse(uuid, estatus, at)
	return a
}

// operation is one of the service.
type operation struct {
	// parameters are its own, in the order of the WSDL. The first two are the login
	// and the third is what it is about.
	parameters []string
	properties bool // key-value pairs may follow
	// answer answers for a UUID. The caller holds f.mu.
	answer func(f *Factible, uuid string, carry bool) (a FactibleAnswer, carried bool)
}

var operations = map[string]operation{
	"cancelarSectorPrimario": {
		parameters: []string{"usuario", "password", "uuid"},
		answer:     (*Factible).cancelarSectorPrimario,
	},
	"getStatusCancelacionAsincrona": {
		parameters: []string{"usuario", "password", "transactionId"},
		properties: true,
		answer:     (*Factible).getStatusCancelacionAsincrona,
	},
}

func (f *Factible) cancelarSectorPrimario(uuid string, carry bool) (FactibleAnswer, bool) {
	key := strings.ToLower(uuid)
	if a, ok := f.answers[key]; ok {
		return a, false
	}
	known := f.invoices[key]
	if status, ok := testUUIDs[key]; ok && (known == nil || known.estatus == "") {
		return plain(status), false
	}
	if known == nil {
		return plain(statusUnknownUUID), false
	}
	at, estatus := time.Now(), known.next()
	if carry {
		f.cancel(known, at)
	}
	return withAcuse(uuid, estatus, at), carry && estatus == estatusReceived
}

func (f *Factible) getStatusCancelacionAsincrona(uuid string, _ bool) (FactibleAnswer, bool) {
	key := strings.ToLower(uuid)
	if a, ok := f.answers[key]; ok {
		return a, false
	}
	if known := f.invoices[key]; known != nil && known.estatus != "" {
		return withAcuse(uuid, known.estatus, known.cancelled), false
	}
	if status, ok := testUUIDs[key]; ok {
		return plain(status), false
	}
	return plain(statusNoTransaction), false
}

// login says why the login is refused, 0 where it is not. The caller holds f.mu.
func (f *Factible) login(username, password string, carry bool) int {
	right := username == factibleUsername && password == factiblePassword
	switch {
	case f.logins > maxLogins:
		return statusLocked
	case right:
		if carry {
			f.logins = 0
		}
		return 0
	}
	tooMany := f.logins == maxLogins
	if carry {
		f.logins++
	}
	if tooMany {
		return statusTooManyLogins
	}
	return statusBadLogin
}

func (f *Factible) page(r *http.Request) reply {
	_, known := factibleEndpoints[strings.TrimSuffix(r.URL.Path, "/")]
	if !known || !strings.EqualFold(r.URL.RawQuery, "wsdl") {
		return notFound
	}
	return reply{
		status:      http.StatusOK,
		contentType: "text/xml;charset=UTF-8",
		body:        []byte(strings.ReplaceAll(wsdl, vendorServices, escapeXML(f.URL)+"/ws/services/")),
	}
}

var notFound = reply{
	status:      http.StatusNotFound,
	contentType: "text/plain; charset=utf-8",
	body:        []byte("Not Found\n"),
}

func (f *Factible) broken(r *http.Request) reply {
	version, _ := versionOf(r.Header)
	if version == nil {
		version = soap11
	}
	return f.fault(version, version.receiver, "org.apache.axis2.AxisFault: error interno")
}

func (f *Factible) fault(version *soapVersion, code, message string) reply {
	layout := strings.ReplaceAll(version.fault, "NN", f.instance)
	return version.envelope(http.StatusInternalServerError, fmt.Sprintf(layout, code, escapeXML(message)))
}

func (f *Factible) answer(r *http.Request, body []byte, carry bool) reply {
	endpoint, known := factibleEndpoints[strings.TrimSuffix(r.URL.Path, "/")]
	version, action := versionOf(r.Header)
	a := notFound
	switch {
	case !known:
	case r.Method != http.MethodPost:
		a.status = http.StatusMethodNotAllowed
	case version == nil:
		a.status = http.StatusUnsupportedMediaType
	default:
		return f.call(r, body, endpoint, version, action, carry)
	}
	a.op = r.Method + " " + r.URL.Path
	a.body = []byte(http.StatusText(a.status) + "\n")
	return a
}

// call answers a request that is SOAP by its headers.
func (f *Factible) call(r *http.Request, body []byte, endpoint, version *soapVersion, action string, carry bool) reply {
	refuse := func(message string) reply { return f.fault(version, version.sender, message) }
	text, err := charset.UTF8(body, r.Header.Get("Content-Type"))
	var content element
	if err == nil {
		content, err = readEnvelope(text, version)
	}
	if err != nil {
		a := refuse(err.Error())
		a.op = r.Method + " " + r.URL.Path
		return a
	}
	name := content.XMLName.Local
	op, known := operations[name]
	var a reply
	var given map[string]string
	switch {
	case endpoint != nil && endpoint != version,
		!known,
		content.XMLName.Space != serviceNamespace,
		action != "" && action != "urn:"+name:
		a = refuse("The endpoint reference (EPR) for the Operation not found is " + f.URL + r.URL.Path +
			" and the WSA Action = " + action + ". If this EPR was previously reachable, please contact the server administrator.")
	default:
		if given, err = op.read(content); err != nil {
			a = refuse(err.Error())
		} else {
			a = f.run(name, op, given, version, carry)
		}
	}
	a.op = name
	a.request = withoutPassword(text)
	if known && given[op.parameters[2]] != "" {
		a.ids = []string{given[op.parameters[2]]}
	}
	return a
}

// read returns the parameters that are neither missing nor nil nor empty.
func (op operation) read(content element) (map[string]string, error) {
	given := map[string]string{}
	expected := op.parameters
	for _, child := range content.Children {
		name := child.XMLName
		if name.Space != serviceNamespace {
			return nil, unexpected(name)
		}
		if op.properties && name.Local == "properties" {
			if err := checkProperty(child); err != nil {
				return nil, err
			}
			expected = nil
			continue
		}
		// Parameters may be left out, but not change places.
		i := slices.Index(expected, name.Local)
		if i < 0 || len(child.Children) > 0 {
			return nil, unexpected(name)
		}
		expected = expected[i+1:]
		if !child.isNil() {
			given[name.Local] = child.Text
		}
	}
	return given, nil
}

func checkProperty(property element) error {
	expected := []string{"key", "value"}
	for _, child := range property.Children {
		i := slices.Index(expected, child.XMLName.Local)
		if i < 0 || child.XMLName.Space != kvNamespace {
			return unexpected(child.XMLName)
		}
		expected = expected[i+1:]
	}
	return nil
}

func unexpected(name xml.Name) error {
	return fmt.Errorf("org.apache.axis2.databinding.ADBException: Unexpected subelement {%s}%s", name.Space, name.Local)
}

func (f *Factible) run(name string, op operation, given map[string]string, version *soapVersion, carry bool) reply {
	f.mu.Lock()
	defer f.mu.Unlock()
	username, password, uuid := given[op.parameters[0]], given[op.parameters[1]], given[op.parameters[2]]
	refused := statusIncomplete
	if username != "" && password != "" {
		refused = f.login(username, password, carry)
	}
	var a FactibleAnswer
	var carried bool
	switch {
	case refused != 0:
		a = plain(refused)
	case uuid == "":
		a = plain(statusIncomplete)
	case !check.UUID(uuid):
		a = plain(statusInvalid)
	default:
		a, carried = op.answer(f, uuid, carry)
	}
	r := version.envelope(http.StatusOK, f.response(name, a))
	r.carried = carried
	return r
}

// response is the element that answers an operation. Axis2 sorts the children by name.
func (f *Factible) response(operation string, a FactibleAnswer) string {
	prefix := "ax" + f.instance
	child := func(name, text string) string {
		if text == "" {
			return fmt.Sprintf(`<%s:%s xsi:nil="true" />`, prefix, name)
		}
		return fmt.Sprintf("<%s:%s>%s</%s:%s>", prefix, name, escapeXML(text), prefix, name)
	}
	return fmt.Sprintf(`<ns:%[1]sResponse xmlns:ns="%[2]s"><ns:return xmlns:%[3]s="%[4]s" xmlns:xsi="%[5]s" xsi:type="%[3]s:StatusCancelacionResponse">`+
		`%[6]s%[7]s%[8]s</ns:return></ns:%[1]sResponse>`,
		operation, serviceNamespace, prefix, statusNamespace, xsiNamespace,
		child("acuseSat", base64.StdEncoding.EncodeToString(a.Acuse)),
		child("mensaje", a.Message),
		child("status", strconv.Itoa(a.Status)))
}

var passwordElement = regexp.MustCompile(`(?is)(<(?:[\w.-]+:)?password\b[^>]*>).*?(</(?:[\w.-]+:)?password\b)`)

// withoutPassword returns a request as the log may hold it.
func withoutPassword(text []byte) []byte {
	return passwordElement.ReplaceAll(text, []byte("${1}REDACTED${2}"))
}
