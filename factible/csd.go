package factible

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" // the SAT's signatures are RSA-SHA1
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/mexico"
)

// CSDSource finds the CSD of an issuer. One account can cancel for many issuers, and a
// new certificate is used from the next call on.
type CSDSource interface {
	// CSD returns the CSD of the issuer with this RFC, or nil if there is no such CSD.
	// The client asks it once in each call that signs a request, and does not change or
	// keep the CSD. Nothing is sent after an error: the call ends in
	// cancel.ErrUnavailable, and errors.Is finds the error. It must be safe for
	// concurrent use.
	CSD(ctx context.Context, rfc string) (*CSD, error)
}

// CSD is an issuer's certificado de sello digital with its private key: the two files
// that the SAT hands out. The files are DER; PEM is refused. An e.firma (FIEL) is refused
// as well, because the SAT does not take it. With a CSD the request to cancel is signed in
// this process. The request and the certificate are sent; the key is never sent.
//
// The signature follows the SAT's schema of a Cancelacion and what PACs and their clients
// publish. They leave questions open, and no request was tried with the SAT. These are not
// certain: how the SAT reads the issuer's name and the serial number in X509IssuerSerial
// (here RFC 4514 and decimal, as in the SAT's own sample; some clients write other forms),
// whether it wants the unused namespaces xsd and xsi (clients say that it does: they are
// declared), and whether FolioSustitucion may be empty without a replacement (the schema
// says no: it is left out).
//
// Package fmt, slog and text encodings such as JSON show a CSD as REDACTED. It is safe for
// concurrent use while nobody changes its fields.
type CSD struct {
	// Certificate is the content of the .cer file: X.509 in DER. Required.
	Certificate []byte
	// Key is the content of the .key file: an RSA key as encrypted PKCS #8 in DER. It is
	// encrypted by PBES2 with PBKDF2 (HMAC-SHA-1, 224, 256, 384 or 512) and with 3DES or
	// AES in CBC mode. Required.
	Key []byte
	// Password opens Key. Required. It is never trimmed.
	Password cancel.Secret
}

// CSD returns c if c belongs to this RFC, otherwise nil. It also returns a c whose
// certificate cannot be read, because signing reports why. It makes a *CSD a [CSDSource].
func (c *CSD) CSD(_ context.Context, rfc string) (*CSD, error) {
	if certificate, err := c.certificate(); err == nil && rfcOf(certificate) != rfc {
		return nil, nil // the interface says so
	}
	return c, nil
}

// Format writes REDACTED for every verb.
func (CSD) Format(f fmt.State, verb rune) { cancel.Secret{}.Format(f, verb) }

// String returns REDACTED.
func (CSD) String() string { return cancel.Secret{}.String() }

// MarshalText returns REDACTED. A CSD does not round-trip.
func (CSD) MarshalText() ([]byte, error) { return cancel.Secret{}.MarshalText() }

// signer signs for one issuer. It holds the open key, so it lives for one call.
type signer struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

// check checks c at the time now and returns its RFC. It cannot check the key if the
// password is a [cancel.SecretFunc], which only a call asks.
func (c *CSD) check(now time.Time) (string, error) {
	certificate, err := c.validCertificate(now)
	if err == nil && c.Password.Fixed() {
		password, _ := c.Password.Reveal(context.Background()) // a fixed secret has no error
		_, err = c.open(password, now)
	}
	if err != nil {
		return "", err
	}
	return rfcOf(certificate), nil
}

// open checks c at the time now and returns a signer.
func (c *CSD) open(password string, now time.Time) (*signer, error) {
	certificate, err := c.validCertificate(now)
	if err != nil {
		return nil, err
	}
	key, err := c.privateKey(password)
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, errors.New("CSD.Key is not the key of CSD.Certificate")
	}
	return &signer{certificate: certificate, key: key}, nil
}

func (c *CSD) validCertificate(now time.Time) (*x509.Certificate, error) {
	certificate, err := c.certificate()
	if err != nil {
		return nil, err
	}
	show := func(t time.Time) string { return t.In(mexico.Zone).Format(time.RFC3339) }
	switch {
	case rfcOf(certificate) == "":
		return nil, errors.New("CSD.Certificate has no RFC in the x500UniqueIdentifier of its subject")
	case isFIEL(certificate):
		return nil, errors.New("CSD.Certificate is an e.firma (FIEL): the SAT takes only a certificado de sello digital")
	case now.Before(certificate.NotBefore):
		return nil, fmt.Errorf("CSD.Certificate is not valid yet: it will be from %s", show(certificate.NotBefore))
	case now.After(certificate.NotAfter):
		return nil, fmt.Errorf("CSD.Certificate expired: it was valid until %s", show(certificate.NotAfter))
	}
	return certificate, nil
}

func (c *CSD) certificate() (*x509.Certificate, error) {
	if len(c.Certificate) == 0 {
		return nil, errors.New("CSD.Certificate is missing")
	}
	if isPEM(c.Certificate) {
		return nil, errors.New("CSD.Certificate is PEM: it must be DER, as in the .cer file")
	}
	certificate, err := x509.ParseCertificate(c.Certificate)
	if err != nil {
		return nil, fmt.Errorf("CSD.Certificate is not an X.509 certificate in DER: %w", err)
	}
	if _, ok := certificate.PublicKey.(*rsa.PublicKey); !ok {
		return nil, errors.New("CSD.Certificate is not for an RSA key")
	}
	return certificate, nil
}

func (c *CSD) privateKey(password string) (*rsa.PrivateKey, error) {
	if len(c.Key) == 0 {
		return nil, errors.New("CSD.Key is missing")
	}
	if isPEM(c.Key) {
		return nil, errors.New("CSD.Key is PEM: it must be DER, as in the .key file")
	}
	if password == "" {
		return nil, errors.New("CSD.Password is missing")
	}
	plain, err := decryptKey(c.Key, password)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, errors.New("CSD.Password does not open CSD.Key")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("CSD.Key is not an RSA key")
	}
	return key, nil
}

func isPEM(text []byte) bool { return bytes.Contains(text, []byte("-----BEGIN ")) }

var oidX500UniqueIdentifier = asn1.ObjectIdentifier{2, 5, 4, 45}

// rfcOf returns the taxpayer of a certificate of the SAT, or "" if it names no taxpayer.
// The SAT writes x500UniqueIdentifier as "RFC", or "RFC / RFC of the representative".
func rfcOf(certificate *x509.Certificate) string {
	for _, attribute := range certificate.Subject.Names {
		if attribute.Type.Equal(oidX500UniqueIdentifier) {
			text, _ := attribute.Value.(string)
			rfc, _, _ := strings.Cut(text, "/")
			if rfc = strings.TrimSpace(rfc); validRFC(rfc) {
				return rfc
			}
			break
		}
	}
	return ""
}

// isFIEL reports whether a certificate of the SAT identifies a person (e.firma, FIEL)
// rather than seal documents. Only a CSD names an organizational unit, and only the key of
// an e.firma may also encrypt and agree on keys.
func isFIEL(certificate *x509.Certificate) bool {
	const beyondSignatures = x509.KeyUsageDataEncipherment | x509.KeyUsageKeyAgreement
	return strings.Join(certificate.Subject.OrganizationalUnit, "") == "" || certificate.KeyUsage&beyondSignatures != 0
}

// request returns the signed Cancelacion that asks the SAT to cancel one CFDI. UUIDs are
// written as given; replacedBy is "" without a replacement.
func (s *signer) request(issuer, uuid, motive, replacedBy string, at time.Time) ([]byte, error) {
	if rfc := rfcOf(s.certificate); issuer != rfc {
		return nil, fmt.Errorf("CSD.Certificate is of %s, while Issuer is %q", rfc, issuer)
	}
	doc := etree.NewDocument()
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	root := doc.CreateElement("Cancelacion")
	root.CreateAttr("xmlns", "http://cancelacfd.sat.gob.mx")
	root.CreateAttr("xmlns:xsd", "http://www.w3.org/2001/XMLSchema")
	root.CreateAttr("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
	root.CreateAttr("RfcEmisor", issuer)
	root.CreateAttr("Fecha", at.In(mexico.Zone).Format("2006-01-02T15:04:05"))
	folio := root.CreateElement("Folios").CreateElement("Folio")
	folio.CreateAttr("UUID", uuid)
	folio.CreateAttr("Motivo", motive)
	if replacedBy != "" {
		folio.CreateAttr("FolioSustitucion", replacedBy)
	}
	if err := s.sign(root); err != nil {
		return nil, err
	}
	return doc.WriteToBytes()
}

// unsigned is an enveloped signature with gaps. It names one transform. Canonicalization
// is the default, C14N 20010315, as in every published request.
const unsigned = `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">` +
	`<SignedInfo>` +
	`<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>` +
	`<SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/>` +
	`<Reference URI="">` +
	`<Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms>` +
	`<DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/>` +
	`<DigestValue/>` +
	`</Reference>` +
	`</SignedInfo>` +
	`<SignatureValue/>` +
	`<KeyInfo><X509Data>` +
	`<X509IssuerSerial><X509IssuerName/><X509SerialNumber/></X509IssuerSerial>` +
	`<X509Certificate/>` +
	`</X509Data></KeyInfo>` +
	`</Signature>`

// sign appends to root its signature.
func (s *signer) sign(root *etree.Element) error {
	digest, err := c14nSHA1(root)
	if err != nil {
		return err
	}
	issuer, err := distinguishedName(s.certificate.RawIssuer)
	if err != nil {
		return fmt.Errorf("CSD.Certificate names its issuer in a way that cannot be read: %w", err)
	}
	template := etree.NewDocument()
	if err := template.ReadFromString(unsigned); err != nil {
		return err
	}
	signature := template.Root()
	root.AddChild(signature)
	fill := func(tag, text string) { signature.FindElement(".//" + tag).SetText(text) }
	fill("DigestValue", base64.StdEncoding.EncodeToString(digest))
	fill("X509IssuerName", issuer)
	fill("X509SerialNumber", s.certificate.SerialNumber.String())
	fill("X509Certificate", base64.StdEncoding.EncodeToString(s.certificate.Raw))
	if digest, err = c14nSHA1(signature.SelectElement("SignedInfo")); err != nil {
		return err
	}
	value, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA1, digest)
	if err != nil {
		return fmt.Errorf("CSD.Key cannot sign: %w", err)
	}
	fill("SignatureValue", base64.StdEncoding.EncodeToString(value))
	return nil
}

// c14nSHA1 digests the canonical form of an element, which includes the namespaces of
// the elements around it.
func c14nSHA1(element *etree.Element) ([]byte, error) {
	canonical, err := dsig.MakeC14N10RecCanonicalizer().Canonicalize(element)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum(canonical)
	return sum[:], nil
}

var rfcPattern = regexp.MustCompile(`^[A-Z&Ñ]{3,4}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[A-Z0-9]{2}[0-9A]$`)

// validRFC reports whether s is written as an RFC: 12 characters for a company, 13 for
// a person, upper case.
func validRFC(s string) bool { return rfcPattern.MatchString(s) }
