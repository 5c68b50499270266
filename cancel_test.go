package cancel_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestNamesAreFixed(t *testing.T) {
	for got, want := range map[cancel.Kind]string{
		cancel.Invoice:              "invoice",
		cancel.PrimarySectorInvoice: "primary_sector_invoice",
		cancel.Payment:              "payment",
		cancel.PreAuthorization:     "pre_authorization",
		cancel.Document:             "document",
	} {
		assert.Equal(t, want, string(got))
	}
	for got, want := range map[cancel.State]string{
		cancel.Cancelled:        "cancelled",
		cancel.AlreadyCancelled: "already_cancelled",
		cancel.Pending:          "pending",
		cancel.NotCancelled:     "not_cancelled",
	} {
		assert.Equal(t, want, string(got))
	}
	assert.Equal(t, "sandbox", string(cancel.Sandbox))
	assert.Equal(t, "production", string(cancel.Production))
}

func TestStateSettled(t *testing.T) {
	assert.False(t, cancel.Pending.Settled())
	for _, s := range []cancel.State{cancel.Cancelled, cancel.AlreadyCancelled, cancel.NotCancelled} {
		assert.True(t, s.Settled(), s)
	}
}

func TestRequestAsJSON(t *testing.T) {
	full := cancel.Request{
		Provider:    "pac-1",
		Kind:        cancel.Invoice,
		ID:          "5B4B180D-5B6C-4392-B204-252215A1AB84",
		Reason:      "Cancelación por error en cláusula II\n\"<&>\u2028",
		RequestedBy: "ana@example.com",
		Motive:      "01",
		ReplacedBy:  "51D8A114-2BA6-40B8-C204-B9721791863B",
		Issuer:      "EKU9003173C9",
	}
	text, err := json.Marshal(full)
	require.NoError(t, err)

	var keys map[string]string
	require.NoError(t, json.Unmarshal(text, &keys))
	assert.Equal(t, map[string]string{
		"provider":     full.Provider,
		"kind":         "invoice",
		"id":           full.ID,
		"reason":       full.Reason,
		"requested_by": full.RequestedBy,
		"motive":       full.Motive,
		"replaced_by":  full.ReplacedBy,
		"issuer":       full.Issuer,
	}, keys)

	var back cancel.Request
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, full, back)
}

func TestRequestAsJSONLeavesOutWhatIsOptional(t *testing.T) {
	text, err := json.Marshal(cancel.Request{})
	require.NoError(t, err)
	assert.Equal(t, `{"kind":"","id":""}`, string(text))

	text, err = json.Marshal(cancel.Request{Kind: cancel.Payment, ID: "123456789012345678901234567890"})
	require.NoError(t, err)
	assert.Equal(t, `{"kind":"payment","id":"123456789012345678901234567890"}`, string(text))
}
