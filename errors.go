package cancel

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The reasons of an [Error]. Each error of an adapter or of a Client matches exactly one of
// them with [errors.Is]. [Reasons] lists them.
var (
	// ErrInvalid: the request is malformed or incomplete, here or by the vendor's
	// judgement. Correct the request. If the adapter refused it, nothing was sent.
	ErrInvalid error = &reason{"ErrInvalid", "invalid request"}
	// ErrAuth: the credentials are wrong, expired, locked, inactive, or belong to the
	// other environment. Stop: vendors lock accounts after repeated failures.
	ErrAuth error = &reason{"ErrAuth", "authentication failed"}
	// ErrForbidden: the credentials are good but may not do this. Ask the vendor to allow it.
	ErrForbidden error = &reason{"ErrForbidden", "forbidden"}
	// ErrNotFound: the vendor does not know the thing. Check the ID, the account and the
	// environment.
	ErrNotFound error = &reason{"ErrNotFound", "not found"}
	// ErrNotCancellable: the rules of the vendor or of the authority forbid it, for good. Undo
	// it in another way, such as a credit note or a refund.
	ErrNotCancellable error = &reason{"ErrNotCancellable", "not cancellable"}
	// ErrRejected: a person whose consent is needed refused. Talk to them.
	ErrRejected error = &reason{"ErrRejected", "rejected"}
	// ErrUnavailable: certainly not carried out. Asking again is safe and may work; a Client
	// has already done so.
	ErrUnavailable error = &reason{"ErrUnavailable", "unavailable"}
	// ErrUnknownOutcome: may or may not have been carried out. Find out before you do
	// anything else: ask for the status, or cancel again if the vendor then answers that
	// it was cancelled before.
	ErrUnknownOutcome error = &reason{"ErrUnknownOutcome", "unknown outcome"}
	// ErrUnexpected: the vendor does not document the answer. It counts neither as
	// success nor as failure. A person should look at it.
	ErrUnexpected error = &reason{"ErrUnexpected", "unexpected answer"}
	// ErrPending: only from Client.Wait. Its context ended before the thing was settled.
	// The cancellation may still go through. Wait again later.
	ErrPending error = &reason{"ErrPending", "pending"}
)

var reasons = []error{
	ErrInvalid, ErrAuth, ErrForbidden, ErrNotFound, ErrNotCancellable,
	ErrRejected, ErrUnavailable, ErrUnknownOutcome, ErrUnexpected, ErrPending,
}

// Reasons returns the sentinels above, in that order. The verb %#v writes the name of one,
// such as cancel.ErrInvalid. The slice is a copy.
func Reasons() []error { return slices.Clone(reasons) }

type reason struct{ name, text string }

func (r *reason) Error() string    { return r.text }
func (r *reason) GoString() string { return "cancel." + r.name }

// Retryable reports whether asking again is safe and may work. It is true only for
// [ErrUnavailable].
func Retryable(err error) bool { return errors.Is(err, ErrUnavailable) }

// InDoubt reports whether the thing may be, or may become, cancelled in spite of err. It is
// true for [ErrUnknownOutcome], [ErrUnexpected] and [ErrPending].
func InDoubt(err error) bool {
	return errors.Is(err, ErrUnknownOutcome) || errors.Is(err, ErrUnexpected) || errors.Is(err, ErrPending)
}

// Error is every failure of an adapter or of a Client. Get it with [errors.As].
// [errors.Is] matches its Reason and hides any other sentinel of this package in Err.
// errors.Is and errors.As match everything else in Err. Do not change an Error once it is
// shared.
type Error struct {
	// Provider is the package name of the adapter, or from a Client the provider's
	// key. Op is the vendor's operation. ID is the request's.
	Provider, Op, ID string
	// Code is the vendor's code verbatim, "" without one.
	Code string
	// Message holds the vendor's words. If the vendor echoes the caller's own secrets,
	// they are replaced by REDACTED. If nothing was sent, it says why the request or the
	// Config is wrong.
	Message string
	// HTTPStatus is the status of the response, 0 if no response came.
	HTTPStatus int
	// RetryAfter is the pause that the vendor asked for, 0 without one.
	RetryAfter time.Duration
	// Reason is exactly one of the sentinels of this package.
	Reason error
	// Raw is the response body, capped. It is never part of Error().
	Raw []byte
	// Err is the cause, such as context.Canceled or a *net.OpError. It may be nil.
	Err error
}

// maxErrorText bounds Error.Error, in bytes.
const maxErrorText = 500

// Error describes e in one line of at most 500 bytes, without control characters,
// bodies or secrets.
func (e *Error) Error() string {
	var facts []string
	if e.Code != "" {
		facts = append(facts, "code "+e.Code)
	}
	if e.HTTPStatus != 0 {
		facts = append(facts, "HTTP "+strconv.Itoa(e.HTTPStatus))
	}
	var reason, cause string
	if e.Reason != nil {
		reason = e.Reason.Error()
	}
	if facts != nil {
		reason = join(" ", reason, "("+strings.Join(facts, ", ")+")")
	}
	if e.Err != nil {
		cause = e.Err.Error()
	}
	return oneLine(join(": ", e.Provider, join(" ", e.Op, e.ID), reason, e.Message, cause), maxErrorText)
}

// join joins the words that are not empty.
func join(sep string, words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), sep)
}

// Is reports whether target is e's Reason or, unless it is a sentinel of this
// package, is found in e's cause.
func (e *Error) Is(target error) bool {
	if slices.Contains(reasons, target) {
		return target == e.Reason
	}
	return errors.Is(e.Err, target)
}

// As finds target's type in e's cause. There is no Unwrap beside it: that would
// show errors.Is the sentinels of the cause.
func (e *Error) As(target any) bool { return errors.As(e.Err, target) }

// oneLine makes s printable and cuts it to at most limit bytes.
func oneLine(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) <= limit {
		return s
	}
	const ellipsis = "…"
	cut := limit - len(ellipsis)
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}
