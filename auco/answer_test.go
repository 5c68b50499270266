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
	"golang.org/x/text/encoding/charmap"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// read returns the meaning of a body for the first of the codes sent, without a server.
func read(httpStatus int, contentType, body string, codes ...string) (cancel.Result, error) {
	answer := adapter.Answer{Status: httpStatus, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body), At: time.Now()}
	req := document(codes[0])
	return readBatch(answer, codes).interpret(adapter.Call{Provider: provider, Op: cancelOp, ID: req.ID}, req)
}

func TestEvery2xxIsRead(t *testing.T) {
	const body = ` {"errors":{"cant":0},"message":"dos \u00f1 palabras","success":1}` + "\n"
	for _, httpStatus := range []int{200, 201, 202, 207, 299} {
		v := (&vendor{Status: httpStatus, Answer: body}).Start(t)
		before := time.Now()
		got, err := client(t, v).Cancel(t.Context(), document("A"))
		require.NoError(t, err)
		assert.Equal(t, cancel.Result{
			Provider: "auco", ID: "A", Kind: cancel.Document, State: cancel.Cancelled,
			Message: "dos ñ palabras", Raw: []byte(body), At: got.At,
		}, got)
		assert.WithinRange(t, got.At, before, time.Now())
	}
}

func TestListedDocumentIsNotCancellable(t *testing.T) {
	const body = `{"success":0,"errors":{"cant":1,"documents":["A"]}}`
	v := (&vendor{Status: 200, Answer: body}).Start(t)
	got, err := client(t, v).Cancel(t.Context(), document("A"))
	failure := expect{Reason: cancel.ErrNotCancellable}.Check(t, got, err)
	assert.Equal(t, "POST /document/cancel", failure.Op)
	assert.Equal(t, "A", failure.ID)
	assert.Equal(t, 200, failure.HTTPStatus)
	assert.Equal(t, body, string(failure.Raw))
	assert.ErrorContains(t, failure.Err, "errors.documents")
	assert.Empty(t, failure.Code)
}

// The codes sent are A, B and C. An answer gives the letters that each becomes:
// c cancelled, n not cancellable, u unknown.
func TestCountsMustAddUp(t *testing.T) {
	letters := map[rune]expect{
		'c': {State: cancel.Cancelled}, 'n': {Reason: cancel.ErrNotCancellable}, 'u': {Reason: cancel.ErrUnknownOutcome},
	}
	for body, want := range map[string]string{
		`{"success":3,"errors":{"cant":0}}`:                                          "ccc",
		`{"success":3,"errors":{"cant":0,"documents":[]}}`:                           "ccc",
		`{"success":3,"errors":{"cant":0,"documents":null}}`:                         "ccc",
		`{"SUCCESS":3,"Errors":{"CANT":0}}`:                                          "ccc",
		`{"success":2,"errors":{"cant":1,"documents":["A"]}}`:                        "ncc",
		`{"success":2,"errors":{"cant":1,"documents":["C","C"]}}`:                    "ccn",
		`{"success":1,"errors":{"cant":2,"documents":["A","C"]}}`:                    "ncn",
		`{"success":0,"errors":{"cant":3,"documents":["C","B","A"]}}`:                "nnn",
		`{"success":2,"errors":{"cant":0}}`:                                          "uuu",
		`{"success":4,"errors":{"cant":0}}`:                                          "uuu",
		`{"success":0,"errors":{"cant":0}}`:                                          "uuu",
		`{"success":-3,"errors":{"cant":0}}`:                                         "uuu",
		`{"success":3,"errors":{"cant":1}}`:                                          "uuu",
		`{"success":2,"errors":{"cant":1}}`:                                          "uuu",
		`{"success":3,"errors":{}}`:                                                  "uuu",
		`{"success":3,"errors":{"cant":null}}`:                                       "uuu",
		`{"success":3,"errors":{"cant":"0"}}`:                                        "uuu",
		`{"success":3,"errors":{"cant":0.0}}`:                                        "uuu",
		`{"success":3}`:                                                              "uuu",
		`{"success":3,"errors":null}`:                                                "uuu",
		`{"success":3,"errors":[]}`:                                                  "uuu",
		`{"success":3,"errors":0}`:                                                   "uuu",
		`{"errors":{"cant":0}}`:                                                      "uuu",
		`{"success":null,"errors":{"cant":0}}`:                                       "uuu",
		`{"success":true,"errors":{"cant":0}}`:                                       "uuu",
		`{"success":"3","errors":{"cant":0}}`:                                        "uuu",
		`{"success":3.0,"errors":{"cant":0}}`:                                        "uuu",
		`{"success":3e0,"errors":{"cant":0}}`:                                        "uuu",
		`{"success":18446744073709551619,"errors":{"cant":0}}`:                       "uuu",
		`{"cant":0,"success":3}`:                                                     "uuu",
		`{}`:                                                                         "uuu",
		`{"success":3,"errors":{"cant":0,"documents":["A"]}}`:                        "nuu",
		`{"success":3,"errors":{"cant":1,"documents":["A"]}}`:                        "nuu",
		`{"success":2,"errors":{"cant":2,"documents":["A"]}}`:                        "nuu",
		`{"success":2,"errors":{"documents":["A"]}}`:                                 "nuu",
		`{"errors":{"cant":1,"documents":["A"]}}`:                                    "nuu",
		`{"success":1,"errors":{"cant":2,"documents":["C","C"]}}`:                    "uun",
		`{"success":2,"errors":{"cant":1,"documents":["D"]}}`:                        "uuu",
		`{"success":3,"errors":{"cant":0,"documents":["D"]}}`:                        "uuu",
		`{"success":3,"errors":{"cant":1,"documents":["D"]}}`:                        "uuu",
		`{"success":2,"errors":{"cant":1,"documents":["A","D"]}}`:                    "nuu",
		`{"success":1,"errors":{"cant":2,"documents":["A","D"]}}`:                    "nuu",
		`{"success":2,"errors":{"cant":1,"documents":["a"]}}`:                        "uuu",
		`{"success":2,"errors":{"cant":1,"documents":["A "]}}`:                       "uuu",
		`{"success":3,"errors":{"cant":0,"documents":[""]}}`:                         "uuu",
		`{"success":3,"errors":{"cant":0,"documents":[null]}}`:                       "uuu",
		`{"success":2,"errors":{"cant":1,"documents":"A"}}`:                          "uuu",
		`{"success":2,"errors":{"cant":1,"documents":[1]}}`:                          "uuu",
		`{"success":2,"errors":{"cant":1,"documents":[{"code":"A"}]}}`:               "uuu",
		`{"success":2,"errors":{"cant":1,"documents":{"0":"A"}}}`:                    "uuu",
		`{"success":3,"success":3,"errors":{"cant":0}}`:                              "uuu",
		`{"success":3,"Success":0,"errors":{"cant":0}}`:                              "uuu",
		`{"success":3,"errors":{"cant":0,"Cant":3}}`:                                 "uuu",
		`{"success":3,"errors":{"cant":0},"ERRORS":{"cant":3}}`:                      "uuu",
		`{"success":3,"errors":{"cant":0,"documents":[],"Documents":["A","B","C"]}}`: "uuu",
		`{"success":3,"errors":{"cant":0}}{"success":0,"errors":{"cant":3}}`:         "uuu",
		`[{"success":3,"errors":{"cant":0}}]`:                                        "uuu",
		`{"success":3,"errors":{"cant":0}`:                                           "uuu",
		`{"success":3,"errors":{"cant":0}} OK`:                                       "uuu",
		``:                                                                           "uuu",
		`OK`:                                                                         "uuu",
		`<html>{"success":3,"errors":{"cant":0}}</html>`:                             "uuu",
	} {
		v := (&vendor{Status: 200, Answer: body}).Start(t)
		reqs := []cancel.Request{document("A"), document("B"), document("C")}
		items := client(t, v).CancelBatch(t.Context(), reqs)
		require.Len(t, items, 3)
		for i, letter := range want {
			assert.Equal(t, reqs[i], items[i].Request)
			failure := letters[letter].Check(t, items[i].Result, items[i].Err, body, reqs[i].ID)
			if failure != nil {
				assert.Equal(t, reqs[i].ID, failure.ID)
				assert.Error(t, failure.Err, "says why")
			} else {
				assert.Equal(t, reqs[i].ID, items[i].Result.ID)
			}
		}
	}
}

func TestHTTPStatusDecidesWithoutCounts(t *testing.T) {
	bodies := []string{"", "<html></html>", `{"message":"palabras"}`, `{"success":1,"errors":{"cant":0}}`}
	for httpStatus, why := range map[int]error{
		401: cancel.ErrAuth, 403: cancel.ErrForbidden,
		400: cancel.ErrInvalid, 404: cancel.ErrInvalid, 405: cancel.ErrInvalid, 413: cancel.ErrInvalid, 415: cancel.ErrInvalid, 422: cancel.ErrInvalid,
		429: cancel.ErrUnavailable, 503: cancel.ErrUnavailable,
		300: cancel.ErrUnexpected, 301: cancel.ErrUnexpected, 302: cancel.ErrUnexpected, 307: cancel.ErrUnexpected, 308: cancel.ErrUnexpected,
		402: cancel.ErrUnexpected, 408: cancel.ErrUnexpected, 409: cancel.ErrUnexpected, 418: cancel.ErrUnexpected,
		500: cancel.ErrUnknownOutcome, 501: cancel.ErrUnknownOutcome, 502: cancel.ErrUnknownOutcome, 504: cancel.ErrUnknownOutcome, 599: cancel.ErrUnknownOutcome,
	} {
		for _, body := range bodies {
			v := (&vendor{Status: httpStatus, Answer: body, Header: http.Header{"Retry-After": {"60"}, "Location": {"/x"}}}).Start(t)
			items := client(t, v).CancelBatch(t.Context(), []cancel.Request{document("A"), document("B")})
			for _, item := range items {
				failure := expect{Reason: why}.Check(t, item.Result, item.Err, httpStatus, body)
				assert.Equal(t, item.Request.ID, failure.ID)
				assert.Equal(t, httpStatus, failure.HTTPStatus)
				assert.Equal(t, time.Minute, failure.RetryAfter)
				if strings.Contains(body, "message") {
					assert.Equal(t, "palabras", failure.Message)
				}
			}
			assert.Equal(t, 1, v.Count())
		}
	}
}

func TestAnswersInOtherCharsetsAreRead(t *testing.T) {
	latin, err := charmap.ISO8859_1.NewEncoder().String(`{"success":1,"errors":{"cant":1,"documents":["Ñ"]}}`)
	require.NoError(t, err)
	_, err = read(200, "application/json; charset=ISO-8859-1", latin, "A", "Ñ")
	assert.NoError(t, err)
	for _, label := range []string{"none", "binary", "utf8mb4"} {
		_, err = read(200, "application/json; charset="+label, `{"success":1,"errors":{"cant":1,"documents":["Ñ"]}}`, "A", "Ñ")
		assert.NoError(t, err, label)
		got, err := read(200, "application/json; charset="+label, latin, "A", "Ñ")
		expect{Reason: cancel.ErrUnknownOutcome}.Check(t, got, err)
	}
	_, err = read(200, "", "\uFEFF"+`{"success":1,"errors":{"cant":0}}`, "A")
	assert.NoError(t, err)
}

func TestBrokenAnswersLeaveADoubt(t *testing.T) {
	const ok = `{"success":1,"errors":{"cant":0}}`
	for what, v := range map[string]*vendor{
		"broken off after the answer": {Transmission: func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(ok))
		}},
		"broken off before it": {Transmission: func(http.ResponseWriter) { panic(http.ErrAbortHandler) }},
		"too long":             {Status: 200, Answer: ok + strings.Repeat(" ", 101-len(ok))},
		"too long, as a 500":   {Status: 500, Answer: ok + strings.Repeat(" ", 1000)},
	} {
		got, err := client(t, v.Start(t), func(c *Config) { c.Options.MaxResponseBytes = 100 }).Cancel(t.Context(), document("A"))
		failure := expect{Reason: cancel.ErrUnknownOutcome}.Check(t, got, err, what)
		assert.Error(t, failure.Err)
	}
	v := (&vendor{Status: 200, Answer: ok + strings.Repeat(" ", 100-len(ok))}).Start(t)
	_, err := client(t, v, func(c *Config) { c.Options.MaxResponseBytes = 100 }).Cancel(t.Context(), document("A"))
	assert.NoError(t, err, "exactly as long as it may be")
}

func TestNothingIsSentAfterTheContextEnded(t *testing.T) {
	v := (&vendor{Status: 200}).Start(t)
	ctx, end := context.WithCancel(t.Context())
	end()
	for _, item := range client(t, v).CancelBatch(ctx, []cancel.Request{document("A"), document("B")}) {
		failure := expect{Reason: cancel.ErrUnavailable}.Check(t, item.Result, item.Err)
		assert.Equal(t, item.Request.ID, failure.ID)
		assert.ErrorIs(t, item.Err, context.Canceled)
	}
	assert.Zero(t, v.Count())
}

func TestEchoedKeysAreRedacted(t *testing.T) {
	for what, body := range map[string]string{
		"message":    `{"message":"no such key: prk_hunter2 nor puk_hunter3"}`,
		"escaped":    `{"message":"\u0070rk_hunter2"}`,
		"a document": `{"success":1,"errors":{"cant":0,"documents":["prk_hunter2"]}}`,
		"a long one": fmt.Sprintf(`{"success":1,"errors":{"cant":0,"documents":["%030d prk_hunter2"]}}`, 0),
		"a key":      `{"prk_hunter2":1,"prk_hunter2":2}`,
	} {
		for _, httpStatus := range []int{200, 401} {
			v := (&vendor{Status: httpStatus, Answer: body}).Start(t)
			_, err := client(t, v, func(c *Config) {
				c.PrivateKey, c.PublicKey = cancel.NewSecret("prk_hunter2"), cancel.NewSecret("puk_hunter3")
			}).Cancel(t.Context(), document("A"))
			failure, ok := errors.AsType[*cancel.Error](err)
			require.True(t, ok)
			for _, shown := range []string{err.Error(), failure.Message, fmt.Sprint(failure.Err)} {
				assert.NotContains(t, shown, "prk_hunter2", what)
				assert.NotContains(t, shown, "puk_hunter3", what)
			}
		}
	}
}
