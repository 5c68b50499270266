package factible

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/mexico"
	"github.com/unified-cancel/cancel/internal/xmltoken"
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
	// RfcEmisor is the RFC of the issuer, "" if the acuse has none.
	RfcEmisor string
	// KeyName names the key of the seal, "" if the acuse has none.
	KeyName string
}

// Folio is the SAT's answer about one invoice.
type Folio struct {
	// UUID is the folio fiscal, as the SAT writes it.
	UUID string
	// EstatusUUID is the SAT's code, "" if the acuse has none for the UUID.
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
	return xmltoken.Read(text, func(source xmltoken.Source) (Receipt, error) {
		var p receiptParser
		for {
			token, err := source.Next()
			if errors.Is(err, io.EOF) && p.roots == 1 {
				return p.receipt, nil
			}
			if err != nil {
				return Receipt{}, err
			}
			if err := p.token(token); err != nil {
				return Receipt{}, err
			}
		}
	})
}

type receiptParser struct {
	receipt       Receipt
	depth, roots  int
	text          []byte
	uuids, status []string // of the Folios being read
}

func (p *receiptParser) token(t xmltoken.Token) error {
	switch t.Kind {
	case xmltoken.Start:
		p.text = nil
		if p.depth++; p.depth == 1 {
			p.roots++
		}
		if p.roots > 1 {
			return errors.New("more than one root element")
		}
		if string(t.Name) == "Folios" {
			p.uuids, p.status = nil, nil
		}
		p.attributes(t.Attrs)
	case xmltoken.Text:
		if p.depth == 0 && len(bytes.TrimSpace(t.Text)) > 0 {
			return errors.New("text outside the root element")
		}
		p.text = t.Join(p.text)
	case xmltoken.End:
		p.depth--
		p.element(t.Name, bytes.TrimSpace(p.text))
		p.text = nil
	}
	return nil
}

func (p *receiptParser) attributes(attrs []xmltoken.Attr) {
	for _, a := range attrs {
		switch string(a.Name) {
		case "Fecha":
			if p.receipt.Fecha.IsZero() {
				p.receipt.Fecha = parseFecha(string(a.Value))
			}
		case "RfcEmisor":
			if p.receipt.RfcEmisor == "" {
				p.receipt.RfcEmisor = string(a.Value)
			}
		}
	}
}

func (p *receiptParser) element(name, text []byte) {
	switch string(name) {
	case "UUID":
		p.uuids = append(p.uuids, string(text))
	case "EstatusUUID":
		p.status = append(p.status, string(text))
	case "Folios":
		// Only one EstatusUUID for each UUID tells which belongs to which.
		paired := len(p.uuids) == len(p.status)
		for i, uuid := range p.uuids {
			folio := Folio{UUID: uuid}
			if paired {
				folio.EstatusUUID = p.status[i]
				folio.Meaning = meaning(p.status[i])
			}
			p.receipt.Folios = append(p.receipt.Folios, folio)
		}
		p.uuids, p.status = nil, nil
	case "KeyName":
		if p.receipt.KeyName == "" {
			p.receipt.KeyName = string(text)
		}
	}
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

func meaning(estatus string) string {
	row, _ := table.Lookup(inAcuse, 0, estatus)
	return row.English
}
