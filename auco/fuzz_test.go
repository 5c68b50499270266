package auco

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// addFixtures adds every answer in the fixtures to the corpus.
func addFixtures(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(fixtures, "*.json"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		f.Add(fixture(f, filepath.Base(file)), "application/json", 200)
	}
}

// requireOneReason checks an error, whose reason is one of the documented ones or of others.
func requireOneReason(t *testing.T, err error, others ...error) {
	t.Helper()
	failure, ok := errors.AsType[*cancel.Error](err)
	require.True(t, ok)
	require.Contains(t, append(others,
		cancel.ErrInvalid, cancel.ErrAuth, cancel.ErrForbidden, cancel.ErrNotCancellable, cancel.ErrUnavailable, cancel.ErrUnexpected,
	), failure.Reason)
	require.LessOrEqual(t, len(err.Error()), 500)
}

// object is body as encoding/json reads it, with numbers as they are written.
func object(t *testing.T, body []byte, contentType string) (o map[string]any) {
	t.Helper()
	text, err := adapter.UTF8JSON(body, contentType)
	require.NoError(t, err)
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber()
	require.NoError(t, numbers.Decode(&o))
	return o
}

// FuzzAnswer reads any answer: it never panics, and calls nothing cancelled if the vendor's own
// counts do not prove it.
func FuzzAnswer(f *testing.F) {
	addFixtures(f)
	f.Add([]byte(`{"success":2,"errors":{"cant":1,"documents":["A"]}}`), "", 201)
	codes := []string{"DOCUMENTCODE", "A"}
	f.Fuzz(func(t *testing.T, body []byte, contentType string, httpStatus int) {
		got, err := read(httpStatus, contentType, string(body), codes...)
		if err != nil {
			requireOneReason(t, err, cancel.ErrUnknownOutcome)
			return
		}
		require.Equal(t, cancel.Cancelled, got.State)
		require.Equal(t, 2, httpStatus/100)

		object := object(t, body, contentType)
		failures, _ := at(object, "errors").(map[string]any)
		listed, _ := at(failures, "documents").([]any)
		require.NotContains(t, listed, "DOCUMENTCODE")
		success, failed := "2", "0"
		if slices.Contains(listed, any("A")) {
			success, failed = "1", "1"
		}
		require.Equal(t, json.Number(success), at(object, "success"))
		require.Equal(t, json.Number(failed), at(failures, "cant"))
	})
}

// FuzzStatus is FuzzAnswer for a question about a document: the word REJECTED must be there, and
// the roadmap must not say otherwise.
func FuzzStatus(f *testing.F) {
	addFixtures(f)
	f.Add([]byte(`{"code":"A","status":"REJECTED","Status":"CREATED"}`), "", 200)
	f.Fuzz(func(t *testing.T, body []byte, contentType string, httpStatus int) {
		answer := adapter.Answer{Status: httpStatus, Header: http.Header{"Content-Type": {contentType}}, Body: body}
		call := adapter.Call{Provider: provider, Op: statusOp, ID: "TR99AQMY31", ReadOnly: true, Codes: table}
		got, err := interpretStatus(call, document("TR99AQMY31"), answer)
		if err != nil {
			requireOneReason(t, err, cancel.ErrNotFound)
			return
		}
		want, ok := map[cancel.State]string{cancel.Cancelled: "REJECTED", cancel.NotCancelled: "CREATED"}[got.State]
		require.True(t, ok)
		require.Equal(t, 2, httpStatus/100)
		said := object(t, body, contentType)
		require.Equal(t, want, at(said, "status"))
		if code, ok := at(said, "code").(string); ok {
			require.Equal(t, "TR99AQMY31", code)
		}
	})
}

// FuzzRoadmap checks that the action which decides is in the roadmap.
func FuzzRoadmap(f *testing.F) {
	addFixtures(f)
	f.Add([]byte(`{"roadmap":[{"action":"CANCEL_SIGN"},{"ACTION":"REACTIVATION_SIGN"}]}`), "", 200)
	f.Fuzz(func(t *testing.T, body []byte, contentType string, httpStatus int) {
		answer := adapter.Answer{Status: httpStatus, Header: http.Header{"Content-Type": {contentType}}, Body: body}
		said, ok := readRoadmap(answer)
		if !ok {
			require.Zero(t, said)
			return
		}
		require.Equal(t, 2, httpStatus/100)
		require.Contains(t, []string{"CANCEL_SIGN", "PARTICIPANT_REJECT", "REACTIVATION_SIGN"}, said.Code)
		text, err := adapter.UTF8JSON(body, contentType)
		require.NoError(t, err)
		var events []map[string]any
		if json.Unmarshal(text, &events) != nil {
			return // an object that holds them
		}
		last := ""
		for _, event := range events {
			if action, _ := at(event, "action").(string); slices.Contains([]string{"CANCEL_SIGN", "PARTICIPANT_REJECT", "REACTIVATION_SIGN"}, action) {
				last = action
			}
		}
		require.Equal(t, last, said.Code)
	})
}

// at returns the value at key in any case, or nil.
func at(object map[string]any, key string) any {
	for k, v := range object {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return nil
}
