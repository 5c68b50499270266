package factible

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/vcrtest"
)

// live returns a Client of the testing environment, or of a cassette. See testdata/README.md. No
// test has a wrong password: the vendor locks accounts.
func live(t *testing.T, cassette string, standIns map[string]string) (*Client, func(string) string) {
	t.Helper()
	standIns["FACTIBLE_USERNAME"], standIns["FACTIBLE_PASSWORD"] = "some_user", "some_password"
	via, value := vcrtest.Open(t, fixtures+"/"+cassette, standIns)
	c, err := New(Config{
		Username: value("FACTIBLE_USERNAME"), Password: cancel.NewSecret(value("FACTIBLE_PASSWORD")),
		Environment: cancel.Sandbox, Options: cancel.ClientOptions{HTTPClient: via},
	})
	require.NoError(t, err)
	return c, value
}

func TestLiveInvoiceThatDoesNotExist(t *testing.T) {
	c, _ := live(t, "live-unknown", map[string]string{})
	req := cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: vcrtest.UUID}
	_, err := c.Cancel(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrNotFound)
	_, err = c.Status(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrNotFound)
}

// The vendor's pages name these invoices, which always have the same answer.
func TestLiveInvoicesForTesting(t *testing.T) {
	c, _ := live(t, "live-testing", map[string]string{})
	req := cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: "E329DD15-7D0B-44E9-A204-51A7443D1FBE"}
	_, err := c.Cancel(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrNotCancellable)
	req.ID = "C5E58106-6C1E-41C9-A211-FB8BAD1CABB0"
	got, err := c.Cancel(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.Pending, got.State, got.Message)
}

// An invoice serves once.
func TestLiveCancellation(t *testing.T) {
	c, value := live(t, "live-cancellation", map[string]string{"FACTIBLE_TEST_UUID": vcrtest.UUID})
	req := cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: value("FACTIBLE_TEST_UUID")}
	got, err := c.Cancel(t.Context(), req)
	require.NoError(t, err)
	t.Log(got.State, got.Message, string(got.Receipt))
	assert.Equal(t, cancel.Cancelled, got.State)
	got, err = c.Cancel(t.Context(), req)
	t.Log(got.State, got.Message, err)
	require.NoError(t, err)
	assert.Equal(t, cancel.AlreadyCancelled, got.State)
}
