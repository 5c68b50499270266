package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// cost is what n calls cost this process.
type cost struct {
	n             int
	elapsed, cpu  time.Duration
	allocs, bytes uint64
}

// per returns v for each of the calls.
func (c cost) per(v float64) float64 { return v / float64(c.n) }

// meter measures from its start.
type meter struct {
	memory runtime.MemStats
	cpu    time.Duration
	began  time.Time
}

func startMeter() *meter {
	runtime.GC()
	m := new(meter)
	runtime.ReadMemStats(&m.memory)
	m.cpu, m.began = cpuTime(), time.Now()
	return m
}

// stop returns what n calls have cost since the start.
func (m *meter) stop(n int) cost {
	c := cost{n: n, elapsed: time.Since(m.began), cpu: cpuTime() - m.cpu}
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	c.allocs, c.bytes = now.Mallocs-m.memory.Mallocs, now.TotalAlloc-m.memory.TotalAlloc
	return c
}

// cpuTime returns what this process has had of the processors, in user and kernel mode.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(fmt.Sprint("getrusage: ", err)) // it cannot fail with these arguments
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// run makes n calls, with so many in flight. Its error is the first that fails accepts
// not; a nil fails accepts none.
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

// measure returns what n calls cost, with so many in flight.
func measure(ctx context.Context, do call, n, inFlight int) (cost, error) {
	m := startMeter()
	err := run(ctx, do, n, inFlight, nil)
	return m.stop(n), err
}

// calibrate returns how many calls take as long as wanted, with so many in flight. It
// opens the connections that they need.
func calibrate(ctx context.Context, do call, inFlight int, wanted time.Duration) (int, error) {
	n := 2 * inFlight
	if err := run(ctx, do, n, inFlight, nil); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := run(ctx, do, n, inFlight, nil); err != nil {
		return 0, err
	}
	each := time.Since(began) / time.Duration(n)
	return max(2*inFlight, int(wanted/max(each, 1))), nil
}
