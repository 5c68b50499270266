// Package csdtest makes certificates and keys like those that the SAT hands out
// (certificado de sello digital, CSD), for tests and simulators, and verifies what was
// signed with them. No authority stands behind them: the keys are drawn at random for
// each process.
//
// All of it is safe for concurrent use.
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

	"github.com/youmark/pkcs8"

	"github.com/unified-cancel/cancel"
)

// CSD has the fields of factible.CSD, to which it can be converted.
type CSD struct {
	Certificate []byte
	Key         []byte
	Password    cancel.Secret
}

// Option makes a CSD other than New would.
type Option func(*recipe)

type recipe struct {
	uniqueIdentifier string
	notBefore        time.Time
	notAfter         time.Time
	password         string
	encryption       pkcs8.Opts
	elliptic         bool
	foreignKey       bool
	selfSigned       bool
}

// Valid sets from when to when the certificate is valid, in whole seconds. Without it,
// that is from 1990 to 2090, for clocks of tests, too.
func Valid(from, to time.Time) Option {
	return func(r *recipe) { r.notBefore, r.notAfter = from, to }
}

// Password sets the password of the key. "" leaves the key unencrypted.
func Password(password string) Option { return func(r *recipe) { r.password = password } }

// Encryption sets how the key is encrypted. Without it, that is as the SAT does: 3DES
// with 2048 rounds of PBKDF2 and HMAC-SHA1.
func Encryption(o pkcs8.Opts) Option { return func(r *recipe) { r.encryption = o } }

// UniqueIdentifier sets the whole x500UniqueIdentifier of the subject, in place of the
// RFC. "" leaves it out.
func UniqueIdentifier(text string) Option { return func(r *recipe) { r.uniqueIdentifier = text } }

// Elliptic makes the certificate and the key those of an elliptic curve.
func Elliptic() Option { return func(r *recipe) { r.elliptic = true } }

// ForeignKey makes the key another than the certificate's.
func ForeignKey() Option { return func(r *recipe) { r.foreignKey = true } }

// SelfSigned has the certificate signed by its own key rather than by that of
// [Authority].
func SelfSigned() Option { return func(r *recipe) { r.selfSigned = true } }

// New makes a CSD. The same RFC has the same key throughout the process, for drawing
// one is slow; the certificate is another each time. New panics if it cannot, as for
// text that no certificate can carry.
func New(rfc string, options ...Option) CSD {
	r := recipe{
		uniqueIdentifier: rfc,
		notBefore:        time.Date(1990, time.January, 1, 0, 0, 0, 0, time.UTC),
		notAfter:         time.Date(2090, time.January, 1, 0, 0, 0, 0, time.UTC),
		password:         "contraseña de " + rfc,
		encryption: pkcs8.Opts{
			Cipher:  pkcs8.TripleDESCBC,
			KDFOpts: pkcs8.PBKDF2Opts{SaltSize: 8, IterationCount: 2048, HMACHash: crypto.SHA1},
		},
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
		{Type: oidOrganizationalUnit, Value: "Matriz"},
	}}
	if r.uniqueIdentifier != "" {
		subject.ExtraNames = append(subject.ExtraNames, pkix.AttributeTypeAndValue{Type: oidX500UniqueIdentifier, Value: r.uniqueIdentifier})
	}
	template := &x509.Certificate{
		SerialNumber:          nextSerialNumber(),
		Subject:               subject,
		NotBefore:             r.notBefore,
		NotAfter:              r.notAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		BasicConstraintsValid: true,
	}
	parent, signer := Authority(), keyOf(authority)
	if r.selfSigned {
		parent, signer = template, key
	}
	csd := CSD{
		Certificate: must(x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)),
		Password:    cancel.NewSecret(r.password),
	}
	if r.foreignKey {
		key = keyOf(stranger)
	}
	csd.Key = must(pkcs8.MarshalPrivateKey(key, []byte(r.password), &r.encryption))
	return csd
}

// Authority is the certificate that those of [New] are issued under. Its name has what
// makes the names of the SAT's own hard to read: attributes that few know, and commas.
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

// Owners of keys beside the taxpayers.
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

// nextSerialNumber is written as the SAT does, with a byte for each of twenty digits.
func nextSerialNumber() *big.Int {
	return new(big.Int).SetBytes(fmt.Appendf(nil, "30001000000%09d", serialNumbers.Add(1)))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
