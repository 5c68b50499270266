package factible

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

const fixtures = "../testdata/factible"

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name))
	require.NoError(tb, err)
	return text
}

type fixtureCase struct {
	id     string
	soap12 bool
	status int // 200 if 0
	want   expect
	code   string
	acuse  bool
}

// cases is what each pair of fixtures is expected to show.
var cases = map[string]fixtureCase{
	"cancel-200":               {id: invoice, want: expect{State: cancel.Cancelled}, code: "200", acuse: true},
	"cancel-200-text":          {id: invoice, want: expect{State: cancel.Cancelled}, code: "200", acuse: true},
	"cancel-200-before":        {id: invoice, want: expect{State: cancel.AlreadyCancelled}, code: "200", acuse: true},
	"cancel-200-soap12":        {id: invoice, soap12: true, want: expect{State: cancel.Cancelled}, code: "200", acuse: true},
	"cancel-200-without-acuse": {id: invoice, want: expect{State: cancel.Cancelled}, code: "200"},
	"cancel-200-not-found":     {id: invoice, want: expect{Reason: cancel.ErrNotFound}, code: "200"},
	"cancel-204":               {id: another, want: expect{Reason: cancel.ErrNotCancellable}, code: "204"},
	"cancel-211":               {id: "C5E58106-6C1E-41C9-A211-FB8BAD1CABB0", want: expect{State: cancel.Pending}, code: "211"},
	"cancel-213":               {id: invoice, want: expect{Reason: cancel.ErrRejected}, code: "213"},
	"cancel-601":               {id: invoice, want: expect{Reason: cancel.ErrAuth}, code: "601"},
	"cancel-623":               {id: invoice, want: expect{Reason: cancel.ErrNotFound}, code: "623"},
	"cancel-fault":             {id: invoice, status: 500, want: expect{Reason: cancel.ErrInvalid}, code: "axis2ns124:Client"},
	"cancel-fault-soap12":      {id: invoice, soap12: true, status: 500, want: expect{Reason: cancel.ErrUnknownOutcome}, code: "soapenv:Receiver"},
	"status-200":               {id: invoice, want: expect{State: cancel.Cancelled}, code: "200", acuse: true},
	"status-200-registered":    {id: invoice, want: expect{State: cancel.Pending}, code: "200"},
	"status-204":               {id: another, want: expect{Reason: cancel.ErrNotCancellable}, code: "204"},
	"status-211":               {id: "C5E58106-6C1E-41C9-A211-FB8BAD1CABB0", want: expect{State: cancel.Pending}, code: "211"},
	"status-213":               {id: invoice, soap12: true, want: expect{Reason: cancel.ErrRejected}, code: "213"},
	"status-702":               {id: invoice, want: expect{Reason: cancel.ErrNotFound}, code: "702"},
}

func TestFixtures(t *testing.T) {
	adaptertest.EachPair(t, filepath.Join(fixtures, "*-request.xml"), cases, func(t *testing.T, name string, tt fixtureCase) {
		v := &vendor{Status: max(tt.status, 200), Answer: string(fixture(t, name+".xml"))}
		c := client(t, v.Start(t), func(c *Config) { c.SOAP12, c.Password = tt.soap12, cancel.NewSecret("una & otra") })
		call := c.Cancel
		if strings.HasPrefix(name, "status-") {
			call = c.Status
		}
		got, err := call(t.Context(), cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: tt.id})

		_, sent := v.Request(t)
		assert.Equal(t, strings.TrimSpace(string(fixture(t, name+"-request.xml"))), sent)
		if failure := tt.want.Check(t, got, err); failure != nil {
			assert.Equal(t, tt.code, failure.Code)
			assert.Contains(t, err.Error(), failure.Message)
			return
		}
		assert.Equal(t, tt.code, got.Code)
		assert.Equal(t, tt.acuse, got.Receipt != nil)
		if tt.acuse {
			receipt, err := ParseReceipt(got.Receipt)
			require.NoError(t, err)
			require.Len(t, receipt.Folios, 1)
			assert.True(t, strings.EqualFold(tt.id, receipt.Folios[0].UUID))
		}
	})
}
