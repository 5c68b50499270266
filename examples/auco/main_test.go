package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

var (
	document = vendor.Samples[0].ID
	another  = "TR99AQMY32"
	signed   = vendor.Samples[1].ID
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) (*aucotest.Simulator, clitest.Env) {
	t.Helper()
	all, err := vendors.Simulate(func(string) string { return "" })
	require.NoError(t, err)
	t.Cleanup(all.Close)
	simulator := all[vendor.Name].Vendor.(*aucotest.Simulator)
	simulator.Register(another)
	return simulator, all[vendor.Name].Variables
}

// asking are the arguments that ask for codes.
func asking(codes ...string) []string {
	args := []string{"-reason", "Error en la cláusula II", "-requested-by", "legal@example.com"}
	for _, code := range codes {
		args = append(args, "-code", code)
	}
	return args
}

func TestOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		prior  func(*aucotest.Simulator)
		env    clitest.Env
		exit   int
		stdout string
		stderr string
	}{
		"one": {
			args:   asking(document),
			stdout: "auco " + document + ": cancelled\n",
		},
		"two": {
			args:   asking(document, another),
			stdout: "auco " + document + ": cancelled\nauco " + another + ": cancelled\n",
		},
		"one twice": {
			args:   asking(document, document),
			stdout: "auco " + document + ": cancelled\n",
		},
		"no reason": {
			args:   []string{"-code", document, "-requested-by", "legal@example.com"},
			exit:   2,
			stderr: "Reason is missing",
		},
		"malformed": {
			args:   []string{"-code", document, "-reason", "x", "-requested-by", "Legal"},
			exit:   2,
			stderr: "RequestedBy is not a bare e-mail address",
		},
		"public key": {
			args:   asking(document),
			env:    clitest.Env{"AUCO_PRIVATE_KEY": "puk_a_public_key"},
			exit:   2,
			stderr: "PrivateKey is a public key",
		},
		"wrong key": {
			args:   asking(document),
			env:    clitest.Env{"AUCO_PRIVATE_KEY": "prk_not_the_key"},
			exit:   3,
			stderr: "authentication failed (HTTP 401)",
		},
		"signed, among others": {
			args:   asking(document, signed, another),
			exit:   6,
			stdout: "auco " + document + ": cancelled\nauco " + another + ": cancelled\n",
			stderr: signed + ": not cancellable",
		},
		"unavailable": {
			args:   asking(document),
			prior:  func(simulator *aucotest.Simulator) { simulator.Close() },
			exit:   8,
			stderr: "safe to ask again",
		},
		"unknown outcome": {
			args:   asking(document),
			prior:  func(simulator *aucotest.Simulator) { simulator.Fail(1, canceltest.CarriedOutThenDropped) },
			exit:   9,
			stderr: "It may be cancelled, or not. Ask with -status before anything else",
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
			assert.Equal(t, c.stdout, got.Stdout)
			assert.Contains(t, got.Stderr, c.stderr)
			if c.exit == 0 {
				assert.Empty(t, got.Stderr)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	simulator, env := start(t)
	ask := func(code string) clitest.Outcome { return clitest.Run(t, run, env, "-status", "-code", code) }

	got := ask(document)
	assert.Equal(t, 20, got.Exit, "it is not cancelled")
	assert.Equal(t, "auco "+document+": not cancelled, code CREATED\n", got.Stdout)

	simulator.Fail(1, canceltest.CarriedOutThenDropped)
	require.Equal(t, 9, clitest.Run(t, run, env, asking(document)...).Exit)
	got = ask(document)
	assert.Zero(t, got.Exit)
	assert.Equal(t, "auco "+document+": cancelled, code CANCEL_SIGN\n", got.Stdout)

	assert.Equal(t, 5, ask("NOSUCHDOC1").Exit)
	got = clitest.Run(t, run, env.With("AUCO_PUBLIC_KEY", ""), "-status", "-code", document)
	assert.Equal(t, 2, got.Exit)
	assert.Contains(t, got.Stderr, "PublicKey")
}

func TestMoreThanABatch(t *testing.T) {
	simulator, env := start(t)
	codes := make([]string, 120)
	for i := range codes {
		codes[i] = fmt.Sprintf("DOC%07d", i)
	}
	simulator.Register(codes...)

	got := clitest.Run(t, run, env, asking(codes...)...)
	assert.Zero(t, got.Exit)
	assert.Equal(t, 120, strings.Count(got.Stdout, ": cancelled\n"))
	assert.Len(t, simulator.Calls(), 3)
}

func TestJSON(t *testing.T) {
	_, env := start(t)
	got := clitest.Run(t, run, env, append(asking(document, signed), "-json")...)
	assert.Equal(t, 6, got.Exit)
	assert.Empty(t, got.Stderr)
	lines := strings.Split(strings.TrimSpace(got.Stdout), "\n")
	require.Len(t, lines, 2)
	assert.Contains(t, lines[0], `"provider":"auco","kind":"document","id":"TR99AQMY31","state":"cancelled"`)
	assert.Contains(t, lines[1], `"provider":"auco","kind":"document","id":"TR99AQMY33","reason":"not_cancellable"`)
	assert.NotContains(t, got.Stdout, `"cant"`)
}

func TestProductionAsksFirst(t *testing.T) {
	simulator, env := start(t)
	env = env.With("CANCEL_ENVIRONMENT", "production")

	got := clitest.Run(t, run, env, asking(document)...)
	assert.Equal(t, 2, got.Exit)
	assert.Contains(t, got.Stderr, "-yes")
	assert.Empty(t, simulator.Calls())

	got = clitest.Run(t, run, env, "-code", document, "-code", signed, "-check")
	assert.Equal(t, 6, got.Exit, "a question needs no confirmation")
	assert.Equal(t, "auco "+document+": cancellable, code CREATED\n", got.Stdout)
	assert.Contains(t, got.Stderr, signed+": not cancellable (code FINISH")
	asked := len(simulator.Calls())

	assert.Zero(t, clitest.Run(t, run, env, append(asking(document), "-yes")...).Exit)
	assert.Len(t, simulator.Calls(), asked+1)
}

func TestUsage(t *testing.T) { clitest.Usage(t, run, asking(document)...) }
