package sat

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/soap"
)

// Record is an answer of the SAT: five fields verbatim, each "" if the SAT left it out. Status
// and Preflight interpret them.
type Record struct {
	// CodigoEstatus says whether the SAT found the invoice: it begins with S, N - 601 or
	// N - 602.
	CodigoEstatus string
	// EsCancelable is "Cancelable sin aceptación", "Cancelable con aceptación" or "No
	// cancelable". It is advice: an invoice with related CFDI is not cancellable as long as
	// they are valid, and one stamped minutes ago may not be either.
	EsCancelable string
	// Estado is "Vigente", "Cancelado" or "No Encontrado".
	Estado string
	// EstatusCancelacion is "" or says how far a cancellation is: "En proceso", "Solicitud
	// rechazada", or for a cancelled invoice "Cancelado sin aceptación", "Cancelado con
	// aceptación" or "Plazo vencido".
	EstatusCancelacion string
	// ValidacionEFOS says whether the issuer is on the SAT's list of article 69-B: 100, 101
	// and 104 say yes, 200 and 201 no; 102 and 103 are about a third party of the invoice.
	ValidacionEFOS string
	// Raw is the body of the SAT's response.
	Raw []byte
}

// answer is a Record and the exchange that it came from. The Record is zero if there was an error.
type answer struct {
	Record
	adapter.Answer
	before *answer // to the first spelling of the expression, nil if there was only one
}

// report adds the exchanges to the evidence of ctx.
func (a answer) report(ctx context.Context, call adapter.Call) {
	if a.before != nil {
		a.before.report(ctx, call)
	}
	call.Report(ctx, a.Answer)
}

// parseRecord reads the fields of a ConsultaResult. Its error says why they are not an answer.
func parseRecord(fields []soap.Field) (Record, error) {
	var r Record
	unread := map[string]*string{
		"CodigoEstatus":      &r.CodigoEstatus,
		"EsCancelable":       &r.EsCancelable,
		"Estado":             &r.Estado,
		"EstatusCancelacion": &r.EstatusCancelacion,
		"ValidacionEFOS":     &r.ValidacionEFOS,
	}
	for _, f := range fields {
		field, known := unread[f.Name]
		switch {
		case !known:
			continue
		case field == nil || f.Nested:
			return Record{}, fmt.Errorf("the answer has %s twice, or with elements in it", f.Name)
		case !f.Nil:
			*field = string(f.Text)
		}
		unread[f.Name] = nil
	}
	return r, nil
}

// code is how CodigoEstatus begins: S, or N and a number.
var code = regexp.MustCompile(`^(?:s|n\s*-\s*([0-9]{3}))\b`)

// codigo returns S, N and the number, or all of CodigoEstatus if it begins in another way.
func (r Record) codigo() string {
	found := code.FindStringSubmatch(fold(r.CodigoEstatus))
	switch {
	case found == nil:
		return r.CodigoEstatus
	case found[1] == "":
		return "S"
	}
	return "N - " + found[1]
}

// row returns the row of the table that r falls under.
func (r Record) row() cancel.Code {
	for _, rule := range rules {
		if matches(rule.codigo, r.codigo()) && matches(rule.estado, r.Estado) && matches(rule.estatus, r.EstatusCancelacion) {
			return rule.means
		}
	}
	return cancel.Code{Reason: cancel.ErrUnexpected, English: "the SAT does not document this answer"}
}

// words returns the code of r, which is EstatusCancelacion if the SAT found the invoice, and all
// of the SAT's words.
func (r Record) words() adapter.Words {
	said := adapter.Words{Code: r.EstatusCancelacion}
	if r.codigo() != "S" {
		said.Code = r.codigo()
	}
	var words []string
	for _, word := range []string{r.CodigoEstatus, r.Estado, r.EsCancelable, r.EstatusCancelacion} {
		if word != "" {
			words = append(words, word)
		}
	}
	said.Message = strings.Join(words, "; ")
	return said
}

// status interprets a as the state of the invoice of req.
func (a answer) status(call adapter.Call, req cancel.Request) (cancel.Result, error) {
	row := a.row()
	if row.Reason != nil {
		return cancel.Result{}, call.Fail(row.Reason, a.Answer, a.words(), errors.New(row.English))
	}
	return call.Done(req, row.State, a.Answer, a.words()), nil
}

// preflight interprets a as the answer whether the invoice of req may be cancelled.
func (a answer) preflight(call adapter.Call, req cancel.Request) (cancel.Preflight, error) {
	r, err := a.status(call, req)
	if err != nil {
		return cancel.Preflight{}, err
	}
	switch r.State {
	case cancel.Cancelled:
		return adapter.Advise(r, cancel.Done), nil
	case cancel.Pending:
		return adapter.Advise(r, cancel.UnderWay), nil
	}
	verdict, ok := verdicts[fold(a.EsCancelable)]
	if !ok {
		return cancel.Preflight{}, call.Fail(cancel.ErrUnexpected, a.Answer, a.words(), errors.New("EsCancelable is not a value that the SAT documents"))
	}
	r.Code = a.EsCancelable
	return adapter.Advise(r, verdict), nil
}
