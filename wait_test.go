package cancel_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestWait(t *testing.T) {
	pending := says(cancel.Pending)
	tests := []struct {
		name     string
		statuses []step
		pauses   []time.Duration // in minutes
		state    cancel.State
		reason   error
	}{
		{"settled at once", []step{done}, nil, cancel.Cancelled, nil},
		{"settled before", []step{says(cancel.AlreadyCancelled)}, nil, cancel.AlreadyCancelled, nil},
		{"settled later", []step{pending, pending, pending, pending, pending, pending, done}, []time.Duration{1, 2, 4, 8, 15, 15}, cancel.Cancelled, nil},
		{"rejected", []step{pending, fails(cancel.ErrRejected)}, []time.Duration{1}, "", cancel.ErrRejected},
		{"unavailable keeps it going", []step{unavailable, pending, unavailable, done}, []time.Duration{1, 2, 4}, cancel.Cancelled, nil},
		{"for as long as was asked", []step{failsWith(cancel.Error{Reason: cancel.ErrUnavailable, RetryAfter: time.Hour}), done}, []time.Duration{15}, cancel.Cancelled, nil},
		{"nothing to wait for", []step{says(cancel.NotCancelled)}, []time.Duration{1, 2}, "", cancel.ErrNotFound},
		{"not found", []step{fails(cancel.ErrNotFound)}, []time.Duration{1, 2}, "", cancel.ErrNotFound},
		{"unexpected", []step{fails(cancel.ErrUnexpected)}, []time.Duration{1, 2}, "", cancel.ErrUnexpected},
		{"not found yet", []step{fails(cancel.ErrNotFound), fails(cancel.ErrNotFound), pending, done}, []time.Duration{1, 2, 4}, cancel.Cancelled, nil},
		{"never three in a row", []step{says(cancel.NotCancelled), fails(cancel.ErrNotFound), unavailable, fails(cancel.ErrUnexpected), pending, done}, []time.Duration{1, 2, 4, 8, 15}, cancel.Cancelled, nil},
		{"in doubt", []step{unknown}, nil, "", cancel.ErrUnknownOutcome},
		{"no state", []step{says("")}, []time.Duration{1, 2}, "", cancel.ErrUnexpected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &checked{script{statuses: tt.statuses}}
				got, err := client(p).Wait(t.Context(), request("a"))
				var pauses []time.Duration
				for _, d := range p.pauses() {
					pauses = append(pauses, d/time.Minute)
				}
				assert.Equal(t, tt.pauses, pauses)
				assert.Equal(t, tt.state, got.State)
				if tt.reason == nil {
					require.NoError(t, err)
				} else {
					assert.Equal(t, tt.reason, reason(err))
				}
			})
		})
	}
}

func TestWaitKeepsWhatTheVendorSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &checked{script{statuses: []step{func(context.Context, cancel.Request) (cancel.Result, error) {
			return cancel.Result{State: cancel.NotCancelled, Code: "FINISH", Message: "signed", Raw: []byte("body")}, nil
		}}}}
		_, err := client(p).Wait(t.Context(), request("a"))
		var e *cancel.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "FINISH", e.Code)
		assert.Equal(t, "signed", e.Message)
		assert.Equal(t, []byte("body"), e.Raw)
	})
}

func TestWaitInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pending := says(cancel.Pending)
		p := &checked{script{statuses: []step{pending, pending, pending, done}}}
		_, err := client(p, cancel.WithPollInterval(time.Second, 3*time.Second)).Wait(t.Context(), request("a"))
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}, p.pauses())
	})
}

func TestWaitUntilTheContextEnds(t *testing.T) {
	tests := []struct {
		name     string
		statuses []step
		last     cancel.State
	}{
		{"pending", []step{says(cancel.Pending)}, cancel.Pending},
		{"unavailable since", []step{says(cancel.Pending), unavailable}, cancel.Pending},
		{"unavailable all along", []step{unavailable}, ""},
		{"in a call", []step{says(cancel.Pending), hangs(cancel.ErrUnavailable)}, cancel.Pending},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithTimeout(t.Context(), 100*time.Second)
				defer stop()
				began := time.Now()
				got, err := client(&checked{script{statuses: tt.statuses}}).Wait(ctx, request("a"))
				assert.Equal(t, 100*time.Second, time.Since(began))
				assert.Equal(t, tt.last, got.State)
				assert.Equal(t, cancel.ErrPending, reason(err))
				assert.True(t, cancel.InDoubt(err))
				assert.False(t, cancel.Retryable(err))
				require.ErrorIs(t, err, context.DeadlineExceeded)
			})
		})
	}
}
