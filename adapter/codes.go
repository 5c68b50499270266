package adapter

import (
	"slices"

	"github.com/unified-cancel/cancel"
)

// Table is the table of a vendor's codes: a row for each code and what it means. No two
// rows with the same code and HTTP status share an operation. It is data: an adapter never
// changes it.
type Table []cancel.Code

// Lookup returns the row of a code that an operation answered with under an HTTP status,
// and whether there is one. A row for that status goes before a row for any, and a row for
// the code before a row for the status only. A code without a row becomes
// [cancel.ErrUnexpected].
func (t Table) Lookup(operation string, status int, code string) (cancel.Code, bool) {
	for _, key := range []cancel.Code{{HTTPStatus: status, Code: code}, {Code: code}, {HTTPStatus: status}} {
		if key.Code == "" && key.HTTPStatus == 0 {
			continue
		}
		for _, row := range t {
			if row.Code == key.Code && row.HTTPStatus == key.HTTPStatus && slices.Contains(row.Operations, operation) {
				return row, true
			}
		}
	}
	return cancel.Code{Code: code, Reason: cancel.ErrUnexpected}, false
}

// Copy returns the rows for a caller to keep.
func (t Table) Copy() []cancel.Code {
	rows := slices.Clone(t)
	for i := range rows {
		rows[i].Operations = slices.Clone(rows[i].Operations)
	}
	return rows
}
