// Package factible cancels CFDI invoices with the Mexican tax authority (SAT)
// through Solución Factible, an authorized certification provider (PAC).
//
// A [Client] is a [cancel.Canceler] and a [cancel.StatusChecker]. It takes the kind
// [cancel.PrimarySectorInvoice], identified by the folio fiscal (UUID), which
// cancelarSectorPrimario cancels at once. Status asks getStatusCancelacionAsincrona
// how a cancellation stands, of an [cancel.Invoice] too; the PAC knows it for 60
// days after the SAT has answered.
//
// # The acuse
//
// The proof of a cancellation is the SAT's acknowledgement, the acuse. Where one
// came it is in Result.Receipt, and [ParseReceipt] reads it. It is checked against
// the status 200 that it comes with, for it can contradict it: a folio with the UUID
// asked for has to be in it, and its EstatusUUID decides. Its seal is an HMAC, whose
// key the SAT alone holds: nobody else can verify it, and this package does not
// claim to. An acuse that is not XML is kept as it came and proves nothing.
//
// A status of 200 from getStatusCancelacionAsincrona means that the cancellation was
// registered. It is [cancel.Cancelled] with an acuse alone and [cancel.Pending]
// without one.
//
// # Errors
//
// Every error is one [*cancel.Error]. Where the answer holds a status, that decides,
// whatever the HTTP status:
//
//   - [cancel.ErrInvalid]: 611, 621, 1801, 1802.
//   - [cancel.ErrAuth]: 601 to 605 and 633. Stop asking: 604 locks the account.
//   - [cancel.ErrForbidden]: 620.
//   - [cancel.ErrNotFound]: 623 and 702, and an acuse with EstatusUUID 203 or 205.
//   - [cancel.ErrNotCancellable]: 204, and an acuse with 204 or 206.
//   - [cancel.ErrRejected]: 213, the recipient refused.
//   - [cancel.ErrUnavailable]: 500 and 501.
//   - [cancel.ErrUnknownOutcome]: 200 with an acuse that is not about the UUID.
//   - [cancel.ErrUnexpected]: any other status or EstatusUUID.
//
// Where it holds none, a SOAP fault does, or the HTTP status, or what happened to
// the connection. Status changes nothing, so that where Cancel is in doubt Status
// is merely [cancel.ErrUnavailable]:
//
//   - [cancel.ErrInvalid]: refused before sending, a Client or Sender fault, or HTTP
//     400, 404, 405, 413, 415 or 422.
//   - [cancel.ErrAuth]: HTTP 401. [cancel.ErrForbidden]: HTTP 403.
//   - [cancel.ErrUnavailable]: nothing was sent, or HTTP 429 or 503.
//   - [cancel.ErrUnknownOutcome]: any other fault, HTTP 5xx, a timeout or a broken
//     connection once the request was under way, or a 2xx that is no answer.
//   - [cancel.ErrUnexpected]: any other HTTP status.
//
// The vendor's pages are
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarSectorPrimario-en.jsp and
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/getStatusCancelacionAsincrona-en.jsp.
package factible
