package sat

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/unified-cancel/cancel"
)

// tableVersion names this table in evidence. It changes with any row.
const tableVersion = "sat 1"

// rule is a row of the table: three fields of an answer and their meaning.
type rule struct {
	codigo, estado, estatus string // a word of the SAT, "" for an empty field, or anything
	means                   cancel.Code
}

const (
	anything = "*"       // any value of a field
	notValid = "N - 601" // the expression is not valid, or the SAT says so
)

// rules hold every answer that the SAT documents and that means one thing. The first row that
// matches decides; all other answers are ErrUnexpected.
var rules = []rule{
	{"S", "Cancelado", anything, cancel.Code{State: cancel.Cancelled,
		Spanish: "cancelado; EstatusCancelacion dice cómo: sin aceptación, con aceptación o por plazo vencido",
		English: "cancelled; EstatusCancelacion says how: without acceptance, with acceptance or because the deadline passed (Plazo vencido)"}},
	{"S", "Vigente", "En proceso", cancel.Code{State: cancel.Pending,
		Spanish: "hay una solicitud de cancelación y el receptor aún no responde",
		English: "a cancellation is requested and the recipient has not answered yet"}},
	{"S", "Vigente", "Solicitud rechazada", cancel.Code{Reason: cancel.ErrRejected,
		Spanish: "el receptor rechazó la cancelación; el comprobante sigue vigente",
		English: "the recipient refused the cancellation; the invoice is still valid"}},
	{"S", "Vigente", "", cancel.Code{State: cancel.NotCancelled,
		Spanish: "vigente, sin solicitud de cancelación",
		English: "valid, and no cancellation is requested"}},
	{"N - 602", "No Encontrado", anything, cancel.Code{Reason: cancel.ErrNotFound,
		Spanish: "el SAT no tiene el comprobante; uno recién timbrado puede tardar horas en aparecer",
		English: "the SAT does not have the invoice; one just stamped may take hours to appear"}},
	{"", "No Encontrado", anything, cancel.Code{Reason: cancel.ErrNotFound,
		Spanish: "el SAT no tiene el comprobante",
		English: "the SAT does not have the invoice"}},
	{notValid, anything, anything, cancel.Code{Reason: cancel.ErrUnexpected, AskAgain: true,
		Spanish: "la expresión impresa no es válida, o el servicio del SAT está fallando; no dice nada del comprobante",
		English: "the expression is not valid, or the SAT's service is failing; it says nothing about the invoice"}},
}

// verdicts are the values of EsCancelable of a valid invoice, and the answers of Preflight.
var verdicts = map[string]cancel.Verdict{
	fold("Cancelable sin aceptación"): cancel.Cancellable,
	fold("Cancelable con aceptación"): cancel.ConsentNeeded,
	fold("No cancelable"):             cancel.NotCancellable,
}

// Codes returns the table by which answers are taken. Each Code names the fields that decide:
// the beginning of CodigoEstatus, Estado and EstatusCancelacion. It is a copy. It is safe for
// concurrent use. The SAT documents the values in "Documentación del Servicio de Consulta de CFDI",
// version 1.4.
func Codes() []cancel.Code {
	codes := make([]cancel.Code, len(rules))
	for i, r := range rules {
		codes[i] = r.means
		codes[i].Code = r.name()
		codes[i].Operations = []string{opConsulta}
	}
	return codes
}

// name returns the words that r is about.
func (r rule) name() string {
	var words []string
	for _, word := range []string{r.codigo, r.estado, r.estatus} {
		if word != "" && word != anything {
			words = append(words, word)
		}
	}
	return strings.Join(words, " + ")
}

// matches reports whether said is the word of a rule.
func matches(word, said string) bool { return word == anything || fold(word) == fold(said) }

// fold returns what two spellings of a word have in common: it drops case, accents, a final dot
// and the blanks around it.
func fold(word string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(word))
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(plain), "."))
}
