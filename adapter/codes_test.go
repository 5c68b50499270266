package adapter

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel"
)

var table = Table{
	{Code: "1", Operations: []string{"a", "b"}, State: cancel.Cancelled},
	{Code: "1", Operations: []string{"c"}, Reason: cancel.ErrRejected},
	{Code: "1", HTTPStatus: 409, Operations: []string{"a"}, State: cancel.AlreadyCancelled},
	{Code: "2", HTTPStatus: 409, Operations: []string{"a"}, Reason: cancel.ErrNotCancellable},
	{HTTPStatus: 204, Operations: []string{"a"}, State: cancel.Cancelled},
	{HTTPStatus: 404, Operations: []string{"a"}, Reason: cancel.ErrNotFound},
	{Operations: []string{"a"}, State: cancel.Cancelled, English: "about what no code says"},
}

func TestLookup(t *testing.T) {
	for _, tt := range []struct {
		operation string
		status    int
		code      string
		state     cancel.State
		reason    error // nil and no state if there is no row
	}{
		{"b", 200, "1", cancel.Cancelled, nil},
		{"c", 500, "1", "", cancel.ErrRejected},
		{"a", 0, "1", cancel.Cancelled, nil},
		{"a", 409, "1", cancel.AlreadyCancelled, nil}, // the status goes first
		{"b", 409, "1", cancel.Cancelled, nil},
		{"a", 409, "2", "", cancel.ErrNotCancellable},
		{"a", 204, "", cancel.Cancelled, nil},
		{"a", 404, "", "", cancel.ErrNotFound},

		{"d", 200, "1", "", nil},
		{"a", 200, "2", "", nil}, // only with its status
		{"a", 409, "", "", nil},  // only with its code
		{"a", 409, "3", "", nil},
		{"a", 204, "3", "", nil}, // only without a code
		{"a", 404, "3", "", nil},
		{"a", 200, "", "", nil},
		{"a", 0, "", "", nil},
		{"b", 204, "", "", nil},
	} {
		row, ok := table.Lookup(tt.operation, tt.status, tt.code)
		assert.Equal(t, tt.state != "" || tt.reason != nil, ok, "%+v", tt)
		if !ok {
			assert.Equal(t, cancel.Code{Code: tt.code, Reason: cancel.ErrUnexpected}, row, "%+v", tt)
			continue
		}
		assert.Equal(t, tt.state, row.State, "%+v", tt)
		assert.Equal(t, tt.reason, row.Reason, "%+v", tt)
	}
}

func TestCopyCanBeChanged(t *testing.T) {
	rows := table.Copy()
	assert.Equal(t, []cancel.Code(table), rows)
	rows[0].Operations[0], rows[1].Code = "x", "x"
	assert.Equal(t, "a", table[0].Operations[0])
	assert.Equal(t, "1", table[1].Code)
}
