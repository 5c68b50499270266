package factible

import (
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
)

// shortNames are RFC 2253's. Java refuses others, such as POSTALCODE.
var shortNames = map[string]string{
	"2.5.4.3":                    "CN",
	"2.5.4.6":                    "C",
	"2.5.4.7":                    "L",
	"2.5.4.8":                    "ST",
	"2.5.4.9":                    "STREET",
	"2.5.4.10":                   "O",
	"2.5.4.11":                   "OU",
	"0.9.2342.19200300.100.1.1":  "UID",
	"0.9.2342.19200300.100.1.25": "DC",
}

// charsets of the string types that have a text form. T61String is read as ISO 8859-1, as
// crypto/x509 does.
var charsets = map[int]encoding.Encoding{
	asn1.TagUTF8String:      utf.UTF8,
	asn1.TagPrintableString: charmap.ISO8859_1,
	asn1.TagIA5String:       charmap.ISO8859_1,
	asn1.TagT61String:       charmap.ISO8859_1,
	asn1.TagBMPString:       utf.UTF16(utf.BigEndian, utf.IgnoreBOM),
}

// attribute of a name. encoding/asn1 takes a slice for a SET if its type is named so.
type (
	attribute struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	attributeSET []attribute
)

// distinguishedName returns the text of a Name in DER (RFC 4514, in RFC 2253's grammar). It
// decodes only the values of attributes with a short name. Any other value is its own DER
// in hex, which keeps its type.
func distinguishedName(der []byte) (string, error) {
	var name []attributeSET
	if _, err := asn1.Unmarshal(der, &name); err != nil {
		return "", err
	}
	var text strings.Builder
	for i := len(name) - 1; i >= 0; i-- {
		for j, a := range name[i] {
			switch {
			case j > 0:
				text.WriteByte('+')
			case i < len(name)-1:
				text.WriteByte(',')
			}
			text.WriteString(a.text())
		}
	}
	return text.String(), nil
}

func (a attribute) text() string {
	key, inHex := a.Type.String(), "#"+hex.EncodeToString(a.Value.FullBytes)
	name, known := shortNames[key]
	if !known {
		return key + "=" + inHex
	}
	charset, ok := charsets[a.Value.Tag]
	if !ok {
		return name + "=" + inHex
	}
	value, err := charset.NewDecoder().String(string(a.Value.Bytes))
	if err != nil || strings.ContainsFunc(value, unreadable) {
		return name + "=" + inHex
	}
	return name + "=" + escape(value)
}

// unreadable characters do not belong in a name, and XML cannot carry all of them.
func unreadable(r rune) bool { return r == utf8.RuneError || !unicode.IsGraphic(r) }

var special = strings.NewReplacer(
	`,`, `\,`, `=`, `\=`, `+`, `\+`, `<`, `\<`, `>`, `\>`, `#`, `\#`, `;`, `\;`, `"`, `\"`, `\`, `\\`,
)

// escape escapes what RFC 2253 calls special, and spaces at both ends.
func escape(value string) string {
	inner := strings.Trim(value, " ")
	if inner == "" {
		return strings.Repeat(`\ `, len(value))
	}
	before, after, _ := strings.Cut(value, inner)
	return strings.Repeat(`\ `, len(before)) + special.Replace(inner) + strings.Repeat(`\ `, len(after))
}
