package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel"
)

// words are those of a document's language.
type words struct {
	becomes, code, operations, meaning, askAgain, yes string
	meaningOf                                         func(cancel.Code) string
}

var english = words{
	becomes: "becomes", code: "code", operations: "operations", meaning: "meaning", askAgain: "ask again", yes: "yes",
	meaningOf: func(c cancel.Code) string { return c.English },
}

var spanish = words{
	becomes: "se convierte en", code: "código", operations: "operaciones", meaning: "significado", askAgain: "reintentar", yes: "sí",
	meaningOf: func(c cancel.Code) string { return c.Spanish },
}

// documents are the files that hold tables. README holds the one that compares vendors,
// docs those with a row for each code.
var documents = map[string]words{
	"README.md":       english,
	"README.es.md":    spanish,
	"docs/codes.md":   english,
	"docs/codigos.md": spanish,
}

// outcomes are what codes become, in the order in which they are told.
var outcomes = []struct {
	name   string
	state  cancel.State
	reason error
}{
	{name: "Cancelled", state: cancel.Cancelled},
	{name: "AlreadyCancelled", state: cancel.AlreadyCancelled},
	{name: "Pending", state: cancel.Pending},
	{name: "NotCancelled", state: cancel.NotCancelled},
	{name: "ErrInvalid", reason: cancel.ErrInvalid},
	{name: "ErrAuth", reason: cancel.ErrAuth},
	{name: "ErrForbidden", reason: cancel.ErrForbidden},
	{name: "ErrNotFound", reason: cancel.ErrNotFound},
	{name: "ErrNotCancellable", reason: cancel.ErrNotCancellable},
	{name: "ErrRejected", reason: cancel.ErrRejected},
	{name: "ErrUnavailable", reason: cancel.ErrUnavailable},
	{name: "ErrUnknownOutcome", reason: cancel.ErrUnknownOutcome},
	{name: "ErrUnexpected", reason: cancel.ErrUnexpected},
}

func become(c cancel.Code) string {
	for _, o := range outcomes {
		if o.state == c.State && o.reason == c.Reason {
			return o.name
		}
	}
	return ""
}

// fill replaces what stands between the marks of tables.
func fill(document string, text words) (string, error) {
	tables := map[string]string{"compared": compared(text)}
	for _, v := range vendors {
		tables[v.name] = listed(v, text)
	}
	found := false
	for name, table := range tables {
		begin, end := "<!-- codes: "+name+" -->\n", "<!-- /codes -->"
		before, rest, ok := strings.Cut(document, begin)
		if !ok {
			continue
		}
		_, after, ok := strings.Cut(rest, end)
		if !ok {
			return "", fmt.Errorf("the table %q has no end", name)
		}
		document, found = before+begin+table+end+after, true
	}
	if !found {
		return "", errors.New("no table in it")
	}
	return document, nil
}

// compared is the table with a row for each outcome and a column for each vendor.
func compared(text words) string {
	header := []string{text.becomes}
	for _, v := range vendors {
		header = append(header, v.name)
	}
	rows := [][]string{header}
	for _, o := range outcomes {
		row := []string{"`" + o.name + "`"}
		for _, v := range vendors {
			row = append(row, cell(v, o.name, text))
		}
		rows = append(rows, row)
	}
	return render(rows)
}

// cell lists the codes of a vendor that become an outcome, those of the same operations
// together. Where nearly all operations answer with a code, they are not named.
func cell(v vendor, outcome string, text words) string {
	most := 0
	for _, c := range v.codes {
		most = max(most, len(c.Operations))
	}
	var parts, order []string
	groups := map[string][]string{}
	for _, c := range v.codes {
		if become(c) != outcome {
			continue
		}
		where := ""
		if len(c.Operations) < most {
			where = " (" + strings.Join(c.Operations, ", ") + ")"
		}
		label := c.Code
		if label == "" {
			parts = append(parts, text.meaningOf(c))
			continue
		}
		if !slices.Contains(order, where) {
			order = append(order, where)
		}
		groups[where] = append(groups[where], label)
	}
	for _, where := range order {
		parts = append(parts, strings.Join(groups[where], ", ")+where)
	}
	return strings.Join(parts, "; ")
}

// listed is the table with a row for each code of a vendor.
func listed(v vendor, text words) string {
	rows := [][]string{{text.code, text.operations, text.meaning, text.becomes, text.askAgain}}
	for _, c := range v.codes {
		again := ""
		if c.AskAgain {
			again = text.yes
		}
		rows = append(rows, []string{c.Code, strings.Join(c.Operations, ", "), text.meaningOf(c), "`" + become(c) + "`", again})
	}
	return render(rows)
}

func render(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}
