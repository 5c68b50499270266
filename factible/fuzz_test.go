package factible

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

func seeds(f *testing.F, pattern string) [][]byte {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(fixtures, pattern))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	var all [][]byte
	for _, file := range files {
		all = append(all, fixture(f, filepath.Base(file)))
	}
	return all
}

// leaves returns the text before each end tag of body, read by other means than the
// adapter's, and whether body is XML throughout.
func leaves(body []byte, contentType string) ([]string, bool) {
	text, err := adapter.UTF8(body, contentType)
	if err != nil {
		return nil, false
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var found []string
	var before strings.Builder
	for {
		token, err := d.Token()
		switch {
		case err == io.EOF:
			return found, true
		case err != nil:
			return nil, false
		}
		switch token := token.(type) {
		case xml.StartElement:
			before.Reset()
		case xml.CharData:
			before.Write(token)
		case xml.EndElement:
			found = append(found, strings.TrimSpace(before.String()))
			before.Reset()
		}
	}
}

// FuzzAnswer reads an answer of a vendor: never a panic, never a cancellation that
// the vendor's own code does not state.
func FuzzAnswer(f *testing.F) {
	for _, body := range seeds(f, "*.xml") {
		f.Add(body, "text/xml; charset=utf-8", 200, false)
		f.Add(body, "", 500, true)
	}
	f.Add([]byte(`<Envelope><attachments/><Body/></Envelope>`), "multipart/related", 200, false)
	f.Fuzz(func(t *testing.T, body []byte, contentType string, httpStatus int, readOnly bool) {
		op := cancelPrimarySector
		if readOnly {
			op = getStatus
		}
		got, err := op.read(primary, httpStatus, contentType, string(body))
		if err != nil {
			checkFailure(t, err)
			return
		}
		require.Contains(t, []cancel.State{cancel.Cancelled, cancel.AlreadyCancelled, cancel.Pending}, got.State)
		texts, ok := leaves(body, contentType)
		require.True(t, ok)
		require.Contains(t, texts, got.Code)
		if got.State == cancel.Pending {
			return
		}
		require.Equal(t, "200", got.Code)
		if got.State == cancel.AlreadyCancelled || readOnly {
			require.NotNil(t, got.Receipt)
		}
	})
}

func checkFailure(t *testing.T, err error) {
	failure, ok := errors.AsType[*cancel.Error](err)
	require.True(t, ok)
	require.Contains(t, []error{
		cancel.ErrInvalid, cancel.ErrAuth, cancel.ErrForbidden, cancel.ErrNotFound, cancel.ErrNotCancellable,
		cancel.ErrRejected, cancel.ErrUnavailable, cancel.ErrUnknownOutcome, cancel.ErrUnexpected,
	}, failure.Reason)
	require.LessOrEqual(t, len(err.Error()), 500)
}

// FuzzParseReceipt reads what may come as an acuse: never a panic, and with a status
// of 200 never a cancellation that its own EstatusUUID does not state.
func FuzzParseReceipt(f *testing.F) {
	for _, body := range seeds(f, "acuse-*.xml") {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, acuse []byte) {
		receipt, err := ParseReceipt(acuse)
		came := status{acuse: acuse, Words: wordsOf("200")}
		if err == nil {
			came.receipt = &receipt
		}
		result, _ := getStatus.outcome(invoice, came)
		if err != nil {
			require.Empty(t, receipt)
			require.Equal(t, cancel.Pending, result.State)
			return
		}
		for _, folio := range receipt.Folios {
			require.Equal(t, meaning(folio.EstatusUUID), folio.Meaning)
		}
		texts, ok := leaves(acuse, "")
		require.True(t, ok)
		for state, estatus := range map[cancel.State]string{cancel.Cancelled: "201", cancel.AlreadyCancelled: "202"} {
			if result.State == state {
				require.Contains(t, texts, estatus)
				require.True(t, slices.ContainsFunc(texts, func(s string) bool { return strings.EqualFold(s, invoice) }))
			}
		}
		require.NotEqual(t, cancel.Pending, result.State, "an acuse that can be read decides")
	})
}

func wordsOf(code string) adapter.Words { return adapter.Words{Code: code} }
