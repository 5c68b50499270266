package csdtest

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

type (
	typeAndValue struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	typeAndValueSET []typeAndValue
)

// rfc2253 has the keys that every reader knows.
var rfc2253 = map[string]string{
	"2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C",
	"2.5.4.9": "STREET", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
}

// special are the characters that RFC 2253 escapes, and the spaces at both ends.
var special = regexp.MustCompile(`[,=+<>#;"\\]|^ +| +$`)

// issuerOf returns the issuer of a certificate as RFC 4514 writes it, with the keys of RFC 2253.
// A value without such a key, or that is not readable text, is its own DER in hex. So is a
// NumericString.
func issuerOf(certificate *x509.Certificate) (string, error) {
	var raw []typeAndValueSET
	if _, err := asn1.Unmarshal(certificate.RawIssuer, &raw); err != nil {
		return "", err
	}
	decoded := certificate.Issuer.Names // crypto/x509's reading of the same attributes
	name := make([]string, len(raw))
	for i, set := range raw {
		var parts []string
		for _, a := range set {
			value, readable := decoded[0].Value.(string)
			decoded = decoded[1:]
			key, known := rfc2253[a.Type.String()]
			if !known {
				key = a.Type.String()
			}
			if !known || !readable || a.Value.Tag == asn1.TagNumericString || strings.ContainsFunc(value, unreadable) {
				parts = append(parts, fmt.Sprintf("%s=#%x", key, a.Value.FullBytes))
				continue
			}
			parts = append(parts, key+"="+special.ReplaceAllStringFunc(value, func(found string) string {
				return `\` + strings.Join(strings.Split(found, ""), `\`)
			}))
		}
		name[len(raw)-1-i] = strings.Join(parts, "+")
	}
	return strings.Join(name, ","), nil
}

func unreadable(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsGraphic(r) }
