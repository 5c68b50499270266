package auco_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
)

type vendor struct {
	*aucotest.Simulator
	held *atomic.Int64
}

func (v vendor) Adapter(o cancel.ClientOptions) (cancel.Canceler, error) {
	config := v.Config()
	config.Options = o
	return auco.New(config)
}

func (v vendor) Hold(kind cancel.Kind) cancel.Request {
	req := cancel.Request{
		Kind:        kind,
		ID:          fmt.Sprintf("TR99A%05d", v.held.Add(1)),
		Reason:      "Cancelación por error en la cláusula II",
		RequestedBy: "legal@example.com",
	}
	v.Register(req.ID)
	return req
}

func (v vendor) Decline(req cancel.Request, message string) {
	v.SetState(req.ID, "FINISH")
	v.Refuse(req.ID, message)
}

func (v vendor) IsCancelled(req cancel.Request) bool { return v.Simulator.IsCancelled(req.ID) }

func TestConformance(t *testing.T) {
	start := func() canceltest.Vendor { return vendor{aucotest.New(), new(atomic.Int64)} }
	v := start().(vendor)
	v.Close()
	good := v.Hold(cancel.Document)
	with := func(change func(*cancel.Request)) cancel.Request {
		req := good
		change(&req)
		return req
	}
	canceltest.RunConformance(t, canceltest.Harness{
		Provider: "auco",
		Kinds:    []cancel.Kind{cancel.Document},
		Malformed: []cancel.Request{
			with(func(r *cancel.Request) { r.ID = "" }),
			with(func(r *cancel.Request) { r.ID = "TR\n99" }),
			with(func(r *cancel.Request) { r.ID = "TR\xff" }),
			with(func(r *cancel.Request) { r.Reason = "" }),
			with(func(r *cancel.Request) { r.Reason = " " }),
			with(func(r *cancel.Request) { r.Reason = "a\x00b" }),
			with(func(r *cancel.Request) { r.RequestedBy = "" }),
			with(func(r *cancel.Request) { r.RequestedBy = "Legal <legal@example.com>" }),
			with(func(r *cancel.Request) { r.RequestedBy = "legal" }),
		},
		Secrets: []string{revealed(v.Config().PrivateKey), revealed(v.Config().PublicKey)},
		Start:   start,
		Mistake: func(v canceltest.Vendor, req, other cancel.Request) { v.(vendor).Mistake(req.ID, other.ID) },
	})
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
