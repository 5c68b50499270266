package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/factible/factibletest/csdtest"
)

var (
	issued        = sample(cancel.Cancelled, nil)
	unknown       = sample("", cancel.ErrNotFound)
	uncancellable = sample("", cancel.ErrNotCancellable)
	rejected      = sample("", cancel.ErrRejected)
	pending       = "C5E58106-6C1E-41C9-A211-FB8BAD1CABB0" // published by the vendor for tests
)

// sample is the ID of the first sample that becomes this.
func sample(state cancel.State, reason error) string {
	return vendor.Samples[slices.IndexFunc(vendor.Samples, func(s vendors.Sample) bool {
		return s.State == state && s.Reason == reason
	})].ID
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) (*factibletest.Simulator, clitest.Env) {
	t.Helper()
	all, err := vendors.Simulate(func(string) string { return "" })
	require.NoError(t, err)
	t.Cleanup(all.Close)
	simulator := all[vendor.Name]
	return simulator.Vendor.(*factibletest.Simulator), simulator.Variables
}

// primary are arguments that cancel an invoice of the primary sector.
func primary(uuid string, more ...string) []string {
	return append([]string{"-uuid", uuid, "-kind", "primary_sector_invoice"}, more...)
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
			args:   primary(issued),
			stdout: "factible " + issued + ": cancelled, code 200",
		},
		"cancelled in SOAP 1.2": {
			args:   primary(issued, "-soap12"),
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
			args:   primary(pending),
			stdout: ": pending, code 211",
		},
		"status": {
			args:   []string{"-uuid", pending, "-status"},
			stdout: "Ask with -status how it stands.",
		},
		"malformed": {
			args:   primary("12345"),
			exit:   2,
			stderr: "ID is not a folio fiscal",
		},
		"wrong password": {
			args:   primary(issued),
			env:    clitest.Env{"FACTIBLE_PASSWORD": "not the password"},
			exit:   3,
			stderr: "authentication failed (code 601",
		},
		"unknown": {
			args:   primary(unknown),
			exit:   5,
			stderr: "not found (code 623",
		},
		"status of what is unknown": {
			args:   []string{"-uuid", unknown, "-status"},
			exit:   5,
			stderr: "not found (code 702",
		},
		"not cancellable": {
			args:   primary(uncancellable),
			exit:   6,
			stderr: "not cancellable (code 204",
		},
		"rejected": {
			args:   primary(rejected),
			exit:   7,
			stderr: "rejected (code 213",
		},
		"unavailable": {
			args:   primary(issued),
			prior:  func(simulator *factibletest.Simulator) { simulator.Close() },
			exit:   8,
			stderr: "safe to ask again",
		},
		"unknown outcome": {
			args:   primary(issued),
			prior:  func(simulator *factibletest.Simulator) { simulator.Fail(1, canceltest.CarriedOutThenDropped) },
			exit:   9,
			stderr: "It may be cancelled, or not. Ask with -status before anything else.",
		},
		"undocumented answer": {
			args: primary(issued),
			prior: func(simulator *factibletest.Simulator) {
				simulator.Answer(issued, factibletest.Answer{Status: 999, Message: "?"})
			},
			exit:   10,
			stderr: "unexpected answer (code 999",
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

func TestAnUnknownOutcomeIsSettledByStatus(t *testing.T) {
	simulator, env := start(t)
	simulator.Fail(1, canceltest.CarriedOutThenDropped)
	require.Equal(t, 9, clitest.Run(t, run, env, primary(issued)...).Exit)

	got := clitest.Run(t, run, env, "-uuid", issued, "-status")
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stdout, ": cancelled, code 200")
}

func TestTheRecipientDecides(t *testing.T) {
	args := []string{"-uuid", issued, "-kind", "invoice", "-motive", "02", "-issuer", "EKU9003173C9"}
	simulator, env := start(t)
	require.Zero(t, clitest.Run(t, run, env, args...).Exit)
	simulator.Refuse(issued)
	got := clitest.Run(t, run, env, append(args, "-status")...)
	assert.Equal(t, 7, got.Exit)
	assert.Contains(t, got.Stderr, "rejected (code 213")

	require.Zero(t, clitest.Run(t, run, env, args...).Exit)
	simulator.Accept(issued)
	// It is registered already, so that the wait ends at once.
	got = clitest.Run(t, run, env, append(args, "-wait")...)
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stdout, ": cancelled, code 200")
}

func TestSigningWithACSD(t *testing.T) {
	t.Chdir(t.TempDir())
	csd := csdtest.New("EKU9003173C9")
	require.NoError(t, os.WriteFile("csd.cer", csd.Certificate, 0o600))
	require.NoError(t, os.WriteFile("csd.key", csd.Key, 0o600))
	simulator, env := start(t)
	env = env.With("FACTIBLE_CSD_PASSWORD", reveal(t, csd.Password))
	args := []string{"-uuid", issued, "-kind", "invoice", "-motive", "02", "-issuer", "EKU9003173C9", "-csd-cer", "csd.cer", "-csd-key"}

	got := clitest.Run(t, run, env, append(args, "csd.key")...)
	assert.Zero(t, got.Exit, got.Stderr)
	assert.Contains(t, got.Stdout, ": pending")
	require.Len(t, simulator.Calls(), 1)
	assert.Equal(t, "enviarSolicitudCancelacionAsincrono", simulator.Calls()[0].Op)

	for wrong, words := range map[string]string{"none.key": "no such file", "csd.cer": "CSD.Key"} {
		got = clitest.Run(t, run, env, append(args, wrong)...)
		assert.Equal(t, 2, got.Exit)
		assert.Contains(t, got.Stderr, words)
	}
	assert.Len(t, simulator.Calls(), 1)
}

func TestTheReceiptIsSaved(t *testing.T) {
	_, env := start(t)
	const file = "acuse.xml"
	t.Chdir(t.TempDir())

	got := clitest.Run(t, run, env, primary(pending, "-receipt", file)...)
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stderr, "no acuse came")
	assert.NoFileExists(t, file)

	got = clitest.Run(t, run, env, primary(issued, "-receipt", file)...)
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stderr, "the acuse is in "+file)
	acuse, err := os.ReadFile(file)
	require.NoError(t, err)
	receipt, err := factible.ParseReceipt(acuse)
	require.NoError(t, err)
	require.Len(t, receipt.Folios, 1)
	assert.Equal(t, issued, receipt.Folios[0].UUID)

	got = clitest.Run(t, run, env, primary(issued, "-receipt", file+"/impossible")...)
	assert.Equal(t, cli.ExitFailed, got.Exit)
	assert.Contains(t, got.Stdout, "already cancelled")
	assert.Contains(t, got.Stderr, "-status fetches the acuse again")
}

func TestABadEnvironmentSendsNothing(t *testing.T) {
	simulator, env := start(t)
	for variable, value := range map[string]string{
		"FACTIBLE_ENDPOINT":  "",
		"FACTIBLE_USERNAME":  "",
		"FACTIBLE_PASSWORD":  "",
		"CANCEL_ENVIRONMENT": "sandbag",
	} {
		got := clitest.Run(t, run, env.With(variable, value), primary(issued)...)
		assert.Equal(t, 2, got.Exit, variable)
		assert.Contains(t, got.Stderr, "nothing was sent", variable)
	}
	assert.Empty(t, simulator.Calls())
}

func TestAnInterruptBeforeTheCall(t *testing.T) {
	simulator, env := start(t)
	interrupted := func(ctx context.Context, process cli.Process) int {
		ctx, stop := context.WithCancel(ctx)
		stop()
		return run(ctx, process)
	}
	got := clitest.Run(t, interrupted, env, primary(issued)...)
	assert.Equal(t, 8, got.Exit)
	assert.Contains(t, got.Stderr, "context canceled")
	assert.Empty(t, simulator.Calls())
}

func TestMotiveWithTheOtherKindIsRefused(t *testing.T) {
	simulator, env := start(t)
	got := clitest.Run(t, run, env, primary(issued, "-motive", "02")...)
	assert.Equal(t, 2, got.Exit)
	assert.Contains(t, got.Stderr, "Motive")
	assert.Empty(t, simulator.Calls())
}

func TestThereIsNoDefaultKind(t *testing.T) {
	simulator, env := start(t)
	got := clitest.Run(t, run, env, "-uuid", issued)
	assert.Equal(t, 2, got.Exit)
	assert.Contains(t, got.Stderr, "-kind is missing: primary_sector_invoice or invoice")
	assert.Empty(t, simulator.Calls())
}

func TestTheVendorsWordsAreSafeForATerminal(t *testing.T) {
	simulator, env := start(t)
	simulator.Answer(issued, factibletest.Answer{Status: 200, Message: "a\u009b31m\nfactible: done"})
	got := clitest.Run(t, run, env, primary(issued)...)
	assert.Zero(t, got.Exit)
	assert.Equal(t, 1, strings.Count(got.Stdout, "\n"))
	assert.NotContains(t, got.Stdout, "\u009b")
}

func TestAnInterruptedWaitSaysThatItIsUnderWay(t *testing.T) {
	_, env := start(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	stdout := writer(func(text string) {
		if strings.Contains(text, ": pending") {
			interrupt()
		}
	})
	var stderr bytes.Buffer
	exit := run(ctx, cli.Process{
		Args:   append([]string{"-wait", "-kind", "invoice", "-motive", "02", "-issuer", "EKU9003173C9"}, "-uuid", issued),
		Getenv: func(name string) string { return env[name] },
		Stdout: stdout, Stderr: &stderr,
	})
	assert.Equal(t, 11, exit)
	assert.Contains(t, stderr.String(), "still under way")
	assert.NotContains(t, stderr.String(), "safe to ask again")
}

type writer func(string)

func (w writer) Write(p []byte) (int, error) { w(string(p)); return len(p), nil }

func TestUsage(t *testing.T) { clitest.Usage(t, run, primary(issued)...) }

func reveal(t *testing.T, s cancel.Secret) string {
	t.Helper()
	value, err := s.Reveal(t.Context())
	require.NoError(t, err)
	return value
}
