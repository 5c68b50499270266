package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
)

// failure is how the reason of an error is told: to the shell, to machines and to
// people.
type failure struct {
	reason error
	exit   int
	name   string
	next   string
}

// failures go from what is easily mended to what needs a person: of several, the
// highest exit code is the program's.
var failures = []failure{
	{cancel.ErrInvalid, 2, "invalid", "Mend what was asked for: this call cancelled nothing."},
	{cancel.ErrAuth, 3, "auth", "Check the credentials and the environment before the next call: providers lock accounts."},
	{cancel.ErrForbidden, 4, "forbidden", "Have the provider allow this account to do it."},
	{cancel.ErrNotFound, 5, "not_found", "Check the identifier, and that it belongs to this account and environment."},
	{cancel.ErrNotCancellable, 6, "not_cancellable", "Asking again will not help."},
	{cancel.ErrRejected, 7, "rejected", "Settle it with whoever refused."},
	{cancel.ErrUnavailable, 8, "unavailable", "This call cancelled nothing: it is safe to ask again."},
	{cancel.ErrUnknownOutcome, 9, "unknown_outcome", "It may be cancelled, or not."},
	{cancel.ErrUnexpected, 10, "unexpected", "The provider does not document this answer: have a person look. It may be cancelled, or not."},
}

// outcome is what is told of one item. The response body is no part of it.
type outcome struct {
	Provider          string       `json:"provider"`
	Kind              cancel.Kind  `json:"kind"`
	ID                string       `json:"id"`
	State             cancel.State `json:"state,omitempty"`
	Reason            string       `json:"reason,omitempty"`
	Code              string       `json:"code,omitempty"`
	Message           string       `json:"message,omitempty"`
	HTTPStatus        int          `json:"http_status,omitempty"`
	RetryAfterSeconds float64      `json:"retry_after_seconds,omitempty"`
	Error             string       `json:"error,omitempty"`
	Next              string       `json:"next,omitempty"`
	At                time.Time    `json:"at,omitzero"`
	Exit              int          `json:"exit"`
}

func (a About) outcome(item cancel.Item) outcome {
	o := outcome{Provider: a.Name, Kind: item.Request.Kind, ID: item.Request.ID}
	if item.Err != nil {
		a.explain(&o, item.Err)
		return o
	}
	o.State = item.Result.State
	o.Code = item.Result.Code
	o.Message = item.Result.Message
	o.At = item.Result.At
	switch o.State {
	case cancel.Pending:
		o.Next = a.Pending
	case cancel.NotCancelled:
		o.Exit = exitStands
	}
	return o
}

func (a About) explain(o *outcome, err error) {
	o.Error = err.Error()
	if e, ok := errors.AsType[*cancel.Error](err); ok {
		o.Code = e.Code
		o.Message = e.Message
		o.HTTPStatus = e.HTTPStatus
		o.RetryAfterSeconds = e.RetryAfter.Seconds()
	}
	f := classify(err)
	o.Reason, o.Next, o.Exit = f.name, f.next, f.exit
	if cancel.InDoubt(err) {
		o.Next += " " + a.Doubt
	}
}

// classify returns how err is told. An error without a reason, which no adapter of
// this module returns, is told as the gravest.
func classify(err error) failure {
	for _, f := range failures {
		if errors.Is(err, f.reason) {
			return f
		}
	}
	return failures[len(failures)-1]
}

// Show tells what became of items and returns the exit code.
func (t *Tool) Show(items ...cancel.Item) int {
	exit := exitDone
	for _, item := range items {
		o := t.about.outcome(item)
		exit = max(exit, o.Exit)
		if err := t.write(o); err != nil {
			t.Note("%v", err)
			exit = max(exit, ExitUnsaved)
		}
	}
	return exit
}

func (t *Tool) write(o outcome) error {
	switch {
	case t.json:
		return o.writeJSON(t.process.Stdout)
	case o.Error != "":
		return o.writeFailure(t.process.Stderr)
	default:
		return o.writeState(t.process.Stdout)
	}
}

func (o outcome) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(o)
}

func (o outcome) writeState(w io.Writer) error {
	line := fmt.Sprintf("%s %s: %s", o.Provider, o.ID, strings.ReplaceAll(string(o.State), "_", " "))
	if o.Code != "" {
		line += ", code " + o.Code
	}
	if o.Message != "" {
		line += fmt.Sprintf(", %q", o.Message) // quoted: it is the vendor's and may hold anything
	}
	_, err := fmt.Fprintln(w, o.withNext(line))
	return err
}

func (o outcome) writeFailure(w io.Writer) error {
	_, err := fmt.Fprintln(w, o.withNext(o.Error))
	return err
}

func (o outcome) withNext(line string) string {
	if o.RetryAfterSeconds > 0 {
		line += fmt.Sprintf("\n  The provider asks for a pause of %v seconds.", o.RetryAfterSeconds)
	}
	if o.Next != "" {
		line += "\n  " + o.Next
	}
	return line
}
