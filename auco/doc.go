// Package auco cancels documents that are out for electronic signature with Auco.
//
// A [Client] is a [cancel.Canceler] and a [cancel.BatchCanceler]. It takes the kind
// [cancel.Document], identified by the document's code, and calls
// POST /document/cancel. Auco requires a Reason, which it sends to the signers who
// were notified or have signed, and RequestedBy, the e-mail address of whoever
// cancels, who should be a user of the organisation.
//
// Auco answers with counts. A document is called cancelled only where these add up:
// success is the number of codes sent and not listed as failed, errors.cant the
// number sent and listed, and every code listed was sent. It cannot cancel a
// document that is fully signed or was rejected, and does not say which it was.
//
// # Errors
//
// Every error is one [*cancel.Error]:
//
//   - [cancel.ErrNotCancellable]: the code stands among errors.documents.
//   - [cancel.ErrInvalid]: refused before sending, or by HTTP 400, 404, 405, 413,
//     415 or 422.
//   - [cancel.ErrAuth]: HTTP 401, for a key that is missing, wrong or public.
//     [cancel.ErrForbidden]: HTTP 403.
//   - [cancel.ErrUnavailable]: nothing was sent, or HTTP 429 or 503.
//   - [cancel.ErrUnknownOutcome]: counts that do not add up, HTTP 5xx, a timeout or
//     a broken connection once the request was under way, or a 2xx that is no
//     answer.
//   - [cancel.ErrUnexpected]: any other HTTP status.
//
// The vendor's page is https://docs.auco.ai/en/api/document-managment/documents/cancel.
package auco
