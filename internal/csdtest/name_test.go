package csdtest

import (
	"crypto/x509"
	"encoding/asn1"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func TestIssuerIsWrittenByRFC4514(t *testing.T) {
	certificate := issuedBy(der([]typeAndValueSET{
		{{oidCommonName, text(asn1.TagUTF8String, "AC, de \"prueba\" ñ ")}},
		{{oidEmailAddress, text(asn1.TagIA5String, "a@b")}},
		{{oidOrganization, text(asn1.TagUTF8String, "  ")}, {oidCountry, text(asn1.TagPrintableString, "MX")}},
		{{oidStreetAddress, text(asn1.TagUTF8String, "a\tb")}},
		{{oidX500UniqueIdentifier, text(asn1.TagT61String, "\xd1 = 1")}},
	}))
	name, err := issuerOf(certificate)
	require.NoError(t, err)
	assert.Equal(t, `2.5.4.45=#1405d1203d2031,STREET=#0c03610962,C=MX+O=\ \ ,1.2.840.113549.1.9.1=#1603614062,CN=AC\, de \"prueba\" ñ\ `, name)
}
