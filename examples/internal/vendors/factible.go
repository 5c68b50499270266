package vendors

import (
	"fmt"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/sat/sattest"
)

const refused = "0C9D7B42-5E1F-4A86-B3D0-71E8F26A4C95"

// Factible is Solución Factible.
var Factible = Vendor{
	Name: "factible", Title: "Solución Factible",
	Variables: []cli.Variable{
		{Name: "FACTIBLE_USERNAME", Meaning: "a user of the stamping panel"},
		{Name: "FACTIBLE_PASSWORD", Meaning: "that user's password", Secret: true},
	},
	Open: func(getenv func(string) string, o cancel.ClientOptions) (cancel.Canceler, error) {
		config := FactibleConfig(getenv)
		config.Options = o
		return factible.New(config)
	},
	Samples: []Sample{
		{primary("6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13"), "an invoice of the primary sector", cancel.Cancelled, nil},
		{invoice("A41B8E07-92C3-4D6F-8F15-C3D70E95B264"), "an invoice whose recipient may object", cancel.Pending, nil},
		// The vendor publishes two for tests.
		{primary("C5E58106-6C1E-41C9-A211-FB8BAD1CABB0"), "one that takes its time", cancel.Pending, nil},
		{primary("E329DD15-7D0B-44E9-A204-51A7443D1FBE"), "one that cannot be cancelled", "", cancel.ErrNotCancellable},
		{primary(refused), "one whose recipient refuses", "", cancel.ErrRejected},
		{primary("D7E3F519-0A84-4B2C-A6E9-58B1C07D3F42"), "one of another account", "", cancel.ErrNotFound},
	},
	Request: func(i int) cancel.Request {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012X", i)
		if i%2 == 0 {
			return invoice(id)
		}
		return primary(id)
	},
	Pending: "Its recipient has 72 hours to object. Ask with -status how it stands.",
	Doubt:   "Ask with -status before anything else.",
	simulate: func(address string) (*Simulator, error) {
		f, err := factibletest.Listen(address)
		if err != nil {
			return nil, err
		}
		f.Answer(refused, factibletest.Answer{Status: 213, Message: "El receptor rechazó la solicitud."})
		config := f.Config()
		return &Simulator{
			Server: f.Server, Vendor: f,
			Variables: map[string]string{
				"FACTIBLE_ENDPOINT": f.URL + "/ws/services/Cancelacion", // in SOAP 1.1 and 1.2
				"FACTIBLE_USERNAME": config.Username,
				"FACTIBLE_PASSWORD": reveal(config.Password),
			},
			Hold: func(req cancel.Request) { f.Register(req.ID) },
		}, nil
	},
}

// FactibleConfig returns the Config that the environment describes.
func FactibleConfig(getenv func(string) string) factible.Config {
	return factible.Config{
		Username:    getenv("FACTIBLE_USERNAME"),
		Password:    cancel.NewSecret(getenv("FACTIBLE_PASSWORD")),
		Environment: environment(getenv),
		Endpoint:    endpoint(getenv, "factible"),
	}
}

func primary(uuid string) cancel.Request {
	return cancel.Request{
		Provider: "factible", Kind: cancel.PrimarySectorInvoice, ID: uuid, Expression: sattest.Expression(uuid),
	}
}

func invoice(uuid string) cancel.Request {
	req := primary(uuid)
	req.Kind, req.Motive, req.Issuer = cancel.Invoice, "02", "EKU9003173C9"
	return req
}
