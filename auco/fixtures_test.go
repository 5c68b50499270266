package auco

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

const fixtures = "../testdata/auco"

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name))
	require.NoError(tb, err)
	return text
}

type fixtureCase struct {
	status int // 0 means 200
	codes  []string
	want   []expect
}

// cases are the pairs of fixtures of cancellations, and the outcome for each code in turn.
var cases = map[string]fixtureCase{
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

func TestFixturesAreReadAsTheySay(t *testing.T) {
	adaptertest.EachPair(t, filepath.Join(fixtures, "*-request.json"), cases, func(t *testing.T, name string, tt fixtureCase) {
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

type question struct {
	status int // 0 means 200
	want   expect
	code   string
}

// questions are the pairs of fixtures of questions, and the outcome. The roadmaps are about the
// document of status-rejected.
var questions = map[string]question{
	"status-created":                {want: expect{State: cancel.NotCancelled}, code: "CREATED"},
	"status-finish":                 {want: expect{Reason: cancel.ErrNotCancellable}, code: "FINISH"},
	"status-expired":                {want: expect{Reason: cancel.ErrNotCancellable}, code: "EXPIRED"},
	"status-rejected":               {want: expect{State: cancel.Cancelled}, code: "REJECTED"},
	"status-not-found":              {status: 400, want: expect{Reason: cancel.ErrNotFound}, code: "DOCUMENT_NOT_FOUND"},
	"roadmap-cancelled":             {want: expect{State: cancel.Cancelled}, code: "CANCEL_SIGN"},
	"roadmap-declined":              {want: expect{Reason: cancel.ErrNotCancellable}, code: "PARTICIPANT_REJECT"},
	"roadmap-reactivated":           {want: expect{Reason: cancel.ErrUnexpected}, code: "REACTIVATION_SIGN"},
	"roadmap-reactivated-cancelled": {want: expect{State: cancel.Cancelled}, code: "CANCEL_SIGN"},
	"roadmap-open":                  {want: expect{State: cancel.Cancelled}, code: "REJECTED"},
}

func TestFixturesOfQuestionsAreReadAsTheySay(t *testing.T) {
	adaptertest.EachPair(t, filepath.Join(fixtures, "*-request.txt"), questions, func(t *testing.T, name string, tt question) {
		answer := &vendor{Status: max(tt.status, 200), Answer: string(fixture(t, name+".json"))}
		v := asking(t, answer, &vendor{Status: 503})
		if strings.HasPrefix(name, "roadmap-") {
			v = asking(t, &vendor{Status: 200, Answer: string(fixture(t, "status-rejected.json"))}, answer)
		}
		got, err := client(t, v, readable).Status(t.Context(), document("TR99AQMY31"))
		code := got.Code
		if failure := tt.want.Check(t, got, err); failure != nil {
			code = failure.Code
		}
		assert.Equal(t, tt.code, code)
		sent := v.Requests()[0]
		if strings.HasPrefix(name, "roadmap-") {
			sent = v.Requests()[1]
		}
		assert.Equal(t, string(fixture(t, name+"-request.txt")), sent.Method+" "+sent.RequestURI+"\n")
	})
}
