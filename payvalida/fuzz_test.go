package payvalida

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// FuzzAnswer reads what a vendor may send: never a panic, never a cancellation that
// the vendor's own code does not state.
func FuzzAnswer(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(fixtures, "*.json"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		f.Add(fixture(f, filepath.Base(file)), "application/json", 200)
	}
	f.Add([]byte(`{"CODE":"0000","code":"0017"}`), "", 500)
	f.Fuzz(func(t *testing.T, body []byte, contentType string, httpStatus int) {
		got, err := answered(payment, httpStatus, contentType, string(body))
		if err != nil {
			failure, ok := errors.AsType[*cancel.Error](err)
			require.True(t, ok)
			require.Contains(t, []error{
				cancel.ErrInvalid, cancel.ErrAuth, cancel.ErrForbidden, cancel.ErrUnavailable, cancel.ErrUnknownOutcome, cancel.ErrUnexpected,
			}, failure.Reason)
			require.LessOrEqual(t, len(err.Error()), 500)
			return
		}
		want, ok := map[cancel.State]string{cancel.Cancelled: "0000", cancel.AlreadyCancelled: "0001"}[got.State]
		require.True(t, ok)
		require.Equal(t, want, got.Code)

		text, err := adapter.UTF8(body, contentType)
		require.NoError(t, err)
		var object map[string]any
		require.NoError(t, json.Unmarshal(text, &object))
		for key, value := range object {
			if strings.EqualFold(key, "CODE") {
				require.Equal(t, want, value)
				return
			}
		}
		require.Fail(t, "no CODE")
	})
}
