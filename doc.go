// Package cancel cancels things at other companies' services and reports the outcome:
// cancelled, cancelled before, under way, refused, or unknown. The services belong to
// vendors in Latin America. The things are tax invoices (CFDI), card payments and
// pre-authorizations, and documents out for electronic signature.
//
// A [Request] names the thing, a [Result] holds the vendor's answer, and an [Error] says why
// there is no result. A nil error from Cancel means that the vendor took the cancellation:
// the [State] is [Cancelled], [AlreadyCancelled] or [Pending].
//
// # Client
//
// A [Client] puts several providers behind one front and adds the policies that every user
// needs. It retries only if that is safe. It finds out the outcome of a call in doubt
// before it sends anything again. It keeps to a rate limit per provider.
//
//   - [Client.Cancel] cancels one thing. It is idempotent: a thing that was cancelled before
//     is [AlreadyCancelled], even if the vendor answers with a refusal, if the provider has a
//     status.
//   - [Client.Resolve] is Cancel for a request that an earlier process may have sent.
//   - [Client.Status] asks for the state of a cancellation and changes nothing.
//   - [Client.Wait] asks until the cancellation is settled. If its context ends first, the
//     error is [ErrPending]: the cancellation may still go through.
//   - [Client.All] cancels any number of things, a few at a time.
//   - [Client.Validate] returns the error that Cancel would return without sending anything.
//   - [Client.Preflight] asks the vendor whether the thing may be cancelled.
//
// The zero options are ready for production. [WithProvider] sets options for one provider.
// [WithHook] watches each call of a provider, for traces and metrics. [WithLogger] logs each
// call. [WithEvidence] hands over the facts of each call that an auditor asks for.
//
// # Adapters
//
// An adapter makes one call of one vendor and does not retry. It implements [Canceler], and
// the optional interfaces that its vendor allows: [StatusChecker], [BatchCanceler],
// [Validator], [Preflighter] and [Identifier].
//
//   - [github.com/unified-cancel/cancel/factible]: [PrimarySectorInvoice] and [Invoice],
//     through Solución Factible to Mexico's SAT.
//   - [github.com/unified-cancel/cancel/payvalida]: [Payment] and [PreAuthorization].
//   - [github.com/unified-cancel/cancel/auco]: [Document], many in one call.
//   - [github.com/unified-cancel/cancel/sat]: the SAT's own record of an invoice. It cancels
//     nothing. sat.Confirm makes one Canceler of a PAC and the SAT, and calls an invoice
//     cancelled only if both do.
//
// Each package has the table of its vendor's codes in a function Codes; a row is a [Code].
// Packages auco and payvalida also have a Webhook, which receives the vendor's events.
//
// No adapter has a default environment: its Config names [Sandbox], [Production] or an
// endpoint.
//
// To write an adapter, in this repository or in another one, use package
// [github.com/unified-cancel/cancel/adapter] and run the conformance suite of
// [github.com/unified-cancel/cancel/canceltest]. Each vendor's simulator is a package beside
// its adapter: factible/factibletest, payvalida/payvalidatest, auco/aucotest, sat/sattest.
//
// # Secrets
//
// A [Secret] is opaque: it shows REDACTED under every verb of fmt, in JSON, XML and logs, and
// packages that print by reflection do not reach the value. [NewSecret] holds a fixed value.
// [SecretFunc] gets the value before each call, so that a password can be rotated without a
// restart.
//
// Error texts and log lines hold neither secrets nor bodies. The vendor sent Result.Raw,
// Result.Receipt, Result.Message and Error.Raw. They may hold personal data or an echoed
// credential: do not log them unread.
//
// # Errors
//
// Every error of an adapter or of a Client is, or wraps, one *Error, and [errors.Is] finds
// exactly one reason in it: [ErrInvalid], [ErrAuth], [ErrForbidden], [ErrNotFound],
// [ErrNotCancellable], [ErrRejected], [ErrUnavailable], [ErrUnknownOutcome], [ErrUnexpected] or
// [ErrPending]. Each of them says what to do.
//
// [Retryable] is true only for ErrUnavailable. [InDoubt] is true for ErrUnknownOutcome,
// ErrUnexpected and ErrPending: the thing may be, or may become, cancelled. errors.Is and
// [errors.As] also match the errors of a context and of the network.
//
// # Unknown outcomes
//
// A connection that breaks after the request was written does not say whether the vendor
// carried it out. Neither does an HTTP 500, nor a success with a truncated body. An adapter
// returns ErrUnknownOutcome for all of these. It returns ErrUnavailable for a call of which
// no byte was written.
//
// A Client resolves the doubt if it can: see [Client.Cancel].
//
// A doubt that remains needs time or a person. A Request round-trips through JSON: keep it
// until the outcome is known, and let a later process call Resolve, Status or Wait with it.
package cancel
