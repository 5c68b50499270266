package auco

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/adaptertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	privateKey = "prk_invented"
	reason     = "Cancelación por error en cláusula II..."
	email      = "example@auco.ai"
)

// document is a request to cancel the document with the code.
func document(code string) cancel.Request {
	return cancel.Request{Kind: cancel.Document, ID: code, Reason: reason, RequestedBy: email}
}

type (
	vendor = adaptertest.Vendor
	expect = adaptertest.Expect
)

// client returns a Client of v.
func client(t *testing.T, v *vendor, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{PrivateKey: cancel.NewSecret(privateKey), Endpoint: v.URL}
	for _, f := range change {
		f(&config)
	}
	c, err := New(config)
	require.NoError(t, err)
	return c
}
