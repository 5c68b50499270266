package payvalida

import (
	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// tableVersion names this table in evidence. It changes with any row.
const tableVersion = "payvalida 2"

// codeDone is the CODE of a cancellation that was carried out, and of a question about an order
// that was answered: DATA.STATE then decides.
const codeDone = "0000"

// The states of an order, which are DATA.STATE of an answer.
const (
	statePending   = "PENDIENTE"
	statePaid      = "APROBADA"
	stateExpired   = "VENCIDA"
	stateDeleted   = "CANCELADA"
	stateCancelled = "ANULADA"
)

// stateOf names the rows of the table for DATA.STATE, by the kind of a request.
var stateOf = map[cancel.Kind]string{
	cancel.Payment:          statusOp + " (payment)",
	cancel.PreAuthorization: statusOp + " (pre_authorization)",
}

var (
	everywhere = []string{cancelOp, statusOp}
	anyState   = []string{stateOf[cancel.Payment], stateOf[cancel.PreAuthorization]}
	ofPayment  = anyState[:1]
	ofPreAuth  = anyState[1:]
)

// table holds every CODE that the vendor documents for a cancellation, the codes of its general
// list that mean one thing, and the states of an order. In the general list 0001 means that the
// client ID is invalid, so it is a row only for a cancellation.
var table = adapter.Table{
	{Code: codeDone, Operations: []string{cancelOp}, State: cancel.Cancelled,
		Spanish: "transacción cancelada", English: "transaction cancelled"},
	{Code: "0001", Operations: []string{cancelOp}, State: cancel.AlreadyCancelled,
		Spanish: "la transacción ya se había cancelado", English: "the transaction had been cancelled before"},
	{Code: "0013", Operations: everywhere, Reason: cancel.ErrNotFound,
		Spanish: "la transacción no existe", English: "the transaction does not exist"},
	{Code: "0015", Operations: everywhere, Reason: cancel.ErrNotCancellable,
		Spanish: "la transacción no se puede reversar", English: "the transaction cannot be reversed"},
	{Code: "0017", Operations: everywhere, Reason: cancel.ErrUnavailable, AskAgain: true,
		Spanish: "no se reversó; el comercio puede reintentar", English: "not reversed; the merchant may try again"},
	{Code: "0018", Operations: everywhere, Reason: cancel.ErrAuth,
		Spanish: "comercio no registrado", English: "merchant not registered"},
	{Code: "0019", Operations: everywhere, Reason: cancel.ErrForbidden,
		Spanish: "no autorizado", English: "not authorized"},
	{Code: "0025", Operations: everywhere, Reason: cancel.ErrAuth,
		Spanish: "checksum no válido", English: "checksum invalid"},
	{Code: "0037", Operations: everywhere, Reason: cancel.ErrForbidden,
		Spanish: "no autorizado", English: "not authorized"},

	{Code: stateCancelled, Operations: anyState, State: cancel.Cancelled,
		Spanish: "la orden está anulada", English: "the order is cancelled"},
	{Code: stateDeleted, Operations: anyState, State: cancel.Cancelled,
		Spanish: "el comercio eliminó la orden", English: "the merchant deleted the order"},
	{Code: statePaid, Operations: ofPayment, State: cancel.NotCancelled,
		Spanish: "la orden está pagada", English: "the order is paid"},
	{Code: statePending, Operations: ofPayment, State: cancel.NotCancelled,
		Spanish: "la orden no está pagada", English: "the order is not paid"},
	{Code: statePaid, Operations: ofPreAuth, Reason: cancel.ErrInvalid,
		Spanish: "el estado no dice nada de la preautorización", English: "the state says nothing about the pre-authorization"},
	{Code: statePending, Operations: ofPreAuth, Reason: cancel.ErrInvalid,
		Spanish: "el estado no dice nada de la preautorización", English: "the state says nothing about the pre-authorization"},
	{Code: stateExpired, Operations: anyState, Reason: cancel.ErrNotCancellable,
		Spanish: "la orden venció sin pagarse", English: "the order expired unpaid"},
}

// advice is the verdict on an order by its state, and our words where the vendor's say less.
var advice = map[string]struct {
	verdict cancel.Verdict
	words   string
}{
	statePaid: {verdict: cancel.Cancellable},
	statePending: {cancel.NotCancellable,
		"the order is not paid, so there is nothing to cancel: an unpaid order is deleted by another call, DELETE /api/v3/porders"},
	stateCancelled: {verdict: cancel.Done},
	stateDeleted:   {verdict: cancel.Done},
}

// Codes returns the table by which answers are taken. It is a copy. It is safe for concurrent
// use. The codes and states are on
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones,
// https://docs.payvalida.com/api-tarjeta/master/pre-autorizacion/cancelar-pre-autorizaciones,
// https://docs.payvalida.com/api-recaudo/api-recaudo-en/messages/excepciones and
// https://docs.payvalida.com/api-recaudo/api-recaudo-en/notification.
func Codes() []cancel.Code { return table.Copy() }
