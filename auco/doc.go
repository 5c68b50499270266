// Package auco cancels documents that are out for electronic signature with Auco.
//
// A [Client] is a [cancel.Canceler], a [cancel.BatchCanceler] and, with a public key, a
// [cancel.StatusChecker]. It takes the kind
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
// Status asks GET /document for the word that Auco has for a document. REJECTED stands
// both for a document that was cancelled and for one that a signer declined: either way it
// is no longer to be signed, and Status answers [cancel.Cancelled].
//
// A [Webhook] receives the events that Auco sends.
//
// # Errors
//
// Every error is one [*cancel.Error]:
//
//   - [cancel.ErrNotCancellable]: the code stands among errors.documents.
//   - [cancel.ErrNotFound]: Status alone, for a document that Auco does not know.
//   - [cancel.ErrInvalid]: refused before sending, or by HTTP 400, 404, 405, 413,
//     415 or 422.
//   - [cancel.ErrAuth]: HTTP 401, for a key that is missing, wrong or public.
//     [cancel.ErrForbidden]: HTTP 403.
//   - [cancel.ErrUnavailable]: nothing was sent, or HTTP 429 or 503.
//   - [cancel.ErrUnknownOutcome]: counts that do not add up, any other HTTP 5xx, a timeout or
//     a broken connection once the request was under way, or a 2xx that is no
//     answer.
//   - [cancel.ErrUnexpected]: any other HTTP status, and a word of Status that Auco does
//     not document.
//
// Status changes nothing, so that where a cancellation is in doubt it is merely
// [cancel.ErrUnavailable]. Without a public key it is [cancel.ErrInvalid] with
// [errors.ErrUnsupported] as its cause. [Codes] has the words.
//
// The vendor's page is https://docs.auco.ai/en/api/document-managment/documents/cancel.
package auco
