package main

import (
	_ "embed"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
)

// The output: go run ./examples/quickstart > examples/quickstart/testdata/output.txt, and the same in
// Spanish.
var (
	//go:embed testdata/output.txt
	english string
	//go:embed testdata/salida.txt
	spanish string
)

func TestOutput(t *testing.T) {
	defer goleak.VerifyNone(t)
	for range 2 { // it is always the same
		assert.Equal(t, clitest.Outcome{Stdout: english}, clitest.Run(t, run, nil))
		assert.Equal(t, clitest.Outcome{Stdout: spanish}, clitest.Run(t, run, nil, "-lang", "es"))
	}
}

func TestUsage(t *testing.T) { clitest.Usage(t, run) }

func TestASurpriseIsAnError(t *testing.T) {
	cancelled := cancel.Result{State: cancel.Cancelled}
	refused := &cancel.Error{Reason: cancel.ErrRejected}
	for name, c := range map[string]struct {
		want   any
		result cancel.Result
		err    error
		says   string
	}{
		"another state":          {cancel.Pending, cancelled, nil, "a thing: want pending, got cancelled"},
		"another error":          {cancel.ErrNotFound, cancel.Result{}, refused, "a thing: want not found, got rejected"},
		"an error, not a state":  {cancel.Cancelled, cancel.Result{}, refused, "a thing: want cancelled, got rejected"},
		"a state, and not error": {cancel.ErrRejected, cancelled, nil, "a thing: want rejected, got cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			table := newTable(new(cli.Flags), io.Discard)
			table.row("a thing", c.want)(c.result, c.err)
			require.EqualError(t, table.surprise, c.says)
			table.row("the next one", cancel.Cancelled)(cancelled, nil)
			require.EqualError(t, table.surprise, c.says, "the first surprise stays")
		})
	}
}
