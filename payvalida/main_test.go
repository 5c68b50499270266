package payvalida

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/adaptertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	merchant  = "some_merchant"
	fixedHash = "invented_fixed_hash"
	order     = "2402558"
)

var payment = cancel.Request{Kind: cancel.Payment, ID: order}

type (
	vendor = adaptertest.Vendor
	expect = adaptertest.Expect
)

// client returns a Client of v.
func client(t *testing.T, v *vendor, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{Merchant: merchant, FixedHash: cancel.NewSecret(fixedHash), Endpoint: v.URL}
	for _, f := range change {
		f(&config)
	}
	c, err := New(config)
	require.NoError(t, err)
	return c
}
