package payvalida

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/adaptertest"
)

const fixtures = "../testdata/payvalida"

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name))
	require.NoError(tb, err)
	return text
}

type fixtureCase struct {
	req  cancel.Request
	want expect
	code string
	desc string
}

// cases are the pairs of fixtures and the outcome of each.
var cases = map[string]fixtureCase{
	"cancel-0000":          {payment, expect{State: cancel.Cancelled}, "0000", "transaction canceled successfully"},
	"cancel-0001":          {payment, expect{State: cancel.AlreadyCancelled}, "0001", "esta transacción ya se canceló anteriormente"},
	"cancel-0013":          {payment, expect{Reason: cancel.ErrNotFound}, "0013", "transaction does not exist"},
	"cancel-0015":          {payment, expect{Reason: cancel.ErrNotCancellable}, "0015", "transaction cannot be reversed"},
	"cancel-0019":          {payment, expect{Reason: cancel.ErrForbidden}, "0019", "not authorized"},
	"cancel-0025":          {payment, expect{Reason: cancel.ErrAuth}, "0025", "checksum invalid"},
	"cancel-error":         {payment, expect{Reason: cancel.ErrUnexpected}, "0009", "La franquicia no permite la anulación"},
	"cancel-thirty-digits": {longest, expect{State: cancel.Cancelled}, "0000", "transaction canceled successfully"},
	"preauth-0000":         {preAuth, expect{State: cancel.Cancelled}, "0000", "transaction canceled successfully"},
	"preauth-0001":         {preAuth, expect{State: cancel.AlreadyCancelled}, "0001", "esta transacción ya se canceló anteriormente"},
	"preauth-0017":         {preAuth, expect{Reason: cancel.ErrUnavailable}, "0017", "transaction was not reversed, try again"},
	"status-anulada":       {known, expect{State: cancel.Cancelled}, "ANULADA", "OK"},
	"status-cancelada":     {known, expect{State: cancel.Cancelled}, "CANCELADA", "OK"},
	"status-aprobada":      {known, expect{State: cancel.NotCancelled}, "APROBADA", "OK"},
	"status-pendiente":     {known, expect{State: cancel.NotCancelled}, "PENDIENTE", "OK"},
	"status-vencida":       {known, expect{Reason: cancel.ErrNotCancellable}, "VENCIDA", "OK"},
	"status-0013":          {known, expect{Reason: cancel.ErrNotFound}, "0013", "transaction does not exist"},
	"status-another-order": {known, expect{Reason: cancel.ErrInvalid}, "0000", "OK"},
	"status-escaped":       {escaped, expect{State: cancel.Cancelled}, "ANULADA", "OK"},
}

var (
	longest = cancel.Request{Kind: cancel.Payment, ID: "123456789012345678901234567890"}
	preAuth = cancel.Request{Kind: cancel.PreAuthorization, ID: order}
	escaped = cancel.Request{Kind: cancel.Payment, ID: order, Reference: "pedido 7/ñ"}
)

func TestFixturesAreReadAsTheySay(t *testing.T) {
	adaptertest.EachPair(t, filepath.Join(fixtures, "*-request.*"), cases, func(t *testing.T, name string, tt fixtureCase) {
		v := (&vendor{Status: 200, Answer: string(fixture(t, name+".json"))}).Start(t)
		c := client(t, v)
		var got cancel.Result
		var err error
		if strings.HasPrefix(name, "status-") {
			got, err = c.Status(t.Context(), tt.req)
			r, _ := v.Request(t)
			assert.Equal(t, string(fixture(t, name+"-request.txt")), r.Method+" "+r.RequestURI+"\n")
		} else {
			got, err = c.Cancel(t.Context(), tt.req)
			_, sent := v.Request(t)
			assert.JSONEq(t, string(fixture(t, name+"-request.json")), sent)
			assert.Contains(t, sent, `"order_number":`+tt.req.ID+",", "digit by digit")
		}
		if failure := tt.want.Check(t, got, err); failure != nil {
			assert.Equal(t, tt.code, failure.Code)
			assert.Equal(t, tt.desc, failure.Message)
			return
		}
		assert.Equal(t, tt.code, got.Code)
		assert.Equal(t, tt.desc, got.Message)
	})
}
