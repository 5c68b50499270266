package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
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

var export = regexp.MustCompile(`^export ([A-Z_]+)='([^']*)'$`)

// anywhere are arguments that have every simulator take a free port.
func anywhere(but ...string) []string {
	args := []string{"-admin", "127.0.0.1:0"}
	for _, v := range vendors.All {
		args = append(args, "-"+v.Name, "127.0.0.1:0")
	}
	return append(args, but...)
}

// start runs the simulators and returns the comments and the variables that they print. When the
// test ends it reads on: nothing may follow.
func start(t *testing.T, args ...string) (comments string, variables map[string]string) {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	stdout, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, cli.Process{Args: anywhere(args...), Getenv: func(string) string { return "" }, Stdout: w, Stderr: io.Discard})
		_ = w.Close()
	}()
	lines := bufio.NewScanner(stdout)
	want := 1
	for _, v := range vendors.All {
		want += 1 + len(v.Variables)
	}
	variables = map[string]string{}
	for len(variables) < want && lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			comments += lines.Text() + "\n"
			continue
		}
		match := export.FindStringSubmatch(lines.Text())
		require.NotNil(t, match, "for a shell to read: %s", lines.Text())
		variables[match[1]] = match[2]
	}
	t.Cleanup(func() {
		interrupt()
		assert.False(t, lines.Scan(), "more was printed: %s", lines.Text())
		assert.NoError(t, lines.Err())
		assert.Zero(t, <-ended)
	})
	return comments, variables
}

func open(t *testing.T, v vendors.Vendor, variables map[string]string) cancel.Canceler {
	t.Helper()
	adapter, err := v.Open(func(name string) string { return variables[name] }, cancel.ClientOptions{})
	require.NoError(t, err)
	return adapter
}

func TestEverySampleIsToldAndHeld(t *testing.T) {
	comments, variables := start(t)
	for _, v := range vendors.All {
		for _, variable := range append(v.Variables, cli.Environment, cli.Endpoint(v.Name)) {
			assert.NotEmpty(t, variables[variable.Name])
		}
		for _, s := range v.Samples {
			assert.Contains(t, comments, fmt.Sprintf("%-36s  %s (%s)\n", s.ID, s.About, s.Kind))
			result, err := open(t, v, variables).Cancel(t.Context(), s.Request)
			require.ErrorIs(t, err, s.Reason, s.ID)
			assert.Equal(t, s.State, result.State, s.ID)
		}
	}
}

func TestRecipientsConsent(t *testing.T) {
	_, variables := start(t, "-consent-after", "1ms")
	client := cancel.NewClient(map[string]cancel.Canceler{"factible": open(t, vendors.Factible, variables)},
		cancel.WithPollInterval(time.Millisecond, 50*time.Millisecond))
	for _, s := range vendors.Factible.Samples {
		if s.Kind != cancel.Invoice {
			continue
		}
		_, err := client.Cancel(t.Context(), s.Request)
		require.NoError(t, err)
		result, err := client.Wait(t.Context(), s.Request)
		require.NoError(t, err)
		assert.Equal(t, cancel.Cancelled, result.State)
	}
}

// admin is the address of the recipients and the clock, in the comments.
var admin = regexp.MustCompile(`http://127[^/]+`)

func TestThePeopleAreReachedFromOutside(t *testing.T) {
	comments, variables := start(t)
	post := func(path string) int {
		resp, err := http.Post(admin.FindString(comments)+path, "", nil)
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode
	}
	defer http.DefaultClient.CloseIdleConnections()
	pac := open(t, vendors.Factible, variables)
	req := vendors.Factible.Samples[1].Request
	require.Equal(t, cancel.Invoice, req.Kind)
	assert.Equal(t, http.StatusNotFound, post("/accept/"+req.ID), "nothing waits yet")

	_, err := pac.Cancel(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, post("/refuse/"+req.ID))
	_, err = pac.(cancel.StatusChecker).Status(t.Context(), req)
	assert.ErrorIs(t, err, cancel.ErrRejected)

	_, err = pac.Cancel(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, post("/accept/"+req.ID))
	assert.Equal(t, http.StatusNotFound, post("/accept/"+req.ID), "it is decided")
	authority, err := vendors.OpenSAT(func(name string) string { return variables[name] }, cancel.ClientOptions{})
	require.NoError(t, err)
	for _, want := range []cancel.State{cancel.NotCancelled, cancel.Cancelled} {
		result, err := authority.Status(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, want, result.State)
		assert.Equal(t, http.StatusOK, post("/pass/25h"))
	}
	assert.Equal(t, http.StatusBadRequest, post("/pass/-1h"))
}

func TestEverythingFails(t *testing.T) {
	_, variables := start(t, "-fail", "1")
	payvalida, err := vendors.Payvalida.Open(func(name string) string { return variables[name] }, cancel.ClientOptions{Timeout: time.Second})
	require.NoError(t, err)
	_, err = payvalida.Cancel(t.Context(), vendors.Payvalida.Samples[0].Request)
	assert.Error(t, err)
}

func TestWhatCannotStart(t *testing.T) {
	other := httptest.NewServer(nil)
	defer other.Close()
	for _, name := range []string{"admin", "factible", "sat"} {
		got := clitest.Run(t, run, nil, anywhere("-"+name, other.Listener.Addr().String())...)
		assert.Equal(t, cli.ExitFailed, got.Exit)
		assert.Contains(t, got.Stderr, "address already in use")
	}
	for _, share := range []string{"1.5", "NaN", "-1"} {
		got := clitest.Run(t, run, nil, anywhere("-fail", share)...)
		assert.Equal(t, cli.ExitUsage, got.Exit)
		assert.Contains(t, got.Stderr, "-fail must be 0 to 1")
	}
}

func TestUsage(t *testing.T) { clitest.Usage(t, run, anywhere()...) }
