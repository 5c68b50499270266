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

// operation heads the outcomes of one of a vendor's operations.
func (t *table) operation(vendor, name string) { fmt.Fprintf(t.w, "\n%s: %s\n", vendor, name) }

// row shows what came of a call. What is wanted is a cancel.State or the reason of
// an error.
func (t *table) row(asked string, want any, result cancel.Result, err error) {
	var got any = result.State
	outcome, code, message := string(result.State), result.Code, result.Message
	if e, ok := errors.AsType[*cancel.Error](err); ok {
		got = e.Reason
		outcome, code, message = "error: "+e.Reason.Error(), e.Code, e.Message
	}
	t.line("  "+asked, outcome, code, message)
	if got != want && t.surprise == nil {
		t.surprise = fmt.Errorf("%s: want %v, got %v", strings.TrimSpace(asked), want, got)
	}
}

func (t *table) line(asked, outcome, code, message string) {
	if long := []rune(message); len(long) > 50 {
		message = string(long[:49]) + "…"
	}
	line := fmt.Sprintf("%-36s %-28s %-4s %s", asked, outcome, code, message)
	fmt.Fprintln(t.w, strings.TrimRight(line, " "))
}
