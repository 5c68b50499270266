package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
)

var about = cli.About{
	Name:      "vendor",
	Synopsis:  "-id ID",
	Does:      "Ask with -status before anything else.",
	Variables: []cli.Variable{{Name: "VENDOR_KEY", Meaning: "that user's password"}, {Name: "VENDOR_OTHER", Meaning: "a user of the stamping panel", Optional: true}},
	Pending:   "Wait.",
	Doubt:     "Find out.",
}

var sandbox = clitest.Env{"VENDOR_KEY": "a key", "CANCEL_ENVIRONMENT": "sandbox"}

// showing is a program that has cancelled items.
func showing(items ...cancel.Item) func(context.Context, cli.Process) int {
	return func(_ context.Context, process cli.Process) int {
		tool := cli.New(about, process)
		tool.String("id", "", "the `ID`")
		if err := tool.Parse("id"); err != nil {
			return tool.Refuse(err)
		}
		return tool.Show(items...)
	}
}

func failed(reason error) cancel.Item {
	return cancel.Item{
		Request: cancel.Request{Kind: cancel.Document, ID: "A1"},
		Err: &cancel.Error{
			Provider: "vendor", Op: "cancel", ID: "A1", Reason: reason,
			Code: "42", Message: "no <b>", HTTPStatus: 418, RetryAfter: 90 * time.Second, Raw: []byte("the raw body"),
		},
	}
}

func TestEveryReasonHasAnExitCodeOfItsOwn(t *testing.T) {
	next := map[string]string{
		"invalid": "Correct", "auth": "lock", "forbidden": "allow", "not_found": "identifier",
		"not_cancellable": "will not help", "rejected": "refused", "unavailable": "safe to ask again",
		"unknown_outcome": "or not. Find out.", "unexpected": "or not. Find out.", "pending": "still under way, and may still be cancelled. Wait.",
	}
	for i, reason := range cancel.Reasons() {
		name, _ := cli.Reason(reason)
		want := struct {
			exit       int
			name, next string
		}{2 + i, name, next[name]}
		t.Run(want.name, func(t *testing.T) {
			require.NotEmpty(t, want.next)
			text := clitest.Run(t, showing(failed(reason)), sandbox, "-id", "A1")
			assert.Equal(t, want.exit, text.Exit)
			assert.Empty(t, text.Stdout)
			assert.Contains(t, text.Stderr, "vendor: cancel A1: "+reason.Error())
			assert.Contains(t, text.Stderr, want.next)
			assert.Contains(t, text.Stderr, "90 seconds")

			machine := clitest.Run(t, showing(failed(reason)), sandbox, "-id", "A1", "-json")
			assert.Equal(t, want.exit, machine.Exit)
			assert.Empty(t, machine.Stderr)
			assert.NotContains(t, machine.Stdout, "raw body")
			var object map[string]any
			require.NoError(t, json.Unmarshal([]byte(machine.Stdout), &object))
			assert.Contains(t, object["next"], want.next)
			delete(object, "next")
			assert.Equal(t, map[string]any{
				"provider": "vendor", "kind": "document", "id": "A1",
				"reason": want.name, "code": "42", "message": "no <b>", "http_status": 418.0,
				"retry_after_seconds": 90.0, "error": failed(reason).Err.Error(), "exit": float64(want.exit),
			}, object)

			help := clitest.Run(t, showing(), nil, "-h")
			assert.Regexp(t, fmt.Sprintf(`(?m)^  %d +%v$`, want.exit, reason), help.Stdout)
		})
	}
}

func TestWhatTheProviderTookIsZero(t *testing.T) {
	at := time.Date(2026, 9, 30, 11, 2, 56, 0, time.UTC)
	item := func(state cancel.State) cancel.Item {
		return cancel.Item{
			Request: cancel.Request{Kind: cancel.Document, ID: "A1"},
			Result: cancel.Result{
				Provider: "vendor", Kind: cancel.Document, ID: "A1",
				State: state, Code: "0000", Message: "a\x1b[31mred\nlie",
				Receipt: []byte("the receipt"), Raw: []byte("the raw body"), At: at,
			},
		}
	}
	for state, want := range map[cancel.State]string{
		cancel.Cancelled:        "vendor A1: cancelled, code 0000, \"a\\x1b[31mred\\nlie\"\n",
		cancel.AlreadyCancelled: "vendor A1: already cancelled, code 0000, \"a\\x1b[31mred\\nlie\"\n",
		cancel.Pending:          "vendor A1: pending, code 0000, \"a\\x1b[31mred\\nlie\"\n  Wait.\n",
	} {
		text := clitest.Run(t, showing(item(state)), sandbox, "-id", "A1")
		assert.Equal(t, clitest.Outcome{Stdout: want}, text)
	}

	machine := clitest.Run(t, showing(item(cancel.Pending)), sandbox, "-id", "A1", "-json")
	assert.Zero(t, machine.Exit)
	assert.JSONEq(t, `{
		"provider": "vendor", "kind": "document", "id": "A1", "state": "pending", "code": "0000",
		"message": "a\u001b[31mred\nlie", "next": "Wait.", "at": "2026-09-30T11:02:56Z", "exit": 0
	}`, machine.Stdout)
}

func TestOfSeveralOutcomesTheHighestExitCodeCounts(t *testing.T) {
	done := cancel.Item{Result: cancel.Result{State: cancel.Cancelled}}
	run := showing(done, failed(cancel.ErrUnknownOutcome), failed(cancel.ErrNotFound), done)

	assert.Equal(t, 9, clitest.Run(t, run, sandbox, "-id", "A1").Exit)
	machine := clitest.Run(t, run, sandbox, "-id", "A1", "-json")
	assert.Equal(t, 9, machine.Exit)
	assert.Equal(t, 4, strings.Count(machine.Stdout, "\n"), "one object per line")
}

func TestAnErrorWithoutAReasonIsNoSuccess(t *testing.T) {
	got := clitest.Run(t, showing(cancel.Item{Err: errors.New("what is this")}), sandbox, "-id", "A1")
	assert.Equal(t, 10, got.Exit)
	assert.Contains(t, got.Stderr, "what is this")
}

func TestAnOutcomeThatCannotBeWrittenIsNoSuccess(t *testing.T) {
	full := cli.Process{
		Args:   []string{"-id", "A1"},
		Getenv: func(name string) string { return sandbox[name] },
		Stdout: fullDisk{},
		Stderr: io.Discard,
	}
	done := cancel.Item{Result: cancel.Result{State: cancel.Cancelled}}
	assert.Equal(t, cli.ExitFailed, cli.Run(t.Context(), showing(done), full))
	full.Args = append(full.Args, "-json")
	assert.Equal(t, cli.ExitFailed, cli.Run(t.Context(), showing(done), full))
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWhatIsMissingIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		env  clitest.Env
		args []string
		want string
	}{
		"a flag":         {sandbox, nil, "-id is missing"},
		"a credential":   {sandbox.With("VENDOR_KEY", ""), []string{"-id", "A1"}, "VENDOR_KEY is not set: that user's password"},
		"an environment": {sandbox.With("CANCEL_ENVIRONMENT", ""), []string{"-id", "A1"}, "CANCEL_ENVIRONMENT is not set: sandbox or production"},
		"an argument":    {sandbox, []string{"-id", "A1", "A2"}, `"A2" is not a flag`},
		"everything":     {nil, []string{"-id", "A1"}, "VENDOR_KEY is not set: that user's password; CANCEL_ENVIRONMENT is not set: sandbox or production"},
		"unknown flag":   {sandbox, []string{"-ID", "A1"}, "-ID"},
	} {
		t.Run(name, func(t *testing.T) {
			got := clitest.Run(t, showing(), c.env, c.args...)
			assert.Equal(t, 2, got.Exit)
			assert.Empty(t, got.Stdout)
			assert.Contains(t, got.Stderr, "vendor: ")
			assert.Contains(t, got.Stderr, c.want)
			assert.Contains(t, got.Stderr, "nothing was sent")
		})
	}
}

func TestOnlyTheSandboxAndThisMachineNeedNoConfirmation(t *testing.T) {
	for name, c := range map[string]struct {
		environment, endpoint string
		confirm               bool
	}{
		"sandbox":                     {"sandbox", "", false},
		"sandbox on this machine":     {"sandbox", "http://127.0.0.1:8081/ws", false},
		"this machine by name":        {"", "http://localhost:8081", false},
		"this machine by IPv6":        {"", "http://[::1]:8081", false},
		"production":                  {"production", "", true},
		"production on this machine":  {"production", "http://127.0.0.1:8081", true},
		"an endpoint elsewhere":       {"", "https://vendor.example/ws", true},
		"called a sandbox, elsewhere": {"sandbox", "https://vendor.example/ws", true},
		"localhost as a subdomain":    {"", "https://localhost.example", true},
	} {
		t.Run(name, func(t *testing.T) {
			env := sandbox.With("CANCEL_ENVIRONMENT", c.environment).With("VENDOR_ENDPOINT", c.endpoint)
			got := clitest.Run(t, showing(), env, "-id", "A1")
			if !c.confirm {
				assert.Equal(t, clitest.Outcome{}, got)
				return
			}
			assert.Equal(t, 2, got.Exit)
			assert.Contains(t, got.Stderr, "-yes")
			assert.Equal(t, clitest.Outcome{}, clitest.Run(t, showing(), env, "-id", "A1", "-yes"))
		})
	}
}

func TestSpanish(t *testing.T) {
	taken := cancel.Item{Request: cancel.Request{ID: "A1"}, Result: cancel.Result{State: cancel.Cancelled, Code: "0000"}}
	for _, env := range []clitest.Env{sandbox.With("LANG", "es_MX.UTF-8"), sandbox.With("LANG", "en_US.UTF-8").With("LC_ALL", "es_CO")} {
		assert.Equal(t, "vendor A1: se canceló, código 0000\n", clitest.Run(t, showing(taken), env, "-id", "A1").Stdout)
		assert.Equal(t, "vendor A1: cancelled, code 0000\n", clitest.Run(t, showing(taken), env, "-id", "A1", "-lang", "en").Stdout)
	}
	for _, reason := range cancel.Reasons() {
		english := clitest.Run(t, showing(failed(reason)), sandbox, "-id", "A1").Stderr
		got := clitest.Run(t, showing(failed(reason)), sandbox, "-id", "A1", "-lang", "es").Stderr
		assert.Contains(t, got, "90 segundos")
		assert.Contains(t, got, `no <b>`, "the vendor's words stay")
		englishLines, lines := strings.Split(english, "\n"), strings.Split(got, "\n")
		for i := range 3 {
			assert.NotEqual(t, englishLines[i], lines[i])
		}
	}
	assert.Contains(t, clitest.Run(t, showing(), nil, "-lang", "es", "-id", "A1").Stderr, "falta la variable VENDOR_KEY: la contraseña de ese usuario; falta la variable CANCEL_ENVIRONMENT")
	assert.Contains(t, clitest.Run(t, showing(), nil, "-lang", "fr").Stderr, `"fr" is not a value of -lang`)
}

func TestHelpTellsOfEverything(t *testing.T) {
	got := clitest.Run(t, showing(), nil, "-h")
	assert.Zero(t, got.Exit)
	assert.Empty(t, got.Stderr)
	for _, want := range []string{
		"Ask with -status before anything else.", "vendor -id ID", "-json", "-yes", "VENDOR_KEY", "that user's password",
		"a user of the stamping panel; optional", "CANCEL_ENVIRONMENT", "VENDOR_ENDPOINT",
	} {
		assert.Contains(t, got.Stdout, want)
	}
}

func TestUsage(t *testing.T) { clitest.Usage(t, showing(), "-id", "A1") }
