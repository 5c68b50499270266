package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/factible/factibletest"
)

func TestTheSampleRunsWithoutCredentials(t *testing.T) {
	r := newRig(t)
	sample, err := os.ReadFile("sample.csv")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(r.path("in.csv"), sample, 0o600))
	r.env = nil

	got := r.run()
	assert.Equal(t, exitDoubt, got.Exit)
	assert.Contains(t, got.Stderr, "line 17: the same as line 4, which counts")
	assert.Contains(t, got.Stderr, "line 38: it has 2 cells, the header has 8")
	assert.Contains(t, got.Stderr, "56 of 56 (100%): 47 taken, 8 failed, 1 in doubt")
	for _, want := range []string{
		"44  cancelled\n", "3  under way\n", "2  invalid\n", "1  not found\n", "2  not cancellable\n",
		"1  consent refused\n", "1  unavailable\n", "1  unexpected answer\n", "1  lines passed over\n",
	} {
		assert.Contains(t, got.Stdout, " "+want)
	}
	assert.Empty(t, r.calls(), "the vendors of the environment are not asked")
	assert.Contains(t, r.read("in.report.html"), "nothing real was cancelled")

	got = r.run("-dry-run")
	assert.Equal(t, exitRefused, got.Exit)
	assert.Contains(t, got.Stderr, "line 23: ReplacedBy must be the UUID of the CFDI that replaces this one, for Motive 01")
}

func TestInvoicesAreRegistered(t *testing.T) {
	r := newRig(t)
	r.input(registered, replaced, unreasoned)
	assert.Equal(t, exitRefused, r.run().Exit)
	assert.Equal(t, map[string]string{
		idOf(registered): "pending", idOf(replaced): "pending", idOf(unreasoned): "invalid",
	}, r.outcomes())
	assert.Contains(t, r.read("in.report.html"), "Motive is not one of the SAT")
	sent := map[string]string{}
	for _, call := range r.factible.Calls() {
		sent[call.ID] = string(call.Request)
	}
	require.Len(t, sent, 2)
	assert.Contains(t, sent[idOf(registered)], idOf(registered)+"|02|<")
	assert.Contains(t, sent[idOf(replaced)], idOf(replaced)+"|01|C90B3E62-58A4-4F17-B7D3-0E25A8F1D946<")
	for _, request := range sent {
		assert.Contains(t, request, "EKU9003173C9")
	}
	assert.Empty(t, r.factible.Cancelled(), "registered is not cancelled")

	mended := strings.Replace(unreasoned, ",05,", ",03,", 1)
	r.factible.Accept(idOf(registered))
	r.factible.Refuse(idOf(replaced))
	r.input(registered, replaced, mended)
	assert.Zero(t, r.run("-resume").Exit)
	want := []string{"cancelarAsincrono"}
	assert.Equal(t, map[string][]string{idOf(registered): want, idOf(replaced): want, idOf(unreasoned): want}, r.calls(),
		"what has an answer is left alone, whatever became of it")
	assert.True(t, r.factible.IsRegistered(idOf(unreasoned)))

	page := r.read("in.report.html")
	assert.Contains(t, page, "-uuid UUID -status")
	assert.NotContains(t, page, "Nothing: the providers took all that they were asked.")
	assert.NotContains(t, page, "Motive is not one of the SAT")
}

func TestExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		lines   []string
		prepare func(*rig)
		exit    int
		hint    bool
	}{
		"all taken":        {[]string{invoice1, payment1, hold, document}, nil, exitDone, false},
		"under way":        {[]string{"factible,primary_sector_invoice,C5E58106-6C1E-41C9-A211-FB8BAD1CABB0,,", registered}, nil, exitDone, false},
		"nothing to do":    {nil, nil, exitDone, false},
		"a bad line":       {[]string{invoice1, "x"}, nil, exitRefused, false},
		"refused":          {[]string{invoice1, strange}, nil, exitRefused, false},
		"to be asked":      {[]string{strange, payment1}, func(r *rig) { r.payvalida.Answer("2402558", "0017", "") }, exitAgain, true},
		"wrong credential": {[]string{strange, payment1}, func(r *rig) { r.env["FACTIBLE_PASSWORD"] = "another" }, exitAgain, true},
		"in doubt": {[]string{strange, document, payment1}, func(r *rig) {
			r.payvalida.Answer("2402558", "0017", "")
			r.auco.Fail(9, canceltest.CarriedOutThenDropped)
		}, exitDoubt, true},
		"an unexpected answer": {[]string{payment1}, func(r *rig) { r.payvalida.Answer("2402558", "0099", "") }, exitDoubt, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.input(c.lines...)
			if c.prepare != nil {
				c.prepare(r)
			}
			got := r.run()
			assert.Equal(t, c.exit, got.Exit, got.Stderr)
			assert.Equal(t, c.hint, strings.Contains(got.Stderr, "-resume"))
			assert.FileExists(t, r.path("in.report.html"))
		})
	}
}

func TestHelpSaysWhatTheExitCodesAre(t *testing.T) {
	got := clitest.Run(t, program{}.run, nil, "-h")
	assert.Zero(t, got.Exit)
	assert.Empty(t, got.Stderr)
	for _, code := range []string{"0", "1", "3", "4", "5", "130"} {
		assert.Regexp(t, `(?m)^  `+code+` +\w`, got.Stdout)
	}
	for _, want := range []string{"-resume", "-dry-run", "FACTIBLE_PASSWORD", "AUCO_ENDPOINT", "CANCEL_ENVIRONMENT", "requested_by", "With -enqueue 0 is"} {
		assert.Contains(t, got.Stdout, want)
	}
}

func TestUsage(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no file":                {nil, "name one file"},
		"two files":              {[]string{"in.csv", "in.csv"}, "name one file"},
		"unknown flag":           {[]string{"-fast", "in.csv"}, "-fast"},
		"unknown format":         {[]string{"in.xlsx"}, "neither csv nor jsonl"},
		"missing file":           {[]string{"none.csv"}, "none.csv"},
		"no concurrency":         {[]string{"in.csv", "-concurrency", "0"}, "-concurrency"},
		"a single attempt":       {[]string{"in.csv", "-attempts", "1"}, "-attempts"},
		"a negative rate":        {[]string{"in.csv", "-rate", "-1"}, "-rate"},
		"no number for a rate":   {[]string{"in.csv", "-rate", "NaN"}, "-rate"},
		"results over the input": {[]string{"in.csv", "-results", "./in.csv"}, "is the input"},
		"report over the input":  {[]string{"in.csv", "-report", "link.csv"}, "is the input"},
		"report over results":    {[]string{"in.csv", "-report", "in.results.jsonl"}, "the same file"},
		"nothing to resume":      {[]string{"in.csv", "-resume"}, "nothing to resume"},
		"receipts in a file":     {[]string{"in.csv", "-receipts", "in.csv"}, "in.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.input(invoice1)
			before := r.read("in.csv")
			t.Chdir(r.folder)
			require.NoError(t, os.Link("in.csv", "link.csv"))
			got := clitest.Run(t, r.program.run, r.env, c.args...)
			assert.Equal(t, exitFailed, got.Exit)
			assert.Contains(t, got.Stderr, c.want)
			assert.Empty(t, r.calls())
			assert.Equal(t, before, r.read("in.csv"))
		})
	}
}

func TestFlagsMayFollowTheFile(t *testing.T) {
	r := newRig(t)
	r.input(invoice1)
	got := clitest.Run(t, r.program.run, r.env, r.path("in.csv"), "-results", r.path("other.jsonl"), "-report", r.path("other.html"))
	assert.Zero(t, got.Exit, got.Stderr)
	assert.FileExists(t, r.path("other.jsonl"))
	assert.FileExists(t, r.path("other.html"))
}

func TestOnlyTheSandboxNeedsNoConfirmation(t *testing.T) {
	r := newRig(t)
	r.input(invoice1)
	r.env["CANCEL_ENVIRONMENT"] = "production"
	got := r.run()
	assert.Equal(t, exitFailed, got.Exit)
	assert.Contains(t, got.Stderr, "-yes")
	assert.Empty(t, r.calls())
	assert.NoFileExists(t, r.path("in.results.jsonl"))

	assert.Zero(t, r.run("-yes").Exit)
	assert.True(t, r.factible.IsCancelled(idOf(invoice1)))
}

func TestWhatTheEnvironmentLacks(t *testing.T) {
	t.Run("half of the credentials", func(t *testing.T) {
		r := newRig(t)
		r.input(invoice1)
		r.env["PAYVALIDA_FIXED_HASH"] = ""
		got := r.run()
		assert.Equal(t, exitFailed, got.Exit)
		assert.Contains(t, got.Stderr, "PAYVALIDA_FIXED_HASH is not set")
	})
	t.Run("an environment", func(t *testing.T) {
		r := newRig(t)
		r.input(invoice1)
		for _, name := range []string{"CANCEL_ENVIRONMENT", "FACTIBLE_ENDPOINT", "PAYVALIDA_ENDPOINT", "AUCO_ENDPOINT"} {
			r.env[name] = ""
		}
		got := r.run()
		assert.Equal(t, exitFailed, got.Exit)
		assert.Contains(t, got.Stderr, "CANCEL_ENVIRONMENT is not set")
	})
	t.Run("all credentials", func(t *testing.T) {
		r := newRig(t)
		r.input(invoice1)
		r.env = clitest.Env{"CANCEL_ENVIRONMENT": "sandbox"}
		got := r.run()
		assert.Equal(t, exitFailed, got.Exit)
		assert.Contains(t, got.Stderr, "no provider's credentials are")
	})
	t.Run("credentials that are malformed", func(t *testing.T) {
		r := newRig(t)
		r.input(document)
		r.env["AUCO_PRIVATE_KEY"] = "puk_the_wrong_one"
		got := r.run()
		assert.Equal(t, exitFailed, got.Exit)
		assert.Contains(t, got.Stderr, "PrivateKey")
	})
	t.Run("one provider", func(t *testing.T) {
		r := newRig(t)
		r.input(invoice1, document, "paypal,payment,1,,")
		r.env["AUCO_PRIVATE_KEY"], r.env["AUCO_PUBLIC_KEY"], r.env["AUCO_ENDPOINT"] = "", "", ""
		got := r.run()
		assert.Equal(t, exitRefused, got.Exit)
		assert.Contains(t, got.Stderr, `line 3: provider "auco" has no credentials: AUCO_PRIVATE_KEY is not set`)
		assert.Contains(t, got.Stderr, `line 4: there is no provider "paypal"`)
		assert.True(t, r.factible.IsCancelled(idOf(invoice1)))
	})
}

func TestADryRunSendsNothing(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, invoice1, "factible,primary_sector_invoice,12345,,", "factible,payment,12345,,", payment1,
		"payvalida,payment,0123,,", hold, document, "auco,document,TR99AQMY32,,", "auco,document,TR99AQMY33,Error,nobody",
		"what", "paypal,payment,1,,")
	r.env["CANCEL_ENVIRONMENT"] = "production" // and it needs no -yes
	got := r.run("-dry-run")
	assert.Equal(t, exitRefused, got.Exit)
	for _, want := range []string{
		"line 3: the same as line 2", "line 4: ID is not a folio fiscal", `line 5: Kind "payment" is not taken here`,
		"line 7: ID is not an order number", "line 10: Reason is missing", "line 11: RequestedBy is not a bare e-mail address",
		"line 12: it has 1 cells", `line 13: there is no provider "paypal"`,
	} {
		assert.Contains(t, got.Stderr, want)
	}
	assert.Equal(t, 8, strings.Count(got.Stderr, "\n"))
	assert.Regexp(t, `1 +good for factible \(127.+\)\n +2 +good for payvalida .+\n +1 +good for auco .+\n +7 +not good\nnothing was sent`, got.Stdout)
	for _, vendor := range []*canceltest.Server{r.factible.Server, r.payvalida.Server, r.auco.Server} {
		assert.Empty(t, vendor.Calls())
		assert.Zero(t, vendor.Connections())
	}
	assert.NoFileExists(t, r.path("in.results.jsonl"))
	assert.NoFileExists(t, r.path("in.report.html"))

	r.input(invoice1, payment1, hold, document)
	assert.Zero(t, r.run("-dry-run").Exit)
	assert.Empty(t, r.calls())
}

func TestABadLineStopsNothingElse(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, `factible,"primary,`, payment1, "auco,document", "", document, ",,,,")
	got := r.run()
	assert.Equal(t, exitRefused, got.Exit)
	for _, want := range []string{"line 3: it is no CSV", "line 5: it has 2 cells", "line 8: provider is missing"} {
		assert.Contains(t, got.Stderr, want)
		assert.Contains(t, r.read("in.report.html"), strings.SplitN(want, ": ", 2)[1])
	}
	assert.Equal(t, map[string]string{
		idOf(invoice1): "cancelled", "2402558": "cancelled", "TR99AQMY31": "cancelled",
	}, r.outcomes())
}

func TestARepetitionIsSentOnce(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, payment1, strings.ToLower(invoice1), payment1, document, "auco,document,TR99AQMY31,Otra cosa,legal@example.com")
	got := r.run()
	assert.Zero(t, got.Exit)
	for _, want := range []string{"line 4: the same as line 2", "line 5: the same as line 3", "line 7: the same as line 6"} {
		assert.Contains(t, got.Stderr, want)
	}
	for id, ops := range r.calls() {
		assert.Len(t, ops, 1, id)
	}
}

func TestJSONLines(t *testing.T) {
	r := newRig(t)
	var lines []string
	for _, req := range []cancel.Request{
		{Provider: "factible", Kind: cancel.PrimarySectorInvoice, ID: idOf(invoice1)},
		{Provider: "auco", Kind: cancel.Document, ID: "TR99AQMY31", Reason: "Error", RequestedBy: "legal@example.com"},
	} {
		text, err := json.Marshal(req)
		require.NoError(t, err)
		lines = append(lines, string(text))
	}
	r.write("in.csv", append(lines, "{", `{"provider":"auco","kind":"document","id":"TR99AQMY32","resaon":"?"}`)...)
	got := r.run("-format", "jsonl")
	assert.Equal(t, exitRefused, got.Exit)
	assert.Contains(t, got.Stderr, "line 3: it is no request in JSON")
	assert.Contains(t, got.Stderr, `line 4: it is no request in JSON: json: unknown field "resaon"`)
	assert.Equal(t, map[string]string{idOf(invoice1): "cancelled", "TR99AQMY31": "cancelled"}, r.outcomes())
}

func TestReceiptsAreSaved(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, payment1, invoice2)
	folder := r.path("acuses")
	require.Zero(t, r.run("-receipts", folder).Exit)
	saved, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{
		filepath.Join(folder, idOf(invoice1)+".xml"), filepath.Join(folder, idOf(invoice2)+".xml"),
	}, saved)
	for _, name := range saved {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Contains(t, string(content), "<EstatusUUID>201</EstatusUUID>")
	}
	named := 0
	for _, e := range r.entries() {
		if e.Receipt != "" {
			assert.FileExists(t, e.Receipt)
			named++
		}
	}
	assert.Equal(t, 2, named)
	assert.NotContains(t, r.read("in.results.jsonl"), "<", "no bodies")
}

func TestAReceiptThatCannotBeSavedStopsTheRun(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, invoice2, invoice3)
	folder := r.path("acuses")
	// A folder where the file should be: not even root can write it.
	require.NoError(t, os.MkdirAll(filepath.Join(folder, idOf(invoice1)+".xml", "x"), 0o700))
	got := r.run("-receipts", folder, "-concurrency", "1")
	assert.Equal(t, exitFailed, got.Exit)
	assert.Equal(t, "cancelled", r.outcomes()[idOf(invoice1)], "what became of it is recorded nevertheless")
	assert.NotContains(t, r.outcomes(), idOf(invoice3))
	assert.NotContains(t, r.outcomes(), inFlight)
}

func TestNoSecretIsEchoed(t *testing.T) {
	r := newRig(t)
	password, hash := r.env["FACTIBLE_PASSWORD"], r.env["PAYVALIDA_FIXED_HASH"]
	r.factible.Answer(idOf(invoice1), factibletest.Answer{Status: 200, Message: "clave " + password})
	r.factible.Answer(idOf(invoice2), factibletest.Answer{Status: 204, Message: "clave " + password})
	r.payvalida.Answer("2402558", "0000", "hash "+hash)
	r.payvalida.Answer("2402559", "0099", "hash "+hash)
	r.input(invoice1, invoice2, payment1, payment2, document)
	r.run() // which looks for them everywhere
	assert.Len(t, regexp.MustCompile(`(clave|hash) REDACTED`).FindAllString(messages(r.entries()), -1), 4)
}

func messages(entries []entry) string {
	var all strings.Builder
	for _, e := range entries {
		all.WriteString(e.Message + "\n")
	}
	return all.String()
}

func TestAVendorsWordsAreBounded(t *testing.T) {
	r := newRig(t)
	r.payvalida.Answer("2402558", "0099", strings.Repeat("ñ", 100_000))
	r.input(payment1)
	r.run()
	assert.Less(t, len(r.read("in.results.jsonl")), 3000)
	assert.Less(t, len(r.read("in.report.html")), 20_000)
}

func TestAfterARefusalOfTheCredentialsNothingMoreIsSent(t *testing.T) {
	r := newRig(t)
	right := r.env["FACTIBLE_PASSWORD"]
	r.env["FACTIBLE_PASSWORD"] = "another"
	r.input(invoice1, invoice2, payment1, invoice3)
	got := r.run("-concurrency", "1")
	assert.Equal(t, exitAgain, got.Exit)
	assert.Len(t, r.factible.Calls(), 1)
	assert.True(t, r.payvalida.IsCancelled("2402558"))

	r.env["FACTIBLE_PASSWORD"] = right
	assert.Zero(t, r.run("-resume").Exit)
	assert.Len(t, r.factible.Cancelled(), 3)
}

// vendor takes everything, each after a second.
type vendor struct{ begun, most, flying atomic.Int32 }

func (v *vendor) Cancel(_ context.Context, req cancel.Request) (cancel.Result, error) {
	n := v.begun.Add(1)
	v.most.Store(max(v.most.Load(), v.flying.Add(1)))
	defer v.flying.Add(-1)
	time.Sleep(time.Second)
	if req.ID == "unavailable" {
		return cancel.Result{}, &cancel.Error{Reason: cancel.ErrUnavailable, Code: strconv.Itoa(int(n))}
	}
	return cancel.Result{State: cancel.Cancelled}, nil
}

func TestRateConcurrencyAndAttempts(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		ids  []string
		took time.Duration
		most int32
		sent int32
	}{
		"eight at once":      {nil, slices.Repeat([]string{"1"}, 16), 2 * time.Second, 8, 16},
		"two at once":        {[]string{"-concurrency", "2"}, slices.Repeat([]string{"1"}, 4), 2 * time.Second, 2, 4},
		"two seconds apart":  {[]string{"-rate", "0.5"}, slices.Repeat([]string{"1"}, 4), 7 * time.Second, 1, 4},
		"three attempts":     {nil, []string{"unavailable"}, 3 * time.Second, 1, 3},
		"as many as is said": {[]string{"-attempts", "5"}, []string{"unavailable"}, 5 * time.Second, 1, 5},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parse(cli.Process{Args: append(c.args, "in.csv")})
			require.NoError(t, err)
			synctest.Test(t, func(t *testing.T) {
				v := new(vendor)
				client := program{backoff: time.Nanosecond}.client(s, map[string]cancel.Canceler{"vendor": v})
				began := time.Now()
				for range client.All(t.Context(), func(yield func(cancel.Request) bool) {
					for _, id := range c.ids {
						if !yield(cancel.Request{Provider: "vendor", ID: id}) {
							return
						}
					}
				}) {
					continue
				}
				assert.Equal(t, c.took, time.Since(began).Truncate(time.Millisecond))
				assert.Equal(t, c.most, v.most.Load())
				assert.Equal(t, c.sent, v.begun.Load())
			})
		})
	}
}
