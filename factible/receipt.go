package factible

import (
	"bytes"
	"cmp"
	"time"

	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/mexico"
	"github.com/unified-cancel/cancel/internal/xmldoc"
)

// Receipt is the content of an acuse, the SAT's acknowledgement of a cancellation. It
// shows that the SAT answered, and each folio's EstatusUUID is the answer. Its seal is an
// HMAC that only the SAT can verify: a Receipt does not prove that the acuse is authentic.
//
// The layout follows the acuses that the SAT and PACs publish. The vendor's page names the
// acuse and does not describe it:
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarSectorPrimario-en.jsp.
type Receipt struct {
	// Folios are the invoices that the acuse is about, in its order. It may be empty.
	Folios []Folio
	// Fecha is when the SAT answered. An acuse gives the local time of Mexico City
	// without a zone; Fecha has that zone. It is the zero time if the acuse has no
	// readable Fecha.
	Fecha time.Time
	// RfcEmisor is the RFC of the issuer, "" if the acuse does not name it.
	RfcEmisor string
	// KeyName names the key of the seal, "" if the acuse does not name it.
	KeyName string
}

// Folio is the SAT's answer about one invoice.
type Folio struct {
	// UUID is the folio fiscal, as the SAT writes it.
	UUID string
	// EstatusUUID is the SAT's code, "" if the acuse does not pair one with the UUID.
	EstatusUUID string
	// Meaning explains EstatusUUID. It is "" for a code that the SAT does not document
	// for an acuse.
	Meaning string
}

// ParseReceipt reads an acuse, with any namespace prefixes, wrapped in a SOAP answer
// or not, in any common charset. It returns an error if acuse is not well-formed XML; the
// error is not a [*cancel.Error]. Any other XML gives a Receipt without folios.
// ParseReceipt is safe for concurrent use.
func ParseReceipt(acuse []byte) (Receipt, error) {
	text, err := adapter.UTF8(acuse, "")
	if err != nil {
		return Receipt{}, err
	}
	return readReceipt(text)
}

// readReceipt reads an acuse in UTF-8, and ignores the charset that the acuse declares.
func readReceipt(text []byte) (Receipt, error) {
	doc, err := xmldoc.Read(text)
	if err != nil {
		return Receipt{}, err
	}
	var r Receipt
	for i, e := range doc.Elements {
		for _, a := range e.Attrs {
			switch {
			case string(a.Name) == "Fecha" && r.Fecha.IsZero():
				r.Fecha = parseFecha(string(a.Value))
			case string(a.Name) == "RfcEmisor" && r.RfcEmisor == "":
				r.RfcEmisor = string(a.Value)
			}
		}
		switch string(e.Name) {
		case "Folios":
			r.Folios = append(r.Folios, foliosOf(doc.Elements[i+1:], e.Depth)...)
		case "KeyName":
			r.KeyName = cmp.Or(r.KeyName, textOf(e))
		}
	}
	return r, nil
}

// foliosOf returns the folios in an element of this depth, which the given elements follow.
func foliosOf(elements []xmldoc.Element, depth int) (folios []Folio) {
	var status []string
	for _, e := range elements {
		if e.Depth <= depth {
			break
		}
		switch string(e.Name) {
		case "UUID":
			folios = append(folios, Folio{UUID: textOf(e)})
		case "EstatusUUID":
			status = append(status, textOf(e))
		}
	}
	if len(folios) != len(status) {
		return folios // nothing tells which belongs to which
	}
	for i, s := range status {
		row, _ := table.Lookup(inAcuse, 0, s)
		folios[i].EstatusUUID, folios[i].Meaning = s, row.English
	}
	return folios
}

// textOf returns the text of an element, "" if it has child elements.
func textOf(e xmldoc.Element) string {
	if e.Nested {
		return ""
	}
	return string(bytes.TrimSpace(e.Text))
}

// parseFecha reads a local time, or a time with a zone, as some PACs write it.
func parseFecha(s string) time.Time {
	if t, err := time.ParseInLocation("2006-01-02T15:04:05", s, mexico.Zone); err == nil {
		return t
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.In(mexico.Zone)
}
