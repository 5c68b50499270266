// Package csdtest makes certificates and keys for tests and simulators. They are like the
// SAT's (certificado de sello digital, CSD), but no authority vouches for them: each process
// draws new keys at random. The package also verifies requests that were signed with a CSD,
// and shares no code with package factible, which signs them.
//
// All of it is safe for concurrent use.
//
// # Errors
//
// Only [Verify] returns errors: they say why a signed request is not valid. The rest panics if
// the machine has no randomness.
package csdtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unified-cancel/cancel"
)

// CSD has the fields of factible.CSD, and can be converted to one.
type CSD struct {
	Certificate []byte
	Key         []byte
	Password    cancel.Secret
}

// Option changes the CSD that [New] makes.
type Option func(*recipe)

type recipe struct {
	uniqueIdentifier string
	notBefore        time.Time
	notAfter         time.Time
	password         string
	encryption       Encryption
	issuer           []byte
	eFirma           bool
	elliptic         bool
	foreignKey       bool
	selfSigned       bool
}

// Valid sets when the certificate is valid, in whole seconds. Without it the certificate is
// valid from 1990 to 2090, which suits the fake clocks of tests.
func Valid(from, to time.Time) Option {
	return func(r *recipe) { r.notBefore, r.notAfter = from, to }
}

// Password sets the password of the key. "" leaves the key unencrypted.
func Password(password string) Option { return func(r *recipe) { r.password = password } }

// Encrypted sets how the key is encrypted. Without it the key is encrypted as the SAT does:
// 3DES, and 2048 rounds of PBKDF2 with HMAC-SHA-1.
func Encrypted(e Encryption) Option { return func(r *recipe) { r.encryption = e } }

// UniqueIdentifier sets the whole x500UniqueIdentifier of the subject, in place of the
// RFC. "" leaves it out.
func UniqueIdentifier(text string) Option { return func(r *recipe) { r.uniqueIdentifier = text } }

// Elliptic makes a certificate and a key of an elliptic curve.
func Elliptic() Option { return func(r *recipe) { r.elliptic = true } }

// ForeignKey replaces the key by one that does not belong to the certificate.
func ForeignKey() Option { return func(r *recipe) { r.foreignKey = true } }

// SelfSigned makes the certificate its own issuer. Without it the issuer is [Authority].
func SelfSigned() Option { return func(r *recipe) { r.selfSigned = true } }

// IssuedBy sets the issuer's name, in DER. Without it the issuer is [Authority].
func IssuedBy(name []byte) Option { return func(r *recipe) { r.issuer = name } }

// EFirma makes an e.firma (FIEL) instead of a CSD: the subject names no organizational
// unit, and the key may also encrypt and agree on keys.
func EFirma() Option { return func(r *recipe) { r.eFirma = true } }

// New makes a CSD. Within a process an RFC keeps its key, because drawing a key is slow; the
// certificate is new each time. New panics if no certificate can carry the text.
func New(rfc string, options ...Option) CSD {
	r := recipe{
		uniqueIdentifier: rfc,
		notBefore:        time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC),
		notAfter:         time.Date(2090, time.January, 1, 0, 0, 0, 0, time.UTC),
		password:         "contraseña de " + rfc,
		encryption:       asTheSAT,
	}
	for _, option := range options {
		option(&r)
	}
	owner := rfc
	if r.elliptic {
		owner = curve
	}
	key := keyOf(owner)
	subject := pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
		{Type: oidCommonName, Value: "Contribuyente de prueba"},
		{Type: oidName, Value: "Contribuyente de prueba"},
		{Type: oidOrganization, Value: "Contribuyente de prueba"},
		{Type: oidSerialNumber, Value: " / "},
	}}
	usage := x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if r.eFirma {
		usage |= x509.KeyUsageDataEncipherment | x509.KeyUsageKeyAgreement
	} else {
		subject.ExtraNames = append(subject.ExtraNames, pkix.AttributeTypeAndValue{Type: oidOrganizationalUnit, Value: "Matriz"})
	}
	if r.uniqueIdentifier != "" {
		subject.ExtraNames = append(subject.ExtraNames, pkix.AttributeTypeAndValue{Type: oidX500UniqueIdentifier, Value: r.uniqueIdentifier})
	}
	template := &x509.Certificate{
		SerialNumber:          nextSerialNumber(),
		Subject:               subject,
		NotBefore:             r.notBefore,
		NotAfter:              r.notAfter,
		KeyUsage:              usage,
		BasicConstraintsValid: true,
	}
	parent, signer := Authority(), keyOf(authority)
	if r.selfSigned {
		parent, signer = template, key
	}
	if r.issuer != nil {
		renamed := *parent
		renamed.RawSubject = r.issuer
		parent = &renamed
	}
	csd := CSD{
		Certificate: must(x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)),
		Password:    cancel.NewSecret(r.password),
	}
	if r.foreignKey {
		key = keyOf(stranger)
	}
	csd.Key = r.encryption.pkcs8(key, r.password)
	return csd
}

// Authority is the certificate of the issuer of every certificate that [New] makes. Its
// name is as hard to read as the SAT's own: it has commas and rare attributes.
var Authority = sync.OnceValue(func() *x509.Certificate {
	key := keyOf(authority)
	template := &x509.Certificate{
		SerialNumber: nextSerialNumber(),
		Subject: pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: oidCommonName, Value: "AC de prueba"},
			{Type: oidOrganization, Value: "Ninguna autoridad"},
			{Type: oidOrganizationalUnit, Value: "Administración de pruebas"},
			{Type: oidEmailAddress, Value: asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte("nadie@example.com")}},
			{Type: oidStreetAddress, Value: "Av. Inventada 77, Col. Ninguna"},
			{Type: oidPostalCode, Value: "00000"},
			{Type: oidCountry, Value: "MX"},
			{Type: oidX500UniqueIdentifier, Value: "AAA010101AAA"},
			{Type: oidUnstructuredName, Value: "responde: nadie"},
		}},
		NotBefore:             time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2090, time.January, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))))
})

// AuthorityName is the name of [Authority], written by RFC 4514.
const AuthorityName = `1.2.840.113549.1.9.2=#130f726573706f6e64653a206e61646965,2.5.4.45=#130c414141303130313031414141,C=MX,` +
	`2.5.4.17=#13053030303030,STREET=Av. Inventada 77\, Col. Ninguna,1.2.840.113549.1.9.1=#16116e61646965406578616d706c652e636f6d,` +
	`OU=Administración de pruebas,O=Ninguna autoridad,CN=AC de prueba`

var (
	oidCommonName           = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSerialNumber         = asn1.ObjectIdentifier{2, 5, 4, 5}
	oidCountry              = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidStreetAddress        = asn1.ObjectIdentifier{2, 5, 4, 9}
	oidOrganization         = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidOrganizationalUnit   = asn1.ObjectIdentifier{2, 5, 4, 11}
	oidPostalCode           = asn1.ObjectIdentifier{2, 5, 4, 17}
	oidName                 = asn1.ObjectIdentifier{2, 5, 4, 41}
	oidX500UniqueIdentifier = asn1.ObjectIdentifier{2, 5, 4, 45}
	oidEmailAddress         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	oidUnstructuredName     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 2}
)

// Owners of keys that are not taxpayers.
const (
	authority = "the authority"
	stranger  = "a stranger"
	curve     = "an elliptic curve"
)

var keys sync.Map // of func() crypto.Signer, by owner

func keyOf(owner string) crypto.Signer {
	draw, _ := keys.LoadOrStore(owner, sync.OnceValue(func() crypto.Signer {
		if owner == curve {
			return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		}
		return must(rsa.GenerateKey(rand.Reader, 2048))
	}))
	return draw.(func() crypto.Signer)()
}

var serialNumbers atomic.Int64

// nextSerialNumber has twenty bytes, each of them an ASCII digit, as the SAT's numbers do.
func nextSerialNumber() *big.Int {
	return new(big.Int).SetBytes(fmt.Appendf(nil, "30001000000%09d", serialNumbers.Add(1)))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
