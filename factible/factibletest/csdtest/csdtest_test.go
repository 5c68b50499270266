package csdtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const rfc = "ABC010203AB9"

func open(t *testing.T, csd CSD) (*x509.Certificate, any) {
	t.Helper()
	certificate, err := x509.ParseCertificate(csd.Certificate)
	require.NoError(t, err)
	key, err := x509.ParsePKCS8PrivateKey(csd.Key)
	require.NoError(t, err)
	return certificate, key
}

func TestNewMakesACSD(t *testing.T) {
	certificate, key := open(t, New(rfc, Password("")))
	require.IsType(t, &rsa.PrivateKey{}, key)
	assert.Equal(t, certificate.PublicKey, key.(*rsa.PrivateKey).Public())
	assert.Equal(t, rfc, rfcOf(certificate))
	assert.Equal(t, []string{"Matriz"}, certificate.Subject.OrganizationalUnit)
	assert.Equal(t, x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment, certificate.KeyUsage)
	assert.NoError(t, certificate.CheckSignatureFrom(Authority()))
	assert.Len(t, certificate.SerialNumber.Bytes(), 20)
	assert.Regexp(t, `^3000100000[0-9]{10}$`, string(certificate.SerialNumber.Bytes()))

	again, sameKey := open(t, New(rfc, Password("")))
	assert.Equal(t, key, sameKey)
	assert.NotEqual(t, certificate.SerialNumber, again.SerialNumber)
	_, otherKey := open(t, New("XYZ010203AB9", Password("")))
	assert.NotEqual(t, key, otherKey)
}

func TestNewEncryptsTheKey(t *testing.T) {
	for _, options := range [][]Option{nil, {Password("a")}, {Encrypted(Encryption{crypto.SHA512, 1, AES256})}} {
		_, err := x509.ParsePKCS8PrivateKey(New(rfc, options...).Key)
		assert.Error(t, err)
	}
	password, err := New(rfc, Password("a")).Password.Reveal(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "a", password)
}

func TestOptionsMakeAnotherCSD(t *testing.T) {
	opened := func(options ...Option) (*x509.Certificate, any) {
		return open(t, New(rfc, append(options, Password(""))...))
	}
	from, to := time.Date(2021, time.May, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, time.May, 1, 0, 0, 0, 0, time.UTC)
	certificate, _ := opened(Valid(from, to))
	assert.Equal(t, from, certificate.NotBefore)
	assert.Equal(t, to, certificate.NotAfter)

	certificate, _ = opened(UniqueIdentifier(rfc + " / GODE561231GR8"))
	assert.Equal(t, rfc, rfcOf(certificate))
	certificate, _ = opened(UniqueIdentifier(""))
	assert.Empty(t, rfcOf(certificate))

	certificate, key := opened(Elliptic())
	require.IsType(t, &ecdsa.PrivateKey{}, key)
	assert.Equal(t, certificate.PublicKey, key.(*ecdsa.PrivateKey).Public())

	certificate, key = opened(ForeignKey())
	assert.NotEqual(t, certificate.PublicKey, key.(*rsa.PrivateKey).Public())

	certificate, _ = opened(SelfSigned())
	assert.Equal(t, certificate.RawSubject, certificate.RawIssuer)
	assert.NoError(t, certificate.CheckSignature(certificate.SignatureAlgorithm, certificate.RawTBSCertificate, certificate.Signature))

	certificate, _ = opened(EFirma())
	assert.Empty(t, certificate.Subject.OrganizationalUnit)
	assert.NotZero(t, certificate.KeyUsage&x509.KeyUsageDataEncipherment)
	assert.NotZero(t, certificate.KeyUsage&x509.KeyUsageKeyAgreement)

	issuer := nameOf(typeAndValue{oidCommonName, asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte("AC")}})
	certificate, _ = opened(IssuedBy(issuer))
	assert.Equal(t, issuer, certificate.RawIssuer)
}

func TestNewPanicsIfNoCertificateCanCarryTheText(t *testing.T) {
	assert.Panics(t, func() { New("\xff") })
}
