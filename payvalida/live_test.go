package payvalida_test

import (
	"errors"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/internal/record"
	"github.com/unified-cancel/cancel/payvalida"
)

var recording = flag.Bool("record", false, "store the exchanges of live tests in testdata, scrubbed")

// noOrder cannot exist: the vendor's own samples have seven digits.
const noOrder = "999999999999999999"

// TestLive asks the vendor's testing environment, and with -record stores each exchange
// in testdata. An order to be cancelled there may be given.
func TestLive(t *testing.T) {
	missing, err := record.Variables{
		Needed:   []string{"PAYVALIDA_MERCHANT", "PAYVALIDA_FIXED_HASH"},
		Endpoint: "PAYVALIDA_ENDPOINT",
		Sandbox:  "api-test.payvalida.com",
	}.Read(os.Getenv)
	require.NoError(t, err)
	dir := ""
	if *recording {
		require.Empty(t, missing, "to be set before anything can be recorded")
		dir = "../testdata/payvalida"
	}
	if missing != "" {
		t.Skip("asks the vendor, once these are set: " + missing + " (and PAYVALIDA_TEST_ORDER, an order that it may cancel)")
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	t.Cleanup(transport.CloseIdleConnections)
	live(t, dir, os.Getenv("PAYVALIDA_TEST_ORDER"), payvalida.Config{
		Merchant:    os.Getenv("PAYVALIDA_MERCHANT"),
		FixedHash:   cancel.Secret(os.Getenv("PAYVALIDA_FIXED_HASH")),
		Environment: cancel.Sandbox,
		Endpoint:    os.Getenv("PAYVALIDA_ENDPOINT"),
		Options:     cancel.ClientOptions{HTTPClient: &http.Client{Transport: transport}},
	})
}

// TestLiveAtSimulator does at the simulator what TestLive does at the vendor, and
// replays what that stores.
func TestLiveAtSimulator(t *testing.T) {
	sim := canceltest.NewPayvalida()
	t.Cleanup(sim.Close)
	sim.Register(cancel.Payment, "2402558")
	dir := t.TempDir()
	live(t, t.TempDir(), "", sim.Config())
	assert.Empty(t, sim.Cancelled())
	live(t, dir, "2402558", sim.Config())
	assert.Equal(t, []string{"2402558"}, sim.Cancelled())

	recorded, err := record.Load(dir)
	require.NoError(t, err)
	assert.Len(t, recorded, 4)
	for name, f := range recorded {
		require.NoError(t, payvalida.Replay(t.Context(), f), name)
		assert.NotContains(t, string(f.Request), "2402558", name)
		f.Items[0].Request.ID += "0"
		require.ErrorContains(t, payvalida.Replay(t.Context(), f), "another request", name)
	}
	f := recorded["cancel-before"]
	f.Items[0].Request.ID = strings.TrimSuffix(f.Items[0].Request.ID, "0")
	f.Response = []byte(strings.Replace(string(f.Response), "0001", "0000", 1))
	assert.ErrorContains(t, payvalida.Replay(t.Context(), f), "became")
}

// live asks what can be asked without cancelling anything, and has order cancelled
// unless it is "". It stores each exchange in dir unless that is "".
func live(t *testing.T, dir, order string, config payvalida.Config) {
	t.Helper()
	recorder := &record.Recorder{Next: config.Options.HTTPClient.Transport}
	config.Options.HTTPClient = &http.Client{Transport: recorder}
	client, err := payvalida.New(config)
	require.NoError(t, err)
	session := &record.Session{
		Adapter:  client,
		Recorder: recorder,
		Scrubber: record.NewScrubber([]cancel.Secret{cancel.Secret(config.Merchant), config.FixedHash}),
		Replay:   payvalida.Replay,
		Dir:      dir,
	}
	for _, id := range []string{noOrder, order} {
		// A checksum is replaced by that of what replaces the things it is made from.
		session.Scrubber.Replace(
			payvalida.Checksum(config.Merchant, id, config.FixedHash),
			payvalida.Checksum(record.Redacted, session.Scrubber.ID(id), record.Redacted),
		)
	}
	ask := func(name string, kind cancel.Kind, id string) (cancel.Result, error) {
		items, answered, err := session.Call(t.Context(), name, record.Cancel, cancel.Request{Kind: kind, ID: id})
		if dir != "" {
			require.NoError(t, err, name)
		}
		t.Logf("%s: %v %v", name, answered, err)
		return items[0].Result, items[0].Err
	}

	// The pages do not say how an unknown order is answered. It must not be by a CODE
	// that means success.
	for name, kind := range map[string]cancel.Kind{"cancel-unknown": cancel.Payment, "preauth-unknown": cancel.PreAuthorization} {
		got, err := ask(name, kind, noOrder)
		require.Error(t, err, "%s: %+v", name, got)
		failure, ok := errors.AsType[*cancel.Error](err)
		require.True(t, ok, name)
		assert.NotZero(t, failure.HTTPStatus, "%s: %v", name, err)
		if failure.Code != "" {
			assert.Equal(t, cancel.ErrUnexpected, failure.Reason, "%s: %v", name, err)
		}
	}
	if order == "" {
		return
	}
	got, err := ask("cancel", cancel.Payment, order)
	require.NoError(t, err)
	assert.True(t, got.State.Settled())
	got, err = ask("cancel-before", cancel.Payment, order)
	require.NoError(t, err)
	assert.Equal(t, cancel.AlreadyCancelled, got.State)
	assert.Equal(t, "0001", got.Code)
}
