// Package payvalida cancels card payments (anulaciones) and pre-authorizations
// through Payvalida, a Colombian payment gateway.
//
// A [Client] is a [cancel.Canceler]. It takes the kinds [cancel.Payment] and
// [cancel.PreAuthorization], identified by the order number that Payvalida gave
// when the transaction was registered (PVordenID), and calls
// POST /v4/merchant/transaction/cancel for both. Payvalida's support has to
// activate that service for a merchant, in the sandbox too.
//
// Payvalida has no call that tells how a cancellation stands. Where an outcome is
// unknown, ask to cancel again: CODE 0001 then says that it had been done before.
// The bank that issued the card releases the money 1 to 15 business days later.
//
// A [Webhook] receives the notifications of an order. Payvalida does not notify a void by the
// merchant.
//
// # Errors
//
// Every error is one [*cancel.Error]. Where the answer holds a CODE, that decides,
// whatever the HTTP status. [Codes] has all of them:
//
//   - [cancel.ErrUnavailable]: 0017, not reversed, the merchant may ask again.
//   - [cancel.ErrUnexpected]: any other CODE. Payvalida documents the same number
//     with other meanings for other calls, so none is guessed at.
//
// Where it holds none, the HTTP status does, or what happened to the connection:
//
//   - [cancel.ErrInvalid]: refused before sending, or by HTTP 400, 404, 405, 413,
//     415 or 422.
//   - [cancel.ErrAuth]: HTTP 401. [cancel.ErrForbidden]: HTTP 403.
//   - [cancel.ErrUnavailable]: nothing was sent, or HTTP 429 or 503.
//   - [cancel.ErrUnknownOutcome]: any other HTTP 5xx, a timeout or a broken connection once
//     the request was under way, or a 2xx that is no answer.
//   - [cancel.ErrUnexpected]: any other HTTP status.
//
// The vendor's pages are
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones and
// https://docs.payvalida.com/api-tarjeta/master/pre-autorizacion/cancelar-pre-autorizaciones.
package payvalida
