package csdtest

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/unified-cancel/cancel/internal/mexico"
)

// Request is the content of a signed Cancelacion.
type Request struct {
	RfcEmisor string
	Fecha     time.Time
	Folios    []Folio
	// Certificate verifies the signature. Its own issuer was not verified.
	Certificate *x509.Certificate
}

// Folio is one CFDI to be cancelled.
type Folio struct{ UUID, Motivo, FolioSustitucion string }

// Why Verify refuses. An error of Verify wraps exactly one of these.
var (
	ErrUnreadable = errors.New("csdtest: not a signed Cancelacion")
	ErrSignature  = errors.New("csdtest: the signature does not verify")
	ErrIssuer     = errors.New("csdtest: the certificate is not RfcEmisor's")
	ErrEFirma     = errors.New("csdtest: the certificate is an e.firma, not a CSD")
	ErrValidity   = errors.New("csdtest: the certificate is not valid at Fecha")
)

const (
	cancelacion = "http://cancelacfd.sat.gob.mx"
	enveloped   = string(dsig.EnvelopedSignatureAltorithmId)
	c14n        = string(dsig.CanonicalXML10RecAlgorithmId)
)

// Verify reads a signed Cancelacion and returns only content that the signature covers. It
// takes only the signatures that the SAT documents: enveloped, RSA-SHA1, C14N 20010315, and
// in KeyInfo the certificate with its issuer and serial number. The issuer may be named in
// any form that namesIssuer takes; the serial number must be decimal.
func Verify(signed []byte) (Request, error) {
	root, err := parse(signed)
	if err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	certificate, err := checkSignature(root)
	if err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	verifier := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{certificate}})
	verifier.Clock = dsig.NewFakeClockAt(certificate.NotBefore) // Fecha decides, below
	covered, err := verifier.Validate(root)
	if err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	request, err := read(covered)
	if err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	request.Certificate = certificate
	if owner := rfcOf(certificate); owner != request.RfcEmisor {
		return Request{}, fmt.Errorf("%w: it is of %q, not %q", ErrIssuer, owner, request.RfcEmisor)
	}
	if len(certificate.Subject.OrganizationalUnit) == 0 {
		return Request{}, ErrEFirma
	}
	if request.Fecha.Before(certificate.NotBefore) || request.Fecha.After(certificate.NotAfter) {
		return Request{}, ErrValidity
	}
	return request, nil
}

// parse returns the root element, and refuses a document that has two readings.
func parse(signed []byte) (*etree.Element, error) {
	doc := etree.NewDocument()
	doc.ReadSettings.PreserveDuplicateAttrs = true // the canonical form has only one of them
	doc.ReadSettings.MaxDepth = 20
	doc.ReadSettings.CharsetReader = func(label string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("charset %q", label)
	}
	if err := doc.ReadFromBytes(signed); err != nil {
		return nil, err
	}
	if len(doc.ChildElements()) != 1 {
		return nil, errors.New("not one root element")
	}
	for _, token := range doc.Child {
		switch t := token.(type) {
		case *etree.Element:
		case *etree.ProcInst:
			if t.Target != "xml" {
				return nil, errors.New("processing instruction")
			}
		case *etree.CharData:
			if !t.IsWhitespace() {
				return nil, errors.New("text outside the root element")
			}
		default:
			return nil, errors.New("comment or DTD")
		}
	}
	return doc.Root(), plain(doc.Root())
}

// plain refuses an element that holds anything but elements and text.
func plain(element *etree.Element) error {
	for _, token := range element.Child {
		switch t := token.(type) {
		case *etree.Element:
			if err := plain(t); err != nil {
				return err
			}
		case *etree.CharData:
		default:
			return errors.New("comment or processing instruction")
		}
	}
	return nil
}

// checkSignature checks the shape of the signature and returns its certificate.
func checkSignature(root *etree.Element) (*x509.Certificate, error) {
	var found shape
	signature := found.only(root, "Signature")
	info := found.only(signature, "SignedInfo")
	found.algorithm(found.only(info, "CanonicalizationMethod"), c14n)
	found.algorithm(found.only(info, "SignatureMethod"), dsig.RSASHA1SignatureMethod)
	reference := found.only(info, "Reference")
	found.algorithm(found.only(reference, "DigestMethod"), "http://www.w3.org/2000/09/xmldsig#sha1")
	transforms := found.only(reference, "Transforms").ChildElements()
	if uri := reference.SelectAttr("URI"); uri == nil || uri.Value != "" {
		found.complain("Reference is not to the whole document")
	}
	if len(transforms) == 0 || len(transforms) > 2 {
		found.complain("neither one nor two transforms")
	}
	for i, want := range []string{enveloped, c14n}[:min(len(transforms), 2)] {
		found.algorithm(transforms[i], want)
	}
	data := found.only(found.only(signature, "KeyInfo"), "X509Data")
	text := found.only(data, "X509Certificate").Text()
	serial := found.only(data, "X509IssuerSerial")
	issuer := found.only(serial, "X509IssuerName").Text()
	number := found.only(serial, "X509SerialNumber").Text()
	if found.err != nil {
		return nil, found.err
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	if !namesIssuer(issuer, certificate) || number != certificate.SerialNumber.String() {
		return nil, errors.New("X509IssuerSerial is not the certificate's")
	}
	return certificate, nil
}

// shape looks for elements and remembers the first complaint.
type shape struct{ err error }

func (s *shape) complain(message string) {
	if s.err == nil {
		s.err = errors.New(message)
	}
}

// only returns the one child of that name in the namespace of signatures. It returns an
// empty element if there is not exactly one.
func (s *shape) only(parent *etree.Element, tag string) *etree.Element {
	children := parent.SelectElements(tag)
	if len(children) != 1 || children[0].NamespaceURI() != dsig.Namespace {
		s.complain("not one " + tag)
		return etree.NewElement(tag)
	}
	return children[0]
}

func (s *shape) algorithm(element *etree.Element, want string) {
	if element.SelectAttrValue("Algorithm", "") != want {
		s.complain(element.Tag + " is not " + want)
	}
}

// read reads the content that the signature covers, and refuses unknown content.
func read(root *etree.Element) (Request, error) {
	if root.Tag != "Cancelacion" || root.NamespaceURI() != cancelacion {
		return Request{}, errors.New("the root element is not Cancelacion")
	}
	values, err := attributes(root, "RfcEmisor", "Fecha")
	if err != nil {
		return Request{}, err
	}
	fecha, err := time.ParseInLocation("2006-01-02T15:04:05", values["Fecha"], mexico.Zone)
	if err != nil {
		return Request{}, err
	}
	request := Request{RfcEmisor: values["RfcEmisor"], Fecha: fecha}
	for _, folios := range root.ChildElements() {
		inside := folios.ChildElements()
		if folios.Tag != "Folios" || len(inside) != 1 || inside[0].Tag != "Folio" ||
			folios.NamespaceURI() != cancelacion || inside[0].NamespaceURI() != cancelacion ||
			len(inside[0].ChildElements()) != 0 {
			return Request{}, errors.New("Cancelacion holds something else than Folios with one Folio")
		}
		if _, err := attributes(folios); err != nil {
			return Request{}, err
		}
		values, err := attributes(inside[0], "UUID", "Motivo", "FolioSustitucion")
		if err != nil {
			return Request{}, err
		}
		request.Folios = append(request.Folios, Folio{values["UUID"], values["Motivo"], values["FolioSustitucion"]})
	}
	if len(request.Folios) == 0 {
		return Request{}, errors.New("no Folio")
	}
	return request, nil
}

// attributes returns the attributes of an element without its declarations of namespaces.
func attributes(element *etree.Element, known ...string) (map[string]string, error) {
	if strings.TrimSpace(element.Text()) != "" {
		return nil, fmt.Errorf("text in %s", element.Tag)
	}
	values := make(map[string]string)
	for _, attribute := range element.Attr {
		switch {
		case attribute.Space == "xmlns" || attribute.FullKey() == "xmlns":
		case attribute.Space == "" && slices.Contains(known, attribute.Key):
			values[attribute.Key] = attribute.Value
		default:
			return nil, fmt.Errorf("attribute %s of %s", attribute.FullKey(), element.Tag)
		}
	}
	return values, nil
}

func rfcOf(certificate *x509.Certificate) string {
	for _, attribute := range certificate.Subject.Names {
		if attribute.Type.Equal(oidX500UniqueIdentifier) {
			rfc, _, _ := strings.Cut(fmt.Sprint(attribute.Value), "/")
			return strings.TrimSpace(rfc)
		}
	}
	return ""
}
