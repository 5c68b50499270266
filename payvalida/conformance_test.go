package payvalida_test

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

type vendor struct {
	*payvalidatest.Simulator
	held *atomic.Int64
}

func (v vendor) Adapter(o cancel.ClientOptions) (cancel.Canceler, error) {
	config := v.Config()
	config.Options = o
	return payvalida.New(config)
}

func (v vendor) Hold(kind cancel.Kind) cancel.Request {
	req := cancel.Request{Kind: kind, ID: strconv.FormatInt(2402558+v.held.Add(1), 10)}
	v.Register(kind, req.ID)
	req.Reference = v.Reference(req.ID)
	return req
}

func (v vendor) Decline(req cancel.Request, message string) {
	v.Answer(req.ID, "0015", cmp.Or(message, "transaction cannot be reversed"))
}

func (v vendor) IsCancelled(req cancel.Request) bool { return v.Simulator.IsCancelled(req.ID) }

func TestConformance(t *testing.T) {
	start := func() canceltest.Vendor { return vendor{payvalidatest.New(), new(atomic.Int64)} }
	v := start().(vendor)
	v.Close()
	canceltest.RunConformance(t, canceltest.Harness{
		Provider: "payvalida",
		Kinds:    []cancel.Kind{cancel.Payment, cancel.PreAuthorization},
		Malformed: []cancel.Request{
			{Kind: cancel.Payment},
			{Kind: cancel.Payment, ID: "0123"},
			{Kind: cancel.Payment, ID: " 123"},
			{Kind: cancel.PreAuthorization, ID: "12a"},
			{Kind: cancel.Payment, ID: "١٢"},
			{Kind: cancel.Payment, ID: "-1"},
			{Kind: cancel.Payment, ID: strings.Repeat("1", 31)},
		},
		Secrets: []string{revealed(v.Config().FixedHash)},
		Start:   start,
		Mistake: func(v canceltest.Vendor, req, other cancel.Request) { v.(vendor).SetReference(other.ID, req.Reference) },
	})
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
