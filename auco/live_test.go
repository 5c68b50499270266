package auco_test

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
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/internal/record"
)

var recording = flag.Bool("record", false, "store the exchanges of live tests in testdata, scrubbed")

// noDocuments cannot exist: the vendor's own samples mix letters and digits.
var noDocuments = []string{"0000000000", "ZZZZZZZZZZ"}

// TestLive asks the vendor's testing environment, and with -record stores each exchange
// in testdata. A document to be cancelled there may be given.
func TestLive(t *testing.T) {
	missing, err := record.Variables{
		Needed:   []string{"AUCO_PRIVATE_KEY", "AUCO_PUBLIC_KEY", "AUCO_TEST_EMAIL"},
		Endpoint: "AUCO_ENDPOINT",
		Sandbox:  "dev.auco.ai",
	}.Read(os.Getenv)
	require.NoError(t, err)
	dir := ""
	if *recording {
		require.Empty(t, missing, "to be set before anything can be recorded")
		dir = "../testdata/auco"
	}
	if missing != "" {
		t.Skip("asks the vendor, once these are set: " + missing + " (and AUCO_TEST_DOCUMENT, a document that it may cancel)")
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	t.Cleanup(transport.CloseIdleConnections)
	live(t, dir, os.Getenv("AUCO_TEST_EMAIL"), os.Getenv("AUCO_TEST_DOCUMENT"), auco.Config{
		PrivateKey:  cancel.Secret(os.Getenv("AUCO_PRIVATE_KEY")),
		PublicKey:   cancel.Secret(os.Getenv("AUCO_PUBLIC_KEY")),
		Environment: cancel.Sandbox,
		Endpoint:    os.Getenv("AUCO_ENDPOINT"),
		Options:     cancel.ClientOptions{HTTPClient: &http.Client{Transport: transport}},
	})
}

// TestLiveAtSimulator does at the simulator what TestLive does at the vendor, and
// replays what that stores.
func TestLiveAtSimulator(t *testing.T) {
	sim := canceltest.NewAuco()
	t.Cleanup(sim.Close)
	sim.Register("TR99AQMY31")
	dir := t.TempDir()
	live(t, t.TempDir(), "ana@notaria.mx", "", sim.Config())
	assert.Empty(t, sim.Cancelled())
	live(t, dir, "ana@notaria.mx", "TR99AQMY31", sim.Config())
	assert.Equal(t, []string{"TR99AQMY31"}, sim.Cancelled())

	recorded, err := record.Load(dir)
	require.NoError(t, err)
	assert.Len(t, recorded, 4)
	for name, f := range recorded {
		require.NoError(t, auco.Replay(t.Context(), f), name)
		for _, private := range []string{"ana@notaria.mx", "TR99AQMY31"} {
			assert.NotContains(t, string(f.Request)+f.String(), private, name)
		}
	}
	f := recorded["cancel"]
	f.Response = []byte(strings.Replace(string(f.Response), `"success":1`, `"success":2`, 1))
	assert.ErrorContains(t, auco.Replay(t.Context(), f), "became")
	f.Items[0].Request.Reason += "."
	assert.ErrorContains(t, auco.Replay(t.Context(), f), "another request")
}

// live asks what can be asked without cancelling anything, and has document cancelled
// unless it is "". It stores each exchange in dir unless that is "".
func live(t *testing.T, dir, email, document string, config auco.Config) {
	t.Helper()
	recorder := &record.Recorder{Next: config.Options.HTTPClient.Transport}
	config.Options.HTTPClient = &http.Client{Transport: recorder}
	client, err := auco.New(config)
	require.NoError(t, err)
	session := &record.Session{
		Adapter:  client,
		Recorder: recorder,
		Scrubber: record.NewScrubber([]cancel.Secret{config.PrivateKey, config.PublicKey}),
		Replay:   auco.Replay,
		Dir:      dir,
	}
	ask := func(name string, op record.Operation, codes ...string) []cancel.Item {
		var reqs []cancel.Request
		for _, code := range codes {
			reqs = append(reqs, cancel.Request{Kind: cancel.Document, ID: code, Reason: "Prueba de cancelación", RequestedBy: email})
		}
		items, answered, err := session.Call(t.Context(), name, op, reqs...)
		if dir != "" {
			require.NoError(t, err, name)
		}
		t.Logf("%s: %v %v", name, answered, err)
		return items
	}

	// The page does not say how a document that does not exist is answered, alone or
	// among others. It must not be as one that was cancelled.
	unknown := ask("cancel-unknown", record.Cancel, noDocuments[0])
	require.NotErrorIs(t, unknown[0].Err, cancel.ErrAuth, "no more is asked")
	for _, item := range append(unknown, ask("batch-unknown", record.Batch, noDocuments...)...) {
		require.Error(t, item.Err, "%+v", item.Result)
		failure, ok := errors.AsType[*cancel.Error](item.Err)
		require.True(t, ok)
		assert.NotZero(t, failure.HTTPStatus, "%v", item.Err)
	}
	if document == "" {
		return
	}
	cancelled := ask("cancel", record.Cancel, document)
	require.NoError(t, cancelled[0].Err)
	assert.Equal(t, cancel.Cancelled, cancelled[0].Result.State)
	// Nor does it say how one that was cancelled before is answered.
	again := ask("cancel-before", record.Cancel, document)
	assert.Error(t, again[0].Err, "%+v", again[0].Result)
}
