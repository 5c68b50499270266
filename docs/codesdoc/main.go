// Command codesdoc writes the tables of vendors' codes into the pages of docs, from
// the adapters' own tables. Run it from the module's root.
package main

import (
	"fmt"
	"os"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/sat"
)

// vendor is one whose codes are listed.
type vendor struct {
	name  string
	codes []cancel.Code
}

var vendors = []vendor{
	{"Solución Factible", factible.Codes()},
	{"Payvalida", payvalida.Codes()},
	{"Auco", auco.Codes()},
	{"SAT", sat.Codes()},
}

func main() {
	for _, d := range documents {
		if err := write(d.file, d.words, d.tables); err != nil {
			fmt.Fprintln(os.Stderr, "codesdoc:", err)
			os.Exit(1)
		}
	}
}

// write puts the tables into a file, between their marks.
func write(file string, text words, tables []string) error {
	before, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	after, err := fill(string(before), text, tables)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(after), 0o644)
}
