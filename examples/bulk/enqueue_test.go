package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/cli/clitest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/payvalida"
)

// onBoth runs a test with a database of each sort. What it is given is the program's
// -enqueue.
func onBoth(t *testing.T, test func(*testing.T, *rig, string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		r := newRig(t)
		test(t, r, r.path("queue.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) { test(t, newRig(t), ownSchema(t)) })
}

// ownSchema returns the URL of a schema for the test alone on the PostgreSQL for tests, or
// skips the test.
func ownSchema(t *testing.T) string {
	t.Helper()
	text := os.Getenv("CANCEL_TEST_POSTGRES")
	if text == "" {
		t.Skip("NOT TESTED ON POSTGRESQL: CANCEL_TEST_POSTGRES is not set to the URL of a database for tests")
	}
	address, err := url.Parse(text)
	require.NoError(t, err)
	schema := fmt.Sprintf("bulk_%d", time.Now().UnixNano())
	admin, err := durable.OpenPostgres(t.Context(), text, workersOf(nil))
	require.NoError(t, err)
	_, err = admin.Pool.Exec(t.Context(), "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Pool.Exec(context.WithoutCancel(t.Context()), "DROP SCHEMA "+schema+" CASCADE")
		assert.NoError(t, err)
		admin.Close()
	})
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	return address.String()
}

// workersOf is what workers of the queue have, or nothing that is asked.
func workersOf(cancelers map[string]cancel.Canceler) durable.Config {
	config := durable.Config{Providers: map[string]durable.Provider{"nobody": {Canceler: make(held)}}}
	for name, canceler := range cancelers {
		config.Providers[name] = durable.Provider{Canceler: canceler}
	}
	return config
}

// worker is a queue as its workers have it.
type worker interface {
	queue
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	List(ctx context.Context, f durable.Filter) ([]durable.Cancellation, error)
	Counts(ctx context.Context) (map[durable.State]int, error)
}

// look opens the database as workers do, until it is closed or the test ends.
func look(t *testing.T, db string, config durable.Config) (w worker, closeIt func()) {
	t.Helper()
	if database(db).postgres() {
		q, err := durable.OpenPostgres(t.Context(), db, config)
		require.NoError(t, err)
		return q, q.Close
	}
	q, err := durable.OpenSQLite(t.Context(), db, config)
	require.NoError(t, err)
	return q, func() { assert.NoError(t, q.Close()) }
}

// inQueue is what the database holds.
func inQueue(t *testing.T, db string) []durable.Cancellation {
	t.Helper()
	w, closeIt := look(t, db, workersOf(nil))
	defer closeIt()
	all, err := w.List(t.Context(), durable.Filter{Limit: 100_000})
	require.NoError(t, err)
	counts, err := w.Counts(t.Context())
	require.NoError(t, err)
	n := 0
	for _, many := range counts {
		n += many
	}
	require.Len(t, all, n)
	return all
}

// payments are n lines, none like another.
func payments(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("payvalida,payment,%d,,", i+1)
	}
	return lines
}

// told counts the lines of the output that end in what matches.
func told(stdout, ending string) int {
	return len(regexp.MustCompile(`(?m)^line \d+: .+: `+ending+`$`).FindAllString(stdout, -1))
}

func TestTheSampleIsQueued(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig, db string) {
		sample, err := os.ReadFile("sample.csv")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(r.path("in.csv"), sample, 0o600))

		got := r.run("-enqueue", db)
		assert.Equal(t, exitRefused, got.Exit, got.Stderr)
		assert.Equal(t, 53, told(got.Stdout, `new, number \d+`))
		assert.Regexp(t, `(?m)^     53  new\n      3  lines passed over\nqueue: `, got.Stdout)
		for _, want := range []string{
			"line 17: the same as line 4, which counts", "line 23: ReplacedBy must be the UUID",
			"line 38: it has 2 cells", "line 55: RequestedBy is not a bare e-mail address",
		} {
			assert.Contains(t, got.Stderr, want)
		}

		// What is in the database is what the file says, and waits.
		in, err := openInput("sample.csv", "")
		require.NoError(t, err)
		want := map[key]cancel.Request{}
		bad := map[int]bool{17: true, 23: true, 38: true, 55: true}
		for row, err := range in.rows() {
			require.NoError(t, err)
			if !bad[row.line] {
				want[keyOf(row.request)] = row.request
			}
		}
		have := map[key]cancel.Request{}
		all := inQueue(t, db)
		require.Len(t, all, 53)
		for _, c := range all {
			assert.Equal(t, durable.Queued, c.State)
			have[keyOf(c.Request)] = c.Request
		}
		assert.Equal(t, want, have)

		got = r.run("-enqueue", db)
		assert.Equal(t, exitRefused, got.Exit)
		assert.Equal(t, 53, told(got.Stdout, `already queued, number \d+`))
		assert.NotContains(t, got.Stdout, "new")
		assert.Equal(t, all, inQueue(t, db))

		assert.Empty(t, r.calls())
		assert.NoFileExists(t, r.path("in.results.jsonl"))
		assert.NoFileExists(t, r.path("in.report.html"))
	})
}

func TestQueueingNeedsNothingOfTheEnvironment(t *testing.T) {
	for name, change := range map[string]func(clitest.Env){
		"nothing":                  func(e clitest.Env) { clear(e) },
		"half of the credentials":  func(e clitest.Env) { e["PAYVALIDA_FIXED_HASH"] = "" },
		"no environment":           func(e clitest.Env) { e["CANCEL_ENVIRONMENT"], e["FACTIBLE_ENDPOINT"] = "", "" },
		"an environment alone":     func(e clitest.Env) { clear(e); e["CANCEL_ENVIRONMENT"] = "sandbox" },
		"production, without -yes": func(e clitest.Env) { e["CANCEL_ENVIRONMENT"] = "production" },
		"a malformed environment":  func(e clitest.Env) { e["CANCEL_ENVIRONMENT"], e["AUCO_PRIVATE_KEY"] = "moon", "puk_" },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.input(invoice1, registered, payment1, hold, document)
			change(r.env)
			got := r.run("-enqueue", r.path("queue.db"))
			assert.Zero(t, got.Exit, got.Stderr)
			assert.Empty(t, got.Stderr)
			assert.Len(t, inQueue(t, r.path("queue.db")), 5)
		})
	}
}

func TestABadLineIsNotQueued(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig, db string) {
		bad := []string{"what", unreasoned, "paypal,payment,1,,", "payvalida,payment,0123,,", "factible,document,1,,"}
		r.input(bad...)
		got := r.run("-enqueue", db)
		assert.Equal(t, exitRefused, got.Exit)
		for line, want := range map[int]string{
			2: "it has 1 cells", 3: "Motive is not one of the SAT", 4: `there is no provider "paypal"`,
			5: "ID is not an order number", 6: `Kind "document" is not taken here`,
		} {
			assert.Contains(t, got.Stderr, fmt.Sprintf("line %d: %s", line, want))
		}
		assert.Contains(t, got.Stdout, "      5  lines passed over\n")
		assert.Zero(t, told(got.Stdout, ".*"))
		assert.Empty(t, inQueue(t, db))

		r.input(append([]string{payment1, hold}, bad...)...)
		got = r.run("-enqueue", db)
		assert.Equal(t, exitRefused, got.Exit)
		assert.Equal(t, 2, told(got.Stdout, `new, number \d`))
		assert.Len(t, inQueue(t, db), 2)

		r.input(payment1, hold)
		assert.Zero(t, r.run("-enqueue", db).Exit)
	})
}

func TestNoLineThatIsGoodIsRefusedByTheQueue(t *testing.T) {
	r := newRig(t)
	var lines []string
	for _, id := range []string{
		"a", " a", "a\u2028b", "ñ🙂", "\ufffd", strings.Repeat("x", 100_000), "a\nb", "a\x00", "a\u0085", `\ud800`, " ",
	} {
		for _, kind := range []string{"document", "payment", "what"} {
			lines = append(lines, fmt.Sprintf(`{"provider":"auco","kind":%q,"id":%s,"reason":"é","requested_by":"a@example.com"}`, kind, quoted(t, id)))
		}
	}
	for _, id := range []string{idOf(invoice1) + "\n", strings.ToLower(idOf(invoice1)), idOf(invoice2)[1:], "{" + idOf(invoice2) + "}"} {
		lines = append(lines, fmt.Sprintf(`{"provider":"factible","kind":"primary_sector_invoice","id":%s,"reason":"a\u0000b","motive":"x"}`, quoted(t, id)))
	}
	for _, id := range []string{"1\n", "1", "01", strings.Repeat("9", 30), strings.Repeat("9", 31), "١", "-1"} {
		lines = append(lines, fmt.Sprintf(`{"provider":"payvalida","kind":"payment","id":%s}`, quoted(t, id)))
	}
	r.write("in.csv", lines...)
	got := r.run("-format", "jsonl", "-enqueue", r.path("queue.db"))
	assert.Equal(t, exitRefused, got.Exit, got.Stderr)
	assert.Equal(t, 10, told(got.Stdout, `new, number \d+`))
	assert.Contains(t, got.Stderr, "line 28: the same as line 13")
}

func quoted(t *testing.T, s string) string {
	t.Helper()
	if strings.HasPrefix(s, `\u`) {
		return `"` + s + `"`
	}
	var text bytes.Buffer
	for _, c := range s {
		if c < ' ' || c == '"' {
			fmt.Fprintf(&text, `\u%04x`, c)
			continue
		}
		text.WriteRune(c)
	}
	return `"` + text.String() + `"`
}

func TestWhatIsQueuedFirstStands(t *testing.T) {
	r := newRig(t)
	db := r.path("queue.db")
	r.input(registered)
	require.Zero(t, r.run("-enqueue", db).Exit)
	r.input(strings.ToLower(idOf(registered)), strings.Replace(strings.Replace(registered, ",02,", ",03,", 1), idOf(registered), strings.ToLower(idOf(registered)), 1))
	got := r.run("-enqueue", db)
	assert.Equal(t, 1, told(got.Stdout, "already queued, number 1, as it was asked for first, which is not what this line says"), got.Stdout)
	r.input(strings.Replace(registered, idOf(registered), strings.ToLower(idOf(registered)), 1))
	got = r.run("-enqueue", db)
	assert.Equal(t, 1, told(got.Stdout, "already queued, number 1"), got.Stdout)
	all := inQueue(t, db)
	require.Len(t, all, 1)
	assert.Equal(t, "02", all[0].Request.Motive)
}

// adapters are those of the rig's vendors.
func (r *rig) adapters() map[string]cancel.Canceler {
	r.t.Helper()
	invoices, err := factible.New(r.factible.Config())
	require.NoError(r.t, err)
	payments, err := payvalida.New(r.payvalida.Config())
	require.NoError(r.t, err)
	documents, err := auco.New(r.auco.Config())
	require.NoError(r.t, err)
	return map[string]cancel.Canceler{"factible": invoices, "payvalida": payments, "auco": documents}
}

// work has workers see to n cancellations until each is settled.
func (r *rig) work(db string, n int) {
	r.t.Helper()
	settled := make(chan struct{}, n)
	config := workersOf(r.adapters())
	config.OnSettled = func(context.Context, durable.Cancellation) error {
		settled <- struct{}{}
		return nil
	}
	w, closeIt := look(r.t, db, config)
	defer closeIt()
	require.NoError(r.t, w.Start(context.WithoutCancel(r.t.Context())))
	late := time.After(time.Minute)
	for i := range n {
		select {
		case <-settled:
		case <-late:
			assert.Failf(r.t, "too late", "%d of %d are settled", i, n)
		}
	}
	require.NoError(r.t, w.Stop(context.WithoutCancel(r.t.Context())))
}

func TestWorkersCancelWhatIsQueued(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig, db string) {
		r.input(invoice1, payment1, hold, document)
		require.Zero(t, r.run("-enqueue", db).Exit)
		r.work(db, 4)
		assert.Equal(t, []string{idOf(invoice1)}, r.factible.Cancelled())
		assert.True(t, r.payvalida.IsCancelled("2402558"))
		before := r.calls()
		assert.Len(t, before, 4)

		r.input(invoice1, payment1, hold, document, strange)
		got := r.run("-enqueue", db)
		assert.Zero(t, got.Exit)
		assert.Equal(t, 4, told(got.Stdout, `cancelled before, number \d`), got.Stdout)
		assert.Equal(t, 1, told(got.Stdout, `new, number 5`), got.Stdout)
		r.work(db, 1)
		before[idOf(strange)] = []string{"cancelarSectorPrimario"}
		assert.Equal(t, before, r.calls(), "what is settled is not asked for again")

		got = r.run("-enqueue", db)
		assert.Equal(t, exitRefused, got.Exit)
		assert.Equal(t, 1, told(got.Stdout, `failed before, number 5: .*not found.*`), got.Stdout)
		assert.Len(t, inQueue(t, db), 5)
	})
}

// known is a queue that knows of one cancellation, and takes everything.
type known struct {
	durable.Cancellation

	added []cancel.Request
}

func (*known) Migrate(context.Context) error { return nil }

func (k *known) Find(_ context.Context, req cancel.Request) (durable.Cancellation, error) {
	if keyOf(req) != keyOf(k.Request) {
		return durable.Cancellation{}, fmt.Errorf("durable: %w", durable.ErrNoCancellation)
	}
	return k.Cancellation, nil
}

func (k *known) Enqueue(_ context.Context, reqs ...cancel.Request) ([]durable.Ticket, error) {
	k.added = append(k.added, reqs...)
	tickets := make([]durable.Ticket, len(reqs))
	for i := range tickets {
		tickets[i] = durable.Ticket{ID: int64(len(k.added)), New: true}
	}
	return tickets, nil
}

// pass is a pass of in.csv to q.
func (r *rig) pass(q queue) (e *enqueueing, stdout, stderr *bytes.Buffer) {
	r.t.Helper()
	in, err := openInput(r.path("in.csv"), "")
	require.NoError(r.t, err)
	offline, err := openOffline()
	require.NoError(r.t, err)
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return &enqueueing{
		queue: q, lines: &inspection{in: in, vendors: offline, stderr: stderr},
		stdout: stdout, stderr: stderr, counts: map[fate]int{},
	}, stdout, stderr
}

func TestWhatIsSettledIsQueuedAnewByTheRulesOfResume(t *testing.T) {
	failed := func(reason error) *durable.Failure { return &durable.Failure{Reason: reason.Error(), Message: "why"} }
	for name, c := range map[string]struct {
		state   durable.State
		failure *durable.Failure
		mended  bool
		says    string
		exit    int
	}{
		"queued":                     {durable.Queued, failed(cancel.ErrUnavailable), false, "already queued, number 7", exitDone},
		"being sent":                 {durable.Sending, nil, false, "already queued, number 7", exitDone},
		"in doubt":                   {durable.InDoubt, failed(cancel.ErrUnknownOutcome), false, "already queued, number 7", exitDone},
		"pending":                    {durable.Pending, nil, false, "already queued, number 7", exitDone},
		"done":                       {durable.Done, nil, false, "cancelled before, number 7", exitDone},
		"done, and mended":           {durable.Done, nil, true, "cancelled before, number 7", exitDone},
		"not found":                  {durable.Failed, failed(cancel.ErrNotFound), false, "failed before, number 7: .+why.*", exitRefused},
		"not found, and mended":      {durable.Failed, failed(cancel.ErrNotFound), true, "failed before, number 7: .+why.*", exitRefused},
		"refused":                    {durable.Failed, failed(cancel.ErrRejected), false, "failed before, number 7: .+", exitRefused},
		"against the rules":          {durable.Failed, failed(cancel.ErrNotCancellable), false, "failed before, number 7: .+", exitRefused},
		"invalid":                    {durable.Failed, failed(cancel.ErrInvalid), false, "failed before, number 7: .+", exitRefused},
		"invalid, and mended":        {durable.Failed, failed(cancel.ErrInvalid), true, "new, number 1", exitDone},
		"the account is not allowed": {durable.Failed, failed(cancel.ErrForbidden), false, "new, number 1", exitDone},
		"forgotten":                  {durable.Forgotten, failed(cancel.ErrNotFound), true, "forgotten by the provider, number 7: .+", exitDoubt},
		"forgotten without an error": {durable.Forgotten, nil, false, "forgotten by the provider, number 7", exitDoubt},
		"unknown":                    {durable.Unknown, failed(cancel.ErrUnknownOutcome), true, "outcome unknown, number 7: .+", exitDoubt},
		"unexpected":                 {durable.Unknown, failed(cancel.ErrUnexpected), false, "outcome unknown, number 7: .+", exitDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.input(document)
			asked := cancel.Request{Provider: "auco", Kind: cancel.Document, ID: idOf(document), Reason: "Error", RequestedBy: "legal@example.com"}
			if c.mended {
				asked.Reason = "Eror"
			}
			q := &known{Cancellation: durable.Cancellation{ID: 7, Request: asked, State: c.state, Failure: c.failure}}
			e, stdout, _ := r.pass(q)
			require.NoError(t, e.run(t.Context(), wait))
			assert.Equal(t, 1, told(stdout.String(), c.says), stdout)
			assert.Equal(t, c.exit, e.exitCode())
			if strings.HasPrefix(c.says, "new") {
				assert.Len(t, q.added, 1)
			} else {
				assert.Empty(t, q.added)
			}
			e.summarize("queue.db")
			label, _, _ := strings.Cut(c.says, ",")
			assert.Contains(t, stdout.String(), "      1  "+label+"\nqueue: queue.db\n")
		})
	}
}

func TestEveryStateHasAFate(t *testing.T) {
	for _, s := range durable.States() {
		if s.Settled() {
			assert.Contains(t, fateOf, s)
			assert.Contains(t, fates, fateOf[s])
		}
	}
	assert.Len(t, fates, 2+len(fateOf))
}

// interrupting writes, and interrupts before that.
type interrupting struct {
	io.Writer

	interrupt func()
}

func (w interrupting) Write(p []byte) (int, error) {
	w.interrupt()
	return w.Writer.Write(p)
}

func TestAnInterruptedQueueingIsRunAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig, db string) {
		r.input(payments(2*batchSize + 50)...)
		ctx, interrupt := context.WithCancel(t.Context())
		got := clitest.Run(t, func(_ context.Context, p cli.Process) int {
			p.Stdout = interrupting{p.Stdout, interrupt}
			return r.program.run(ctx, p)
		}, r.env, "-enqueue", db, r.path("in.csv"))
		assert.Equal(t, exitInterrupted, got.Exit)
		assert.Equal(t, batchSize, told(got.Stdout, `new, number \d+`))
		assert.Contains(t, got.Stdout, "    100  new\n")
		assert.Contains(t, got.Stderr, "run the same command again")
		assert.Len(t, inQueue(t, db), batchSize)

		got = r.run("-enqueue", db)
		assert.Zero(t, got.Exit)
		assert.Contains(t, got.Stdout, "    150  new\n    100  already queued\n")
		assert.Len(t, inQueue(t, db), 2*batchSize+50)
	})
}

func TestAnInterruptBeforeAnythingIsQueued(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig, db string) {
		r.input(payment1)
		ctx, interrupt := context.WithCancel(t.Context())
		interrupt()
		assert.Equal(t, exitInterrupted, r.runUntil(ctx, "-enqueue", db).Exit)
		got := r.run("-enqueue", db)
		assert.Zero(t, got.Exit)
		assert.Contains(t, got.Stdout, "      1  new\n")
	})
}

func TestAnInterruptAfterAllIsQueuedIsNone(t *testing.T) {
	r := newRig(t)
	r.input(payments(50)...)
	ctx, interrupt := context.WithCancel(t.Context())
	got := clitest.Run(t, func(_ context.Context, p cli.Process) int {
		p.Stdout = interrupting{p.Stdout, interrupt}
		return r.program.run(ctx, p)
	}, r.env, "-enqueue", r.path("queue.db"), r.path("in.csv"))
	assert.Zero(t, got.Exit)
	assert.Len(t, inQueue(t, r.path("queue.db")), 50)
}

func TestAnInterruptedCheckSaysNothingBadOfALine(t *testing.T) {
	offline, err := openOffline()
	require.NoError(t, err)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for _, req := range []cancel.Request{
		{Provider: "factible", Kind: cancel.PrimarySectorInvoice, ID: idOf(invoice1)},
		{Provider: "payvalida", Kind: cancel.Payment, ID: idOf(payment1)},
		{Provider: "auco", Kind: cancel.Document, ID: idOf(document), Reason: "Error", RequestedBy: "legal@example.com"},
	} {
		require.NoError(t, offline.check(ctx, req))
		req.ID = "\n"
		require.Error(t, offline.check(ctx, req))
	}
}

// slow is a queue that takes a while for a batch, in which the program is interrupted.
type slow struct {
	known

	took      time.Duration
	interrupt func()
}

func (s *slow) Enqueue(ctx context.Context, reqs ...cancel.Request) ([]durable.Ticket, error) {
	s.interrupt()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(s.took):
		return s.known.Enqueue(ctx, reqs...)
	}
}

func TestAnInterruptWaitsForTheBatchThatIsUnderWay(t *testing.T) {
	r := newRig(t)
	r.input(payments(3 * batchSize)...)
	for took, want := range map[time.Duration]struct {
		err   error
		added int
	}{
		59 * time.Second: {nil, batchSize},
		61 * time.Second: {context.Canceled, 0},
	} {
		t.Run(took.String(), func(t *testing.T) {
			q := &slow{took: took}
			e, stdout, stderr := r.pass(q)
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithCancel(t.Context())
				q.interrupt = interrupt
				require.ErrorIs(t, e.run(ctx, time.Minute), want.err)
				synctest.Wait()
			})
			assert.Len(t, q.added, want.added)
			assert.Equal(t, want.added, told(stdout.String(), `new, number \d+`))
			assert.Contains(t, stderr.String(), "Interrupt again to end at once")
			assert.False(t, e.lines.complete)
		})
	}
}

// queueing is the program in a process of its own. It has queued a batch and cannot go on:
// what it tells of that is more than a pipe holds, and is not read.
func queueing(t *testing.T, r *rig, db string) (cmd *exec.Cmd, stdout *bufio.Reader) {
	t.Helper()
	lines := make([]string, 2*batchSize+50)
	for i := range lines {
		lines[i] = fmt.Sprintf("auco,document,%01000d,Error,legal@example.com", i)
	}
	r.input(lines...)
	cmd = exec.CommandContext(t.Context(), os.Args[0], "-enqueue", db, r.path("in.csv"))
	cmd.Env = append(os.Environ(), asProgram+"=1")
	stderr, err := os.Create(r.path("stderr"))
	require.NoError(t, err)
	t.Cleanup(func() { stderr.Close() })
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	stdout = bufio.NewReader(out)
	line, err := stdout.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, 1, told(line, `new, number \d+`), line)
	return cmd, stdout
}

// queuesTheRest runs the program again after it ended with a batch in the database.
func (r *rig) queuesTheRest(db string) {
	r.t.Helper()
	assert.Len(r.t, inQueue(r.t, db), batchSize)
	got := r.run("-enqueue", db)
	assert.Zero(r.t, got.Exit)
	assert.Contains(r.t, got.Stdout, "    150  new\n    100  already queued\n")
	assert.Len(r.t, inQueue(r.t, db), 2*batchSize+50)
}

func TestASignalEndsQueueing(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig, db string) {
		cmd, stdout := queueing(t, r, db)
		require.NoError(t, cmd.Process.Signal(os.Interrupt))
		require.Eventually(t, func() bool {
			text, err := os.ReadFile(r.path("stderr"))
			return err == nil && bytes.Contains(text, []byte("nothing more is begun"))
		}, wait, tick)
		rest, err := io.ReadAll(stdout)
		require.NoError(t, err)
		var exit *exec.ExitError
		require.ErrorAs(t, cmd.Wait(), &exit)
		assert.Equal(t, exitInterrupted, exit.ExitCode())
		assert.Equal(t, batchSize-1, told(string(rest), `new, number \d+`))
		assert.Contains(t, string(rest), "    100  new\n")
		r.queuesTheRest(db)
	})
}

func TestQueueingOutlivesAKill(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig, db string) {
		cmd, stdout := queueing(t, r, db)
		require.NoError(t, cmd.Process.Kill())
		rest, err := io.ReadAll(stdout)
		require.NoError(t, err)
		require.Error(t, cmd.Wait())
		assert.Less(t, 1+told(string(rest), `new, number \d+`), batchSize)
		r.queuesTheRest(db)
	})
}

func TestTwoProgramsFillTheSameQueue(t *testing.T) {
	onBoth(t, func(t *testing.T, r *rig, db string) {
		r.input()
		require.Zero(t, r.run("-enqueue", db).Exit) // which makes the tables
		r.input(payments(250)...)
		var both [2]clitest.Outcome
		var wg sync.WaitGroup
		for i := range both {
			wg.Go(func() { both[i] = clitest.Run(t, r.program.run, r.env, "-enqueue", db, r.path("in.csv")) })
		}
		wg.Wait()
		added := 0
		for _, got := range both {
			assert.Zero(t, got.Exit, got.Stderr)
			n := told(got.Stdout, `new, number \d+`)
			assert.Equal(t, 250, n+told(got.Stdout, `already queued, number \d+`))
			added += n
		}
		assert.Equal(t, 250, added)
		assert.Len(t, inQueue(t, db), 250)
	})
}

func TestWhereTheDatabaseFailsTheBatchIsNotQueued(t *testing.T) {
	r := newRig(t)
	db := r.path("queue.db")
	r.input(payments(3 * batchSize)...)
	q, err := durable.OpenSQLite(t.Context(), db, workersOf(nil))
	require.NoError(t, err)
	require.NoError(t, q.Migrate(t.Context()))
	_, err = q.DB.ExecContext(t.Context(), `CREATE TRIGGER broken BEFORE INSERT ON unified_cancel_job
		WHEN NEW.thing = '150' BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END`)
	require.NoError(t, err)

	got := r.run("-enqueue", db)
	assert.Equal(t, exitFailed, got.Exit)
	assert.Contains(t, got.Stderr, "the disk is on fire")
	assert.Contains(t, got.Stderr, "what is listed is in the queue")
	assert.Equal(t, batchSize, told(got.Stdout, `new, number \d+`))
	assert.Len(t, inQueue(t, db), batchSize)

	_, err = q.DB.ExecContext(t.Context(), `DROP TRIGGER broken`)
	require.NoError(t, err)
	require.NoError(t, q.Close())
	got = r.run("-enqueue", db)
	assert.Zero(t, got.Exit)
	assert.Contains(t, got.Stdout, "    200  new\n    100  already queued\n")
}

func TestADatabaseThatCannotBeOpened(t *testing.T) {
	r := newRig(t)
	r.input(payment1)
	r.write("notes.txt", strings.Repeat("This is not a database. ", 100))
	before := r.read("notes.txt")
	require.NoError(t, os.Mkdir(r.path("folder"), 0o700))
	for name, c := range map[string]struct{ db, want string }{
		"a missing folder": {r.path("missing/queue.db"), "missing/queue.db: unable to open database file"},
		"a folder":         {r.path("folder"), "unable to open database file"},
		"another file":     {r.path("notes.txt"), "file is not a database"},
		"nobody there":     {"postgres://127.0.0.1:1/queue", "connection refused"},
		"an odd URL":       {"postgresql://127.0.0.1/queue?sslmode=perhaps", "sslmode is invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			got := r.run("-enqueue", c.db)
			assert.Equal(t, exitFailed, got.Exit)
			assert.Contains(t, got.Stderr, c.want)
			assert.Equal(t, 1, strings.Count(got.Stderr, "\n"), got.Stderr)
			assert.Empty(t, got.Stdout)
		})
	}
	assert.Equal(t, before, r.read("notes.txt"))
}

func TestAPasswordOfTheDatabaseIsNotShown(t *testing.T) {
	for name, db := range map[string]string{
		"nobody there":               "postgres://user:open%20s%65same@127.0.0.1:1/queue",
		"what cannot be parsed":      "postgres://user:open%zzsesame@127.0.0.1/queue",
		"a password with a slash":    "postgres://user:open/sesame@127.0.0.1/queue",
		"a password with a question": "postgres://user:open?sesame@127.0.0.1/queue",
		"a parameter":                "postgres://127.0.0.1/queue?sslmode=perhaps&password=open+sesame",
		"another parameter":          "postgres://127.0.0.1/queue?sslmode=perhaps&sslpassword=open%20sesame",
		"without a user":             "postgres://:open%20sesame@127.0.0.1:1/queue",
		"an odd port":                "postgres://user:open%20sesame@127.0.0.1:99999/queue",
		"a blank":                    "postgres://user:open%20sesame@127.0.0.1 /queue",
		"another database":           "mysql://user:opensesame@127.0.0.1/queue",
		"a scheme in capitals":       "POSTGRES://user:opensesame@127.0.0.1/queue",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.input(payment1)
			t.Chdir(r.folder)
			got := r.run("-enqueue", db)
			assert.Equal(t, exitFailed, got.Exit)
			assert.NotEmpty(t, got.Stderr)
			assert.NotRegexp(t, "(?i)open|s%?(65|e)same", got.Stdout+got.Stderr)
			files, err := os.ReadDir(r.folder)
			require.NoError(t, err)
			assert.Len(t, files, 1, "no file has that name")
		})
	}
	assert.Equal(t, "PostgreSQL at host:5432/queue", database("postgres://user:sesame@host:5432/queue?password=sesame").place())
	err := database("postgres://user:a%2Bb@host/queue?password=c%2Bd").hide(errors.New("a+b a%2Bb c+d c%2Bd\n\te"))
	require.EqualError(t, err, "REDACTED REDACTED REDACTED REDACTED e")
}

func TestFlagsThatDoNotGoWithEnqueue(t *testing.T) {
	listed := clitest.Run(t, program{}.run, nil, "-h").Stdout
	values := map[string]string{"resume": "", "dry-run": "", "yes": "", "concurrency": "8", "attempts": "3", "rate": "1"}
	flags := regexp.MustCompile(`(?m)^  -([a-z-]+)`).FindAllStringSubmatch(listed, -1)
	assert.Len(t, flags, len(idle)+2)
	for _, match := range flags {
		name := match[1]
		if name == "enqueue" || name == "format" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.input(payment1)
			args := []string{"-enqueue", r.path("queue.db"), "-" + name}
			if value, ok := values[name]; !ok {
				args = append(args, r.path("other"))
			} else if value != "" {
				args = append(args, value)
			}
			got := r.run(args...)
			assert.Equal(t, exitFailed, got.Exit)
			assert.Contains(t, got.Stderr, "bulk: -"+name+" does not go with -enqueue: ")
			assert.NoFileExists(t, r.path("queue.db"))
		})
	}
}

func TestADatabaseThatIsNone(t *testing.T) {
	r := newRig(t)
	r.input(payment1)
	before := r.read("in.csv")
	for name, c := range map[string]struct{ db, want string }{
		"none":                 {"", "must name"},
		"memory":               {":memory:", "must name"},
		"no URL":               {"host=db password=geheim", "as a URL alone"},
		"the input":            {r.path("in.csv"), "is the input"},
		"the input, otherwise": {r.folder + "/./in.csv", "is the input"},
		"another sort":         {"sqlite://queue.db", "begins with postgres://"},
	} {
		t.Run(name, func(t *testing.T) {
			got := r.run("-enqueue", c.db)
			assert.Equal(t, exitFailed, got.Exit)
			assert.Contains(t, got.Stderr, c.want)
			assert.Equal(t, before, r.read("in.csv"))
			assert.Empty(t, r.calls(), "nothing is sent for that")
		})
	}
	files, err := os.ReadDir(r.folder)
	require.NoError(t, err)
	assert.Len(t, files, 1)
}
