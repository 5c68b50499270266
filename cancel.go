package cancel

import (
	"context"
	"time"
)

// Canceler is the core interface: what one adapter per provider implements.
//
// Cancel asks the provider once to cancel req and says what became of it. A nil
// error means that the provider took the cancellation: Result.State is
// [Cancelled], [AlreadyCancelled] or [Pending]. Every other outcome is an error
// that is, or wraps, one *[Error]. Cancel does not retry.
//
// Implementations are safe for concurrent use.
type Canceler interface {
	Cancel(ctx context.Context, req Request) (Result, error)
}

// StatusChecker is implemented by a [Canceler] whose provider can be asked how a
// cancellation stands. It is found by type assertion.
//
// Status changes nothing at the provider. It alone may answer [NotCancelled]. It
// answers [errors.ErrUnsupported] where the adapter, as configured, cannot ask.
//
// Implementations are safe for concurrent use.
type StatusChecker interface {
	Status(ctx context.Context, req Request) (Result, error)
}

// BatchCanceler is implemented by a [Canceler] whose provider takes several
// cancellations in one call. It is found by type assertion.
//
// Implementations are safe for concurrent use.
type BatchCanceler interface {
	// CancelBatch cancels reqs in one vendor call and returns one Item per
	// request, in the order of reqs.
	CancelBatch(ctx context.Context, reqs []Request) []Item
	// MaxBatch is the largest number of requests that one call takes, at least 1.
	MaxBatch() int
}

// Request says what is to be cancelled. It is plain data that round-trips through
// JSON, so it can be stored and used by a later process to ask for the status of
// what an earlier one began. It holds no credentials. Fields that a provider has
// no use for are ignored.
type Request struct {
	// Provider is the key of a provider in a Client. Adapters ignore it.
	Provider string `json:"provider,omitempty"`
	// Kind is what is to be cancelled. It is always required: the zero value is
	// invalid.
	Kind Kind `json:"kind"`
	// ID is the vendor's identifier: the CFDI's UUID (folio fiscal), Payvalida's
	// order number (PVordenID) or Auco's document code. Always required.
	ID string `json:"id"`
	// Reason is for the people concerned: Auco sends it to the signers.
	Reason string `json:"reason,omitempty"`
	// RequestedBy is the e-mail address of whoever asks.
	RequestedBy string `json:"requested_by,omitempty"`
	// Motive is the SAT's motivo of an Invoice, 01 to 04.
	Motive string `json:"motive,omitempty"`
	// ReplacedBy is the UUID of the CFDI that replaces an Invoice, with motive 01
	// alone.
	ReplacedBy string `json:"replaced_by,omitempty"`
	// Issuer is the RFC of the issuer of an Invoice.
	Issuer string `json:"issuer,omitempty"`
}

// Kind is the kind of thing that is to be cancelled. The zero value is invalid.
type Kind string

// The kinds that the adapters of this module take.
const (
	// Invoice is a CFDI, cancelled asynchronously: its recipient may object.
	Invoice Kind = "invoice"
	// PrimarySectorInvoice is a CFDI of the Mexican primary sector, cancelled at
	// once.
	PrimarySectorInvoice Kind = "primary_sector_invoice"
	// Payment is a card payment (anulación).
	Payment Kind = "payment"
	// PreAuthorization is a card pre-authorization that was not completed.
	PreAuthorization Kind = "pre_authorization"
	// Document is a document out for electronic signature.
	Document Kind = "document"
)

// State is what became of a cancellation. The zero value belongs to the zero
// [Result], which comes with an error.
type State string

// The states of a cancellation.
const (
	// Cancelled: the provider has just cancelled it.
	Cancelled State = "cancelled"
	// AlreadyCancelled: it had been cancelled before.
	AlreadyCancelled State = "already_cancelled"
	// Pending: the cancellation is registered and under way. Ask for its status.
	Pending State = "pending"
	// NotCancelled: the thing stands. It comes from [StatusChecker] alone.
	NotCancelled State = "not_cancelled"
)

// Settled reports whether s can be expected not to change by waiting: it is false
// for [Pending] and true for every other state.
func (s State) Settled() bool { return s != Pending }

// Result is a provider's answer. It is the zero value where an error is returned,
// but for Client.Wait, which returns the last answer together with the error of
// its context.
type Result struct {
	// Provider is the package name of the adapter that answered, or from a Client
	// the provider's key; ID is that of the request.
	Provider, ID string
	// Kind is that of the request.
	Kind Kind
	// State is what became of the cancellation.
	State State
	// Code is the vendor's code verbatim, "" where the vendor sends none.
	Code string
	// Message holds the vendor's words verbatim.
	Message string
	// Receipt is the acknowledgement document, such as the SAT's acuse as decoded
	// XML. It is nil where there is none.
	Receipt []byte
	// Raw is the body of the vendor's response verbatim, after decompression.
	Raw []byte
	// At is when the answer arrived, by the local clock.
	At time.Time
}

// Item is one request of many and what became of it. Exactly one of Result and
// Err is meaningful: Result where Err is nil.
type Item struct {
	Request Request
	Result  Result
	Err     error
}
