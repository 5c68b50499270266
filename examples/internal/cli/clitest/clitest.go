// Package clitest runs programs in the process of a test.
package clitest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

// Outcome is the exit code and the output of a program.
type Outcome struct {
	Exit           int
	Stdout, Stderr string
}

// Env are variables of the environment.
type Env map[string]string

// With returns a copy of e with a variable set, or with "" unset.
func (e Env) With(name, value string) Env {
	e = maps.Clone(e)
	e[name] = value
	return e
}

// Run runs a program and checks that it shows none of its secrets.
func Run(t *testing.T, run func(context.Context, cli.Process) int, env Env, args ...string) Outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit := cli.Run(t.Context(), run, cli.Process{
		Args:   args,
		Getenv: func(name string) string { return env[name] },
		Stdout: &stdout,
		Stderr: &stderr,
	})
	for _, v := range vendors.All {
		for _, variable := range v.Variables {
			secret := env[variable.Name]
			if variable.Secret && secret != "" && strings.Contains(stdout.String()+stderr.String(), secret) {
				assert.Failf(t, "a secret is shown", "%s in the output of %q", variable.Name, args)
			}
		}
	}
	return Outcome{Exit: exit, Stdout: stdout.String(), Stderr: stderr.String()}
}

// Usage checks that a program has the help that all have, and refuses unknown flags and
// stray arguments. Good are arguments that it would take.
func Usage(t *testing.T, run func(context.Context, cli.Process) int, good ...string) {
	t.Helper()
	help := Run(t, run, nil, "-h")
	assert.Zero(t, help.Exit)
	assert.Empty(t, help.Stderr)
	for _, part := range []string{"\nUsage: ", "\nExit codes:\n", "\n  0 "} {
		assert.Contains(t, help.Stdout, part)
	}
	spanish := Run(t, run, nil, "-h", "-lang", "es")
	assert.Zero(t, spanish.Exit)
	english := strings.Split(help.Stdout, "\n")
	for line := range strings.Lines(spanish.Stdout) {
		assert.True(t, line == "\n" || !slices.Contains(english, strings.TrimSuffix(line, "\n")), "it is not Spanish: %s", line)
	}
	for _, args := range [][]string{{"-nonsense"}, append(slices.Clone(good), "stray")} {
		got := Run(t, run, nil, args...)
		assert.Equal(t, cli.ExitUsage, got.Exit, args)
		assert.Empty(t, got.Stdout, args)
		assert.Contains(t, got.Stderr, "-h explains", args)
		assert.Contains(t, got.Stderr, args[len(args)-1], args)
	}
}
