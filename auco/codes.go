package auco

import "github.com/unified-cancel/cancel"

// outcome is what became of a document: either a state or the reason of an error.
type outcome struct {
	state  cancel.State
	reason error
}

// verdict is what an answer proves of one document.
type verdict struct {
	listed bool // its code stands among errors.documents
	addsUp bool // the counts account for every code sent
}

// outcomes holds what the vendor answers in place of codes.
var outcomes = map[verdict]outcome{
	{listed: false, addsUp: true}:  {state: cancel.Cancelled},
	{listed: true, addsUp: true}:   {reason: cancel.ErrNotCancellable},
	{listed: true, addsUp: false}:  {reason: cancel.ErrNotCancellable},
	{listed: false, addsUp: false}: {reason: cancel.ErrUnknownOutcome},
}
