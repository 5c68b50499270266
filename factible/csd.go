package factible

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" // the SAT's signatures are RSA-SHA1
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/youmark/pkcs8"

	"github.com/unified-cancel/cancel"
)

// CSD is an issuer's certificado de sello digital with its private key, the two files
// that the SAT hands out. PEM is refused: the files are DER. With a CSD the request to
// cancel is signed here, and what travels is the request and the certificate, never
// the key.
//
// What is signed follows the SAT's schema of a Cancelacion and what PACs and their
// clients publish; neither the schema nor those say all of it, and none of it was
// tried on the SAT. Not certain are: how the SAT reads the issuer's name and the serial
// number in X509IssuerSerial (here RFC 4514 and decimal, as in its own sample, while
// some clients write them otherwise), whether it wants the unused namespaces xsd and
// xsi declared (clients found it so: they are), and whether FolioSustitucion may be
// empty without a replacement (its schema says no: it is left out).
//
// A CSD shows as REDACTED under every fmt verb, in JSON, XML and any other text
// encoding, and in slog, with the exceptions of [cancel.Secret].
type CSD struct {
	// Certificate is the content of the .cer file: X.509 in DER. Required.
	Certificate []byte
	// Key is the content of the .key file: an RSA key as encrypted PKCS #8 in DER
	// (PBES2 with PBKDF2, and 3DES or AES in CBC mode). Required.
	Key []byte
	// Password opens Key. Required. It is never trimmed.
	Password cancel.Secret
}

// hidden stands for a CSD wherever one would otherwise be shown.
var hidden cancel.Secret

// Format writes REDACTED, whatever the verb.
func (CSD) Format(f fmt.State, verb rune) { hidden.Format(f, verb) }

// MarshalText returns REDACTED. A CSD does not round-trip.
func (CSD) MarshalText() ([]byte, error) { return hidden.MarshalText() }

// LogValue returns REDACTED.
func (CSD) LogValue() slog.Value { return hidden.LogValue() }

// open reports what is wrong with c, now, or returns what signs with it. It keeps
// nothing of c.
func (c CSD) open(now time.Time) (*seal, error) {
	certificate, err := c.certificate()
	if err != nil {
		return nil, err
	}
	s := &seal{certificate: certificate}
	if s.rfc, err = rfcOf(certificate); err != nil {
		return nil, err
	}
	if err := s.validAt(now); err != nil {
		return nil, err
	}
	key, err := c.privateKey()
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, errors.New("CSD.Key is not the key of CSD.Certificate")
	}
	s.key = func() *rsa.PrivateKey { return key }
	return s, nil
}

func (c CSD) certificate() (*x509.Certificate, error) {
	if len(c.Certificate) == 0 {
		return nil, errors.New("CSD.Certificate is missing")
	}
	if isPEM(c.Certificate) {
		return nil, errors.New("CSD.Certificate is PEM: it must be DER, as in the .cer file")
	}
	certificate, err := x509.ParseCertificate(slices.Clone(c.Certificate))
	if err != nil {
		return nil, errors.New("CSD.Certificate is no X.509 certificate in DER")
	}
	if _, ok := certificate.PublicKey.(*rsa.PublicKey); !ok {
		return nil, errors.New("CSD.Certificate is not for an RSA key")
	}
	return certificate, nil
}

func (c CSD) privateKey() (key *rsa.PrivateKey, err error) {
	if len(c.Key) == 0 {
		return nil, errors.New("CSD.Key is missing")
	}
	if isPEM(c.Key) {
		return nil, errors.New("CSD.Key is PEM: it must be DER, as in the .key file")
	}
	if err := checkEncryption(c.Key); err != nil {
		return nil, err
	}
	if c.Password.IsZero() {
		return nil, errors.New("CSD.Password is missing")
	}
	defer func() {
		// The library does not compare lengths with those that the cipher takes.
		if recover() != nil {
			key, err = nil, errNotPKCS8
		}
	}()
	password, err := c.Password.Reveal(context.Background())
	if err != nil {
		return nil, err
	}
	parsed, err := pkcs8.ParsePKCS8PrivateKey(c.Key, []byte(password))
	switch {
	case err == nil:
	case err.Error() == "pkcs8: incorrect password":
		return nil, errors.New("CSD.Password does not open CSD.Key")
	default:
		return nil, errEncryption
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("CSD.Key is not an RSA key")
	}
	return key, nil
}

func isPEM(text []byte) bool { return bytes.Contains(text, []byte("-----BEGIN ")) }

var (
	errNotPKCS8   = errors.New("CSD.Key is no encrypted PKCS #8 key in DER")
	errEncryption = errors.New("CSD.Key is not encrypted as the SAT does: PBES2 with PBKDF2, and 3DES or AES in CBC mode")
)

var (
	oidPBES2                = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2               = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidX500UniqueIdentifier = asn1.ObjectIdentifier{2, 5, 4, 45}
)

// maxRounds of PBKDF2 take a second or so. The SAT's keys have 2048.
const maxRounds = 1_000_000

// checkEncryption keeps from the library what it would take for a wrong password, and
// a key that would keep it busy for hours.
func checkEncryption(key []byte) error {
	var encrypted struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if _, err := asn1.Unmarshal(key, &encrypted); err != nil {
		return errNotPKCS8
	}
	var scheme struct{ Derivation, Cipher pkix.AlgorithmIdentifier }
	if _, err := asn1.Unmarshal(encrypted.Algorithm.Parameters.FullBytes, &scheme); err != nil ||
		!encrypted.Algorithm.Algorithm.Equal(oidPBES2) ||
		!scheme.Derivation.Algorithm.Equal(oidPBKDF2) {
		return errEncryption
	}
	var derivation struct {
		Salt   []byte
		Rounds int
	}
	if _, err := asn1.Unmarshal(scheme.Derivation.Parameters.FullBytes, &derivation); err != nil ||
		derivation.Rounds < 1 || derivation.Rounds > maxRounds {
		return errEncryption
	}
	return nil
}

// rfcOf finds the taxpayer in a certificate of the SAT, where x500UniqueIdentifier is
// "RFC", or "RFC / RFC of the representative".
func rfcOf(certificate *x509.Certificate) (string, error) {
	for _, attribute := range certificate.Subject.Names {
		if !attribute.Type.Equal(oidX500UniqueIdentifier) {
			continue
		}
		text, _ := attribute.Value.(string)
		rfc, _, _ := strings.Cut(text, "/")
		if rfc = strings.TrimSpace(rfc); validRFC(rfc) {
			return rfc, nil
		}
		break
	}
	return "", errors.New("CSD.Certificate has no RFC in the x500UniqueIdentifier of its subject")
}

// seal signs for one taxpayer. It is safe for concurrent use.
type seal struct {
	certificate *x509.Certificate
	rfc         string
	// Package fmt reads unexported fields without asking, but not what a function
	// returns.
	key func() *rsa.PrivateKey
}

func (s *seal) validAt(t time.Time) error {
	show := func(t time.Time) string { return t.In(mexicoCity).Format(time.RFC3339) }
	if t.Before(s.certificate.NotBefore) {
		return fmt.Errorf("CSD.Certificate is not valid yet: it will be from %s", show(s.certificate.NotBefore))
	}
	if t.After(s.certificate.NotAfter) {
		return fmt.Errorf("CSD.Certificate expired: it was valid until %s", show(s.certificate.NotAfter))
	}
	return nil
}

// request returns the signed Cancelacion that asks the SAT to cancel one CFDI. UUIDs
// are written as given, and replacedBy is "" for none. CSD says what is not certain
// about the document.
func (s *seal) request(issuer, uuid, motive, replacedBy string, at time.Time) ([]byte, error) {
	if err := s.validAt(at); err != nil {
		return nil, err
	}
	if issuer != s.rfc {
		return nil, fmt.Errorf("CSD.Certificate is of %s, while Issuer is %q", s.rfc, issuer)
	}
	doc := etree.NewDocument()
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	root := doc.CreateElement("Cancelacion")
	root.CreateAttr("xmlns", "http://cancelacfd.sat.gob.mx")
	root.CreateAttr("xmlns:xsd", "http://www.w3.org/2001/XMLSchema")
	root.CreateAttr("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
	root.CreateAttr("RfcEmisor", issuer)
	root.CreateAttr("Fecha", at.In(mexicoCity).Format("2006-01-02T15:04:05"))
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

// unsigned is an enveloped signature with gaps. Its one transform leaves the
// canonicalization to the default, C14N 20010315, as in every request that is
// published.
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

// sign appends the signature of root to it.
func (s *seal) sign(root *etree.Element) error {
	digest, err := c14nSHA1(root)
	if err != nil {
		return err
	}
	issuer, err := issuerName(s.certificate)
	if err != nil {
		return err
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
	value, err := rsa.SignPKCS1v15(nil, s.key(), crypto.SHA1, digest)
	if err != nil {
		return fmt.Errorf("CSD.Key cannot sign: %w", err)
	}
	fill("SignatureValue", base64.StdEncoding.EncodeToString(value))
	return nil
}

// c14nSHA1 digests the canonical form of an element, with the namespaces of those that
// it is in.
func c14nSHA1(element *etree.Element) ([]byte, error) {
	canonical, err := dsig.MakeC14N10RecCanonicalizer().Canonicalize(element)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum(canonical)
	return sum[:], nil
}

// issuerName is RFC 4514's text of who issued a certificate, with the order and the
// kinds of attributes that it has there.
func issuerName(certificate *x509.Certificate) (string, error) {
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal(certificate.RawIssuer, &name); err != nil {
		return "", errors.New("CSD.Certificate names its issuer in a way that cannot be read")
	}
	return name.String(), nil
}

var rfcPattern = regexp.MustCompile(`^[A-Z&Ñ]{3,4}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[A-Z0-9]{2}[0-9A]$`)

// validRFC reports whether s is written as an RFC: 12 characters for a company, 13 for
// a person, upper case.
func validRFC(s string) bool { return rfcPattern.MatchString(s) }
