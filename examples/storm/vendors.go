package main

import (
	"fmt"
	"iter"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

// vendor is a simulator, and the adapter that reaches it.
type vendor struct {
	name    string
	server  *canceltest.Server
	adapter cancel.Canceler
	// request returns the i-th request. One in a hundred is odd: the vendor does not have
	// the thing, or, at Payvalida, whose word for that no page documents, does not
	// reverse it at first.
	request func(i int) cancel.Request
	// isCancelled reports whether the vendor has cancelled it, or registered that.
	isCancelled func(id string) bool
}

func odd(i int) bool { return i%100 == 7 }

// startVendors starts the simulators. Their adapters reach them with the given
// options, by the HTTP client that counts refused connections.
func startVendors(options cancel.ClientOptions) ([]vendor, error) {
	f, p, a := factibletest.New(), payvalidatest.New(), aucotest.New()

	factibleConfig := f.Config()
	options.HTTPClient = factibleConfig.Options.HTTPClient
	factibleConfig.Options = options
	invoices, err := factible.New(factibleConfig)
	if err != nil {
		return nil, err
	}

	payvalidaConfig := p.Config()
	options.HTTPClient = payvalidaConfig.Options.HTTPClient
	payvalidaConfig.Options = options
	payments, err := payvalida.New(payvalidaConfig)
	if err != nil {
		return nil, err
	}

	aucoConfig := a.Config()
	options.HTTPClient = aucoConfig.Options.HTTPClient
	aucoConfig.Options = options
	documents, err := auco.New(aucoConfig)
	if err != nil {
		return nil, err
	}

	return []vendor{
		{"factible", f.Server, invoices, func(i int) cancel.Request {
			id := fmt.Sprintf("00000000-0000-4000-8000-%012X", i)
			if !odd(i) {
				f.Register(id)
			}
			if i%2 == 0 { // registered, which is as far as anybody can get it in a storm
				return cancel.Request{Provider: "factible", Kind: cancel.Invoice, ID: id, Motive: "02", Issuer: "EKU9003173C9"}
			}
			return cancel.Request{Provider: "factible", Kind: cancel.PrimarySectorInvoice, ID: id}
		}, func(id string) bool { return f.IsCancelled(id) || f.IsRegistered(id) }},
		{"payvalida", p.Server, payments, func(i int) cancel.Request {
			kind := []cancel.Kind{cancel.Payment, cancel.PreAuthorization}[i%2]
			id := fmt.Sprint(1_000_000 + i)
			p.Register(kind, id)
			if odd(i) {
				p.NotReversed(id, 1)
			}
			return cancel.Request{Provider: "payvalida", Kind: kind, ID: id}
		}, p.IsCancelled},
		{"auco", a.Server, documents, func(i int) cancel.Request {
			id := fmt.Sprintf("TR%08d", i)
			if !odd(i) {
				a.Register(id)
			}
			return cancel.Request{
				Provider: "auco", Kind: cancel.Document, ID: id,
				Reason: "Contrato sustituido", RequestedBy: "legal@example.com",
			}
		}, a.IsCancelled},
	}, nil
}

// requests yields n requests: a few for each vendor in turn, so that those who take
// several in one call get some.
func requests(vendors []vendor, n int) iter.Seq[cancel.Request] {
	const run = 10
	return func(yield func(cancel.Request) bool) {
		for i := range n {
			if !yield(vendors[i/run%len(vendors)].request(i)) {
				return
			}
		}
	}
}
