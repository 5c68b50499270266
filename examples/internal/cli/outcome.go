package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
)

// advice says what to do about an error of each reason.
var advice = map[error]string{
	cancel.ErrInvalid:        "Correct what was asked for: this call cancelled nothing.",
	cancel.ErrAuth:           "Check the credentials and the environment before the next call: providers lock accounts.",
	cancel.ErrForbidden:      "Have the provider allow this account to do it.",
	cancel.ErrNotFound:       "Check the identifier, and that it belongs to this account and environment.",
	cancel.ErrNotCancellable: "Asking again will not help.",
	cancel.ErrRejected:       "Settle it with the person who refused.",
	cancel.ErrUnavailable:    "This call cancelled nothing: it is safe to ask again.",
	cancel.ErrUnknownOutcome: "It may be cancelled, or not.",
	cancel.ErrUnexpected:     "The provider does not document this answer: have a person look. It may be cancelled, or not.",
	cancel.ErrPending:        "It is still under way, and may still be cancelled.",
}

// Reason returns the name of an error's reason in JSON, such as "not_found", and the reason. An error
// without a reason, which no adapter of this module returns, is cancel.ErrUnexpected.
func Reason(err error) (name string, reason error) {
	reason = cancel.ErrUnexpected
	for _, r := range cancel.Reasons() {
		if errors.Is(err, r) {
			reason = r
		}
	}
	name = strings.TrimPrefix(fmt.Sprintf("%#v", reason), "cancel.Err")
	return strings.ToLower(capital.ReplaceAllString(name, "${1}_$2")), reason
}

var capital = regexp.MustCompile(`([a-z])([A-Z])`)

func exits() []Exit {
	all := []Exit{
		{ExitDone, "the provider took the cancellation: done, done before, or under way; or it can be cancelled"},
		{ExitFailed, "an outcome or a file could not be written"},
	}
	for i, reason := range cancel.Reasons() {
		all = append(all, Exit{exitReason + i, reason.Error()})
	}
	return append(all, Exit{exitStands, "it is not cancelled, if that was the question; of several outcomes the highest code counts"})
}

// outcome is an item as it is shown, without the response body.
type outcome struct {
	Provider          string         `json:"provider"`
	Kind              cancel.Kind    `json:"kind"`
	ID                string         `json:"id"`
	State             cancel.State   `json:"state,omitempty"`
	Verdict           cancel.Verdict `json:"verdict,omitempty"`
	Reason            string         `json:"reason,omitempty"`
	Code              string         `json:"code,omitempty"`
	Message           string         `json:"message,omitempty"`
	HTTPStatus        int            `json:"http_status,omitempty"`
	RetryAfterSeconds float64        `json:"retry_after_seconds,omitempty"`
	Error             string         `json:"error,omitempty"`
	Next              string         `json:"next,omitempty"`
	At                time.Time      `json:"at,omitzero"`
	Exit              int            `json:"exit"`
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
	name, reason := Reason(err)
	o.Reason, o.Next = name, advice[reason]
	o.Exit = exitReason + slices.Index(cancel.Reasons(), reason)
	switch {
	case reason == cancel.ErrPending:
		o.Next += " " + a.Pending
	case cancel.InDoubt(err):
		o.Next += " " + a.Doubt
	}
}

// preflight asks whether req may be cancelled, tells the answer and returns the exit code.
func (t *Tool) preflight(ctx context.Context, adapter cancel.Preflighter, req cancel.Request) int {
	answer, err := adapter.Preflight(ctx, req)
	if err != nil {
		return t.Show(cancel.Item{Request: req, Err: err})
	}
	o := outcome{
		Provider: t.about.Name, Kind: req.Kind, ID: req.ID,
		Verdict: answer.Verdict, Code: answer.Code, Message: answer.Message, At: answer.At,
	}
	if answer.Verdict == cancel.NotCancellable {
		o.Exit = exitReason + slices.Index(cancel.Reasons(), cancel.ErrNotCancellable)
	}
	return t.tell(o)
}

// Show shows the outcomes of items and returns the exit code.
func (t *Tool) Show(items ...cancel.Item) int {
	exit := ExitDone
	for _, item := range items {
		exit = max(exit, t.tell(t.about.outcome(item)))
	}
	return exit
}

func (t *Tool) tell(o outcome) (exit int) {
	if err := t.write(o); err != nil {
		t.Note("%v", err)
		return max(o.Exit, ExitFailed)
	}
	return o.Exit
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
	line := fmt.Sprintf("%s %s: %s", o.Provider, o.ID, strings.ReplaceAll(string(o.State)+string(o.Verdict), "_", " "))
	if o.Code != "" {
		line += ", code " + o.Code
	}
	if o.Message != "" {
		line += ", " + Line(o.Message)
	}
	_, err := fmt.Fprintln(w, o.withNext(line))
	return err
}

// Line quotes text that others wrote, so that it is one line and safe for a terminal.
func Line(text string) string { return strconv.Quote(text) }

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
