// Package factible cancels CFDI invoices with the Mexican tax authority (SAT)
// through Solución Factible, an authorized certification provider (PAC).
//
// A [Client] is a [cancel.Canceler] and a [cancel.StatusChecker]. It takes two kinds,
// identified by the folio fiscal (UUID):
//
//   - A [cancel.PrimarySectorInvoice] is cancelled at once, by cancelarSectorPrimario.
//   - Any other is an [cancel.Invoice]. Its cancellation is registered, and its recipient
//     has 72 hours to object: by cancelarAsincrono, or with a [CSD] by
//     enviarSolicitudCancelacionAsincrono. Registered is not cancelled: the state is
//     [cancel.Pending]. The Request must have Motive (01 to 04), Issuer and, only for motive 01,
//     ReplacedBy.
//
// Status asks getStatusCancelacionAsincrona how a cancellation of either kind stands. The PAC
// knows it for 60 days after the SAT has answered. [cancel.Client.Wait] asks until it is
// settled. The PAC cannot say beforehand whether an invoice may be cancelled: Preflight of
// package sat can.
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
// The proof of a cancellation is the SAT's acknowledgement, the acuse. If the vendor sent
// one it is in Result.Receipt, and [ParseReceipt] reads it. An acuse can contradict the
// status 200 that it comes with, so it is checked: it must have a folio with the UUID of the
// request, and the EstatusUUID of this folio decides. Its seal is an HMAC that only the SAT
// can verify. An acuse that is not XML is kept as it came and proves nothing.
//
// A status of 200 from getStatusCancelacionAsincrona says that the cancellation was
// registered. It is [cancel.Cancelled] only with an acuse, and [cancel.Pending] without one.
// The acuse itself proves that the SAT took the request. Package sat asks the SAT's own
// register, and [github.com/unified-cancel/cancel/sat.Confirm] needs both to agree.
//
// # Errors
//
// Every error is one [*cancel.Error]. If the answer holds a status, it decides, with any
// HTTP status. [Codes] lists all of them:
//
//   - [cancel.ErrInvalid]: 611, 621, 1801, 1802, and when registering 303 to 402, 1701 to
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
// Without a status, a SOAP fault decides: [cancel.ErrInvalid] for Client or Sender, and otherwise
// [cancel.ErrUnknownOutcome]. Without a fault, or if it comes with HTTP 401, 403, 429 or 503, the
// HTTP status or the failure of the connection decides, as for every adapter: see the errors of
// package [github.com/unified-cancel/cancel/adapter]. Status changes nothing: it returns
// [cancel.ErrUnavailable] where Cancel would be in doubt. A request without a valid CSD of the
// issuer is ErrInvalid, unsent.
//
// The vendor's pages are
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarSectorPrimario-en.jsp,
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarAsincrono-en.jsp,
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/enviarSolicitudCancelacionAsincrono-en.jsp and
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/getStatusCancelacionAsincrona-en.jsp.
package factible
