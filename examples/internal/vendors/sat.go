package vendors

import (
	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/sat"
	"github.com/unified-cancel/cancel/sat/sattest"
)

// SAT is the SAT's public register of invoices. It needs no credentials.
var SAT = Vendor{
	Name: "sat", Title: "SAT",
	Open: func(getenv func(string) string, o cancel.ClientOptions) (cancel.Canceler, error) {
		authority, err := OpenSAT(getenv, o)
		return Register{Client: authority}, err
	},
	Pending: "Run the same command again, or with -wait.",
	simulate: func(address string) (*Simulator, error) {
		s, err := sattest.Listen(address)
		if err != nil {
			return nil, err
		}
		return &Simulator{
			Server: s.Server, Vendor: s,
			Variables: map[string]string{"SAT_ENDPOINT": s.Config().Endpoint},
			Hold:      func(req cancel.Request) { s.Register(req.Expression) },
		}, nil
	},
}

// OpenSAT returns the client that the environment describes.
func OpenSAT(getenv func(string) string, o cancel.ClientOptions) (*sat.Client, error) {
	return sat.New(sat.Config{Environment: environment(getenv), Endpoint: endpoint(getenv, "sat"), Options: o})
}

// Register is the SAT as a provider of a Client, which can ask it but must not cancel with
// it.
type Register struct {
	cancel.Canceler // nil
	*sat.Client
}

// Validate reports why the SAT cannot be asked about req.
func (r Register) Validate(req cancel.Request) error {
	return sat.Confirm(nil, r.Client).(cancel.Validator).Validate(req)
}
