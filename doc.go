// Package cancel cancels things at other people's services and says for certain what
// became of it: done, done before, under way, refused, or unknown. The services are
// those of vendors in Latin America: tax invoices (CFDI), card payments and
// pre-authorizations, documents out for signature.
//
// One vocabulary serves all of them. A [Request] names what is to be cancelled, a
// [Result] says what became of it, an [Error] says why not. A nil error means that the
// provider took the cancellation: its [State] is [Cancelled], [AlreadyCancelled] or
// [Pending].
//
// # Client
//
// A [Client] is several providers behind one front, with the policies that every user
// needs. It asks again only where that is safe, finds out what became of a call whose
// outcome is unknown before it sends anything again, and keeps to a rate limit per
// provider.
//
//   - [Client.Cancel] cancels one thing.
//   - [Client.Status] asks how its cancellation stands, where the provider can tell.
//   - [Client.Wait] asks until it is settled.
//   - [Client.All] cancels any number of things, a few at a time.
//
// The zero options are ready for production. [WithLogger] shows each call.
//
// # Adapters
//
// An adapter makes one call of one vendor and does not retry. It implements [Canceler],
// and [StatusChecker] or [BatchCanceler] where the vendor can do that.
//
//   - [github.com/unified-cancel/cancel/factible]: [PrimarySectorInvoice] and [Invoice],
//     through Solución Factible to Mexico's SAT. It has a status.
//   - [github.com/unified-cancel/cancel/payvalida]: [Payment] and [PreAuthorization].
//   - [github.com/unified-cancel/cancel/auco]: [Document], many in one call. With a public
//     key it has a status.
//
// Each has a table of its vendor's codes, Codes, by which answers are taken; [Code] is a
// row. auco and payvalida receive what their vendors send, too. [WithEvidence] keeps what
// an auditor asks for.
//
// None has a default environment: a Config names [Sandbox] or [Production], or an
// endpoint. To write another adapter, implement Canceler and run the conformance suite
// of [github.com/unified-cancel/cancel/canceltest], which also simulates the vendors.
//
// # Errors
//
// Every error of an adapter or of a Client is, or wraps, one *Error, and [errors.Is]
// finds exactly one of these reasons in it:
//
//   - [ErrInvalid]: the request is malformed or incomplete, here or by the vendor's
//     judgement. Mend it. What an adapter refuses by itself is not sent.
//   - [ErrAuth]: the credentials are wrong, expired, locked, inactive, or of the other
//     environment. Stop: vendors lock accounts after repeated failures.
//   - [ErrForbidden]: the credentials are good but may not do this. Have the vendor
//     allow it.
//   - [ErrNotFound]: the vendor does not know the thing. Check the ID, the account and
//     the environment.
//   - [ErrNotCancellable]: the vendor's or the authority's rules forbid it, for good.
//     Undo it in another way, such as a credit note or a refund.
//   - [ErrRejected]: a person whose consent is needed refused. Talk to them.
//   - [ErrUnavailable]: certainly not carried out. Ask again later; a Client has
//     already done so.
//   - [ErrUnknownOutcome]: may or may not have been carried out. Find out before
//     anything else.
//   - [ErrUnexpected]: an answer that the vendor does not document, taken neither for
//     success nor for failure. Have a person look at Error.Raw.
//
// [Retryable] is true for ErrUnavailable alone. [InDoubt] is true for ErrUnknownOutcome
// and ErrUnexpected, with which the thing may be cancelled all the same. Errors of a
// context and of the network are seen through errors.Is and [errors.As].
//
// # Unknown outcomes
//
// A connection that breaks after the request was written says nothing of whether the
// vendor carried it out. Neither does an HTTP 500, nor a success whose body is cut.
// From an adapter all of these are ErrUnknownOutcome; a call of which no byte was
// written is ErrUnavailable.
//
// A Client resolves the doubt where it can. It asks a [StatusChecker] first, and sends
// nothing until that has answered. Of a provider without a status it asks for the
// cancellation again, for a second one can destroy nothing more. Once in doubt it
// believes only a state, or a status of ErrRejected or ErrNotCancellable. Any other
// error comes back as ErrUnknownOutcome, with that error as its cause: the first call
// may be why, or may yet arrive.
//
// What is left is for later, or for a person. A Request round-trips through JSON: keep
// it until the outcome is known, and a later process can ask with it.
//
// # Secrets
//
// A [Secret] shows REDACTED when it is printed, encoded or logged, and so does a Config
// or an adapter that holds one. Error texts and log lines hold neither secrets nor
// bodies. Result.Raw, Result.Receipt, Result.Message and Error.Raw are what the vendor
// sent, and may hold personal data or an echoed credential: do not log them unread.
package cancel
