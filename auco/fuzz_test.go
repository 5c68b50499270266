package auco

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// FuzzAnswer reads what a vendor may send: never a panic, never a cancellation that
// the vendor's own counts do not prove.
func FuzzAnswer(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(fixtures, "*.json"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		f.Add(fixture(f, filepath.Base(file)), "application/json", 200)
	}
	f.Add([]byte(`{"success":2,"errors":{"cant":1,"documents":["A"]}}`), "", 201)
	codes := []string{"DOCUMENTCODE", "A"}
	f.Fuzz(func(t *testing.T, body []byte, contentType string, httpStatus int) {
		got, err := read(httpStatus, contentType, string(body), codes...)
		if err != nil {
			failure, ok := errors.AsType[*cancel.Error](err)
			require.True(t, ok)
			require.Contains(t, []error{
				cancel.ErrInvalid, cancel.ErrAuth, cancel.ErrForbidden, cancel.ErrNotCancellable,
				cancel.ErrUnavailable, cancel.ErrUnknownOutcome, cancel.ErrUnexpected,
			}, failure.Reason)
			require.LessOrEqual(t, len(err.Error()), 500)
			return
		}
		require.Equal(t, cancel.Cancelled, got.State)
		require.Equal(t, 2, httpStatus/100)

		text, err := adapter.UTF8(body, contentType)
		require.NoError(t, err)
		var object map[string]any
		numbers := json.NewDecoder(bytes.NewReader(text))
		numbers.UseNumber()
		require.NoError(t, numbers.Decode(&object))
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

// at returns the value at key, whatever its case.
func at(object map[string]any, key string) any {
	for k, v := range object {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return nil
}
