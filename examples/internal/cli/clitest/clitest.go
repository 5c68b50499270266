// Package clitest runs the programs that cancel for real in the process of a test.
package clitest

import (
	"bytes"
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel/examples/internal/cli"
)

// Outcome is what a program left behind.
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

// Run runs a program and sees to it that it shows none of its secrets.
func Run(t *testing.T, run func(context.Context, cli.Process) int, env Env, args ...string) Outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit := run(t.Context(), cli.Process{
		Args:   args,
		Getenv: func(name string) string { return env[name] },
		Stdout: &stdout,
		Stderr: &stderr,
	})
	for _, name := range []string{"FACTIBLE_PASSWORD", "PAYVALIDA_FIXED_HASH", "AUCO_PRIVATE_KEY", "AUCO_PUBLIC_KEY"} {
		if secret := env[name]; secret != "" && strings.Contains(stdout.String()+stderr.String(), secret) {
			assert.Failf(t, "a secret is shown", "%s in the output of %q", name, args)
		}
	}
	return Outcome{Exit: exit, Stdout: stdout.String(), Stderr: stderr.String()}
}
