package canceltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
)

// Harness is what the conformance suite has to know of an adapter.
type Harness struct {
	// Provider is the adapter's name, as in its results and errors. Required.
	Provider string
	// Kinds are the kinds that Cancel takes. Required.
	Kinds []cancel.Kind
	// Malformed are requests, of those kinds, that the adapter must not send.
	Malformed []cancel.Request
	// Secrets are those of the adapter, which it must never show.
	Secrets []string
	// Start starts a simulator of the vendor, which the suite closes. Required.
	Start func() Vendor
}

// Vendor is a simulator of a vendor, as the conformance suite uses it. It listens on
// a real socket. Everything but the first four methods is what [Server] has.
type Vendor interface {
	// Adapter returns the adapter under test, which reaches the simulator as options
	// say.
	Adapter(options cancel.ClientOptions) (cancel.Canceler, error)
	// Hold makes the vendor hold something of that kind that can be cancelled, and
	// returns the request to cancel it: another at each call.
	Hold(kind cancel.Kind) cancel.Request
	// Decline makes the vendor answer req, in its own terms, that it is not cancelled.
	Decline(req cancel.Request)
	// IsCancelled reports whether the vendor's ledger has what req names as cancelled.
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

// RunConformance checks that an adapter does what every adapter must: those of this
// module, and other people's. It runs one subtest per rule. A rule about an optional
// capability is skipped, visibly, for an adapter that does not have it.
func RunConformance(t *testing.T, h Harness) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) { r.check(newSubject(t, h)) })
	}
}

// rule is one that every adapter must keep.
type rule struct {
	name  string
	check func(*subject)
}

var rules = []rule{
	{"Success", (*subject).success},
	{"Again", (*subject).again},
	{"NoFalseSuccess", (*subject).noFalseSuccess},
	{"UnsupportedKinds", (*subject).unsupportedKinds},
	{"Malformed", (*subject).malformed},
	{"FaultTable", (*subject).faultTable},
	{"Refused", (*subject).refused},
	{"RetryAfter", (*subject).retryAfter},
	{"OneReason", (*subject).oneReason},
	{"WrappedOnce", (*subject).wrappedOnce},
	{"OneLine", (*subject).oneLine},
	{"EveryByte", (*subject).everyByte},
	{"ResponseCap", (*subject).responseCap},
	{"Secrets", (*subject).secrets},
	{"ContextBefore", (*subject).contextBefore},
	{"ContextDuring", (*subject).contextDuring},
	{"AskedOnce", (*subject).askedOnce},
	{"CallersClient", (*subject).callersClient},
	{"Connections", (*subject).connections},
	{"ConcurrentUse", (*subject).concurrentUse},
	{"Goroutines", (*subject).goroutines},
	{"Status", (*subject).status},
	{"Batch", (*subject).batch},
}

// shortTimeout bounds the calls that are meant to run into it.
const shortTimeout = 250 * time.Millisecond

// statusReasons are what HTTP statuses become where no code of the vendor decides.
var statusReasons = map[int]error{
	201: cancel.ErrUnknownOutcome, 204: cancel.ErrUnknownOutcome,
	301: cancel.ErrUnexpected, 302: cancel.ErrUnexpected, 303: cancel.ErrUnexpected,
	304: cancel.ErrUnexpected, 307: cancel.ErrUnexpected, 308: cancel.ErrUnexpected,
	400: cancel.ErrInvalid, 401: cancel.ErrAuth, 402: cancel.ErrUnexpected, 403: cancel.ErrForbidden,
	404: cancel.ErrInvalid, 405: cancel.ErrInvalid, 408: cancel.ErrUnexpected, 409: cancel.ErrUnexpected,
	410: cancel.ErrUnexpected, 413: cancel.ErrInvalid, 415: cancel.ErrInvalid, 418: cancel.ErrUnexpected,
	422: cancel.ErrInvalid, 429: cancel.ErrUnavailable,
	500: cancel.ErrUnknownOutcome, 501: cancel.ErrUnknownOutcome, 502: cancel.ErrUnknownOutcome,
	503: cancel.ErrUnavailable, 504: cancel.ErrUnknownOutcome, 599: cancel.ErrUnknownOutcome,
}

// faultReasons returns every fault of the table, and what it becomes. Refused
// connections have a rule of their own.
func faultReasons() map[Fault]error {
	reasons := map[Fault]error{}
	for status, reason := range statusReasons {
		reasons[HTTP(status)] = reason
	}
	for _, f := range Faults() {
		switch f {
		case Refuse:
		case HTTP429, HTTP503:
			reasons[f] = cancel.ErrUnavailable
		default:
			reasons[f] = cancel.ErrUnknownOutcome
		}
	}
	return reasons
}

// subject is an adapter under test, with a simulator of its own.
type subject struct {
	testing.TB
	Harness
	vendor  Vendor
	adapter cancel.Canceler
}

func newSubject(tb testing.TB, h Harness) *subject {
	tb.Helper()
	s := &subject{TB: tb, Harness: h, vendor: h.Start()}
	tb.Cleanup(s.vendor.Close)
	s.adapter = s.with(cancel.ClientOptions{})
	return s
}

func (s *subject) with(options cancel.ClientOptions) cancel.Canceler {
	s.Helper()
	adapter, err := s.vendor.Adapter(options)
	if err != nil {
		s.Fatalf("no adapter: %v", err)
	}
	return adapter
}

// failure calls the adapter with a call that is made to fail and returns the error.
func (s *subject) failure(f Fault) *cancel.Error {
	s.Helper()
	req := s.vendor.Hold(s.Kinds[0])
	s.vendor.Fail(1, f)
	_, err := s.with(cancel.ClientOptions{Timeout: timeoutOf(f)}).Cancel(s.Context(), req)
	return s.errorOf(string(f), err)
}

// timeoutOf is short for faults that are meant to run into it, and ample otherwise.
func timeoutOf(f Fault) time.Duration {
	if f == Late || f == CarriedOutThenLate {
		return shortTimeout
	}
	return 30 * time.Second
}

// errorOf returns err as the one *cancel.Error that it must be or wrap.
func (s *subject) errorOf(what string, err error) *cancel.Error {
	s.Helper()
	e, ok := errors.AsType[*cancel.Error](err)
	if !ok {
		s.Fatalf("%s: the error is no *cancel.Error: %v", what, err)
	}
	return e
}

// expect reports an error that has another reason.
func (s *subject) expect(what string, err error, reason error) {
	s.Helper()
	if !errors.Is(err, reason) {
		s.Errorf("%s: got %v, want %v", what, err, reason)
	}
}

func taken(state cancel.State) bool {
	return state == cancel.Cancelled || state == cancel.AlreadyCancelled || state == cancel.Pending
}

// A cancellation that the vendor took is told as the contract says.
func (s *subject) success() {
	for _, kind := range s.Kinds {
		req := s.vendor.Hold(kind)
		before := time.Now()
		r, err := s.adapter.Cancel(s.Context(), req)
		switch {
		case err != nil:
			s.Errorf("%s: %v", kind, err)
		case !taken(r.State):
			s.Errorf("%s: Cancel answers with the state %q", kind, r.State)
		case r.State.Settled() && !s.vendor.IsCancelled(req):
			s.Errorf("%s: %s, but the vendor has not cancelled it", kind, r.State)
		case r.Provider != s.Provider || r.ID != req.ID || r.Kind != kind:
			s.Errorf("%s: the result is of %q, %q, %q", kind, r.Provider, r.ID, r.Kind)
		case len(r.Raw) == 0:
			s.Errorf("%s: the result lacks the vendor's answer (Raw)", kind)
		case r.At.Before(before) || r.At.After(time.Now()):
			s.Errorf("%s: At is %v, which is not when the answer arrived", kind, r.At)
		}
	}
}

// What was cancelled before leaves no doubt.
func (s *subject) again() {
	req := s.vendor.Hold(s.Kinds[0])
	for range 2 {
		_, err := s.adapter.Cancel(s.Context(), req)
		if cancel.InDoubt(err) || cancel.Retryable(err) {
			s.Errorf("got %v", err)
		}
	}
}

// Nothing is cancelled that the vendor does not say is cancelled.
func (s *subject) noFalseSuccess() {
	declined := s.vendor.Hold(s.Kinds[0])
	s.vendor.Decline(declined)
	if r, err := s.adapter.Cancel(s.Context(), declined); err == nil {
		s.Errorf("%s, though the vendor declined", r.State)
	}
	for f := range faultReasons() {
		req := s.vendor.Hold(s.Kinds[0])
		s.vendor.Fail(1, f)
		if r, err := s.with(cancel.ClientOptions{Timeout: timeoutOf(f)}).Cancel(s.Context(), req); err == nil {
			s.Errorf("%s, though the answer was spoiled: %s", r.State, f)
		}
	}
}

func (s *subject) unsupportedKinds() {
	for _, kind := range []cancel.Kind{
		"", "Payment ", "anything",
		cancel.Invoice, cancel.PrimarySectorInvoice, cancel.Payment, cancel.PreAuthorization, cancel.Document,
	} {
		if slices.Contains(s.Kinds, kind) {
			continue
		}
		req := s.vendor.Hold(s.Kinds[0])
		req.Kind = kind
		_, err := s.adapter.Cancel(s.Context(), req)
		s.expect(fmt.Sprintf("Kind %q", kind), err, cancel.ErrInvalid)
		for _, known := range s.Kinds {
			if err != nil && !strings.Contains(err.Error(), string(known)) {
				s.Errorf("Kind %q: the message does not list %q: %v", kind, known, err)
			}
		}
	}
	s.unasked()
}

func (s *subject) malformed() {
	for _, req := range s.Malformed {
		_, err := s.adapter.Cancel(s.Context(), req)
		s.expect(fmt.Sprintf("%+v", req), err, cancel.ErrInvalid)
	}
	s.unasked()
}

func (s *subject) unasked() {
	s.Helper()
	if n := len(s.vendor.Calls()); n > 0 {
		s.Errorf("%d calls reached the vendor", n)
	}
}

// What happens on the way becomes what the contract's table says.
func (s *subject) faultTable() {
	for f, reason := range faultReasons() {
		s.expect(string(f), s.failure(f), reason)
	}
}

func (s *subject) refused() {
	req := s.vendor.Hold(s.Kinds[0])
	s.vendor.Close()
	_, err := s.adapter.Cancel(s.Context(), req)
	s.expect("a refused connection", err, cancel.ErrUnavailable)
}

func (s *subject) retryAfter() {
	for _, f := range []Fault{HTTP429, HTTP503} {
		if got := s.failure(f.RetryAfter(7 * time.Second)).RetryAfter; got != 7*time.Second {
			s.Errorf("%s: the vendor asked for 7s, RetryAfter is %v", f, got)
		}
		if got := s.failure(f).RetryAfter; got != 0 {
			s.Errorf("%s: the vendor asked for nothing, RetryAfter is %v", f, got)
		}
	}
}

// everyError returns errors of all sorts, each with what caused it.
func (s *subject) everyError() map[string]error {
	all := map[string]error{}
	for _, f := range []Fault{Late, ResetAfterReading, CutBody, HTML, HTTP(400), HTTP(401), HTTP(403), HTTP429, HTTP500, HTTP503, SOAPFault, WrongCharset} {
		req := s.vendor.Hold(s.Kinds[0])
		s.vendor.Fail(1, f)
		_, all[string(f)] = s.with(cancel.ClientOptions{Timeout: timeoutOf(f)}).Cancel(s.Context(), req)
	}
	declined := s.vendor.Hold(s.Kinds[0])
	s.vendor.Decline(declined)
	_, all["declined"] = s.adapter.Cancel(s.Context(), declined)
	declined.Kind = "anything"
	_, all["another kind"] = s.adapter.Cancel(s.Context(), declined)
	for i, req := range s.Malformed {
		_, all[fmt.Sprint("malformed ", i)] = s.adapter.Cancel(s.Context(), req)
	}
	ctx, stop := context.WithCancel(s.Context())
	stop()
	_, all["a context that has ended"] = s.adapter.Cancel(ctx, s.vendor.Hold(s.Kinds[0]))
	return all
}

func (s *subject) oneReason() {
	for what, err := range s.everyError() {
		var reasons []error
		for _, reason := range cancel.Reasons() {
			if errors.Is(err, reason) {
				reasons = append(reasons, reason)
			}
		}
		e := s.errorOf(what, err)
		if len(reasons) != 1 || e.Reason != reasons[0] {
			s.Errorf("%s: the error matches %v and has the Reason %v", what, reasons, e.Reason)
		}
		if e.Provider != s.Provider || e.Op == "" {
			s.Errorf("%s: the error is of Provider %q, Op %q", what, e.Provider, e.Op)
		}
	}
}

// An error is wrapped once: its cause is no *cancel.Error again.
func (s *subject) wrappedOnce() {
	for what, err := range s.everyError() {
		e := s.errorOf(what, err)
		if inner, twice := errors.AsType[*cancel.Error](e.Err); twice {
			s.Errorf("%s: the cause of the error is one itself: %v", what, inner)
		}
	}
}

func (s *subject) oneLine() {
	for what, err := range s.everyError() {
		text := s.errorOf(what, err).Error()
		if err.Error() != text {
			text = err.Error()
		}
		if text == "" || len(text) > 500 || strings.ContainsFunc(text, unicode.IsControl) {
			s.Errorf("%s: the error is not one line of at most 500 bytes: %q", what, text)
		}
	}
}

// Every byte that the vendor sent reaches the caller.
func (s *subject) everyByte() {
	for _, f := range []Fault{HTML, HTTP(400), HTTP(401), HTTP500, HTTP503, SOAPFault, CutBody} {
		e := s.failure(f)
		if len(e.Raw) == 0 || e.HTTPStatus == 0 {
			s.Errorf("%s: the error has HTTPStatus %d and %d bytes of Raw", f, e.HTTPStatus, len(e.Raw))
		}
		if len(e.Raw) > 0 && strings.Contains(e.Error(), string(e.Raw)) {
			s.Errorf("%s: the text of the error holds the body", f)
		}
	}
}

func (s *subject) responseCap() {
	const limit = 10_000
	req := s.vendor.Hold(s.Kinds[0])
	s.vendor.Fail(1, EndlessBody)
	_, err := s.with(cancel.ClientOptions{MaxResponseBytes: limit, Timeout: 30 * time.Second}).Cancel(s.Context(), req)
	s.expect("an endless body", err, cancel.ErrUnknownOutcome)
	if n := len(s.errorOf("an endless body", err).Raw); n == 0 || n > limit {
		s.Errorf("Raw has %d bytes, of at most %d", n, limit)
	}
}

func (s *subject) secrets() {
	shown := map[string]string{}
	for what, err := range s.everyError() {
		shown[what] = err.Error()
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown["the adapter under "+verb] = fmt.Sprintf(verb, s.adapter)
	}
	if text, err := json.Marshal(s.adapter); err == nil {
		shown["the adapter as JSON"] = string(text)
	}
	for _, secret := range s.Secrets {
		for what, text := range shown {
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				s.Errorf("%s shows a secret", what)
			}
		}
	}
}

func (s *subject) contextBefore() {
	ctx, stop := context.WithCancel(s.Context())
	stop()
	_, err := s.adapter.Cancel(ctx, s.vendor.Hold(s.Kinds[0]))
	s.expect("a context that has ended", err, cancel.ErrUnavailable)
	s.expect("a context that has ended", err, context.Canceled)
	s.unasked()
}

func (s *subject) contextDuring() {
	ctx, stop := context.WithTimeout(s.Context(), shortTimeout)
	defer stop()
	req := s.vendor.Hold(s.Kinds[0])
	s.vendor.Fail(1, Late)
	_, err := s.adapter.Cancel(ctx, req)
	s.expect("a context that ends", err, cancel.ErrUnknownOutcome)
	s.expect("a context that ends", err, context.DeadlineExceeded)
}

// Cancel asks once, whatever the answer: to ask again is for the caller to decide.
func (s *subject) askedOnce() {
	for _, f := range []Fault{HTTP(302), HTTP(307), HTTP(401), HTTP429, HTTP500, HTTP503, ResetAfterReading, CutBody, HTML} {
		before := len(s.vendor.Calls())
		_ = s.failure(f)
		if n := len(s.vendor.Calls()) - before; n != 1 {
			s.Errorf("%s: the vendor was asked %d times", f, n)
		}
	}
}

// The caller's http.Client is used, and left as it is.
func (s *subject) callersClient() {
	transport := &counting{RoundTripper: http.DefaultTransport}
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	s.vendor.Fail(1, HTTP(302))
	adapter := s.with(cancel.ClientOptions{HTTPClient: client})
	_, err := adapter.Cancel(s.Context(), s.vendor.Hold(s.Kinds[0]))
	s.expect("a redirect", err, cancel.ErrUnexpected)
	if n := transport.count(); n != 1 {
		s.Errorf("the caller's http.Client sent %d requests", n)
	}
	if client.Transport != transport || client.CheckRedirect != nil || client.Jar != nil || client.Timeout != time.Minute {
		s.Errorf("the caller's http.Client was changed")
	}
}

type counting struct {
	http.RoundTripper
	mu sync.Mutex
	n  int
}

func (c *counting) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	return c.RoundTripper.RoundTrip(req)
}

func (c *counting) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// Calls one after another share a connection, those that fail with a body included.
func (s *subject) connections() {
	for i := range 20 {
		if i%5 == 4 {
			s.vendor.Fail(1, HTTP500)
		}
		_, _ = s.adapter.Cancel(s.Context(), s.vendor.Hold(s.Kinds[0]))
	}
	if n := s.vendor.Connections(); n != 1 {
		s.Errorf("20 calls opened %d connections", n)
	}
}

func (s *subject) concurrentUse() {
	var calls sync.WaitGroup
	for _, kind := range s.Kinds {
		for range 32 {
			req := s.vendor.Hold(kind)
			calls.Go(func() {
				r, err := s.adapter.Cancel(s.Context(), req)
				if err != nil || r.ID != req.ID || r.Kind != kind {
					s.Errorf("%s: got the result of %q, %v", req.ID, r.ID, err)
				}
			})
		}
	}
	calls.Wait()
}

func (s *subject) goroutines() {
	before := goleak.IgnoreCurrent()
	vendor := s.Start()
	adapter, err := vendor.Adapter(cancel.ClientOptions{Timeout: shortTimeout})
	if err != nil {
		s.Fatalf("no adapter: %v", err)
	}
	for _, f := range []Fault{"", Late, CutBody, EndlessBody, ResetAfterReading, HTTP500} {
		if f != "" {
			vendor.Fail(1, f)
		}
		_, _ = adapter.Cancel(s.Context(), vendor.Hold(s.Kinds[0]))
	}
	vendor.Close()
	if err := goleak.Find(before); err != nil {
		s.Errorf("goroutines left behind: %v", err)
	}
}

// Status changes nothing, so that no failure of it leaves anything in doubt.
func (s *subject) status() {
	checker, ok := s.adapter.(cancel.StatusChecker)
	if !ok {
		s.Skip("the adapter has no Status")
	}
	req := s.vendor.Hold(s.Kinds[0])
	if _, err := checker.Status(s.Context(), req); errors.Is(err, errors.ErrUnsupported) {
		s.Skip("the adapter, as configured, has no Status")
	}
	if _, err := s.adapter.Cancel(s.Context(), req); err != nil {
		s.Fatalf("Cancel: %v", err)
	}
	switch r, err := checker.Status(s.Context(), req); {
	case err != nil:
		s.Errorf("Status of what was cancelled: %v", err)
	case !taken(r.State):
		s.Errorf("Status of what was cancelled: %q", r.State)
	case r.Provider != s.Provider || r.ID != req.ID || r.Kind != req.Kind || len(r.Raw) == 0 || r.At.IsZero():
		s.Errorf("Status: the result is incomplete: %q, %q, %q, %d bytes of Raw", r.Provider, r.ID, r.Kind, len(r.Raw))
	}
	for f, reason := range faultReasons() {
		if reason == cancel.ErrUnknownOutcome {
			reason = cancel.ErrUnavailable
		}
		limited, _ := s.with(cancel.ClientOptions{Timeout: timeoutOf(f)}).(cancel.StatusChecker)
		s.vendor.Fail(1, f)
		_, err := limited.Status(s.Context(), req)
		s.expect("Status: "+string(f), err, reason)
	}
}

// A batch answers each request in its place, by one call.
func (s *subject) batch() {
	batcher, ok := s.adapter.(cancel.BatchCanceler)
	if !ok {
		s.Skip("the adapter has no CancelBatch")
	}
	good := s.vendor.Hold(s.Kinds[0])
	declined := s.vendor.Hold(s.Kinds[0])
	s.vendor.Decline(declined)
	other := s.vendor.Hold(s.Kinds[0])
	malformed := other
	malformed.Kind = "anything"
	reqs := []cancel.Request{malformed, good, declined, good, other}
	items := batcher.CancelBatch(s.Context(), reqs)
	if len(items) != len(reqs) {
		s.Fatalf("%d items for %d requests", len(items), len(reqs))
	}
	for i, item := range items {
		if item.Request != reqs[i] {
			s.Errorf("item %d is of another request", i)
		}
		switch {
		case i == 0:
			s.expect("a malformed request in a batch", item.Err, cancel.ErrInvalid)
		case i == 2 && item.Err == nil:
			s.Errorf("%s, though the vendor declined", item.Result.State)
		case i != 2 && (item.Err != nil || !taken(item.Result.State) || item.Result.ID != reqs[i].ID):
			s.Errorf("item %d: %q of %q, %v", i, item.Result.State, item.Result.ID, item.Err)
		}
	}
	if n := len(s.vendor.Calls()); n != 1 {
		s.Errorf("a batch made %d calls", n)
	}
	for f, reason := range map[Fault]error{HTTP500: cancel.ErrUnknownOutcome, HTTP503: cancel.ErrUnavailable, HTML: cancel.ErrUnknownOutcome} {
		s.vendor.Fail(1, f)
		for _, item := range batcher.CancelBatch(s.Context(), []cancel.Request{s.vendor.Hold(s.Kinds[0]), s.vendor.Hold(s.Kinds[0])}) {
			s.expect("a batch: "+string(f), item.Err, reason)
		}
	}
	if n := batcher.MaxBatch(); n < 1 {
		s.Errorf("MaxBatch is %d", n)
	}
	if items := batcher.CancelBatch(s.Context(), nil); len(items) != 0 {
		s.Errorf("%d items for no request", len(items))
	}
}
