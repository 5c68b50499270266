package factible

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel/factible/factibletest/csdtest"
)

const tagUniversalString = 28

var (
	oidCN         = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidO          = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidPostalCode = asn1.ObjectIdentifier{2, 5, 4, 17}
	oidEmail      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
)

func value(tag int, bytes string) asn1.RawValue { return asn1.RawValue{Tag: tag, Bytes: []byte(bytes)} }

func bmp(text string) asn1.RawValue {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit>>8), byte(unit))
	}
	return value(asn1.TagBMPString, string(b))
}

func nameDER(t *testing.T, rdns ...attributeSET) []byte {
	t.Helper()
	der, err := asn1.Marshal(rdns)
	require.NoError(t, err)
	return der
}

// issuerNames pairs names with their text. If java is "", Java writes the same text. If not,
// a release of Java writes java: Java 17 reads a T61String and a BMPString as if they were
// UTF-8, and does not hide control characters.
var issuerNames = map[string]struct {
	name       []attributeSET
	text, java string
}{
	"order": {
		name: []attributeSET{{{oidCN, value(asn1.TagUTF8String, "AC")}}, {{oidO, value(asn1.TagUTF8String, "SAT")}}},
		text: "O=SAT,CN=AC",
	},
	"set": {
		name: []attributeSET{{{oidCN, value(asn1.TagUTF8String, "AC")}}, {{oidCN, value(asn1.TagUTF8String, "a")}, {oidO, value(asn1.TagUTF8String, "b")}}},
		text: "CN=a+O=b,CN=AC",
	},
	"every short name": {
		name: []attributeSET{
			{{asn1.ObjectIdentifier{2, 5, 4, 3}, value(asn1.TagUTF8String, "cn")}},
			{{asn1.ObjectIdentifier{2, 5, 4, 7}, value(asn1.TagUTF8String, "l")}},
			{{asn1.ObjectIdentifier{2, 5, 4, 8}, value(asn1.TagUTF8String, "st")}},
			{{asn1.ObjectIdentifier{2, 5, 4, 10}, value(asn1.TagUTF8String, "o")}},
			{{asn1.ObjectIdentifier{2, 5, 4, 11}, value(asn1.TagUTF8String, "ou")}},
			{{asn1.ObjectIdentifier{2, 5, 4, 6}, value(asn1.TagPrintableString, "MX")}},
			{{asn1.ObjectIdentifier{2, 5, 4, 9}, value(asn1.TagUTF8String, "street")}},
			{{asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}, value(asn1.TagIA5String, "dc")}},
			{{asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}, value(asn1.TagUTF8String, "uid")}},
		},
		text: "UID=uid,DC=dc,STREET=street,C=MX,OU=ou,O=o,ST=st,L=l,CN=cn",
	},
	"named, UTF8String":        {[]attributeSET{{{oidCN, value(asn1.TagUTF8String, "Administración 1")}}}, "CN=Administración 1", ""},
	"named, PrintableString":   {[]attributeSET{{{oidCN, value(asn1.TagPrintableString, "abc")}}}, "CN=abc", ""},
	"named, IA5String":         {[]attributeSET{{{oidCN, value(asn1.TagIA5String, "a@b")}}}, "CN=a@b", ""},
	"named, T61String":         {[]attributeSET{{{oidCN, value(asn1.TagT61String, "abc")}}}, "CN=abc", ""},
	"named, NumericString":     {[]attributeSET{{{oidCN, value(asn1.TagNumericString, "12")}}}, "CN=#12023132", ""},
	"named, UniversalString":   {[]attributeSET{{{oidCN, value(tagUniversalString, "\x00\x00\x00a")}}}, "CN=#1c0400000061", "CN=a"},
	"unknown, UTF8String":      {[]attributeSET{{{oidPostalCode, value(asn1.TagUTF8String, "06300")}}}, "2.5.4.17=#0c053036333030", ""},
	"unknown, PrintableString": {[]attributeSET{{{oidPostalCode, value(asn1.TagPrintableString, "06300")}}}, "2.5.4.17=#13053036333030", ""},
	"unknown, IA5String":       {[]attributeSET{{{oidEmail, value(asn1.TagIA5String, "a@b")}}}, "1.2.840.113549.1.9.1=#1603614062", ""},
	"unknown, T61String":       {[]attributeSET{{{oidPostalCode, value(asn1.TagT61String, "\xf1")}}}, "2.5.4.17=#1401f1", ""},
	"unknown, BMPString":       {[]attributeSET{{{oidPostalCode, bmp("ñ")}}}, "2.5.4.17=#1e0200f1", ""},
	"unknown, NumericString":   {[]attributeSET{{{oidPostalCode, value(asn1.TagNumericString, "06300")}}}, "2.5.4.17=#12053036333030", ""},
	"unknown, UniversalString": {[]attributeSET{{{oidPostalCode, value(tagUniversalString, "\x00\x00\x00a")}}}, "2.5.4.17=#1c0400000061", ""},
	"special characters":       {[]attributeSET{{{oidCN, value(asn1.TagUTF8String, `a,b=c+d<e>f#g;h"i\j/k'l`)}}}, `CN=a\,b\=c\+d\<e\>f\#g\;h\"i\\j/k'l`, ""},
	"spaces":                   {[]attributeSET{{{oidCN, value(asn1.TagUTF8String, "  a  b ")}}}, `CN=\ \ a  b\ `, ""},
	"only spaces":              {[]attributeSET{{{oidCN, value(asn1.TagUTF8String, "  ")}}}, `CN=\ \ `, ""},
	"a first number sign":      {[]attributeSET{{{oidCN, value(asn1.TagUTF8String, "#a")}}}, `CN=\#a`, ""},
	"an empty value":           {[]attributeSET{{{oidCN, value(asn1.TagUTF8String, "")}}}, "CN=", ""},
	"a long value":             {[]attributeSET{{{oidPostalCode, value(asn1.TagUTF8String, strings.Repeat("a", 200))}}}, "2.5.4.17=#0c81c8" + strings.Repeat("61", 200), ""},
	"no attributes":            {nil, "", ""},
	"named, T61String with ñ":  {[]attributeSET{{{oidCN, value(asn1.TagT61String, "\xf1")}}}, "CN=ñ", "CN=\uFFFD"},
	"named, BMPString":         {[]attributeSET{{{oidCN, bmp("añ☃")}}}, "CN=añ☃", "CN=\\00a\\00\uFFFD&\x03"},
	// XML cannot carry all control characters, and no reader shows them.
	"a control character": {[]attributeSET{{{oidCN, value(asn1.TagUTF8String, "a\tb")}}}, "CN=#0c03610962", "CN=a\tb"},
	"a NUL":               {[]attributeSET{{{oidCN, value(asn1.TagUTF8String, "a\x00")}}}, "CN=#0c026100", `CN=a\00`},
}

func TestDistinguishedName(t *testing.T) {
	for what, tt := range issuerNames {
		got, err := distinguishedName(nameDER(t, tt.name...))
		require.NoError(t, err, what)
		assert.Equal(t, tt.text, got, what)
	}
	for _, text := range []string{"\ufffe", "\xff", "\u202e", "\ufffd"} {
		got, err := distinguishedName(nameDER(t, attributeSET{{oidCN, value(asn1.TagUTF8String, text)}}))
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("CN=#0c%02x%x", len(text), text), got)
	}
	for _, units := range []string{"\xd8\x00", "\x00"} { // half a pair, half a character
		got, err := distinguishedName(nameDER(t, attributeSET{{oidCN, value(asn1.TagBMPString, units)}}))
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("CN=#1e%02x%x", len(units), units), got)
	}
	for _, der := range [][]byte{nil, {0x30}, {0x31, 0}, {0x30, 2, 5, 0}} {
		_, err := distinguishedName(der)
		assert.Error(t, err, "%x", der)
	}
}

// Java is another reader and writer of RFC 2253. Compiling takes a JDK.
func TestDistinguishedNameIsJavas(t *testing.T) {
	if err := exec.Command("javac", "-version").Run(); err != nil && os.Getenv("CI") == "" {
		t.Skip("SKIPPED: a JDK is missing, so no name of an issuer was compared with Java's")
	}
	var in bytes.Buffer
	var cases []string
	for what, tt := range issuerNames {
		cases = append(cases, what)
		_, _ = fmt.Fprintf(&in, "%s\n%s\n", hex.EncodeToString(nameDER(t, tt.name...)), tt.text)
	}
	_, _ = fmt.Fprintf(&in, "%s\nPOSTALCODE=06300\n", hex.EncodeToString(csdtest.Authority().RawIssuer))
	java := exec.Command("java", "xmlsec/IssuerName.java")
	java.Stdin = &in
	said, err := java.Output()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(said), "\n"), "\n")
	require.Len(t, lines, 2*len(cases)+2)
	for i, what := range cases {
		tt := issuerNames[what]
		wrote, read := lines[2*i], lines[2*i+1]
		if tt.java == "" {
			assert.Equal(t, tt.text, wrote, what)
			assert.Equal(t, tt.text, read, what)
			continue
		}
		assert.Contains(t, []string{tt.text, tt.java}, wrote, what)
		assert.Contains(t, []string{tt.text, tt.java}, read, what)
	}
	ours, err := distinguishedName(csdtest.Authority().RawIssuer)
	require.NoError(t, err)
	assert.Equal(t, ours, lines[len(lines)-2])
	assert.Contains(t, lines[len(lines)-1], "refused: ", "Java takes only names of RFC 2253")
}

// The simulators' check reads a name by its own code.
func TestRequestNamesTheIssuerByItsOwnDER(t *testing.T) {
	for what, tt := range issuerNames {
		if tt.text == "" || strings.Contains(what, "UniversalString") {
			continue // crypto/x509 reads no certificate with a UniversalString
		}
		csd := newCSD(csdRFC, csdtest.IssuedBy(nameDER(t, tt.name...)))
		s, err := csd.open(revealed(csd.Password), csdNow)
		require.NoError(t, err, what)
		signed, err := s.request(csdRFC, csdUUID, "02", "", csdNow)
		require.NoError(t, err, what)
		assert.Contains(t, string(signed), "<X509IssuerName>"+escapeName(tt.text)+"</X509IssuerName>", what)
		_, err = csdtest.Verify(signed)
		assert.NoError(t, err, what)
	}
}

var escapeName = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace
