// Package codetable is the table by which an adapter takes its vendor's codes.
package codetable

import (
	"slices"

	"github.com/unified-cancel/cancel"
)

// Table holds a row for each code and what it means. No two rows with the same code
// share an operation.
type Table []cancel.Code

// Lookup returns the row of a code that an operation answered with. A code that has
// none becomes cancel.ErrUnexpected.
func (t Table) Lookup(operation, code string) cancel.Code {
	for _, row := range t {
		if row.Code == code && slices.Contains(row.Operations, operation) {
			return row
		}
	}
	return cancel.Code{Code: code, Reason: cancel.ErrUnexpected}
}

// Copy returns the rows for somebody to keep.
func (t Table) Copy() []cancel.Code {
	rows := slices.Clone(t)
	for i := range rows {
		rows[i].Operations = slices.Clone(rows[i].Operations)
	}
	return rows
}
