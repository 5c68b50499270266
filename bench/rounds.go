package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// inFlight is how many calls are in flight at a time.
var inFlight = []int{1, 8, 64}

// lane is where a contestant runs: how many calls are in flight, and how long the vendor
// takes.
type lane struct {
	field, contestant string
	inFlight          int
	delay             time.Duration
}

// sample is what a lane cost in one round.
type sample struct {
	cost
	connections int64
}

// runner is a contestant in a lane, ready to run.
type runner struct {
	lane
	url string
	do  call
	n   int // of calls in a round
}

// sideBySide runs all contestants for so many rounds, each for so long, and adds what
// they cost to samples. The contestants of a field take turns, so that what else the
// machine does at the time befalls them alike.
func sideBySide(ctx context.Context, v *vendors, delay time.Duration, rounds int, each time.Duration, samples map[lane][]sample) error {
	for _, f := range fields {
		for _, n := range inFlight {
			if err := race(ctx, v, f, lane{field: f.name, inFlight: n, delay: delay}, rounds, each, samples); err != nil {
				return err
			}
		}
	}
	return nil
}

// race runs the contestants of a field in like lanes.
func race(ctx context.Context, v *vendors, f field, like lane, rounds int, each time.Duration, samples map[lane][]sample) error {
	runners := make([]*runner, len(f.contestants))
	for i, c := range f.contestants {
		like.contestant = c.name
		r := &runner{lane: like}
		var err error
		if r.url, err = v.open(vendorConfig{Delay: like.delay}); err != nil {
			return err
		}
		if r.do, err = c.dial(r.url); err != nil {
			return err
		}
		if r.n, err = calibrate(ctx, r.do, r.inFlight, each); err != nil {
			return fmt.Errorf("%s %s: %w", f.name, c.name, err)
		}
		runners[i] = r
	}
	for range rounds {
		rand.Shuffle(len(runners), func(i, j int) { runners[i], runners[j] = runners[j], runners[i] })
		for _, r := range runners {
			s, err := r.round(ctx, v)
			if err != nil {
				return fmt.Errorf("%s %s: %w", f.name, r.contestant, err)
			}
			samples[r.lane] = append(samples[r.lane], s)
		}
	}
	for _, r := range runners {
		if err := v.close(r.url); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) round(ctx context.Context, v *vendors) (sample, error) {
	before, _, err := v.count(r.url)
	if err != nil {
		return sample{}, err
	}
	c, err := measure(ctx, r.do, r.n, r.inFlight)
	if err != nil {
		return sample{}, err
	}
	after, _, err := v.count(r.url)
	return sample{c, after - before}, err
}

// benchmarks returns samples in the format of Go's benchmarks, which benchstat reads.
func benchmarks(samples map[lane][]sample, delays []time.Duration) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "goos: %s\ngoarch: %s\npkg: github.com/unified-cancel/cancel/bench\n", runtime.GOOS, runtime.GOARCH)
	for _, delay := range delays {
		for _, f := range fields {
			for _, n := range inFlight {
				for _, c := range f.contestants {
					for _, s := range samples[lane{f.name, c.name, n, delay}] {
						fmt.Fprintf(&text, "Benchmark%s/client=%s/vendor=%v/inflight=%d-%d %d %.0f ns/op %.0f cpu-ns/op %.0f B/op %.1f allocs/op %.4f conns/op\n",
							f.name, c.name, delay, n, runtime.GOMAXPROCS(0), s.n,
							s.per(float64(s.elapsed)), s.per(float64(s.cpu)), s.per(float64(s.bytes)), s.per(float64(s.allocs)), s.per(float64(s.connections)))
					}
				}
			}
		}
	}
	return text.Bytes()
}

// spread is a median, and the two values between which half of all lie.
type spread struct{ median, low, high float64 }

func spreadOf(values []float64) spread {
	values = slices.Sorted(slices.Values(values))
	at := func(share float64) float64 { // between its neighbours where it falls between two
		place := share * float64(len(values)-1)
		below := math.Floor(place)
		v := values[int(below)]
		return v + (place-below)*(values[int(math.Ceil(place))]-v)
	}
	return spread{at(0.5), at(0.25), at(0.75)}
}

// ratios returns, for each round, what a call costs one contestant in wall time over what
// it costs another, with the vendor that answers at once.
func ratios(samples map[lane][]sample, field, one, other string, n int) spread {
	ones, others := samples[lane{field, one, n, 0}], samples[lane{field, other, n, 0}]
	values := make([]float64, len(ones))
	for i := range ones {
		values[i] = ones[i].per(float64(ones[i].elapsed)) / others[i].per(float64(others[i].elapsed))
	}
	return spreadOf(values)
}

// allocations returns what a call allocates, with one in flight.
func allocations(samples map[lane][]sample, field, contestant string) spread {
	var values []float64
	for _, s := range samples[lane{field, contestant, 1, 0}] {
		values = append(values, s.per(float64(s.allocs)))
	}
	return spreadOf(values)
}
