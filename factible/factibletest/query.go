package factibletest

import (
	"cmp"
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/factible/factibletest/csdtest"
)

// query is a call as it was read.
type query struct {
	folios  []folio
	issuer  string
	refusal int // the status that refuses it, 0 if none
}

// folio is an invoice that a call names.
type folio struct{ uuid, motivo, replacement string }

// Motivos of the SAT. Only the first has a replacement.
const replaced = "01"

var motivos = []string{replaced, "02", "03", "04"}

// isCancellation reports whether the SAT would accept the folio.
func (f folio) isCancellation() bool {
	if !adapter.IsUUID(f.uuid) || !slices.Contains(motivos, f.motivo) {
		return false
	}
	if f.motivo != replaced {
		return f.replacement == ""
	}
	return adapter.IsUUID(f.replacement) && !strings.EqualFold(f.replacement, f.uuid)
}

// rfc matches the RFC of a company or of a person.
var rfc = regexp.MustCompile(`^[A-Z&Ñ]{3,4}[0-9]{6}[A-Z0-9]{3}$`)

// readUUID reads the parameters of an operation that takes a UUID.
func readUUID(given map[string]string) query {
	uuid := cmp.Or(given["uuid"], given["transactionId"])
	if uuid == "" {
		return query{refusal: statusIncomplete}
	}
	q := query{folios: []folio{{uuid: uuid}}}
	if !adapter.IsUUID(uuid) {
		q.refusal = statusInvalid
	}
	return q
}

// readFolio reads the parameters of cancelarAsincrono.
func readFolio(given map[string]string) query {
	if given["uuid"] == "" {
		return query{refusal: statusIncomplete}
	}
	parts := strings.Split(given["uuid"], "|")
	q := query{folios: []folio{{uuid: parts[0]}}, issuer: given["rfcEmisor"]}
	if len(parts) == 3 {
		q.folios[0].motivo, q.folios[0].replacement = parts[1], parts[2]
	}
	switch {
	case q.issuer == "":
		q.refusal = statusIncomplete
	case len(parts) != 3 || !q.folios[0].isCancellation() || !rfc.MatchString(q.issuer):
		q.refusal = statusInvalid
	}
	return q
}

// readSolicitud reads the parameters of enviarSolicitudCancelacionAsincrono, and
// verifies the signed request among them.
func readSolicitud(given map[string]string) query {
	text := given["solicitud"]
	if text == "" {
		return query{refusal: statusIncomplete}
	}
	signed, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return query{refusal: statusUnreadable}
	}
	request, err := csdtest.Verify(signed)
	switch {
	case errors.Is(err, csdtest.ErrSignature):
		return query{refusal: statusBadSignature}
	case errors.Is(err, csdtest.ErrIssuer):
		return query{refusal: statusForeignCSD}
	case errors.Is(err, csdtest.ErrEFirma):
		return query{refusal: statusNoCSD}
	case errors.Is(err, csdtest.ErrValidity):
		return query{refusal: statusExpiredCSD}
	case err != nil:
		return query{refusal: statusUnreadable}
	}
	q := query{issuer: request.RfcEmisor}
	for _, asked := range request.Folios {
		f := folio{asked.UUID, asked.Motivo, asked.FolioSustitucion}
		q.folios = append(q.folios, f)
		if !f.isCancellation() {
			q.refusal = statusInvalid
		}
	}
	return q
}
