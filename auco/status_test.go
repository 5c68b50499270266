package auco

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

const publicKey = "puk_invented"

func readable(c *Config) { c.PublicKey = cancel.NewSecret(publicKey) }

func TestStatusOnTheWire(t *testing.T) {
	v := (&vendor{status: 200, answer: `{"code":"TR 99&?","status":"CREATED"}`}).start(t)
	req := cancel.Request{Kind: cancel.Document, ID: "TR 99&?"} // neither Reason nor RequestedBy
	got, err := v.client(t, readable).Status(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.NotCancelled, got.State)
	r, body := v.request(t)
	assert.Equal(t, http.MethodGet, r.Method)
	assert.Equal(t, "/document?code=TR+99%26%3F", r.URL.String())
	assert.Equal(t, []string{publicKey}, r.Header.Values("Authorization"))
	assert.Empty(t, body)
}

func TestStatusAnswers(t *testing.T) {
	const whole = `{"url":"https://x.test","name":"Contrato","code":"A","status":"REJECTED","data":{},"signProfile":[{"name":"N","email":"e@example.com","id":"1","status":"REJECT"}]}`
	tests := []struct {
		name   string
		status int
		body   string
		want   expect
		code   string
	}{
		{"created", 200, `{"status":"CREATED"}`, expect{state: cancel.NotCancelled}, "CREATED"},
		{"signed", 200, `{"status":"FINISH","code":"A"}`, expect{state: cancel.NotCancelled}, "FINISH"},
		{"expired", 200, `{"status":"EXPIRED"}`, expect{state: cancel.NotCancelled}, "EXPIRED"},
		{"cancelled or declined", 200, whole, expect{state: cancel.Cancelled}, "REJECTED"},
		{"another word", 200, `{"status":"CANCELLED"}`, expect{reason: cancel.ErrUnexpected}, "CANCELLED"},
		{"the word in lower case", 200, `{"status":"rejected"}`, expect{reason: cancel.ErrUnexpected}, "rejected"},
		{"no word", 200, `{"code":"A"}`, expect{reason: cancel.ErrUnavailable}, ""},
		{"no string", 200, `{"status":["REJECTED"]}`, expect{reason: cancel.ErrUnavailable}, ""},
		{"another document", 200, `{"code":"B","status":"REJECTED"}`, expect{reason: cancel.ErrUnavailable}, "REJECTED"},
		{"two values", 200, `{"status":"REJECTED"}{}`, expect{reason: cancel.ErrUnavailable}, ""},
		{"twice", 200, `{"status":"REJECTED","STATUS":"CREATED"}`, expect{reason: cancel.ErrUnavailable}, ""},
		{"not 2xx", 500, whole, expect{reason: cancel.ErrUnavailable}, ""},
		{"unknown", 400, `{"message":"DOCUMENT_NOT_FOUND"}`, expect{reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"unknown, in another shape", 400, `{"error":{"codes":["DOCUMENT_NOT_FOUND"]}}`, expect{reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"unknown, as a string", 400, `"DOCUMENT_NOT_FOUND"`, expect{reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"unknown, in plain text", 400, "DOCUMENT_NOT_FOUND\n", expect{reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"the word with another status", 404, `{"message":"DOCUMENT_NOT_FOUND"}`, expect{reason: cancel.ErrInvalid}, ""},
		{"another 400", 400, `{"message":"INVALID_RESOURCE"}`, expect{reason: cancel.ErrInvalid}, ""},
		{"wrong key", 401, `{"message":"x"}`, expect{reason: cancel.ErrAuth}, ""},
		{"too many", 429, ``, expect{reason: cancel.ErrUnavailable}, ""},
		{"redirect", 302, ``, expect{reason: cancel.ErrUnexpected}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := (&vendor{status: tt.status, answer: tt.body}).start(t)
			got, err := v.client(t, readable).Status(t.Context(), document("A"))
			if failure := tt.want.check(t, got, err); failure != nil {
				assert.Equal(t, tt.code, failure.Code)
				assert.Equal(t, "GET /document", failure.Op)
				assert.Equal(t, tt.body, string(failure.Raw))
				return
			}
			assert.Equal(t, cancel.Result{
				Provider: "auco", ID: "A", Kind: cancel.Document, State: tt.want.state, Code: tt.code,
				Raw: []byte(tt.body), At: got.At,
			}, got)
		})
	}
}

func TestStatusIsRefused(t *testing.T) {
	v := (&vendor{status: 200, answer: `{"status":"CREATED"}`}).start(t)
	for _, req := range []cancel.Request{{Kind: cancel.Document}, {Kind: cancel.Payment, ID: "A"}, {Kind: cancel.Document, ID: "A\n"}} {
		got, err := v.client(t, readable).Status(t.Context(), req)
		expect{reason: cancel.ErrInvalid}.check(t, got, err)
		require.NotErrorIs(t, err, errors.ErrUnsupported)
	}
	got, err := v.client(t).Status(t.Context(), document("A"))
	expect{reason: cancel.ErrInvalid}.check(t, got, err)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	assert.Zero(t, v.count())
}

// Every row of the table that users read is the one that answers are taken by.
func TestTableIsTheOneThatCounts(t *testing.T) {
	for _, row := range Codes() {
		want := expect{state: row.State, reason: row.Reason}
		assert.NotEqual(t, row.State == "", row.Reason == nil, row.Code)
		assert.False(t, row.AskAgain)
		switch {
		case row.Operations[0] == cancelOp:
			body := map[cancel.State]string{cancel.Cancelled: `{"success":1,"errors":{"cant":0}}`}[row.State]
			if errors.Is(row.Reason, cancel.ErrNotCancellable) {
				body = `{"success":0,"errors":{"cant":1,"documents":["A"]}}`
			} else if row.Reason != nil {
				body = `{"success":7,"errors":{"cant":0}}`
			}
			got, err := read(200, "", body, "A")
			want.check(t, got, err, row.English)
		case row.Reason == nil:
			v := (&vendor{status: 200, answer: `{"status":"` + row.Code + `"}`}).start(t)
			got, err := v.client(t, readable).Status(t.Context(), document("A"))
			want.check(t, got, err, row.Code)
		default:
			v := (&vendor{status: 400, answer: row.Code}).start(t)
			got, err := v.client(t, readable).Status(t.Context(), document("A"))
			want.check(t, got, err, row.Code)
		}
	}
}
