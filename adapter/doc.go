// Package adapter has the parts that adapters share: one HTTP exchange and how far it got,
// tables of a vendor's codes, endpoints, checks of a request, redaction of secrets, strict
// JSON. It knows no vendor, so an adapter in any repository can use it.
//
// An adapter's method does five things:
//
//   - It checks the request with [CheckRequest] and its like. [Call.Refuse] makes the error.
//   - It gets the secrets from each [Credential], within [Client.WithTimeout].
//   - It sends one request with [Client.Send].
//   - It reports the exchange with [Call.Report].
//   - It turns the answer into a result or an error with [Call.Judge], by a [Table].
//
// The example of the package is a complete adapter.
//
// # Errors
//
// [Call] turns an answer, or the lack of one, into a *[cancel.Error]. If no code of the
// vendor decides, the HTTP status or the broken connection does, in the same way for every
// adapter:
//
//   - [cancel.ErrInvalid]: refused before sending, or HTTP 400, 404, 405, 413, 415 or 422.
//   - [cancel.ErrAuth]: HTTP 401. [cancel.ErrForbidden]: HTTP 403.
//   - [cancel.ErrUnavailable]: nothing was sent, or HTTP 429 or 503.
//   - [cancel.ErrUnknownOutcome]: any other HTTP 5xx, a timeout or a broken connection once the
//     request was under way, or a 2xx that is not an answer. It is ErrUnavailable if the call
//     changes nothing.
//   - [cancel.ErrUnexpected]: any other HTTP status.
//
// [NewClient], [NewCredential], [Endpoint] and the Check functions
// return plain errors, for [Call.Refuse].
package adapter
