package auco

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/vcrtest"
)

// live returns a Client of the sandbox, or of a cassette, and a request about a document that does
// not exist. See testdata/README.md.
func live(t *testing.T, cassette string, standIns map[string]string) (*Client, func(string) string, cancel.Request) {
	t.Helper()
	standIns["AUCO_PRIVATE_KEY"], standIns["AUCO_PUBLIC_KEY"], standIns["AUCO_TEST_EMAIL"] = "prk_some_key", "puk_some_key", vcrtest.Email
	via, value := vcrtest.Open(t, fixtures+"/"+cassette, standIns)
	c, err := New(Config{
		PrivateKey: cancel.NewSecret(value("AUCO_PRIVATE_KEY")), PublicKey: cancel.NewSecret(value("AUCO_PUBLIC_KEY")),
		Environment: cancel.Sandbox, Options: cancel.ClientOptions{HTTPClient: via},
	})
	require.NoError(t, err)
	return c, value, cancel.Request{Kind: cancel.Document, ID: "ZZZZZZZZZZ", Reason: "Prueba de integración", RequestedBy: value("AUCO_TEST_EMAIL")}
}

func TestLiveDocumentThatDoesNotExist(t *testing.T) {
	c, _, req := live(t, "live-unknown", map[string]string{})
	_, err := c.Cancel(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrNotCancellable)
	_, err = c.Status(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrNotFound)
}

func TestLiveWrongKeys(t *testing.T) {
	c, _, req := live(t, "live-wrong-keys", map[string]string{})
	c.private, c.public = c.public, c.private
	_, err := c.Cancel(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrAuth)
	_, err = c.Status(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrAuth)
}

// A document serves once.
func TestLiveCancellation(t *testing.T) {
	c, value, req := live(t, "live-cancellation", map[string]string{"AUCO_TEST_DOCUMENT": "TR99AQMY31"})
	req.ID = value("AUCO_TEST_DOCUMENT")
	before, err := c.Preflight(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.Cancellable, before.Verdict)
	got, err := c.Cancel(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.Cancelled, got.State)
	_, err = c.Cancel(t.Context(), req)
	t.Log(err)
	require.ErrorIs(t, err, cancel.ErrNotCancellable)
	got, err = c.Status(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.Cancelled, got.State, got.Code)
}
