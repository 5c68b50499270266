package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
)

// validate checks every row as a run would, up to where it would be sent: the adapters
// check the requests, and their HTTP client sends nothing.
func validate(ctx context.Context, process cli.Process, in *input, v *vendors) (exit int, err error) {
	good := map[string]int{}
	lines := map[key]int{}
	bad := 0
	for r, err := range in.rows() {
		if err != nil {
			return 0, err
		}
		if ctx.Err() != nil {
			return exitInterrupted, nil
		}
		first, repeated := lines[keyOf(r.request)]
		switch {
		case r.bad != nil:
		case repeated:
			fmt.Fprintf(process.Stderr, "bulk: line %d: the same as line %d, which counts\n", r.line, first)
			continue
		default:
			lines[keyOf(r.request)] = r.line
			r.bad = v.check(ctx, r.request)
		}
		if r.bad != nil {
			bad++
			fmt.Fprintf(process.Stderr, "bulk: line %d: %s\n", r.line, v.hide(r.bad.Error()))
			continue
		}
		good[r.request.Provider]++
	}
	for _, p := range providers {
		if n := good[p.about.Name]; n > 0 {
			fmt.Fprintf(process.Stdout, "%7d  good for %s (%s)\n", n, p.about.Name, v.target[p.about.Name])
		}
	}
	fmt.Fprintf(process.Stdout, "%7d  not good\nnothing was sent\n", bad)
	if bad > 0 {
		return exitRefused, nil
	}
	return exitDone, nil
}

// check reports why the adapter would not send req. Its vendors are those of a dry run.
func (v *vendors) check(ctx context.Context, req cancel.Request) error {
	if err := v.missing(req.Provider); err != nil {
		return err
	}
	_, err := v.cancelers[req.Provider].Cancel(ctx, req)
	if errors.Is(err, errDryRun) {
		return nil
	}
	if e, ok := errors.AsType[*cancel.Error](err); ok && e.Message != "" {
		return errors.New(e.Message)
	}
	return err
}
