package bench

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
)

// The first argument of this program in its other processes: the vendors, and the one whose
// memory is measured.
const (
	serveArgument  = "serve"
	memoryArgument = "memory"
)

// shared is the vendors' process. There is only one, because a process reads its trusted
// certificates once.
var shared *vendors

func TestMain(m *testing.M) {
	var err error
	switch {
	case len(os.Args) > 1 && os.Args[1] == serveArgument:
		err = serve(os.Stdin, os.Stdout)
	case len(os.Args) > 4 && os.Args[1] == memoryArgument:
		err = memory(os.Args[2], os.Args[3], os.Args[4])
	default:
		if shared, err = startVendors(context.Background()); err != nil {
			break
		}
		code := m.Run()
		if err = errors.Join(shared.stop(), goleak.Find()); err == nil {
			os.Exit(code)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// inFlight is the number of calls in flight at a time.
var inFlight = []int{1, 8, 64}

// run makes n calls, with so many in flight. It returns the first error that fails does not
// accept. A nil fails accepts no error.
func run(ctx context.Context, do call, n, inFlight int, fails func(error) bool) error {
	var (
		calls  sync.WaitGroup
		next   atomic.Int64
		failed atomic.Pointer[error]
	)
	for range min(inFlight, n) {
		calls.Go(func() {
			for next.Add(1) <= int64(n) && failed.Load() == nil {
				if err := do(ctx); err != nil && (fails == nil || !fails(err)) {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	calls.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// least returns many, or few in the short mode, whose figures mean nothing.
func least(few, many int) int {
	if testing.Short() {
		return few
	}
	return many
}

// BenchmarkCall has the time, the CPU time of this process and the allocations of each contestant,
// also for profiles:
//
//	go test -run '^$' -bench Call/SOAP/factible/1$ -memprofile mem.out -memprofilerate 1
func BenchmarkCall(b *testing.B) {
	for _, f := range fields {
		for _, c := range f.contestants {
			for _, n := range inFlight {
				b.Run(fmt.Sprintf("%s/%s/%d", f.name, c.name, n), func(b *testing.B) {
					do := c.dial(shared.open(b, Behaviour{}))
					require.NoError(b, run(b.Context(), do, 4*n, n, nil)) // opens the connections
					b.ReportAllocs()
					b.ResetTimer()
					began := cpuTime(b)
					require.NoError(b, run(b.Context(), do, b.N, n, nil))
					b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
				})
			}
		}
	}
}

// cpuTime returns the CPU time of this process, in nanoseconds. It depends less on other processes
// than the time of a call does.
func cpuTime(tb testing.TB) int64 {
	tb.Helper()
	var used syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return used.Utime.Nano() + used.Stime.Nano()
}

// BenchmarkRatio has the time of a call over the time of another contestant's call. The
// contestants take turns of a fraction of a second, in random order, so that they share the
// noise of the machine.
func BenchmarkRatio(b *testing.B) {
	for _, f := range fields {
		for _, n := range inFlight {
			b.Run(fmt.Sprintf("%s/%d", f.name, n), func(b *testing.B) { ratios(b, f, n) })
		}
	}
}

func ratios(b *testing.B, f field, inFlight int) {
	each := time.Duration(least(5, 80)) * time.Millisecond
	took := map[string]float64{} // of a call, in nanoseconds
	var turns []func()
	for _, c := range f.contestants {
		do, calls := c.dial(shared.open(b, Behaviour{})), 2*inFlight
		turn := func() time.Duration {
			runtime.GC()
			began := time.Now()
			require.NoError(b, run(b.Context(), do, calls, inFlight, nil), c.name)
			return time.Since(began) / time.Duration(calls)
		}
		turn() // opens the connections
		calls = max(calls, int(each/max(turn(), 1)))
		turns = append(turns, func() { took[c.name] += float64(turn()) })
	}
	for b.Loop() {
		rand.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
		for _, turn := range turns {
			turn()
		}
	}
	report(b, func(unit string) float64 {
		one, other, _ := strings.Cut(unit, "/")
		return took[one] / took[other]
	}, f.ratios...)
}

// report reports these metrics in place of the time of the benchmark.
func report(b *testing.B, value func(unit string) float64, units ...string) {
	b.ReportMetric(0, "ns/op")
	for _, unit := range units {
		b.ReportMetric(value(unit), unit)
	}
}

// The gate's limits do not depend on the machine.
var maxAllocations = map[string]float64{ours: 125, oursPayvalida: 95, oursAuco: 95}

// BenchmarkAllocations fails if a call allocates more than wanted.
func BenchmarkAllocations(b *testing.B) {
	for _, a := range adapters {
		b.Run(a.name, func(b *testing.B) {
			do := a.dial(shared.open(b, Behaviour{}))
			var fewest float64
			for b.Loop() {
				var counts []float64
				for range 5 { // the runtime empties its pools when it collects garbage
					counts = append(counts, testing.AllocsPerRun(500, func() { require.NoError(b, do(b.Context())) }))
				}
				fewest = slices.Min(counts)
			}
			report(b, func(string) float64 { return fewest }, "allocations")
			assert.LessOrEqual(b, fewest, maxAllocations[a.name])
		})
	}
}

// BenchmarkConnections fails if 10,000 calls with n in flight open more than 2n + 4 connections:
// net/http may open a connection while another becomes free.
func BenchmarkConnections(b *testing.B) {
	for _, a := range adapters {
		for _, n := range inFlight {
			b.Run(fmt.Sprintf("%s/%d", a.name, n), func(b *testing.B) {
				fewest, wanted := 1<<30, 2*n+4
				for b.Loop() {
					// On a busy machine a handshake takes long, and net/http opens further
					// connections meanwhile. A leak shows in every try.
					for try := 0; try < 5 && fewest > wanted; try++ {
						opened, err := connections(b, a.dial, 10_000, n)
						require.NoError(b, err)
						fewest = min(fewest, opened)
					}
				}
				report(b, func(string) float64 { return float64(fewest) }, "connections")
				assert.LessOrEqual(b, fewest, wanted)
			})
		}
	}
}

// connections returns the number of connections that so many calls open. The answers come with
// a length and chunked, with HTTP 200 and HTTP 500.
func connections(tb testing.TB, dial func(url string) call, calls, inFlight int) (int, error) {
	tb.Helper()
	url := shared.open(tb, Behaviour{Mixed: true})
	err := run(tb.Context(), dial(url), calls, inFlight, func(err error) bool {
		e, ok := errors.AsType[*cancel.Error](err)
		return ok && e.HTTPStatus == http.StatusInternalServerError
	})
	counts := shared.count(tb, url)
	if err == nil {
		require.EqualValues(tb, calls, counts.Calls)
	}
	return int(counts.Connections), err
}

// BenchmarkSlow has the time of calls to a vendor that takes 20 ms, over the ideal time, in
// which only the vendor takes time. The times include opening the connections.
func BenchmarkSlow(b *testing.B) {
	const delay, inFlight = 20 * time.Millisecond, 32
	calls := least(320, 2_000)
	each := func(dial func(url string) call) func(string) error {
		return func(url string) error { return run(b.Context(), dial(url), calls, inFlight, nil) }
	}
	took := map[string]float64{}
	for b.Loop() {
		took["ideal"] += float64(calls) / inFlight * float64(delay)
		for name, do := range map[string]func(url string) error{
			floor: each(dialFloor),
			ours:  each(dialFactible),
			"All": func(url string) error {
				return all(b.Context(), newFactible(url), calls, inFlight, func(int) cancel.Request { return invoiceRequest })
			},
		} { // in random order
			url := shared.open(b, Behaviour{Delay: delay})
			runtime.GC()
			began := time.Now()
			require.NoError(b, do(url))
			took[name] += float64(time.Since(began))
		}
	}
	report(b, func(unit string) float64 {
		one, other, _ := strings.Cut(unit, "/")
		return took[one] / took[other]
	}, "factible/ideal", "floor/ideal", "All/factible")
}

// all cancels n requests with Client.All. There must be n items, without an error.
func all(ctx context.Context, provider cancel.Canceler, n, concurrency int, request func(i int) cancel.Request) error {
	const name = "provider"
	client := cancel.NewClient(map[string]cancel.Canceler{name: provider}, cancel.WithConcurrency(concurrency))
	var requests iter.Seq[cancel.Request] = func(yield func(cancel.Request) bool) {
		for i := range n {
			req := request(i)
			req.Provider = name
			if !yield(req) {
				return
			}
		}
	}
	items := 0
	for item := range client.All(ctx, requests) {
		if item.Err != nil {
			return item.Err
		}
		items++
	}
	if items != n {
		return fmt.Errorf("%d items for %d requests", items, n)
	}
	return nil
}

// BenchmarkLiveHeap has the live heap of Client.All with 5,000,000 requests, less the live heap
// with 10,000.
func BenchmarkLiveHeap(b *testing.B) {
	var few, many uint64
	for b.Loop() {
		few, many = liveHeap(b, 10_000), liveHeap(b, least(50_000, 5_000_000))
	}
	report(b, func(string) float64 { return max(0, mib(float64(many)-float64(few))) }, "MiB")
}

func mib(bytes float64) float64 { return bytes / (1 << 20) }

// instant is a provider in this process that answers at once.
type instant struct{}

func (instant) Cancel(context.Context, cancel.Request) (cancel.Result, error) {
	return cancel.Result{State: cancel.Cancelled}, nil
}

// liveHeap returns the largest of twenty live heaps while Client.All cancels n requests.
func liveHeap(b *testing.B, n int) (peak uint64) {
	b.Helper()
	require.NoError(b, all(b.Context(), instant{}, n, 0, func(i int) cancel.Request {
		if i%(n/20) == 0 {
			runtime.GC()
			live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
			metrics.Read(live)
			peak = max(peak, live[0].Value.Uint64())
		}
		return paymentRequest
	}))
	return peak
}

// BenchmarkDocuments has the number of calls of Auco that Client.All makes for 10,000 documents.
func BenchmarkDocuments(b *testing.B) {
	var calls int64
	for b.Loop() {
		url := shared.open(b, Behaviour{})
		require.NoError(b, all(b.Context(), newAuco(url), 10_000, 0, func(i int) cancel.Request {
			req := documentRequest
			req.ID = documentPrefix + strconv.Itoa(i)
			return req
		}))
		calls = shared.count(b, url).Calls
	}
	report(b, func(string) float64 { return float64(calls) }, "calls")
}

// BenchmarkHugeAnswer has the memory that a process needs for an answer of 64 MiB. Each adapter
// runs in a process of its own.
func BenchmarkHugeAnswer(b *testing.B) {
	for _, kind := range []string{huge200, huge500, hugeGzip} {
		for _, a := range adapters {
			b.Run(kind+"/"+a.name, func(b *testing.B) {
				var grown float64
				for b.Loop() {
					command := exec.CommandContext(b.Context(), os.Args[0], memoryArgument, a.name,
						shared.open(b, Behaviour{}), shared.open(b, Behaviour{Huge: kind}))
					command.Stderr = os.Stderr
					out, err := command.Output()
					require.NoError(b, err)
					grown, err = strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
					require.NoError(b, err)
				}
				report(b, func(string) float64 { return mib(grown) }, "MiB")
			})
		}
	}
}

// memory is the process whose memory is measured. It prints the bytes by which a huge answer
// raises the peak of its memory.
func memory(adapter, small, huge string) error {
	i := slices.IndexFunc(adapters, func(c contestant) bool { return c.name == adapter })
	usual, do := adapters[i].dial(small), adapters[i].dial(huge)
	if err := run(context.Background(), usual, 20, 1, nil); err != nil {
		return err
	}
	before, err := peak()
	if err != nil {
		return err
	}
	if do(context.Background()) == nil {
		return errors.New("an answer of 64 MiB was taken for one")
	}
	after, err := peak()
	fmt.Println(after - before)
	return err
}

// peak returns the highest memory of this process so far, in bytes.
func peak() (bytes int64, err error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, found, _ := strings.Cut(string(text), "VmHWM:")
	_, err = fmt.Sscanf(found, "%d kB", &bytes)
	return bytes << 10, err
}

// The race detector allocates too, so the benchmarks run without it.
func TestBenchmarksRunAndLimitsHold(t *testing.T) {
	command := exec.CommandContext(t.Context(), "go", "test", "-race=false", "-short", "-run", "^$", "-bench", ".", "-benchtime", "1x")
	out, err := command.CombinedOutput()
	assert.NoError(t, err, "%s", out)
}
