// Command codesdoc writes the table of vendors into the READMEs, and the tables of their
// codes into docs, from the adapters' own tables. Run it from the module's root.
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

// vendor is a row of the READMEs, and has a table of codes.
type vendor struct {
	name, site, pkg  string
	english, spanish string // the things that it cancels
	codes            []cancel.Code
}

var vendors = []vendor{
	{
		"Solución Factible", "https://solucionfactible.com", "factible",
		"invoices (CFDI) with Mexico's SAT", "facturas (CFDI) ante el SAT de México",
		factible.Codes(),
	},
	{
		"Payvalida", "https://payvalida.com", "payvalida",
		"card payments (anulaciones) and pre-authorizations in Colombia",
		"pagos con tarjeta (anulaciones) y preautorizaciones en Colombia",
		payvalida.Codes(),
	},
	{
		"Auco", "https://auco.ai", "auco",
		"documents out for electronic signature, in Colombia", "documentos enviados a firma electrónica, en Colombia",
		auco.Codes(),
	},
	{
		"SAT", "https://www.sat.gob.mx", "sat",
		"nothing: it says what its own records hold about an invoice", "nada: dice cómo está una factura en sus propios registros",
		sat.Codes(),
	},
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
