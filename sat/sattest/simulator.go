// Package sattest simulates the SAT's ConsultaCFDIService, for tests and for trying things out.
// See package canceltest for faults, the log and the clock.
//
// # Errors
//
// [New] panics if there is no free port, and [Listen] returns the error of [net.Listen].
// Methods of [Simulator] panic if a test asks for what cannot be, such as an expression that the
// SAT would not read.
package sattest

import (
	_ "embed"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/sat"
)

const (
	servicePath = "/ConsultaCFDIService.svc"
	address     = "https://consultaqr.facturaelectronica.sat.gob.mx" + servicePath
	action      = "http://tempuri.org/IConsultaCFDIService/Consulta"
	soapSpace   = "http://schemas.xmlsoap.org/soap/envelope/"
)

// wsdl is the WSDL of the service, with the SAT's own address.
//
//go:embed consulta.wsdl
var wsdl string

// The values of CodigoEstatus.
const (
	found    = "S - Comprobante obtenido satisfactoriamente."
	notValid = "N - 601: La expresión impresa proporcionada no es válida."
	notFound = "N - 602: Comprobante no encontrado."
)

// The values of EstatusCancelacion.
const (
	underWay       = "En proceso"
	refused        = "Solicitud rechazada"
	withoutConsent = "Cancelado sin aceptación"
	withConsent    = "Cancelado con aceptación"
	overdue        = "Plazo vencido"
)

// Simulator simulates the SAT's ConsultaCFDIService, as far as its public clients document it:
// the operation Consulta in SOAP 1.1, and its WSDL with ?wsdl. Make a Simulator with [New]. It is
// safe for concurrent use.
//
// [Simulator.Register] makes an invoice known. It is Vigente, and cancellable with the recipient's
// acceptance, until [Simulator.Set] says something else or a PAC's simulator does that
// [Simulator.Follow] names. A UUID that is not known is answered N - 602. An expression that
// cannot be read, or whose RFCs, total or seal are not the registered ones, is answered N - 601;
// an ampersand in an RFC must be the entity &amp; unless [Simulator.RawAmpersands] says
// otherwise. [Simulator.BadDay] answers N - 601 to everything.
//
// The fault [canceltest.SOAPFault] has the text of a database error in it, and [canceltest.HTML]
// is a page about maintenance.
type Simulator struct {
	*canceltest.Server

	mu       sync.Mutex
	invoices map[string]*invoice // by UUID in lower case
	order    []*invoice
	pac      PAC
	lag      time.Duration
	badDay   bool
	raw      bool
}

type invoice struct {
	printed
	set     *sat.Record // nil unless Set was called
	related []string    // the UUIDs of CFDI that block a cancellation
}

// PAC is a PAC's simulator whose cancellations reach the SAT, such as a *factibletest.Simulator.
type PAC interface {
	// Now returns the time by the PAC's clock, and Pass moves it ahead.
	Now() time.Time
	Pass(d time.Duration)
	// Estatus returns the EstatusCancelacion of an invoice at a time by that clock: "" if
	// there was no cancellation.
	Estatus(uuid string, at time.Time) string
}

// New returns a simulator on a free port of 127.0.0.1. It panics if there is no free
// port. Close it when done.
func New() *Simulator { return canceltest.New(Listen) }

// Listen returns a simulator at address, such as "127.0.0.1:8084". Its error is the error of
// [net.Listen]. Close it when done.
func Listen(address string) (_ *Simulator, err error) {
	s := &Simulator{invoices: map[string]*invoice{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Server, err = canceltest.Listen(address, canceltest.Handler{Answer: s.answer, Broken: broken, Page: s.page}); err != nil {
		return nil, err
	}
	return s, nil
}

// Config returns a Config for the simulator.
func (s *Simulator) Config() sat.Config {
	return sat.Config{Endpoint: s.URL + servicePath, Options: s.Options()}
}

// Expression returns the expression of an invented CFDI 4.0 with this UUID.
func Expression(uuid string) string {
	return verifier + "?id=" + uuid + "&re=EKU9003173C9&rr=XAXX010101000&tt=1160.0&fe=c2ltdQ=="
}

// Register makes invoices known by their expressions: see [Expression] and [sat.Expression]. An
// invoice that is known stays as it is. Register panics if an expression cannot be read.
func (s *Simulator) Register(expressions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, expression := range expressions {
		p, err := read(expression)
		if err != nil {
			panic(fmt.Sprintf("sattest: %q is not an expression: %v", expression, err))
		}
		if key := strings.ToLower(p.uuid); s.invoices[key] == nil {
			s.invoices[key] = &invoice{printed: p}
			s.order = append(s.order, s.invoices[key])
		}
	}
}

// Set makes the fields of r the answer about a known invoice, before anything that a PAC says, until
// it is called again; the zero Record ends that. CodigoEstatus is added to an Estado Vigente or
// Cancelado. Raw is ignored. Set panics if the UUID is not known.
func (s *Simulator) Set(uuid string, r sat.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.mustKnow(uuid)
	if r.CodigoEstatus == "" && (r.Estado == "Vigente" || r.Estado == "Cancelado") {
		r.CodigoEstatus = found
	}
	known.set = &r
	if r.CodigoEstatus+r.EsCancelable+r.Estado+r.EstatusCancelacion+r.ValidacionEFOS == "" {
		known.set = nil
	}
}

// Relate makes an invoice not cancellable as long as another known one, related to it, is
// Vigente. It panics if one of the UUIDs is not known.
func (s *Simulator) Relate(uuid, related string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustKnow(related)
	known := s.mustKnow(uuid)
	known.related = append(known.related, strings.ToLower(related))
}

// Follow makes the cancellations at a PAC's simulator appear here after a lag, by the PAC's clock.
// nil ends that. Follow panics if lag is negative.
func (s *Simulator) Follow(pac PAC, lag time.Duration) {
	if lag < 0 {
		panic(fmt.Sprintf("sattest: the SAT cannot be %v ahead", -lag))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pac, s.lag = pac, lag
}

// Pass moves the clock ahead by d, and the clock of the PAC that [Simulator.Follow] names.
func (s *Simulator) Pass(d time.Duration) {
	s.Server.Pass(d)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pac != nil {
		s.pac.Pass(d)
	}
}

// BadDay makes the simulator answer N - 601 to every expression, or ends that.
func (s *Simulator) BadDay(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.badDay = on
}

// RawAmpersands makes the simulator take an ampersand in an RFC only as it is, or only as the
// entity &amp;, which is the default.
func (s *Simulator) RawAmpersands(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw = on
}

// IsCancelled reports whether the SAT has the invoice as cancelled.
func (s *Simulator) IsCancelled(uuid string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.invoices[strings.ToLower(uuid)]
	return known != nil && s.record(known).Estado == "Cancelado"
}

// Cancelled returns the UUIDs of the invoices that the SAT has as cancelled, in the order in which
// they were registered.
func (s *Simulator) Cancelled() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, known := range s.order {
		if s.record(known).Estado == "Cancelado" {
			all = append(all, known.uuid)
		}
	}
	return all
}

// mustKnow returns the invoice. The caller holds s.mu.
func (s *Simulator) mustKnow(uuid string) *invoice {
	known := s.invoices[strings.ToLower(uuid)]
	if known == nil {
		panic(fmt.Sprintf("sattest: %q is not registered", uuid))
	}
	return known
}

// record returns the SAT's record of an invoice. The caller holds s.mu.
func (s *Simulator) record(known *invoice) sat.Record {
	if known.set != nil {
		return *known.set
	}
	r := sat.Record{CodigoEstatus: found, EsCancelable: "Cancelable con aceptación", Estado: "Vigente", ValidacionEFOS: "200"}
	if s.pac != nil {
		r.EstatusCancelacion = s.pac.Estatus(known.uuid, s.pac.Now().Add(-s.lag))
	}
	switch r.EstatusCancelacion {
	case withoutConsent:
		r.EsCancelable, r.Estado = "Cancelable sin aceptación", "Cancelado"
	case withConsent, overdue:
		r.Estado = "Cancelado"
	case "", underWay, refused:
		for _, uuid := range known.related {
			if s.record(s.invoices[uuid]).Estado == "Vigente" {
				r.EsCancelable = "No cancelable"
			}
		}
	default:
		panic(fmt.Sprintf("sattest: the PAC says %q", r.EstatusCancelacion))
	}
	return r
}

// lookup returns the answer to an expression, and its UUID if it has one.
func (s *Simulator) lookup(expression string) (r sat.Record, uuid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	invalid := sat.Record{CodigoEstatus: notValid, Estado: "No Encontrado"}
	p, err := read(expression)
	if err != nil || s.badDay {
		return invalid, p.uuid
	}
	known := s.invoices[strings.ToLower(p.uuid)]
	switch {
	case known == nil:
		return sat.Record{CodigoEstatus: notFound, Estado: "No Encontrado"}, p.uuid
	case !p.describes(known.printed), strings.Contains(p.issuer+p.receiver, "&") && p.raw != s.raw:
		return invalid, p.uuid
	}
	return s.record(known), p.uuid
}

func (s *Simulator) page(r *http.Request) (canceltest.Reply, bool) {
	if r.URL.Path != servicePath || !strings.EqualFold(r.URL.RawQuery, "wsdl") && !strings.EqualFold(r.URL.RawQuery, "singleWsdl") {
		return canceltest.Reply{Status: http.StatusNotFound}, true
	}
	body := strings.ReplaceAll(wsdl, address, s.URL+servicePath)
	return canceltest.Reply{Header: http.Header{"Content-Type": {"text/xml; charset=UTF-8"}}, Body: []byte(body)}, true
}

func (s *Simulator) answer(r *http.Request, body []byte, _ bool) canceltest.Reply {
	switch status := canceltest.RefusePost(r, r.URL.Path == servicePath, "text/xml"); {
	case status != 0:
		return canceltest.Reply{Status: status}
	case strings.Trim(r.Header.Get("SOAPAction"), `"`) != action:
		return fault("ActionNotSupported", "The message with Action '"+r.Header.Get("SOAPAction")+"' cannot be processed at the receiver.")
	}
	text, err := adapter.UTF8(body, r.Header.Get("Content-Type"))
	if err != nil {
		return canceltest.Reply{Status: http.StatusBadRequest}
	}
	expression, err := readEnvelope(text)
	if err != nil {
		return fault("DeserializationFailed", "The formatter threw an exception while trying to deserialize the message: "+err.Error())
	}
	record, uuid := s.lookup(expression)
	reply := enveloped(http.StatusOK, responseLayout,
		record.CodigoEstatus, record.EsCancelable, record.Estado, record.EstatusCancelacion, record.ValidacionEFOS)
	reply.Op, reply.Request = "Consulta", text
	if uuid != "" {
		reply.IDs = []string{uuid}
	}
	return reply
}

// readEnvelope returns the expresionImpresa of a request.
func readEnvelope(text []byte) (string, error) {
	var envelope struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    []struct {
			Consulta []struct {
				Expression []string `xml:"http://tempuri.org/ expresionImpresa"`
			} `xml:"http://tempuri.org/ Consulta"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	if err := xml.Unmarshal(text, &envelope); err != nil {
		return "", err
	}
	if len(envelope.Body) != 1 || len(envelope.Body[0].Consulta) != 1 || len(envelope.Body[0].Consulta[0].Expression) > 1 {
		return "", fmt.Errorf("the Body must hold one Consulta with one expresionImpresa")
	}
	return strings.Join(envelope.Body[0].Consulta[0].Expression, ""), nil
}

const responseLayout = `<ConsultaResponse xmlns="http://tempuri.org/"><ConsultaResult ` +
	`xmlns:a="http://schemas.datacontract.org/2004/07/Sat.Cfdi.Negocio.ConsultaCfdi.Servicio" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` +
	`<a:CodigoEstatus>%s</a:CodigoEstatus><a:EsCancelable>%s</a:EsCancelable><a:Estado>%s</a:Estado>` +
	`<a:EstatusCancelacion>%s</a:EstatusCancelacion><a:ValidacionEFOS>%s</a:ValidacionEFOS></ConsultaResult></ConsultaResponse>`

const faultLayout = `<s:Fault><faultcode xmlns:a="http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher">a:%s</faultcode>` +
	`<faultstring xml:lang="es-MX">%s</faultstring></s:Fault>`

// broken is a fault as clients have seen them: with the text of a database error.
func broken(*http.Request) canceltest.Reply {
	return fault("InternalServiceFault", "System.Data.SqlClient.SqlException: Execution Timeout Expired. "+
		"SELECT Estado, EstatusCancelacion FROM dbo.Comprobante WHERE Estado = 'Cancelado'")
}

func fault(code, words string) canceltest.Reply {
	return enveloped(http.StatusInternalServerError, faultLayout, code, words)
}

// enveloped returns an answer whose body is layout, with texts in it.
func enveloped(status int, layout string, texts ...string) canceltest.Reply {
	escaped := make([]any, len(texts))
	for i, text := range texts {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(text))
		escaped[i] = b.String()
	}
	return canceltest.Reply{
		Status: status,
		Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}},
		Body:   []byte(`<s:Envelope xmlns:s="` + soapSpace + `"><s:Body>` + fmt.Sprintf(layout, escaped...) + `</s:Body></s:Envelope>`),
	}
}
