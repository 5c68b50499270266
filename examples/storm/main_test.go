package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStorm(t *testing.T) {
	got := clitest.Run(t, run, nil, "-n", "3000", "-timeout", "2s")
	t.Log("\n" + got.Stdout)
	require.Zero(t, got.Exit, got.Stderr)
	assert.Contains(t, got.Stdout, "0 contradictions, 0 lost, 0 doubled")
	_, doubts, _ := strings.Cut(got.Stdout, "in doubt, and the vendor's status:\n")
	for line := range strings.Lines(doubts) {
		if line == "\n" {
			break
		}
		assert.Regexp(t, `not found, |factible: not_cancelled, `, line, "only what its vendor does not have is left in doubt")
	}
}

// With so little time nearly every call is in doubt, and much is registered only when it is asked
// about again.
func TestStormEndsWithHardlyAnyTime(t *testing.T) {
	got := clitest.Run(t, run, nil, "-n", "300", "-timeout", "3ms")
	require.Zero(t, got.Exit, got.Stderr)
	assert.Contains(t, got.Stdout, "0 contradictions, 0 lost, 0 doubled")
}

func TestCalm(t *testing.T) {
	got := clitest.Run(t, run, nil, "-n", "600", "-share", "0", "-timeout", "1m")
	require.Zero(t, got.Exit, got.Stderr)
	for _, v := range vendors.Cancelers {
		assert.Regexp(t, v.Name+` +198 +0 +2 +0\n`, got.Stdout)
	}
	assert.NotContains(t, got.Stdout, "in doubt, ")
}

// held says that one thing is cancelled, and that the cancellation of another is registered.
func held(req cancel.Request, state cancel.State) bool {
	return req.ID == "held" || req.ID == "registered" && !state.IsCancelled()
}

// nobody answers.
type nobody struct{}

func (nobody) Cancel(ctx context.Context, _ cancel.Request) (cancel.Result, error) {
	return cancel.Result{}, &cancel.Error{Reason: cancel.ErrUnknownOutcome, Err: ctx.Err()}
}

func (nobody) Status(ctx context.Context, _ cancel.Request) (cancel.Result, error) {
	return cancel.Result{}, &cancel.Error{Reason: cancel.ErrUnavailable, Err: ctx.Err()}
}

// A tally that could not find a lie would prove nothing.
func TestTallyFindsLies(t *testing.T) {
	of := func(id string) cancel.Request { return cancel.Request{Provider: "auco", ID: id} }
	failed := &cancel.Error{Reason: cancel.ErrRejected}
	tests := map[string]struct {
		items []cancel.Item
		truth bool
	}{
		"cancelled and held":            {[]cancel.Item{{Request: of("held"), Result: cancel.Result{State: cancel.Cancelled}}}, true},
		"in doubt and held":             {[]cancel.Item{{Request: of("held"), Err: &cancel.Error{Reason: cancel.ErrUnknownOutcome}}}, true},
		"failed and not held":           {[]cancel.Item{{Request: of("x"), Err: failed}}, true},
		"cancelled and not held":        {[]cancel.Item{{Request: of("x"), Result: cancel.Result{State: cancel.AlreadyCancelled}}}, false},
		"failed and held":               {[]cancel.Item{{Request: of("held"), Err: failed}}, false},
		"lost":                          {nil, false},
		"doubled":                       {[]cancel.Item{{Request: of("x"), Err: failed}, {Request: of("x"), Err: failed}}, false},
		"an error without a reason":     {[]cancel.Item{{Request: of("held"), Err: errors.New("x")}}, false},
		"cancelled and only registered": {[]cancel.Item{{Request: of("registered"), Result: cancel.Result{State: cancel.Cancelled}}}, false},
		"under way and not held":        {[]cancel.Item{{Request: of("x"), Result: cancel.Result{State: cancel.Pending}}}, false},
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	simulators, err := vendors.Simulate(func(string) string { return "" })
	require.NoError(t, err)
	t.Cleanup(simulators.Close)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			client := cancel.NewClient(map[string]cancel.Canceler{"auco": nobody{}})
			told := &tally{client: client, simulators: simulators, holds: held, pulled: 1, answers: map[cancel.Request]*cancel.Item{}}
			for _, item := range tt.items {
				told.add(item)
			}
			told.settle(ctx, 1)
			assert.Equal(t, tt.truth, told.report(new(bytes.Buffer), new(cli.Flags), told.explain(ctx)) == nil)
		})
	}
}

func TestInterruptedStormAccusesNobody(t *testing.T) {
	for name, after := range map[string]time.Duration{"at once": 0, "under way": 300 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), after)
			defer stop()
			var stdout, stderr bytes.Buffer
			exit := run(ctx, cli.Process{Args: []string{"-n", "10000000"}, Getenv: func(string) string { return "" }, Stdout: &stdout, Stderr: &stderr})
			require.Zero(t, exit, stderr.String())
			assert.Regexp(t, `^interrupted after [\d,]+ of 10,000,000\n`, stdout.String())
			assert.Contains(t, stdout.String(), "0 contradictions, 0 lost, 0 doubled")
		})
	}
}

func TestUsage(t *testing.T) {
	clitest.Usage(t, run)
	for want, args := range map[string][]string{
		"-share must be 0 to 1": {"-share", "NaN"},
		"must be more than 0":   {"-n", "20", "-concurrency", "0"},
	} {
		got := clitest.Run(t, run, nil, args...)
		assert.Equal(t, cli.ExitUsage, got.Exit)
		assert.Contains(t, got.Stderr, want)
	}
}
