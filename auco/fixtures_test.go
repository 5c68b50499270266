package auco

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

const fixtures = "../testdata/auco"

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name))
	require.NoError(tb, err)
	return text
}

// cases is what each pair of fixtures is expected to show, for each code in turn.
var cases = map[string]struct {
	status int // 200 where it is 0
	codes  []string
	want   []expect
}{
	"cancel":        {codes: []string{"DOCUMENTCODE"}, want: []expect{{State: cancel.Cancelled}}},
	"cancel-listed": {codes: []string{"DOCUMENTCODE"}, want: []expect{{Reason: cancel.ErrNotCancellable}}},
	"batch": {
		codes: []string{"TR99AQMY31", "TR99AQMY32", "DOCUMENTCODE"},
		want:  []expect{{State: cancel.Cancelled}, {State: cancel.Cancelled}, {Reason: cancel.ErrNotCancellable}},
	},
	"batch-counts": {
		codes: []string{"TR99AQMY31", "DOCUMENTCODE"},
		want:  []expect{{Reason: cancel.ErrUnknownOutcome}, {Reason: cancel.ErrNotCancellable}},
	},
	"cancel-400": {status: 400, codes: []string{"DOCUMENTCODE"}, want: []expect{{Reason: cancel.ErrInvalid}}},
	"cancel-401": {status: 401, codes: []string{"DOCUMENTCODE"}, want: []expect{{Reason: cancel.ErrAuth}}},
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
			var reqs []cancel.Request
			for _, code := range tt.codes {
				reqs = append(reqs, document(code))
			}
			v := (&vendor{Status: max(tt.status, 200), Answer: string(fixture(t, name+".json"))}).Start(t)
			items := client(t, v).CancelBatch(t.Context(), reqs)

			_, sent := v.Request(t)
			assert.JSONEq(t, string(fixture(t, name+"-request.json")), sent)
			require.Len(t, items, len(tt.want))
			for i, item := range items {
				assert.Equal(t, reqs[i], item.Request)
				tt.want[i].Check(t, item.Result, item.Err, item.Request.ID)
			}
			if len(reqs) == 1 {
				got, err := client(t, v).Cancel(t.Context(), reqs[0])
				tt.want[0].Check(t, got, err)
			}
		})
	}
}
