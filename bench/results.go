package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// plan says how much is measured.
type plan struct {
	heats     int           // each with new clients and connections
	rounds    int           // of a heat
	each      time.Duration // of one contestant's part of a round
	times     int           // repetitions of any other measurement
	calls     int           // whose connections are counted
	slowCalls int           // to the vendor that takes 20 ms
	few, many int           // items of Client.All between which the heap must not grow
	documents int
}

var full = plan{
	heats: 6, rounds: 8, each: 80 * time.Millisecond, times: 5,
	calls: 10_000, slowCalls: 2_000, few: 10_000, many: 5_000_000, documents: 10_000,
}

var smoke = plan{
	heats: 1, rounds: 3, each: 20 * time.Millisecond, times: 1,
	calls: 1_000, slowCalls: 320, few: 1_000, many: 50_000, documents: 1_000,
}

// results holds the measurements.
type results struct {
	plan           plan
	times          map[lane][]float64 // nanoseconds of a call in each round
	allocations    map[string]int     // by adapter
	connections    map[string][]int   // by adapter, for each of inFlight
	least, slow    spread             // of the floor and of the adapter, over the ideal
	all            spread             // over the adapter without a Client
	few, many      uint64             // live heap
	huge           []spread           // for each of hugeAnswers
	documentsCalls int64
}

// measureAll measures everything that p asks for and reports its progress.
func measureAll(ctx context.Context, v *vendors, p plan, progress io.Writer) (*results, error) {
	r := &results{plan: p, times: map[lane][]float64{}}
	steps := []struct {
		what string
		do   func() error
	}{
		{"side by side", func() error {
			for range p.heats {
				if err := sideBySide(ctx, v, p.rounds, p.each, r.times); err != nil {
					return err
				}
			}
			return nil
		}},
		{"allocations and connections", func() (err error) {
			if r.allocations, err = countAllocations(ctx, v); err != nil {
				return err
			}
			r.connections, err = countConnections(ctx, v, p.calls)
			return err
		}},
		{"many calls to a vendor that takes 20 ms", func() error { return r.measureSlow(ctx, v) }},
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

// countAllocations returns the allocations of a call of each adapter.
func countAllocations(ctx context.Context, v *vendors) (map[string]int, error) {
	counts := map[string]int{}
	for _, a := range adapters {
		n, err := allocationsOf(ctx, v, a.dial)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		counts[a.name] = n
	}
	return counts, nil
}

// maxTries limits how often connections are counted. On a busy machine a handshake takes long,
// and net/http opens further connections meanwhile. A leak shows in every try.
const maxTries = 5

// countConnections returns the connections that so many calls of each adapter open, for each
// of inFlight. It is the fewest of some tries, which end with the first one within the limit.
func countConnections(ctx context.Context, v *vendors, calls int) (map[string][]int, error) {
	counts := map[string][]int{}
	for _, a := range adapters {
		for i, n := range inFlight {
			fewest := calls
			for try := 0; try < maxTries && (try == 0 || fewest > int(connectionLimits()[i])); try++ {
				opened, err := connections(ctx, v, a.dial, calls, n)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", a.name, err)
				}
				fewest = min(fewest, int(opened))
			}
			counts[a.name] = append(counts[a.name], fewest)
		}
	}
	return counts, nil
}

// mostConnections returns the most that any adapter opened, for each of inFlight.
func (r *results) mostConnections() []spread {
	most := make([]spread, len(inFlight))
	for _, opened := range r.connections {
		for i, n := range opened {
			most[i].median = max(most[i].median, float64(n))
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

// row is a line of the table: a figure, or one for each of inFlight, and its limit.
type row struct {
	Measure  string
	limits   []float64
	atLeast  bool
	decimals int
	unit     string
	measured []spread
}

// maxAllocations limits the allocations of a call of each adapter.
var maxAllocations = map[string]int{ours: 125, oursPayvalida: 95, oursAuco: 95}

func (r *results) rows() []row {
	exactly := func(v float64) []spread { return []spread{{v, v, v}} }
	soap := func(one, other string) []spread { return ratios(r.times, "SOAP", one, other) }
	inJSON := func(one, other string) []spread { return ratios(r.times, "JSON", one, other) }
	rows := []row{
		{"`factible` call / floor", []float64{1.5, 2.3, 2.0}, false, 2, "", soap(ours, floor)},
		{"`factible` call / client by hand", []float64{0.85, 0.65, 0.65}, false, 2, "", soap(ours, byHand)},
		{"gowsdl as shipped / `factible` call", []float64{12, 19, 19}, true, 1, "", soap(gowsdlShipped, ours)},
		{"gowsdl kept alive / `factible` call", nil, true, 2, "", soap(gowsdlMended, ours)},
		{"`payvalida` call / floor", []float64{1.12, 1.2, 1.2}, false, 2, "", inJSON(oursPayvalida, floor)},
		{"`auco` call / floor", []float64{1.12, 1.2, 1.2}, false, 2, "", inJSON(oursAuco, floor)},
		{"`payvalida` call / client by hand", nil, false, 2, "", inJSON(oursPayvalida, byHand)},
		{"`payvalida` call / go-resty", []float64{0.95, 0.85, 0.85}, false, 2, "", inJSON(oursPayvalida, goResty)},
		{"`auco` call / go-resty", []float64{0.95, 0.85, 0.85}, false, 2, "", inJSON(oursAuco, goResty)},
		{"`payvalida` call / go-retryablehttp", nil, false, 2, "", inJSON(oursPayvalida, retryable)},
	}
	for _, a := range adapters {
		rows = append(rows, row{"allocations per `" + a.name + "` call", []float64{float64(maxAllocations[a.name])}, false, 0, "",
			exactly(float64(r.allocations[a.name]))})
	}
	return append(rows,
		row{"connections opened by " + grouping(r.plan.calls) + " calls", connectionLimits(), false, 0, "", r.mostConnections()},
		row{grouping(r.plan.slowCalls) + " calls, 32 in flight, a vendor that takes 20 ms / ideal", []float64{1.08}, false, 3, "", []spread{r.slow}},
		row{"the same with the floor's / ideal", nil, false, 3, "", []spread{r.least}},
		row{"the same through `Client.All` / through the adapter", []float64{1.02}, false, 3, "", []spread{r.all}},
		row{"live heap in `Client.All`, " + grouping(r.plan.many) + " requests over " + grouping(r.plan.few), []float64{1}, false, 2, " MiB",
			exactly(max(0, mib(r.many)-mib(r.few)))},
		row{"memory for an answer of 64 MiB with HTTP 200 / with HTTP 500 / gzipped", []float64{12, 12, 12}, false, 1, " MiB", r.huge},
		row{"calls of Auco for " + grouping(r.plan.documents) + " documents", []float64{float64(r.plan.documents) / 50}, false, 0, "",
			exactly(float64(r.documentsCalls))},
	)
}

// connectionLimits returns the number of connections that 10,000 calls may open, for each of
// inFlight.
func connectionLimits() []float64 {
	var limits []float64
	for _, n := range inFlight {
		limits = append(limits, float64(2*n+4))
	}
	return limits
}

// Limits returns the limits in words, "" without limits.
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

// Within returns the values that half of the rounds lie between, "" if there is only one round.
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

// Reached says whether every median, as it is printed, is within its limit. It returns ""
// without a limit.
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
