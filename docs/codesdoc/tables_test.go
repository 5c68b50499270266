package codesdoc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel"
)

// words are the headings in a document's language.
type words struct {
	becomes, code, operations, meaning, askAgain, yes string
	vendor, cancels, pkg                              string
	meaningOf                                         func(cancel.Code) string
	cancelsOf                                         func(vendor) string
}

var english = words{
	becomes: "becomes", code: "code", operations: "operations", meaning: "meaning", askAgain: "ask again", yes: "yes",
	vendor: "vendor", cancels: "cancels", pkg: "package",
	meaningOf: func(c cancel.Code) string { return c.English },
	cancelsOf: func(v vendor) string { return v.english },
}

var spanish = words{
	becomes: "se convierte en", code: "código", operations: "operaciones", meaning: "significado", askAgain: "reintentar", yes: "sí",
	vendor: "proveedor", cancels: "cancela", pkg: "paquete",
	meaningOf: func(c cancel.Code) string { return c.Spanish },
	cancelsOf: func(v vendor) string { return v.spanish },
}

// documents are the files that hold tables.
var documents = []struct {
	file string
	words
	// tables are the names of the tables that the file must hold.
	tables []string
}{
	{"README.md", english, []string{overview}},
	{"README.es.md", spanish, []string{overview}},
	{"docs/codes.md", english, tables()},
	{"docs/codigos.md", spanish, tables()},
}

const (
	// overview names the table with a row for each vendor.
	overview = "vendors"
	// compared names the table with a row for each outcome and a column for each vendor.
	compared = "compared"
)

// tables returns the names of the tables of codes. Each vendor has one with a row for each code.
func tables() []string {
	all := []string{compared}
	for _, v := range vendors {
		all = append(all, v.name)
	}
	return all
}

// outcome is a state or a reason that codes become.
type outcome struct {
	name   string
	state  cancel.State
	reason error
}

// outcomes are all states, and all reasons of errors.
var outcomes = slices.Concat([]outcome{
	{name: "Cancelled", state: cancel.Cancelled},
	{name: "AlreadyCancelled", state: cancel.AlreadyCancelled},
	{name: "Pending", state: cancel.Pending},
	{name: "NotCancelled", state: cancel.NotCancelled},
}, reasons())

func reasons() []outcome {
	var all []outcome
	for _, reason := range cancel.Reasons() {
		name := strings.TrimPrefix(fmt.Sprintf("%#v", reason), "cancel.")
		all = append(all, outcome{name: name, reason: reason})
	}
	return all
}

func become(c cancel.Code) string {
	for _, o := range outcomes {
		if o.state == c.State && o.reason == c.Reason {
			return o.name
		}
	}
	return ""
}

// fill replaces the text between the marks of the tables, all of which must be there.
func fill(document string, text words, tables []string) (string, error) {
	for _, name := range tables {
		begin, end := "<!-- codes: "+name+" -->\n", "<!-- /codes -->"
		before, rest, ok := strings.Cut(document, begin)
		if !ok {
			return "", fmt.Errorf("the table %q is missing", name)
		}
		_, after, ok := strings.Cut(rest, end)
		if !ok {
			return "", fmt.Errorf("the table %q has no end", name)
		}
		document = before + begin + table(name, text) + end + after
	}
	return document, nil
}

func table(name string, text words) string {
	if name == overview {
		return listVendors(text)
	}
	for _, v := range vendors {
		if v.name == name {
			return listed(v, text)
		}
	}
	return compare(text)
}

func listVendors(text words) string {
	rows := [][]string{{text.vendor, text.cancels, text.pkg}}
	for _, v := range vendors {
		rows = append(rows, []string{"[" + v.name + "](" + v.site + ")", text.cancelsOf(v), "`" + v.pkg + "`"})
	}
	return render(rows)
}

func compare(text words) string {
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
		if slices.ContainsFunc(row[1:], func(cell string) bool { return cell != "" }) {
			rows = append(rows, row)
		}
	}
	return render(rows)
}

// cell lists the codes of a vendor that become an outcome, grouped by operations. If nearly
// all operations answer with a code, the operations are not named.
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
