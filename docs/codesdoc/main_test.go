package codesdoc

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

var update = flag.Bool("update", false, "write the tables into the documents")

func TestDocumentsAreCurrent(t *testing.T) {
	for _, d := range documents {
		file := filepath.Join("..", "..", d.file)
		have, err := os.ReadFile(file)
		require.NoError(t, err)
		want, err := fill(string(have), d.words, d.tables)
		require.NoError(t, err, d.file)
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
			continue
		}
		assert.Equal(t, want, string(have), "%s is not current: go test ./docs/codesdoc -update", d.file)
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
	got, err := fill("a\n<!-- codes: Payvalida -->\nold\n<!-- /codes -->\nb", spanish, []string{"Payvalida"})
	require.NoError(t, err)
	assert.NotContains(t, got, "old")
	assert.Contains(t, got, "| 0017 | POST /v4/merchant/transaction/cancel, GET /api/v3/porders | no se reversó; el comercio puede reintentar | `ErrUnavailable` | sí |\n")

	_, err = fill("<!-- codes: Auco -->\n<!-- /codes -->\n", english, []string{"Auco", "SAT"})
	require.EqualError(t, err, `the table "SAT" is missing`)
	_, err = fill("<!-- codes: Auco -->\n", english, []string{"Auco"})
	require.EqualError(t, err, `the table "Auco" has no end`)
}

func TestEveryDocumentListsEveryVendor(t *testing.T) {
	for _, d := range documents {
		if d.tables[0] != overview {
			assert.Len(t, d.tables, 1+len(vendors), d.file)
		}
	}
}

func TestEveryReasonIsAnOutcome(t *testing.T) {
	assert.Len(t, outcomes, 4+len(cancel.Reasons()))
	assert.Equal(t, "ErrInvalid", become(cancel.Code{Reason: cancel.ErrInvalid}))
	assert.Equal(t, "ErrPending", become(cancel.Code{Reason: cancel.ErrPending}))
}
