package cancel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

// Evidence is what an auditor asks for, years later, of one call of a provider about
// one request. It is plain data that round-trips through JSON, and holds no secrets:
// the bytes that its digests are of are in Result.Raw, Result.Receipt and Error.Raw.
type Evidence struct {
	// Request is what was asked for; Provider is the provider's key in the Client.
	Request  Request `json:"request"`
	Provider string  `json:"provider"`
	// Exchange is what passed between the adapter and its vendor. It is the zero value
	// where none was begun, because the request was refused here or ctx had ended, and
	// where the adapter does not report it. One of which no byte was written has an
	// HTTPStatus of 0 and the reason of ErrUnavailable.
	Exchange
	// RawSHA256 and ReceiptSHA256 are the digests of the response body and of the
	// acknowledgement, in lower-case hexadecimal; "" where there was none.
	RawSHA256     string `json:"raw_sha256,omitempty"`
	ReceiptSHA256 string `json:"receipt_sha256,omitempty"`
	// Code is the vendor's code verbatim.
	Code string `json:"code,omitempty"`
	// State is what the answer became, or Reason the text of the error's sentinel:
	// exactly one of them is set.
	State  State  `json:"state,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Exchange is one request that an adapter sent to its vendor, and the response.
type Exchange struct {
	// Operation is the vendor's, and Endpoint the URL that it was sent to, without its
	// query.
	Operation string `json:"operation,omitempty"`
	Endpoint  string `json:"endpoint,omitempty"`
	// HTTPStatus is that of the response, 0 where there was none.
	HTTPStatus int `json:"http_status,omitempty"`
	// SentAt is when sending began, and AnsweredAt when the response, or the failure
	// to get one, had come. Both are UTC.
	SentAt     time.Time `json:"sent_at,omitzero"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	// Table is the version of the table by which the adapter took the answer for what
	// it became.
	Table string `json:"table,omitempty"`
}

// WithEvidence gives f an [Evidence] for each call of a provider and each request in
// it: of Cancel and of Status, those that failed included, but for one in which the
// adapter panicked. f is called before the method returns, from many goroutines at once in
// [Client.All]; an error of its own is its own to keep.
func WithEvidence(f func(context.Context, Evidence)) Option {
	return func(p *policy) { p.evidence = f }
}

// ReportExchange tells whoever asked for evidence, if ctx comes from a Client that
// gathers it, what an adapter exchanged with its vendor. Adapters call it once for each
// request that they send. It is safe for concurrent use.
func ReportExchange(ctx context.Context, x Exchange) {
	if w, ok := ctx.Value(witnessKey{}).(*witness); ok {
		w.report(x)
	}
}

type witnessKey struct{}

// witness keeps what an adapter reports during one call.
type witness struct {
	mu       sync.Mutex
	exchange Exchange
	outer    context.Context // of the Client that this one is a provider of, if any
}

func (w *witness) report(x Exchange) {
	w.mu.Lock()
	w.exchange = x
	w.mu.Unlock()
	ReportExchange(w.outer, x)
}

// witnessed returns a context for one call of the provider, and a function that gives
// the evidence of it.
func (s session) witnessed(ctx context.Context) (context.Context, func([]Request, []answer)) {
	give := s.client.policy.evidence
	if give == nil {
		return ctx, func([]Request, []answer) {}
	}
	w := &witness{outer: ctx}
	return context.WithValue(ctx, witnessKey{}, w), func(reqs []Request, answers []answer) {
		w.mu.Lock()
		x := w.exchange
		w.mu.Unlock()
		x.SentAt, x.AnsweredAt = x.SentAt.UTC().Round(0), x.AnsweredAt.UTC().Round(0)
		for i, a := range answers {
			give(ctx, s.evidence(reqs[i], x, a))
		}
	}
}

func (s session) evidence(req Request, x Exchange, a answer) Evidence {
	e := Evidence{Request: req, Provider: s.provider.name, Exchange: x}
	if a.err != nil {
		e.Code, e.Reason, e.RawSHA256 = a.err.Code, a.err.Reason.Error(), digest(a.err.Raw)
		return e
	}
	e.Code, e.State = a.result.Code, a.result.State
	e.RawSHA256, e.ReceiptSHA256 = digest(a.result.Raw), digest(a.result.Receipt)
	return e
}

func digest(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
