package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func place(r row) string { return fmt.Sprint("line ", r.line) }

// read returns the requests by line, and why the bad lines are bad.
func read(t *testing.T, name, content string) (good map[string]cancel.Request, bad map[string]string) {
	t.Helper()
	rows, _, err := readInput(write(t, name, content), "")
	require.NoError(t, err)
	good, bad = map[string]cancel.Request{}, map[string]string{}
	for _, r := range rows {
		if r.Bad != nil {
			bad[place(r)] = r.Bad.Error()
		} else {
			good[place(r)] = r.Request
		}
	}
	return good, bad
}

func TestCSV(t *testing.T) {
	payment := func(id string) cancel.Request {
		return cancel.Request{Provider: "payvalida", Kind: cancel.Payment, ID: id}
	}
	for name, c := range map[string]struct {
		content string
		good    map[string]cancel.Request
		bad     map[string]string
	}{
		"plain": {
			"provider,kind,id\npayvalida,payment,1\npayvalida,payment,2\n",
			map[string]cancel.Request{"line 2": payment("1"), "line 3": payment("2")}, nil,
		},
		"as a spreadsheet in Spanish saves it": {
			"\uFEFFProvider;Kind;ID\r\npayvalida;payment;1\r\n",
			map[string]cancel.Request{"line 2": payment("1")}, nil,
		},
		"with the empty rows that a spreadsheet adds": {
			"provider;kind;id\r\n;;\r\npayvalida;payment;1\r\n;;\r\n",
			map[string]cancel.Request{"line 3": payment("1")}, nil,
		},
		"with tabs, and no line end at the end": {
			"id\tkind\tprovider\n1\tpayment\tpayvalida",
			map[string]cancel.Request{"line 2": payment("1")}, nil,
		},
		"blank lines count": {
			"\nprovider,kind,id\n\n  \npayvalida,payment,1\n\n",
			map[string]cancel.Request{"line 5": payment("1")}, nil,
		},
		"blanks around cells do not": {
			"provider, kind ,id\n payvalida ,payment, \"1\"\n",
			map[string]cancel.Request{"line 2": payment("1")}, nil,
		},
		"all columns, and quotes": {
			"provider,kind,id,reason,requested_by,motive,replaced_by,issuer,amount\n" +
				`factible,invoice,A,"Por ""error"", de nuevo",a@example.com,01,B,XAXX010101000,12.50` + "\n",
			map[string]cancel.Request{"line 2": {
				Provider: "factible", Kind: cancel.Invoice, ID: "A", Reason: `Por "error", de nuevo`,
				RequestedBy: "a@example.com", Motive: "01", ReplacedBy: "B", Issuer: "XAXX010101000",
			}}, nil,
		},
		"a quote that is left open spoils its line alone": {
			"provider,kind,id\npayvalida,\"payment,1\npayvalida,payment,2\npayvalida,pay\"ment,3\npayvalida,payment,4\n",
			map[string]cancel.Request{"line 3": payment("2"), "line 5": payment("4")},
			map[string]string{
				"line 2": `it is not CSV: extraneous or missing " in quoted-field (a record is one line)`,
				"line 4": `it is not CSV: bare " in non-quoted-field (a record is one line)`,
			},
		},
		"cells that are missing, too many or empty": {
			"provider,kind,id\npayvalida,payment\npayvalida,payment,1,2\n,payment,1\npayvalida,,1\npayvalida,payment, \n",
			nil,
			map[string]string{
				"line 2": "it has 2 cells, the header has 3", "line 3": "it has 4 cells, the header has 3",
				"line 4": "provider is missing", "line 5": "kind is missing", "line 6": "id is missing",
			},
		},
		"another encoding": {
			"provider,kind,id\npayvalida,payment,\xe1\npayvalida,payment,2\n",
			map[string]cancel.Request{"line 3": payment("2")},
			map[string]string{"line 2": "it is not UTF-8: save the file in that encoding"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			good, bad := read(t, "in.CSV", c.content)
			assert.Equal(t, nonNil(c.good), good)
			assert.Equal(t, nonNil(c.bad), bad)
		})
	}
}

func nonNil[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

func TestAHeaderThatIsNone(t *testing.T) {
	for content, want := range map[string]string{
		"":                                   "is empty",
		"\n\n":                               "is empty",
		"payvalida,payment,1\n":              "names no column provider",
		"provider,kind\n":                    "names no column id",
		"provider,kind,id,Kind\n":            "names the column kind twice",
		"provider,\"kind,id\nx":              "the header is not CSV",
		"provider kind id\na b c":            "names no column provider",
		"\xff\xfep\x00r\x00":                 "is not UTF-8",
		`{"provider":"a","kind":"b"}` + "\n": "the header is not CSV",
	} {
		_, _, err := readInput(write(t, "in.csv", content), "")
		assert.ErrorContains(t, err, want, "%q", content)
	}
}

func TestIgnoredColumnsAreNamed(t *testing.T) {
	_, ignored, err := readInput(write(t, "in.csv", "provider,kind,id,Monto,requestedby\n"), "")
	require.NoError(t, err)
	assert.Equal(t, []string{"Monto", "requestedby"}, ignored)
}

func TestJSONL(t *testing.T) {
	good, bad := read(t, "in.jsonl", strings.Join([]string{
		"\uFEFF" + `{"provider":"auco","kind":"document","id":"A","reason":"Por error","requested_by":"a@example.com"}`,
		`{"provider":"auco","kind":"document","id":"B"} {}`,
		``,
		`{"provider":"auco","kind":"document","id":5}`,
		`{"provider":"auco","kind":"document","ident":"B"}`,
		`null`,
		`["auco"]`,
		`{"provider":"auco","kind":"document"}`,
		"{\"provider\":\"auco\",\"kind\":\"document\",\"id\":\"\xff\"}",
		`{"provider":"auco","kind":"document","id":"C"`,
		`{"provider":"auco","kind":"document","id":"D"}`,
	}, "\n"))
	assert.Equal(t, map[string]cancel.Request{
		"line 1":  {Provider: "auco", Kind: cancel.Document, ID: "A", Reason: "Por error", RequestedBy: "a@example.com"},
		"line 11": {Provider: "auco", Kind: cancel.Document, ID: "D"},
	}, good)
	assert.Len(t, bad, 8)
	assert.Equal(t, "it holds more than one JSON object", bad["line 2"])
	assert.Equal(t, "provider is missing", bad["line 6"])
	assert.Equal(t, "it is not UTF-8: save the file in that encoding", bad["line 9"])
	for _, line := range []string{"line 4", "line 5", "line 7", "line 10"} {
		assert.Contains(t, bad[line], "it is not a request in JSON", line)
	}
}
