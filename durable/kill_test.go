package durable

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

const (
	killWorker = "CANCEL_TEST_KILL_WORKER"
	killReport = "CANCEL_TEST_REPORT" // a file that the report is added to
)

// killFaults are those that do not depend on how fast the machine is. A fault that is late
// needs a deadline, and on a busy machine the deadline also ends calls that were answered.
var killFaults = []canceltest.Fault{
	canceltest.Refuse, canceltest.ResetBeforeReading, canceltest.ResetAfterReading,
	canceltest.CutBody, canceltest.CutChunks, canceltest.HTML, canceltest.SOAPFault,
	canceltest.EndlessBody, canceltest.WrongCharset,
	canceltest.HTTP429, canceltest.HTTP500, canceltest.HTTP502, canceltest.HTTP503, canceltest.HTTP504,
	canceltest.CarriedOutThenDropped, canceltest.CarriedOutThenReset,
	canceltest.CarriedOutThenCutBody, canceltest.CarriedOutThenCutChunks, canceltest.CarriedOutThenHTML,
	canceltest.CarriedOutThenHTTP500, canceltest.CarriedOutThenHTTP502, canceltest.CarriedOutThenHTTP504,
	canceltest.CarriedOutThenSOAPFault, canceltest.CarriedOutThenEndlessBody, canceltest.CarriedOutThenWrongCharset,
}

// TestKill has worker processes killed at random moments while they cancel at vendors that
// fail, for several accounts at each vendor, in batches if the vendor takes them, and while
// Wake is called at random. It compares the vendors' ledgers and logs with the outcomes.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED: workers that are killed, for this is a short run")
	}
	seed := uint64(time.Now().UnixNano())
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		path := file(t)
		q := open(t, path, killConfig(t, killSetup{}))
		t.Cleanup(func() { require.NoError(t, q.Close()) })
		see(t, q.Queue, killSetup{Path: path}, killing(2), seed)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		url := ownSchema(t)
		q, err := OpenPostgres(t.Context(), url, killConfig(t, killSetup{}))
		require.NoError(t, err)
		t.Cleanup(q.Close)
		require.NoError(t, q.Migrate(t.Context()))
		see(t, q.Queue, killSetup{URL: url}, killing(3), seed)
	})
}

// load is what see does.
type load struct {
	jobs    int
	workers int     // processes
	share   float64 // of the vendors' calls that fail
	times   int     // that fault is called, while calls are being made
	fault   func()  // nil kills a worker and starts another one
	// broken says that the database may fail meanwhile. The test then repeats its own calls
	// until they succeed.
	broken bool
}

// killing kills workers.
func killing(workers int) load { return load{jobs: 2000, workers: workers, share: 0.1, times: 20} }

// killSetup is the setup of a worker process.
type killSetup struct {
	Path, URL string // of the database; one of them
	Told      string // the file that OnSettled writes to
	Factible, Payvalida, Auco,
	Password, FixedHash, PrivateKey, PublicKey string
	User, Merchant string
	PerSecond      float64 // calls of each account by each process
}

// killTenants is how many accounts there are at each vendor.
const killTenants = 3

// tenant returns the name of an account at a vendor.
func tenant(vendor string, i int) string { return fmt.Sprintf("%s-%d", vendor, i%killTenants) }

// vendorOf returns the vendor of an account.
func vendorOf(tenant string) string {
	vendor, _, _ := strings.Cut(tenant, "-")
	return vendor
}

// killConfig is the Config of all processes, which look up each account by its name. If the
// setup has no vendors nobody works with it.
func killConfig(t interface{ Fatal(...any) }, s killSetup) Config {
	options := cancel.ClientOptions{Timeout: time.Minute, MaxResponseBytes: 64 << 10}
	must := func(c cancel.Canceler, err error) cancel.Canceler {
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	nowhere := "http://127.0.0.1:1"
	invoices := must(factible.New(factible.Config{
		Username: cmp.Or(s.User, "u"), Password: cancel.NewSecret(cmp.Or(s.Password, "p")),
		Endpoint: cmp.Or(s.Factible, nowhere), Options: options,
	}))
	payments := must(payvalida.New(payvalida.Config{
		Merchant: cmp.Or(s.Merchant, "m"), FixedHash: cancel.NewSecret(cmp.Or(s.FixedHash, "h")),
		Endpoint: cmp.Or(s.Payvalida, nowhere), Options: options,
	}))
	documents := must(auco.New(auco.Config{
		PrivateKey: cancel.NewSecret(cmp.Or(s.PrivateKey, "prk_x")), PublicKey: cancel.NewSecret(cmp.Or(s.PublicKey, "puk_x")),
		Endpoint: cmp.Or(s.Auco, nowhere), Options: options,
		MaxBatch: 3, // so that many batches are under way
	}))
	vendors := map[string]cancel.Canceler{"factible": invoices, "payvalida": payments, "auco": documents}
	return Config{
		Lookup: func(_ context.Context, name string) (Provider, error) {
			vendor := vendorOf(name)
			if vendors[vendor] == nil {
				return Provider{}, ErrNoProvider
			}
			return Provider{Canceler: vendors[vendor], Vendor: vendor, Workers: 6, PerSecond: s.PerSecond}, nil
		},
		Vendors: map[string]int{"factible": 6, "payvalida": 6, "auco": 6},
		Options: []cancel.Option{
			cancel.WithMaxAttempts(2),
			cancel.WithBackoff(5*time.Millisecond, 20*time.Millisecond),
		},
		Timeout:  30 * time.Second,
		Retry:    Span{First: 100 * time.Millisecond, Longest: time.Second},
		Poll:     Span{First: 200 * time.Millisecond, Longest: time.Second},
		DoubtFor: 5 * time.Second,
	}
}

// fatal is a worker's end that is not its being killed.
type fatal struct{}

func (fatal) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}

// workUntilKilled is a worker process.
func workUntilKilled(setup string) {
	var t fatal
	var s killSetup
	if err := json.Unmarshal([]byte(setup), &s); err != nil {
		t.Fatal(err)
	}
	told, err := os.OpenFile(s.Told, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	config := killConfig(t, s)
	config.OnSettled = func(_ context.Context, c Cancellation) error {
		_, err := fmt.Fprintf(told, "%d %s\n", c.ID, c.State)
		return err
	}
	ctx := context.Background()
	if s.URL != "" {
		q, err := OpenPostgres(ctx, s.URL, config)
		if err == nil {
			err = q.Start(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	} else {
		q, err := OpenSQLite(ctx, s.Path, config)
		if err == nil {
			err = q.Start(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	select {}
}

// killVendors are the simulators.
type killVendors struct {
	factible  *factibletest.Simulator
	payvalida *payvalidatest.Simulator
	auco      *aucotest.Simulator
}

// odd are the things that their vendor does not hold.
func odd(i int) bool { return i%50 == 7 }

// request returns the i-th request, and makes its vendor hold the thing.
func (v killVendors) request(i int) cancel.Request {
	switch i % 5 {
	case 0, 1:
		id := fmt.Sprintf("00000000-0000-4000-8000-%012x", i)
		if !odd(i) {
			v.factible.Register(id)
		}
		if i%5 == 0 {
			return cancel.Request{Provider: tenant("factible", i), Kind: cancel.PrimarySectorInvoice, ID: id}
		}
		return cancel.Request{Provider: tenant("factible", i), Kind: cancel.Invoice, ID: id, Motive: "02", Issuer: "EKU9003173C9"}
	case 2, 3:
		kind := []cancel.Kind{cancel.Payment, cancel.PreAuthorization}[i%2]
		id := fmt.Sprint(1_000_000 + i)
		if !odd(i) {
			v.payvalida.Register(kind, id)
		}
		return cancel.Request{Provider: tenant("payvalida", i), Kind: kind, ID: id}
	default:
		id := fmt.Sprintf("TR%08d", i)
		if !odd(i) {
			v.auco.Register(id)
		}
		return cancel.Request{
			Provider: tenant("auco", i), Kind: cancel.Document, ID: id,
			Reason: "Contrato sustituido", RequestedBy: "legal@example.com",
		}
	}
}

// isCancelled asks the vendor's ledger.
func (v killVendors) isCancelled(req cancel.Request) bool {
	switch vendorOf(req.Provider) {
	case "factible":
		return v.factible.IsCancelled(req.ID)
	case "payvalida":
		return v.payvalida.IsCancelled(req.ID)
	default:
		return v.auco.IsCancelled(req.ID)
	}
}

func (v killVendors) servers() map[string]*canceltest.Server {
	return map[string]*canceltest.Server{"factible": v.factible.Server, "payvalida": v.payvalida.Server, "auco": v.auco.Server}
}

func (v killVendors) calls() (n int) {
	for _, s := range v.servers() {
		n += len(s.Calls())
	}
	return n
}

// recipients answer registered cancellations until done: one in three refuses.
func (v killVendors) recipients(reqs []cancel.Request, done <-chan struct{}) {
	answered := map[string]bool{}
	for {
		for i, req := range reqs {
			if req.Kind != cancel.Invoice || answered[req.ID] || !v.factible.IsRegistered(req.ID) {
				continue
			}
			answered[req.ID] = true
			if i%3 == 0 {
				v.factible.Refuse(req.ID)
			} else {
				v.factible.Accept(req.ID)
			}
		}
		select {
		case <-done:
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// worker is a process.
func (s killSetup) worker(t *testing.T) *exec.Cmd {
	setup, err := json.Marshal(s)
	require.NoError(t, err)
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), killWorker+"="+string(setup))
	c.Stderr = os.Stderr
	require.NoError(t, c.Start())
	return c
}

// see has worker processes see cancellations through while something goes wrong, and
// compares the vendors' ledgers and logs with the database and the calls of OnSettled. It
// returns the texts of errors that the database led to.
func see[TTx any](t *testing.T, q *Queue[TTx], setup killSetup, l load, seed uint64) (errs map[string]int) {
	ctx := t.Context()
	chance := rand.New(rand.NewPCG(seed, uint64(l.workers)))
	v := killVendors{factibletest.New(), payvalidatest.New(), aucotest.New()}
	for _, s := range v.servers() {
		t.Cleanup(s.Close)
		s.LogLimit(1 << 20)
		s.FailAtRandom(l.share, seed, killFaults...)
	}
	f, p, a := v.factible.Config(), v.payvalida.Config(), v.auco.Config()
	setup.Factible, setup.Payvalida, setup.Auco = f.Endpoint, p.Endpoint, a.Endpoint
	setup.User, setup.Password = f.Username, revealed(f.Password)
	setup.Merchant, setup.FixedHash = p.Merchant, revealed(p.FixedHash)
	setup.PrivateKey, setup.PublicKey = revealed(a.PrivateKey), revealed(a.PublicKey)
	// Slow enough for all to be under way while something goes wrong.
	setup.PerSecond = 30 / float64(l.workers*killTenants)
	setup.Told = filepath.Join(t.TempDir(), "told")
	require.NoError(t, os.WriteFile(setup.Told, nil, 0o600))

	reqs := make([]cancel.Request, l.jobs)
	for i := range reqs {
		reqs[i] = v.request(i)
	}
	said := &errorTexts{}
	// ask repeats f until it succeeds, if the database may fail.
	ask := func(f func() error) (times int) {
		for times = 1; ; times++ {
			err := f()
			if err == nil {
				return times
			}
			require.True(t, l.broken, err)
			said.add(err)
			time.Sleep(100 * time.Millisecond)
		}
	}
	add := func(reqs []cancel.Request) {
		for page := range slices.Chunk(reqs, 100) {
			again := slices.Clone(page)
			for i := range again {
				if vendorOf(again[i].Provider) == "factible" {
					again[i].ID = strings.ToUpper(again[i].ID)
				}
			}
			var tickets []Ticket
			times := ask(func() (err error) {
				tickets, err = q.Enqueue(ctx, append(slices.Clone(page), again...)...)
				return err
			})
			for i := range page {
				require.True(t, tickets[i].New || times > 1, "it may have been committed although the connection broke")
				require.False(t, tickets[len(page)+i].New)
				require.Equal(t, tickets[i].ID, tickets[len(page)+i].ID)
			}
		}
	}
	// Half are there when the workers start, the others come meanwhile.
	add(reqs[:l.jobs/2])
	rest := reqs[l.jobs/2:]
	done := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() { v.recipients(reqs, done) })
	others.Go(func() {
		wake(q, reqs, rand.New(rand.NewPCG(seed, 0)), done, func(err error) {
			assert.True(t, l.broken, err)
			said.add(err)
		})
	})
	defer func() { close(done); others.Wait() }()

	processes := make([]*exec.Cmd, l.workers)
	end := func(i int) {
		_ = processes[i].Process.Kill()
		_ = processes[i].Wait() // says that it was killed
	}
	for i := range processes {
		processes[i] = setup.worker(t)
	}
	defer func() {
		for i := range processes {
			end(i)
		}
	}()
	fault := l.fault
	if fault == nil {
		fault = func() {
			victim := chance.IntN(l.workers)
			end(victim)
			processes[victim] = setup.worker(t)
		}
	}
	r := report{t: t, load: l, vendors: v, seed: seed}
	for n := range l.times {
		// While calls are being made, which is when it hurts, and at a random moment of one.
		enough := v.calls() + 1 + chance.IntN(l.jobs*3/5/l.times)
		tick := time.Millisecond + time.Duration(chance.Int64N(int64(5*time.Millisecond)))
		require.Eventually(t, func() bool { return v.calls() >= enough }, 10*time.Minute, tick)
		r.faultsAt = append(r.faultsAt, time.Now())
		fault()
		part := rest[:len(rest)/(l.times-n)]
		rest = rest[len(part):]
		add(part)
	}
	add(rest)
	var counts map[State]int
	settled := func() bool {
		ask(func() (err error) { counts, err = q.Counts(ctx); return err })
		return counts[Queued]+counts[Sending]+counts[InDoubt]+counts[Pending] == 0
	}
	require.Eventually(t, settled, 20*time.Minute, 250*time.Millisecond, "all is settled")
	told := func() bool { r.told = readTold(t, setup.Told); return len(r.told) == l.jobs }
	require.Eventually(t, told, 20*time.Minute, 250*time.Millisecond, "all is told")

	for i, req := range reqs {
		var c Cancellation
		ask(func() (err error) { c, err = q.Find(ctx, req); return err })
		r.judge(i, req, c)
	}
	r.print(counts, said.texts)
	return said.texts
}

// errorTexts collects what errors say.
type errorTexts struct {
	mu    sync.Mutex
	texts map[string]int
}

var port = regexp.MustCompile(`:\d{4,5}\b`)

func (e *errorTexts) add(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.texts == nil {
		e.texts = map[string]int{}
	}
	e.texts[port.ReplaceAllString(err.Error(), "")]++
}

// wake calls Wake for requests at random, until done.
func wake[TTx any](q *Queue[TTx], reqs []cancel.Request, chance *rand.Rand, done <-chan struct{}, failed func(error)) {
	for {
		select {
		case <-done:
			return
		case <-time.After(time.Duration(chance.Int64N(int64(20 * time.Millisecond)))):
		}
		err := q.Wake(context.Background(), reqs[chance.IntN(len(reqs))])
		if err != nil && !errors.Is(err, ErrNoCancellation) { // which is settled, or not enqueued yet
			failed(err)
		}
	}
}

func readTold(t *testing.T, path string) map[int64][]State {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	told := map[int64][]State{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var id int64
		var s State
		if _, err := fmt.Sscan(lines.Text(), &id, &s); err == nil {
			told[id] = append(told[id], s)
		}
	}
	return told
}

// report compares the outcome of each request with its vendor's ledger.
type report struct {
	t        *testing.T
	load     load
	vendors  killVendors
	faultsAt []time.Time
	told     map[int64][]State
	seed     uint64

	logs               map[string][]canceltest.Call // by ID in lower case
	resent, answered   int
	toldTwice, doubted int
}

func (r *report) judge(i int, req cancel.Request, c Cancellation) {
	t := r.t
	cancelled := r.vendors.isCancelled(req)
	switch c.State {
	case Done:
		assert.True(t, cancelled, "%s is done and not cancelled", req.ID)
	case Failed:
		assert.False(t, cancelled, "%s has failed and is cancelled", req.ID)
	case Unknown:
		// The vendor always refuses a thing that it does not hold. A refusal ends no doubt, and
		// some refusals are not documented.
		assert.True(t, odd(i), "%s is held, so that it can be known: %v", req.ID, c.Err())
		assert.True(t, !c.DoubtSince.IsZero() || errors.Is(c.Err(), cancel.ErrUnexpected),
			"%s is unknown and was never in doubt: %v", req.ID, c.Err())
	default:
		assert.Fail(t, "not settled", "%s is %s", req.ID, c.State)
	}
	if assert.NotEmpty(t, r.told[c.ID], "%s is told", req.ID) {
		for _, s := range r.told[c.ID] {
			assert.Equal(t, c.State, s, req.ID)
		}
		if len(r.told[c.ID]) > 1 {
			r.toldTwice++
		}
	}
	if !c.DoubtSince.IsZero() {
		r.doubted++
	}
	r.rules(i, req, c)
}

// rules looks at the calls that the vendor has heard about req.
func (r *report) rules(i int, req cancel.Request, c Cancellation) {
	if r.logs == nil {
		r.logs = map[string][]canceltest.Call{}
		for _, s := range r.vendors.servers() {
			for _, call := range s.Calls() {
				for _, id := range call.IDs {
					id, _, _ = strings.Cut(strings.ToLower(id), "|")
					r.logs[id] = append(r.logs[id], call)
				}
			}
		}
	}
	var last *canceltest.Call
	known, carried := false, 0 // a status was answered since
	for _, call := range r.logs[strings.ToLower(req.ID)] {
		if call.Carried {
			carried++
		}
		if strings.HasPrefix(call.Op, "getStatus") || strings.HasPrefix(call.Op, "GET ") {
			known = known || call.Fault == ""
			continue
		}
		if last != nil {
			r.resent++
			certain := last.Fault == canceltest.HTTP429 || last.Fault == canceltest.HTTP503 || last.Fault == canceltest.Refuse
			// The worker of the last call died between the two, or could not record the answer.
			lost := slices.ContainsFunc(r.faultsAt, func(at time.Time) bool {
				return at.After(last.At.Add(-time.Minute)) && at.Before(call.At)
			})
			if last.Fault == "" {
				refused := odd(i) && !c.DoubtSince.IsZero() // which was not believed
				assert.True(r.t, lost || refused,
					"%s is sent again although it was answered: %v", req.ID, c.Evidence)
				r.answered++
			}
			if !certain && vendorOf(req.Provider) != "payvalida" {
				assert.True(r.t, known, "%s is sent again after %q without asking for its status", req.ID, last.Fault)
			}
		}
		last, known = &call, false
	}
	assert.LessOrEqual(r.t, carried, 1, "%s is carried out more than once", req.ID)
}

func (r *report) print(counts map[State]int, said map[string]int) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: seed %d\n", r.t.Name(), r.seed)
	fmt.Fprintf(&b, "  %d jobs, %d faults, %d in doubt at some time\n", r.load.jobs, len(r.faultsAt), r.doubted)
	for name, s := range r.vendors.servers() {
		calls, faults, batches := s.Calls(), 0, 0
		for _, call := range calls {
			if call.Fault != "" {
				faults++
			}
			if len(call.IDs) > 1 {
				batches++
			}
		}
		assert.True(r.t, name != "auco" || batches > 0, "Auco gets batches")
		fmt.Fprintf(&b, "  %s heard %d calls, %d of them batches, and failed %d\n", name, len(calls), batches, faults)
	}
	fmt.Fprintf(&b, "  %d sent again by the rules, %d of them though there had been an answer, for its worker had died or it was not to be believed\n", r.resent, r.answered)
	for _, s := range States() {
		if counts[s] > 0 {
			fmt.Fprintf(&b, "  %d are %s\n", counts[s], s)
		}
	}
	fmt.Fprintf(&b, "  all told, %d of them more than once\n", r.toldTwice)
	for text, times := range said {
		fmt.Fprintf(&b, "  %d times: %s\n", times, text)
	}
	r.t.Log(b.String())
	if path := os.Getenv(killReport); path != "" {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		require.NoError(r.t, err)
		defer func() { require.NoError(r.t, f.Close()) }()
		_, err = f.WriteString(b.String())
		require.NoError(r.t, err)
	}
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
