package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/sat/sattest"
)

func TestTheSampleRunsWithoutCredentials(t *testing.T) {
	r := newRig(t)
	sample, err := os.ReadFile("sample.csv")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(r.path("in.csv"), sample, 0o600))
	r.env = nil

	got := r.run()
	assert.Equal(t, exitDoubt, got.Exit, got.Stderr)
	assert.Contains(t, got.Stderr, "line 17: the same as line 4, which counts")
	assert.Regexp(t, `the queue can be watched at http://127\.0\.0\.1:\d+/\n`, got.Stderr)
	assert.Contains(t, got.Stderr, "line 38: it has 2 cells, the header has 10")
	assert.Contains(t, got.Stderr, "line 23: ReplacedBy must be the UUID of the CFDI that replaces this one, for Motive 01")
	for _, want := range []string{
		"44  cancelled\n", "3  under way\n", "1  not found\n", "2  not cancellable\n",
		"1  consent refused\n", "1  unavailable\n", "1  unexpected answer\n", "3  lines passed over\n",
	} {
		assert.Contains(t, got.Stdout, " "+want)
	}
	assert.Empty(t, r.sent(), "the vendors of the environment are not asked")
	assert.Contains(t, got.Stdout, "nothing real was cancelled")
	assert.Contains(t, r.read("in.report.html"), "nothing real was cancelled")

	got = r.run("-check")
	assert.Equal(t, exitDoubt, got.Exit, got.Stderr)
	assert.Contains(t, got.Stdout, "cannot be asked\n", "Payvalida does not say it of a pre-authorization")
	assert.NotContains(t, got.Stderr, "run the same command again")
	assert.Contains(t, got.Stdout, "can be cancelled\n")
	assert.Contains(t, got.Stdout, "consent needed\n")
	assert.Contains(t, r.read("in.check.html"), "What can be cancelled")
}

func TestExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		lines   []string
		prepare func(*rig)
		exit    int
	}{
		"all taken":        {[]string{invoice1, payment1, hold, document}, nil, 0},
		"under way":        {[]string{pending, registered}, nil, 0},
		"nothing to do":    {nil, nil, 0},
		"a bad line":       {[]string{invoice1, "x"}, nil, exitRefused},
		"refused":          {[]string{invoice1, strange}, nil, exitRefused},
		"to be asked":      {[]string{strange, stubborn}, nil, exitAgain},
		"wrong credential": {[]string{strange, signed}, func(r *rig) { r.env["FACTIBLE_PASSWORD"] = "another" }, exitAgain},
		"in doubt": {[]string{strange, document, stubborn}, func(r *rig) {
			r.auco.FailAtRandom(1, 1, canceltest.CarriedOutThenDropped)
		}, exitDoubt},
		"an unexpected answer": {[]string{odd}, nil, exitDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.input(c.lines...)
			if c.prepare != nil {
				c.prepare(r)
			}
			got := r.run()
			assert.Equal(t, c.exit, got.Exit, got.Stderr)
			assert.Equal(t, c.exit >= exitAgain, strings.Contains(got.Stderr, "to go on, run the same command again"))
			assert.FileExists(t, r.path("in.report.html"))
		})
	}
}

func TestTheSameCommandAgainSendsNothingTwice(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, registered, payment1, hold, document, signed, strange)
	first := r.run()
	require.Equal(t, exitRefused, first.Exit, first.Stderr)
	want := r.sent()
	again := r.run()
	assert.Equal(t, first.Exit, again.Exit)
	assert.Equal(t, first.Stdout, again.Stdout)
	assert.Equal(t, want, r.sent())
	for id, n := range want {
		assert.Equal(t, 1, n, id)
	}
}

func TestWhatWasInDoubtIsFoundOut(t *testing.T) {
	r := newRig(t)
	r.input(document)
	r.auco.FailAtRandom(1, 1, canceltest.CarriedOutThenDropped)
	require.Equal(t, exitDoubt, r.run("-attempts", "1").Exit)
	r.auco.FailAtRandom(0, 1)
	got := r.run()
	assert.Zero(t, got.Exit, got.Stderr)
	assert.Equal(t, durable.Done, r.kept()["TR99AQMY31"].State)
	assert.Equal(t, 1, r.sent()["TR99AQMY31"])
}

func TestALineThatHasChangedIsSentAgain(t *testing.T) {
	r := newRig(t)
	refused := "factible,invoice,6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13,,,02,,EKU9003173C9"
	r.payvalida.Answer("2402558", "0015", "no")
	r.input(payment1, strange, refused)
	require.Equal(t, exitRefused, r.run().Exit)
	before := r.sent()

	r.payvalida.Answer("2402558", "", "")
	r.input(payment1+",,,,,,,PO-2402558", strange, refused)
	got := r.run()
	assert.Equal(t, exitRefused, got.Exit, "the other one stays as it is")
	assert.True(t, r.payvalida.IsCancelled("2402558"))
	assert.Equal(t, before[idOf(strange)], r.sent()[idOf(strange)])
}

func TestResultsOfOneAccountAreNotThoseOfAnother(t *testing.T) {
	r := newRig(t)
	r.input(payment1)
	env := r.env
	r.env = nil
	require.Zero(t, r.run().Exit)
	assert.Empty(t, r.sent())
	r.env = env
	require.Zero(t, r.run().Exit)
	assert.True(t, r.payvalida.IsCancelled("2402558"), "the simulator's answer counts for nothing")
}

func TestADryRunSendsNothing(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, invoice1, "factible,primary_sector_invoice,12345", "factible,payment,12345", payment1,
		"payvalida,payment,0123", hold, document, "auco,document,TR99AQMY32", "auco,document,TR99AQMY33,Error,nobody",
		"what", "paypal,payment,1", "factible,primary_sector_invoice,92276658-1E27-41C0-AA6A-63EC24EDE6A4,,,02")
	r.env["CANCEL_ENVIRONMENT"] = "production" // and it needs no -yes
	got := r.run("-dry-run")
	assert.Equal(t, exitRefused, got.Exit)
	for _, want := range []string{
		"line 3: the same as line 2", "line 4: ID is not a folio fiscal", `line 5: Kind "payment" is not taken here`,
		"line 7: ID is not an order number", "line 10: Reason is missing", "line 11: RequestedBy is not a bare e-mail address",
		"line 12: it has 1 cells", `line 13: there is no provider "paypal"`, "line 14: Motive",
	} {
		assert.Contains(t, got.Stderr, want)
	}
	assert.Regexp(t, `1 +good for auco .+\n +1 +good for factible \(127.+\)\n +2 +good for payvalida .+\n +8 +lines passed over\nnothing was sent`, got.Stdout)
	for _, s := range r.all {
		assert.Zero(t, s.Connections())
	}
	left, err := os.ReadDir(r.folder)
	require.NoError(t, err)
	assert.Len(t, left, 1)
}

func TestProductionAsksFirst(t *testing.T) {
	r := newRig(t)
	r.env["CANCEL_ENVIRONMENT"] = "production"
	r.input(payment1 + ",,,,,,,PO-2402558")
	got := r.run()
	assert.Equal(t, cli.ExitUsage, got.Exit)
	assert.Contains(t, got.Stderr, "-yes")
	got = r.run("-check")
	assert.Zero(t, got.Exit, got.Stderr)
	assert.Empty(t, r.sent())
	assert.Zero(t, r.run("-yes").Exit)
	assert.True(t, r.payvalida.IsCancelled("2402558"))
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	r := newRig(t)
	r.input(payment1, document)
	r.env = clitest.Env{"AUCO_PRIVATE_KEY": r.env["AUCO_PRIVATE_KEY"], "AUCO_ENDPOINT": r.env["AUCO_ENDPOINT"]}
	got := r.run("-dry-run")
	assert.Contains(t, got.Stderr, `line 2: provider "payvalida" has no credentials: PAYVALIDA_MERCHANT is not set`)
	assert.Contains(t, got.Stderr, "PAYVALIDA_FIXED_HASH is not set")

	r.env = clitest.Env{"PAYVALIDA_MERCHANT": "m"}
	got = r.run()
	assert.Equal(t, cli.ExitUsage, got.Exit)
	assert.Contains(t, got.Stderr, "PAYVALIDA_FIXED_HASH is not set: the merchant's fixed hash, which signs the calls; CANCEL_ENVIRONMENT is not set")
}

func TestTheCheckAsksAndChangesNothing(t *testing.T) {
	r := newRig(t)
	expression := func(line string) string {
		cells := strings.Count(line, ",")
		return line + strings.Repeat(",", 8-cells) + sattest.Expression(idOf(line))
	}
	authority := r.all["sat"].Vendor.(*sattest.Simulator)
	authority.Register(sattest.Expression(idOf(registered)))
	r.input(expression(invoice1), expression(registered), expression(strange), payment1+",,,,,,,PO-2402558", document, signed, invoice2)
	got := r.run("-check", "-sat-rate", "1000")
	assert.Equal(t, exitRefused, got.Exit, got.Stderr)
	for _, want := range []string{"2  can be cancelled\n", "2  consent needed\n", "1  not found\n", "1  not cancellable\n", "1  lines passed over\n"} {
		assert.Contains(t, got.Stdout, want)
	}
	assert.Contains(t, got.Stderr, "line 8: ")
	assert.Empty(t, r.sent())
	assert.NoFileExists(t, r.path("in.cancellations.db"))
	page := r.read("in.check.html")
	assert.Contains(t, page, "Cancelable con aceptación")
}

func TestTheSameCheckAgainAsksOnlyForTheRest(t *testing.T) {
	r := newRig(t)
	var lines []string
	for i := range 20 {
		lines = append(lines, fmt.Sprintf("payvalida,payment,%d,,,,,,,PO-%d", 2402558+i, 2402558+i))
	}
	r.input(lines...)
	r.payvalida.Fail(5, canceltest.Delay(0))
	r.payvalida.Fail(1, canceltest.Delay(time.Hour)) // until the interrupt
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		for len(r.payvalida.Calls()) < 6 {
			time.Sleep(time.Millisecond)
		}
		interrupt()
	}()
	got := r.runUntil(ctx, "-check", r.path("in.csv"))
	require.Equal(t, exitInterrupted, got.Exit, got.Stderr)
	had := strings.Count(r.read("in.check.answers.jsonl"), "\n")
	require.Equal(t, 5, had)

	asked := len(r.payvalida.Calls())
	torn := r.read("in.check.answers.jsonl") + `{"account":"payva`
	require.NoError(t, os.WriteFile(r.path("in.check.answers.jsonl"), []byte(torn), 0o600))
	got = r.run("-check")
	assert.Equal(t, exitRefused, got.Exit, got.Stderr)
	assert.Contains(t, got.Stderr, fmt.Sprintf("%d answers of the last 24h", had))
	assert.Len(t, r.payvalida.Calls(), asked+20-had)
	again := r.run("-check")
	assert.Equal(t, got.Stdout, again.Stdout)
	assert.Len(t, r.payvalida.Calls(), asked+20-had)

	old := time.Now().Add(-25 * time.Hour).Format(time.RFC3339)
	aged := regexp.MustCompile(`"at":"[^"]+"`).ReplaceAllString(r.read("in.check.answers.jsonl"), `"at":"`+old+`"`)
	require.NoError(t, os.WriteFile(r.path("in.check.answers.jsonl"), []byte(aged), 0o600))
	r.run("-check")
	assert.Len(t, r.payvalida.Calls(), asked+40-had, "answers of yesterday are asked for again")
}

func TestACheckThatFailedIsAskedAgain(t *testing.T) {
	r := newRig(t)
	r.input(payment1 + ",,,,,,,PO-2402558")
	r.payvalida.Fail(1, canceltest.HTTP429)
	require.Equal(t, exitAgain, r.run("-check", "-attempts", "1").Exit)
	assert.Zero(t, r.run("-check").Exit)
}

func TestAnInvoiceWithAnExpressionIsCancelledWhenTheSATSaysSo(t *testing.T) {
	r := newRig(t)
	r.all["sat"].Vendor.(*sattest.Simulator).Register(sattest.Expression(idOf(invoice1)), sattest.Expression(idOf(invoice2)))
	r.input(invoice1+strings.Repeat(",", 6)+sattest.Expression(idOf(invoice1)), strange)
	got := r.run("-sat-rate", "1000")
	assert.Contains(t, got.Stdout, "1  under way\n", "the SAT does not know yet")
	assert.True(t, r.factible.IsCancelled(idOf(invoice1)))
	assert.Equal(t, durable.Pending, r.kept()[idOf(invoice1)].State)

	r.all.SetLag(0)
	r.input(invoice2+strings.Repeat(",", 6)+sattest.Expression(idOf(invoice2)), strange)
	got = r.run("-sat-rate", "1000")
	assert.Contains(t, got.Stdout, "1  cancelled\n")
}

const cfdi = `<Comprobante Version="4.0" Total="1160.00" Sello="AAAAc2ltdQ=="><Emisor Rfc="EKU9003173C9"/><Receptor Rfc="XAXX010101000"/>` +
	`<Complemento><TimbreFiscalDigital UUID="B2F64C1A-7D09-4E38-9A5B-C41E0D83F6A7"/></Complemento></Comprobante>`

func TestAFolderOfInvoices(t *testing.T) {
	r := newRig(t)
	folder := r.path("november")
	require.NoError(t, os.Mkdir(folder, 0o700))
	for name, content := range map[string]string{"a.xml": cfdi, "b.XML": "<x/>", "c.xml": cfdi, "notes.txt": "?"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	got := r.runUntil(t.Context(), "-check", folder)
	assert.Equal(t, exitRefused, got.Exit, got.Stderr)
	assert.Contains(t, got.Stderr, "b.XML: ")
	assert.Contains(t, got.Stderr, "c.xml: the same as a.xml, which counts")

	got = r.runUntil(t.Context(), folder)
	assert.Contains(t, got.Stderr, "a.xml: Motive")
	assert.Empty(t, r.sent())
	got = r.runUntil(t.Context(), "-motive", "02", folder)
	assert.Equal(t, exitRefused, got.Exit, got.Stderr)
	assert.Contains(t, got.Stdout, "1  under way\n")
	assert.True(t, r.factible.IsRegistered(idOf(registered)))
}

func TestJSONLines(t *testing.T) {
	r := newRig(t)
	var lines []string
	for _, line := range []string{invoice1, payment1} {
		text, err := json.Marshal(req(line))
		require.NoError(t, err)
		lines = append(lines, string(text))
	}
	r.write("in.jsonl", append(lines, "{", `{"provider":"auco","kind":"document","id":"TR99AQMY32","resaon":"?"}`)...)
	got := r.runUntil(t.Context(), r.path("in.jsonl"))
	assert.Equal(t, exitRefused, got.Exit)
	assert.Contains(t, got.Stderr, "line 3: it is not a request in JSON")
	assert.Contains(t, got.Stderr, `line 4: it is not a request in JSON: json: unknown field "resaon"`)
	assert.Equal(t, map[string]int{idOf(invoice1): 1, idOf(payment1): 1}, r.sent())
}

func TestReceiptsAreSaved(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, payment1)
	folder := r.path("acuses")
	require.Zero(t, r.run("-receipts", folder).Exit)
	saved, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, saved, 1)
	assert.Contains(t, r.read(filepath.Join("acuses", idOf(invoice1)+".xml")), "<EstatusUUID>201</EstatusUUID>")
}

func TestAnInterruptWaitsForTheCallsInFlight(t *testing.T) {
	r := newRig(t)
	r.payvalida.Fail(1, canceltest.Delay(5*time.Second)) // long enough for an interrupt on a busy machine
	lines := []string{payment1}
	for range 50 {
		lines = append(lines, stubborn)
	}
	r.input(lines...)
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		for len(r.payvalida.Calls()) == 0 {
			time.Sleep(time.Millisecond)
		}
		interrupt()
	}()
	got := r.runUntil(ctx, r.path("in.csv"))
	assert.Equal(t, exitInterrupted, got.Exit, got.Stderr)
	assert.Contains(t, got.Stderr, "interrupted: nothing more is begun")
	assert.Contains(t, r.read("in.report.html"), "The run ended early")
	assert.NotEqual(t, durable.Sending, r.kept()["2402558"].State)

	got = r.run()
	assert.Equal(t, exitAgain, got.Exit, got.Stderr)
	assert.True(t, r.payvalida.IsCancelled("2402558"))
}

func TestRefusedCredentialsAreTold(t *testing.T) {
	r := newRig(t)
	r.env["FACTIBLE_PASSWORD"] = "another"
	r.input(invoice1, invoice2, payment1)
	got := r.run("-concurrency", "1")
	assert.Equal(t, exitAgain, got.Exit)
	assert.Contains(t, got.Stderr, "refuses the credentials: it is left alone until")
	assert.Len(t, r.factible.Calls(), 1)
	assert.True(t, r.payvalida.IsCancelled("2402558"))
}

func TestNoSecretIsEchoed(t *testing.T) {
	r := newRig(t)
	r.payvalida.Answer("2402558", "0099", "hash "+r.env["PAYVALIDA_FIXED_HASH"])
	r.input(payment1)
	r.run() // which looks for them everywhere
	assert.Contains(t, r.read("in.report.html"), "hash REDACTED")
}

func TestUsage(t *testing.T) {
	clitest.Usage(t, run, "in.csv")
	for want, args := range map[string][]string{
		"the name of a file is missing": nil,
		"-concurrency":                  {"-concurrency", "0", "in.csv"},
		"-rate must not":                {"-rate", "NaN", "in.csv"},
		"choose one":                    {"-check", "-dry-run", "in.csv"},
		"would be overwritten":          {"-report", "in.csv", "in.csv"},
		"is the database":               {"-report", "in.cancellations.db", "in.csv"},
		"in.answers.jsonl is the input": {"-check", "-report", "in.html", "in.answers.jsonl"},
	} {
		got := clitest.Run(t, run, nil, args...)
		assert.Equal(t, cli.ExitUsage, got.Exit, args)
		assert.Contains(t, got.Stderr, want)
	}
	got := clitest.Run(t, run, nil, "-h")
	for _, v := range about.Variables {
		assert.Contains(t, got.Stdout, v.Name)
	}
}
