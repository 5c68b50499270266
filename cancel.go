package cancel

import (
	"context"
	"time"
)

// Canceler is the core interface: one adapter per provider implements it.
//
// Cancel asks the provider once to cancel req. A nil error means that the provider took
// the cancellation: Result.State is [Cancelled], [AlreadyCancelled] or [Pending]. Every
// other outcome is an error that is, or wraps, one *[Error]. Cancel does not retry.
//
// Implementations are safe for concurrent use.
type Canceler interface {
	Cancel(ctx context.Context, req Request) (Result, error)
}

// StatusChecker is an optional interface of a [Canceler] whose provider can say how a
// cancellation stands.
//
// Status changes nothing at the provider. Only Status may answer [NotCancelled]: the
// thing stands and could still be cancelled. If it stands and can no longer be cancelled,
// the error is [ErrNotCancellable] or [ErrRejected]. It returns [errors.ErrUnsupported] if the adapter, as configured,
// cannot ask.
//
// Implementations are safe for concurrent use.
type StatusChecker interface {
	Status(ctx context.Context, req Request) (Result, error)
}

// BatchCanceler is an optional interface of a [Canceler] whose provider takes several
// cancellations in one call.
//
// Implementations are safe for concurrent use.
type BatchCanceler interface {
	// CancelBatch cancels reqs in one vendor call and returns one Item per request, in
	// the order of reqs.
	CancelBatch(ctx context.Context, reqs []Request) []Item
	// MaxBatch is the largest number of requests in one call, at least 1.
	MaxBatch() int
}

// Validator is an optional interface of a [Canceler] that can check a request without
// sending it.
//
// Validate returns the [ErrInvalid] that Cancel would return unsent, or nil. It makes no
// call. Implementations are safe for concurrent use.
type Validator interface {
	Validate(req Request) error
}

// Preflighter is an optional interface of a [Canceler] whose provider can say whether a
// thing may be cancelled.
//
// Preflight changes nothing at the provider. Its answer is advice, not a promise. It
// returns [errors.ErrUnsupported] if the adapter, as configured, cannot ask.
//
// Implementations are safe for concurrent use.
type Preflighter interface {
	Preflight(ctx context.Context, req Request) (Preflight, error)
}

// Identifier is an optional interface of a [Canceler] for which two IDs of different bytes can
// name the same thing, such as a UUID in upper and in lower case.
//
// Identify returns an ID that is equal for equal things of one Kind and different otherwise. It
// makes no call. Implementations are safe for concurrent use.
type Identifier interface {
	Identify(req Request) string
}

// Request names the thing to cancel. It is plain data that round-trips through JSON, so
// that a later process can ask about a cancellation that an earlier one began. It
// holds no credentials. Motive and ReplacedBy are [ErrInvalid] with any Kind but
// [Invoice]; any other field that a Kind has no use for is ignored.
type Request struct {
	// Provider is the key of a provider in a Client. Adapters ignore it.
	Provider string `json:"provider,omitempty"`
	// Kind is the kind of the thing. Required: the zero value is invalid.
	Kind Kind `json:"kind"`
	// ID is the vendor's identifier: the CFDI's UUID (folio fiscal), Payvalida's order
	// number (PVordenID) or Auco's document code. Required.
	ID string `json:"id"`
	// Reason is for the people concerned: Auco sends it to the signers.
	Reason string `json:"reason,omitempty"`
	// RequestedBy is the e-mail address of the person who asks.
	RequestedBy string `json:"requested_by,omitempty"`
	// Motive is the SAT's motivo of an Invoice, 01 to 04.
	Motive string `json:"motive,omitempty"`
	// ReplacedBy is the UUID of the CFDI that replaces an Invoice, only with motive 01.
	ReplacedBy string `json:"replaced_by,omitempty"`
	// Issuer is the RFC of the issuer of an Invoice.
	Issuer string `json:"issuer,omitempty"`
	// Expression is an invoice's expresión impresa, which its QR code holds. The SAT's
	// register is asked with it.
	Expression string `json:"expression,omitempty"`
	// Reference is the merchant's own order id of a payment. Payvalida finds an order by
	// it.
	Reference string `json:"reference,omitempty"`
}

// Kind is a kind of thing that can be cancelled. The zero value is invalid.
type Kind string

// The kinds that the adapters of this module take.
const (
	// Invoice is a CFDI. Its cancellation is asynchronous: the recipient may object.
	Invoice Kind = "invoice"
	// PrimarySectorInvoice is a CFDI of the Mexican primary sector, cancelled at once.
	PrimarySectorInvoice Kind = "primary_sector_invoice"
	// Payment is a card payment (anulación).
	Payment Kind = "payment"
	// PreAuthorization is a card pre-authorization that was not completed.
	PreAuthorization Kind = "pre_authorization"
	// Document is a document out for electronic signature.
	Document Kind = "document"
)

// State is how a cancellation stands. The zero value belongs to the zero [Result], which
// comes with an error.
type State string

// The states of a cancellation.
const (
	// Cancelled: the provider has cancelled it.
	Cancelled State = "cancelled"
	// AlreadyCancelled: it had been cancelled before.
	AlreadyCancelled State = "already_cancelled"
	// Pending: the cancellation is registered and under way. Ask for its status.
	Pending State = "pending"
	// NotCancelled: the thing stands. Only a [StatusChecker] says so.
	NotCancelled State = "not_cancelled"
)

// IsCancelled reports whether the thing is cancelled: it is true only for [Cancelled] and
// [AlreadyCancelled].
func (s State) IsCancelled() bool { return s == Cancelled || s == AlreadyCancelled }

// Settled reports whether waiting cannot be expected to change s: it is false for
// [Pending] and for the zero value.
func (s State) Settled() bool { return s != Pending && s != "" }

// Result is a provider's answer. It is the zero value if there is an error, except from
// Client.Wait, which returns the last answer together with the error of its context.
type Result struct {
	// Provider is the package name of the adapter, or from a Client the provider's key.
	// ID is the request's.
	Provider, ID string
	// Kind is the request's.
	Kind Kind
	// State says how the cancellation stands.
	State State
	// Code is the vendor's code verbatim, "" if the vendor sends none.
	Code string
	// Message holds the vendor's words verbatim.
	Message string
	// Receipt is the acknowledgement document, such as the SAT's acuse as decoded XML,
	// nil without one.
	Receipt []byte
	// Raw is the body of the vendor's response verbatim, after decompression.
	Raw []byte
	// At is when the answer arrived, by the local clock.
	At time.Time
}

// Item is one request of many and its outcome. Result is meaningful only if Err is nil.
type Item struct {
	Request Request
	Result  Result
	Err     error
}

// Preflight is a provider's answer to the question whether a thing may be cancelled. It is
// the zero value if there is an error.
type Preflight struct {
	// Provider, ID and Kind are as in a Result.
	Provider, ID string
	Kind         Kind
	// Verdict is the answer.
	Verdict Verdict
	// Code, Message, Raw and At are as in a Result.
	Code, Message string
	Raw           []byte
	At            time.Time
}

// Verdict says whether a thing may be cancelled. The zero value belongs to the zero
// [Preflight].
type Verdict string

// The verdicts of a [Preflighter].
const (
	// Cancellable: it may be cancelled.
	Cancellable Verdict = "cancellable"
	// ConsentNeeded: it may be cancelled if a recipient agrees.
	ConsentNeeded Verdict = "consent_needed"
	// NotCancellable: it may not be cancelled, as things stand.
	NotCancellable Verdict = "not_cancellable"
	// UnderWay: its cancellation is under way.
	UnderWay Verdict = "under_way"
	// Done: it is cancelled.
	Done Verdict = "done"
)
