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
	{HTTPStatus: 204, Operations: []string{"a"}, State: cancel.Cancelled},
}

func TestLookupPrefersTheMoreSpecificRow(t *testing.T) {
	for _, tt := range []struct {
		operation string
		status    int
		code      string
		want      cancel.Code
	}{
		{"b", 200, "1", cancel.Code{State: cancel.Cancelled}},
		{"c", 500, "1", cancel.Code{Reason: cancel.ErrRejected}},
		{"d", 200, "1", cancel.Code{Reason: cancel.ErrUnexpected}},
		{"a", 200, "2", cancel.Code{Reason: cancel.ErrUnexpected}},
		{"a", 200, "", cancel.Code{Reason: cancel.ErrUnexpected}},
		{"a", 409, "1", cancel.Code{State: cancel.AlreadyCancelled}},
		{"a", 204, "", cancel.Code{State: cancel.Cancelled}},
		{"a", 204, "other", cancel.Code{State: cancel.Cancelled}},
	} {
		row, ok := table.Lookup(tt.operation, tt.status, tt.code)
		assert.Equal(t, tt.want.State, row.State, "%+v", tt)
		assert.Equal(t, tt.want.Reason, row.Reason, "%+v", tt)
		assert.Equal(t, tt.want.Reason != cancel.ErrUnexpected, ok, "%+v", tt)
	}
}

func TestCopyIsForSomebodyElse(t *testing.T) {
	rows := table.Copy()
	assert.Equal(t, []cancel.Code(table), rows)
	rows[0].Operations[0], rows[1].Code = "x", "x"
	assert.Equal(t, "a", table[0].Operations[0])
	assert.Equal(t, "1", table[1].Code)
}
