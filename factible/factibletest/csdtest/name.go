package csdtest

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// namesIssuer reports whether text names the issuer of a certificate. It takes the grammar of
// RFC 4514, 2253 and 1779: attributes in the certificate's order or in the reverse order, keys
// in dots or as knownKeys lists them, and values escaped, quoted, or as "#" and hex. A value in
// hex must be the certificate's own DER. Any other value must be the same text, of any string
// type. It does not take OpenSSL's form with slashes, which escapes nothing.
func namesIssuer(text string, certificate *x509.Certificate) bool {
	got, err := readName(text)
	if err != nil {
		return false
	}
	want, err := issuerOf(certificate)
	if err != nil {
		return false
	}
	if slices.EqualFunc(got, want, sameRDN) {
		return true
	}
	slices.Reverse(want)
	return slices.EqualFunc(got, want, sameRDN)
}

// assertion is one attribute of a name. In a name that was read, der or text is "".
type assertion struct{ oid, der, text string }

// sameRDN compares two sets.
func sameRDN(got, want []assertion) bool {
	rest := slices.Clone(want)
	for _, g := range got {
		i := slices.IndexFunc(rest, func(w assertion) bool {
			return g.oid == w.oid && (g.der == w.der || g.der == "" && g.text == w.text)
		})
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return len(rest) == 0
}

type (
	typeAndValue struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	typeAndValueSET []typeAndValue
)

func issuerOf(certificate *x509.Certificate) ([][]assertion, error) {
	var raw []typeAndValueSET
	if _, err := asn1.Unmarshal(certificate.RawIssuer, &raw); err != nil {
		return nil, err
	}
	decoded := certificate.Issuer.Names // crypto/x509's reading of the same attributes
	var name [][]assertion
	for _, set := range raw {
		var rdn []assertion
		for _, a := range set {
			text, _ := decoded[0].Value.(string)
			decoded = decoded[1:]
			rdn = append(rdn, assertion{a.Type.String(), string(a.Value.FullBytes), text})
		}
		name = append(name, rdn)
	}
	return name, nil
}

// rfc2253 has the keys that every reader knows, in upper and lower case.
var rfc2253 = map[string]string{
	"CN": "2.5.4.3", "L": "2.5.4.7", "ST": "2.5.4.8", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6",
	"STREET": "2.5.4.9", "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
}

// knownKeys has more keys, spelt as OpenSSL, .NET and Java spell them. POSTALCODE is not a
// key: only Go's package pkix writes it, and Java refuses it.
var knownKeys = map[string]string{
	"emailAddress": "1.2.840.113549.1.9.1", "E": "1.2.840.113549.1.9.1", "EMAILADDRESS": "1.2.840.113549.1.9.1",
	"unstructuredName": "1.2.840.113549.1.9.2", "x500UniqueIdentifier": "2.5.4.45",
	"postalCode": "2.5.4.17", "PostalCode": "2.5.4.17", "S": "2.5.4.8",
	"serialNumber": "2.5.4.5", "SERIALNUMBER": "2.5.4.5", "name": "2.5.4.41",
}

// attribute is a key, then a value (in hex, in quotes or plain), then a separator. Spaces
// around them do not count.
var attribute = regexp.MustCompile(`(?s)^ *([A-Za-z0-9.]+) *= *` +
	`(?:#([0-9A-Fa-f]+)|"((?:[^"\\]|\\.)*)"|((?: *(?:[^"\\,;+ ]|\\.))*)) *([,;+]|$)`)

// escaped is a byte in hex, or a character that stands for itself.
var escaped = regexp.MustCompile(`(?s)\\([0-9A-Fa-f]{2}|.)`)

// readName reads the attributes of a name in the order of the text.
func readName(text string) ([][]assertion, error) {
	name := [][]assertion{nil}
	for {
		found := attribute.FindStringSubmatch(text)
		if found == nil {
			return nil, errors.New("not a distinguished name")
		}
		text = text[len(found[0]):]
		value, err := hex.DecodeString(found[2])
		if err != nil {
			return nil, err
		}
		last := len(name) - 1
		name[last] = append(name[last], assertion{
			oid:  oidOf(found[1]),
			der:  string(value),
			text: escaped.ReplaceAllStringFunc(found[3]+found[4], unescape),
		})
		switch found[5] {
		case "":
			return name, nil
		case ",", ";":
			name = append(name, nil)
		}
	}
}

func oidOf(key string) string {
	if oid, ok := rfc2253[strings.ToUpper(key)]; ok {
		return oid
	}
	if oid, ok := knownKeys[key]; ok {
		return oid
	}
	return strings.TrimPrefix(strings.TrimPrefix(key, "OID."), "oid.")
}

func unescape(escape string) string {
	if value, err := hex.DecodeString(escape[1:]); err == nil {
		return string(value)
	}
	return escape[1:]
}
