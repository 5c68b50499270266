package payvalida

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
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
		cancel.ErrInvalid, cancel.ErrAuth, cancel.ErrForbidden, cancel.ErrNotFound, cancel.ErrNotCancellable,
		cancel.ErrUnavailable, cancel.ErrUnexpected,
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

// at returns the value at key in any case, or nil.
func at(object map[string]any, key string) any {
	for k, v := range object {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return nil
}

// FuzzAnswer reads any answer: it never panics, and calls nothing cancelled if the vendor's own
// code does not.
func FuzzAnswer(f *testing.F) {
	addFixtures(f)
	f.Add([]byte(`{"CODE":"0000","code":"0017"}`), "", 500)
	f.Fuzz(func(t *testing.T, body []byte, contentType string, httpStatus int) {
		got, err := answered(payment, httpStatus, contentType, string(body))
		if err != nil {
			requireOneReason(t, err, cancel.ErrUnknownOutcome)
			return
		}
		want, ok := map[cancel.State]string{cancel.Cancelled: "0000", cancel.AlreadyCancelled: "0001"}[got.State]
		require.True(t, ok)
		require.Equal(t, want, got.Code)
		require.Equal(t, want, at(object(t, body, contentType), "CODE"))
	})
}

// FuzzStatus is FuzzAnswer for a question about an order: the state and the number must be there.
func FuzzStatus(f *testing.F) {
	addFixtures(f)
	f.Add([]byte(`{"CODE":"0000","DATA":{"CODE":"2402558","STATE":"ANULADA","state":"APROBADA"}}`), "", 200)
	f.Fuzz(func(t *testing.T, body []byte, contentType string, httpStatus int) {
		answer := adapter.Answer{Status: httpStatus, Header: http.Header{"Content-Type": {contentType}}, Body: body}
		got, err := interpretStatus(adapter.Call{Provider: provider, Op: statusOp, ID: order, ReadOnly: true, Codes: table}, known, answer)
		if err != nil {
			requireOneReason(t, err)
			return
		}
		said := object(t, body, contentType)
		data, _ := at(said, "DATA").(map[string]any)
		require.Equal(t, "0000", at(said, "CODE"))
		require.Equal(t, order, fmt.Sprint(at(data, "CODE")))
		require.Equal(t, got.Code, at(data, "STATE"))
		want, ok := map[cancel.State][]string{cancel.Cancelled: {"ANULADA", "CANCELADA"}, cancel.NotCancelled: {"APROBADA", "PENDIENTE"}}[got.State]
		require.True(t, ok)
		require.Contains(t, want, got.Code)
	})
}
