// Package codesdoc checks the pages: the READMEs list the vendors, docs has the adapters' own tables
// of codes, and the Go in the pages compiles. Run from the
// module's root, this writes the tables:
//
//	go test ./docs/codesdoc -update
package codesdoc

import (
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
