package factible

import "github.com/unified-cancel/cancel"

// outcome is what a code becomes: either a state or the reason of an error.
type outcome struct {
	state  cancel.State
	reason error
}

// processed is the status with which the acuse decides, or that there is none.
const processed = "200"

// outcomes holds every other status that the vendor documents for either operation.
// Any that is missing is cancel.ErrUnexpected.
var outcomes = map[string]outcome{
	"204":  {reason: cancel.ErrNotCancellable},
	"211":  {state: cancel.Pending},
	"213":  {reason: cancel.ErrRejected},
	"500":  {reason: cancel.ErrUnavailable},
	"501":  {reason: cancel.ErrUnavailable},
	"601":  {reason: cancel.ErrAuth},
	"602":  {reason: cancel.ErrAuth},
	"603":  {reason: cancel.ErrAuth},
	"604":  {reason: cancel.ErrAuth},
	"605":  {reason: cancel.ErrAuth},
	"611":  {reason: cancel.ErrInvalid},
	"620":  {reason: cancel.ErrForbidden},
	"621":  {reason: cancel.ErrInvalid},
	"623":  {reason: cancel.ErrNotFound},
	"633":  {reason: cancel.ErrAuth},
	"702":  {reason: cancel.ErrNotFound},
	"1801": {reason: cancel.ErrInvalid},
	"1802": {reason: cancel.ErrInvalid},
}

// acuseOutcomes holds every EstatusUUID that the SAT documents for an acuse. Any
// that is missing is cancel.ErrUnexpected: PACs publish others, but not alike.
var acuseOutcomes = map[string]struct {
	outcome
	meaning string
}{
	"201": {outcome{state: cancel.Cancelled}, "cancellation request received"},
	"202": {outcome{state: cancel.AlreadyCancelled}, "cancelled before"},
	"203": {outcome{reason: cancel.ErrNotFound}, "not found, or not the issuer's"},
	"204": {outcome{reason: cancel.ErrNotCancellable}, "not applicable for cancellation"},
	"205": {outcome{reason: cancel.ErrNotFound}, "does not exist"},
	"206": {outcome{reason: cancel.ErrNotCancellable}, "not a CFDI of the primary sector"},
}
