package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// plan is how much is measured.
type plan struct {
	heats      int           // each with clients and connections of its own
	rounds     int           // of a heat, with the vendor that answers at once
	slowRounds int           // with the one that takes 20 ms
	each       time.Duration // of one contestant's part of a round
	times      int           // whatever else is measured more than once
	calls      int           // of which the connections are counted
	slowCalls  int           // to the vendor that takes 20 ms, through the adapter and through Client.All
	items      int           // of Client.All with the provider in the process
	few, many  int           // items of Client.All between which the heap may not grow
	documents  int
}

var full = plan{
	heats: 8, rounds: 8, slowRounds: 8, each: 80 * time.Millisecond, times: 7,
	calls: 10_000, slowCalls: 2_000, items: 200_000, few: 10_000, many: 5_000_000, documents: 10_000,
}

var smoke = plan{
	heats: 1, rounds: 3, slowRounds: 1, each: 20 * time.Millisecond, times: 1,
	calls: 1_000, slowCalls: 320, items: 10_000, few: 1_000, many: 50_000, documents: 1_000,
}

// results is what was measured.
type results struct {
	plan           plan
	sides          map[lane][]sample
	connections    map[string][]float64 // by adapter, for each of inFlight
	least, slow    spread               // of the floor and of the adapter, over the ideal
	all            spread               // over the adapter alone
	itemNS         spread
	itemAllocs     spread
	few, many      uint64   // live heap
	huge           []spread // for each of hugeAnswers
	documentsCalls int64
}

// delays are those of the vendors that the contestants are run against.
var delays = []time.Duration{0, slowVendor}

func (r *results) samples() []byte { return benchmarks(r.sides, delays) }

// measureAll measures what p asks for and tells of its progress.
func measureAll(ctx context.Context, v *vendors, p plan, progress io.Writer) (*results, error) {
	r := &results{plan: p, sides: map[lane][]sample{}, connections: map[string][]float64{}}
	steps := []struct {
		what string
		do   func() error
	}{
		{"side by side, a vendor that answers at once", func() error {
			for range p.heats {
				if err := sideBySide(ctx, v, 0, p.rounds, p.each, r.sides); err != nil {
					return err
				}
			}
			return nil
		}},
		{"side by side, a vendor that takes 20 ms", func() error {
			return sideBySide(ctx, v, slowVendor, p.slowRounds, p.each, r.sides)
		}},
		{"connections", func() error { return r.countConnections(ctx, v) }},
		{"many calls to a vendor that takes 20 ms", func() error { return r.measureSlow(ctx, v) }},
		{"Client.All, a provider in the process", func() error { return r.measureAllItems(ctx) }},
		{"memory of Client.All", func() (err error) {
			if r.few, err = liveHeap(ctx, p.few); err != nil {
				return err
			}
			r.many, err = liveHeap(ctx, p.many)
			return err
		}},
		{"answers of 64 MiB", func() error { return r.measureHuge(ctx, v) }},
		{"documents in groups", func() (err error) {
			r.documentsCalls, err = grouped(ctx, v, p.documents)
			return err
		}},
	}
	for i, step := range steps {
		began := time.Now()
		fmt.Fprintf(progress, "%d/%d %s: ", i+1, len(steps), step.what)
		if err := step.do(); err != nil {
			fmt.Fprintln(progress, "failed")
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
		fmt.Fprintln(progress, time.Since(began).Round(100*time.Millisecond))
	}
	return r, nil
}

func (r *results) countConnections(ctx context.Context, v *vendors) error {
	for _, a := range adapters {
		for _, n := range inFlight {
			opened, err := connections(ctx, v, a.dial, r.plan.calls, n)
			if err != nil {
				return err
			}
			r.connections[a.name] = append(r.connections[a.name], float64(opened))
		}
	}
	return nil
}

// mostConnections returns the most that any adapter opened, for each of inFlight.
func (r *results) mostConnections() []spread {
	most := make([]spread, len(inFlight))
	for _, opened := range r.connections {
		for i, n := range opened {
			most[i].median = max(most[i].median, n)
		}
	}
	return most
}

func (r *results) measureSlow(ctx context.Context, v *vendors) error {
	var least, overIdeal, overAlone []float64
	for range r.plan.times {
		floor, alone, all, err := slow(ctx, v, r.plan.slowCalls)
		if err != nil {
			return err
		}
		least, overIdeal, overAlone = append(least, floor), append(overIdeal, alone), append(overAlone, all/alone)
	}
	r.least, r.slow, r.all = spreadOf(least), spreadOf(overIdeal), spreadOf(overAlone)
	return nil
}

func (r *results) measureAllItems(ctx context.Context) error {
	var ns, allocs []float64
	for range r.plan.times {
		n, a, err := overhead(ctx, r.plan.items)
		if err != nil {
			return err
		}
		ns, allocs = append(ns, n), append(allocs, a)
	}
	r.itemNS, r.itemAllocs = spreadOf(ns), spreadOf(allocs)
	return nil
}

func (r *results) measureHuge(ctx context.Context, v *vendors) error {
	for _, kind := range hugeAnswers {
		var grown []float64
		for range r.plan.times {
			n, err := peakMemory(ctx, v, kind)
			if err != nil {
				return err
			}
			grown = append(grown, mib(n))
		}
		r.huge = append(r.huge, spreadOf(grown))
	}
	return nil
}

func mib[N int64 | uint64 | float64](bytes N) float64 { return float64(bytes) / (1 << 20) }

// row is a line of the table: a figure, or one for each of inFlight, and what it should
// be at most, or at least.
type row struct {
	Measure  string
	limits   []float64
	atLeast  bool
	decimals int
	unit     string
	measured []spread
}

func (r *results) rows() []row {
	compared := func(field, one, other string) []spread {
		var s []spread
		for _, n := range inFlight {
			s = append(s, ratios(r.sides, field, one, other, n))
		}
		return s
	}
	exactly := func(v float64) spread { return spread{v, v, v} }
	return []row{
		{"`factible` call / floor", []float64{1.5, 2.3, 2.0}, false, 2, "", compared("SOAP", ours, floor)},
		{"`factible` call / client by hand", []float64{0.85, 0.65, 0.65}, false, 2, "", compared("SOAP", ours, byHand)},
		{"gowsdl as shipped / `factible` call", []float64{12, 19, 19}, true, 1, "", compared("SOAP", gowsdlShipped, ours)},
		{"`payvalida` call / floor", []float64{1.12, 1.2, 1.2}, false, 2, "", compared("JSON", oursPayvalida, floor)},
		{"`auco` call / floor", []float64{1.12, 1.2, 1.2}, false, 2, "", compared("JSON", oursAuco, floor)},
		{"`payvalida` call / go-resty", []float64{0.95, 0.85, 0.85}, false, 2, "", compared("JSON", oursPayvalida, goResty)},
		{"`auco` call / go-resty", []float64{0.95, 0.85, 0.85}, false, 2, "", compared("JSON", oursAuco, goResty)},
		{"allocations per `factible` call", []float64{165}, false, 0, "", []spread{allocations(r.sides, "SOAP", ours)}},
		{"allocations per `payvalida` call", []float64{75}, false, 0, "", []spread{allocations(r.sides, "JSON", oursPayvalida)}},
		{"allocations per `auco` call", []float64{75}, false, 0, "", []spread{allocations(r.sides, "JSON", oursAuco)}},
		{"connections opened by " + grouping(r.plan.calls) + " calls", connectionLimits(), false, 0, "", r.mostConnections()},
		{grouping(r.plan.slowCalls) + " calls, 32 in flight, a vendor that takes 20 ms / ideal", []float64{1.08}, false, 3, "", []spread{r.slow}},
		{"the same with the floor's / ideal", nil, false, 3, "", []spread{r.least}},
		{"the same through `Client.All` / through the adapter", []float64{1.02}, false, 3, "", []spread{r.all}},
		{"an item of `Client.All` over a call of `Client.Cancel`, time", []float64{2}, false, 1, " µs", []spread{r.itemNS.times(1e-3)}},
		{"an item of `Client.All` over a call of `Client.Cancel`, allocations", []float64{4}, false, 1, "", []spread{r.itemAllocs}},
		{"live heap in `Client.All`, " + grouping(r.plan.many) + " requests over " + grouping(r.plan.few), []float64{1}, false, 2, " MiB",
			[]spread{exactly(max(0, mib(r.many)-mib(r.few)))}},
		{"memory for an answer of 64 MiB with HTTP 200 / with HTTP 500 / gzipped", []float64{6, 6, 6}, false, 1, " MiB", r.huge},
		{"calls of Auco for " + grouping(r.plan.documents) + " documents", []float64{float64(r.plan.documents) / 50}, false, 0, "",
			[]spread{exactly(float64(r.documentsCalls))}},
	}
}

// connectionLimits are how many connections there may be, for each of inFlight.
func connectionLimits() []float64 {
	var limits []float64
	for _, n := range inFlight {
		limits = append(limits, float64(n+2))
	}
	return limits
}

func (s spread) times(factor float64) spread {
	return spread{s.median * factor, s.low * factor, s.high * factor}
}

// Limits returns the limits in words, "" where there are none.
func (r row) Limits() string {
	if r.limits == nil {
		return ""
	}
	bound := "at most "
	if r.atLeast {
		bound = "at least "
	}
	return bound + r.join(r.limits)
}

// Measured returns the medians.
func (r row) Measured() string {
	var values []float64
	for _, s := range r.measured {
		values = append(values, s.median)
	}
	return r.join(values)
}

// Within returns between which values half of the rounds lie; "" where there is one alone.
func (r row) Within() string {
	var parts []string
	for _, s := range r.measured {
		if s.low == s.high {
			return ""
		}
		parts = append(parts, r.format(s.low)+"–"+r.format(s.high))
	}
	return strings.Join(parts, ", ")
}

// Reached says whether every median is within its limit, as they are printed; "" where
// there is none.
func (r row) Reached() string {
	if r.limits == nil {
		return ""
	}
	for i, s := range r.measured {
		var shown float64
		if _, err := fmt.Sscan(r.format(s.median), &shown); err != nil {
			return "no"
		}
		if r.atLeast && shown < r.limits[i] || !r.atLeast && shown > r.limits[i] {
			return "no"
		}
	}
	return "yes"
}

func (r row) join(values []float64) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, r.format(v))
	}
	return strings.Join(parts, " / ") + r.unit
}

func (r row) format(v float64) string { return fmt.Sprintf("%.*f", r.decimals, v) }

// grouping returns n with a comma between its thousands.
func grouping(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouping(n/1000), n%1000)
}
