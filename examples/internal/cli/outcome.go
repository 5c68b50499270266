package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
)

const (
	// exitReason is the code of the first of cancel.Reasons. The others follow.
	exitReason = 2
	// exitStands says that the thing in question is not cancelled.
	exitStands = 20
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

func exitOf(reason error) int { return exitReason + slices.Index(cancel.Reasons(), reason) }

func exits() []Exit {
	all := []Exit{
		{ExitDone, "the provider took the cancellation: done, done before, or under way; or it can be cancelled"},
		{ExitFailed, "an outcome or a file could not be written"},
	}
	for _, reason := range cancel.Reasons() {
		all = append(all, Exit{exitOf(reason), reason.Error()})
	}
	return append(all, Exit{exitStands, "it is not cancelled, if that was the question; of several outcomes the highest code counts"})
}

// Tool is a program that asks one provider. Define its flags, then call Parse.
type Tool struct {
	*Flags
	variables     []Variable
	json, yes     bool
	status, check bool
}

// New returns the tool that about describes, with the flags that all have.
func New(about About, process Process) *Tool {
	variables := about.Variables
	about.Variables = slices.Concat(variables, []Variable{Environment, Endpoint(about.Name)})
	about.Exits = exits()
	t := &Tool{Flags: NewFlags(about, process), variables: variables}
	t.BoolVar(&t.json, "json", false, "print one JSON object per outcome")
	if !about.ReadOnly {
		t.BoolVar(&t.yes, "yes", false, "cancel outside the sandbox and this machine, where it is for good")
		t.BoolVar(&t.status, "status", false, "ask how the cancellation stands, and cancel nothing")
	}
	if about.Checks {
		t.BoolVar(&t.check, "check", false, "ask whether it may be cancelled, and cancel nothing")
	}
	return t
}

// JSON reports whether the outcomes are printed as JSON.
func (t *Tool) JSON() bool { return t.json }

// Parse reads the flags. Its error names all missing flags and variables, or the missing
// confirmation. A program that only asks needs no confirmation.
func (t *Tool) Parse(required ...string) error {
	if err := t.Flags.Parse(); err != nil {
		return err
	}
	if t.status && t.check {
		return Errorf("-status and -check are two questions: ask one")
	}
	getenv := t.process.Getenv
	var missing []error
	for _, name := range required {
		if !t.Given(name) {
			missing = append(missing, Errorf("-%s is missing", name))
		}
	}
	missing = append(missing, Missing(t.about.Name, t.variables, getenv))
	if err := errors.Join(missing...); err != nil {
		return err
	}
	return Confirmed(t.yes || t.about.ReadOnly || t.status || t.check, getenv(Environment.Name), getenv(Endpoint(t.about.Name).Name))
}

// Ask cancels what requests name, or asks about it if -status or -check says so. It shows
// each outcome and returns the last one and the exit code.
func (t *Tool) Ask(ctx context.Context, adapter cancel.Canceler, requests ...cancel.Request) (last cancel.Item, exit int) {
	if batcher, ok := adapter.(cancel.BatchCanceler); ok && !t.status && !t.check {
		for batch := range slices.Chunk(requests, batcher.MaxBatch()) {
			items := batcher.CancelBatch(ctx, batch)
			last, exit = items[len(items)-1], max(exit, t.Show(items...))
		}
		return last, exit
	}
	for _, req := range requests {
		last = cancel.Item{Request: req}
		var answer cancel.Preflight
		switch {
		case t.check:
			answer, last.Err = adapter.(cancel.Preflighter).Preflight(ctx, req)
			last.Result = cancel.Result{Code: answer.Code, Message: answer.Message, At: answer.At}
		case t.status:
			last.Result, last.Err = adapter.(cancel.StatusChecker).Status(ctx, req)
		default:
			last.Result, last.Err = adapter.Cancel(ctx, req)
		}
		exit = max(exit, t.show(last, answer.Verdict))
	}
	return last, exit
}

// Show shows the outcomes of items and returns the exit code.
func (t *Tool) Show(items ...cancel.Item) (exit int) {
	for _, item := range items {
		exit = max(exit, t.show(item, ""))
	}
	return exit
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

func (t *Tool) show(item cancel.Item, verdict cancel.Verdict) int {
	o := t.outcome(item)
	o.Verdict = verdict
	if verdict == cancel.NotCancellable {
		o.Exit = exitOf(cancel.ErrNotCancellable)
	}
	switch {
	case t.json:
		t.Encode(o)
	case item.Err != nil:
		_, reason := Reason(item.Err)
		line := strings.Replace(o.Error, ": "+reason.Error(), ": "+t.Word(reason.Error()), 1)
		fmt.Fprintln(t.process.Stderr, t.withNext(o, line))
	default:
		line := fmt.Sprintf("%s %s: %s", o.Provider, o.ID, t.Word(string(o.State)+string(o.Verdict)))
		if o.Code != "" {
			line += t.Text(", code %s", o.Code)
		}
		if o.Message != "" {
			line += ", " + Line(o.Message)
		}
		fmt.Fprintln(t.process.Stdout, t.withNext(o, line))
	}
	return o.Exit
}

// Encode prints a line of JSON.
func (t *Tool) Encode(object any) {
	e := json.NewEncoder(t.process.Stdout)
	e.SetEscapeHTML(false)
	_ = e.Encode(object) // Run notices a failure
}

func (t *Tool) outcome(item cancel.Item) outcome {
	o := outcome{Provider: t.about.Name, Kind: item.Request.Kind, ID: item.Request.ID}
	if item.Err == nil {
		o.State, o.Code, o.Message, o.At = item.Result.State, item.Result.Code, item.Result.Message, item.Result.At
		switch o.State {
		case cancel.Pending:
			o.Next = t.Text(t.about.Pending)
		case cancel.NotCancelled:
			o.Exit = exitStands
		}
		return o
	}
	if e, ok := errors.AsType[*cancel.Error](item.Err); ok {
		o.Code, o.Message, o.HTTPStatus, o.RetryAfterSeconds = e.Code, e.Message, e.HTTPStatus, e.RetryAfter.Seconds()
	}
	name, reason := Reason(item.Err)
	o.Error, o.Reason, o.Next, o.Exit = item.Err.Error(), name, t.Text(advice[reason]), exitOf(reason)
	switch {
	case reason == cancel.ErrPending:
		o.Next += " " + t.Text(t.about.Pending)
	case cancel.InDoubt(item.Err):
		o.Next += " " + t.Text(t.about.Doubt)
	}
	return o
}

// withNext returns the text for a person: a line, and the advice indented below it.
func (t *Tool) withNext(o outcome, line string) string {
	if o.RetryAfterSeconds > 0 {
		line += "\n  " + t.Text("The provider asks for a pause of %v seconds.", o.RetryAfterSeconds)
	}
	if o.Next != "" {
		line += "\n  " + o.Next
	}
	return line
}

// Line quotes text that others wrote, so that it is one line and safe for a terminal.
func Line(text string) string { return strconv.Quote(text) }
