package main

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/internal/csdtest"
)

const (
	issued        = "6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13"
	unknown       = "D7E3F519-0A84-4B2C-A6E9-58B1C07D3F42"
	pending       = "C5E58106-6C1E-41C9-A211-FB8BAD1CABB0" // published by the vendor
	uncancellable = "E329DD15-7D0B-44E9-A204-51A7443D1FBE" // for tests
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) (*factibletest.Simulator, clitest.Env) {
	vendor := factibletest.New()
	t.Cleanup(vendor.Close)
	vendor.Register(issued)
	config := vendor.Config()
	return vendor, clitest.Env{
		"FACTIBLE_USERNAME": config.Username,
		"FACTIBLE_PASSWORD": revealed(config.Password),
		"FACTIBLE_ENDPOINT": vendor.URL + "/ws/services/Cancelacion",
	}
}

func TestOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		prior  func(*factibletest.Simulator)
		env    clitest.Env
		exit   int
		stdout string
		stderr string
	}{
		"cancelled": {
			args:   []string{"-uuid", issued},
			stdout: "factible " + issued + ": cancelled, code 200",
		},
		"cancelled in SOAP 1.2": {
			args:   []string{"-uuid", issued, "-soap12"},
			stdout: "factible " + issued + ": cancelled, code 200",
		},
		"an invoice": {
			args:   []string{"-uuid", issued, "-kind", "invoice", "-motive", "02", "-issuer", "EKU9003173C9"},
			stdout: "factible " + issued + ": pending, code 200",
		},
		"an invoice without what it needs": {
			args:   []string{"-uuid", issued, "-kind", "invoice", "-motive", "01", "-issuer", "EKU9003173C9"},
			exit:   2,
			stderr: "ReplacedBy must be the UUID",
		},
		"another kind": {
			args:   []string{"-uuid", issued, "-kind", "payment"},
			exit:   2,
			stderr: "primary_sector_invoice or invoice",
		},
		"pending": {
			args:   []string{"-uuid", pending},
			stdout: ": pending, code 211",
		},
		"status": {
			args:   []string{"-uuid", pending, "-status"},
			stdout: "Ask with -status how it stands.",
		},
		"malformed": {
			args:   []string{"-uuid", "12345"},
			exit:   2,
			stderr: "ID is not a folio fiscal",
		},
		"wrong password": {
			args:   []string{"-uuid", issued},
			env:    clitest.Env{"FACTIBLE_PASSWORD": "not the password"},
			exit:   3,
			stderr: "authentication failed (code 601",
		},
		"unknown": {
			args:   []string{"-uuid", unknown},
			exit:   5,
			stderr: "not found (code 623",
		},
		"status of what is unknown": {
			args:   []string{"-uuid", unknown, "-status"},
			exit:   5,
			stderr: "not found (code 702",
		},
		"not cancellable": {
			args:   []string{"-uuid", uncancellable},
			exit:   6,
			stderr: "not cancellable (code 204",
		},
		"rejected": {
			args: []string{"-uuid", issued},
			prior: func(vendor *factibletest.Simulator) {
				vendor.Answer(issued, factibletest.Answer{Status: 213, Message: "rechazada"})
			},
			exit:   7,
			stderr: "rejected (code 213",
		},
		"unavailable": {
			args:   []string{"-uuid", issued},
			prior:  func(vendor *factibletest.Simulator) { vendor.Close() },
			exit:   8,
			stderr: "safe to ask again",
		},
		"unknown outcome": {
			args:   []string{"-uuid", issued},
			prior:  func(vendor *factibletest.Simulator) { vendor.Fail(1, canceltest.CarriedOutThenDropped) },
			exit:   9,
			stderr: "It may be cancelled, or not. Ask with -status before anything else.",
		},
		"undocumented answer": {
			args: []string{"-uuid", issued},
			prior: func(vendor *factibletest.Simulator) {
				vendor.Answer(issued, factibletest.Answer{Status: 999, Message: "?"})
			},
			exit:   10,
			stderr: "unexpected answer (code 999",
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

func TestAnUnknownOutcomeIsSettledByStatus(t *testing.T) {
	vendor, env := start(t)
	vendor.Fail(1, canceltest.CarriedOutThenDropped)
	require.Equal(t, 9, clitest.Run(t, run, env, "-uuid", issued).Exit)

	got := clitest.Run(t, run, env, "-uuid", issued, "-status")
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stdout, ": cancelled, code 200")
}

func TestTheRecipientDecides(t *testing.T) {
	args := []string{"-uuid", issued, "-kind", "invoice", "-motive", "02", "-issuer", "EKU9003173C9"}
	vendor, env := start(t)
	require.Zero(t, clitest.Run(t, run, env, args...).Exit)
	vendor.Refuse(issued)
	got := clitest.Run(t, run, env, append(args, "-status")...)
	assert.Equal(t, 7, got.Exit)
	assert.Contains(t, got.Stderr, "rejected (code 213")

	require.Zero(t, clitest.Run(t, run, env, args...).Exit)
	vendor.Accept(issued)
	// It is registered already, so that what is waited for is settled at once.
	got = clitest.Run(t, run, env, append(args, "-wait")...)
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stdout, ": cancelled, code 200")
}

func TestSigningWithACSD(t *testing.T) {
	t.Chdir(t.TempDir())
	csd := csdtest.New("EKU9003173C9")
	require.NoError(t, os.WriteFile("csd.cer", csd.Certificate, 0o600))
	require.NoError(t, os.WriteFile("csd.key", csd.Key, 0o600))
	vendor, env := start(t)
	env = env.With("FACTIBLE_CSD_PASSWORD", revealed(csd.Password))
	args := []string{"-uuid", issued, "-kind", "invoice", "-motive", "02", "-issuer", "EKU9003173C9", "-csd-cer", "csd.cer", "-csd-key"}

	got := clitest.Run(t, run, env, append(args, "csd.key")...)
	assert.Zero(t, got.Exit, got.Stderr)
	assert.Contains(t, got.Stdout, ": pending")
	require.Len(t, vendor.Calls(), 1)
	assert.Equal(t, "enviarSolicitudCancelacionAsincrono", vendor.Calls()[0].Op)

	for wrong, words := range map[string]string{"none.key": "no such file", "csd.cer": "CSD.Key"} {
		got = clitest.Run(t, run, env, append(args, wrong)...)
		assert.Equal(t, 2, got.Exit)
		assert.Contains(t, got.Stderr, words)
	}
	assert.Len(t, vendor.Calls(), 1)
}

func TestJSON(t *testing.T) {
	_, env := start(t)
	got := clitest.Run(t, run, env, "-uuid", issued, "-json")
	assert.Zero(t, got.Exit)
	assert.Empty(t, got.Stderr)
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &object))
	assert.Subset(t, object, map[string]any{
		"provider": "factible", "kind": "primary_sector_invoice", "id": issued,
		"state": "cancelled", "code": "200", "exit": 0.0,
	})
	assert.NotContains(t, got.Stdout, "Envelope")

	got = clitest.Run(t, run, env, "-uuid", uncancellable, "-json")
	assert.Equal(t, 6, got.Exit)
	require.NoError(t, json.Unmarshal([]byte(got.Stdout), &object))
	assert.Equal(t, "not_cancellable", object["reason"])
	assert.NotContains(t, got.Stdout, "Envelope")
}

func TestTheReceiptIsSaved(t *testing.T) {
	_, env := start(t)
	const file = "acuse.xml"
	t.Chdir(t.TempDir())

	got := clitest.Run(t, run, env, "-uuid", pending, "-receipt", file)
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stderr, "no acuse came")
	assert.NoFileExists(t, file)

	got = clitest.Run(t, run, env, "-uuid", issued, "-receipt", file)
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stderr, "the acuse is in "+file)
	acuse, err := os.ReadFile(file)
	require.NoError(t, err)
	receipt, err := factible.ParseReceipt(acuse)
	require.NoError(t, err)
	require.Len(t, receipt.Folios, 1)
	assert.Equal(t, issued, receipt.Folios[0].UUID)

	got = clitest.Run(t, run, env, "-uuid", issued, "-receipt", file+"/impossible")
	assert.Equal(t, cli.ExitUnsaved, got.Exit)
	assert.Contains(t, got.Stdout, "already cancelled")
	assert.Contains(t, got.Stderr, "-status fetches the acuse again")
}

func TestProductionAsksFirst(t *testing.T) {
	vendor, env := start(t)
	env = env.With("CANCEL_ENVIRONMENT", "production")

	got := clitest.Run(t, run, env, "-uuid", issued)
	assert.Equal(t, 2, got.Exit)
	assert.Contains(t, got.Stderr, "-yes")
	assert.Empty(t, vendor.Calls())

	assert.Zero(t, clitest.Run(t, run, env, "-uuid", issued, "-yes").Exit)
	assert.Len(t, vendor.Calls(), 1)
}

func TestABadEnvironmentSendsNothing(t *testing.T) {
	vendor, env := start(t)
	for variable, value := range map[string]string{
		"FACTIBLE_ENDPOINT":  "",
		"FACTIBLE_USERNAME":  "",
		"FACTIBLE_PASSWORD":  "",
		"CANCEL_ENVIRONMENT": "sandbag",
	} {
		got := clitest.Run(t, run, env.With(variable, value), "-uuid", issued)
		assert.Equal(t, 2, got.Exit, variable)
		assert.Contains(t, got.Stderr, "nothing was sent", variable)
	}
	assert.Empty(t, vendor.Calls())
}

func TestAnInterruptBeforeTheCall(t *testing.T) {
	vendor, env := start(t)
	interrupted := func(ctx context.Context, process cli.Process) int {
		ctx, stop := context.WithCancel(ctx)
		stop()
		return run(ctx, process)
	}
	got := clitest.Run(t, interrupted, env, "-uuid", issued)
	assert.Equal(t, 8, got.Exit)
	assert.Contains(t, got.Stderr, "context canceled")
	assert.Empty(t, vendor.Calls())
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
