package adapter

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func encode(t *testing.T, e encoding.Encoding, s string) string {
	t.Helper()
	out, err := e.NewEncoder().String(s)
	require.NoError(t, err)
	return out
}

func TestUTF8(t *testing.T) {
	le := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	be := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	const words = `<a>cancelación ñ</a>`
	prolog := func(charset string) string { return `<?xml version="1.0" encoding="` + charset + `"?>` }

	for what, tt := range map[string]struct{ body, contentType, want string }{
		"nothing said":                  {words, "", words},
		"nothing at all":                {"", "", ""},
		"one byte":                      {"a", "", "a"},
		"UTF-8 in the header":           {words, "text/xml; charset=UTF-8", words},
		"utf8 in the header":            {words, `text/xml;charset="utf8"`, words},
		"UTF-8 in the prolog":           {prolog("utf-8") + words, "", prolog("utf-8") + words},
		"UTF-8 mark":                    {"\uFEFF" + words, "", words},
		"UTF-8 mark before all":         {"\uFEFF" + prolog("ISO-8859-1") + words, "text/xml; charset=utf-16", prolog("ISO-8859-1") + words},
		"ISO-8859-1 in the prolog":      {prolog("ISO-8859-1") + encode(t, charmap.ISO8859_1, words), "", prolog("ISO-8859-1") + words},
		"single quotes, more":           {"<?xml\tversion='1.0'\n encoding = 'iso-8859-1' standalone='yes' ?>\xf1", "", "<?xml\tversion='1.0'\n encoding = 'iso-8859-1' standalone='yes' ?>ñ"},
		"prolog before header":          {prolog("ISO-8859-1") + "\xf1", "text/xml; charset=utf-8", prolog("ISO-8859-1") + "ñ"},
		"utf-8 prolog before header":    {prolog("UTF-8") + words, "text/xml; charset=ISO-8859-1", prolog("UTF-8") + words},
		"ISO-8859-1 in the header":      {encode(t, charmap.ISO8859_1, words), "text/xml; charset=ISO-8859-1", words},
		"header, quoted":                {"\xf1", `text/xml; CHARSET = "iso-8859-1"; a=b`, "ñ"},
		"header of an odd kind":         {"\xf1", `charset=latin1`, "ñ"},
		"windows-1252":                  {prolog("windows-1252") + "\x80\x93", "", prolog("windows-1252") + "€“"},
		"windows-1252 in the header":    {"\x80", "text/xml; charset=windows-1252", "€"},
		"US-ASCII":                      {prolog("US-ASCII") + "<a/>", "", prolog("US-ASCII") + "<a/>"},
		"US-ASCII in the header":        {"<a/>", "text/xml; charset=us-ascii", "<a/>"},
		"UTF-16LE, mark":                {"\xff\xfe" + encode(t, le, prolog("UTF-16")+words), "", prolog("UTF-16") + words},
		"UTF-16BE, mark":                {"\xfe\xff" + encode(t, be, prolog("UTF-16")+words), "", prolog("UTF-16") + words},
		"UTF-16LE, no mark":             {encode(t, le, words), "", words},
		"UTF-16BE, no mark":             {encode(t, be, words), "", words},
		"UTF-16LE in the header":        {encode(t, le, words), "text/xml; charset=UTF-16LE", words},
		"UTF-16BE in the header":        {encode(t, be, words), "text/xml; charset=utf-16be", words},
		"UTF-16LE, beyond the BMP":      {encode(t, le, "<a>🙂</a>"), "", "<a>🙂</a>"},
		"a header that says UTF-16":     {words, "text/xml; charset=utf-16", words},
		"a prolog that says UTF-16":     {prolog("UTF-16") + words, "", prolog("UTF-16") + words},
		"such a prolog, and the header": {prolog("UTF-16") + "\xf1", "text/xml; charset=iso-8859-1", prolog("UTF-16") + "ñ"},
		"a header without a charset":    {words, "text/xml; charset=", words},
		"a header without sense":        {words, ";;=\x00", words},
		"a charset within the text":     {`<a>encoding="x"</a>`, "", `<a>encoding="x"</a>`},
	} {
		got, err := UTF8([]byte(tt.body), tt.contentType)
		require.NoError(t, err, what)
		assert.Equal(t, tt.want, string(got), what)

		reader, err := UTF8Reader([]byte(tt.body), tt.contentType)
		require.NoError(t, err, what)
		got, err = io.ReadAll(reader)
		require.NoError(t, err, what)
		assert.Equal(t, tt.want, string(got), what)
	}
}

func TestUTF8OfAnUnknownCharset(t *testing.T) {
	for _, tt := range [][2]string{
		{`<?xml version="1.0" encoding="klingon"?><a/>`, ""},
		{`<?xml version="1.0" encoding=""?><a/>`, ""},
		{`<a/>`, "text/xml; charset=klingon"},
	} {
		_, err := UTF8([]byte(tt[0]), tt[1])
		assert.ErrorContains(t, err, "unknown charset", tt)
		_, err = UTF8Reader([]byte(tt[0]), tt[1])
		assert.ErrorContains(t, err, "unknown charset", tt)
	}
}

func TestJSONThatIsValidUTF8IsReadAsUTF8WhateverItsLabel(t *testing.T) {
	const words = `{"a":"cancelación ñ"}`
	le := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	for what, tt := range map[string]struct{ body, contentType string }{
		"no label":                  {words, "application/json"},
		"none":                      {words, "application/json; charset=none"},
		"binary":                    {words, "application/json; charset=binary"},
		"utf8mb4":                   {words, "application/json; charset=utf8mb4"},
		"empty":                     {words, "application/json; charset="},
		"ISO-8859-1, wrongly":       {words, "application/json; charset=ISO-8859-1"},
		"byte-order mark, no sense": {"\uFEFF" + words, "application/json; charset=none"},
		"UTF-16, no sense":          {encode(t, le, words), "application/json; charset=none"},
		"ISO-8859-1":                {encode(t, charmap.ISO8859_1, words), "application/json; charset=ISO-8859-1"},
	} {
		object, err := ReadObject([]byte(tt.body), tt.contentType)
		require.NoError(t, err, what)
		got, _ := object.Text("a")
		assert.Equal(t, "cancelación ñ", got, what)
	}
	_, err := ReadObject([]byte(encode(t, charmap.ISO8859_1, words)), "application/json; charset=none")
	assert.ErrorContains(t, err, "unknown charset")
}
