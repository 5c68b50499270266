// Package auco cancels documents that are out for electronic signature with Auco.
//
// A [Client] is a [cancel.Canceler] and a [cancel.BatchCanceler]. With a public key it is also
// a [cancel.StatusChecker] and a [cancel.Preflighter]. It takes the kind [cancel.Document], whose
// ID is the document's code, and calls POST /document/cancel. Auco requires a Reason, which it
// sends to the signers who were notified or have signed, and RequestedBy, the e-mail address of
// the person who cancels. This person should be a user of the organisation.
//
// Auco answers with counts. A document counts as cancelled only if they add up: success is the
// number of codes that were sent and not listed as failed, errors.cant is the number that was
// sent and listed, and every listed code was sent. Auco lists a document that is fully signed or
// was rejected, and does not say which it was.
//
// Status asks GET /document for Auco's word for a document. REJECTED is the word both for a
// document that was cancelled and for one that a signer declined, so Status then asks
// GET /document/roadmap for the events of the document: the last one that ended or reactivated
// it decides. If Auco does not answer that, or names no such event, the state is
// [cancel.Cancelled]: REJECTED is the word by which Auco confirms a cancellation.
//
// A [Webhook] receives the events that Auco sends.
//
// # Errors
//
// Every error is one [*cancel.Error]:
//
//   - [cancel.ErrNotCancellable]: the code is among errors.documents. From Status: the document
//     is signed by all, has expired, or a signer declined it.
//   - [cancel.ErrNotFound]: only from Status. Auco does not know the document.
//   - [cancel.ErrUnknownOutcome]: counts that do not add up.
//   - [cancel.ErrUnexpected]: only from Status. A word that Auco does not document, or REJECTED
//     for a document whose last event is a reactivation.
//
// Otherwise the HTTP status or the failure of the connection decides, as for every adapter: see
// the errors of package [github.com/unified-cancel/cancel/adapter]. HTTP 401 says that the key is
// missing, wrong or of the wrong type.
//
// Status and Preflight change nothing, so their failures are ErrUnavailable and not
// ErrUnknownOutcome. Without a public key the error is [cancel.ErrInvalid] with
// [errors.ErrUnsupported] as its cause. [Codes] has the words.
//
// The vendor's pages are https://docs.auco.ai/en/api/document-managment/documents/cancel and
// https://docs.auco.ai/en/api/document-managment/documents/get.
package auco
