package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"))
}

const (
	titles   = "provider,kind,id,reason,requested_by,motive,replaced_by,issuer,expression,reference"
	invoice1 = "factible,primary_sector_invoice,6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13"
	invoice2 = "factible,primary_sector_invoice,92276658-1E27-41C0-AA6A-63EC24EDE6A4"
	strange  = "factible,primary_sector_invoice,D7E3F519-0A84-4B2C-A6E9-58B1C07D3F42" // of another account
	pending  = "factible,primary_sector_invoice,C5E58106-6C1E-41C9-A211-FB8BAD1CABB0"
	payment1 = "payvalida,payment,2402558"
	hold     = "payvalida,pre_authorization,2402560"
	stubborn = "payvalida,pre_authorization,2402575" // not reversed, however often it is asked
	odd      = "payvalida,payment,2402571"           // whose answer nobody documents
	document = "auco,document,TR99AQMY31,Error,legal@example.com"
	signed   = "auco,document,TR99AQMY33,Error,legal@example.com"

	registered = "factible,invoice,B2F64C1A-7D09-4E38-9A5B-C41E0D83F6A7,,,02,,EKU9003173C9"
	unreasoned = "factible,invoice,83D5B7F0-26C9-4A1E-95F8-B07D4E6A1C32,,,05,,EKU9003173C9" // by no motivo
)

// rig is the vendors, a folder, and the program between them.
type rig struct {
	t         *testing.T
	all       vendors.Simulators
	factible  *factibletest.Simulator
	payvalida *payvalidatest.Simulator
	auco      *aucotest.Simulator
	folder    string
	env       clitest.Env
}

func newRig(t *testing.T) *rig {
	t.Helper()
	all, err := vendors.Simulate(func(string) string { return "" })
	require.NoError(t, err)
	t.Cleanup(all.Close)
	r := &rig{
		t: t, all: all,
		factible:  all["factible"].Vendor.(*factibletest.Simulator),
		payvalida: all["payvalida"].Vendor.(*payvalidatest.Simulator),
		auco:      all["auco"].Vendor.(*aucotest.Simulator),
		folder:    t.TempDir(),
		env:       clitest.Env{"CANCEL_ENVIRONMENT": "sandbox"},
	}
	for _, s := range all {
		for name, value := range s.Variables {
			r.env[name] = value
		}
	}
	r.factible.Register(idOf(invoice2), idOf(registered), idOf(unreasoned))
	return r
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

// input writes in.csv. A line with fewer cells than the header gets the others, unless it is
// meant to be bad.
func (r *rig) input(lines ...string) {
	r.t.Helper()
	all := []string{titles}
	for _, line := range lines {
		if strings.Count(line, ",") >= 2 {
			line += strings.Repeat(",", strings.Count(titles, ",")-strings.Count(line, ","))
		}
		all = append(all, line)
	}
	r.write("in.csv", all...)
}

// run runs the program over in.csv and checks that no secret is left anywhere, and that all
// files are for their owner only.
func (r *rig) run(args ...string) clitest.Outcome {
	r.t.Helper()
	return r.runUntil(r.t.Context(), append(args, r.path("in.csv"))...)
}

func (r *rig) runUntil(ctx context.Context, args ...string) clitest.Outcome {
	r.t.Helper()
	got := clitest.Run(r.t, func(_ context.Context, p cli.Process) int { return run(ctx, p) }, r.env, append([]string{"-backoff", "1ms"}, args...)...)
	require.NoError(r.t, filepath.WalkDir(r.folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		require.NoError(r.t, err)
		assert.Equal(r.t, fs.FileMode(0o600), info.Mode().Perm(), path)
		content, err := os.ReadFile(path)
		for _, v := range vendors.All {
			for _, variable := range v.Variables {
				if secret := r.env[variable.Name]; variable.Secret && secret != "" {
					assert.NotContains(r.t, string(content), secret, "%s in %s", variable.Name, path)
				}
			}
		}
		return err
	}))
	return got
}

// kept are the cancellations in the database, by the ID of the thing; the last one counts.
func (r *rig) kept() map[string]durable.Cancellation {
	r.t.Helper()
	config := durable.Config{Providers: map[string]durable.Provider{"none": {Canceler: vendors.Register{}}}}
	q, err := durable.OpenSQLite(r.t.Context(), r.path("in.cancellations.db"), config)
	require.NoError(r.t, err)
	defer func() { assert.NoError(r.t, q.Close()) }()
	page, err := q.List(r.t.Context(), durable.Filter{Limit: 10_000})
	require.NoError(r.t, err)
	kept := map[string]durable.Cancellation{}
	for _, c := range page {
		kept[c.Request.ID] = c
	}
	return kept
}

// sent are the operations that change something, by ID.
func (r *rig) sent() map[string]int {
	sent := map[string]int{}
	for _, s := range r.all {
		for _, call := range s.Calls() {
			if strings.Contains(call.Op, "getStatus") || strings.HasPrefix(call.Op, "GET") || call.Op == "Consulta" {
				continue
			}
			for _, id := range call.IDs {
				sent[id]++
			}
		}
	}
	return sent
}

// answers are what there is to know about a request, for tests of the report.
func req(line string) cancel.Request {
	cells := strings.Split(line, ",")
	return cancel.Request{Provider: cells[0], Kind: cancel.Kind(cells[1]), ID: cells[2]}
}
