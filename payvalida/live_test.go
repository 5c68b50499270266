package payvalida

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/vcrtest"
)

// live returns a Client of the sandbox, or of a cassette. See testdata/README.md.
func live(t *testing.T, cassette string, standIns map[string]string) (*Client, func(string) string) {
	t.Helper()
	standIns["PAYVALIDA_MERCHANT"], standIns["PAYVALIDA_FIXED_HASH"] = merchant, fixedHash
	via, value := vcrtest.Open(t, fixtures+"/"+cassette, standIns)
	c, err := New(Config{
		Merchant: value("PAYVALIDA_MERCHANT"), FixedHash: cancel.NewSecret(value("PAYVALIDA_FIXED_HASH")),
		Environment: cancel.Sandbox, Options: cancel.ClientOptions{HTTPClient: via},
	})
	require.NoError(t, err)
	return c, value
}

func TestLiveOrderThatDoesNotExist(t *testing.T) {
	c, _ := live(t, "live-unknown", map[string]string{})
	req := cancel.Request{Kind: cancel.Payment, ID: "1", Reference: "no-such-order"}
	_, err := c.Cancel(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrNotFound)
	_, err = c.Status(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrNotFound)
	req.Kind = cancel.PreAuthorization
	_, err = c.Cancel(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrNotFound)
}

func TestLiveWrongHash(t *testing.T) {
	c, value := live(t, "live-wrong-hash", map[string]string{})
	var err error
	c.fixedHash, err = adapter.NewCredential("FixedHash", cancel.NewSecret("not "+value("PAYVALIDA_FIXED_HASH")), nil)
	require.NoError(t, err)
	_, err = c.Cancel(t.Context(), payment)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrAuth)
	_, err = c.Status(t.Context(), known)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrAuth)
}

// A payment serves once.
func TestLiveCancellation(t *testing.T) {
	c, value := live(t, "live-cancellation", map[string]string{"PAYVALIDA_TEST_ORDER": order, "PAYVALIDA_TEST_REFERENCE": reference})
	req := cancel.Request{Kind: cancel.Payment, ID: value("PAYVALIDA_TEST_ORDER"), Reference: value("PAYVALIDA_TEST_REFERENCE")}
	before, err := c.Preflight(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.Cancellable, before.Verdict)
	for _, want := range []cancel.State{cancel.Cancelled, cancel.AlreadyCancelled} {
		got, err := c.Cancel(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, want, got.State, got.Message)
	}
	got, err := c.Status(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.Cancelled, got.State, got.Code)
}
