package durable

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
)

// acuseOf returns an answer of Solución Factible, which holds an acuse.
func acuseOf(tb testing.TB) cancel.Result {
	tb.Helper()
	sim := factibletest.New()
	tb.Cleanup(sim.Close)
	adapter, err := factible.New(sim.Config())
	require.NoError(tb, err)
	sim.Register(invoice)
	result, err := adapter.Cancel(tb.Context(), cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: invoice})
	require.NoError(tb, err)
	require.NotEmpty(tb, result.Receipt)
	return result
}

func TestAnswersAreKeptOnceAndExactly(t *testing.T) {
	onBoth(t, testAnswersAreKept, testAnswersAreKept)
}

func testAnswersAreKept[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	acuse := acuseOf(t)
	inBase64 := base64.StdEncoding.EncodeToString(acuse.Receipt)
	odd := []byte("<\x00&>\"\\ \u2028ñ")
	v := &vendor{}
	q, _ := db(t, of(v))
	for i, answer := range []cancel.Result{
		{State: cancel.Cancelled},
		{State: cancel.Cancelled, Raw: acuse.Raw, Receipt: acuse.Receipt},
		{State: cancel.AlreadyCancelled, Raw: odd, Receipt: []byte("elsewhere")},
		{State: cancel.Cancelled, Raw: []byte{0, 0xff}, Receipt: []byte{0xfe}},
		{State: cancel.Cancelled, Raw: append([]byte{0xff}, inBase64...), Receipt: acuse.Receipt},
		{State: cancel.Cancelled, Receipt: acuse.Receipt},
		{State: cancel.Cancelled, Raw: []byte(`<r a="&quot;">` + inBase64 + `</r>`), Receipt: acuse.Receipt},
		{State: cancel.Cancelled, Raw: odd, ID: "another"},
	} {
		v.cancel = always(answer, nil)
		req := payment(fmt.Sprint(i))
		id := enqueue(t, q, req)
		finish(t, q, id)
		got := get(t, q, id).Result
		assert.Equal(t, answer.Raw, got.Raw, i)
		assert.Equal(t, answer.Receipt, got.Receipt, i)
		assert.Equal(t, answer.State, got.State)
		assert.Equal(t, []string{"v", "payment"}, []string{got.Provider, string(got.Kind)})
		assert.NotEmpty(t, got.ID)
		row := whole(t, q, id)
		switch i {
		case 1:
			assert.NotContains(t, row, inBase64)
			assert.Less(t, len(row), len(answer.Raw)+1000)
		case 6:
			assert.Equal(t, 1, strings.Count(row, inBase64))
			assert.NotContains(t, row, "PHIgYT0") // Raw in base64
		}
	}
}

// BenchmarkBytes is how many bytes of database a settled cancellation takes, indexes included:
//
//	go test -run '^$' -bench Bytes -benchtime 5000x .
func BenchmarkBytes(b *testing.B) {
	line := cancel.Result{State: cancel.Cancelled, Code: "200", Message: "OK", Raw: []byte(`{"code":200,"message":"OK"}`)}
	for name, answer := range map[string]cancel.Result{"line": line, "acuse": acuseOf(b)} {
		b.Run("SQLite/"+name, func(b *testing.B) {
			size(b, onSQLite(b), answer, `SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'unified_cancel_job%'`)
		})
		b.Run("PostgreSQL/"+name, func(b *testing.B) {
			size(b, onPostgres(b), answer, `SELECT pg_total_relation_size('unified_cancel_job')`, "VACUUM FULL unified_cancel_job")
		})
	}
}

func size[TTx any](b *testing.B, db database[TTx], answer cancel.Result, query string, tidy ...string) {
	b.Helper()
	told := newHeard()
	config := of(&vendor{cancel: always(answer, nil)})
	config.OnSettled = told.listen
	q, exec := db(b, config)
	_, err := q.Enqueue(b.Context(), paymentsAt("v", b.N)...)
	require.NoError(b, err)
	require.NoError(b, q.Start(b.Context()))
	for range b.N {
		<-told.count
	}
	require.NoError(b, q.Stop(b.Context()))
	for _, statement := range tidy {
		exec(statement)
	}
	var bytes int
	require.NoError(b, q.store.row(b.Context(), q.store.executor, query).Scan(&bytes))
	b.ReportMetric(float64(bytes)/float64(b.N), "bytes/cancellation")
}
