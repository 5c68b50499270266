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
	kinds    []cancel.Kind
	readOnly bool
	// proves says that an acuse which comes with status 200 decides.
	proves bool
	// details says why a request is malformed, apart from its Kind and ID. It may be nil.
	details func(cancel.Request) error
	// signed says that the request travels signed with the issuer's CSD.
	signed bool
	// request returns the parameters, as encoding/xml takes them. The solicitud is nil unless
	// signed is true.
	request func(c *Client, req cancel.Request, password string, solicitud []byte) any
}

// cancellable are the kinds that Cancel takes, each by its own operation.
var cancellable = []cancel.Kind{cancel.PrimarySectorInvoice, cancel.Invoice}

var cancelPrimarySector = operation{
	name:   opSectorPrimario,
	kinds:  cancellable,
	proves: true,
	request: func(c *Client, req cancel.Request, password string, _ []byte) any {
		return cancelarSectorPrimario{
			XMLName:  xml.Name{Space: c.namespace, Local: opSectorPrimario},
			Usuario:  c.username,
			Password: password,
			UUID:     req.ID,
		}
	},
}

var asincrono = operation{
	name:    opAsincrono,
	kinds:   cancellable,
	details: validInvoice,
	request: func(c *Client, req cancel.Request, password string, _ []byte) any {
		return cancelarAsincrono{
			XMLName:       xml.Name{Space: c.namespace, Local: opAsincrono},
			Usuario:       c.username,
			Password:      password,
			UUID:          req.ID + "|" + req.Motive + "|" + req.ReplacedBy,
			RFCEmisor:     req.Issuer,
			EmailNotifica: req.RequestedBy,
			Properties:    wireProperties(c.properties),
		}
	},
}

var enviarSolicitud = operation{
	name:    opEnviarSolicitud,
	kinds:   cancellable,
	details: validInvoice,
	signed:  true,
	request: func(c *Client, req cancel.Request, password string, solicitud []byte) any {
		return enviarSolicitudCancelacionAsincrono{
			XMLName:       xml.Name{Space: c.namespace, Local: opEnviarSolicitud},
			Usuario:       c.username,
			Password:      password,
			Solicitud:     base64.StdEncoding.EncodeToString(solicitud),
			EmailNotifica: req.RequestedBy,
			Properties:    wireProperties(c.properties),
		}
	},
}

var getStatus = operation{
	name:     opGetStatus,
	kinds:    cancellable,
	readOnly: true,
	proves:   true,
	request: func(c *Client, req cancel.Request, password string, _ []byte) any {
		return getStatusCancelacionAsincrona{
			XMLName:       xml.Name{Space: c.namespace, Local: opGetStatus},
			Usuario:       c.username,
			Password:      password,
			TransactionID: req.ID,
			Properties:    wireProperties(c.properties),
		}
	},
}

// The parameters of the operations, in the order of the WSDL.
type (
	cancelarSectorPrimario struct {
		XMLName  xml.Name
		Usuario  string `xml:"usuario"`
		Password string `xml:"password"`
		UUID     string `xml:"uuid"`
	}
	// cancelarAsincrono leaves out csdCer, csdKey and csdPassword: the issuer's key is
	// never sent.
	cancelarAsincrono struct {
		XMLName       xml.Name
		Usuario       string     `xml:"usuario"`
		Password      string     `xml:"password"`
		UUID          string     `xml:"uuid"`
		RFCEmisor     string     `xml:"rfcEmisor"`
		EmailNotifica string     `xml:"emailNotifica,omitempty"`
		Properties    []property `xml:"properties"`
	}
	enviarSolicitudCancelacionAsincrono struct {
		XMLName       xml.Name
		Usuario       string     `xml:"usuario"`
		Password      string     `xml:"password"`
		Solicitud     string     `xml:"solicitud"`
		EmailNotifica string     `xml:"emailNotifica,omitempty"`
		Properties    []property `xml:"properties"`
	}
	getStatusCancelacionAsincrona struct {
		XMLName       xml.Name
		Usuario       string     `xml:"usuario"`
		Password      string     `xml:"password"`
		TransactionID string     `xml:"transactionId"`
		Properties    []property `xml:"properties"`
	}
	property struct {
		Key   string `xml:"http://binding.soap.cancelacion.commons.cfdi.solucionfactible.com/xsd key"`
		Value string `xml:"http://binding.soap.cancelacion.commons.cfdi.solucionfactible.com/xsd value"`
	}
)

func wireProperties(given []KeyValue) []property {
	wire := make([]property, len(given))
	for i, p := range given {
		wire[i] = property(p)
	}
	return wire
}

// valid says why req is malformed.
func (op operation) valid(req cancel.Request) error {
	if err := adapter.CheckRequest(req, op.kinds...); err != nil {
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
