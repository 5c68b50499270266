package main

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStorm(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), []string{"-n", "3000"}, &out)
	t.Log("\n" + out.String())
	require.NoError(t, err)
	assert.Contains(t, out.String(), "0 contradictions, 0 lost, 0 doubled")
}

func TestCalm(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-n", "600", "-share", "0", "-timeout", "1m"}, &out))
	assert.Regexp(t, `factible +200 +198 +2 +0\n`, out.String())
	assert.Regexp(t, `payvalida +200 +200 +0 +0\n`, out.String())
	assert.Regexp(t, `auco +200 +198 +2 +0\n`, out.String())
}

// A tally that could not find a lie would prove nothing.
func TestTallyFindsLies(t *testing.T) {
	held := vendor{name: "v", isCancelled: func(id string) bool { return id == "held" }}
	of := func(id string) cancel.Request { return cancel.Request{Provider: "v", ID: id} }
	failed := &cancel.Error{Reason: cancel.ErrRejected}
	tests := map[string]struct {
		items []cancel.Item
		truth bool
	}{
		"cancelled and held":        {[]cancel.Item{{Request: of("held"), Result: cancel.Result{State: cancel.Cancelled}}}, true},
		"in doubt and held":         {[]cancel.Item{{Request: of("held"), Err: &cancel.Error{Reason: cancel.ErrUnknownOutcome}}}, true},
		"failed and not held":       {[]cancel.Item{{Request: of("x"), Err: failed}}, true},
		"cancelled and not held":    {[]cancel.Item{{Request: of("x"), Result: cancel.Result{State: cancel.AlreadyCancelled}}}, false},
		"failed and held":           {[]cancel.Item{{Request: of("held"), Err: failed}}, false},
		"lost":                      {nil, false},
		"doubled":                   {[]cancel.Item{{Request: of("x"), Err: failed}, {Request: of("x"), Err: failed}}, false},
		"an error without a reason": {[]cancel.Item{{Request: of("held"), Err: errors.New("x")}}, false},
		"under way and not held":    {[]cancel.Item{{Request: of("x"), Result: cancel.Result{State: cancel.Pending}}}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			told := newTally([]vendor{held})
			told.pulled.Store(1)
			for _, item := range tt.items {
				told.add(item)
			}
			assert.Equal(t, tt.truth, told.report(new(bytes.Buffer)) == nil)
		})
	}
}

func TestInterruptedStormAccusesNobody(t *testing.T) {
	for name, after := range map[string]time.Duration{"at once": 0, "under way": 300 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), after)
			defer stop()
			var out bytes.Buffer
			require.NoError(t, run(ctx, []string{"-n", "10000000"}, &out))
			assert.Regexp(t, `^interrupted after \d+ of 10000000\n`, out.String())
			assert.Contains(t, out.String(), "0 contradictions, 0 lost, 0 doubled")
		})
	}
}

func TestUsage(t *testing.T) {
	require.Error(t, run(t.Context(), []string{"-nonsense"}, new(bytes.Buffer)))
}
