package main

import (
	"bufio"
	"context"
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/payvalida"
)

var export = regexp.MustCompile(`^export ([A-Z_]+)='([^']*)'$`)

// start runs the simulators and returns the variables that they print.
func start(t *testing.T, args ...string) map[string]string {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	stdout, w := io.Pipe()
	ended := make(chan error)
	go func() {
		err := run(ctx, append(args, "-factible", "127.0.0.1:0", "-payvalida", "127.0.0.1:0", "-auco", "127.0.0.1:0"), w, io.Discard)
		_ = w.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		interrupt()
		assert.NoError(t, <-ended)
		goleak.VerifyNone(t)
	})

	variables := map[string]string{}
	for lines := bufio.NewScanner(stdout); len(variables) < 10 && lines.Scan(); {
		if comment := strings.HasPrefix(lines.Text(), "#"); comment {
			continue
		}
		match := export.FindStringSubmatch(lines.Text())
		require.NotNil(t, match, "for a shell to read: %s", lines.Text())
		variables[match[1]] = match[2]
	}
	require.Len(t, variables, 10)
	return variables
}

// adapters returns what the variables point at, by name.
func adapters(t *testing.T, variables map[string]string) map[string]cancel.Canceler {
	t.Helper()
	options := cancel.ClientOptions{Timeout: 2 * time.Second}
	environment := cancel.Environment(variables["CANCEL_ENVIRONMENT"])
	invoices, err := factible.New(factible.Config{
		Username:    variables["FACTIBLE_USERNAME"],
		Password:    cancel.NewSecret(variables["FACTIBLE_PASSWORD"]),
		Environment: environment,
		Endpoint:    variables["FACTIBLE_ENDPOINT"],
		Options:     options,
	})
	require.NoError(t, err)
	payments, err := payvalida.New(payvalida.Config{
		Merchant:    variables["PAYVALIDA_MERCHANT"],
		FixedHash:   cancel.NewSecret(variables["PAYVALIDA_FIXED_HASH"]),
		Environment: environment,
		Endpoint:    variables["PAYVALIDA_ENDPOINT"],
		Options:     options,
	})
	require.NoError(t, err)
	documents, err := auco.New(auco.Config{
		PrivateKey:  cancel.NewSecret(variables["AUCO_PRIVATE_KEY"]),
		PublicKey:   cancel.NewSecret(variables["AUCO_PUBLIC_KEY"]),
		Environment: environment,
		Endpoint:    variables["AUCO_ENDPOINT"],
		Options:     options,
	})
	require.NoError(t, err)
	return map[string]cancel.Canceler{"factible": invoices, "payvalida": payments, "auco": documents}
}

func TestTheStockIsThere(t *testing.T) {
	vendors := adapters(t, start(t))
	for _, c := range []struct {
		vendor string
		kind   cancel.Kind
		id     string
		state  cancel.State
		reason error
	}{
		{"factible", cancel.PrimarySectorInvoice, "6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13", cancel.Cancelled, nil},
		{"factible", cancel.PrimarySectorInvoice, "A41B8E07-92C3-4D6F-8F15-C3D70E95B264", cancel.Cancelled, nil},
		{"factible", cancel.PrimarySectorInvoice, "0C9D7B42-5E1F-4A86-B3D0-71E8F26A4C95", "", cancel.ErrRejected},
		{"factible", cancel.PrimarySectorInvoice, "C5E58106-6C1E-41C9-A211-FB8BAD1CABB0", cancel.Pending, nil},
		{"factible", cancel.PrimarySectorInvoice, "E329DD15-7D0B-44E9-A204-51A7443D1FBE", "", cancel.ErrNotCancellable},
		{"payvalida", cancel.Payment, "2402558", cancel.Cancelled, nil},
		{"payvalida", cancel.Payment, "2402559", cancel.Cancelled, nil},
		{"payvalida", cancel.PreAuthorization, "2402560", cancel.Cancelled, nil},
		{"payvalida", cancel.PreAuthorization, "2402561", "", cancel.ErrUnavailable},
		{"payvalida", cancel.PreAuthorization, "2402561", cancel.Cancelled, nil},
		{"auco", cancel.Document, "TR99AQMY31", cancel.Cancelled, nil},
		{"auco", cancel.Document, "TR99AQMY32", cancel.Cancelled, nil},
		{"auco", cancel.Document, "TR99AQMY33", "", cancel.ErrNotCancellable},
	} {
		assert.Contains(t, stock, c.id)
		result, err := vendors[c.vendor].Cancel(t.Context(), cancel.Request{
			Kind: c.kind, ID: c.id, Reason: "Error", RequestedBy: "legal@example.com",
		})
		require.ErrorIs(t, err, c.reason, c.id)
		assert.Equal(t, c.state, result.State, c.id)
	}
}

func TestEverythingFails(t *testing.T) {
	vendors := adapters(t, start(t, "-fail", "1"))
	_, err := vendors["payvalida"].Cancel(t.Context(), cancel.Request{Kind: cancel.Payment, ID: "2402558"})
	assert.Error(t, err)
}

func TestWhatCannotStart(t *testing.T) {
	other := httptest.NewServer(nil)
	defer other.Close()
	taken := other.Listener.Addr().String()
	for _, args := range [][]string{
		{"-fail", "1.5"},
		{"-fail", "NaN"},
		{"-unknown"},
		{"-factible", taken},
		{"-factible", "127.0.0.1:0", "-payvalida", taken},
		{"-factible", "127.0.0.1:0", "-payvalida", "127.0.0.1:0", "-auco", taken},
	} {
		assert.Error(t, run(t.Context(), args, io.Discard, io.Discard), args)
	}
}
