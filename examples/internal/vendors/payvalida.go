package vendors

import (
	"fmt"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

const notReversed, undocumented = "2402575", "2402571"

// Payvalida is Payvalida.
var Payvalida = Vendor{
	Name: "payvalida", Title: "Payvalida",
	Variables: []cli.Variable{
		{Name: "PAYVALIDA_MERCHANT", Meaning: "the name that identifies the merchant"},
		{Name: "PAYVALIDA_FIXED_HASH", Meaning: "the merchant's fixed hash, which signs the calls", Secret: true},
	},
	Open: func(getenv func(string) string, o cancel.ClientOptions) (cancel.Canceler, error) {
		return payvalida.New(payvalida.Config{
			Merchant:    getenv("PAYVALIDA_MERCHANT"),
			FixedHash:   cancel.NewSecret(getenv("PAYVALIDA_FIXED_HASH")),
			Environment: environment(getenv),
			Endpoint:    endpoint(getenv, "payvalida"),
			Options:     o,
		})
	},
	Samples: []Sample{
		{order(cancel.Payment, "2402558"), "a payment", cancel.Cancelled, nil},
		{order(cancel.PreAuthorization, "2402560"), "a pre-authorization", cancel.Cancelled, nil},
		{order(cancel.PreAuthorization, notReversed), "one that is not reversed, now or later", "", cancel.ErrUnavailable},
		{order(cancel.Payment, undocumented), "one whose answer nobody documents", "", cancel.ErrUnexpected},
	},
	Request: func(i int) cancel.Request {
		return order([]cancel.Kind{cancel.Payment, cancel.PreAuthorization}[i%2], fmt.Sprint(1_000_000+i))
	},
	Doubt: "Run the same command again to find out: code 0001 says that it was cancelled.",
	simulate: func(address string) (*Simulator, error) {
		p, err := payvalidatest.Listen(address)
		if err != nil {
			return nil, err
		}
		p.Answer(notReversed, "0017", "transaction was not reversed, try again")
		p.Answer(undocumented, "0099", "processing")
		config := p.Config()
		return &Simulator{
			Server: p.Server, Vendor: p,
			Variables: map[string]string{
				"PAYVALIDA_ENDPOINT":   config.Endpoint,
				"PAYVALIDA_MERCHANT":   config.Merchant,
				"PAYVALIDA_FIXED_HASH": reveal(config.FixedHash),
			},
			Hold: func(req cancel.Request) {
				p.Register(req.Kind, req.ID)
				if req.Reference != "" {
					p.SetReference(req.ID, req.Reference)
				}
			},
		}, nil
	},
}

func order(kind cancel.Kind, number string) cancel.Request {
	return cancel.Request{Provider: "payvalida", Kind: kind, ID: number, Reference: "PO-" + number}
}
