package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/unified-cancel/cancel"
)

// table prints outcomes as they come.
type table struct {
	w io.Writer
	// surprise is the first outcome that was not the one wanted.
	surprise error
}

func newTable(w io.Writer) *table {
	t := &table{w: w}
	t.line("ASKED", "STATE OR ERROR", "CODE", "MESSAGE")
	return t
}

// part heads the outcomes that follow.
func (t *table) part(title string) { fmt.Fprintf(t.w, "\n%s\n", title) }

// row shows the outcome of a call. want is a cancel.State or the reason of an error.
func (t *table) row(asked string, want any) func(cancel.Result, error) {
	return func(r cancel.Result, err error) {
		t.show(asked, want, r.State, string(r.State), r.Code, r.Message, err)
	}
}

// verdict shows the answer of Preflight. want is a cancel.Verdict or the reason of an error.
func (t *table) verdict(asked string, want any) func(cancel.Preflight, error) {
	return func(p cancel.Preflight, err error) {
		t.show(asked, want, p.Verdict, string(p.Verdict), p.Code, p.Message, err)
	}
}

func (t *table) show(asked string, want, got any, outcome, code, message string, err error) {
	if e, ok := errors.AsType[*cancel.Error](err); ok {
		got = e.Reason
		outcome, code, message = "error: "+e.Reason.Error(), e.Code, e.Message
	}
	t.line("  "+asked, strings.ReplaceAll(outcome, "_", " "), code, message)
	if got != want && t.surprise == nil {
		t.surprise = fmt.Errorf("%s: want %v, got %v", strings.TrimSpace(asked), want, got)
	}
}

func (t *table) line(asked, outcome, code, message string) {
	if long := []rune(message); len(long) > 50 {
		message = string(long[:49]) + "…"
	}
	line := fmt.Sprintf("%-41s %-24s %-25s %s", asked, outcome, code, message)
	fmt.Fprintln(t.w, strings.TrimRight(line, " "))
}
