package main

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

const (
	paid    = "2402558"
	held    = "2402560"
	unknown = "2402999"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) (*payvalidatest.Simulator, clitest.Env) {
	vendor := payvalidatest.New()
	t.Cleanup(vendor.Close)
	vendor.Register(cancel.Payment, paid)
	vendor.Register(cancel.PreAuthorization, held)
	config := vendor.Config()
	return vendor, clitest.Env{
		"PAYVALIDA_MERCHANT":   config.Merchant,
		"PAYVALIDA_FIXED_HASH": revealed(config.FixedHash),
		"PAYVALIDA_ENDPOINT":   config.Endpoint,
	}
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
			prior:  func(vendor *payvalidatest.Simulator) { vendor.NotReversed(held, 1) },
			exit:   8,
			stderr: "unavailable (code 0017",
		},
		"unavailable": {
			args:   []string{"-order", paid},
			prior:  func(vendor *payvalidatest.Simulator) { vendor.Close() },
			exit:   8,
			stderr: "safe to ask again",
		},
		"unknown outcome": {
			args:   []string{"-order", paid},
			prior:  func(vendor *payvalidatest.Simulator) { vendor.Fail(1, canceltest.CarriedOutThenDropped) },
			exit:   9,
			stderr: "It may be cancelled, or not. Run the same command again to find out",
		},
		"wrong fixed hash": {
			args:   []string{"-order", paid},
			env:    clitest.Env{"PAYVALIDA_FIXED_HASH": "not the hash"},
			exit:   10,
			stderr: "unexpected answer (code 0025",
		},
		"unknown": {
			args:   []string{"-order", unknown},
			exit:   10,
			stderr: "unexpected answer (code ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			vendor, env := start(t)
			if c.prior != nil {
				c.prior(vendor)
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
	vendor, env := start(t)
	vendor.Fail(1, canceltest.CarriedOutThenDropped)
	require.Equal(t, 9, clitest.Run(t, run, env, "-order", paid).Exit)

	got := clitest.Run(t, run, env, "-order", paid)
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stdout, ": already cancelled, code 0001")
}

func TestJSON(t *testing.T) {
	_, env := start(t)
	got := clitest.Run(t, run, env, "-order", held, "-preauth", "-json")
	assert.Zero(t, got.Exit)
	assert.Empty(t, got.Stderr)
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &object))
	assert.Subset(t, object, map[string]any{
		"provider": "payvalida", "kind": "pre_authorization", "id": held,
		"state": "cancelled", "code": "0000", "exit": 0.0,
	})
}

func TestProductionAsksFirst(t *testing.T) {
	vendor, env := start(t)
	env = env.With("CANCEL_ENVIRONMENT", "production")

	got := clitest.Run(t, run, env, "-order", paid)
	assert.Equal(t, 2, got.Exit)
	assert.Contains(t, got.Stderr, "-yes")
	assert.Empty(t, vendor.Calls())

	assert.Zero(t, clitest.Run(t, run, env, "-order", paid, "-yes").Exit)
	assert.Len(t, vendor.Calls(), 1)
}

func TestABadEnvironmentSendsNothing(t *testing.T) {
	vendor, env := start(t)
	for variable, value := range map[string]string{
		"PAYVALIDA_ENDPOINT":   "",
		"PAYVALIDA_MERCHANT":   "",
		"PAYVALIDA_FIXED_HASH": "",
		"CANCEL_ENVIRONMENT":   "sandbag",
	} {
		got := clitest.Run(t, run, env.With(variable, value), "-order", paid)
		assert.Equal(t, 2, got.Exit, variable)
		assert.Contains(t, got.Stderr, "nothing was sent", variable)
	}
	assert.Empty(t, vendor.Calls())
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
