package cancel

// Code is a row of the table by which an adapter takes a vendor's answer: the function
// Codes of each adapter's package returns them. A code that has no row is
// [ErrUnexpected].
type Code struct {
	// Code is the vendor's, verbatim. It is "" where the vendor sends none and the
	// meaning says what the row is about.
	Code string
	// HTTPStatus is the status that the code means this with, 0 for any. A row with a
	// status and no code is about an answer without one, such as an empty 204.
	HTTPStatus int
	// Operations are the vendor operations that answer with it.
	Operations []string
	// Spanish and English say what it means.
	Spanish, English string
	// State is what it becomes, or Reason the sentinel of the error: exactly one of
	// them is set.
	State  State
	Reason error
	// AskAgain is true where the same request may succeed later, unchanged.
	AskAgain bool
}
