package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

var (
	paid    = vendor.Samples[0].ID
	held    = vendor.Samples[1].ID
	unknown = "2402999"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) (*payvalidatest.Simulator, clitest.Env) {
	t.Helper()
	all, err := vendors.Simulate(func(string) string { return "" })
	require.NoError(t, err)
	t.Cleanup(all.Close)
	simulator := all[vendor.Name].Vendor.(*payvalidatest.Simulator)
	return simulator, all[vendor.Name].Variables
}

func TestOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		prior  func(*payvalidatest.Simulator)
		env    clitest.Env
		exit   int
		stdout string
		stderr string
	}{
		"payment": {
			args:   []string{"-order", paid},
			stdout: "payvalida " + paid + ": cancelled, code 0000",
		},
		"pre-authorization": {
			args:   []string{"-order", held, "-preauth"},
			stdout: "payvalida " + held + ": cancelled, code 0000",
		},
		"malformed": {
			args:   []string{"-order", "0123"},
			exit:   2,
			stderr: "ID is not an order number",
		},
		"not reversed": {
			args:   []string{"-order", held, "-preauth"},
			prior:  func(simulator *payvalidatest.Simulator) { simulator.NotReversed(held, 1) },
			exit:   8,
			stderr: "unavailable (code 0017",
		},
		"unavailable": {
			args:   []string{"-order", paid},
			prior:  func(simulator *payvalidatest.Simulator) { simulator.Close() },
			exit:   8,
			stderr: "safe to ask again",
		},
		"unknown outcome": {
			args:   []string{"-order", paid},
			prior:  func(simulator *payvalidatest.Simulator) { simulator.Fail(1, canceltest.CarriedOutThenDropped) },
			exit:   9,
			stderr: "It may be cancelled, or not. Run the same command again to find out",
		},
		"wrong fixed hash": {
			args:   []string{"-order", paid},
			env:    clitest.Env{"PAYVALIDA_FIXED_HASH": "not the hash"},
			exit:   3,
			stderr: "authentication failed (code 0025",
		},
		"unknown": {
			args:   []string{"-order", unknown},
			exit:   5,
			stderr: "not found (code 0013",
		},
	} {
		t.Run(name, func(t *testing.T) {
			simulator, env := start(t)
			if c.prior != nil {
				c.prior(simulator)
			}
			for name, value := range c.env {
				env = env.With(name, value)
			}
			got := clitest.Run(t, run, env, c.args...)
			assert.Equal(t, c.exit, got.Exit)
			assert.Contains(t, got.Stdout, c.stdout)
			assert.Contains(t, got.Stderr, c.stderr)
			if c.exit == 0 {
				assert.Empty(t, got.Stderr)
			} else {
				assert.Empty(t, got.Stdout)
			}
		})
	}
}

func TestAnUnknownOutcomeIsSettledByAskingAgain(t *testing.T) {
	simulator, env := start(t)
	simulator.Fail(1, canceltest.CarriedOutThenDropped)
	require.Equal(t, 9, clitest.Run(t, run, env, "-order", paid).Exit)

	got := clitest.Run(t, run, env, "-order", paid)
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stdout, ": already cancelled, code 0001")
}

func TestStatusNeedsTheReference(t *testing.T) {
	_, env := start(t)
	got := clitest.Run(t, run, env, "-order", paid, "-reference", "PO-"+paid, "-status")
	assert.Equal(t, 20, got.Exit)
	assert.Contains(t, got.Stdout, ": not cancelled, code APROBADA")
	got = clitest.Run(t, run, env.With("CANCEL_ENVIRONMENT", "production"), "-order", paid, "-reference", "PO-"+paid, "-check")
	assert.Zero(t, got.Exit, "a question needs no confirmation")
	assert.Equal(t, "payvalida "+paid+": cancellable, code APROBADA, \"OK\"\n", got.Stdout)
	got = clitest.Run(t, run, env, "-order", paid, "-status")
	assert.Equal(t, 2, got.Exit)
	assert.Contains(t, got.Stderr, "Reference")
}

func TestUsage(t *testing.T) { clitest.Usage(t, run, "-order", paid) }
