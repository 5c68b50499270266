package cancel_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/unified-cancel/cancel"
)

// failing is a provider that answers every cancellation with the same error.
type failing struct{ err error }

func (f failing) Cancel(context.Context, cancel.Request) (cancel.Result, error) {
	return cancel.Result{}, f.err
}

// The reason of an error, which errors.Is finds, says what to do.
func ExampleError() {
	var provider cancel.Canceler = failing{&cancel.Error{
		Provider: "payvalida", Op: "POST /v4/merchant/transaction/cancel", ID: "2402558",
		HTTPStatus: 401, Message: "not authorized", Reason: cancel.ErrAuth,
	}}
	_, err := provider.Cancel(context.Background(), cancel.Request{Kind: cancel.Payment, ID: "2402558"})
	switch {
	case err == nil:
		fmt.Println("cancelled")
	case errors.Is(err, cancel.ErrAuth):
		fmt.Println("stop, and look at the credentials")
	case errors.Is(err, cancel.ErrNotCancellable), errors.Is(err, cancel.ErrRejected):
		fmt.Println("it stands")
	case cancel.InDoubt(err):
		fmt.Println("find out before anything else")
	case cancel.Retryable(err):
		fmt.Println("ask again")
	default:
		fmt.Println("correct the request")
	}
	// Output:
	// stop, and look at the credentials
}

// The vendor's own code and words are in the *Error that errors.As finds.
func ExampleError_vendor() {
	err := fmt.Errorf("nightly run: %w", &cancel.Error{
		Provider: "factible", Op: "cancelarSectorPrimario", ID: "E329DD15-7D0B-44E9-A204-51A7443D1FBE",
		Code: "204", HTTPStatus: 200, Message: "The receipt cannot be cancelled", Reason: cancel.ErrNotCancellable,
	})
	if failure, ok := errors.AsType[*cancel.Error](err); ok {
		fmt.Println(failure.Provider, failure.Code, failure.Message)
	}
	fmt.Println(err)
	// Output:
	// factible 204 The receipt cannot be cancelled
	// nightly run: factible: cancelarSectorPrimario E329DD15-7D0B-44E9-A204-51A7443D1FBE: not cancellable (code 204, HTTP 200): The receipt cannot be cancelled
}

func ExampleRetryable() {
	refused := &cancel.Error{Reason: cancel.ErrUnavailable, Err: context.DeadlineExceeded}
	broken := &cancel.Error{Reason: cancel.ErrUnknownOutcome, Err: context.DeadlineExceeded}
	fmt.Println(cancel.Retryable(refused), cancel.Retryable(broken))
	// Output:
	// true false
}

func ExampleInDoubt() {
	broken := &cancel.Error{Reason: cancel.ErrUnknownOutcome, Err: context.DeadlineExceeded}
	strange := &cancel.Error{Reason: cancel.ErrUnexpected, Code: "999"}
	refused := &cancel.Error{Reason: cancel.ErrUnavailable}
	fmt.Println(cancel.InDoubt(broken), cancel.InDoubt(strange), cancel.InDoubt(refused))
	// The error of the context shows, too.
	fmt.Println(errors.Is(broken, context.DeadlineExceeded))
	// Output:
	// true true false
	// true
}

func ExampleSecret() {
	password := cancel.NewSecret("hunter2")
	fmt.Printf("%v %s %q %x %#v\n", password, password, password, password, password)
	// Output:
	// REDACTED REDACTED REDACTED REDACTED REDACTED
}
