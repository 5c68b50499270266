package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDocumentsAreCurrent(t *testing.T) {
	for file, text := range documents {
		have, err := os.ReadFile(filepath.Join("..", "..", file))
		require.NoError(t, err)
		want, err := fill(string(have), text)
		require.NoError(t, err, file)
		assert.Equal(t, want, string(have), "%s is not current: go run ./docs/codesdoc", file)
	}
}

func TestEveryCodeBecomesSomethingThatIsTold(t *testing.T) {
	for _, v := range vendors {
		for _, c := range v.codes {
			assert.NotEmpty(t, become(c), "%s %s", v.name, c.Code)
			assert.NotEmpty(t, c.Operations)
			assert.NotEmpty(t, c.Spanish)
			assert.NotEmpty(t, c.English)
		}
	}
}

func TestFill(t *testing.T) {
	got, err := fill("a\n<!-- codes: Payvalida -->\nold\n<!-- /codes -->\nb", spanish)
	require.NoError(t, err)
	assert.NotContains(t, got, "old")
	assert.Contains(t, got, "| 0017 | POST /v4/merchant/transaction/cancel | no se reversó; el comercio puede reintentar | `ErrUnavailable` | sí |\n<!-- /codes -->\nb")

	_, err = fill("nothing", english)
	require.ErrorContains(t, err, "no table")
	_, err = fill("<!-- codes: Auco -->\n", english)
	require.ErrorContains(t, err, "no end")
}

func TestWriteChangesNothingElse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "doc.md")
	require.NoError(t, os.WriteFile(file, []byte("x\n<!-- codes: compared -->\n<!-- /codes -->\ny\n"), 0o600))
	require.NoError(t, write(file, english))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Regexp(t, `(?s)^x\n.*\| becomes \|.*\ny\n$`, string(text))
	require.Error(t, write(file+".none", english))
}
