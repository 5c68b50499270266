package codetable

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel"
)

var table = Table{
	{Code: "1", Operations: []string{"a", "b"}, State: cancel.Cancelled},
	{Code: "1", Operations: []string{"c"}, Reason: cancel.ErrRejected},
}

func TestLookup(t *testing.T) {
	assert.Equal(t, cancel.Cancelled, table.Lookup("b", "1").State)
	assert.Equal(t, cancel.ErrRejected, table.Lookup("c", "1").Reason)
	for _, unknown := range []cancel.Code{table.Lookup("d", "1"), table.Lookup("a", "2"), table.Lookup("a", "")} {
		assert.Equal(t, cancel.ErrUnexpected, unknown.Reason)
		assert.Empty(t, unknown.State)
	}
}

func TestCopyIsForSomebodyElse(t *testing.T) {
	rows := table.Copy()
	assert.Equal(t, []cancel.Code(table), rows)
	rows[0].Operations[0], rows[1].Code = "x", "x"
	assert.Equal(t, "a", table[0].Operations[0])
	assert.Equal(t, "1", table[1].Code)
}
