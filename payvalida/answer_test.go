package payvalida

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

// answered returns the meaning of a body, without a server.
func answered(req cancel.Request, httpStatus int, contentType, body string) (cancel.Result, error) {
	answer := adapter.Answer{Status: httpStatus, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body), At: time.Now()}
	return adapter.Call{Provider: provider, Op: cancelOp, ID: req.ID, Codes: table}.Judge(req, answer, read)
}

var codes = map[string]expect{
	"0000": {State: cancel.Cancelled},
	"0001": {State: cancel.AlreadyCancelled},
	"0013": {Reason: cancel.ErrNotFound},
	"0015": {Reason: cancel.ErrNotCancellable},
	"0017": {Reason: cancel.ErrUnavailable},
	"0018": {Reason: cancel.ErrAuth},
	"0019": {Reason: cancel.ErrForbidden},
	"0025": {Reason: cancel.ErrAuth},
	"0037": {Reason: cancel.ErrForbidden},
}

func TestCodesBecomeTheirRows(t *testing.T) {
	odd := []string{"0", "1", "00", "000", "00000", "0000 ", " 0000", "+000", "OK", "ok", "-001", "０００0", strings.Repeat("0", 400)}
	for code := range 10_000 {
		odd = append(odd, fmt.Sprintf("%04d", code))
	}
	for _, code := range odd {
		want, ok := codes[code]
		if !ok {
			want.Reason = cancel.ErrUnexpected
		}
		got, err := answered(payment, 200, "", fmt.Sprintf(`{"CODE":%q,"DESC":"words"}`, code))
		if failure := want.Check(t, got, err, code); failure != nil {
			assert.Equal(t, code, failure.Code)
			assert.Equal(t, "words", failure.Message)
		}
	}
}

func TestCodeDecidesAndNotTheHTTPStatus(t *testing.T) {
	for _, kind := range []cancel.Kind{cancel.Payment, cancel.PreAuthorization} {
		for _, httpStatus := range []int{200, 201, 302, 400, 401, 403, 404, 418, 429, 500, 502, 503} {
			for _, code := range []string{"0000", "0001", "0013", "0015", "0017", "0018", "0019", "0025", "0037", "0028"} {
				t.Run(fmt.Sprint(kind, " ", code, " in HTTP ", httpStatus), func(t *testing.T) {
					want, ok := codes[code]
					if !ok {
						want.Reason = cancel.ErrUnexpected
					}
					body := "\n" + `{"DESC":"dos \u00f1 palabras","CODE":"` + code + `","DATA":null}` + " "
					v := (&vendor{Status: httpStatus, Answer: body, Header: http.Header{"Retry-After": {"3"}, "Location": {"/x"}}}).Start(t)
					before := time.Now()
					got, err := client(t, v).Cancel(t.Context(), cancel.Request{Kind: kind, ID: order, Provider: "ignored"})
					assert.Equal(t, 1, v.Count())
					if failure := want.Check(t, got, err); failure != nil {
						assert.Equal(t, &cancel.Error{
							Provider: "payvalida", Op: "POST /v4/merchant/transaction/cancel", ID: order, Code: code, Message: "dos ñ palabras",
							HTTPStatus: httpStatus, RetryAfter: 3 * time.Second, Reason: want.Reason, Raw: []byte(body),
						}, failure)
						return
					}
					assert.Equal(t, cancel.Result{
						Provider: "payvalida", ID: order, Kind: kind, State: want.State, Code: code, Message: "dos ñ palabras", Raw: []byte(body), At: got.At,
					}, got)
					assert.WithinRange(t, got.At, before, time.Now())
				})
			}
		}
	}
}

func TestKeysAreReadInEitherCase(t *testing.T) {
	for _, body := range []string{
		`{"CODE":"0001","DESC":"d"}`, `{"code":"0001","desc":"d"}`, `{"Code":"0001","Desc":"d"}`, `{"cOdE":"0001","DESC":"d"}`,
		`{"\u0063ode":"0001","desc":"\u0064"}`, "\uFEFF" + `{"code":"0001","desc":"d"}`,
		`{"DATA":{"CODE":"0000","code":"0017"},"CODE":"0001","DESC":"d"}`,
	} {
		got, err := answered(payment, 200, "", body)
		require.NoError(t, err, body)
		assert.Equal(t, cancel.AlreadyCancelled, got.State)
		assert.Equal(t, "0001", got.Code)
		assert.Equal(t, "d", got.Message)
	}
	for _, desc := range []string{`,"DESC":null`, `,"DESC":1`, `,"DESC":{"a":1}`, ``} {
		got, err := answered(payment, 200, "", `{"CODE":"0000"`+desc+`}`)
		require.NoError(t, err, desc)
		assert.Empty(t, got.Message)
	}
}

// The card API says its failure in a field error.
func TestFieldErrorIsTheMessage(t *testing.T) {
	for body, want := range map[string]string{
		`{"CODE":"0099","error":"franquicia no disponible"}`:                            "franquicia no disponible",
		`{"CODE":"0099","DESC":"failed","ERROR":"franquicia no disponible"}`:            "franquicia no disponible",
		`{"CODE":"0099","DESC":"failed","error":""}`:                                    "failed",
		`{"CODE":"0099","DESC":"failed","error":null}`:                                  "failed",
		`{"CODE":"0099","DESC":"failed","error":{"CODE":"0000","DESC":"nested words"}}`: "failed",
	} {
		got, err := answered(payment, 200, "", body)
		failure := expect{Reason: cancel.ErrUnexpected}.Check(t, got, err, body)
		assert.Equal(t, want, failure.Message, body)
		assert.Equal(t, "0099", failure.Code)
	}
	got, err := answered(payment, 400, "", `{"error":"franquicia no disponible"}`)
	assert.Equal(t, "franquicia no disponible", expect{Reason: cancel.ErrInvalid}.Check(t, got, err, "no CODE").Message)
	got, err = answered(payment, 200, "", `{"CODE":"0000","error":"1","Error":"2"}`)
	expect{Reason: cancel.ErrUnknownOutcome}.Check(t, got, err, "in two cases")
}

func TestUnclearAnswersAreNoAnswers(t *testing.T) {
	for what, body := range map[string]string{
		"empty":                   "",
		"blanks":                  " \r\n",
		"HTML":                    "<html>0000</html>",
		"XML":                     "<CODE>0000</CODE>",
		"words":                   "0000",
		"a string":                `"0000"`,
		"null":                    "null",
		"an array":                `[{"CODE":"0000"}]`,
		"an empty object":         "{}",
		"no CODE":                 `{"DESC":"transaction canceled successfully"}`,
		"a nested CODE":           `{"DATA":{"CODE":"0000"}}`,
		"an empty CODE":           `{"CODE":"","DESC":"d"}`,
		"a null CODE":             `{"CODE":null,"DESC":"d"}`,
		"a number":                `{"CODE":0,"DESC":"d"}`,
		"a number of four digits": `{"CODE":0000,"DESC":"d"}`,
		"a boolean":               `{"CODE":true}`,
		"a list":                  `{"CODE":["0000"]}`,
		"an object":               `{"CODE":{"CODE":"0000"}}`,
		"CODE twice":              `{"CODE":"0000","CODE":"0000"}`,
		"CODE in two cases":       `{"CODE":"0000","code":"0017"}`,
		"CODE in two cases, same": `{"code":"0000","CODE":"0000"}`,
		"DESC in two cases":       `{"CODE":"0000","DESC":"a","desc":"a"}`,
		"another in two cases":    `{"CODE":"0000","data":1,"DATA":2}`,
		"an escaped double":       `{"CODE":"0000","\u0063ode":"0017"}`,
		"a long s":                `{"CODE":"0000","DESC":"a","DEſC":"b"}`,
		"two values":              `{"CODE":"0000"}{"CODE":"0000"}`,
		"two values, apart":       `{"CODE":"0000"}` + "\n" + `{"CODE":"0017"}`,
		"trailing junk":           `{"CODE":"0000"}x`,
		"a trailing comma":        `{"CODE":"0000",}`,
		"a missing comma":         `{"CODE":"0000" "DESC":"d"}`,
		"cut":                     `{"CODE":"0000","DESC":"d"`,
		"JSONP":                   `f({"CODE":"0000"})`,
		"single quotes":           `{'CODE':'0000'}`,
		"a comment":               `{"CODE":"0000"} // ok`,
		"too deep":                strings.Repeat("[", 100_000),
	} {
		for httpStatus, reason := range map[int]error{
			200: cancel.ErrUnknownOutcome, 202: cancel.ErrUnknownOutcome, 204: cancel.ErrUnknownOutcome,
			500: cancel.ErrUnknownOutcome, 501: cancel.ErrUnknownOutcome, 502: cancel.ErrUnknownOutcome, 504: cancel.ErrUnknownOutcome,
			503: cancel.ErrUnavailable, 429: cancel.ErrUnavailable,
			401: cancel.ErrAuth, 403: cancel.ErrForbidden,
			400: cancel.ErrInvalid, 404: cancel.ErrInvalid, 405: cancel.ErrInvalid, 413: cancel.ErrInvalid, 415: cancel.ErrInvalid, 422: cancel.ErrInvalid,
			301: cancel.ErrUnexpected, 302: cancel.ErrUnexpected, 402: cancel.ErrUnexpected, 409: cancel.ErrUnexpected, 418: cancel.ErrUnexpected,
		} {
			got, err := answered(payment, httpStatus, "application/json", body)
			failure := expect{Reason: reason}.Check(t, got, err, what, httpStatus)
			assert.Error(t, failure.Err, "says why")
			assert.Empty(t, failure.Code, what)
			assert.Equal(t, httpStatus, failure.HTTPStatus)
			assert.Equal(t, body, string(failure.Raw))
		}
	}
}

func TestWordsWithoutACodeAreKept(t *testing.T) {
	got, err := answered(payment, 401, "", `{"DESC":"not authorized"}`)
	assert.Equal(t, "not authorized", expect{Reason: cancel.ErrAuth}.Check(t, got, err).Message)
}

func TestAnswersInOtherCharsetsAreRead(t *testing.T) {
	latin, err := charmap.ISO8859_1.NewEncoder().String(`{"CODE":"0001","DESC":"se canceló"}`)
	require.NoError(t, err)
	got, err := answered(payment, 200, "application/json; charset=ISO-8859-1", latin)
	require.NoError(t, err)
	assert.Equal(t, "se canceló", got.Message)

	for _, label := range []string{"none", "binary", "utf8mb4"} {
		got, err = answered(payment, 200, "application/json; charset="+label, `{"CODE":"0000","DESC":"se canceló"}`)
		require.NoError(t, err, label)
		assert.Equal(t, cancel.Cancelled, got.State)
		assert.Equal(t, "se canceló", got.Message)
		got, err = answered(payment, 200, "application/json; charset="+label, latin)
		expect{Reason: cancel.ErrUnknownOutcome}.Check(t, got, err)
	}
}

func TestBrokenAnswersLeaveADoubt(t *testing.T) {
	const ok = `{"CODE":"0000","DESC":"d"}`
	for what, v := range map[string]*vendor{
		"broken off after the answer": {Transmission: func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(ok))
		}},
		"broken off before it": {Transmission: func(http.ResponseWriter) { panic(http.ErrAbortHandler) }},
		"too long":             {Status: 200, Answer: ok + strings.Repeat(" ", 101-len(ok))},
		"too long, as a 500":   {Status: 500, Answer: ok + strings.Repeat(" ", 1000)},
	} {
		got, err := client(t, v.Start(t), func(c *Config) { c.Options.MaxResponseBytes = 100 }).Cancel(t.Context(), payment)
		failure := expect{Reason: cancel.ErrUnknownOutcome}.Check(t, got, err, what)
		assert.Error(t, failure.Err)
	}
	v := (&vendor{Status: 200, Answer: ok + strings.Repeat(" ", 100-len(ok))}).Start(t)
	_, err := client(t, v, func(c *Config) { c.Options.MaxResponseBytes = 100 }).Cancel(t.Context(), payment)
	assert.NoError(t, err, "exactly as long as it may be")
}

func TestNothingIsSentAfterTheContextEnded(t *testing.T) {
	v := (&vendor{Status: 200}).Start(t)
	ctx, end := context.WithCancel(t.Context())
	end()
	got, err := client(t, v).Cancel(ctx, payment)
	expect{Reason: cancel.ErrUnavailable}.Check(t, got, err)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, v.Count())
}

func TestEchoedFixedHashIsRedacted(t *testing.T) {
	const hash = ` h"ash<&>hunter2 `
	for what, body := range map[string]string{
		"DESC":       fmt.Sprintf(`{"CODE":"0025","DESC":%q}`, "checksum of "+merchant+order+hash),
		"CODE":       fmt.Sprintf(`{"CODE":%q}`, hash),
		"a key":      fmt.Sprintf(`{%q:1,%q:2}`, hash, hash),
		"a long key": fmt.Sprintf(`{%q:1,%q:2}`, strings.Repeat("x", 30)+hash, strings.Repeat("x", 30)+hash),
		"no answer":  hash,
	} {
		v := (&vendor{Status: 401, Answer: body}).Start(t)
		_, err := client(t, v, func(c *Config) { c.FixedHash = cancel.NewSecret(hash) }).Cancel(t.Context(), payment)
		failure, ok := errors.AsType[*cancel.Error](err)
		require.True(t, ok)
		for _, shown := range []string{err.Error(), failure.Message, failure.Code, fmt.Sprint(failure.Err)} {
			assert.NotContains(t, shown, "hunter2", what)
			assert.NotContains(t, shown, "ash", what)
		}
	}
}
