package cancel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

var (
	unknown     = fails(cancel.ErrUnknownOutcome)
	unavailable = fails(cancel.ErrUnavailable)
	done        = says(cancel.Cancelled)
)

func TestCancelWithoutStatus(t *testing.T) {
	tests := []struct {
		name     string
		attempts int
		cancels  []step
		asked    int
		state    cancel.State
		reason   error
		cause    error // the error of the last call, seen through the error
	}{
		{name: "done", cancels: []step{done}, asked: 1, state: cancel.Cancelled},
		{name: "done before", cancels: []step{says(cancel.AlreadyCancelled)}, asked: 1, state: cancel.AlreadyCancelled},
		{name: "under way", cancels: []step{says(cancel.Pending)}, asked: 1, state: cancel.Pending},
		{name: "unavailable once", cancels: []step{unavailable, done}, asked: 2, state: cancel.Cancelled},
		{name: "unavailable for good", cancels: []step{unavailable}, asked: 3, reason: cancel.ErrUnavailable},
		{name: "retrying off", attempts: 1, cancels: []step{unavailable}, asked: 1, reason: cancel.ErrUnavailable},
		{name: "five attempts", attempts: 5, cancels: []step{unavailable}, asked: 5, reason: cancel.ErrUnavailable},
		{name: "invalid", cancels: []step{fails(cancel.ErrInvalid)}, asked: 1, reason: cancel.ErrInvalid},
		{name: "auth", cancels: []step{fails(cancel.ErrAuth)}, asked: 1, reason: cancel.ErrAuth},
		{name: "forbidden", cancels: []step{fails(cancel.ErrForbidden)}, asked: 1, reason: cancel.ErrForbidden},
		{name: "not found", cancels: []step{fails(cancel.ErrNotFound)}, asked: 1, reason: cancel.ErrNotFound},
		{name: "not cancellable", cancels: []step{fails(cancel.ErrNotCancellable)}, asked: 1, reason: cancel.ErrNotCancellable},
		{name: "rejected", cancels: []step{fails(cancel.ErrRejected)}, asked: 1, reason: cancel.ErrRejected},
		{name: "unexpected", cancels: []step{fails(cancel.ErrUnexpected)}, asked: 1, reason: cancel.ErrUnexpected},
		{name: "unknown, then done before", cancels: []step{unknown, says(cancel.AlreadyCancelled)}, asked: 2, state: cancel.AlreadyCancelled},
		{name: "unknown for good", cancels: []step{unknown}, asked: 3, reason: cancel.ErrUnknownOutcome},
		{name: "unknown, then unavailable", cancels: []step{unknown, unavailable}, asked: 3, reason: cancel.ErrUnknownOutcome},
		{name: "unknown, retrying off", attempts: 1, cancels: []step{unknown}, asked: 1, reason: cancel.ErrUnknownOutcome},
		{name: "unavailable, unknown, done", cancels: []step{unavailable, unknown, done}, asked: 3, state: cancel.Cancelled},
		{name: "in doubt, not cancellable", cancels: []step{unknown, fails(cancel.ErrNotCancellable)}, asked: 2, reason: cancel.ErrUnknownOutcome},
		{name: "in doubt, rejected", cancels: []step{unknown, fails(cancel.ErrRejected)}, asked: 2, reason: cancel.ErrUnknownOutcome},
		{name: "in doubt, not found", cancels: []step{unknown, fails(cancel.ErrNotFound)}, asked: 2, reason: cancel.ErrUnknownOutcome},
		{name: "in doubt, auth", cancels: []step{unknown, fails(cancel.ErrAuth)}, asked: 2, reason: cancel.ErrUnknownOutcome},
		{name: "in doubt, invalid", cancels: []step{unknown, fails(cancel.ErrInvalid)}, asked: 2, reason: cancel.ErrUnknownOutcome},
		{name: "in doubt, unexpected", cancels: []step{unknown, fails(cancel.ErrUnexpected)}, asked: 2, reason: cancel.ErrUnknownOutcome},
		{name: "a foreign error", cancels: []step{failsForeign(io.ErrUnexpectedEOF)}, asked: 3, reason: cancel.ErrUnknownOutcome, cause: io.ErrUnexpectedEOF},
		{name: "a foreign error with a sentinel", cancels: []step{failsForeign(fmt.Errorf("x: %w", cancel.ErrRejected))}, asked: 1, reason: cancel.ErrRejected},
		{name: "an error with two sentinels", attempts: 1, cancels: []step{failsForeign(errors.Join(cancel.ErrAuth, cancel.ErrUnknownOutcome))}, asked: 1, reason: cancel.ErrUnknownOutcome},
		{name: "a nil Error", attempts: 1, cancels: []step{failsForeign((*cancel.Error)(nil))}, asked: 1, reason: cancel.ErrUnknownOutcome},
		{name: "an Error without a reason", attempts: 1, cancels: []step{failsWith(cancel.Error{Err: io.EOF})}, asked: 1, reason: cancel.ErrUnknownOutcome, cause: io.EOF},
		{name: "a state of Status alone", cancels: []step{says(cancel.NotCancelled)}, asked: 1, reason: cancel.ErrUnexpected},
		{name: "no state", cancels: []step{says("")}, asked: 1, reason: cancel.ErrUnexpected},
		{name: "in doubt, a state of Status alone", cancels: []step{unknown, says(cancel.NotCancelled)}, asked: 2, reason: cancel.ErrUnknownOutcome},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &script{cancels: tt.cancels}
				got, err := client(p, cancel.WithMaxAttempts(tt.attempts)).Cancel(t.Context(), request("a"))
				assert.Len(t, p.asked(), tt.asked)
				if tt.reason == nil {
					require.NoError(t, err)
					assert.Equal(t, tt.state, got.State)
					assert.Equal(t, "p", got.Provider)
					assert.Equal(t, "a", got.ID)
					assert.Equal(t, cancel.Payment, got.Kind)
					assert.Equal(t, time.Now(), got.At)
					return
				}
				assert.Zero(t, got)
				assert.Equal(t, tt.reason, reason(err))
				if tt.cause != nil {
					require.ErrorIs(t, err, tt.cause)
				}
				e, ok := err.(*cancel.Error)
				require.True(t, ok)
				assert.Equal(t, "p", e.Provider)
				assert.Equal(t, "a", e.ID)
			})
		})
	}
}

// In doubt, the error of a later call is the cause, with all that the vendor said.
func TestDoubtKeepsTheLaterError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later := cancel.Error{Code: "204", Message: "cannot be cancelled", HTTPStatus: 200, Raw: []byte("body"), Reason: cancel.ErrNotCancellable, Err: io.EOF}
		p := &script{cancels: []step{unknown, failsWith(later)}}
		_, err := client(p).Cancel(t.Context(), request("a"))
		var e *cancel.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, cancel.ErrUnknownOutcome, e.Reason)
		assert.Equal(t, "204", e.Code)
		assert.Equal(t, 200, e.HTTPStatus)
		assert.Equal(t, []byte("body"), e.Raw)
		require.ErrorIs(t, err, io.EOF)
		require.NotErrorIs(t, err, cancel.ErrNotCancellable)
		cause, ok := e.Err.(*cancel.Error)
		require.True(t, ok)
		assert.Equal(t, cancel.ErrNotCancellable, cause.Reason)
		assert.Contains(t, err.Error(), "cannot be cancelled")
	})
}

func TestCancelWithStatus(t *testing.T) {
	const c, s = "cancel a", "status a"
	notFound, stands := fails(cancel.ErrNotFound), says(cancel.NotCancelled)
	tests := []struct {
		name     string
		attempts int
		cancels  []step
		statuses []step
		asked    []string
		state    cancel.State
		reason   error
		hidden   error // the reason of the cause
	}{
		{name: "done after all", cancels: []step{unknown}, statuses: []step{done}, asked: []string{c, s}, state: cancel.Cancelled},
		{name: "done before", cancels: []step{unknown}, statuses: []step{says(cancel.AlreadyCancelled)}, asked: []string{c, s}, state: cancel.AlreadyCancelled},
		{name: "under way", cancels: []step{unknown}, statuses: []step{says(cancel.Pending)}, asked: []string{c, s}, state: cancel.Pending},
		{name: "rejected", cancels: []step{unknown}, statuses: []step{fails(cancel.ErrRejected)}, asked: []string{c, s}, reason: cancel.ErrRejected},
		{name: "not cancellable", cancels: []step{unknown}, statuses: []step{fails(cancel.ErrNotCancellable)}, asked: []string{c, s}, reason: cancel.ErrNotCancellable},
		{name: "not found, sent again", cancels: []step{unknown, done}, statuses: []step{notFound}, asked: []string{c, s, c}, state: cancel.Cancelled},
		{name: "stands, sent again", cancels: []step{unknown, done}, statuses: []step{stands}, asked: []string{c, s, c}, state: cancel.Cancelled},
		{name: "status unavailable at first", cancels: []step{unknown}, statuses: []step{unavailable, unavailable, done}, asked: []string{c, s, s, s}, state: cancel.Cancelled},
		{name: "status unavailable for good", cancels: []step{unknown, done}, statuses: []step{unavailable}, asked: []string{c, s, s, s}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrUnavailable},
		{name: "status forbidden", cancels: []step{unknown, done}, statuses: []step{fails(cancel.ErrForbidden)}, asked: []string{c, s}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrForbidden},
		{name: "status refuses the credentials", cancels: []step{unknown, done}, statuses: []step{fails(cancel.ErrAuth)}, asked: []string{c, s}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrAuth},
		{name: "status invalid", cancels: []step{unknown, done}, statuses: []step{fails(cancel.ErrInvalid)}, asked: []string{c, s}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrInvalid},
		{name: "status unexpected", cancels: []step{unknown, done}, statuses: []step{fails(cancel.ErrUnexpected)}, asked: []string{c, s}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrUnexpected},
		{name: "status unknown", cancels: []step{unknown, done}, statuses: []step{unknown}, asked: []string{c, s}, reason: cancel.ErrUnknownOutcome},
		{name: "a doubt that NotFound does not end", cancels: []step{unknown, fails(cancel.ErrNotCancellable)}, statuses: []step{notFound}, asked: []string{c, s, c, s}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrNotCancellable},
		{name: "refused, and cancelled before", cancels: []step{fails(cancel.ErrNotCancellable)}, statuses: []step{done}, asked: []string{c, s}, state: cancel.AlreadyCancelled},
		{name: "not found, and cancelled before", cancels: []step{notFound}, statuses: []step{done}, asked: []string{c, s}, state: cancel.AlreadyCancelled},
		{name: "refused, retrying off, and cancelled before", attempts: 1, cancels: []step{fails(cancel.ErrNotCancellable)}, statuses: []step{done}, asked: []string{c, s}, state: cancel.AlreadyCancelled},
		{name: "refused, and it stands", cancels: []step{fails(cancel.ErrNotCancellable)}, statuses: []step{stands}, asked: []string{c, s}, reason: cancel.ErrNotCancellable},
		{name: "refused, and pending", cancels: []step{fails(cancel.ErrNotCancellable)}, statuses: []step{says(cancel.Pending)}, asked: []string{c, s}, reason: cancel.ErrNotCancellable},
		{name: "refused, and the status is asked once", cancels: []step{notFound}, statuses: []step{unavailable, done}, asked: []string{c, s}, reason: cancel.ErrNotFound},
		{name: "refused, and the status cannot be asked", cancels: []step{notFound}, statuses: []step{failsForeign(errors.ErrUnsupported)}, asked: []string{c, s}, reason: cancel.ErrNotFound},
		{name: "a doubt, then refused, and cancelled by the first call", cancels: []step{unknown, fails(cancel.ErrNotCancellable)}, statuses: []step{notFound, done}, asked: []string{c, s, c, s}, state: cancel.AlreadyCancelled},
		{name: "a doubt, then refused, and the status ends it", cancels: []step{unknown, notFound}, statuses: []step{stands, fails(cancel.ErrNotCancellable)}, asked: []string{c, s, c, s}, reason: cancel.ErrNotCancellable},
		{name: "rejected is not looked into", cancels: []step{fails(cancel.ErrRejected)}, statuses: []step{done}, asked: []string{c}, reason: cancel.ErrRejected},
		{name: "a doubt, then unavailable", cancels: []step{unknown, unavailable}, statuses: []step{notFound}, asked: []string{c, s, c, c}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrUnavailable},
		{name: "a doubt each time", cancels: []step{unknown}, statuses: []step{notFound}, asked: []string{c, s, c, s, c, s}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrNotFound},
		{name: "each doubt has its own status calls", cancels: []step{unknown}, statuses: []step{unavailable, notFound, unavailable, unavailable, done}, asked: []string{c, s, s, c, s, s, s}, state: cancel.Cancelled},
		{name: "stands, and no attempt left", attempts: 1, cancels: []step{unknown}, statuses: []step{stands}, asked: []string{c, s}, reason: cancel.ErrUnknownOutcome},
		{name: "retrying off, status asked", attempts: 1, cancels: []step{unknown}, statuses: []step{done}, asked: []string{c, s}, state: cancel.Cancelled},
		{name: "retrying off, not found", attempts: 1, cancels: []step{unknown}, statuses: []step{notFound}, asked: []string{c, s}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrNotFound},
		{name: "unavailable needs no status", cancels: []step{unavailable, done}, statuses: []step{notFound}, asked: []string{c, c}, state: cancel.Cancelled},
		{name: "unsupported is as none", cancels: []step{unknown, done}, statuses: []step{failsForeign(errors.ErrUnsupported)}, asked: []string{c, s, c}, state: cancel.Cancelled},
		{name: "a socket that is unsupported is a failure", cancels: []step{unknown, done}, statuses: []step{failsWith(cancel.Error{Reason: cancel.ErrUnavailable, Err: syscall.EOPNOTSUPP})}, asked: []string{c, s, s, s}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrUnavailable},
		{name: "a status that is no state", cancels: []step{unknown, done}, statuses: []step{says("odd")}, asked: []string{c, s}, reason: cancel.ErrUnknownOutcome, hidden: cancel.ErrUnexpected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &checked{script{cancels: tt.cancels, statuses: tt.statuses}}
				got, err := client(p, cancel.WithMaxAttempts(tt.attempts)).Cancel(t.Context(), request("a"))
				assert.Equal(t, tt.asked, p.asked())
				if tt.reason == nil {
					require.NoError(t, err)
					assert.Equal(t, tt.state, got.State)
					return
				}
				assert.Equal(t, tt.reason, reason(err))
				if tt.hidden != nil {
					var e, cause *cancel.Error
					require.ErrorAs(t, err, &e)
					require.ErrorAs(t, e.Err, &cause)
					assert.Equal(t, tt.hidden, cause.Reason)
				}
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	after := func(d time.Duration) step {
		return failsWith(cancel.Error{Reason: cancel.ErrUnavailable, RetryAfter: d})
	}
	synctest.Test(t, func(t *testing.T) {
		p := &script{cancels: []step{after(7 * time.Second), after(2 * time.Minute), done}}
		_, err := client(p).Cancel(t.Context(), request("a"))
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{7 * time.Second, 2 * time.Minute}, p.pauses())
	})
	synctest.Test(t, func(t *testing.T) {
		p := &script{cancels: []step{after(2*time.Minute + 1), done}}
		_, err := client(p).Cancel(t.Context(), request("a"))
		assert.Equal(t, cancel.ErrUnavailable, reason(err))
		assert.Len(t, p.asked(), 1)
		var e *cancel.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, 2*time.Minute+1, e.RetryAfter)
	})
	synctest.Test(t, func(t *testing.T) {
		p := &checked{script{cancels: []step{unknown}, statuses: []step{after(time.Hour), done}}}
		_, err := client(p).Cancel(t.Context(), request("a"))
		assert.Equal(t, cancel.ErrUnknownOutcome, reason(err))
		assert.Equal(t, []string{"cancel a", "status a"}, p.asked())
	})
}

func TestBackoffGrowsWithFullJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		longest := make([]time.Duration, 7)
		for range 200 {
			p := &script{cancels: []step{unavailable}}
			c := client(p, cancel.WithMaxAttempts(8), cancel.WithBackoff(time.Second, 10*time.Second))
			_, err := c.Cancel(t.Context(), request("a"))
			require.Equal(t, cancel.ErrUnavailable, reason(err))
			for i, pause := range p.pauses() {
				longest[i] = max(longest[i], pause)
			}
		}
		for i, most := range []time.Duration{1, 2, 4, 8, 10, 10, 10} {
			assert.LessOrEqual(t, longest[i], most*time.Second)
			assert.Greater(t, longest[i], most*time.Second*8/10, "of 200 random pauses one is long")
		}
	})
}

func TestBackoffBounds(t *testing.T) {
	for name, opts := range map[string][]cancel.Option{
		"default":               nil,
		"zero is the default":   {cancel.WithBackoff(0, 0)},
		"negative is, too":      {cancel.WithBackoff(-1, -1), cancel.WithMaxAttempts(-1)},
		"maximum below initial": {cancel.WithBackoff(500*time.Millisecond, time.Millisecond)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &script{cancels: []step{unavailable}}
				_, err := client(p, opts...).Cancel(t.Context(), request("a"))
				assert.Equal(t, cancel.ErrUnavailable, reason(err))
				require.Len(t, p.pauses(), 2)
				assert.LessOrEqual(t, p.pauses()[0], 500*time.Millisecond)
				assert.LessOrEqual(t, p.pauses()[1], time.Second)
			})
		})
	}
}

func TestContextEnds(t *testing.T) {
	tests := []struct {
		name              string
		cancels, statuses []step
		asked             int
		reason            error
	}{
		{"while nothing is certain", []step{hangs(cancel.ErrUnknownOutcome)}, []step{done}, 1, cancel.ErrUnknownOutcome},
		{"before anything was written", []step{hangs(cancel.ErrUnavailable)}, []step{done}, 1, cancel.ErrUnavailable},
		{"in the pause", []step{failsWith(cancel.Error{Reason: cancel.ErrUnavailable, RetryAfter: time.Minute})}, []step{done}, 1, cancel.ErrUnavailable},
		{"while Status is asked", []step{unknown}, []step{hangs(cancel.ErrUnavailable)}, 2, cancel.ErrUnknownOutcome},
		{"in the pause of Status", []step{unknown}, []step{failsWith(cancel.Error{Reason: cancel.ErrUnavailable, RetryAfter: time.Minute})}, 2, cancel.ErrUnknownOutcome},
		{"in the pause in doubt", []step{failsWith(cancel.Error{Reason: cancel.ErrUnknownOutcome, RetryAfter: time.Minute})}, []step{fails(cancel.ErrNotFound)}, 2, cancel.ErrUnknownOutcome},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
				defer stop()
				p := &checked{script{cancels: tt.cancels, statuses: tt.statuses}}
				began := time.Now()
				_, err := client(p).Cancel(ctx, request("a"))
				assert.Equal(t, tt.reason, reason(err))
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, 30*time.Second, time.Since(began))
				assert.Len(t, p.asked(), tt.asked)
			})
		})
	}
	t.Run("before", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		p := &checked{script{cancels: []step{done}, statuses: []step{done}}}
		for _, ask := range []func(context.Context, cancel.Request) (cancel.Result, error){client(p).Cancel, client(p).Status} {
			_, err := ask(ctx, request("a"))
			assert.Equal(t, cancel.ErrUnavailable, reason(err))
			require.ErrorIs(t, err, context.Canceled)
		}
		for want, ask := range map[error]func(context.Context, cancel.Request) (cancel.Result, error){
			cancel.ErrPending: client(p).Wait, cancel.ErrUnknownOutcome: client(p).Resolve,
		} {
			_, err := ask(ctx, request("a"))
			assert.Equal(t, want, reason(err))
			require.ErrorIs(t, err, context.Canceled)
		}
		assert.Empty(t, p.asked())
	})
}

func TestStatus(t *testing.T) {
	tests := []struct {
		name     string
		statuses []step
		asked    int
		state    cancel.State
		reason   error
	}{
		{"cancelled", []step{done}, 1, cancel.Cancelled, nil},
		{"stands", []step{says(cancel.NotCancelled)}, 1, cancel.NotCancelled, nil},
		{"unavailable once", []step{unavailable, says(cancel.Pending)}, 2, cancel.Pending, nil},
		{"unavailable for good", []step{unavailable}, 3, "", cancel.ErrUnavailable},
		{"not found", []step{fails(cancel.ErrNotFound)}, 1, "", cancel.ErrNotFound},
		{"a foreign error", []step{failsForeign(io.EOF)}, 3, "", cancel.ErrUnavailable},
		{"no state", []step{says("")}, 1, "", cancel.ErrUnexpected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &checked{script{statuses: tt.statuses}}
				got, err := client(p).Status(t.Context(), request("a"))
				assert.Len(t, p.asked(), tt.asked)
				assert.Equal(t, tt.state, got.State)
				if tt.reason == nil {
					require.NoError(t, err)
					assert.Equal(t, "p", got.Provider)
				} else {
					assert.Equal(t, tt.reason, reason(err))
				}
			})
		})
	}
}

func TestWithoutStatus(t *testing.T) {
	for name, p := range map[string]cancel.Canceler{
		"no StatusChecker":          &script{},
		"one that says unsupported": &checked{script{statuses: []step{failsForeign(fmt.Errorf("x: %w", errors.ErrUnsupported))}}},
	} {
		t.Run(name, func(t *testing.T) {
			c := client(p)
			for _, ask := range []func(context.Context, cancel.Request) (cancel.Result, error){c.Status, c.Wait} {
				_, err := ask(t.Context(), request("a"))
				assert.Equal(t, cancel.ErrInvalid, reason(err))
				require.ErrorIs(t, err, errors.ErrUnsupported)
			}
		})
	}
}

func TestUnknownProvider(t *testing.T) {
	c := cancel.NewClient(map[string]cancel.Canceler{"p": &script{}, "none": nil})
	for _, name := range []string{"", "q", "none"} {
		req := request("a")
		req.Provider = name
		for _, ask := range []func(context.Context, cancel.Request) (cancel.Result, error){c.Cancel, c.Status, c.Wait} {
			_, err := ask(t.Context(), req)
			assert.Equal(t, cancel.ErrInvalid, reason(err))
			assert.Contains(t, err.Error(), fmt.Sprintf("no provider %q", name))
		}
	}
}

// A Client is a provider like any other.
func TestClientOfClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := client(&checked{script{cancels: []step{unknown}, statuses: []step{done}}})
		got, err := cancel.NewClient(map[string]cancel.Canceler{"p": inner}).Cancel(t.Context(), request("a"))
		require.NoError(t, err)
		assert.Equal(t, cancel.Cancelled, got.State)
	})
}

func TestRateLimitIsSharedAndPerProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &checked{script{cancels: []step{done}, statuses: []step{done}}}
		other := &script{cancels: []step{done}}
		c := cancel.NewClient(map[string]cancel.Canceler{"p": slow, "q": other}, cancel.WithRateLimit(2, 1))
		began := time.Now()
		for _, ask := range []func(context.Context, cancel.Request) (cancel.Result, error){c.Cancel, c.Status, c.Wait} {
			_, err := ask(t.Context(), request("a"))
			require.NoError(t, err)
		}
		for range c.All(t.Context(), func(yield func(cancel.Request) bool) { yield(request("b")) }) {
			continue
		}
		assert.Equal(t, 1500*time.Millisecond, time.Since(began))
		assert.Equal(t, []time.Duration{500 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond}, slow.pauses())

		began = time.Now()
		req := request("c")
		req.Provider = "q"
		_, err := c.Cancel(t.Context(), req)
		require.NoError(t, err)
		assert.Zero(t, time.Since(began))
	})
}

func TestRateLimitHeedsTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &script{cancels: []step{done}}
		c := client(p, cancel.WithRateLimit(0.01, 0))
		_, err := c.Cancel(t.Context(), request("a"))
		require.NoError(t, err)
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		began := time.Now()
		_, err = c.Cancel(ctx, request("b"))
		assert.Equal(t, cancel.ErrUnavailable, reason(err))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))
		assert.Equal(t, []string{"cancel a"}, p.asked())
	})
}

func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
			Level: slog.LevelDebug,
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			},
		}))
		words := cancel.Error{Code: "501", Message: "vendor words", Raw: []byte("body"), Reason: cancel.ErrUnavailable, RetryAfter: time.Second}
		slow := func(ctx context.Context, req cancel.Request) (cancel.Result, error) {
			time.Sleep(20 * time.Millisecond)
			return unknown(ctx, req)
		}
		p := &checked{script{cancels: []step{failsWith(words), slow}, statuses: []step{done}}}
		_, err := client(p, cancel.WithLogger(nil), cancel.WithLogger(logger)).Cancel(t.Context(), request("a"))
		require.NoError(t, err)
		assert.Equal(t, `level=DEBUG msg="provider called" provider=p op=Cancel id=a attempt=1 code=501 outcome=unavailable duration=0s
level=WARN msg="asking again" provider=p op=Cancel id=a attempt=1 code=501 outcome=unavailable pause=1s
level=DEBUG msg="provider called" provider=p op=Cancel id=a attempt=2 code=no outcome="unknown outcome" duration=20ms
level=WARN msg="outcome unknown" provider=p op=Cancel id=a attempt=2 code=no outcome="unknown outcome" duration=20ms
level=DEBUG msg="provider called" provider=p op=Status id=a attempt=1 code=ok outcome=cancelled duration=0s
`, log.String())
	})
}

// Anything may stand in the place of a code, and it may be long.
func TestLogCutsCodes(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p := &script{cancels: []step{failsWith(cancel.Error{Code: strings.Repeat("name\n", 10_000), Reason: cancel.ErrUnexpected})}}
	_, err := client(p, cancel.WithLogger(logger)).Cancel(t.Context(), request("a"))
	require.Error(t, err)
	assert.Less(t, log.Len(), 1000)
	assert.NotContains(t, log.String(), `\n`)
}
