package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
)

// inspection goes through the input and tells of each line that is not good.
type inspection struct {
	in       *input
	vendors  *vendors // of a dry run
	stderr   io.Writer
	bad      int  // lines
	complete bool // all of the input was read
}

// good yields the rows that are good, until ctx ends: those that the adapters would send,
// whose HTTP client sends nothing. An error is that of the file and comes last.
func (i *inspection) good(ctx context.Context) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		lines := map[key]int{}
		for r, err := range i.in.rows() {
			if err != nil {
				yield(row{}, err)
				return
			}
			if ctx.Err() != nil {
				return
			}
			first, repeated := lines[keyOf(r.request)]
			switch {
			case r.bad != nil:
			case repeated:
				fmt.Fprintf(i.stderr, "bulk: line %d: the same as line %d, which counts\n", r.line, first)
				continue
			default:
				lines[keyOf(r.request)] = r.line
				r.bad = i.vendors.check(ctx, r.request)
			}
			if r.bad != nil {
				i.bad++
				fmt.Fprintf(i.stderr, "bulk: line %d: %s\n", r.line, i.vendors.hide(r.bad.Error()))
				continue
			}
			if !yield(r, nil) {
				return
			}
		}
		i.complete = true
	}
}

// validate checks every row as a run would, up to where it would be sent.
func validate(ctx context.Context, process cli.Process, in *input, v *vendors) (exit int, err error) {
	i := &inspection{in: in, vendors: v, stderr: process.Stderr}
	good := map[string]int{}
	for r, err := range i.good(ctx) {
		if err != nil {
			return 0, err
		}
		good[r.request.Provider]++
	}
	if !i.complete {
		return exitInterrupted, nil
	}
	for _, p := range providers {
		if n := good[p.about.Name]; n > 0 {
			fmt.Fprintf(process.Stdout, "%7d  good for %s (%s)\n", n, p.about.Name, v.target[p.about.Name])
		}
	}
	fmt.Fprintf(process.Stdout, "%7d  not good\nnothing was sent\n", i.bad)
	if i.bad > 0 {
		return exitRefused, nil
	}
	return exitDone, nil
}

// check reports why the adapter would not send req. Its vendors are those of a dry run.
func (v *vendors) check(ctx context.Context, req cancel.Request) error {
	if err := v.missing(req.Provider); err != nil {
		return err
	}
	// Of an interrupted check the error would say nothing of req.
	_, err := v.cancelers[req.Provider].Cancel(context.WithoutCancel(ctx), req)
	if errors.Is(err, errDryRun) {
		return nil
	}
	if e, ok := errors.AsType[*cancel.Error](err); ok && e.Message != "" {
		return errors.New(e.Message)
	}
	return err
}
