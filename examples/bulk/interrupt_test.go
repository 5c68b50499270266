package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
)

const wait, tick = 10 * time.Second, time.Millisecond

// interruptible is a context that ends once Factible was asked for something.
func interruptible(t *testing.T, r *rig) context.Context {
	t.Helper()
	r.input(invoice1, invoice2, invoice3, payment1)
	ctx, interrupt := context.WithCancel(t.Context())
	vendor, err := url.Parse(r.factible.URL)
	require.NoError(t, err)
	forward := &httputil.ReverseProxy{
		Rewrite:   func(p *httputil.ProxyRequest) { p.SetURL(vendor) },
		Transport: &http.Transport{DisableKeepAlives: true},
	}
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		interrupt()
		forward.ServeHTTP(w, req)
	}))
	t.Cleanup(door.Close)
	r.env["FACTIBLE_ENDPOINT"] = door.URL + "/ws/services/Cancelacion"
	return ctx
}

func TestAnInterruptFinishesWhatIsInFlight(t *testing.T) {
	r := newRig(t)
	ctx := interruptible(t, r)
	got := r.runUntil(ctx, "-concurrency", "1")
	assert.Equal(t, exitInterrupted, got.Exit)
	assert.Contains(t, got.Stderr, "nothing more is begun")
	assert.Contains(t, got.Stderr, "what is in flight: 1.")
	assert.Contains(t, got.Stderr, "run the same command with -resume")
	assert.Equal(t, map[string]string{idOf(invoice1): "cancelled"}, r.outcomes())
	page := r.read("in.report.html")
	assert.Contains(t, page, "Not finished.")
	assert.Contains(t, page, "with 3 lines not begun")

	assert.Zero(t, r.run("-resume").Exit)
	assert.Len(t, r.factible.Calls(), 3)
	assert.Len(t, r.outcomes(), 4)
	assert.NotContains(t, r.read("in.report.html"), "Not finished.")
}

func TestAnInterruptRecordsWhatDoesNotFinish(t *testing.T) {
	r := newRig(t)
	r.program.grace = 10 * time.Millisecond
	r.factible.Fail(1, canceltest.CarriedOutThenLate)
	ctx := interruptible(t, r)
	assert.Equal(t, exitInterrupted, r.runUntil(ctx, "-concurrency", "1").Exit)
	assert.Equal(t, map[string]string{idOf(invoice1): "unknown_outcome"}, r.outcomes())

	assert.Zero(t, r.run("-resume").Exit)
	assert.Equal(t, []string{"cancelarSectorPrimario", "getStatusCancelacionAsincrona"}, r.calls()[idOf(invoice1)])
}

// held is a vendor that answers once it is released.
type held chan struct{}

func (h held) Cancel(context.Context, cancel.Request) (cancel.Result, error) {
	<-h
	return cancel.Result{State: cancel.Cancelled}, nil
}

func TestAnInterruptThatLeavesNothingUndoneIsNone(t *testing.T) {
	r := newRig(t)
	r.input(invoice1)
	in, err := openInput(r.path("in.csv"), "")
	require.NoError(t, err)
	j, err := openJournal(r.path("in.results.jsonl"), false)
	require.NoError(t, err)
	v, release := newVendors(), make(held)
	v.cancelers["factible"] = release
	b := &bulk{in: in, vendors: v, journal: j, doubts: new(doubts), grace: wait, progress: newProgress(t.Output(), 1)}
	b.client = cancel.NewClient(b.providers())
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		defer close(release)
		defer interrupt()
		assert.Eventually(t, func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.complete
		}, wait, tick)
	}()
	require.NoError(t, b.run(ctx))
	b.progress.close()
	require.Error(t, ctx.Err())
	assert.False(t, b.interrupted(ctx))
	assert.Equal(t, exitDone, exitCode(b))
	require.NoError(t, j.close())
}

func TestBeforeAnythingIsBegun(t *testing.T) {
	r := newRig(t)
	r.input(invoice1)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	assert.Equal(t, exitInterrupted, r.runUntil(ctx).Exit)
	assert.Empty(t, r.calls())
	assert.Empty(t, r.outcomes())
	assert.Equal(t, exitInterrupted, r.runUntil(ctx, "-dry-run").Exit)
	assert.Zero(t, r.run("-resume").Exit)
}

// process is the program in a process of its own, with a call under way that does not
// end.
func process(t *testing.T, r *rig) *exec.Cmd {
	t.Helper()
	r.input(invoice1, invoice2)
	r.factible.Fail(1, canceltest.CarriedOutThenLate)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-concurrency", "1", r.path("in.csv"))
	cmd.Env = append(os.Environ(), asProgram+"=1")
	for name, value := range r.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	stderr, err := os.Create(r.path("stderr"))
	require.NoError(t, err)
	t.Cleanup(func() { stderr.Close() })
	cmd.Stderr = stderr
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		calls := r.factible.Calls()
		return len(calls) > 0 && calls[0].Carried // arrived is not yet read
	}, wait, tick)
	return cmd
}

func TestASecondInterruptEndsTheProgram(t *testing.T) {
	r := newRig(t)
	cmd := process(t, r)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(r.path("stderr"))
		return err == nil && len(text) > 0
	}, wait, tick)
	assert.Contains(t, r.read("stderr"), "Interrupt again to end at once")
	died := make(chan error, 1)
	go func() { died <- cmd.Wait() }()
	// The first one's handler may still be on its way out: there is no telling when.
	require.Eventually(t, func() bool {
		_ = cmd.Process.Signal(os.Interrupt)
		return len(died) > 0
	}, wait, 10*time.Millisecond)
	var exit *exec.ExitError
	require.ErrorAs(t, <-died, &exit)
	assert.True(t, exit.Sys().(syscall.WaitStatus).Signaled(), "by the signal, not by an exit")
	r.resumesAfterDeath()
}

func TestAKilledProgramIsResumed(t *testing.T) {
	r := newRig(t)
	cmd := process(t, r)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	r.resumesAfterDeath()
}

func (r *rig) resumesAfterDeath() {
	r.t.Helper()
	assert.Equal(r.t, map[string]string{idOf(invoice1): inFlight}, r.outcomes())
	assert.Zero(r.t, r.run("-resume").Exit)
	assert.Equal(r.t, map[string]string{idOf(invoice1): "cancelled", idOf(invoice2): "cancelled"}, r.outcomes())
	assert.Equal(r.t, map[string][]string{
		idOf(invoice1): {"cancelarSectorPrimario", "getStatusCancelacionAsincrona"},
		idOf(invoice2): {"cancelarSectorPrimario"},
	}, r.calls())
}
