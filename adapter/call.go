package adapter

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"github.com/unified-cancel/cancel"
)

// Call is one call of a vendor. Its methods turn the answer into a result or an error. It is
// plain data and safe for concurrent use.
type Call struct {
	// Provider is the adapter's name, Op the vendor's operation, ID the request's ID.
	Provider, Op, ID string
	// ReadOnly is true for an operation that changes nothing at the vendor. No failure of it
	// leaves an outcome in doubt.
	ReadOnly bool
	// Codes is the table of the vendor's codes. Version names it in evidence.
	Codes   Table
	Version string
	// Redact removes the caller's secrets from errors.
	Redact Redactor
}

// Words are a vendor's own code and message, verbatim. A word that the answer lacks is "".
type Words struct{ Code, Message string }

// Report adds the exchange that ended with a to the evidence of ctx, unless nothing was
// tried. See [cancel.WithEvidence].
func (c Call) Report(ctx context.Context, a Answer) {
	if a.Began.IsZero() {
		return
	}
	cancel.ReportExchange(ctx, cancel.Exchange{
		Operation:  c.Op,
		Endpoint:   c.Redact.String(a.Target),
		HTTPStatus: a.Status,
		SentAt:     a.Began,
		AnsweredAt: a.At,
		Table:      c.Version,
	})
}

// Refuse returns the [cancel.ErrInvalid] of a call that is not made, because the request or
// the configuration is not valid.
func (c Call) Refuse(message string) *cancel.Error {
	return &cancel.Error{
		Provider: c.Provider, Op: c.Op, ID: c.ID,
		Message: c.Redact.String(message),
		Reason:  cancel.ErrInvalid,
	}
}

// Unsupported returns the [cancel.ErrInvalid] of a call that is not made, because the vendor
// cannot be asked. Its cause is [errors.ErrUnsupported].
func (c Call) Unsupported(message string) *cancel.Error {
	e := c.Refuse(message)
	e.Err = errors.ErrUnsupported
	return e
}

// Unsent returns the [cancel.ErrUnavailable] of a call that is not made, because of cause.
func (c Call) Unsent(message string, cause error) *cancel.Error {
	e := c.Refuse(message)
	e.Reason, e.Err = cancel.ErrUnavailable, c.Redact.Error(cause)
	return e
}

// Judge returns the result or the error that answer a means for req, by [Call.Decide] if read
// finds what the vendor says. The error of read says why the body is not an answer. Then, or
// if the exchange failed, [Call.NoAnswer] decides.
//
// An empty body is not read if the table has a row for the HTTP status without a code, such
// as 204.
func (c Call) Judge(req cancel.Request, a Answer, read func(Answer) (Words, error)) (cancel.Result, error) {
	if a.Err != nil {
		return cancel.Result{}, c.NoAnswer(a, Words{}, nil)
	}
	_, ok := c.Codes.Lookup(c.Op, a.Status, "")
	var said Words
	if !ok || len(bytes.TrimSpace(a.Body)) > 0 {
		var err error
		if said, err = read(a); err != nil {
			return cancel.Result{}, c.NoAnswer(a, said, err)
		}
	}
	return c.Decide(req, a, said)
}

// Decide returns the result or the error that answer a means for req if it says said. The
// table of codes decides. If there is no code, and no row for the HTTP status without one,
// [Call.NoAnswer] does.
func (c Call) Decide(req cancel.Request, a Answer, said Words) (cancel.Result, error) {
	row, ok := c.Codes.Lookup(c.Op, a.Status, said.Code)
	if !ok && said.Code == "" {
		return cancel.Result{}, c.NoAnswer(a, said, errors.New("the answer has no code"))
	}
	if row.Reason != nil {
		return cancel.Result{}, c.Fail(row.Reason, a, said, nil)
	}
	return c.Done(req, row.State, a, said), nil
}

// Done returns the result of a call about req if its answer a means state.
func (c Call) Done(req cancel.Request, state cancel.State, a Answer, said Words) cancel.Result {
	return cancel.Result{
		Provider: c.Provider,
		ID:       req.ID,
		Kind:     req.Kind,
		State:    state,
		Code:     said.Code,
		Message:  said.Message,
		Raw:      a.Body,
		At:       a.At,
	}
}

// Advise returns the [cancel.Preflight] of the thing that r, a result of Status, is about.
func Advise(r cancel.Result, verdict cancel.Verdict) cancel.Preflight {
	return cancel.Preflight{
		Provider: r.Provider,
		ID:       r.ID,
		Kind:     r.Kind,
		Verdict:  verdict,
		Code:     r.Code,
		Message:  r.Message,
		Raw:      r.Raw,
		At:       r.At,
	}
}

// Fail returns the error of a call if its answer a means reason, one of the sentinels of
// package cancel. The cause may be nil.
func (c Call) Fail(reason error, a Answer, said Words, cause error) *cancel.Error {
	return &cancel.Error{
		Provider: c.Provider, Op: c.Op, ID: c.ID,
		Code:       c.code(said.Code),
		Message:    c.Redact.String(said.Message),
		HTTPStatus: a.Status,
		RetryAfter: retryAfter(a),
		Reason:     reason,
		Raw:        a.Body,
		Err:        c.Redact.Error(cause),
	}
}

// code returns a vendor's code verbatim if it is a short number, and otherwise without the
// caller's secrets.
func (c Call) code(said string) string {
	if _, err := strconv.ParseUint(said, 10, 16); err == nil {
		return said
	}
	return c.Redact.String(said)
}

// NoAnswer returns the error of a call if no code of the vendor decides in its answer a. The
// HTTP status decides, or the failure of the exchange. The cause says why the body is not an
// answer. It is replaced by the cause of a failed exchange.
func (c Call) NoAnswer(a Answer, said Words, cause error) *cancel.Error {
	if a.Err != nil {
		cause = a.Err
	}
	return c.Fail(c.reason(a), a, said, cause)
}
