package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// held is a figure that does not depend on the machine. The gate compares it.
type held struct {
	What string
	Most int
}

// held returns the figures that the document states. They are the limits, and not the
// measurements, because the runtime and the machine's load change some of these.
func (r *results) held() []held {
	return stated(func(a string) int { return maxAllocations[a] }, func(_ string, i int) int { return int(connectionLimits()[i]) })
}

// stated returns the figures by adapter, and for connections by the index of inFlight.
func stated(allocations func(adapter string) int, connections func(adapter string, i int) int) []held {
	var all []held
	for _, a := range adapters {
		all = append(all, held{"allocations per call of " + a.name, allocations(a.name)})
	}
	for _, a := range adapters {
		for i, n := range inFlight {
			all = append(all, held{fmt.Sprintf("connections of %s, %d in flight", a.name, n), connections(a.name, i)})
		}
	}
	return all
}

// check measures the figures that the gate compares, and compares them with the document. Its
// error names each figure that exceeds the document's.
func check(ctx context.Context, v *vendors, path string, out io.Writer) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	limits, err := parseHeld(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	measured, err := measureHeld(ctx, v)
	if err != nil {
		return err
	}
	for _, m := range measured {
		fmt.Fprintf(out, "%s: %d\n", m.What, m.Most)
	}
	return exceeds(limits, measured)
}

// measureHeld measures the figures that the gate compares.
func measureHeld(ctx context.Context, v *vendors) ([]held, error) {
	allocations, err := countAllocations(ctx, v)
	if err != nil {
		return nil, err
	}
	connections, err := countConnections(ctx, v, full.calls)
	if err != nil {
		return nil, err
	}
	return stated(func(a string) int { return allocations[a] }, func(a string, i int) int { return connections[a][i] }), nil
}

var heldRow = regexp.MustCompile(`(?m)^\| ((?:allocations per call|connections) of [^|]+) \| ([0-9,]+) \|$`)

// parseHeld reads the figures of the document.
func parseHeld(text string) ([]held, error) {
	var limits []held
	for _, cells := range heldRow.FindAllStringSubmatch(text, -1) {
		most, err := strconv.Atoi(strings.ReplaceAll(cells[2], ",", ""))
		if err != nil {
			return nil, err
		}
		limits = append(limits, held{cells[1], most})
	}
	if len(limits) == 0 {
		return nil, errors.New("it states no figure for the gate")
	}
	return limits, nil
}

// exceeds returns an error that names each measurement that is higher than stated, or not
// stated.
func exceeds(limits, measured []held) error {
	most := map[string]int{}
	for _, s := range limits {
		most[s.What] = s.Most
	}
	var complaints []error
	for _, m := range measured {
		switch limit, ok := most[m.What]; {
		case !ok:
			complaints = append(complaints, fmt.Errorf("%s: the document states nothing", m.What))
		case m.Most > limit:
			complaints = append(complaints, fmt.Errorf("%s: %d, and the document states %d", m.What, m.Most, limit))
		}
	}
	return errors.Join(complaints...)
}
