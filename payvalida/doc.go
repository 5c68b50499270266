// Package payvalida cancels card payments (anulaciones) and pre-authorizations through
// Payvalida, a Colombian payment gateway.
//
// A [Client] is a [cancel.Canceler]. It takes the kinds [cancel.Payment] and
// [cancel.PreAuthorization]. The ID is the order number that Payvalida gave when the
// transaction was registered (PVordenID). Both kinds are cancelled by
// POST /v4/merchant/transaction/cancel. Payvalida's support must activate this service for a
// merchant, in the sandbox too.
//
// Payvalida finds an order only by the merchant's own order id, which the registration called
// order. Requests with this Reference have a Status and a Preflight, by GET
// /api/v3/porders/{reference}. The state of an order says nothing about a pre-authorization
// that still stands.
//
// After an unknown outcome a request without Reference can only be cancelled again: CODE 0001
// then says that it was cancelled before. The bank that issued the card releases the money 1
// to 15 business days later.
//
// A [Webhook] receives the notifications of an order. Payvalida does not notify a cancellation
// by the merchant.
//
// # Errors
//
// Every error is one [*cancel.Error]. If the answer holds a CODE, the CODE decides, and not
// the HTTP status. [Codes] has all of them:
//
//   - [cancel.ErrAuth]: 0018 and 0025, the merchant is not registered or the checksum is wrong.
//   - [cancel.ErrForbidden]: 0019 and 0037.
//   - [cancel.ErrNotFound]: 0013. [cancel.ErrNotCancellable]: 0015, and an order that expired.
//   - [cancel.ErrUnavailable]: 0017, not reversed, the merchant may try again.
//   - [cancel.ErrUnexpected]: any other CODE. Payvalida gives one number several meanings, so
//     the adapter does not guess. An unknown state of an order, too.
//   - [cancel.ErrInvalid]: the Reference and the ID of a request belong to two orders.
//
// Without a CODE the HTTP status or the failure of the connection decides, as for every adapter:
// see the errors of package [github.com/unified-cancel/cancel/adapter].
//
// Status and Preflight change nothing, so their failures are ErrUnavailable and not
// ErrUnknownOutcome. If they cannot be asked, or the state says nothing, the error is
// [cancel.ErrInvalid] with [errors.ErrUnsupported] as its cause.
//
// The vendor's pages are
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones,
// https://docs.payvalida.com/api-tarjeta/master/pre-autorizacion/cancelar-pre-autorizaciones and
// https://docs.payvalida.com/api-recaudo/ordenes-de-compra/consultar.
package payvalida
