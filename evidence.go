package cancel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync/atomic"
	"time"
)

// Evidence documents one call of a provider about one request. An auditor may ask for it years later.
// It is plain data that round-trips through JSON, and holds no secrets. Its digests are
// digests of Result.Raw, Result.Receipt and Error.Raw.
type Evidence struct {
	// Request is the request, Provider the provider's key in the Client.
	Request  Request `json:"request"`
	Provider string  `json:"provider"`
	// Exchange is the exchange between the adapter and its vendor. It is the zero value if
	// nothing was sent, because the request was refused here or ctx had ended, or if the
	// adapter does not report it. If no byte of a request was written, HTTPStatus is 0 and
	// Reason the text of ErrUnavailable.
	Exchange
	// RawSHA256 and ReceiptSHA256 are the digests of the response body and of the
	// acknowledgement, in lower-case hexadecimal; "" without one.
	RawSHA256     string `json:"raw_sha256,omitempty"`
	ReceiptSHA256 string `json:"receipt_sha256,omitempty"`
	// Code is the vendor's code verbatim.
	Code string `json:"code,omitempty"`
	// State is the state of the result, or Reason the text of the error's sentinel.
	// Exactly one of them is set.
	State  State  `json:"state,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Exchange is one request that an adapter sent to its vendor, and the response.
type Exchange struct {
	// Operation is the vendor's, and Endpoint the URL without its query.
	Operation string `json:"operation,omitempty"`
	Endpoint  string `json:"endpoint,omitempty"`
	// HTTPStatus is the status of the response, 0 if no response came.
	HTTPStatus int `json:"http_status,omitempty"`
	// SentAt is when sending began, AnsweredAt when the response came, or the failure to
	// get one. Both are UTC.
	SentAt     time.Time `json:"sent_at,omitzero"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	// Table is the version of the table of codes by which the answer was read.
	Table string `json:"table,omitempty"`
}

// ReportExchange adds x to the [Evidence] of the call that ctx belongs to, if it belongs to
// a Client that gathers evidence. Adapters call it once for each request that they send; the
// last one of a call counts. It is safe for concurrent use.
func ReportExchange(ctx context.Context, x Exchange) {
	if c, ok := ctx.Value(collectorKey{}).(*collector); ok {
		c.report(x)
	}
}

type collectorKey struct{}

// collector keeps the exchange that an adapter reports during one call.
type collector struct {
	outer    context.Context // the context of a Client that this one is a provider of, perhaps
	exchange atomic.Pointer[Exchange]
}

func (c *collector) report(x Exchange) {
	x.SentAt, x.AnsweredAt = x.SentAt.UTC().Round(0), x.AnsweredAt.UTC().Round(0)
	c.exchange.Store(&x)
	ReportExchange(c.outer, x)
}

// evidenceHook gives the evidence of each call that cancels or asks for a status.
func evidenceHook(give func(context.Context, Evidence)) Hook {
	return func(ctx context.Context, op Operation) (context.Context, func([]Item)) {
		if op.Name == "Preflight" {
			return ctx, nil
		}
		c := &collector{outer: ctx}
		c.exchange.Store(new(Exchange))
		return context.WithValue(ctx, collectorKey{}, c), func(items []Item) {
			for _, item := range items {
				if !unsupported(item.Err) {
					give(ctx, evidenceOf(op.Provider, *c.exchange.Load(), item))
				}
			}
		}
	}
}

func evidenceOf(provider string, x Exchange, item Item) Evidence {
	e := Evidence{Request: item.Request, Provider: provider, Exchange: x}
	if failed, ok := errors.AsType[*Error](item.Err); ok {
		e.Code, e.Reason, e.RawSHA256 = failed.Code, failed.Reason.Error(), digest(failed.Raw)
		return e
	}
	e.Code, e.State = item.Result.Code, item.Result.State
	e.RawSHA256, e.ReceiptSHA256 = digest(item.Result.Raw), digest(item.Result.Receipt)
	return e
}

func digest(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
