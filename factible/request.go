package factible

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// operation is an operation of the service.
type operation struct {
	name     string
	readOnly bool
	// proves says that an acuse which comes with status 200 decides.
	proves bool
	// details says why a request is malformed, apart from its Kind and ID. It may be nil.
	details func(cancel.Request) error
	// signed says that the request travels signed with the issuer's CSD.
	signed bool
	// fill adds the parameters of a request. The solicitud is nil unless signed is true.
	fill func(p *parameters, req cancel.Request, solicitud []byte)
}

var (
	cancelPrimarySector = operation{
		name: opSectorPrimario, proves: true,
		fill: func(p *parameters, req cancel.Request, _ []byte) { p.UUID, p.Properties = req.ID, nil },
	}
	asincrono = operation{
		name: opAsincrono, details: validInvoice,
		fill: func(p *parameters, req cancel.Request, _ []byte) {
			p.UUID = req.ID + "|" + req.Motive + "|" + req.ReplacedBy
			p.RFCEmisor, p.EmailNotifica = req.Issuer, req.RequestedBy
		},
	}
	enviarSolicitud = operation{
		name: opEnviarSolicitud, details: validInvoice, signed: true,
		fill: func(p *parameters, req cancel.Request, solicitud []byte) {
			p.Solicitud, p.EmailNotifica = base64.StdEncoding.EncodeToString(solicitud), req.RequestedBy
		},
	}
	getStatus = operation{
		name: opGetStatus, readOnly: true, proves: true,
		fill: func(p *parameters, req cancel.Request, _ []byte) { p.TransactionID = req.ID },
	}
)

// parameters are the parameters of all operations, each in the order of the WSDL. An operation
// has no use for those that are empty. csdCer, csdKey and csdPassword are not among them: the
// issuer's key is never sent.
type parameters struct {
	XMLName       xml.Name
	Usuario       string     `xml:"usuario"`
	Password      string     `xml:"password"`
	UUID          string     `xml:"uuid,omitempty"`
	TransactionID string     `xml:"transactionId,omitempty"`
	Solicitud     string     `xml:"solicitud,omitempty"`
	RFCEmisor     string     `xml:"rfcEmisor,omitempty"`
	EmailNotifica string     `xml:"emailNotifica,omitempty"`
	Properties    []property `xml:"properties"`
}

type property struct {
	Key   string `xml:"http://binding.soap.cancelacion.commons.cfdi.solucionfactible.com/xsd key"`
	Value string `xml:"http://binding.soap.cancelacion.commons.cfdi.solucionfactible.com/xsd value"`
}

// request returns the parameters of a call, as encoding/xml takes them.
func (op operation) request(c *Client, req cancel.Request, password string, solicitud []byte) parameters {
	p := parameters{
		XMLName: xml.Name{Space: c.namespace, Local: op.name},
		Usuario: c.username, Password: password,
		Properties: make([]property, len(c.properties)),
	}
	for i, given := range c.properties {
		p.Properties[i] = property(given)
	}
	op.fill(&p, req, solicitud)
	return p
}

// valid says why req is malformed.
func (op operation) valid(req cancel.Request) error {
	if err := adapter.CheckRequest(req, cancel.PrimarySectorInvoice, cancel.Invoice); err != nil {
		return err
	}
	if !adapter.IsUUID(req.ID) {
		return errors.New("ID is not a folio fiscal: it must be a UUID, 8-4-4-4-12 hexadecimal digits")
	}
	if op.details != nil {
		return op.details(req)
	}
	return nil
}

// replaced is the motivo of an invoice that another one replaces.
const replaced = "01"

// validInvoice says why a request to register a cancellation is malformed.
func validInvoice(req cancel.Request) error {
	switch req.Motive {
	case replaced, "02", "03", "04":
	default:
		return errors.New("Motive is not one of the SAT: it must be 01, 02, 03 or 04")
	}
	switch {
	case req.Motive != replaced && req.ReplacedBy != "":
		return errors.New("ReplacedBy goes only with Motive 01")
	case req.Motive == replaced && !adapter.IsUUID(req.ReplacedBy):
		return errors.New("ReplacedBy must be the UUID of the CFDI that replaces this one, for Motive 01")
	case strings.EqualFold(req.ReplacedBy, req.ID):
		return errors.New("ReplacedBy must be another UUID than ID")
	case !validRFC(req.Issuer):
		return errors.New("Issuer must be the RFC of the issuer, 12 or 13 characters")
	case req.RequestedBy != "" && !adapter.IsEmail(req.RequestedBy):
		return errors.New("RequestedBy is not a bare e-mail address")
	}
	return nil
}
