package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// held is a figure that does not depend on the machine, which the gate holds.
type held struct {
	What string
	Most int
}

func heldAllocations(adapter string) string { return "allocations per call of " + adapter }

func heldConnections(adapter string, inFlight int) string {
	return fmt.Sprintf("connections of %s, %d in flight", adapter, inFlight)
}

// held returns what the document is to state. An allocation more or less is the
// runtime's: it empties its pools when it collects garbage.
func (r *results) held() []held {
	var stated []held
	for _, a := range adapters {
		measured := allocations(r.sides, a.field, a.name).median
		stated = append(stated, held{heldAllocations(a.name), int(math.Ceil(1.02 * measured))})
	}
	for _, a := range adapters {
		for i, n := range inFlight {
			stated = append(stated, held{heldConnections(a.name, n), int(connectionLimits()[i])})
		}
	}
	return stated
}

// check measures what the gate holds and compares it with what the document states. Its
// error names what exceeds that.
func check(ctx context.Context, v *vendors, path string, out io.Writer) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	stated, err := parseHeld(string(text))
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
	return exceeds(stated, measured)
}

// measureHeld measures what the gate holds.
func measureHeld(ctx context.Context, v *vendors) ([]held, error) {
	var measured []held
	for _, a := range adapters {
		n, err := fewestAllocations(ctx, v, a.dial)
		if err != nil {
			return nil, err
		}
		measured = append(measured, held{heldAllocations(a.name), int(math.Round(n))})
	}
	for _, a := range adapters {
		for _, n := range inFlight {
			opened, err := connections(ctx, v, a.dial, full.calls, n)
			if err != nil {
				return nil, err
			}
			measured = append(measured, held{heldConnections(a.name, n), int(opened)})
		}
	}
	return measured, nil
}

// fewestAllocations returns what a call allocates in the best of a few rounds.
func fewestAllocations(ctx context.Context, v *vendors, dial func(string) (call, error)) (float64, error) {
	url, err := v.open(vendorConfig{})
	if err != nil {
		return 0, err
	}
	do, err := dial(url)
	if err != nil {
		return 0, err
	}
	fewest := math.Inf(1)
	for range 5 {
		c, err := measure(ctx, do, 500, 1)
		if err != nil {
			return 0, err
		}
		fewest = min(fewest, c.per(float64(c.allocs)))
	}
	return fewest, v.close(url)
}

var heldRow = regexp.MustCompile(`(?m)^\| ((?:allocations per call|connections) of [^|]+) \| ([0-9,]+) \|$`)

// parseHeld returns what the document states.
func parseHeld(text string) ([]held, error) {
	var stated []held
	for _, cells := range heldRow.FindAllStringSubmatch(text, -1) {
		most, err := strconv.Atoi(strings.ReplaceAll(cells[2], ",", ""))
		if err != nil {
			return nil, err
		}
		stated = append(stated, held{cells[1], most})
	}
	if len(stated) == 0 {
		return nil, errors.New("it states nothing that the gate could hold")
	}
	return stated, nil
}

// exceeds returns an error that names what is measured to be more than stated, or is not
// stated at all.
func exceeds(stated, measured []held) error {
	most := map[string]int{}
	for _, s := range stated {
		most[s.What] = s.Most
	}
	var complaints []error
	for _, m := range measured {
		switch limit, ok := most[m.What]; {
		case !ok:
			complaints = append(complaints, fmt.Errorf("%s: nothing is stated", m.What))
		case m.Most > limit:
			complaints = append(complaints, fmt.Errorf("%s: %d, and %d are stated", m.What, m.Most, limit))
		}
	}
	return errors.Join(complaints...)
}
