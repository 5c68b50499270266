package factible

import (
	"encoding/xml"
	"errors"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/check"
)

// operation is one of the service.
type operation struct {
	name     string
	kinds    []cancel.Kind
	readOnly bool
	// unproved is what status 200 means without an acuse that can be read.
	unproved cancel.State
	request  func(*Client, cancel.Request) any
}

var cancelPrimarySector = operation{
	name:     "cancelarSectorPrimario",
	kinds:    []cancel.Kind{cancel.PrimarySectorInvoice},
	unproved: cancel.Cancelled,
	request: func(c *Client, req cancel.Request) any {
		return cancelarSectorPrimario{
			XMLName:  xml.Name{Space: c.namespace, Local: "cancelarSectorPrimario"},
			Usuario:  c.username,
			Password: string(c.password()),
			UUID:     req.ID,
		}
	},
}

var getStatus = operation{
	name:     "getStatusCancelacionAsincrona",
	kinds:    []cancel.Kind{cancel.PrimarySectorInvoice, cancel.Invoice},
	readOnly: true,
	unproved: cancel.Pending,
	request: func(c *Client, req cancel.Request) any {
		return getStatusCancelacionAsincrona{
			XMLName:       xml.Name{Space: c.namespace, Local: "getStatusCancelacionAsincrona"},
			Usuario:       c.username,
			Password:      string(c.password()),
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

// valid reports why req is malformed.
func (op operation) valid(req cancel.Request) error {
	if err := check.Kind(req.Kind, op.kinds...); err != nil {
		return err
	}
	if !check.UUID(req.ID) {
		return errors.New("ID is no folio fiscal: it must be a UUID, 8-4-4-4-12 hexadecimal digits")
	}
	return nil
}
