package payvalida

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel"
)

// Every row of the table that users read is the row that answers are taken by.
func TestTableIsTheOneThatCounts(t *testing.T) {
	kinds := map[string]cancel.Kind{
		"GET /api/v3/porders (payment)":           cancel.Payment,
		"GET /api/v3/porders (pre_authorization)": cancel.PreAuthorization,
	}
	for _, row := range Codes() {
		assert.NotEqual(t, row.State == "", row.Reason == nil, row.Code)
		for _, operation := range row.Operations {
			var got cancel.Result
			var err error
			req := payment
			switch kind, isState := kinds[operation]; {
			case isState:
				req.Kind = kind
				got, err = told(req, http.StatusOK, fmt.Sprintf(`{"CODE":"0000","DATA":{"CODE":%s,"STATE":%q}}`, order, row.Code))
			case operation == "GET /api/v3/porders":
				got, err = told(req, http.StatusOK, fmt.Sprintf(`{"CODE":%q}`, row.Code))
			default:
				assert.Equal(t, "POST /v4/merchant/transaction/cancel", operation)
				got, err = answered(req, http.StatusOK, "", fmt.Sprintf(`{"CODE":%q}`, row.Code))
			}
			expect{State: row.State, Reason: row.Reason}.Check(t, got, err, operation, row.Code)
			assert.Equal(t, row.AskAgain, cancel.Retryable(err))
			assert.Equal(t, errors.Is(row.Reason, cancel.ErrInvalid), errors.Is(err, errors.ErrUnsupported))
		}
	}
}

func TestCodesIsACopy(t *testing.T) {
	Codes()[0].Operations[0] = "changed"
	assert.False(t, slices.ContainsFunc(Codes(), func(c cancel.Code) bool { return slices.Contains(c.Operations, "changed") }))
}
