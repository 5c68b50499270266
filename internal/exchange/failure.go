package exchange

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/unified-cancel/cancel"
)

// Call is one vendor operation, as the errors it may end in describe it.
type Call struct {
	Provider, Op, ID string
	// ReadOnly is true for an operation that changes nothing at the vendor, so
	// that no failure of it leaves an outcome in doubt.
	ReadOnly bool
	// Table is the version of the table by which the answer is judged.
	Table string
	// Redact removes the caller's secrets from what a vendor or a transport says.
	Redact Redactor
}

// Words is what a vendor says in its own terms: its code and its message.
type Words struct{ Code, Message string }

// Report tells whoever gathers evidence of the exchange that ended in a, if there was
// one.
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
		Table:      c.Table,
	})
}

// Refuse returns the error of a call that is not made because the request, or the
// configuration, is not valid.
func (c Call) Refuse(message string) *cancel.Error {
	return &cancel.Error{
		Provider: c.Provider, Op: c.Op, ID: c.ID,
		Message: c.Redact.String(message),
		Reason:  cancel.ErrInvalid,
	}
}

// Done returns the result of a call about req whose answer a means state.
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

// Fail returns the error of a call whose answer a means reason.
func (c Call) Fail(reason error, a Answer, said Words, cause error) *cancel.Error {
	return &cancel.Error{
		Provider: c.Provider, Op: c.Op, ID: c.ID,
		Code:       c.code(said.Code),
		Message:    c.Redact.String(said.Message),
		HTTPStatus: a.Status,
		RetryAfter: retryAfter(a.Header.Get("Retry-After"), a.At),
		Reason:     reason,
		Raw:        a.Body,
		Err:        c.Redact.Error(cause),
	}
}

// code returns a vendor's code verbatim where it is a number, as all that are
// documented are, and without the caller's secrets where it is anything else.
func (c Call) code(said string) string {
	if _, err := strconv.ParseUint(said, 10, 16); err == nil {
		return said
	}
	return c.Redact.String(said)
}

// NoAnswer returns the error of a call in whose answer a no code of the vendor
// decides: the HTTP status does, or that there was none. The cause is why the body
// is no answer; that of an exchange that failed takes precedence.
func (c Call) NoAnswer(a Answer, said Words, cause error) *cancel.Error {
	if a.Err != nil {
		cause = a.Err
	}
	return c.Fail(c.reason(a), a, said, cause)
}

// statusReasons are the HTTP statuses below 500, and the one above, that settle
// what became of a request.
var statusReasons = map[int]error{
	http.StatusUnauthorized:          cancel.ErrAuth,
	http.StatusForbidden:             cancel.ErrForbidden,
	http.StatusBadRequest:            cancel.ErrInvalid,
	http.StatusNotFound:              cancel.ErrInvalid,
	http.StatusMethodNotAllowed:      cancel.ErrInvalid,
	http.StatusRequestEntityTooLarge: cancel.ErrInvalid,
	http.StatusUnsupportedMediaType:  cancel.ErrInvalid,
	http.StatusUnprocessableEntity:   cancel.ErrInvalid,
	http.StatusTooManyRequests:       cancel.ErrUnavailable,
	http.StatusServiceUnavailable:    cancel.ErrUnavailable,
}

func (c Call) reason(a Answer) error {
	if a.Unsent {
		return cancel.ErrUnavailable
	}
	if reason, ok := statusReasons[a.Status]; ok {
		return reason
	}
	if a.Status == 0 || a.Status/100 == 2 || a.Status >= 500 {
		return c.Doubt()
	}
	return cancel.ErrUnexpected
}

// Doubt is the reason of a call that may have been carried out or not. Of one that
// reads alone it is that there is no answer, for nothing can have been carried out.
func (c Call) Doubt() error {
	if c.ReadOnly {
		return cancel.ErrUnavailable
	}
	return cancel.ErrUnknownOutcome
}

// retryAfter reads a Retry-After header, which holds seconds or a date.
func retryAfter(value string, now time.Time) time.Duration {
	const most = time.Duration(1<<63 - 1)
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(most/time.Second))) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(date.Sub(now), 0)
}
