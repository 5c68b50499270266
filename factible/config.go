package factible

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/soap"
)

const provider = "factible"

const defaultNamespace = "http://ws.cfdi.solucionfactible.com"

var endpoints = map[soap.Version]map[cancel.Environment]string{
	soap.V11: {
		cancel.Sandbox:    "https://testing.solucionfactible.com/ws/services/Cancelacion.CancelacionHttpsSoap11Endpoint/",
		cancel.Production: "https://solucionfactible.com/ws/services/Cancelacion.CancelacionHttpsSoap11Endpoint/",
	},
	soap.V12: {
		cancel.Sandbox:    "https://testing.solucionfactible.com/ws/services/Cancelacion.CancelacionHttpsSoap12Endpoint/",
		cancel.Production: "https://solucionfactible.com/ws/services/Cancelacion.CancelacionHttpsSoap12Endpoint/",
	},
}

// Config is the input of [New]. It is not kept: changing it later changes no Client.
type Config struct {
	// Username is the name of a user of the stamping panel (usuario). Required. It
	// is never trimmed.
	Username string
	// Password is the password of this user. Required. It is never trimmed.
	Password cancel.Secret
	// Environment is required unless Endpoint is given. An account belongs to one
	// environment and is refused by the other.
	Environment cancel.Environment
	// Endpoint replaces the URL that Environment and SOAP12 stand for. It must be
	// https unless its host is this machine.
	Endpoint string
	// Namespace is the XML namespace of the operations. "" means
	// http://ws.cfdi.solucionfactible.com.
	Namespace string
	// SOAP12 asks in SOAP 1.2 rather than 1.1. Answers are read in both.
	SOAP12 bool
	// Properties travel with the operations that take them. The vendor documents
	// none so far.
	Properties []KeyValue
	// CSD finds the issuer's certificate and key, and requests to cancel an Invoice are
	// signed here. A [*CSD] serves its own issuer only; New checks it and keeps a copy. Nil
	// means that the PAC holds the certificates and signs.
	CSD CSDSource
	// Options says how to reach the service. The zero value is ready for production.
	Options cancel.ClientOptions
}

// KeyValue is a parameter that the vendor keeps for later versions of its service
// (Llave-Valor). A Key is required. See
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/getStatusCancelacionAsincrona-en.jsp.
type KeyValue struct{ Key, Value string }

// New returns a Client. Its error is cancel.ErrInvalid and names the field of
// Config that is missing, malformed or negative. It sends nothing.
func New(config Config) (*Client, error) {
	call := adapter.Call{Provider: provider, Op: "New"}
	version := soap.V11
	if config.SOAP12 {
		version = soap.V12
	}
	password, passwordErr := adapter.RequireCredential("Password", config.Password, adapter.CheckText)
	endpoint, endpointErr := adapter.Endpoint(config.Endpoint, config.Environment, endpoints[version])
	via, viaErr := adapter.NewClient(config.Options)
	namespace := cmp.Or(config.Namespace, defaultNamespace)
	err := cmp.Or(adapter.Require("Username", config.Username, adapter.CheckText), passwordErr,
		adapter.Require("Namespace", namespace, adapter.CheckLine), checkProperties(config.Properties), endpointErr, viaErr)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	c := &Client{
		via:        via,
		soap:       soap.NewClient(via, endpoint.String(), version),
		namespace:  namespace,
		username:   config.Username,
		password:   password,
		properties: slices.Clone(config.Properties),
		redact:     adapter.NewRedactor(password),
	}
	switch source := config.CSD.(type) {
	case nil:
	case *CSD:
		if source == nil {
			return nil, call.Refuse("CSD is a nil *CSD")
		}
		if c.issuer, err = source.check(time.Now()); err != nil {
			return nil, call.Refuse(err.Error())
		}
		csd := &CSD{slices.Clone(source.Certificate), slices.Clone(source.Key), source.Password}
		c.csd = csd.CSD
	default:
		c.csd = source.CSD
	}
	return c, nil
}

func checkProperties(properties []KeyValue) error {
	for i, p := range properties {
		if err := adapter.Require(fmt.Sprintf("Properties[%d].Key", i), p.Key, adapter.CheckText); err != nil {
			return err
		}
		if err := adapter.CheckText(p.Value); err != nil {
			return fmt.Errorf("Properties[%d].Value %w", i, err)
		}
	}
	return nil
}
