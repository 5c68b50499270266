package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// inFlight is the number of calls in flight at a time.
var inFlight = []int{1, 8, 64}

// lane is the place of a contestant: its field and the number of calls in flight.
type lane struct {
	field, contestant string
	inFlight          int
}

// runner is a contestant in a lane, ready to run.
type runner struct {
	lane
	url string
	do  call
	n   int // calls in a round
}

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

// perCall returns the wall time of each of n calls.
func perCall(ctx context.Context, do call, n, inFlight int) (time.Duration, error) {
	runtime.GC()
	began := time.Now()
	err := run(ctx, do, n, inFlight, nil)
	return time.Since(began) / time.Duration(n), err
}

// allocationsOf returns the number of allocations of one call, with one in flight.
func allocationsOf(ctx context.Context, v *vendors, dial func(string) (call, error)) (int, error) {
	url, err := v.open(vendorConfig{})
	if err != nil {
		return 0, err
	}
	do, err := dial(url)
	if err != nil {
		return 0, err
	}
	fewest := math.Inf(1)
	for range 5 { // the runtime empties its pools when it collects garbage
		fewest = min(fewest, testing.AllocsPerRun(500, func() {
			if e := do(ctx); e != nil {
				err = e
			}
		}))
	}
	if err != nil {
		return 0, err
	}
	return int(fewest), v.close(url)
}

// sideBySide runs all contestants for so many rounds, each for so long, and adds the wall
// time of a call to times. The contestants of a field take turns, so that they share the noise
// of the machine.
func sideBySide(ctx context.Context, v *vendors, rounds int, each time.Duration, times map[lane][]float64) error {
	for _, f := range fields {
		for _, n := range inFlight {
			if err := race(ctx, v, f, n, rounds, each, times); err != nil {
				return err
			}
		}
	}
	return nil
}

// race runs the contestants of a field with the same number of calls in flight.
func race(ctx context.Context, v *vendors, f field, inFlight, rounds int, each time.Duration, times map[lane][]float64) error {
	runners := make([]*runner, len(f.contestants))
	for i, c := range f.contestants {
		r := &runner{lane: lane{f.name, c.name, inFlight}}
		var err error
		if r.url, err = v.open(vendorConfig{}); err != nil {
			return err
		}
		if r.do, err = c.dial(r.url); err != nil {
			return err
		}
		for range 2 { // the first time opens the connections
			took, err := perCall(ctx, r.do, 2*inFlight, inFlight)
			if err != nil {
				return fmt.Errorf("%s %s: %w", f.name, c.name, err)
			}
			r.n = max(2*inFlight, int(each/max(took, 1)))
		}
		runners[i] = r
	}
	for range rounds {
		rand.Shuffle(len(runners), func(i, j int) { runners[i], runners[j] = runners[j], runners[i] })
		for _, r := range runners {
			took, err := perCall(ctx, r.do, r.n, inFlight)
			if err != nil {
				return fmt.Errorf("%s %s: %w", f.name, r.contestant, err)
			}
			times[r.lane] = append(times[r.lane], float64(took))
		}
	}
	for _, r := range runners {
		if err := v.close(r.url); err != nil {
			return err
		}
	}
	return nil
}

// spread is a median, and the two values that half of all values lie between.
type spread struct{ median, low, high float64 }

func spreadOf(values []float64) spread {
	values = slices.Sorted(slices.Values(values))
	at := func(share float64) float64 { // interpolates between two neighbours
		place := share * float64(len(values)-1)
		below := math.Floor(place)
		v := values[int(below)]
		return v + (place-below)*(values[int(math.Ceil(place))]-v)
	}
	return spread{at(0.5), at(0.25), at(0.75)}
}

// ratios returns the wall time of a call of one contestant over the wall time
// of another, for each number of calls in flight. Each ratio is of two times of one round.
func ratios(times map[lane][]float64, field, one, other string) []spread {
	var all []spread
	for _, n := range inFlight {
		others := times[lane{field, other, n}]
		var values []float64
		for i, took := range times[lane{field, one, n}] {
			values = append(values, took/others[i])
		}
		all = append(all, spreadOf(values))
	}
	return all
}
