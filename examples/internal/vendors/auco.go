package vendors

import (
	"context"
	"fmt"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/examples/internal/cli"
)

const signed = "TR99AQMY33"

// Auco is Auco.
var Auco = Vendor{
	Name: "auco", Title: "Auco",
	Variables: []cli.Variable{
		{Name: "AUCO_PRIVATE_KEY", Meaning: "the organisation's private key (prk_…), which cancels", Secret: true},
		{Name: "AUCO_PUBLIC_KEY", Meaning: "its public key (puk_…), which reads: it settles what is in doubt", Secret: true, Optional: true},
	},
	Open: func(getenv func(string) string, o cancel.ClientOptions) (cancel.Canceler, error) {
		return auco.New(auco.Config{
			PrivateKey:  cancel.NewSecret(getenv("AUCO_PRIVATE_KEY")),
			PublicKey:   cancel.NewSecret(getenv("AUCO_PUBLIC_KEY")),
			Environment: environment(getenv),
			Endpoint:    endpoint(getenv, "auco"),
			Options:     o,
		})
	},
	Samples: []Sample{
		{document("TR99AQMY31"), "a document", cancel.Cancelled, nil},
		{document(signed), "one that everybody has signed", "", cancel.ErrNotCancellable},
	},
	Request: func(i int) cancel.Request { return document(fmt.Sprintf("TR%08d", i)) },
	Doubt:   "Ask with -status before anything else: asked to cancel again, Auco lists a cancelled document as failed.",
	simulate: func(address string) (*Simulator, error) {
		a, err := aucotest.Listen(address)
		if err != nil {
			return nil, err
		}
		a.Register(signed)
		a.SetState(signed, "FINISH")
		config := a.Config()
		return &Simulator{
			Server: a.Server, Vendor: a,
			Variables: map[string]string{
				"AUCO_ENDPOINT":    config.Endpoint,
				"AUCO_PRIVATE_KEY": reveal(config.PrivateKey),
				"AUCO_PUBLIC_KEY":  reveal(config.PublicKey),
			},
			Hold: func(req cancel.Request) { a.Register(req.ID) },
		}, nil
	},
}

func document(code string) cancel.Request {
	return cancel.Request{
		Provider: "auco", Kind: cancel.Document, ID: code,
		Reason: "Error en la cláusula II", RequestedBy: "legal@example.com",
	}
}

func reveal(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background()) // it is a text, which cannot fail
	return value
}
