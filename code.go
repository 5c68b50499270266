package cancel

// Code is a row of the table by which an adapter reads a vendor's answer. The function
// Codes of each adapter's package returns the table. A code that has no row is
// [ErrUnexpected].
type Code struct {
	// Code is the vendor's code verbatim. It is "" if the vendor sends no code; then the
	// meaning describes the answer.
	Code string
	// HTTPStatus is the status that the code means this with, 0 for any. A row with a
	// status and no code is about an answer without one, such as an empty 204.
	HTTPStatus int
	// Operations are the vendor operations that answer with it.
	Operations []string
	// Spanish and English are the meaning in both languages.
	Spanish, English string
	// State is the state that it becomes, or Reason the sentinel of the error. Exactly
	// one of them is set.
	State  State
	Reason error
	// AskAgain is true if the same request may succeed later, unchanged.
	AskAgain bool
}
