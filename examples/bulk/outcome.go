package main

import (
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/unified-cancel/cancel"
)

// class is what an outcome asks of people.
type class int

const (
	done     class = iota // nothing
	underWay              // it was taken and is not cancelled yet
	refused               // it will not be cancelled as it was asked for
	again                 // it was not cancelled, and asking again may work
	doubt                 // it may be cancelled or not
	classes
)

// outcome is what became of a request.
type outcome struct {
	name   string // in the results file
	class  class
	label  string
	reason error // of the errors that become this, nil for a state
	advice string
}

// inFlight is what a request is from when it is handed over to when its answer is
// recorded, and so what a crash leaves behind.
const inFlight = "in_flight"

// outcomes are in the order in which they are shown.
var outcomes = []outcome{
	{string(cancel.Cancelled), done, "cancelled", nil, ""},
	{string(cancel.AlreadyCancelled), done, "cancelled before", nil, ""},
	{string(cancel.Pending), underWay, "under way", nil, "It is not cancelled yet: see what becomes of it. -resume leaves it alone."},

	{"invalid", refused, "invalid", cancel.ErrInvalid, "Mend the line in the input, then run again with -resume."},
	{"not_found", refused, "not found", cancel.ErrNotFound,
		"Check the identifier, and that it belongs to this account and environment. Mend the line, then run again with -resume."},
	{"not_cancellable", refused, "not cancellable", cancel.ErrNotCancellable, "The rules forbid it: asking again will not help."},
	{"rejected", refused, "consent refused", cancel.ErrRejected, "Settle it with whoever refused."},

	{"auth", again, "credentials refused", cancel.ErrAuth,
		"Check the credentials and the environment first: providers lock accounts. Then run again with -resume."},
	{"forbidden", again, "account not allowed", cancel.ErrForbidden, "Have the provider allow this account to do it, then run again with -resume."},
	{"unavailable", again, "unavailable", cancel.ErrUnavailable, "It was not cancelled. Run again with -resume."},

	{"unknown_outcome", doubt, "outcome unknown", cancel.ErrUnknownOutcome, "It may be cancelled or not. Run again with -resume to find out."},
	{inFlight, doubt, "answer not recorded", nil, "It may be cancelled or not. Run again with -resume to find out."},
	{"unexpected", doubt, "unexpected answer", cancel.ErrUnexpected,
		"The provider does not document this answer: have a person look. It may be cancelled or not, and -resume leaves it alone."},
}

// outcomeNamed returns the outcome of that name, or false.
func outcomeNamed(name string) (outcome, bool) {
	i := slices.IndexFunc(outcomes, func(o outcome) bool { return o.name == name })
	if i < 0 {
		return outcome{}, false
	}
	return outcomes[i], true
}

// outcomeOf returns what item came to. An error without a reason, which no Client
// returns, may have left anything behind.
func outcomeOf(item cancel.Item) outcome {
	name := string(item.Result.State)
	if item.Err != nil {
		name = "unexpected"
		for _, o := range outcomes {
			if o.reason != nil && errors.Is(item.Err, o.reason) {
				return o
			}
		}
	}
	o, _ := outcomeNamed(name)
	return o
}

// taken reports whether the provider took the cancellation.
func (o outcome) taken() bool { return o.class == done || o.class == underWay }

// endsDoubt reports whether o says what became of a request that an earlier run may
// have had carried out. A Client believes only these, of which the latter two are
// from a status: all others may be of a call that was never made.
func (o outcome) endsDoubt() bool {
	return o.taken() || o.reason == cancel.ErrNotCancellable || o.reason == cancel.ErrRejected
}

// tried reports whether -resume asks again for what ended so.
func (o outcome) tried() bool { return o.class == again || o.uncertain() }

// uncertain reports whether -resume has to find out first what became of it.
func (o outcome) uncertain() bool {
	return o.name == inFlight || o.reason == cancel.ErrUnknownOutcome
}

// maxMessage bounds the vendor's words, in bytes.
const maxMessage = 500

// ended is the entry for item.
func ended(item cancel.Item, hide func(string) string) entry {
	req, result := item.Request, item.Result
	e := entry{
		Event:    eventEnded,
		At:       time.Now(),
		Provider: req.Provider,
		Kind:     req.Kind,
		ID:       req.ID,
		State:    result.State,
		Code:     result.Code,
		Message:  result.Message,
	}
	if item.Err != nil {
		e.State, e.Reason = "", outcomeOf(item).name
		e.Error = hide(item.Err.Error())
		if known, ok := errors.AsType[*cancel.Error](item.Err); ok {
			e.Code, e.Message, e.HTTPStatus = known.Code, known.Message, known.HTTPStatus
		}
	}
	e.Message = cut(hide(e.Message), maxMessage)
	return e
}

// cut returns at most limit bytes of s, which end with a whole character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
