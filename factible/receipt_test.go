package factible

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/unified-cancel/cancel"
)

// meaning returns the words of the table for an EstatusUUID.
func meaning(estatus string) string {
	for _, row := range Codes() {
		if row.Code == estatus && slices.Contains(row.Operations, inAcuse) {
			return row.English
		}
	}
	return ""
}

func TestParseReceipt(t *testing.T) {
	const key = "00001088888800000031"
	for file, want := range map[string]struct {
		Receipt
		fecha string
	}{
		"acuse-201.xml": {Receipt{
			RfcEmisor: "EKU9003173C9", KeyName: key,
			Folios: []Folio{{invoice, "201", "cancellation request received"}},
		}, "2022-10-27T11:02:56.2475804-05:00"}, // daylight-saving time, the last of it
		"acuse-prefixed.xml": {Receipt{
			RfcEmisor: "EKU9003173C9", KeyName: "BF66E582888CC845",
			Folios: []Folio{{invoice, "202", "cancelled before"}, {another, "204", "not applicable for cancellation"}},
		}, "2026-02-03T10:20:30-06:00"},
		"acuse-soap.xml": {Receipt{
			RfcEmisor: "EKU9003173C9", KeyName: key,
			Folios: []Folio{{invoice, "205", "does not exist"}},
		}, "2021-06-15T18:00:00.5-05:00"},
		"acuse-retention.xml": {Receipt{
			RfcEmisor: "EKU9003173C9",
			Folios:    []Folio{{invoice, "1201", ""}, {another, "1202", ""}},
		}, "2026-02-03T10:20:30.1234567-06:00"},
	} {
		t.Run(file, func(t *testing.T) {
			got, err := ParseReceipt(fixture(t, file))
			require.NoError(t, err)
			assert.Equal(t, want.fecha, got.Fecha.Format(time.RFC3339Nano))
			assert.Equal(t, "America/Mexico_City", got.Fecha.Location().String())
			got.Fecha = time.Time{}
			assert.Equal(t, want.Receipt, got)
		})
	}
}

func TestParseReceiptFecha(t *testing.T) {
	for value, want := range map[string]string{
		"2026-07-01T12:00:00":           "2026-07-01T12:00:00-06:00", // no daylight-saving time since 2022
		"2022-07-01T12:00:00.1":         "2022-07-01T12:00:00.1-05:00",
		"2022-01-01T12:00:00":           "2022-01-01T12:00:00-06:00",
		"2026-07-01T12:00:00Z":          "2026-07-01T06:00:00-06:00",
		"2026-07-01T12:00:00.5+02:00":   "2026-07-01T04:00:00.5-06:00",
		"2026-07-01T12:00:00.123456789": "2026-07-01T12:00:00.123456789-06:00",
		"":                              "0001-01-01T00:00:00Z",
		"01/07/2026 12:00":              "0001-01-01T00:00:00Z",
		"2026-13-01T12:00:00":           "0001-01-01T00:00:00Z",
	} {
		got, err := ParseReceipt([]byte(`<Acuse Fecha="` + value + `"/>`))
		require.NoError(t, err)
		assert.Equal(t, want, got.Fecha.Format(time.RFC3339Nano), value)
		assert.Equal(t, strings.HasPrefix(want, "0001"), got.Fecha.IsZero(), value)
	}
}

func TestParseReceiptLayouts(t *testing.T) {
	for what, tt := range map[string]struct {
		text string
		want []Folio
	}{
		"XML that is no acuse":       {"<html/>", nil},
		"Folios without a UUID":      {"<Acuse><Folios><EstatusUUID>201</EstatusUUID></Folios></Acuse>", nil},
		"a UUID without a status":    {"<Acuse><Folios><UUID>a</UUID></Folios></Acuse>", []Folio{{"a", "", ""}}},
		"outside Folios":             {"<Acuse><UUID>a</UUID><EstatusUUID>201</EstatusUUID></Acuse>", nil},
		"outside, then inside":       {"<Acuse><UUID>a</UUID><Folios><UUID>b</UUID><EstatusUUID>201</EstatusUUID></Folios><EstatusUUID>202</EstatusUUID></Acuse>", []Folio{{"b", "201", meaning("201")}}},
		"pairs in one Folios":        {"<Acuse><Folios><UUID>a</UUID><EstatusUUID>201</EstatusUUID><UUID>b</UUID><EstatusUUID>205</EstatusUUID></Folios></Acuse>", []Folio{{"a", "201", meaning("201")}, {"b", "205", meaning("205")}}},
		"the status first":           {"<Acuse><Folios><EstatusUUID>206</EstatusUUID><UUID>a</UUID></Folios></Acuse>", []Folio{{"a", "206", meaning("206")}}},
		"more UUIDs than statuses":   {"<Acuse><Folios><UUID>a</UUID><UUID>b</UUID><EstatusUUID>201</EstatusUUID></Folios></Acuse>", []Folio{{"a", "", ""}, {"b", "", ""}}},
		"more statuses than UUIDs":   {"<Acuse><Folios><UUID>a</UUID><EstatusUUID>201</EstatusUUID><EstatusUUID>205</EstatusUUID></Folios></Acuse>", []Folio{{"a", "", ""}}},
		"CDATA, entities, comments":  {"<Acuse><Folios><UUID> <![CDATA[a&]]>&#98;<!-- x -->c\n</UUID><EstatusUUID>20<!-- -->3</EstatusUUID></Folios></Acuse>", []Folio{{"a&bc", "203", meaning("203")}}},
		"elements in the text":       {"<Acuse><Folios><UUID>a<b/></UUID><EstatusUUID>20<b/>1</EstatusUUID></Folios></Acuse>", []Folio{{}}},
		"a byte-order mark":          {"\uFEFF<Acuse><Folios><UUID>a</UUID><EstatusUUID>203</EstatusUUID></Folios></Acuse>", []Folio{{"a", "203", meaning("203")}}},
		"blanks and comments around": {"\n<!-- a --><Acuse/>\n<?pi?> ", nil},
	} {
		got, err := ParseReceipt([]byte(tt.text))
		require.NoError(t, err, what)
		assert.Equal(t, tt.want, got.Folios, what)
	}
}

func TestParseReceiptCharsets(t *testing.T) {
	text := `<?xml version="1.0" encoding="ISO-8859-1"?><Acuse RfcEmisor="ÑAÑ010101AAA"><Folios><UUID>` + invoice + `</UUID><EstatusUUID>201</EstatusUUID></Folios></Acuse>`
	latin, err := charmap.ISO8859_1.NewEncoder().String(text)
	require.NoError(t, err)
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.Replace(text, "ISO-8859-1", "UTF-16", 1))
	require.NoError(t, err)
	for what, acuse := range map[string]string{
		"UTF-8": strings.Replace(text, "ISO-8859-1", "utf-8", 1), "ISO-8859-1": latin, "UTF-16": wide,
		"UTF-8 that says UTF-16": strings.Replace(text, "ISO-8859-1", "utf-16", 1), // a string of .NET
	} {
		got, err := ParseReceipt([]byte(acuse))
		require.NoError(t, err, what)
		assert.Equal(t, "ÑAÑ010101AAA", got.RfcEmisor, what)
		assert.Equal(t, []Folio{{invoice, "201", meaning("201")}}, got.Folios, what)
	}
}

func TestParseReceiptRefuses(t *testing.T) {
	whole := string(fixture(t, "acuse-201.xml"))
	for what, text := range map[string]string{
		"nothing":         "",
		"blanks":          " \n",
		"words":           "no acuse",
		"base64":          packed(whole),
		"cut":             strings.TrimSuffix(strings.TrimSpace(whole), ">"),
		"two documents":   "<Acuse/><Acuse/>",
		"words before":    "x<Acuse/>",
		"words after":     "<Acuse/>x",
		"wrong end":       "<Acuse></acuse>",
		"an entity":       "<Acuse>&x;</Acuse>",
		"a bad charset":   `<?xml version="1.0" encoding="klingon"?><Acuse/>`,
		"bytes":           "<Acuse>\xf1</Acuse>",
		"control numbers": "<Acuse>&#1;</Acuse>",
	} {
		_, err := ParseReceipt([]byte(text))
		require.Error(t, err, what)
		_, ours := errors.AsType[*cancel.Error](err)
		assert.False(t, ours, what)
	}
	_, err := ParseReceipt(nil)
	assert.Error(t, err)
	for i := range strings.TrimSpace(whole) {
		_, err := ParseReceipt([]byte(whole[:i]))
		assert.Error(t, err, whole[:i])
	}
}
