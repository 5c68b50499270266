package durable

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

const (
	speedWorker  = "CANCEL_TEST_SPEED_WORKER"
	speedCalls   = 256 // that a process makes at once
	speedRounds  = 3
	enqueuedOnce = 5000
)

// nothing is a job that does nothing.
type nothing struct {
	N int `json:"n"`
}

func (nothing) Kind() string { return "nothing" }

type idler struct{ river.WorkerDefaults[nothing] }

func (idler) Work(context.Context, *river.Job[nothing]) error { return nil }

// bare returns a client of River whose jobs do nothing.
func bare[TTx any](driver riverdriver.Driver[TTx]) (*river.Client[TTx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &idler{})
	return river.NewClient(driver, &river.Config{
		Workers: workers, Queues: map[string]river.QueueConfig{"default": {MaxWorkers: speedCalls}}, FetchCooldown: 20 * time.Millisecond,
	})
}

func instant() Config {
	config := of(&vendor{})
	config.Providers["v"] = Provider{Canceler: &vendor{}, Workers: speedCalls}
	return config
}

func payments(from, n int) []cancel.Request {
	reqs := make([]cancel.Request, n)
	for i := range reqs {
		reqs[i] = payment(strconv.Itoa(from + i))
	}
	return reqs
}

// workFast is a process that works: with River only, or with this package. It starts when
// its input says so.
func workFast(setup string) {
	what, address, _ := strings.Cut(setup, " ")
	var err error
	if strings.HasPrefix(address, "postgres:") {
		var q *Postgres
		if q, err = OpenPostgres(context.Background(), address, instant()); err == nil {
			err = startFast(what, q.Queue)
		}
	} else {
		var q *SQLite
		if q, err = OpenSQLite(context.Background(), address, instant()); err == nil {
			err = startFast(what, q.Queue)
		}
	}
	if err != nil {
		fatal{}.Fatal(err)
	}
	os.Exit(0) // it runs no tests
}

func startFast[TTx any](what string, q *Queue[TTx]) error {
	start := q.Start
	if what == "river" {
		client, err := bare(q.driver)
		if err != nil {
			return err
		}
		start = client.Start
	}
	fmt.Println("ready")
	input := bufio.NewReader(os.Stdin)
	if _, err := input.ReadString('\n'); err != nil {
		return err
	}
	if err := start(context.Background()); err != nil {
		return err
	}
	_, _ = input.ReadString('\n') // until it is killed
	return nil
}

// arena is a new database.
type arena[TTx any] struct {
	q       *Queue[TTx]
	address string
}

func arenaInFile(b *testing.B) arena[*sql.Tx] {
	b.Helper()
	path := file(b)
	q, _ := migrated(inFile(path))(b, instant())
	return arena[*sql.Tx]{q, path}
}

func arenaOnPostgres(b *testing.B) arena[pgx.Tx] {
	b.Helper()
	address := ownSchema(b)
	q, _ := migrated(atAddress(address))(b, instant())
	return arena[pgx.Tx]{q, address}
}

// enqueue enqueues n, and returns how many per second.
func (a arena[TTx]) enqueue(b *testing.B, what string, n int) float64 {
	b.Helper()
	client, err := bare(a.q.driver)
	require.NoError(b, err)
	jobs := make([]river.InsertManyParams, enqueuedOnce)
	for i := range jobs {
		jobs[i] = river.InsertManyParams{Args: nothing{i}}
	}
	began := time.Now()
	for done := 0; done < n; done += enqueuedOnce {
		if what == "river" {
			_, err = client.InsertMany(b.Context(), jobs)
		} else {
			_, err = a.q.Enqueue(b.Context(), payments(done, enqueuedOnce)...)
		}
		require.NoError(b, err)
	}
	return float64(n) / time.Since(began).Seconds()
}

// settle has processes work until all n are done, and returns how many per second.
func (a arena[TTx]) settle(b *testing.B, what string, n, processes int) float64 {
	b.Helper()
	a.enqueue(b, what, n)
	unfinished := `SELECT count(*) FROM (SELECT 1 FROM unified_cancel_job WHERE settled_at = 0 LIMIT 1) AS found`
	if what == "river" {
		unfinished = `SELECT count(*) FROM (SELECT 1 FROM river_job WHERE finalized_at IS NULL LIMIT 1) AS found`
	}
	var all sync.WaitGroup
	defer all.Wait()
	ctx, kill := context.WithCancel(b.Context())
	defer kill()
	for range processes {
		c := exec.CommandContext(ctx, os.Args[0])
		c.Env, c.Stderr = append(os.Environ(), speedWorker+"="+what+" "+a.address), os.Stderr
		in, err := c.StdinPipe()
		require.NoError(b, err)
		out, err := c.StdoutPipe()
		require.NoError(b, err)
		require.NoError(b, c.Start())
		all.Go(func() { _ = c.Wait() }) // it is killed
		_, err = bufio.NewReader(out).ReadString('\n')
		require.NoError(b, err)
		defer func() { _ = in.Close() }()
		_, err = in.Write([]byte("\n"))
		require.NoError(b, err)
	}
	began := time.Now()
	for left := 1; left > 0; time.Sleep(20 * time.Millisecond) {
		require.NoError(b, a.q.store.row(ctx, a.q.store.executor, unfinished).Scan(&left))
	}
	return float64(n) / time.Since(began).Seconds()
}

// contest reports the medians of what River and this package reach in turns, and of their
// ratios.
func contest(b *testing.B, measure func(b *testing.B, what string) float64) {
	b.Helper()
	var rivers, ours, ratios []float64
	for b.Loop() {
		for range speedRounds {
			rivers = append(rivers, measure(b, "river"))
			ours = append(ours, measure(b, "durable"))
			ratios = append(ratios, ours[len(ours)-1]/rivers[len(rivers)-1])
		}
	}
	for name, figures := range map[string][]float64{"river/s": rivers, "durable/s": ours, "ratio": ratios} {
		slices.Sort(figures)
		b.ReportMetric(figures[len(figures)/2], name)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkBesideRiver compares this package with bare River:
//
//	go test -run '^$' -bench BesideRiver -benchtime 1x .
func BenchmarkBesideRiver(b *testing.B) {
	for _, processes := range []int{1, 4} {
		b.Run(fmt.Sprintf("settled/PostgreSQL/processes=%d", processes), func(b *testing.B) {
			contest(b, func(b *testing.B, what string) float64 { return arenaOnPostgres(b).settle(b, what, 20_000, processes) })
		})
	}
	b.Run("settled/SQLite", func(b *testing.B) {
		contest(b, func(b *testing.B, what string) float64 { return arenaInFile(b).settle(b, what, 5000, 1) })
	})
	b.Run("enqueued/PostgreSQL", func(b *testing.B) {
		contest(b, func(b *testing.B, what string) float64 { return arenaOnPostgres(b).enqueue(b, what, 50_000) })
	})
	b.Run("enqueued/SQLite", func(b *testing.B) {
		contest(b, func(b *testing.B, what string) float64 { return arenaInFile(b).enqueue(b, what, 10_000) })
	})
}

// statements counts the statements that reach a PostgreSQL, and those that commit.
type statements struct {
	all, commits atomic.Int64
	mine         atomic.Int64 // about the tables of this package
}

func (s *statements) TraceQueryStart(ctx context.Context, c *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	s.all.Add(1)
	if strings.Contains(q.SQL, "unified_cancel") {
		s.mine.Add(1)
	}
	if sql := strings.ToLower(q.SQL); sql == "commit" || c.PgConn().TxStatus() == 'I' && !strings.HasPrefix(sql, "begin") {
		s.commits.Add(1)
	}
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// counted returns a Queue in a PostgreSQL whose statements are counted.
func counted(tb testing.TB, config Config) (*Queue[pgx.Tx], *statements) {
	tb.Helper()
	address := ownSchema(tb)
	migrated(atAddress(address))(tb, config)
	parsed, err := pgxpool.ParseConfig(address)
	require.NoError(tb, err)
	s := &statements{}
	parsed.ConnConfig.Tracer = s
	pool, err := pgxpool.NewWithConfig(tb.Context(), parsed)
	require.NoError(tb, err)
	tb.Cleanup(pool.Close)
	q, err := New(riverpgxv5.New(pool), config)
	require.NoError(tb, err)
	return q, s
}

// TestStatementsForOneCancellation limits the statements for one cancellation and for a
// thousand together.
func TestStatementsForOneCancellation(t *testing.T) {
	for _, n := range []int64{1, 1000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			q, s := counted(t, instant())
			enqueuing := s.all.Load()
			_, err := q.Enqueue(t.Context(), payments(0, int(n))...)
			require.NoError(t, err)
			enqueued, all, commits, mine := s.all.Load()-enqueuing, s.all.Load(), s.commits.Load(), s.mine.Load()
			stop := work(t, q)
			require.Eventually(t, func() bool {
				var left int
				err := q.driver.GetExecutor().QueryRow(t.Context(), `SELECT count(*) FROM unified_cancel_job WHERE settled_at = 0`).Scan(&left)
				s.all.Add(-1)
				s.mine.Add(-1)
				s.commits.Add(-1)
				return err == nil && left == 0
			}, patience, 20*time.Millisecond)
			stop()
			all, commits, mine = s.all.Load()-all, s.commits.Load()-commits, s.mine.Load()-mine
			t.Logf("%d: %d statements to enqueue, then %d statements of which %d are about the tables of this package, and %d commits",
				n, enqueued, all, mine, commits)
			assert.LessOrEqual(t, enqueued, int64(12))
			// River's own statements depend on the time that the machine takes.
			assert.LessOrEqual(t, mine, 20+n/2)
			assert.LessOrEqual(t, commits, 100+n)
		})
	}
}

// BenchmarkTenants measures a Queue with providers that have nothing to do, found by Lookup:
//
//	go test -run '^$' -bench Tenants -benchtime 1x .
func BenchmarkTenants(b *testing.B) {
	for _, n := range []int{10, 500, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			runtime.GC()
			goroutines := runtime.NumGoroutine()
			tenants := Config{Vendors: map[string]int{"v": 64}, Options: []cancel.Option{cancel.WithMaxAttempts(1)}}
			tenants.Lookup = func(_ context.Context, name string) (Provider, error) {
				return Provider{Canceler: &vendor{}, Vendor: "v"}, nil
			}
			q, s := counted(b, tenants)
			for b.Loop() {
				began := time.Now()
				require.NoError(b, q.Start(b.Context()))
				b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms-start")
				for i := range n {
					req := payment("1")
					req.Provider = strconv.Itoa(i)
					_, err := q.Enqueue(b.Context(), req)
					require.NoError(b, err)
				}
				require.Eventually(b, func() bool {
					counts, err := q.Counts(b.Context())
					return err == nil && counts[Done] == n
				}, patience, 100*time.Millisecond)
				time.Sleep(5 * time.Second) // until River has nothing to do
				idle := s.all.Load()
				time.Sleep(20 * time.Second)
				b.ReportMetric(float64(s.all.Load()-idle)/20, "queries/s")
				b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), "goroutines")
				runtime.GC()
				var memory runtime.MemStats
				runtime.ReadMemStats(&memory)
				b.ReportMetric(float64(memory.Sys-memory.HeapReleased)/1e6, "MB")
				require.NoError(b, q.Stop(b.Context()))
			}
		})
	}
}

// BenchmarkLatency is how long a cancellation takes that is enqueued while nothing else is
// to be done, in the process that works.
func BenchmarkLatency(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { latency(b, onSQLite(b)) })
	b.Run("PostgreSQL", func(b *testing.B) { latency(b, onPostgres(b)) })
}

func latency[TTx any](b *testing.B, db database[TTx]) {
	b.Helper()
	config, told := instant(), make(chan struct{}, 1)
	config.OnSettled = func(context.Context, Cancellation) error { told <- struct{}{}; return nil }
	q, _ := db(b, config)
	require.NoError(b, q.Start(b.Context()))
	n := 0
	for b.Loop() {
		n++
		_, err := q.Enqueue(b.Context(), payments(n, 1)...)
		require.NoError(b, err)
		<-told
	}
	require.NoError(b, q.Stop(b.Context()))
}
