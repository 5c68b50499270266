package main

import (
	"errors"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/examples/internal/cli"
)

// class is what an outcome asks of people, the gravest last: the exit codes follow it.
type class int

const (
	done     class = iota // nothing
	underWay              // it is not cancelled yet
	refused               // asking again unchanged will not help
	again                 // asking again may work
	doubt                 // it may be cancelled or not
	classes
)

// outcome is the end of a request, or the answer to -check.
type outcome struct {
	Name   string // in the page's style sheet
	class  class
	Label  string
	Advice string
}

// mode is the subject of a report, with its outcomes in the order in which they are shown.
type mode struct {
	Title, Fine, Person string
	cards               [classes]string
	outcomes            []outcome
}

var cancelling = mode{
	Title:  "Cancellations",
	Fine:   "Nothing: the providers took everything that they were asked.",
	Person: "What needs a person",
	cards:  [classes]string{"cancelled", "under way", "refused", "to be asked again", "in doubt"},
	outcomes: append([]outcome{
		{string(cancel.Cancelled), done, "cancelled", ""},
		{string(cancel.AlreadyCancelled), done, "cancelled before", ""},
		{string(cancel.Pending), underWay, "under way", "It is registered and not cancelled yet: the recipient of an invoice has 72 hours to object. Run the same command again to ask how it stands."},
		{"not_sent", again, "not sent yet", "Run the same command again."},
		{"forgotten", doubt, "forgotten", "The provider registered it and no longer says what became of it. Look it up there; for an invoice, ask the SAT with -check."},
	}, failures...),
}

var checking = mode{
	Title:  "What can be cancelled",
	Fine:   "Nothing: everything can be cancelled.",
	Person: "What stands in the way",
	cards:  [classes]string{"can be cancelled, or are", "need consent, or are under way", "cannot be cancelled", "to be asked again", "no clear answer"},
	outcomes: append([]outcome{
		{string(cancel.Cancellable), done, "can be cancelled", ""},
		{string(cancel.Done), done, "cancelled already", ""},
		{string(cancel.ConsentNeeded), underWay, "consent needed", "Its recipient has 72 hours to object once it is asked for."},
		{string(cancel.UnderWay), underWay, "under way", "Its cancellation was asked for already."},
		{"unsupported", doubt, "cannot be asked", "The provider does not say beforehand."},
	}, failures...),
}

// failures are the outcomes of errors, by the names of cancel.Reasons.
var failures = []outcome{
	{"invalid", refused, "invalid", "Correct the line in the input, then run again."},
	{"not_found", refused, "not found", "Check the identifier, and that it belongs to this account and environment."},
	{"not_cancellable", refused, "not cancellable", "The rules forbid it, as things stand."},
	{"rejected", refused, "consent refused", "Settle it with the person who refused."},
	{"auth", again, "credentials refused", "Check the credentials and the environment first: providers lock accounts. Then run again."},
	{"forbidden", again, "account not allowed", "Have the provider allow this account to do it, then run again."},
	{"unavailable", again, "unavailable", "Run again."},
	{"unknown_outcome", doubt, "outcome unknown", "It may be cancelled or not. Run again to find out; if it stays so, look it up at the provider."},
	{"unexpected", doubt, "unexpected answer", "The provider does not document this answer: have a person look."},
}

// named returns the outcome of that name. One that is not listed is shown as it is.
func (m mode) named(name string) outcome {
	for _, o := range m.outcomes {
		if o.Name == name {
			return o
		}
	}
	return outcome{Name: name, class: refused, Label: strings.ReplaceAll(name, "_", " ")}
}

// classOf says how the progress counts a state. Others are not done yet.
var classOf = map[durable.State]class{
	durable.Done: done, durable.Pending: underWay, durable.Failed: refused,
	durable.InDoubt: doubt, durable.Unknown: doubt, durable.Forgotten: doubt,
}

// outcomeOf returns how a cancellation stands, and the words about it.
func outcomeOf(c durable.Cancellation) (outcome, string) {
	name, said := string(c.State), words(c.Result.Code, c.Result.Message)
	if err := c.Err(); err != nil && c.State != durable.Done {
		name, _ = cli.Reason(err)
		said = wordsOf(err)
	}
	switch c.State {
	case durable.Done:
		name = string(c.Result.State)
	case durable.Pending:
		name = string(cancel.Pending)
	case durable.Forgotten:
		name = "forgotten"
	case durable.Queued:
		if c.Failure == nil {
			name = "not_sent"
		}
	case durable.Sending, durable.InDoubt, durable.Unknown:
		if name != "unexpected" {
			name = "unknown_outcome"
		}
	}
	return cancelling.named(name), said
}

// verdictOf returns the outcome of Preflight, and the words about it.
func verdictOf(p cancel.Preflight, err error) (outcome, string) {
	if err == nil {
		return checking.named(string(p.Verdict)), words(p.Code, p.Message)
	}
	if errors.Is(err, errors.ErrUnsupported) {
		return checking.named("unsupported"), ""
	}
	name, _ := cli.Reason(err)
	return checking.named(name), wordsOf(err)
}

// wordsOf returns the provider's words, or the text of the failure.
func wordsOf(err error) string {
	e, ok := errors.AsType[*cancel.Error](err)
	switch {
	case ok && e.Message != "":
		return words(e.Code, e.Message)
	case ok && e.Err != nil:
		return words(e.Code, e.Err.Error())
	}
	return err.Error()
}

func words(code, message string) string {
	if code != "" && message != "" {
		code += ": "
	}
	return code + message
}
