// Package boleto cancels boletos at Cobros Inventados, a vendor that does not exist. It shows
// an adapter in another repository: it uses package adapter and nothing internal.
//
// A [Client] is a [cancel.Canceler] and a [cancel.Validator]. It takes the kind [Boleto],
// identified by the vendor's number of 12 digits, and calls PUT /boletos/{number}/cancellation.
// Sandbox and production share one URL: the key tells them apart.
//
// # Errors
//
// Every error is one [*cancel.Error]. [Codes] lists the answers that the vendor documents:
//
//   - [cancel.ErrNotFound]: HTTP 404 with boleto_not_found.
//   - [cancel.ErrNotCancellable]: HTTP 409 with already_paid.
//   - [cancel.ErrInvalid], [cancel.ErrAuth], [cancel.ErrForbidden], [cancel.ErrUnavailable],
//     [cancel.ErrUnknownOutcome], [cancel.ErrUnexpected]: as package adapter reads an HTTP
//     status or a broken connection.
package boleto
