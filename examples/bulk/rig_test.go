package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

// asProgram makes the test's binary the program itself.
const asProgram = "BULK_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

const (
	titles   = "provider,kind,id,reason,requested_by"
	invoice1 = "factible,primary_sector_invoice,6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13,,"
	invoice2 = "factible,primary_sector_invoice,A41B8E07-92C3-4D6F-8F15-C3D70E95B264,,"
	invoice3 = "factible,primary_sector_invoice,36F675CC-81E7-4EF5-A8E2-5D940ED90475,,"
	strange  = "factible,primary_sector_invoice,D7E3F519-0A84-4B2C-A6E9-58B1C07D3F42,," // not the user's
	payment1 = "payvalida,payment,2402558,,"
	payment2 = "payvalida,payment,2402559,,"
	hold     = "payvalida,pre_authorization,2402560,,"
	document = "auco,document,TR99AQMY31,Error,legal@example.com"

	moreTitles = titles + ",motive,replaced_by,issuer"
	registered = "factible,invoice,B2F64C1A-7D09-4E38-9A5B-C41E0D83F6A7,,,02,,EKU9003173C9"
	replaced   = "factible,invoice,4E8A0D73-F15C-4B96-8D21-6A97C3B50E14,,,01,C90B3E62-58A4-4F17-B7D3-0E25A8F1D946,EKU9003173C9"
	unreasoned = "factible,invoice,83D5B7F0-26C9-4A1E-95F8-B07D4E6A1C32,,,05,,EKU9003173C9" // by no motivo
)

// rig is the three vendors, a folder, and the program between them.
type rig struct {
	t         *testing.T
	factible  *factibletest.Simulator
	payvalida *payvalidatest.Simulator
	auco      *aucotest.Simulator
	folder    string
	env       clitest.Env
	program   program
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{
		t:         t,
		factible:  factibletest.New(),
		payvalida: payvalidatest.New(),
		auco:      aucotest.New(),
		folder:    t.TempDir(),
		program:   program{backoff: time.Millisecond, grace: time.Minute},
	}
	t.Cleanup(r.close)
	r.factible.Register(idOf(invoice1), idOf(invoice2), idOf(invoice3), idOf(registered), idOf(replaced), idOf(unreasoned))
	r.payvalida.Register(cancel.Payment, "2402558", "2402559")
	r.payvalida.Register(cancel.PreAuthorization, "2402560")
	r.auco.Register("TR99AQMY31", "TR99AQMY32", "TR99AQMY33")
	r.env = clitest.Env{
		"CANCEL_ENVIRONMENT":   "sandbox",
		"FACTIBLE_ENDPOINT":    r.factible.URL + "/ws/services/Cancelacion",
		"FACTIBLE_USERNAME":    r.factible.Config().Username,
		"FACTIBLE_PASSWORD":    revealed(r.factible.Config().Password),
		"PAYVALIDA_ENDPOINT":   r.payvalida.URL,
		"PAYVALIDA_MERCHANT":   r.payvalida.Config().Merchant,
		"PAYVALIDA_FIXED_HASH": revealed(r.payvalida.Config().FixedHash),
		"AUCO_ENDPOINT":        r.auco.URL,
		"AUCO_PRIVATE_KEY":     revealed(r.auco.Config().PrivateKey),
		"AUCO_PUBLIC_KEY":      revealed(r.auco.Config().PublicKey),
	}
	return r
}

func (r *rig) close() {
	r.factible.Close()
	r.payvalida.Close()
	r.auco.Close()
}

// idOf is the ID in a line.
func idOf(line string) string { return strings.Split(line, ",")[2] }

func (r *rig) path(name string) string { return filepath.Join(r.folder, name) }

func (r *rig) write(name string, lines ...string) {
	r.t.Helper()
	require.NoError(r.t, os.WriteFile(r.path(name), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

func (r *rig) read(name string) string {
	r.t.Helper()
	content, err := os.ReadFile(r.path(name))
	require.NoError(r.t, err)
	return string(content)
}

// input writes in.csv with all columns. Those of invoices may be left out of a line.
func (r *rig) input(lines ...string) {
	r.t.Helper()
	all := []string{moreTitles}
	for _, line := range lines {
		if strings.Count(line, ",") == strings.Count(titles, ",") {
			line += strings.Repeat(",", strings.Count(moreTitles, ",")-strings.Count(titles, ","))
		}
		all = append(all, line)
	}
	r.write("in.csv", all...)
}

// run runs the program over in.csv and sees to it that no secret is left anywhere.
func (r *rig) run(args ...string) clitest.Outcome {
	r.t.Helper()
	got := clitest.Run(r.t, r.program.run, r.env, append(args, r.path("in.csv"))...)
	r.noSecrets()
	return got
}

// runUntil is run with a context of its own.
func (r *rig) runUntil(ctx context.Context, args ...string) clitest.Outcome {
	r.t.Helper()
	got := clitest.Run(r.t, func(_ context.Context, p cli.Process) int { return r.program.run(ctx, p) },
		r.env, append(args, r.path("in.csv"))...)
	r.noSecrets()
	return got
}

func (r *rig) noSecrets() {
	r.t.Helper()
	err := filepath.WalkDir(r.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, p := range providers {
			for _, name := range p.secrets {
				if secret := r.env[name]; secret != "" {
					assert.NotContains(r.t, string(content), secret, "%s in %s", name, path)
				}
			}
		}
		return err
	})
	require.NoError(r.t, err)
}

// entries are the lines of the results.
func (r *rig) entries() []entry {
	r.t.Helper()
	var entries []entry
	for text := range bytes.Lines([]byte(r.read("in.results.jsonl"))) {
		var e entry
		require.NoError(r.t, json.Unmarshal(text, &e), "%s", text)
		entries = append(entries, e)
	}
	return entries
}

// outcomes are what became of each ID in the end.
func (r *rig) outcomes() map[string]string {
	r.t.Helper()
	outcomes := map[string]string{}
	for _, e := range r.entries() {
		switch e.Event {
		case eventStarted:
			outcomes[e.Request.ID] = inFlight
		case eventEnded:
			o, ok := e.outcome()
			require.True(r.t, ok)
			outcomes[e.ID] = o.name
		}
	}
	return outcomes
}

// calls are the operations that vendors were asked for, by ID.
func (r *rig) calls() map[string][]string {
	calls := map[string][]string{}
	for _, vendor := range []*canceltest.Server{r.factible.Server, r.payvalida.Server, r.auco.Server} {
		for _, call := range vendor.Calls() {
			for _, id := range call.IDs {
				calls[id] = append(calls[id], call.Op)
			}
		}
	}
	return calls
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
