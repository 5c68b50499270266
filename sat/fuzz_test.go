package sat

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/soap"
)

// read returns the meaning of a response, without a server.
func read(httpStatus int, contentType string, body []byte) (cancel.Result, cancel.Preflight, error) {
	call := newCall(folio)
	a := answer{Answer: adapter.Answer{Status: httpStatus, Header: http.Header{"Content-Type": {contentType}}, Body: body}}
	fields, err := soap.Read(call, a.Answer, "ConsultaResult")
	if err != nil {
		return cancel.Result{}, cancel.Preflight{}, err
	}
	if a.Record, err = parseRecord(fields); err != nil {
		return cancel.Result{}, cancel.Preflight{}, call.NoAnswer(a.Answer, adapter.Words{}, err)
	}
	preflight, _ := a.preflight(call, request)
	result, err := a.status(call, request)
	return result, preflight, err
}

// texts returns the text of each element named local, read by encoding/xml.
func texts(body []byte, contentType, local string) []string {
	text, err := adapter.UTF8(body, contentType)
	if err != nil {
		return nil
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var all []string
	for {
		token, err := d.Token()
		if err != nil {
			return all
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == local {
			var s string
			if d.DecodeElement(&s, &start) == nil {
				all = append(all, s)
			}
		}
	}
}

// letters returns the ASCII letters of s in lower case, accents dropped.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(norm.NFD.String(s)))
}

// FuzzAnswer reads any response: it never panics and never calls an invoice cancelled unless Estado
// says Cancelado.
func FuzzAnswer(f *testing.F) {
	files, err := filepath.Glob("../testdata/sat/*.xml")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(body, "text/xml; charset=utf-8", 200)
		f.Add(body, "", 500)
	}
	f.Add([]byte(result("", "", "S, Cancelado")), "", 200)
	f.Add([]byte(result(found, "Cancelado", "Vigente", "Cancelado")), "", 200)
	f.Fuzz(func(t *testing.T, body []byte, contentType string, httpStatus int) {
		got, preflight, err := read(httpStatus, contentType, body)
		if err != nil {
			failure, ok := errors.AsType[*cancel.Error](err)
			require.True(t, ok)
			require.NotErrorIs(t, failure, cancel.ErrUnknownOutcome)
			require.LessOrEqual(t, len(err.Error()), 500)
			require.Zero(t, preflight)
			return
		}
		require.Contains(t, []cancel.State{cancel.Cancelled, cancel.Pending, cancel.NotCancelled}, got.State)
		require.Equal(t, got.State == cancel.Cancelled, preflight.Verdict == cancel.Done)
		if got.State == cancel.Cancelled {
			estado, codigo := texts(body, contentType, "Estado"), texts(body, contentType, "CodigoEstatus")
			require.True(t, slices.ContainsFunc(estado, func(s string) bool { return letters(s) == "cancelado" }), "%q", estado)
			require.True(t, slices.ContainsFunc(codigo, func(s string) bool { return strings.HasPrefix(letters(s), "s") }), "%q", codigo)
		}
	})
}
