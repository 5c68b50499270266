package canceltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/unified-cancel/cancel"
)

// Harness tells the conformance suite about an adapter.
type Harness struct {
	// Provider is the adapter's name, as in its results and errors. Required.
	Provider string
	// Kinds are the kinds that Cancel takes. Required.
	Kinds []cancel.Kind
	// Malformed are requests, of these kinds, that the adapter must not send.
	Malformed []cancel.Request
	// Secrets are the adapter's secrets, which it must never show.
	Secrets []string
	// Documented are HTTP statuses with a meaning of the vendor's own: the reason of the
	// error, or nil for success. The contract's table does not hold for them.
	Documented map[int]error
	// Start starts a simulator of the vendor, which the suite closes. Required.
	Start func() Vendor
	// Mistake makes the vendor answer req with an answer about other, which is cancelled.
	// nil: the vendor's answers name no thing.
	Mistake func(v Vendor, req, other cancel.Request)
}

// Vendor is a simulator of a vendor, as the conformance suite uses it. It listens on a real
// socket. [Server] has all methods but the first four.
type Vendor interface {
	// Adapter returns the adapter under test, which reaches the simulator as options
	// say.
	Adapter(options cancel.ClientOptions) (cancel.Canceler, error)
	// Hold makes the vendor hold something of that kind that can be cancelled, and
	// returns the request to cancel it: another one at each call.
	Hold(kind cancel.Kind) cancel.Request
	// Decline makes the vendor answer req, in its own terms, that it is not cancelled. If
	// message is not "", and the vendor has a place for words, they are message.
	Decline(req cancel.Request, message string)
	// IsCancelled reports whether the vendor's ledger has the thing that req names as
	// cancelled.
	IsCancelled(req cancel.Request) bool

	// Fail makes the next n calls fail.
	Fail(n int, f Fault)
	// Calls are the calls that arrived.
	Calls() []Call
	// Connections is the number of connections that were accepted.
	Connections() int
	// Close stops the simulator.
	Close()
}

// RunConformance checks that an adapter keeps the rules that every adapter must keep, of this
// module or not. It runs one subtest per rule, and in it one per kind. A rule about an optional
// capability is skipped, visibly, if the adapter does not have it.
func RunConformance(t *testing.T, h Harness) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, kind := range h.Kinds {
				t.Run(string(kind), func(t *testing.T) { r.check(newSubject(t, h, kind)) })
			}
		})
	}
}

// rule is a rule that every adapter must keep.
type rule struct {
	name  string
	check func(*subject)
}

// statusReasons are the HTTP statuses of each reason, if no code of the vendor decides.
var statusReasons = map[error][]int{
	cancel.ErrInvalid:        {400, 404, 405, 413, 415, 422},
	cancel.ErrAuth:           {401},
	cancel.ErrForbidden:      {403},
	cancel.ErrUnavailable:    {429, 503},
	cancel.ErrUnknownOutcome: {201, 204, 500, 501, 502, 504, 599},
	cancel.ErrUnexpected:     {301, 302, 303, 304, 307, 308, 402, 408, 409, 410, 418},
}

// faultReasons returns the faults of the contract's table with their reasons. Refused
// connections have a rule of their own.
func (h Harness) faultReasons() map[Fault]error {
	reasons := map[Fault]error{}
	for _, f := range Faults() {
		reasons[f] = cancel.ErrUnknownOutcome
	}
	for reason, statuses := range statusReasons {
		for _, status := range statuses {
			reasons[HTTP(status)] = reason
		}
	}
	for status := range h.Documented {
		delete(reasons, HTTP(status))
	}
	delete(reasons, Refuse)
	return reasons
}

// subject is an adapter under test for one kind, with a simulator of its own.
type subject struct {
	testing.TB
	Harness
	kind    cancel.Kind
	vendor  Vendor
	adapter cancel.Canceler
}

func newSubject(tb testing.TB, h Harness, kind cancel.Kind) *subject {
	tb.Helper()
	s := &subject{TB: tb, Harness: h, kind: kind, vendor: h.Start()}
	tb.Cleanup(s.vendor.Close)
	s.adapter = s.with(cancel.ClientOptions{})
	return s
}

// with returns the adapter with other options.
func (s *subject) with(options cancel.ClientOptions) cancel.Canceler {
	s.Helper()
	adapter, err := s.vendor.Adapter(options)
	if err != nil {
		s.Fatalf("no adapter: %v", err)
	}
	return adapter
}

// hold makes the vendor hold something that can be cancelled.
func (s *subject) hold() cancel.Request { return s.vendor.Hold(s.kind) }

// isAbout reports whether these fields of an answer are about req.
func (s *subject) isAbout(req cancel.Request, provider, id string, kind cancel.Kind) bool {
	return provider == s.Provider && id == req.ID && kind == s.kind
}

// statusOf returns the adapter as a StatusChecker. It skips the rule if the adapter has no Status
// for requests like req.
func (s *subject) statusOf(adapter cancel.Canceler, req cancel.Request) cancel.StatusChecker {
	s.Helper()
	checker, ok := adapter.(cancel.StatusChecker)
	if !ok {
		s.Skip("the adapter has no Status")
	}
	if _, err := checker.Status(s.Context(), req); errors.Is(err, errors.ErrUnsupported) {
		s.Skip("the adapter, as configured, has no Status")
	}
	return checker
}

// fail makes one call fail, and returns a context for it. It ends once the vendor has the
// call if the vendor does not answer.
func (s *subject) fail(f Fault) context.Context {
	asked := len(s.vendor.Calls())
	s.vendor.Fail(1, f)
	if f != Late && f != CarriedOutThenLate {
		return s.Context()
	}
	ctx, stop := context.WithCancel(s.Context())
	go func() {
		defer stop()
		for ctx.Err() == nil && len(s.vendor.Calls()) == asked {
			time.Sleep(time.Millisecond)
		}
	}()
	return ctx
}

// failure makes a cancellation fail and returns the error.
func (s *subject) failure(f Fault) *cancel.Error {
	s.Helper()
	req := s.hold()
	ctx := s.fail(f)
	_, err := s.adapter.Cancel(ctx, req)
	return s.errorOf(string(f), err)
}

// times returns how many calls a cancellation that fails makes.
func (s *subject) times(f Fault) int {
	s.Helper()
	before := len(s.vendor.Calls())
	_ = s.failure(f)
	return len(s.vendor.Calls()) - before
}

// errorOf returns err as the one *cancel.Error that it must be or wrap.
func (s *subject) errorOf(what string, err error) *cancel.Error {
	s.Helper()
	e, ok := errors.AsType[*cancel.Error](err)
	if !ok {
		s.Fatalf("%s: the error is not a *cancel.Error: %v", what, err)
	}
	return e
}

// assert reports the complaint unless ok.
func (s *subject) assert(ok bool, complaint string, args ...any) {
	s.Helper()
	if !ok {
		s.Errorf(complaint, args...)
	}
}

// expect reports an error that has another reason.
func (s *subject) expect(what string, err error, reason error) {
	s.Helper()
	s.assert(errors.Is(err, reason), "%s: got %v, want %v", what, err, reason)
}

// unasked reports calls that should not have been made.
func (s *subject) unasked() {
	s.Helper()
	n := len(s.vendor.Calls())
	s.assert(n == 0, "%d calls reached the vendor", n)
}
