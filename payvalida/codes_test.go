package payvalida

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/exchange"
)

// Every row of the table that users read is the one that answers are taken by.
func TestTableIsTheOneThatCounts(t *testing.T) {
	call := exchange.Call{Provider: provider, Op: cancelOp}
	for _, row := range Codes() {
		assert.Equal(t, []string{call.Op}, row.Operations)
		answer := exchange.Answer{Status: http.StatusOK, Body: []byte(`{"CODE":"` + row.Code + `"}`)}
		got, err := interpret(call, cancel.Request{}, answer)
		assert.Equal(t, row.State, got.State, row.Code)
		assert.Equal(t, row.Reason != nil, err != nil)
		if row.Reason != nil {
			assert.ErrorIs(t, err, row.Reason)
		}
		assert.Equal(t, row.AskAgain, cancel.Retryable(err))
	}
}
