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
	v := (&vendor{Status: 200, Answer: `{"code":"TR 99&?","status":"CREATED"}`}).Start(t)
	req := cancel.Request{Kind: cancel.Document, ID: "TR 99&?"} // neither Reason nor RequestedBy
	got, err := client(t, v, readable).Status(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.NotCancelled, got.State)
	r, body := v.Request(t)
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
		{"created", 200, `{"status":"CREATED"}`, expect{State: cancel.NotCancelled}, "CREATED"},
		{"signed", 200, `{"status":"FINISH","code":"A"}`, expect{State: cancel.NotCancelled}, "FINISH"},
		{"expired", 200, `{"status":"EXPIRED"}`, expect{State: cancel.NotCancelled}, "EXPIRED"},
		{"cancelled or declined", 200, whole, expect{State: cancel.Cancelled}, "REJECTED"},
		{"another word", 200, `{"status":"CANCELLED"}`, expect{Reason: cancel.ErrUnexpected}, "CANCELLED"},
		{"the word in lower case", 200, `{"status":"rejected"}`, expect{Reason: cancel.ErrUnexpected}, "rejected"},
		{"no word", 200, `{"code":"A"}`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"no string", 200, `{"status":["REJECTED"]}`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"another document", 200, `{"code":"B","status":"REJECTED"}`, expect{Reason: cancel.ErrUnavailable}, "REJECTED"},
		{"two values", 200, `{"status":"REJECTED"}{}`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"twice", 200, `{"status":"REJECTED","STATUS":"CREATED"}`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"not 2xx", 500, whole, expect{Reason: cancel.ErrUnavailable}, ""},
		{"unknown", 400, `{"message":"DOCUMENT_NOT_FOUND"}`, expect{Reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"unknown, in another shape", 400, `{"error":{"codes":["DOCUMENT_NOT_FOUND"]}}`, expect{Reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"unknown, as a string", 400, `"DOCUMENT_NOT_FOUND"`, expect{Reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"unknown, in plain text", 400, "DOCUMENT_NOT_FOUND\n", expect{Reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"the word with another status", 404, `{"message":"DOCUMENT_NOT_FOUND"}`, expect{Reason: cancel.ErrInvalid}, ""},
		{"another 400", 400, `{"message":"INVALID_RESOURCE"}`, expect{Reason: cancel.ErrInvalid}, ""},
		{"wrong key", 401, `{"message":"x"}`, expect{Reason: cancel.ErrAuth}, ""},
		{"too many", 429, ``, expect{Reason: cancel.ErrUnavailable}, ""},
		{"redirect", 302, ``, expect{Reason: cancel.ErrUnexpected}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := (&vendor{Status: tt.status, Answer: tt.body}).Start(t)
			got, err := client(t, v, readable).Status(t.Context(), document("A"))
			if failure := tt.want.Check(t, got, err); failure != nil {
				assert.Equal(t, tt.code, failure.Code)
				assert.Equal(t, "GET /document", failure.Op)
				assert.Equal(t, tt.body, string(failure.Raw))
				return
			}
			assert.Equal(t, cancel.Result{
				Provider: "auco", ID: "A", Kind: cancel.Document, State: tt.want.State, Code: tt.code,
				Raw: []byte(tt.body), At: got.At,
			}, got)
		})
	}
}

func TestStatusIsRefused(t *testing.T) {
	v := (&vendor{Status: 200, Answer: `{"status":"CREATED"}`}).Start(t)
	for _, req := range []cancel.Request{{Kind: cancel.Document}, {Kind: cancel.Payment, ID: "A"}, {Kind: cancel.Document, ID: "A\n"}} {
		got, err := client(t, v, readable).Status(t.Context(), req)
		expect{Reason: cancel.ErrInvalid}.Check(t, got, err)
		require.NotErrorIs(t, err, errors.ErrUnsupported)
	}
	got, err := client(t, v).Status(t.Context(), document("A"))
	expect{Reason: cancel.ErrInvalid}.Check(t, got, err)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	assert.Zero(t, v.Count())
}

// Every row of the table that users read is the one that answers are taken by.
func TestTableIsTheOneThatCounts(t *testing.T) {
	for _, row := range Codes() {
		want := expect{State: row.State, Reason: row.Reason}
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
			want.Check(t, got, err, row.English)
		case row.Reason == nil:
			v := (&vendor{Status: 200, Answer: `{"status":"` + row.Code + `"}`}).Start(t)
			got, err := client(t, v, readable).Status(t.Context(), document("A"))
			want.Check(t, got, err, row.Code)
		default:
			v := (&vendor{Status: 400, Answer: row.Code}).Start(t)
			got, err := client(t, v, readable).Status(t.Context(), document("A"))
			want.Check(t, got, err, row.Code)
		}
	}
}
