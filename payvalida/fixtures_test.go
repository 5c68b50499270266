package payvalida

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

const fixtures = "../testdata/payvalida"

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name))
	require.NoError(tb, err)
	return text
}

// cases is what each pair of fixtures is expected to show.
var cases = map[string]struct {
	id   string
	want expect
	code string
	desc string
}{
	"cancel-0000":          {order, expect{State: cancel.Cancelled}, "0000", "transaction canceled successfully"},
	"cancel-0001":          {order, expect{State: cancel.AlreadyCancelled}, "0001", "esta transacción ya se canceló anteriormente"},
	"cancel-0013":          {order, expect{Reason: cancel.ErrUnexpected}, "0013", "transaction does not exist"},
	"cancel-thirty-digits": {"123456789012345678901234567890", expect{State: cancel.Cancelled}, "0000", "transaction canceled successfully"},
	"preauth-0000":         {order, expect{State: cancel.Cancelled}, "0000", "transaction canceled successfully"},
	"preauth-0001":         {order, expect{State: cancel.AlreadyCancelled}, "0001", "esta transacción ya se canceló anteriormente"},
	"preauth-0017":         {order, expect{Reason: cancel.ErrUnavailable}, "0017", "transaction was not reversed, try again"},
}

func TestFixtures(t *testing.T) {
	requests, err := filepath.Glob(filepath.Join(fixtures, "*-request.json"))
	require.NoError(t, err)
	requests = slices.DeleteFunc(requests, func(file string) bool {
		return strings.HasPrefix(filepath.Base(file), "recorded-")
	})
	assert.Len(t, requests, len(cases))
	for _, request := range requests {
		name := strings.TrimSuffix(filepath.Base(request), "-request.json")
		t.Run(name, func(t *testing.T) {
			tt, ok := cases[name]
			require.True(t, ok, "no test knows this fixture")
			req := cancel.Request{Kind: cancel.Payment, ID: tt.id}
			if strings.HasPrefix(name, "preauth-") {
				req.Kind = cancel.PreAuthorization
			}
			v := (&vendor{Status: 200, Answer: string(fixture(t, name+".json"))}).Start(t)
			got, err := client(t, v).Cancel(t.Context(), req)

			_, sent := v.Request(t)
			assert.JSONEq(t, string(fixture(t, name+"-request.json")), sent)
			assert.Contains(t, sent, `"order_number":`+tt.id+",", "digit by digit")
			if failure := tt.want.Check(t, got, err); failure != nil {
				assert.Equal(t, tt.code, failure.Code)
				assert.Equal(t, tt.desc, failure.Message)
				return
			}
			assert.Equal(t, tt.code, got.Code)
			assert.Equal(t, tt.desc, got.Message)
		})
	}
}
