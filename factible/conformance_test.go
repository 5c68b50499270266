package factible_test

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
)

type vendor struct {
	*factibletest.Simulator
	soap12 bool
	held   *atomic.Int64
}

func (v vendor) Adapter(o cancel.ClientOptions) (cancel.Canceler, error) {
	config := v.Config()
	if v.soap12 {
		config = v.ConfigSOAP12()
	}
	config.Options = o
	return factible.New(config)
}

func (v vendor) Hold(kind cancel.Kind) cancel.Request {
	req := cancel.Request{Kind: kind, ID: fmt.Sprintf("00000000-0000-4000-8000-%012X", v.held.Add(1))}
	if kind == cancel.Invoice {
		req.Motive, req.Issuer = "02", "EKU9003173C9"
	}
	v.Register(req.ID)
	return req
}

func (v vendor) Decline(req cancel.Request, message string) {
	v.Answer(req.ID, factibletest.Answer{Status: 204, Message: cmp.Or(message, "El comprobante no se puede cancelar")})
}

func (v vendor) IsCancelled(req cancel.Request) bool { return v.Simulator.IsCancelled(req.ID) }

func TestConformance(t *testing.T) {
	for name, soap12 := range map[string]bool{"SOAP11": false, "SOAP12": true} {
		t.Run(name, func(t *testing.T) {
			start := func() canceltest.Vendor { return vendor{factibletest.New(), soap12, new(atomic.Int64)} }
			v := start().(vendor)
			v.Close()
			canceltest.RunConformance(t, canceltest.Harness{
				Provider: "factible",
				Kinds:    []cancel.Kind{cancel.PrimarySectorInvoice, cancel.Invoice},
				Malformed: []cancel.Request{
					{Kind: cancel.PrimarySectorInvoice},
					{Kind: cancel.PrimarySectorInvoice, ID: "00000000-0000-4000-8000-00000000000"},
					{Kind: cancel.PrimarySectorInvoice, ID: "00000000000040008000000000000000"},
					{Kind: cancel.PrimarySectorInvoice, ID: "{00000000-0000-4000-8000-000000000000}"},
					{Kind: cancel.PrimarySectorInvoice, ID: " 00000000-0000-4000-8000-000000000000"},
					{Kind: cancel.PrimarySectorInvoice, ID: "00000000-0000-4000-8000-000000000000|02|"},
					{Kind: cancel.PrimarySectorInvoice, ID: "0000000g-0000-4000-8000-000000000000"},
					{Kind: cancel.Invoice, ID: "00000000-0000-4000-8000-000000000000", Motive: "02"},
					{Kind: cancel.Invoice, ID: "00000000-0000-4000-8000-000000000000", Issuer: "EKU9003173C9"},
				},
				Secrets: []string{revealed(v.Config().Password)},
				Start:   start,
				Mistake: func(v canceltest.Vendor, req, other cancel.Request) {
					v.(vendor).Answer(req.ID, factibletest.Answer{Status: 200, Acuse: []byte(
						`<Acuse><Folios><UUID>` + other.ID + `</UUID><EstatusUUID>201</EstatusUUID></Folios></Acuse>`)})
				},
			})
		})
	}
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
