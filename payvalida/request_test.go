package payvalida

import (
	"crypto/sha512"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// The sums were computed with sha512sum of GNU coreutils, such as by
// printf some_merchant2402558invented_fixed_hash | sha512sum.
func TestChecksumIsTheDocumentedOne(t *testing.T) {
	for _, tt := range []struct {
		merchant, order string
		fixedHash       string
		want            string
	}{
		{"some_merchant", "2402558", "invented_fixed_hash", "e0c34584a9c20a7e1a0777764bf4e81b6083784fb6ecf579824da3fd9338b41229523ac458e31e7babb234ced9fdb57df23bec0ff05d79908c1a725e620cd7cf"},
		{"some_merchant", "123456789012345678901234567890", "invented_fixed_hash", "0009e0cf7b3f7d931a852a1cdaaafa703d3eac7bbf22c3f7170c57cbe7e57a61f052f0051c442c3807101c8c206189c8ba91c7c0ff657ae2c40d641c26e3f4e2"},
		{"Café & Cía", "2402558", " blanks kept ", "cce8f649c227598e88f732bc52944a931becf3c3411ef02a152b0c847a4e686dbb734307908a37098324117a1a12009a8779f77e456fb8668f472d76e10893d2"},
		{"a", "1", "b", "8cd786c1979684de5bdac496594c5436e09477f4289821e2f2792d02fad7889158a7a1a41c918e9f22410cc09d7a68b90397c3625ddbf5fcece738ae36a83b2f"},
		{"", "", "", "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
	} {
		assert.Equal(t, tt.want, Checksum(tt.merchant, tt.order, tt.fixedHash))
	}
	assert.NotEqual(t, Checksum("a", "1", "b"), Checksum("a", "1", "b "))
}

func TestRequestIsAsDocumented(t *testing.T) {
	const shop = `Café & "Cía" <1>`
	for _, tt := range []struct {
		kind cancel.Kind
		id   string
		more string
	}{
		{cancel.Payment, "1", ""},
		{cancel.Payment, "123456789012345678901234567890", ""},
		{cancel.Payment, "999999999999999999999999999999", ""},
		{cancel.Payment, "9007199254740993", ""},
		{cancel.PreAuthorization, "1" + strings.Repeat("0", 29), `,"transaction_type":"PRE_AUTH"`},
		{cancel.PreAuthorization, order, `,"transaction_type":"PRE_AUTH"`},
	} {
		v := (&vendor{Status: 200, Answer: `{"CODE":"0000"}`}).Start(t)
		got, err := client(t, v, func(c *Config) {
			c.Merchant, c.FixedHash = shop, cancel.NewSecret(" \tkept as it is\n")
			c.Options.UserAgent = "caja/7"
		}).Cancel(t.Context(), cancel.Request{Kind: tt.kind, ID: tt.id, Reason: "\x00", RequestedBy: "nobody"})
		require.NoError(t, err)
		assert.Equal(t, tt.id, got.ID)

		sum := sha512.Sum512([]byte(shop + tt.id + " \tkept as it is\n"))
		r, body := v.Request(t)
		assert.Equal(t, `{"order_number":`+tt.id+`,"merchant_name":"Café \u0026 \"Cía\" \u003c1\u003e","checksum":"`+
			hex.EncodeToString(sum[:])+`"`+tt.more+`}`, body)
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, "/v4/merchant/transaction/cancel", r.URL.Path)
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		assert.Equal(t, "caja/7", r.UserAgent())
		assert.EqualValues(t, len(body), r.ContentLength)
		assert.Empty(t, r.Header.Values("Authorization"))
	}
}

func TestNothingMalformedIsSent(t *testing.T) {
	v := (&vendor{Status: 200}).Start(t)
	c := client(t, v)
	for _, kind := range []cancel.Kind{cancel.Payment, cancel.PreAuthorization} {
		for _, id := range []string{
			"", "0", "01", "-1", "+1", "1.0", "1e3", "1E3", "0x1", " 1", "1 ", "1\n", "\n1", "1_000", "1,000", "abc", "1a", "\x001", "１２", "٣",
			"1234567890123456789012345678901", `1,"x":1`, "null", "NaN",
		} {
			got, err := c.Cancel(t.Context(), cancel.Request{Kind: kind, ID: id})
			failure := expect{Reason: cancel.ErrInvalid}.Check(t, got, err, id)
			assert.Contains(t, failure.Message, "ID")
			assert.Equal(t, id, failure.ID)
		}
	}
	for _, kind := range []cancel.Kind{"", "Payment", "pre-authorization", cancel.Invoice, cancel.PrimarySectorInvoice, cancel.Document} {
		got, err := c.Cancel(t.Context(), cancel.Request{Kind: kind, ID: order})
		expect{Reason: cancel.ErrInvalid}.Check(t, got, err, kind)
		for _, word := range []string{"Kind", "payment", "pre_authorization"} {
			assert.Contains(t, err.Error(), word)
		}
	}
	assert.Zero(t, v.Count())
}
