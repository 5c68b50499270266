package durable

import (
	"errors"
	"slices"
	"time"

	"github.com/unified-cancel/cancel"
)

// State is how far a cancellation has come. The overview of this package says what an
// operator does about each.
type State string

// The states of a cancellation. It leaves the first four by itself; the others are final.
const (
	// Queued: it waits to be sent. Nothing was carried out.
	Queued State = "queued"
	// Sending: a worker has recorded that it is about to ask the provider. After a crash
	// it is in doubt.
	Sending State = "sending"
	// InDoubt: the provider may or may not have carried it out. Workers find out.
	InDoubt State = "in_doubt"
	// Pending: the provider has registered it. Workers ask for its status.
	Pending State = "pending"

	// Done: it is cancelled, now or before. Cancellation.Result says which.
	Done State = "done"
	// Failed: it was not carried out, and asking again unchanged would not help.
	Failed State = "failed"
	// Forgotten: the provider registered it and no longer knows, or no longer says, its
	// outcome.
	Forgotten State = "forgotten"
	// Unknown: it may or may not be carried out, and everything that can be asked was asked.
	Unknown State = "unknown"
	// Withdrawn: [Queue.Withdraw] took it back before anything was carried out.
	Withdrawn State = "withdrawn"
)

// States returns all states, in the order of a cancellation's life.
func States() []State {
	return []State{Queued, Sending, InDoubt, Pending, Done, Failed, Forgotten, Unknown, Withdrawn}
}

// Settled reports whether s is final.
func (s State) Settled() bool { return slices.Contains(States()[4:], s) }

// Cancellation is the record of one cancellation. It is plain data that round-trips through
// JSON. It holds the vendor's answers, which may be personal data. All times are UTC, and zero
// for events that have not happened.
type Cancellation struct {
	// ID names it in its database.
	ID int64 `json:"id,omitzero"`
	// Request is the request.
	Request cancel.Request `json:"request"`
	State   State          `json:"state,omitzero"`

	// EnqueuedAt is when it was recorded, SentAt when it was first about to be sent,
	// PendingSince when the provider had registered it, DoubtSince when its outcome was
	// first unknown, and SettledAt when its state was final.
	EnqueuedAt   time.Time `json:"enqueued_at"`
	SentAt       time.Time `json:"sent_at,omitzero"`
	PendingSince time.Time `json:"pending_since,omitzero"`
	DoubtSince   time.Time `json:"doubt_since,omitzero"`
	SettledAt    time.Time `json:"settled_at,omitzero"`
	// ToldAt is when Config.OnSettled returned nil, or would have been called if there is
	// none.
	ToldAt time.Time `json:"told_at,omitzero"`
	// Undelivered is the last failure of Config.OnSettled, nil without one since it was
	// settled.
	Undelivered *Undelivered `json:"undelivered,omitempty"`
	// NextAt is when a worker looks at it next. It is zero while one does.
	NextAt time.Time `json:"next_at,omitzero"`

	// Sent counts the turns that were about to send, and Asked the turns that asked for the
	// status while it was pending. One turn may make several calls of the vendor.
	Sent  int `json:"sent,omitzero"`
	Asked int `json:"asked,omitzero"`

	// Result is the provider's last answer, the zero value without one.
	Result cancel.Result `json:"result,omitzero"`
	// Failure is the error of the last turn, nil without one. It says why a cancellation has
	// Failed, or why it is Queued or InDoubt again.
	Failure *Failure `json:"failure,omitempty"`
	// Evidence has each call of the vendor whose answer was recorded, the earliest first. It
	// keeps the first and the last of equal answers in a row, and of more than a hundred calls
	// the first fifty and the last fifty.
	Evidence []cancel.Evidence `json:"evidence,omitempty"`
	// Notes are the changes that people have made to it, the earliest first.
	Notes []Note `json:"notes,omitempty"`
	// Stripped says that [Retention] has removed bodies and personal data.
	Stripped bool `json:"stripped,omitzero"`

	version int64
}

// Undelivered is a failure of Config.OnSettled.
type Undelivered struct {
	// Error is the text of its error or panic.
	Error string `json:"error"`
	// At is when it last failed, and Times how many times in a row.
	At    time.Time `json:"at"`
	Times int       `json:"times"`
}

// Note is a change that a person has made to a cancellation.
type Note struct {
	At time.Time `json:"at"`
	// Who made the change and Why, in the words of the caller.
	Who string `json:"who"`
	Why string `json:"why"`
	// From is the state before it, and Failure the failure.
	From    State    `json:"from"`
	Failure *Failure `json:"failure,omitempty"`
}

// tries is how many turns in a row have ended in an error that is retried.
func (c *Cancellation) tries() int {
	if c.Failure == nil {
		return 0
	}
	return c.Failure.Times
}

// Failure is an error in the database.
type Failure struct {
	// Reason is the text of the error's sentinel, one of [cancel.Reasons].
	Reason string `json:"reason"`
	// Op, Code, Message, HTTPStatus and Raw are the fields of the [cancel.Error].
	Op         string `json:"op,omitempty"`
	Code       string `json:"code,omitempty"`
	Message    string `json:"message,omitempty"`
	HTTPStatus int    `json:"http_status,omitempty"`
	Raw        []byte `json:"raw,omitempty"`
	// Cause is the text of its cause, "" without one.
	Cause string `json:"cause,omitempty"`
	// At is when it happened, and Times how many turns in a row have now ended in one.
	At    time.Time `json:"at"`
	Times int       `json:"times"`
}

// Err returns the error of the last turn as a [*cancel.Error], nil without one. Its cause is a
// text.
func (c *Cancellation) Err() error {
	f := c.Failure
	if f == nil {
		return nil
	}
	e := &cancel.Error{
		Provider: c.Request.Provider, Op: f.Op, ID: c.Request.ID,
		Code: f.Code, Message: f.Message, HTTPStatus: f.HTTPStatus, Raw: f.Raw,
		Reason: cancel.ErrUnexpected,
	}
	for _, r := range cancel.Reasons() {
		if r.Error() == f.Reason {
			e.Reason = r
		}
	}
	if f.Cause != "" {
		e.Err = errors.New(f.Cause)
	}
	return e
}

// failure returns an error of a Client in the form that the database keeps.
func failure(err error, times int) *Failure {
	f := &Failure{Reason: reason(err).Error(), At: now(), Times: times}
	e, ok := errors.AsType[*cancel.Error](err)
	if !ok {
		f.Cause = err.Error()
		return f
	}
	f.Op, f.Code, f.Message, f.HTTPStatus, f.Raw = e.Op, e.Code, e.Message, e.HTTPStatus, e.Raw
	if e.Err != nil {
		f.Cause = e.Err.Error()
	}
	return f
}

// reason returns the sentinel of err.
func reason(err error) error {
	for _, r := range cancel.Reasons() {
		if errors.Is(err, r) {
			return r
		}
	}
	return cancel.ErrUnexpected
}

func now() time.Time { return time.Now().UTC().Round(0) }

// add adds e to the evidence of c.
func (c *Cancellation) add(e cancel.Evidence) {
	n := len(c.Evidence)
	if n >= 2 && alike(c.Evidence[n-2], e) && alike(c.Evidence[n-1], e) {
		c.Evidence[n-1] = e
		return
	}
	if n >= maxEvidence {
		c.Evidence = slices.Delete(c.Evidence, maxEvidence/2, n-maxEvidence/2+1)
	}
	c.Evidence = append(c.Evidence, e)
}

// maxEvidence is how many calls have their evidence kept.
const maxEvidence = 100

// alike reports whether two calls were the same and got the same answer.
func alike(a, b cancel.Evidence) bool {
	return a.Operation == b.Operation && a.HTTPStatus == b.HTTPStatus &&
		a.Code == b.Code && a.State == b.State && a.Reason == b.Reason
}
