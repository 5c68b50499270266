package sat

import (
	"cmp"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/soap"
)

const provider = "sat"

var endpoints = map[cancel.Environment]string{
	cancel.Sandbox:    "https://pruebacfdiconsultaqr.cloudapp.net/ConsultaCFDIService.svc",
	cancel.Production: "https://consultaqr.facturaelectronica.sat.gob.mx/ConsultaCFDIService.svc",
}

// Config is what [New] needs. The service asks for no credentials. New copies it: a later
// change has no effect on a Client.
type Config struct {
	// Environment is required unless Endpoint is given. The sandbox knows the CFDI that were
	// stamped in a PAC's sandbox.
	Environment cancel.Environment
	// Endpoint replaces the URL of Environment. It must be https unless its host is this
	// machine.
	Endpoint string
	// Options says how the service is reached. The zero value is ready for production.
	Options cancel.ClientOptions
}

// New returns a Client. Its error is cancel.ErrInvalid and names the field of Config that is
// missing, malformed or negative. New sends nothing.
func New(config Config) (*Client, error) {
	call := adapter.Call{Provider: provider, Op: "New"}
	endpoint, endpointErr := adapter.Endpoint(config.Endpoint, config.Environment, endpoints)
	via, viaErr := adapter.NewClient(config.Options)
	if err := cmp.Or(endpointErr, viaErr); err != nil {
		return nil, call.Refuse(err.Error())
	}
	return &Client{soap.NewClient(via, endpoint.String(), soap.V11)}, nil
}
