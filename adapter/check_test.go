package adapter

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestRequest(t *testing.T) {
	kinds := []cancel.Kind{cancel.Payment, cancel.PreAuthorization}
	assert.NoError(t, CheckRequest(cancel.Request{Kind: cancel.Payment}, kinds...))
	for _, kind := range []cancel.Kind{"", "Payment", "payment ", cancel.Invoice, "\x00"} {
		err := CheckRequest(cancel.Request{Kind: kind}, kinds...)
		require.Error(t, err)
		assert.ErrorContains(t, err, "Kind")
		assert.ErrorContains(t, err, "payment or pre_authorization")
	}
}

func TestOnlyAnInvoiceHasAMotive(t *testing.T) {
	for _, req := range []cancel.Request{{Motive: "02"}, {ReplacedBy: "x"}, {Motive: "01", ReplacedBy: "x"}} {
		for _, kind := range []cancel.Kind{cancel.PrimarySectorInvoice, cancel.Payment, cancel.PreAuthorization, cancel.Document, "boleto"} {
			req.Kind = kind
			assert.ErrorContains(t, CheckRequest(req, kind), "Motive", kind)
		}
		req.Kind = cancel.Invoice
		assert.NoError(t, CheckRequest(req, cancel.Invoice))
	}
}

func TestTextAndLine(t *testing.T) {
	for _, tt := range []struct {
		s          string
		text, line bool
	}{
		{"", true, true},
		{" trimmed by nobody ", true, true},
		{`<&>"' ñ 日本 🙂 ` + "\u2028\ufffd", true, true},
		{"a\tb", true, false},
		{"a\nb", true, false},
		{"a\rb", true, false},
		{"\x7f", true, false},
		{"\u0085", true, false},
		{"\x00", false, false},
		{"\x01", false, false},
		{"\x0b", false, false},
		{"\x1b[0m", false, false},
		{"\x1f", false, false},
		{"\ufffe", false, false},
		{"\uffff", false, false},
		{"\xff", false, false},
		{"\xed\xa0\x80", false, false}, // a lone surrogate
		{"\xc0\x80", false, false},
	} {
		assert.Equal(t, tt.text, CheckText(tt.s) == nil, "%q", tt.s)
		assert.Equal(t, tt.line, CheckLine(tt.s) == nil, "%q", tt.s)
	}
}

func TestHeaderValue(t *testing.T) {
	for s, good := range map[string]bool{
		"":          true,
		"prk_a b":   true,
		"ñ":         true,
		"a\r\nb: c": false,
		"a\x00":     false,
		"a\x7f":     false,
		" a":        false,
		"a ":        false,
		"\ta":       false,
		"a\t":       false,
	} {
		assert.Equal(t, good, CheckHeaderValue(s) == nil, "%q", s)
	}
}

func TestUUID(t *testing.T) {
	const id = "E329DD15-7D0B-44E9-A204-51A7443D1FBE"
	for _, good := range []string{id, strings.ToLower(id), "00000000-0000-0000-0000-000000000000", "E329dd15-7D0B-44e9-A204-51a7443D1FBE"} {
		assert.True(t, IsUUID(good), good)
	}
	for _, bad := range []string{
		"", id + "\n", "\n" + id, id + " ", " " + id, id[1:], id + "0", strings.ReplaceAll(id, "-", ""),
		"{" + id + "}", "urn:uuid:" + id, strings.Replace(id, "E", "G", 1), strings.Replace(id, "-", "–", 1),
		id + "|02|", "E329DD157-D0B-44E9-A204-51A7443D1FBE", id + "\n" + id, strings.Replace(id, "3", "３", 1),
	} {
		assert.False(t, IsUUID(bad), "%q", bad)
	}
}

func TestEmail(t *testing.T) {
	for _, good := range []string{
		"legal@example.com", "a@b", "A-1.b@c-2.D", "o'brien+x_y@example.com", "ñ@example.com", "a@[127.0.0.1]",
	} {
		assert.True(t, IsEmail(good), good)
	}
	for _, bad := range []string{
		"", "a", "@", "a@", "@b", "a@b@c", ".a@b", "a.@b", "a..b@c", "a@b.", "a@.b", "a@b..c",
		" a@b", "a@b ", "a b@c", "a@b, c@d", "<a@b>", "A <a@b>", "a@b\n", "a@b (c)",
		"a\ufffe@b", "a\u0085@b",
	} {
		assert.False(t, IsEmail(bad), "%q", bad)
	}
}
