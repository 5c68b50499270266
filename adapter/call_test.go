package adapter

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// words reads a JSON object with a code and a message.
func words(a Answer) (Words, error) {
	object, err := ReadObject(a.Body, "")
	var said Words
	said.Code, _ = object.Text("code")
	said.Message, _ = object.Text("message")
	return said, err
}

func TestJudge(t *testing.T) {
	for what, tt := range map[string]struct {
		answer   Answer
		state    cancel.State
		reason   error
		readOnly error // if it is another one
	}{
		"code":                           {answer: Answer{Status: 200, Body: []byte(`{"code":"1"}`)}, state: cancel.Cancelled},
		"code, whatever the status":      {answer: Answer{Status: 500, Body: []byte(`{"code":"1"}`)}, state: cancel.Cancelled},
		"code with its status":           {answer: Answer{Status: 409, Body: []byte(`{"code":"1"}`)}, state: cancel.AlreadyCancelled},
		"error with its status":          {answer: Answer{Status: 409, Body: []byte(`{"code":"2"}`)}, reason: cancel.ErrNotCancellable},
		"code with another status":       {answer: Answer{Status: 200, Body: []byte(`{"code":"2"}`)}, reason: cancel.ErrUnexpected},
		"code that is not documented":    {answer: Answer{Status: 200, Body: []byte(`{"code":"3"}`)}, reason: cancel.ErrUnexpected},
		"204":                            {answer: Answer{Status: 204}, state: cancel.Cancelled},
		"204, blank":                     {answer: Answer{Status: 204, Body: []byte("\r\n")}, state: cancel.Cancelled},
		"204 with another code":          {answer: Answer{Status: 204, Body: []byte(`{"code":"3"}`)}, reason: cancel.ErrUnexpected},
		"204, not JSON":                  {answer: Answer{Status: 204, Body: []byte("<html>")}, reason: cancel.ErrUnknownOutcome, readOnly: cancel.ErrUnavailable},
		"204, cut":                       {answer: Answer{Status: 204, Err: io.ErrUnexpectedEOF}, reason: cancel.ErrUnknownOutcome, readOnly: cancel.ErrUnavailable},
		"200 without a body":             {answer: Answer{Status: 200}, reason: cancel.ErrUnknownOutcome, readOnly: cancel.ErrUnavailable},
		"200 without a code":             {answer: Answer{Status: 200, Body: []byte(`{}`)}, reason: cancel.ErrUnknownOutcome, readOnly: cancel.ErrUnavailable},
		"404":                            {answer: Answer{Status: 404}, reason: cancel.ErrNotFound},
		"404 with a message":             {answer: Answer{Status: 404, Body: []byte(`{"message":"no such"}`)}, reason: cancel.ErrNotFound},
		"404 of a proxy":                 {answer: Answer{Status: 404, Body: []byte("<html>")}, reason: cancel.ErrInvalid},
		"409 without a code":             {answer: Answer{Status: 409, Body: []byte(`{}`)}, reason: cancel.ErrUnexpected},
		"401 without a code":             {answer: Answer{Status: 401, Body: []byte(`{"message":"wrong key"}`)}, reason: cancel.ErrAuth},
		"503 without a body":             {answer: Answer{Status: 503}, reason: cancel.ErrUnavailable},
		"500 with a message":             {answer: Answer{Status: 500, Body: []byte(`{"message":"oops"}`)}, reason: cancel.ErrUnknownOutcome, readOnly: cancel.ErrUnavailable},
		"code in an answer that was cut": {answer: Answer{Status: 200, Body: []byte(`{"code":"1"}`), Err: io.ErrUnexpectedEOF}, reason: cancel.ErrUnknownOutcome, readOnly: cancel.ErrUnavailable},
		"nothing sent":                   {answer: Answer{Err: io.EOF, Unsent: true}, reason: cancel.ErrUnavailable},
	} {
		for _, readOnly := range []bool{false, true} {
			req := cancel.Request{Kind: cancel.Payment, ID: "7"}
			call := Call{Provider: "p", Op: "a", ID: "7", Codes: table, ReadOnly: readOnly}
			result, err := call.Judge(req, tt.answer, words)
			if tt.reason == nil {
				require.NoError(t, err, what)
				said, _ := words(tt.answer)
				assert.Equal(t, cancel.Result{
					Provider: "p", ID: "7", Kind: cancel.Payment, State: tt.state, Code: said.Code, Message: said.Message, Raw: tt.answer.Body,
				}, result, what)
				continue
			}
			want := tt.reason
			if readOnly && tt.readOnly != nil {
				want = tt.readOnly
			}
			failed, ok := errors.AsType[*cancel.Error](err)
			require.True(t, ok, what)
			assert.Equal(t, want, failed.Reason, what)
			assert.Equal(t, tt.answer.Status, failed.HTTPStatus, what)
			assert.Zero(t, result, what)
		}
	}
}

func TestJudgeKeepsWhatTheVendorSaid(t *testing.T) {
	at := time.Now()
	a := Answer{Status: 401, Body: []byte(`{"message":"wrong key"}`), At: at}
	_, err := Call{Provider: "p", Op: "a", ID: "7", Codes: table}.Judge(cancel.Request{}, a, words)
	assert.EqualError(t, err, "p: a 7: authentication failed (HTTP 401): wrong key: the answer has no code")

	a = Answer{Status: 200, Body: []byte(`{"code":"1","message":"done"}`), At: at}
	result, err := Call{Op: "a", Codes: table}.Judge(cancel.Request{}, a, words)
	require.NoError(t, err)
	assert.Equal(t, cancel.Result{State: cancel.Cancelled, Code: "1", Message: "done", Raw: a.Body, At: at}, result)
}
