package sat

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel/adapter"
)

// verifier is the address that the QR code of a CFDI 3.3 or 4.0 begins with.
const verifier = "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx"

// Expression returns the expresión impresa of a stamped CFDI 3.2, 3.3 or 4.0: the text of its QR
// code, by which the SAT can be asked about it. It reads any charset and any prefixes and stops at the
// Addenda, so that a long one costs no memory. The error is cancel.ErrInvalid if
// cfdi is something else, for example a CFDI without TimbreFiscalDigital or with two, a
// retención, or XML with a document type declaration. It is safe for concurrent use.
//
// An ampersand in an RFC becomes the entity &amp;. The SAT does not document which spelling it
// takes; [Client.Lookup] tries both.
func Expression(cfdi []byte) (string, error) {
	call := adapter.Call{Provider: provider, Op: "Expression"}
	invoice, err := readInvoice(cfdi)
	if err != nil {
		return "", call.Refuse(err.Error())
	}
	call.ID = invoice.uuid
	expression, err := invoice.expression()
	if err != nil {
		return "", call.Refuse(err.Error())
	}
	return expression, nil
}

// invoice holds the attributes that an expression is made of.
type invoice struct{ version, total, sello, issuer, receiver, uuid string }

// readInvoice reads a CFDI, and no further than its Addenda.
func readInvoice(cfdi []byte) (invoice, error) {
	text, err := adapter.UTF8Reader(cfdi, "")
	if err != nil {
		return invoice{}, err
	}
	d := xml.NewDecoder(text)
	// The declaration may still name the charset that text was converted from.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	r := invoiceReader{missing: []string{root, root + "/Emisor", root + "/Receptor", stamp}}
	for !r.done {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return invoice{}, err
		}
		if err := r.token(token); err != nil {
			return invoice{}, err
		}
	}
	if slices.Contains(r.missing, stamp) {
		return invoice{}, errors.New("the CFDI has no TimbreFiscalDigital: it is not stamped")
	}
	if len(r.missing) > 0 {
		return invoice{}, fmt.Errorf("the CFDI has no %s", r.missing[0])
	}
	return r.invoice, nil
}

const (
	root  = "Comprobante"
	stamp = root + "/Complemento/TimbreFiscalDigital"
)

type invoiceReader struct {
	invoice
	path    []string // the names of the elements begun
	missing []string // the elements that are needed and were not read yet
	done    bool
}

func (r *invoiceReader) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return errors.New("the CFDI has a document type declaration")
	case xml.CharData:
		if len(r.path) == 0 && len(bytes.TrimSpace(t)) > 0 {
			return errors.New("the CFDI has text outside its root element")
		}
	case xml.EndElement:
		r.path = r.path[:len(r.path)-1]
	case xml.StartElement:
		r.path = append(r.path, t.Name.Local)
		if len(r.path) <= strings.Count(stamp, "/")+1 {
			return r.element(strings.Join(r.path, "/"), t.Attr)
		}
	}
	return nil
}

// element reads the attributes of an element of which an invoice has one.
func (r *invoiceReader) element(path string, attrs []xml.Attr) error {
	get := func(name string) string {
		if r.version == "3.2" {
			name = strings.ToLower(name)
		}
		return attribute(attrs, name)
	}
	switch path {
	case root:
		r.version = attribute(attrs, "Version")
		if attribute(attrs, "version") == "3.2" {
			r.version = "3.2"
		} else if r.version != "3.3" && r.version != "4.0" {
			return errors.New("the version of the CFDI is not 3.2, 3.3 or 4.0")
		}
		r.total, r.sello = get("Total"), get("Sello")
	case root + "/Emisor":
		r.issuer = get("Rfc")
	case root + "/Receptor":
		r.receiver = get("Rfc")
	case stamp:
		r.uuid = attribute(attrs, "UUID")
	case root + "/Addenda":
		r.done = !slices.Contains(r.missing, stamp)
		return nil
	default:
		if len(r.path) > 1 {
			return nil
		}
		return fmt.Errorf("the root element is %s: a CFDI's is Comprobante", path)
	}
	at := slices.Index(r.missing, path)
	if at < 0 {
		return fmt.Errorf("the CFDI has two %s", path)
	}
	r.missing = slices.Delete(r.missing, at, at+1)
	return nil
}

// attribute returns the value of an attribute without a prefix.
func attribute(attrs []xml.Attr, name string) string {
	for _, a := range attrs {
		if a.Name.Space == "" && a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

var (
	rfc    = regexp.MustCompile(`^[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{3}$`)
	amount = regexp.MustCompile(`^([0-9]+)(?:\.([0-9]*))?$`)
	seal   = regexp.MustCompile(`[A-Za-z0-9+/=]{8}$`)
)

func (i invoice) expression() (string, error) {
	switch {
	case !adapter.IsUUID(i.uuid):
		return "", errors.New("the UUID of the TimbreFiscalDigital is not a UUID")
	case !rfc.MatchString(i.issuer):
		return "", errors.New("the Emisor has no RFC of 12 or 13 characters")
	case !rfc.MatchString(i.receiver):
		return "", errors.New("the Receptor has no RFC of 12 or 13 characters")
	}
	tt, err := i.tt()
	if err != nil {
		return "", err
	}
	escape := func(rfc string) string { return strings.ReplaceAll(rfc, "&", "&amp;") }
	rfcs := "re=" + escape(i.issuer) + "&rr=" + escape(i.receiver)
	if i.version == "3.2" {
		return "?" + rfcs + "&tt=" + tt + "&id=" + i.uuid, nil
	}
	fe := seal.FindString(i.sello)
	if fe == "" {
		return "", errors.New("the CFDI has no Sello")
	}
	return verifier + "?id=" + i.uuid + "&" + rfcs + "&tt=" + tt + "&fe=" + fe, nil
}

// tt returns the Total as the expression has it: without zeros that mean nothing, but with one
// digit at least on each side of the point; for version 3.2 with 10 and 6 digits.
func (i invoice) tt() (string, error) {
	found := amount.FindStringSubmatch(i.total)
	if found == nil {
		return "", errors.New("the Total is not an amount")
	}
	whole, part := strings.TrimLeft(found[1], "0"), strings.TrimRight(found[2], "0")
	const maxPart = 6
	maxWhole := 18
	if i.version == "3.2" {
		maxWhole = 10
	}
	if len(whole) > maxWhole || len(part) > maxPart {
		return "", fmt.Errorf("the Total has more than %d digits, or more than %d after the point", maxWhole, maxPart)
	}
	if i.version == "3.2" {
		return strings.Repeat("0", maxWhole-len(whole)) + whole + "." + part + strings.Repeat("0", maxPart-len(part)), nil
	}
	return cmp.Or(whole, "0") + "." + cmp.Or(part, "0"), nil
}
