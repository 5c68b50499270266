package payvalida

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// Every row of the table that users read is the one that answers are taken by.
func TestTableIsTheOneThatCounts(t *testing.T) {
	call := adapter.Call{Provider: provider, Op: cancelOp, Codes: table}
	for _, row := range Codes() {
		assert.Equal(t, []string{call.Op}, row.Operations)
		answer := adapter.Answer{Status: http.StatusOK, Body: []byte(`{"CODE":"` + row.Code + `"}`)}
		got, err := call.Judge(cancel.Request{}, answer, read)
		assert.Equal(t, row.State, got.State, row.Code)
		assert.Equal(t, row.Reason != nil, err != nil)
		if row.Reason != nil {
			assert.ErrorIs(t, err, row.Reason)
		}
		assert.Equal(t, row.AskAgain, cancel.Retryable(err))
	}
}
