package payvalida

import "github.com/unified-cancel/cancel"

// outcome is what a CODE becomes: either a state or the reason of an error.
type outcome struct {
	state  cancel.State
	reason error
}

// outcomes holds every CODE that the vendor documents for this call. Any other is
// cancel.ErrUnexpected.
var outcomes = map[string]outcome{
	"0000": {state: cancel.Cancelled},
	"0001": {state: cancel.AlreadyCancelled},
	"0017": {reason: cancel.ErrUnavailable},
}
