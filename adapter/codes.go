package adapter

import (
	"slices"

	"github.com/unified-cancel/cancel"
)

// Table is the table of a vendor's codes, with a row for each code. No two rows of one
// operation have the same code and HTTP status. It is data: an adapter never changes it.
type Table []cancel.Code

// Lookup returns the row of a code that an operation answered with an HTTP status, and
// reports whether there is one. A row for that status goes before a row for any status. A
// row without a code is only for an answer without one. A code without a row is
// [cancel.ErrUnexpected].
func (t Table) Lookup(operation string, status int, code string) (cancel.Code, bool) {
	for _, status := range []int{status, 0} {
		if status == 0 && code == "" {
			break // a row with neither is a description
		}
		for _, row := range t {
			if row.Code == code && row.HTTPStatus == status && slices.Contains(row.Operations, operation) {
				return row, true
			}
		}
	}
	return cancel.Code{Code: code, Reason: cancel.ErrUnexpected}, false
}

// Copy returns a copy of the rows, which its caller may change.
func (t Table) Copy() []cancel.Code {
	rows := slices.Clone(t)
	for i := range rows {
		rows[i].Operations = slices.Clone(rows[i].Operations)
	}
	return rows
}
