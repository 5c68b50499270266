package factible_test

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/internal/record"
)

var recording = flag.Bool("record", false, "store the exchanges of live tests in testdata, scrubbed")

// The UUIDs that the vendor publishes for its testing environment. See
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarSectorPrimario-en.jsp.
var (
	notCancellable = []string{
		"E329DD15-7D0B-44E9-A204-51A7443D1FBE",
		"5B4B180D-5B6C-4392-B204-252215A1AB84",
		"51D8A114-2BA6-40B8-C204-B9721791863B",
		"1BCA95C3-DA01-44C2-D204-59A9114F94BE",
		"F4621025-0864-4E62-E204-59EE41B1101E",
	}
	inProcess = []string{
		"C5E58106-6C1E-41C9-A211-FB8BAD1CABB0",
		"38FB9AC9-DD3E-4601-B211-EB02C007C3BA",
		"CB917CA9-60D3-4A81-C211-76BD1A6B756D",
		"7C34D543-E6C9-4990-D211-3F767E0B5142",
		"0D62B12C-BC6C-4626-E211-FC8FE727A5BC",
	}
)

// TestLive asks the vendor's testing environment, and with -record stores each exchange
// in testdata.
func TestLive(t *testing.T) {
	missing, err := record.Variables{
		Needed:   []string{"FACTIBLE_USERNAME", "FACTIBLE_PASSWORD"},
		Endpoint: "FACTIBLE_ENDPOINT",
		Sandbox:  "testing.solucionfactible.com",
	}.Read(os.Getenv)
	require.NoError(t, err)
	dir := ""
	if *recording {
		require.Empty(t, missing, "to be set before anything can be recorded")
		dir = "../testdata/factible"
	}
	if missing != "" {
		t.Skip("asks the vendor, once these are set: " + missing)
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	t.Cleanup(transport.CloseIdleConnections)
	soap11 := factible.Config{
		Username:    os.Getenv("FACTIBLE_USERNAME"),
		Password:    cancel.Secret(os.Getenv("FACTIBLE_PASSWORD")),
		Environment: cancel.Sandbox,
		Endpoint:    os.Getenv("FACTIBLE_ENDPOINT"),
		Options:     cancel.ClientOptions{HTTPClient: &http.Client{Transport: transport}},
	}
	soap12 := soap11
	soap12.SOAP12 = true
	soap12.Endpoint = strings.Replace(soap11.Endpoint, "Soap11Endpoint", "Soap12Endpoint", 1)
	live(t, dir, soap11, soap12)
}

// TestLiveAtSimulator does at the simulator what TestLive does at the vendor, and
// replays what that stores.
func TestLiveAtSimulator(t *testing.T) {
	sim := canceltest.NewFactible()
	t.Cleanup(sim.Close)
	dir := t.TempDir()
	live(t, dir, sim.Config(), sim.ConfigSOAP12())

	recorded, err := record.Load(dir)
	require.NoError(t, err)
	assert.Len(t, recorded, len(sim.Calls()))
	for name, f := range recorded {
		require.NoError(t, factible.Replay(t.Context(), f), name)
		f.SOAP12 = !f.SOAP12
		require.ErrorContains(t, factible.Replay(t.Context(), f), "another request", name)
	}
	f := recorded["cancel-E329DD15"]
	f.Response = []byte(strings.Replace(string(f.Response), ">204<", ">200<", 1))
	assert.ErrorContains(t, factible.Replay(t.Context(), f), "became")
}

// live asks what can be asked without cancelling anything. It stores each exchange in
// dir unless that is "".
func live(t *testing.T, dir string, configs ...factible.Config) {
	t.Helper()
	secrets := []cancel.Secret{cancel.Secret(configs[0].Username), configs[0].Password}
	scrubber := record.NewScrubber(secrets, slices.Concat(notCancellable, inProcess)...)
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	unknown := fmt.Sprintf("%X-%X-%X-%X-%X", random[:4], random[4:6], random[6:8], random[8:10], random[10:])

	for _, tt := range []struct {
		uuids []string
		op    record.Operation
		want  cancel.State
		err   error
		code  string
	}{
		{notCancellable, record.Cancel, "", cancel.ErrNotCancellable, "204"},
		{notCancellable, record.Status, "", cancel.ErrNotCancellable, "204"},
		{inProcess, record.Cancel, cancel.Pending, nil, "211"},
		{inProcess, record.Status, cancel.Pending, nil, "211"},
		{[]string{unknown}, record.Cancel, "", cancel.ErrNotFound, "623"},
		{[]string{unknown}, record.Status, "", cancel.ErrNotFound, "702"},
	} {
		for _, uuid := range tt.uuids {
			for _, config := range configs {
				name := string(tt.op) + "-" + uuid[:8]
				if uuid == unknown {
					name = string(tt.op) + "-unknown"
				}
				if config.SOAP12 {
					name += "-soap12"
				}
				got, err := ask(t, scrubber, dir, config, tt.op, name, uuid)
				require.NotErrorIs(t, err, cancel.ErrAuth, "no more is asked: accounts are locked for wrong logins")
				code := got.Code
				if failure, ok := errors.AsType[*cancel.Error](err); ok {
					code = failure.Code
				}
				assert.Equal(t, tt.want, got.State, name)
				assert.ErrorIs(t, err, tt.err, name)
				assert.Equal(t, tt.code, code, name)
			}
		}
	}
}

// ask makes one call and logs what was answered.
func ask(t *testing.T, scrubber *record.Scrubber, dir string, config factible.Config, op record.Operation, name, uuid string) (cancel.Result, error) {
	t.Helper()
	recorder := &record.Recorder{Next: config.Options.HTTPClient.Transport}
	config.Options.HTTPClient = &http.Client{Transport: recorder}
	client, err := factible.New(config)
	require.NoError(t, err)
	session := record.Session{
		Adapter: client, Recorder: recorder, Scrubber: scrubber, SOAP12: config.SOAP12, Replay: factible.Replay, Dir: dir,
	}
	items, answered, err := session.Call(t.Context(), name, op, cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: uuid})
	if dir != "" {
		require.NoError(t, err, name)
	}
	t.Logf("%s: %v %v", name, answered, err)
	return items[0].Result, items[0].Err
}
