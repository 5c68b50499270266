package csdtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/youmark/pkcs8"

	"github.com/unified-cancel/cancel"
)

const rfc = "ABC010203AB9"

func open(t *testing.T, csd CSD) (*x509.Certificate, any) {
	t.Helper()
	certificate, err := x509.ParseCertificate(csd.Certificate)
	require.NoError(t, err)
	key, err := pkcs8.ParsePKCS8PrivateKey(csd.Key, []byte(revealed(csd.Password)))
	require.NoError(t, err)
	return certificate, key
}

func TestNew(t *testing.T) {
	csd := New(rfc)
	certificate, key := open(t, csd)
	require.IsType(t, &rsa.PrivateKey{}, key)
	assert.Equal(t, certificate.PublicKey, key.(*rsa.PrivateKey).Public())
	assert.Equal(t, rfc, rfcOf(certificate))
	assert.NoError(t, certificate.CheckSignatureFrom(Authority()))
	assert.Len(t, certificate.SerialNumber.Bytes(), 20)
	assert.Regexp(t, `^3000100000[0-9]{10}$`, string(certificate.SerialNumber.Bytes()))
	_, err := x509.ParsePKCS8PrivateKey(csd.Key)
	assert.Error(t, err, "the key is encrypted")

	again, sameKey := open(t, New(rfc))
	assert.Equal(t, key, sameKey)
	assert.NotEqual(t, certificate.SerialNumber, again.SerialNumber)
	_, otherKey := open(t, New("XYZ010203AB9"))
	assert.NotEqual(t, key, otherKey)
}

func TestOptions(t *testing.T) {
	from, to := time.Date(2021, time.May, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, time.May, 1, 0, 0, 0, 0, time.UTC)
	certificate, _ := open(t, New(rfc, Valid(from, to)))
	assert.Equal(t, from, certificate.NotBefore)
	assert.Equal(t, to, certificate.NotAfter)

	_, err := x509.ParsePKCS8PrivateKey(New(rfc, Password("")).Key)
	assert.NoError(t, err, "no password, no encryption")
	assert.Equal(t, "a", revealed(New(rfc, Password("a")).Password))

	_, key := open(t, New(rfc, Encryption(pkcs8.Opts{Cipher: pkcs8.AES256CBC, KDFOpts: pkcs8.ScryptOpts{SaltSize: 8, CostParameter: 2, BlockSize: 1, ParallelizationParameter: 1}})))
	assert.IsType(t, &rsa.PrivateKey{}, key)

	certificate, _ = open(t, New(rfc, UniqueIdentifier(rfc+" / GODE561231GR8")))
	assert.Equal(t, rfc, rfcOf(certificate))
	certificate, _ = open(t, New(rfc, UniqueIdentifier("")))
	assert.Empty(t, rfcOf(certificate))

	certificate, key = open(t, New(rfc, Elliptic()))
	require.IsType(t, &ecdsa.PrivateKey{}, key)
	assert.Equal(t, certificate.PublicKey, key.(*ecdsa.PrivateKey).Public())

	certificate, key = open(t, New(rfc, ForeignKey()))
	assert.NotEqual(t, certificate.PublicKey, key.(*rsa.PrivateKey).Public())

	certificate, _ = open(t, New(rfc, SelfSigned()))
	assert.Equal(t, certificate.RawSubject, certificate.RawIssuer)
	assert.NoError(t, certificate.CheckSignature(certificate.SignatureAlgorithm, certificate.RawTBSCertificate, certificate.Signature))
}

func TestNewPanicsOnWhatNoCertificateCarries(t *testing.T) {
	assert.Panics(t, func() { New("\xff") })
}

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
