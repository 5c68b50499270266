// Package factible cancels CFDI invoices with the Mexican tax authority (SAT)
// through Solución Factible, an authorized certification provider (PAC).
//
// A [Client] is a [cancel.Canceler] and a [cancel.StatusChecker]. It takes two kinds,
// identified by the folio fiscal (UUID):
//
//   - A [cancel.PrimarySectorInvoice] is cancelled at once, by cancelarSectorPrimario.
//   - Any other, an [cancel.Invoice], is registered to be cancelled, while its recipient
//     has 72 hours to object: by cancelarAsincrono, or with a [CSD] by
//     enviarSolicitudCancelacionAsincrono. Registered is not cancelled: the state is
//     [cancel.Pending]. Request must have the Motive, the Issuer and, for motive 01, what
//     the invoice is ReplacedBy.
//
// Status asks getStatusCancelacionAsincrona how a cancellation stands, of either; the PAC
// knows it for 60 days after the SAT has answered. [cancel.Client.Wait] asks until it is
// settled.
//
// # The issuer's certificate
//
// The request that reaches the SAT is signed with the issuer's certificado de sello
// digital. Either the PAC holds it, in the user's panel, or Config.CSD finds it: the request
// is then signed here, and the private key never leaves the program. Config.CSD is one
// [CSD] of one issuer, or a [CSDSource] that returns the CSD of each issuer. It is asked in
// each call, so a renewed certificate needs no restart.
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
// A status of 200 from getStatusCancelacionAsincrona says that the cancellation was
// registered. It is [cancel.Cancelled] with an acuse alone and [cancel.Pending]
// without one.
//
// # Errors
//
// Every error is one [*cancel.Error]. Where the answer holds a status, that decides,
// whatever the HTTP status. [Codes] has all of them:
//
//   - [cancel.ErrInvalid]: 611, 621, 1801, 1802, and of registering 303 to 402, 1701 to
//     1713 and 1803, which are about the certificate and the UUID.
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
//   - [cancel.ErrInvalid]: refused before sending (among others because there is no valid
//     CSD of the issuer), a Client or Sender fault, or HTTP
//     400, 404, 405, 413, 415 or 422.
//   - [cancel.ErrAuth]: HTTP 401. [cancel.ErrForbidden]: HTTP 403.
//   - [cancel.ErrUnavailable]: nothing was sent, or HTTP 429 or 503.
//   - [cancel.ErrUnknownOutcome]: any other fault, any other HTTP 5xx, a timeout or a broken
//     connection once the request was under way, or a 2xx that is no answer.
//   - [cancel.ErrUnexpected]: any other HTTP status.
//
// The vendor's pages are
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarSectorPrimario-en.jsp,
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarAsincrono-en.jsp,
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/enviarSolicitudCancelacionAsincrono-en.jsp and
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/getStatusCancelacionAsincrona-en.jsp.
package factible
