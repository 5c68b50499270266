package cancel_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

type traceKey struct{}

// tracing notes each call, and marks its context.
func tracing(name string, notes *[]string) cancel.Hook {
	return func(ctx context.Context, op cancel.Operation) (context.Context, func([]cancel.Item)) {
		*notes = append(*notes, fmt.Sprintf("%s: %s %s %d %d", name, op.Provider, op.Name, op.Attempt, len(op.Requests)))
		return context.WithValue(ctx, traceKey{}, name), func(items []cancel.Item) {
			for _, item := range items {
				*notes = append(*notes, fmt.Sprintf("%s: %s %s %v", name, item.Request.ID, item.Result.State, item.Err != nil))
			}
		}
	}
}

func TestHooksAreCalledAroundEachCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var notes []string
		var seen any
		mark := func(ctx context.Context, req cancel.Request) (cancel.Result, error) {
			seen = ctx.Value(traceKey{})
			return done(ctx, req)
		}
		p := &checked{script{cancels: []step{unavailable, unknown}, statuses: []step{mark}}}
		c := client(p, cancel.WithHook(tracing("outer", &notes)), cancel.WithHook(nil), cancel.WithHook(tracing("inner", &notes)))
		_, err := c.Cancel(t.Context(), request("a"))
		require.NoError(t, err)
		assert.Equal(t, []string{
			"outer: p Cancel 1 1", "inner: p Cancel 1 1", "inner: a  true", "outer: a  true",
			"outer: p Cancel 2 1", "inner: p Cancel 2 1", "inner: a  true", "outer: a  true",
			"outer: p Status 1 1", "inner: p Status 1 1", "inner: a cancelled false", "outer: a cancelled false",
		}, notes)
		assert.Equal(t, "inner", seen)
	})
}

func TestHookMayReturnNothing(t *testing.T) {
	c := client(&script{cancels: []step{done}}, cancel.WithHook(func(context.Context, cancel.Operation) (context.Context, func([]cancel.Item)) {
		return nil, nil
	}))
	_, err := c.Cancel(t.Context(), request("a"))
	require.NoError(t, err)
}

// observers panic after a call. Their panic must change no outcome.
func observers() map[string]cancel.Option {
	return map[string]cancel.Option{
		"evidence": cancel.WithEvidence(func(context.Context, cancel.Evidence) { panic("observer") }),
		"hook": cancel.WithHook(func(ctx context.Context, _ cancel.Operation) (context.Context, func([]cancel.Item)) {
			return ctx, func([]cancel.Item) { panic("observer") }
		}),
		"logger": cancel.WithLogger(slog.New(panicking{})),
	}
}

type panicking struct{}

func (panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (panicking) Handle(context.Context, slog.Record) error { panic("observer") }
func (p panicking) WithAttrs([]slog.Attr) slog.Handler      { return p }
func (p panicking) WithGroup(string) slog.Handler           { return p }

func TestPanicOfAnObserverIsPassedOn(t *testing.T) {
	for what, option := range observers() {
		p := &checked{script{cancels: []step{done}, statuses: []step{done}}}
		c := client(p, option)
		assert.PanicsWithValue(t, "observer", func() { _, _ = c.Cancel(t.Context(), request("a")) }, what)
		assert.PanicsWithValue(t, "observer", func() { _, _ = c.Status(t.Context(), request("a")) }, what)
		assert.PanicsWithValue(t, "observer", func() { _, _ = c.Wait(t.Context(), request("a")) }, what)
		assert.Equal(t, []string{"cancel a", "status a", "status a"}, p.asked(), what)
	}
}

func TestPanicOfAnObserverLeavesTheOutcomesOfAll(t *testing.T) {
	for what, option := range observers() {
		c := client(&script{cancels: []step{done}}, option, cancel.WithConcurrency(2))
		pulled := 0
		var items []cancel.Item
		assert.PanicsWithValue(t, "observer", func() {
			for item := range c.All(t.Context(), func(yield func(cancel.Request) bool) {
				for yield(request("a")) {
					pulled++
				}
			}) {
				items = append(items, item)
			}
		}, what)
		require.NotEmpty(t, items, what)
		for _, item := range items {
			require.NoError(t, item.Err, what)
			assert.Equal(t, cancel.Cancelled, item.Result.State, what)
		}
	}
}

func TestPanicOfAnObserverEndsAWait(t *testing.T) {
	options := observers()
	options["hook, before the call"] = cancel.WithHook(func(context.Context, cancel.Operation) (context.Context, func([]cancel.Item)) { panic("observer") })
	for what, option := range options {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			ctx, end := context.WithTimeout(t.Context(), time.Hour)
			defer end()
			c := client(&checked{script{statuses: []step{says(cancel.Pending)}}}, option)
			assert.PanicsWithValue(t, "observer", func() { _, _ = c.Wait(ctx, request("a")) }, what)
			assert.Zero(t, time.Since(began), what)
		})
	}
}

func TestPanicBeforeACallMeansThatItIsNotMade(t *testing.T) {
	p := &script{cancels: []step{done}}
	c := client(p, cancel.WithMaxAttempts(1), cancel.WithHook(func(context.Context, cancel.Operation) (context.Context, func([]cancel.Item)) { panic("observer") }))
	assert.PanicsWithValue(t, "observer", func() { _, _ = c.Cancel(t.Context(), request("a")) })
	assert.Empty(t, p.asked())
	var items []cancel.Item
	assert.PanicsWithValue(t, "observer", func() {
		for item := range c.All(t.Context(), slices.Values([]cancel.Request{request("a")})) {
			items = append(items, item)
		}
	})
	require.Len(t, items, 1)
	assert.Equal(t, cancel.ErrUnavailable, reason(items[0].Err))
	assert.Empty(t, p.asked())
}

func TestHookHearsTheEndOfACallThatALaterHookPrevents(t *testing.T) {
	var heard []cancel.Item
	c := client(&script{cancels: []step{done}}, cancel.WithMaxAttempts(1),
		cancel.WithHook(func(ctx context.Context, _ cancel.Operation) (context.Context, func([]cancel.Item)) {
			return ctx, func(items []cancel.Item) { heard = append(heard, items...) }
		}),
		cancel.WithHook(func(context.Context, cancel.Operation) (context.Context, func([]cancel.Item)) { panic("observer") }))
	assert.PanicsWithValue(t, "observer", func() { _, _ = c.Cancel(t.Context(), request("a")) })
	require.Len(t, heard, 1)
	assert.Equal(t, cancel.ErrUnavailable, reason(heard[0].Err))
}

func TestOptionsOfOneProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all, one []string
		p, q := &script{cancels: []step{unavailable}}, &script{cancels: []step{unavailable}}
		c := cancel.NewClient(map[string]cancel.Canceler{"p": p, "q": q},
			cancel.WithProvider("p", cancel.WithMaxAttempts(5), cancel.WithHook(tracing("one", &one)), cancel.WithConcurrency(1), nil),
			cancel.WithProvider("p", cancel.WithBackoff(time.Nanosecond, time.Nanosecond)),
			cancel.WithMaxAttempts(2), cancel.WithHook(tracing("all", &all)))
		for _, name := range []string{"p", "q"} {
			req := request("a")
			req.Provider = name
			_, err := c.Cancel(t.Context(), req)
			require.Error(t, err)
		}
		assert.Len(t, p.asked(), 5)
		assert.Len(t, q.asked(), 2)
		assert.Len(t, one, 10)
		assert.Len(t, all, 14)
		for _, pause := range p.pauses() {
			assert.LessOrEqual(t, pause, time.Nanosecond)
		}
	})
}

func TestResolveBeginsInDoubt(t *testing.T) {
	const c, s = "cancel a", "status a"
	for name, tt := range map[string]struct {
		cancels, statuses []step
		asked             []string
		state             cancel.State
		reason            error
	}{
		"done":                {statuses: []step{done}, asked: []string{s}, state: cancel.Cancelled},
		"pending":             {statuses: []step{says(cancel.Pending)}, asked: []string{s}, state: cancel.Pending},
		"rejected":            {statuses: []step{fails(cancel.ErrRejected)}, asked: []string{s}, reason: cancel.ErrRejected},
		"stands":              {cancels: []step{done}, statuses: []step{says(cancel.NotCancelled)}, asked: []string{s, c}, state: cancel.Cancelled},
		"not found":           {cancels: []step{done}, statuses: []step{fails(cancel.ErrNotFound)}, asked: []string{s, c}, state: cancel.Cancelled},
		"no status":           {cancels: []step{done}, statuses: []step{failsForeign(errors.ErrUnsupported)}, asked: []string{s, c}, state: cancel.Cancelled},
		"status unavailable":  {statuses: []step{unavailable}, asked: []string{s, s, s}, reason: cancel.ErrUnknownOutcome},
		"refused after all":   {cancels: []step{fails(cancel.ErrForbidden)}, statuses: []step{fails(cancel.ErrNotFound)}, asked: []string{s, c}, reason: cancel.ErrUnknownOutcome},
		"unavailable for now": {cancels: []step{unavailable}, statuses: []step{fails(cancel.ErrNotFound)}, asked: []string{s, c, c, c}, reason: cancel.ErrUnknownOutcome},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &checked{script{cancels: tt.cancels, statuses: tt.statuses}}
				got, err := client(p).Resolve(t.Context(), request("a"))
				assert.Equal(t, tt.asked, p.asked())
				assert.Equal(t, tt.state, got.State)
				if tt.reason != nil {
					assert.Equal(t, tt.reason, reason(err))
				} else {
					require.NoError(t, err)
				}
			})
		})
	}
	p := &script{cancels: []step{fails(cancel.ErrNotFound)}}
	_, err := client(p).Resolve(t.Context(), request("a"))
	assert.Equal(t, cancel.ErrUnknownOutcome, reason(err), "a refusal without a status ends no doubt")
}

// advising is a provider that validates and advises.
type advising struct {
	script
	valid   error
	answers []cancel.Preflight
	errs    []error
}

func (a *advising) Validate(cancel.Request) error { return a.valid }

func (a *advising) Preflight(_ context.Context, req cancel.Request) (cancel.Preflight, error) {
	n := len(a.asked())
	a.next("prefli", []step{nil}, req)
	return a.answers[min(n, len(a.answers)-1)], a.errs[min(n, len(a.errs)-1)]
}

func TestValidateAsksTheProvider(t *testing.T) {
	p := &advising{}
	require.NoError(t, client(p).Validate(request("a")))
	require.NoError(t, client(&script{}).Validate(request("a")))
	p.valid = &cancel.Error{Provider: "script", Reason: cancel.ErrInvalid, Message: "odd"}
	err := client(p).Validate(request("a"))
	assert.Equal(t, cancel.ErrInvalid, reason(err))
	assert.ErrorContains(t, err, "odd")
	var e *cancel.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "p", e.Provider)
	assert.Equal(t, cancel.ErrInvalid, reason(cancel.NewClient(nil).Validate(request("a"))))
	assert.Empty(t, p.asked())
}

func TestPreflightRetriesAndChecksTheVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &advising{
			answers: []cancel.Preflight{{}, {Provider: "script", Verdict: cancel.ConsentNeeded, Code: "c", Message: "m", Raw: []byte("r")}},
			errs:    []error{&cancel.Error{Reason: cancel.ErrUnavailable}, nil},
		}
		got, err := client(p).Preflight(t.Context(), request("a"))
		require.NoError(t, err)
		assert.Equal(t, cancel.Preflight{Provider: "p", ID: "a", Kind: cancel.Payment, Verdict: cancel.ConsentNeeded, Code: "c", Message: "m", Raw: []byte("r"), At: time.Now()}, got)
		assert.Len(t, p.asked(), 2)
	})
	p := &advising{answers: []cancel.Preflight{{Verdict: "perhaps"}}, errs: []error{nil}}
	_, err := client(p).Preflight(t.Context(), request("a"))
	assert.Equal(t, cancel.ErrUnexpected, reason(err))
	for _, p := range []cancel.Canceler{&script{}, &advising{answers: []cancel.Preflight{{}}, errs: []error{errors.ErrUnsupported}}} {
		_, err := client(p).Preflight(t.Context(), request("a"))
		assert.Equal(t, cancel.ErrInvalid, reason(err))
		require.ErrorIs(t, err, errors.ErrUnsupported)
	}
}

func TestStates(t *testing.T) {
	for state, want := range map[cancel.State][2]bool{
		cancel.Cancelled: {true, true}, cancel.AlreadyCancelled: {true, true},
		cancel.NotCancelled: {false, true}, cancel.Pending: {false, false}, "": {false, false},
	} {
		assert.Equal(t, want, [2]bool{state.IsCancelled(), state.Settled()}, state)
	}
}
