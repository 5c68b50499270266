package auco

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/adaptertest"
)

const publicKey = "puk_invented"

func readable(c *Config) { c.PublicKey = cancel.NewSecret(publicKey) }

// asking starts a vendor that answers a question about a document, and one about its roadmap.
func asking(t *testing.T, document, roadmap *vendor) *vendor {
	t.Helper()
	return (&vendor{Status: 404, Paths: map[string]*adaptertest.Vendor{"/document": document, "/document/roadmap": roadmap}}).Start(t)
}

const rejected = `{"code":"A","status":"REJECTED"}`

func TestStatusAsksWithThePublicKey(t *testing.T) {
	v := asking(t, &vendor{Status: 200, Answer: `{"code":"TR 99&?","status":"REJECTED"}`}, &vendor{Status: 200, Answer: `[]`})
	req := cancel.Request{Kind: cancel.Document, ID: "TR 99&?"} // neither Reason nor RequestedBy
	got, err := client(t, v, readable).Status(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, cancel.Cancelled, got.State)
	requests := v.Requests()
	require.Len(t, requests, 2)
	for i, path := range []string{"/document", "/document/roadmap"} {
		assert.Equal(t, http.MethodGet, requests[i].Method)
		assert.Equal(t, path+"?code=TR+99%26%3F", requests[i].URL.String())
		assert.Equal(t, []string{publicKey}, requests[i].Header.Values("Authorization"), "as it is, with no scheme")
		assert.Empty(t, v.Bodies()[i])
	}
}

func TestStatusKeepsThePathAndQueryOfTheEndpoint(t *testing.T) {
	v := (&vendor{Status: 200, Answer: `{"status":"CREATED"}`}).Start(t)
	_, err := client(t, v, readable, func(c *Config) { c.Endpoint += "/a%2Fb?c=d" }).Status(t.Context(), document("A"))
	require.NoError(t, err)
	r, _ := v.Request(t)
	assert.Equal(t, "/a%2Fb/document?c=d&code=A", r.URL.String())
}

func TestStatusesBecomeTheirRows(t *testing.T) {
	const whole = `{"url":"https://x.test","name":"Contrato","code":"A","status":"FINISH","data":{},"signProfile":[{"name":"N","email":"e@example.com","id":"1","status":"REJECT"}]}`
	tests := []struct {
		name   string
		status int
		body   string
		want   expect
		code   string
	}{
		{"created", 200, `{"status":"CREATED"}`, expect{State: cancel.NotCancelled}, "CREATED"},
		{"keys in another case", 201, `{"Status":"CREATED","CODE":"A"}`, expect{State: cancel.NotCancelled}, "CREATED"},
		{"signed", 200, whole, expect{Reason: cancel.ErrNotCancellable}, "FINISH"},
		{"expired", 200, `{"status":"EXPIRED"}`, expect{Reason: cancel.ErrNotCancellable}, "EXPIRED"},
		{"another word", 200, `{"status":"CANCELLED"}`, expect{Reason: cancel.ErrUnexpected}, "CANCELLED"},
		{"the word in lower case", 200, `{"status":"rejected"}`, expect{Reason: cancel.ErrUnexpected}, "rejected"},
		{"an action as status", 200, `{"status":"CANCEL_SIGN"}`, expect{Reason: cancel.ErrUnexpected}, "CANCEL_SIGN"},
		{"the word for an unknown code as status", 200, `{"status":"DOCUMENT_NOT_FOUND"}`, expect{Reason: cancel.ErrUnexpected}, "DOCUMENT_NOT_FOUND"},
		{"no word", 200, `{"code":"A"}`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"no string", 200, `{"status":["REJECTED"]}`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"another document", 200, `{"code":"B","status":"REJECTED"}`, expect{Reason: cancel.ErrUnavailable}, "REJECTED"},
		{"a code that is not text", 200, `{"code":["B"],"status":"REJECTED"}`, expect{Reason: cancel.ErrUnavailable}, "REJECTED"},
		{"a null code", 200, `{"code":null,"status":"CREATED"}`, expect{State: cancel.NotCancelled}, "CREATED"},
		{"two values", 200, `{"status":"REJECTED"}{}`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"twice", 200, `{"status":"REJECTED","STATUS":"CREATED"}`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"twice, with a long s", 200, `{"status":"REJECTED","ſtatus":"CREATED"}`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"templates", 200, `[{"status":"REJECTED"}]`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"not 2xx", 500, rejected, expect{Reason: cancel.ErrUnavailable}, ""},
		{"unknown", 400, `{"message":"DOCUMENT_NOT_FOUND"}`, expect{Reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"unknown, in another shape", 400, `{"error":{"codes":["DOCUMENT_NOT_FOUND"]}}`, expect{Reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"unknown, as a string", 400, `"DOCUMENT_NOT_FOUND"`, expect{Reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"unknown, in plain text", 400, "DOCUMENT_NOT_FOUND\n", expect{Reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"unknown, as a 404", 404, `{"message":"DOCUMENT_NOT_FOUND"}`, expect{Reason: cancel.ErrNotFound}, "DOCUMENT_NOT_FOUND"},
		{"the word with another status", 500, `{"message":"DOCUMENT_NOT_FOUND"}`, expect{Reason: cancel.ErrUnavailable}, ""},
		{"another 400", 400, `{"message":"INVALID_RESOURCE"}`, expect{Reason: cancel.ErrInvalid}, ""},
		{"another 404", 404, `{"message":"Not Found"}`, expect{Reason: cancel.ErrInvalid}, ""},
		{"wrong key", 401, `{"message":"x"}`, expect{Reason: cancel.ErrAuth}, ""},
		{"too many", 429, ``, expect{Reason: cancel.ErrUnavailable}, ""},
		{"redirect", 302, ``, expect{Reason: cancel.ErrUnexpected}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := (&vendor{Status: tt.status, Answer: tt.body}).Start(t)
			got, err := client(t, v, readable).Status(t.Context(), document("A"))
			v.Request(t) // only one
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

func TestRoadmapDecidesWhoEndedIt(t *testing.T) {
	event := func(action string) string { return fmt.Sprintf(`{"action":%q,"timestamp":"x"}`, action) }
	const (
		cancelled = `{"action":"CANCEL_SIGN","platform":"ARCHIVE","participant":"ARCHIVE","timestamp":1,"by":"ana@example.com"}`
		declined  = `{"action":"PARTICIPANT_REJECT","participant":"e@example.com","message":"no es lo acordado"}`
		reopened  = `{"Action":"REACTIVATION_SIGN"}`
	)
	for roadmap, want := range map[string]struct {
		expect
		code, message string
	}{
		`[` + cancelled + `]`: {expect{State: cancel.Cancelled}, "CANCEL_SIGN", ""},
		`[` + declined + `]`:  {expect{Reason: cancel.ErrNotCancellable}, "PARTICIPANT_REJECT", "no es lo acordado"},
		`[` + reopened + `]`:  {expect{Reason: cancel.ErrUnexpected}, "REACTIVATION_SIGN", ""},
		`[` + event("CREATE") + `,` + cancelled + `,` + event("OTHER") + `]`: {expect{State: cancel.Cancelled}, "CANCEL_SIGN", ""},
		`[` + declined + `,` + reopened + `,` + cancelled + `]`:              {expect{State: cancel.Cancelled}, "CANCEL_SIGN", ""},
		`[` + cancelled + `,` + reopened + `,` + declined + `]`:              {expect{Reason: cancel.ErrNotCancellable}, "PARTICIPANT_REJECT", "no es lo acordado"},
		`[` + declined + `,` + reopened + `]`:                                {expect{Reason: cancel.ErrUnexpected}, "REACTIVATION_SIGN", ""},
		` {"roadmap":[` + declined + `],"code":"A"} `:                        {expect{Reason: cancel.ErrNotCancellable}, "PARTICIPANT_REJECT", "no es lo acordado"},
	} {
		v := asking(t, &vendor{Status: 200, Answer: rejected}, &vendor{Status: 200, Answer: roadmap})
		before := time.Now()
		got, err := client(t, v, readable).Status(t.Context(), document("A"))
		if failure := want.Check(t, got, err, roadmap); failure != nil {
			assert.Equal(t, &cancel.Error{
				Provider: "auco", Op: "GET /document/roadmap", ID: "A", Code: want.code, Message: want.message,
				HTTPStatus: 200, Reason: want.Reason, Raw: []byte(roadmap),
			}, failure)
			continue
		}
		assert.Equal(t, cancel.Result{
			Provider: "auco", ID: "A", Kind: cancel.Document, State: cancel.Cancelled, Code: want.code, Message: want.message,
			Raw: []byte(roadmap), At: got.At,
		}, got)
		assert.WithinRange(t, got.At, before, time.Now())
	}
}

func TestRoadmapThatSaysNothingLeavesItCancelled(t *testing.T) {
	const declined = `{"action":"PARTICIPANT_REJECT"}`
	answers := map[string]*vendor{
		"too many":   {Status: 429, Answer: `[` + declined + `]`},
		"broken off": {Transmission: func(http.ResponseWriter) { panic(http.ErrAbortHandler) }},
		"short code": {Status: 400, Answer: `{"message":"code must have 9 or 10 characters"}`},
		"unknown":    {Status: 400, Answer: `{"message":"DOCUMENT_NOT_FOUND"}`},
		"wrong key":  {Status: 401, Answer: `[` + declined + `]`},
		"down":       {Status: 500, Answer: `[` + declined + `]`},
		"redirect":   {Status: 302, Answer: `[` + declined + `]`},
	}
	for what, body := range map[string]string{
		"no events":                  `[]`,
		"other events":               `[{"action":"CREATE_SIGN"},{"action":"participant_reject"},{"action":" PARTICIPANT_REJECT"}]`,
		"an event without an action": `[{"participant":"PARTICIPANT_REJECT"}]`,
		"an action that is a list":   `[{"action":["PARTICIPANT_REJECT"]}]`,
		"an action twice":            `[{"action":"PARTICIPANT_REJECT","Action":"PARTICIPANT_REJECT"}]`,
		"a malformed event":          `[` + declined + `,1]`,
		"null":                       `null`,
		"an object without a list":   `{"action":"PARTICIPANT_REJECT"}`,
		"two lists":                  `{"a":[` + declined + `],"b":[` + declined + `]}`,
		"a list twice":               `{"a":[` + declined + `],"A":[` + declined + `]}`,
		"HTML":                       `<html>PARTICIPANT_REJECT</html>`,
		"empty":                      ``,
		"two values":                 `[` + declined + `][]`,
	} {
		answers[what] = &vendor{Status: 200, Answer: body}
	}
	for what, roadmap := range answers {
		v := asking(t, &vendor{Status: 200, Answer: rejected}, roadmap)
		got, err := client(t, v, readable).Status(t.Context(), document("A"))
		require.NoError(t, err, what)
		assert.Equal(t, cancel.Result{
			Provider: "auco", ID: "A", Kind: cancel.Document, State: cancel.Cancelled, Code: "REJECTED", Raw: []byte(rejected), At: got.At,
		}, got, what)
		assert.Len(t, v.Requests(), 2, what)
	}
}

// The evidence is about the answer that decided, and so are its digests.
func TestEvidenceIsAboutTheAnswerThatDecides(t *testing.T) {
	for roadmap, want := range map[string]string{
		`[{"action":"PARTICIPANT_REJECT"}]`: "GET /document/roadmap",
		`[{"action":"CANCEL_SIGN"}]`:        "GET /document/roadmap",
		`[]`:                                "GET /document",
	} {
		v := asking(t, &vendor{Status: 200, Answer: rejected}, &vendor{Status: 200, Answer: roadmap})
		var evidence []cancel.Evidence
		c := cancel.NewClient(map[string]cancel.Canceler{"": client(t, v, readable)},
			cancel.WithEvidence(func(_ context.Context, e cancel.Evidence) { evidence = append(evidence, e) }))
		_, _ = c.Status(t.Context(), document("A"))
		require.Len(t, evidence, 1)
		assert.Equal(t, want, evidence[0].Operation)
		assert.Equal(t, v.URL+strings.TrimPrefix(want, "GET "), evidence[0].Endpoint)
		assert.Equal(t, "auco 2", evidence[0].Table)
	}
}

func TestPreflightAdvisesByTheStatus(t *testing.T) {
	for _, tt := range []struct {
		word, roadmap string
		verdict       cancel.Verdict
		reason        error
	}{
		{word: "CREATED", verdict: cancel.Cancellable},
		{word: "REJECTED", roadmap: `[{"action":"CANCEL_SIGN"}]`, verdict: cancel.Done},
		{word: "REJECTED", roadmap: `[]`, verdict: cancel.Done},
		{word: "REJECTED", roadmap: `[{"action":"PARTICIPANT_REJECT"}]`, reason: cancel.ErrNotCancellable},
		{word: "REJECTED", roadmap: `[{"action":"REACTIVATION_SIGN"}]`, reason: cancel.ErrUnexpected},
		{word: "FINISH", reason: cancel.ErrNotCancellable},
		{word: "EXPIRED", reason: cancel.ErrNotCancellable},
		{word: "OTHER", reason: cancel.ErrUnexpected},
	} {
		v := asking(t, &vendor{Status: 200, Answer: fmt.Sprintf(`{"status":%q,"message":"m"}`, tt.word)}, &vendor{Status: 200, Answer: tt.roadmap})
		got, err := client(t, v, readable).Preflight(t.Context(), document("A"))
		if tt.reason != nil {
			require.ErrorIs(t, err, tt.reason, tt)
			assert.Zero(t, got)
			continue
		}
		require.NoError(t, err, tt)
		assert.Equal(t, tt.verdict, got.Verdict, tt)
		assert.Equal(t, "auco A document", fmt.Sprint(got.Provider, " ", got.ID, " ", got.Kind))
		assert.False(t, got.At.IsZero())
		assert.NotEmpty(t, got.Raw)
		assert.NotEmpty(t, got.Code)
	}
}

func TestStatusIsRefused(t *testing.T) {
	v := (&vendor{Status: 200, Answer: `{"status":"CREATED"}`}).Start(t)
	for _, req := range []cancel.Request{
		{Kind: cancel.Document}, {Kind: cancel.Payment, ID: "A"}, {Kind: cancel.Document, ID: "A\n"}, {Kind: cancel.Document, ID: "A", Motive: "02"},
	} {
		got, err := client(t, v, readable).Status(t.Context(), req)
		expect{Reason: cancel.ErrInvalid}.Check(t, got, err)
		require.NotErrorIs(t, err, errors.ErrUnsupported)
		_, err = client(t, v, readable).Preflight(t.Context(), req)
		require.ErrorIs(t, err, cancel.ErrInvalid)
	}
	got, err := client(t, v).Status(t.Context(), document("A"))
	expect{Reason: cancel.ErrInvalid}.Check(t, got, err)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = client(t, v).Preflight(t.Context(), document("A"))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	assert.Zero(t, v.Count())
}

// Every row of the table that users read is the row that answers are taken by.
func TestTableIsTheOneThatCounts(t *testing.T) {
	for _, row := range Codes() {
		want := expect{State: row.State, Reason: row.Reason}
		assert.NotEqual(t, row.State == "", row.Reason == nil, row.Code)
		assert.False(t, row.AskAgain)
		require.Len(t, row.Operations, 1)
		switch operation := row.Operations[0]; {
		case operation == "POST /document/cancel":
			body := map[cancel.State]string{cancel.Cancelled: `{"success":1,"errors":{"cant":0}}`}[row.State]
			if errors.Is(row.Reason, cancel.ErrNotCancellable) {
				body = `{"success":0,"errors":{"cant":1,"documents":["A"]}}`
			} else if row.Reason != nil {
				body = `{"success":7,"errors":{"cant":0}}`
			}
			got, err := read(200, "", body, "A")
			want.Check(t, got, err, row.English)
		case row.Code == "DOCUMENT_NOT_FOUND":
			v := (&vendor{Status: 400, Answer: row.Code}).Start(t)
			got, err := client(t, v, readable).Status(t.Context(), document("A"))
			want.Check(t, got, err, row.Code)
		default:
			status, roadmap := row.Code, "[]"
			if operation == "GET /document/roadmap" {
				status, roadmap = "REJECTED", fmt.Sprintf(`[{"action":%q}]`, row.Code)
			} else {
				assert.Equal(t, "GET /document", operation)
			}
			v := asking(t, &vendor{Status: 200, Answer: fmt.Sprintf(`{"status":%q}`, status)}, &vendor{Status: 200, Answer: roadmap})
			got, err := client(t, v, readable).Status(t.Context(), document("A"))
			want.Check(t, got, err, row.Code)
		}
	}
}
