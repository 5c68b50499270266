package sat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/sat"
	"github.com/unified-cancel/cancel/sat/sattest"
)

// vendor is a PAC and the SAT.
type vendor struct {
	*factibletest.Simulator
	authority *sattest.Simulator
	held      *atomic.Int64
}

func start(lag time.Duration) vendor {
	v := vendor{factibletest.New(), sattest.New(), new(atomic.Int64)}
	v.authority.Follow(v.Simulator, lag)
	return v
}

func (v vendor) Close() {
	v.Simulator.Close()
	v.authority.Close()
}

func (v vendor) confirmed(o cancel.ClientOptions) (cancel.Canceler, error) {
	config := v.Config()
	config.Options = o
	pac, err := factible.New(config)
	if err != nil {
		return nil, err
	}
	authority, err := sat.New(v.authority.Config())
	if err != nil {
		return nil, err
	}
	return sat.Confirm(pac, authority), nil
}

// Adapter hides Status: the suite spoils the answers of the PAC, and the SAT's go before them.
func (v vendor) Adapter(o cancel.ClientOptions) (cancel.Canceler, error) {
	both, err := v.confirmed(o)
	if err != nil {
		return nil, err
	}
	return struct {
		cancel.Canceler
		cancel.Validator
	}{both, both.(cancel.Validator)}, nil
}

func (v vendor) Hold(kind cancel.Kind) cancel.Request {
	req := cancel.Request{Kind: kind, ID: fmt.Sprintf("00000000-0000-4000-8000-%012X", v.held.Add(1))}
	if kind == cancel.Invoice {
		req.Motive, req.Issuer = "02", "EKU9003173C9"
	}
	req.Expression = sattest.Expression(req.ID)
	v.Register(req.ID)
	v.authority.Register(req.Expression)
	return req
}

func (v vendor) Decline(req cancel.Request, message string) {
	v.Answer(req.ID, factibletest.Answer{Status: 204, Message: message})
}

func (v vendor) IsCancelled(req cancel.Request) bool {
	return v.Simulator.IsCancelled(req.ID) && v.authority.IsCancelled(req.ID)
}

func TestConformanceOfConfirm(t *testing.T) {
	const uuid = "00000000-0000-4000-8000-000000000000"
	canceltest.RunConformance(t, canceltest.Harness{
		Provider: "factible",
		Kinds:    []cancel.Kind{cancel.PrimarySectorInvoice, cancel.Invoice},
		Malformed: []cancel.Request{
			{Kind: cancel.PrimarySectorInvoice},
			{Kind: cancel.PrimarySectorInvoice, ID: uuid + "0", Expression: sattest.Expression(uuid)},
			{Kind: cancel.Invoice, ID: uuid, Motive: "02", Expression: sattest.Expression(uuid)},
		},
		Start: func() canceltest.Vendor { return start(0) },
	})
}

// Many cancellations meet faults at both, and the SAT lags a day behind. No invoice is reported as
// cancelled before both have it as cancelled.
func TestConfirmReportsOnlyWhatBothHave(t *testing.T) {
	const n = 200
	v := start(24 * time.Hour)
	defer v.Close()
	both, err := v.confirmed(v.Options())
	require.NoError(t, err)
	client := cancel.NewClient(map[string]cancel.Canceler{"pac": both},
		cancel.WithBackoff(time.Millisecond, time.Millisecond), cancel.WithMaxAttempts(5))
	quick := slices.DeleteFunc(canceltest.Faults(), func(f canceltest.Fault) bool {
		return f == canceltest.Late || f == canceltest.CarriedOutThenLate
	})
	v.FailAtRandom(0.2, 1, quick...)
	v.authority.FailAtRandom(0.2, 2, quick...)

	reqs := make([]cancel.Request, n)
	for i := range reqs {
		reqs[i] = v.Hold([]cancel.Kind{cancel.PrimarySectorInvoice, cancel.Invoice}[i%2])
		reqs[i].Provider = "pac"
	}
	check := func(req cancel.Request, state cancel.State) {
		if state.IsCancelled() {
			assert.True(t, v.IsCancelled(req), "%s is not cancelled everywhere", req.ID)
		}
	}
	pending := 0
	for item := range client.All(t.Context(), slices.Values(reqs)) {
		check(item.Request, item.Result.State)
		if item.Result.State == cancel.Pending {
			pending++
		}
	}
	assert.Greater(t, pending, n/2)
	assert.Empty(t, v.authority.Cancelled())

	for range 4 { // registration, three days of silence, and the lag
		v.Pass(24 * time.Hour)
		for _, req := range reqs {
			result, err := client.Status(t.Context(), req)
			if errors.Is(err, cancel.ErrUnavailable) {
				continue
			}
			check(req, result.State)
		}
	}
	v.FailAtRandom(0, 0)
	v.authority.FailAtRandom(0, 0)
	for _, uuid := range v.Cancelled() {
		req := reqs[slices.IndexFunc(reqs, func(r cancel.Request) bool { return r.ID == uuid })]
		result, err := client.Status(context.Background(), req)
		require.NoError(t, err)
		assert.Equal(t, cancel.Cancelled, result.State)
	}
}
