package csdtest

import (
	"crypto/x509"
	"encoding/asn1"
	"testing"

	"github.com/stretchr/testify/assert"
)

// nameOf returns the DER of a name with one attribute in each set.
func nameOf(attributes ...typeAndValue) []byte {
	var name []typeAndValueSET
	for _, a := range attributes {
		name = append(name, typeAndValueSET{a})
	}
	return der(name)
}

func text(tag int, bytes string) asn1.RawValue { return asn1.RawValue{Tag: tag, Bytes: []byte(bytes)} }

// issuedBy returns a certificate with that issuer.
func issuedBy(name []byte) *x509.Certificate {
	return must(x509.ParseCertificate(New(rfc, IssuedBy(name)).Certificate))
}

func TestNamesIssuerTakesEveryFormOfTheName(t *testing.T) {
	certificate := issuedBy(nameOf(
		typeAndValue{oidCommonName, text(asn1.TagUTF8String, "AC, de \"prueba\" ñ ")},
		typeAndValue{oidEmailAddress, text(asn1.TagIA5String, "a@b")},
		typeAndValue{oidPostalCode, text(asn1.TagPrintableString, "06300")},
		typeAndValue{oidCountry, text(asn1.TagPrintableString, "MX")},
		typeAndValue{oidX500UniqueIdentifier, text(asn1.TagT61String, "\xd1 = 1")},
	))
	for what, name := range map[string]string{
		"RFC 4514":             `2.5.4.45=#1405d1203d2031,C=MX,2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN=AC\, de \"prueba\" ñ\ `,
		"every escape":         `2.5.4.45=#1405D1203D2031,C=\4d\58,2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN=\41C\2C\20de\20\22prueba\22 \C3\b1\20`,
		"short names in hex":   `2.5.4.45=#1405d1203d2031,C=#13024d58,2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN=#0c1341432c20646520227072756562612220c3b120`,
		"certificate's order":  `CN=AC\, de \"prueba\" ñ\20,1.2.840.113549.1.9.1=#1603614062,2.5.4.17=#13053036333030,C=MX,2.5.4.45=#1405d1203d2031`,
		"OpenSSL's names":      `CN=AC\, de \"prueba\" ñ\20,emailAddress=a@b,postalCode=06300,C=MX,x500UniqueIdentifier=Ñ \= 1`,
		".NET's names, quoted": `OID.2.5.4.45="Ñ = 1", C=MX, PostalCode=06300, E=a@b, CN="AC, de \"prueba\" ñ "`,
		"Java's toString":      `OID.2.5.4.45=#1405d1203d2031, C=MX, OID.2.5.4.17=06300, EMAILADDRESS=a@b, CN="AC, de \"prueba\" ñ "`,
		"RFC 1779":             `2.5.4.45=Ñ \= 1 ; c=MX; 2.5.4.17=06300 ;1.2.840.113549.1.9.1=a@b; cn = "AC, de \"prueba\" ñ "`,
	} {
		assert.True(t, namesIssuer(name, certificate), what)
	}
}

func TestNamesIssuerRefusesAnotherName(t *testing.T) {
	certificate := issuedBy(nameOf(
		typeAndValue{oidCommonName, text(asn1.TagUTF8String, "AC")},
		typeAndValue{oidEmailAddress, text(asn1.TagIA5String, "a@b")},
		typeAndValue{oidPostalCode, text(asn1.TagPrintableString, "06300")},
	))
	assert.True(t, namesIssuer("2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN=AC", certificate))
	for what, name := range map[string]string{
		"an IA5String as UTF8String": "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#0c03614062,CN=AC",
		"POSTALCODE":                 "POSTALCODE=06300,1.2.840.113549.1.9.1=#1603614062,CN=AC",
		"an unknown key":             "2.5.4.17=#13053036333030,mail=a@b,CN=AC",
		"another value":              "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN=ACE",
		"upper case":                 "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN=ac",
		"another key":                "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,O=AC",
		"another order":              "1.2.840.113549.1.9.1=#1603614062,2.5.4.17=#13053036333030,CN=AC",
		"one less":                   "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062",
		"one more":                   "C=MX,2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN=AC",
		"one twice":                  "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN=AC,CN=AC",
		"a set":                      "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062+CN=AC",
		"hex cut short":              "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#16036140,CN=AC",
		"half a byte":                "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#160361406,CN=AC",
		"empty hex":                  "2.5.4.17=#,1.2.840.113549.1.9.1=#1603614062,CN=AC",
		"an open quote":              `2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN="AC`,
		"a last backslash":           `2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN=AC\`,
		"a last comma":               "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,CN=AC,",
		"no key":                     "2.5.4.17=#13053036333030,1.2.840.113549.1.9.1=#1603614062,AC",
		"nothing":                    "",
	} {
		assert.False(t, namesIssuer(name, certificate), what)
	}
}

func TestNamesIssuerComparesSets(t *testing.T) {
	set := typeAndValueSET{{oidCommonName, text(asn1.TagUTF8String, "AC")}, {oidCountry, text(asn1.TagPrintableString, "MX")}}
	certificate := issuedBy(der([]typeAndValueSET{{{oidOrganization, text(asn1.TagUTF8String, "SAT")}}, set}))
	for _, name := range []string{"CN=AC+C=MX,O=SAT", "C=MX + CN=AC, O=SAT", "O=SAT,CN=AC+C=MX"} {
		assert.True(t, namesIssuer(name, certificate), name)
	}
	for _, name := range []string{"CN=AC,C=MX,O=SAT", "CN=AC,O=SAT", "CN=AC+CN=AC,O=SAT", "CN=AC+C=MX+O=SAT"} {
		assert.False(t, namesIssuer(name, certificate), name)
	}
}
