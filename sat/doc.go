// Package sat asks the Mexican tax authority (SAT) about invoices: whether a CFDI is valid or
// cancelled in the SAT's own records, and whether it may be cancelled. It uses the public service
// ConsultaCFDIService, which takes no credentials. A question holds the expression that is in the
// invoice's QR code.
//
// A PAC that calls an invoice cancelled says that the SAT received the request. The SAT may still
// refuse it, wait for the recipient, or take hours to record it. [Confirm] makes one provider of
// a PAC and a [Client]: it calls an invoice cancelled only if both do.
//
// [Expression] reads the expression from the CFDI. [Client.Lookup] returns the answer as it is, and
// [Client.Status] and [Client.Preflight] interpret it. Retenciones are not
// served. The SAT documents no rate limit; one call a second is a usual pace.
//
// # What an answer means
//
// CodigoEstatus says whether the SAT found the invoice, Estado whether it is valid, and
// EstatusCancelacion how far a cancellation is. Words are compared without case, accents and a
// final dot. [Codes] has the table:
//
//   - S and Cancelado: [cancel.Cancelled], with any EstatusCancelacion. "Plazo vencido" is
//     a cancellation, too: the recipient did not answer in time.
//   - S, Vigente and En proceso: [cancel.Pending].
//   - S and Vigente without EstatusCancelacion: [cancel.NotCancelled]. The SAT's records lag
//     behind: wait a day before you conclude that nothing was requested.
//
// Preflight reads EsCancelable of an invoice that is NotCancelled: "Cancelable sin aceptación" is
// [cancel.Cancellable], "Cancelable con aceptación" is [cancel.ConsentNeeded], "No cancelable" is
// [cancel.NotCancellable]. It is advice: an invoice stamped minutes ago, or with related CFDI
// that are valid, is not cancellable for now. Cancelled is [cancel.Done], Pending is
// [cancel.UnderWay].
//
// # Ampersands
//
// An RFC may hold an ampersand. It is not settled how an expression spells it: as the entity
// &amp; or as it is. [Expression] writes the entity, as most clients do. If the SAT answers
// N - 601 to one spelling, the Client tries the other one, once.
//
// # Errors
//
// Every error is one [*cancel.Error]. Asking changes nothing, so no error leaves a doubt about
// the invoice. If the answer can be read, its fields decide, with any HTTP status:
//
//   - [cancel.ErrRejected]: S, Vigente and Solicitud rechazada. The recipient refused; the
//     invoice is still valid.
//   - [cancel.ErrNotFound]: No Encontrado with N - 602, or without CodigoEstatus.
//   - [cancel.ErrUnexpected]: N - 601, which says that the expression is not valid, for example
//     because of another Total. On bad days the SAT says it of valid expressions, too, so it says
//     nothing about the invoice. Also any answer that is not in the table.
//
// Otherwise a SOAP fault decides, [cancel.ErrInvalid] for Client and [cancel.ErrUnavailable] for
// others, or the HTTP status or the failure of the connection, as for every adapter: see the
// errors of package [github.com/unified-cancel/cancel/adapter]. A 2xx that is not an answer, such as
// the HTML page of a maintenance, is ErrUnavailable.
//
// The SAT describes the service in "Documentación del Servicio de Consulta de CFDI", version 1.4:
// https://www.sat.gob.mx/consultas/20585/conoce-los-servicios-especializados-de-validacion.
package sat
