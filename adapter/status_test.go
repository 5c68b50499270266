package adapter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel"
)

func TestNoAnswer(t *testing.T) {
	type row struct {
		answer         Answer
		cancel, status error
	}
	one := func(a Answer, reason error) row { return row{a, reason, reason} }
	doubt := func(a Answer) row { return row{a, cancel.ErrUnknownOutcome, cancel.ErrUnavailable} }
	rows := map[string]row{
		"nothing written":                 one(Answer{Err: io.EOF, Unsent: true}, cancel.ErrUnavailable),
		"nothing written, context done":   one(Answer{Err: context.Canceled, Unsent: true}, cancel.ErrUnavailable),
		"broken once the request was out": doubt(Answer{Err: io.EOF}),
		"timeout once the request is out": doubt(Answer{Err: context.DeadlineExceeded}),
		"200, no answer":                  doubt(Answer{Status: 200}),
		"200, cut":                        doubt(Answer{Status: 200, Err: io.ErrUnexpectedEOF}),
		"401, cut":                        one(Answer{Status: 401, Err: io.ErrUnexpectedEOF}, cancel.ErrAuth),
		"101":                             one(Answer{Status: 101, Err: io.ErrUnexpectedEOF}, cancel.ErrUnexpected),
	}
	settled := map[int]error{
		401: cancel.ErrAuth, 403: cancel.ErrForbidden,
		400: cancel.ErrInvalid, 404: cancel.ErrInvalid, 405: cancel.ErrInvalid,
		413: cancel.ErrInvalid, 415: cancel.ErrInvalid, 422: cancel.ErrInvalid,
		429: cancel.ErrUnavailable, 503: cancel.ErrUnavailable,
	}
	for status := 200; status < 1000; status++ {
		a := Answer{Status: status}
		name := fmt.Sprint("HTTP ", status)
		switch reason, ok := settled[status]; {
		case ok:
			rows[name] = one(a, reason)
		case status < 300 || status >= 500:
			rows[name] = doubt(a)
		default:
			rows[name] = one(a, cancel.ErrUnexpected)
		}
	}
	for name, row := range rows {
		for readOnly, want := range map[bool]error{false: row.cancel, true: row.status} {
			err := Call{Provider: "p", Op: "o", ID: "i", ReadOnly: readOnly}.NoAnswer(row.answer, Words{}, nil)
			assert.Equal(t, want, err.Reason, "%s, read only %v", name, readOnly)
			assert.Equal(t, row.answer.Status, err.HTTPStatus, name)
			assert.Equal(t, row.answer.Err, err.Err, name)
		}
	}
}

func TestFail(t *testing.T) {
	cause := errors.New("why")
	a := Answer{Status: 429, Header: http.Header{"Retry-After": {"120"}}, Body: []byte("body"), At: time.Now()}
	err := Call{Provider: "p", Op: "o", ID: "i"}.Fail(cancel.ErrUnavailable, a, Words{"17", "wait"}, cause)
	assert.Equal(t, &cancel.Error{
		Provider: "p", Op: "o", ID: "i", Code: "17", Message: "wait", HTTPStatus: 429,
		RetryAfter: 2 * time.Minute, Reason: cancel.ErrUnavailable, Raw: []byte("body"), Err: cause,
	}, err)
}

func TestNoAnswerPrefersTheCauseOfTheExchange(t *testing.T) {
	err := Call{}.NoAnswer(Answer{Status: 200, Err: io.ErrUnexpectedEOF}, Words{}, errors.New("other"))
	assert.Equal(t, io.ErrUnexpectedEOF, err.Err)
	err = Call{}.NoAnswer(Answer{Status: 200}, Words{}, io.EOF)
	assert.Equal(t, io.EOF, err.Err)
}

func TestRefuse(t *testing.T) {
	err := Call{Provider: "p", Op: "o", ID: "i", Redact: redactor("word")}.Refuse("a bad word")
	assert.Equal(t, &cancel.Error{Provider: "p", Op: "o", ID: "i", Message: "a bad REDACTED", Reason: cancel.ErrInvalid}, err)
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"1":                              time.Second,
		"120":                            2 * time.Minute,
		"007":                            7 * time.Second,
		"-1":                             0,
		"+5":                             0,
		"1.5":                            0,
		"1e3":                            0,
		"0x10":                           0,
		"soon":                           0,
		"5 minutes":                      0,
		"5, 6":                           0,
		"9223372036":                     9223372036 * time.Second,
		"9223372037":                     9223372036 * time.Second,
		"18446744073709551615":           9223372036 * time.Second,
		"18446744073709551616":           9223372036 * time.Second,
		"999999999999999999999999999999": 9223372036 * time.Second,
		"Sun, 01 Mar 2026 12:00:30 GMT":  30 * time.Second,
		"Sunday, 01-Mar-26 12:00:30 GMT": 30 * time.Second,
		"Sun Mar  1 12:00:30 2026":       30 * time.Second,
		"Sun, 01 Mar 2026 11:00:00 GMT":  0,
		"Sun, 01 Mar 2026 12:00:00 GMT":  0,
		"Fri, 31 Dec 9999 23:59:59 GMT":  math.MaxInt64,
		"Sun, 32 Mar 2026 12:00:30 GMT":  0,
	} {
		a := Answer{Status: 503, Header: http.Header{"Retry-After": {value}}, At: now}
		assert.Equal(t, want, Call{}.NoAnswer(a, Words{}, nil).RetryAfter, value)
	}
	assert.Zero(t, Call{}.NoAnswer(Answer{Status: 503}, Words{}, nil).RetryAfter, "no header")
}

// The vendor's clock and ours may differ. Only the vendor's counts for a date.
func TestRetryAfterADateIsMeasuredFromTheAnswersDate(t *testing.T) {
	here := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for date, want := range map[string]time.Duration{
		"Sun, 01 Mar 2026 12:20:00 GMT":  30 * time.Second,
		"Sunday, 01-Mar-26 12:20:00 GMT": 30 * time.Second,
		"Sun, 01 Mar 2026 12:20:30 GMT":  0,
		"Sun, 01 Mar 2026 12:21:00 GMT":  0,
		"Sun, 01 Mar 2026 11:00:00 GMT":  time.Hour + 20*time.Minute + 30*time.Second,
		"":                               20*time.Minute + 30*time.Second, // by our clock
		"yesterday":                      20*time.Minute + 30*time.Second,
	} {
		a := Answer{Status: 503, At: here, Header: http.Header{"Retry-After": {"Sun, 01 Mar 2026 12:20:30 GMT"}, "Date": {date}}}
		assert.Equal(t, want, Call{}.NoAnswer(a, Words{}, nil).RetryAfter, date)

		a.Header.Set("Retry-After", "120")
		assert.Equal(t, 2*time.Minute, Call{}.NoAnswer(a, Words{}, nil).RetryAfter, "seconds need no date")
	}
}
