package canceltest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"go.uber.org/goleak"
	"golang.org/x/net/http2"

	"github.com/unified-cancel/cancel"
)

var rules = []rule{
	{"Success", (*subject).success},
	{"Again", (*subject).again},
	{"NoFalseSuccess", (*subject).noFalseSuccess},
	{"OtherID", (*subject).otherID},
	{"UnsupportedKinds", (*subject).unsupportedKinds},
	{"Malformed", (*subject).malformed},
	{"Validate", (*subject).validate},
	{"Options", (*subject).options},
	{"FaultTable", (*subject).faultTable},
	{"Refused", (*subject).refused},
	{"RetryAfter", (*subject).retryAfter},
	{"OneReason", eachError((*subject).oneReason)},
	{"WrappedOnce", eachError((*subject).wrappedOnce)},
	{"OneLine", eachError((*subject).oneLine)},
	{"EveryByte", (*subject).everyByte},
	{"ResponseCap", (*subject).responseCap},
	{"Secrets", (*subject).secrets},
	{"EchoedSecret", (*subject).echoedSecret},
	{"Evidence", (*subject).evidence},
	{"ContextBefore", (*subject).contextBefore},
	{"ContextDuring", (*subject).contextDuring},
	{"AskedOnce", (*subject).askedOnce},
	{"SentOnce", (*subject).sentOnce},
	{"CallersClient", (*subject).callersClient},
	{"Connections", (*subject).connections},
	{"ConcurrentUse", (*subject).concurrentUse},
	{"Goroutines", (*subject).goroutines},
	{"Status", (*subject).status},
	{"StatusOfWhatStands", (*subject).statusOfWhatStands},
	{"Preflight", (*subject).preflight},
	{"Batch", (*subject).batch},
}

func taken(state cancel.State) bool { return state.IsCancelled() || state == cancel.Pending }

// A cancellation that the vendor took has the result that the contract says.
func (s *subject) success() {
	recorder, client := newRecorder()
	adapter := s.with(cancel.ClientOptions{HTTPClient: client})
	req := s.hold()
	before := time.Now()
	r, err := adapter.Cancel(s.Context(), req)
	switch {
	case err != nil:
		s.Errorf("%v", err)
	case !taken(r.State):
		s.Errorf("Cancel answers with the state %q", r.State)
	case r.State.Settled() && !s.vendor.IsCancelled(req):
		s.Errorf("%s, but the vendor has not cancelled it", r.State)
	case !s.isAbout(req, r.Provider, r.ID, r.Kind):
		s.Errorf("the result is about %q, %q, %q", r.Provider, r.ID, r.Kind)
	case !bytes.Equal(r.Raw, recorder.body.Bytes()):
		s.Errorf("Raw is not the vendor's answer")
	case r.At.Before(before) || r.At.After(time.Now()):
		s.Errorf("At is %v, and the answer arrived at another time", r.At)
	}
}

// A second cancellation leaves no doubt.
func (s *subject) again() {
	req := s.hold()
	for range 2 {
		_, err := s.adapter.Cancel(s.Context(), req)
		s.assert(!cancel.InDoubt(err) && !cancel.Retryable(err), "got %v", err)
	}
}

// Nothing is cancelled unless the vendor says so.
func (s *subject) noFalseSuccess() {
	for what, err := range s.everyError() {
		s.assert(err != nil, "a success, though the call failed: %s", what)
	}
}

// An answer about another thing does not prove that this one is cancelled.
func (s *subject) otherID() {
	if s.Mistake == nil {
		s.Skip("the vendor's answers name no thing")
	}
	req, other := s.hold(), s.hold()
	if _, err := s.adapter.Cancel(s.Context(), other); err != nil {
		s.Fatalf("%v", err)
	}
	s.Mistake(s.vendor, req, other)
	if r, _ := s.adapter.Cancel(s.Context(), req); r.State.IsCancelled() && !s.vendor.IsCancelled(req) {
		s.Errorf("Cancel says %s by an answer about another ID", r.State)
	}
	req = s.hold()
	s.Mistake(s.vendor, req, other)
	if checker, ok := s.adapter.(cancel.StatusChecker); ok {
		if r, _ := checker.Status(s.Context(), req); r.State.IsCancelled() {
			s.Errorf("Status says %s by an answer about another ID", r.State)
		}
	}
}

// unsupported are requests of kinds that Cancel does not take.
func (s *subject) unsupported() (reqs []cancel.Request) {
	for _, kind := range []cancel.Kind{
		"", "Payment ", "anything",
		cancel.Invoice, cancel.PrimarySectorInvoice, cancel.Payment, cancel.PreAuthorization, cancel.Document,
	} {
		if !slices.Contains(s.Kinds, kind) {
			req := s.hold()
			req.Kind = kind
			reqs = append(reqs, req)
		}
	}
	return reqs
}

func (s *subject) unsupportedKinds() {
	for _, req := range s.unsupported() {
		_, err := s.adapter.Cancel(s.Context(), req)
		s.expect(fmt.Sprintf("Kind %q", req.Kind), err, cancel.ErrInvalid)
		for _, known := range s.Kinds {
			s.assert(strings.Contains(fmt.Sprint(err), string(known)), "Kind %q: the message does not list %q: %v", req.Kind, known, err)
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

// Validate refuses exactly what Cancel refuses unsent.
func (s *subject) validate() {
	validator, ok := s.adapter.(cancel.Validator)
	if !ok {
		s.Skip("the adapter has no Validate")
	}
	for _, req := range slices.Concat(s.Malformed, s.unsupported()) {
		err := validator.Validate(req)
		s.expect(fmt.Sprintf("Validate(%+v)", req), err, cancel.ErrInvalid)
		if _, refused := s.adapter.Cancel(s.Context(), req); err != nil && refused != nil && err.Error() != refused.Error() {
			s.Errorf("Validate says %q, and Cancel %q", err, refused)
		}
	}
	err := validator.Validate(s.hold())
	s.assert(err == nil, "Validate refuses what Cancel takes: %v", err)
	s.unasked()
}

// The caller's options are checked, and used.
func (s *subject) options() {
	for name, wrong := range map[string]cancel.ClientOptions{
		"a negative Timeout":          {Timeout: -1},
		"a negative MaxResponseBytes": {MaxResponseBytes: -1},
		"a UserAgent of two lines":    {UserAgent: "a\nb"},
	} {
		_, err := s.vendor.Adapter(wrong)
		s.expect(name, err, cancel.ErrInvalid)
	}

	const userAgent = "canceltest/1"
	recorder, client := newRecorder()
	_, _ = s.with(cancel.ClientOptions{HTTPClient: client, UserAgent: userAgent}).Cancel(s.Context(), s.hold())
	for _, request := range recorder.requests {
		got := request.UserAgent()
		s.assert(got == userAgent, "the UserAgent %q travels as %q", userAgent, got)
	}

	s.vendor.Fail(1, Delay(30*shortTimeout))
	_, err := s.with(cancel.ClientOptions{Timeout: shortTimeout}).Cancel(s.Context(), s.hold())
	s.expect("a call that takes longer than the Timeout", err, context.DeadlineExceeded)
}

// shortTimeout is for calls that are not answered in time.
const shortTimeout = 100 * time.Millisecond

// A fault has the reason that the contract's table says.
func (s *subject) faultTable() {
	for f, reason := range s.faultReasons() {
		s.expect(string(f), s.failure(f), reason)
	}
}

func (s *subject) refused() {
	req := s.hold()
	s.vendor.Close()
	_, err := s.adapter.Cancel(s.Context(), req)
	s.expect("a refused connection", err, cancel.ErrUnavailable)
}

func (s *subject) retryAfter() {
	for _, f := range []Fault{HTTP429, HTTP503} {
		for fault, want := range map[Fault]time.Duration{f: 0, f.RetryAfter(7 * time.Second): 7 * time.Second} {
			got := s.failure(fault).RetryAfter
			s.assert(got == want, "%s: RetryAfter is %v", fault, got)
		}
	}
}

// everyError returns errors of all sorts, each with its cause.
func (s *subject) everyError() map[string]error {
	all := map[string]error{}
	for f := range s.faultReasons() {
		req := s.hold()
		ctx := s.fail(f)
		_, all[string(f)] = s.adapter.Cancel(ctx, req)
	}
	declined := s.hold()
	s.vendor.Decline(declined, "")
	_, all["declined"] = s.adapter.Cancel(s.Context(), declined)
	ctx, stop := context.WithCancel(s.Context())
	stop()
	_, all["a context that has ended"] = s.adapter.Cancel(ctx, s.hold())
	for i, req := range append(s.unsupported(), s.Malformed...) {
		_, all[fmt.Sprint("refused unsent ", i)] = s.adapter.Cancel(s.Context(), req)
	}
	return all
}

// eachError returns the check of a rule that holds for each error.
func eachError(check func(s *subject, what string, err error, e *cancel.Error)) func(*subject) {
	return func(s *subject) {
		for what, err := range s.everyError() {
			check(s, what, err, s.errorOf(what, err))
		}
	}
}

func (s *subject) oneReason(what string, err error, e *cancel.Error) {
	var reasons []error
	for _, reason := range cancel.Reasons() {
		if errors.Is(err, reason) {
			reasons = append(reasons, reason)
		}
	}
	s.assert(len(reasons) == 1 && e.Reason == reasons[0], "%s: the error matches %v and has the Reason %v", what, reasons, e.Reason)
	s.assert(e.Provider == s.Provider && e.Op != "", "%s: the error is of Provider %q, Op %q", what, e.Provider, e.Op)
}

// An error is wrapped once: its cause is not a *cancel.Error.
func (s *subject) wrappedOnce(what string, _ error, e *cancel.Error) {
	inner, twice := errors.AsType[*cancel.Error](e.Err)
	s.assert(!twice, "%s: the cause of the error is a *cancel.Error, too: %v", what, inner)
}

func (s *subject) oneLine(what string, err error, _ *cancel.Error) {
	if text := err.Error(); text == "" || len(text) > 500 || strings.ContainsFunc(text, unicode.IsControl) {
		s.Errorf("%s: the error is not one line of at most 500 bytes: %q", what, text)
	}
}

// Every byte that the vendor sent reaches the caller.
func (s *subject) everyByte() {
	recorder, client := newRecorder()
	s.adapter = s.with(cancel.ClientOptions{HTTPClient: client})
	for _, f := range []Fault{HTML, HTTP(400), HTTP(401), HTTP500, HTTP503, SOAPFault, CutBody} {
		e := s.failure(f)
		if e.HTTPStatus != recorder.status || !bytes.Equal(e.Raw, recorder.body.Bytes()) {
			s.Errorf("%s: the error has HTTPStatus %d and %d bytes of Raw, the answer %d and %d bytes", f, e.HTTPStatus, len(e.Raw), recorder.status, recorder.body.Len())
		}
		s.assert(f == CutBody || len(e.Raw) > 0, "%s: the answer was not read", f)
		s.assert(len(e.Raw) == 0 || !strings.Contains(e.Error(), string(e.Raw)), "%s: the text of the error holds the body", f)
	}
}

func (s *subject) responseCap() {
	const limit = 10_000
	s.adapter = s.with(cancel.ClientOptions{MaxResponseBytes: limit})
	e := s.failure(EndlessBody)
	s.expect("an endless body", e, cancel.ErrUnknownOutcome)
	if n := len(e.Raw); e.HTTPStatus != 0 && n == 0 || n > limit { // without a body the connection breaks
		s.Errorf("Raw has %d bytes, of at most %d", n, limit)
	}
}

func (s *subject) secrets() {
	for what, err := range s.everyError() {
		s.hidden(what, fmt.Sprint(err)) // nil after a false success
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		s.hidden("the adapter under "+verb, fmt.Sprintf(verb, s.adapter))
	}
	if text, err := json.Marshal(s.adapter); err == nil {
		s.hidden("the adapter as JSON", string(text))
	}
}

// hidden reports a text that shows a secret.
func (s *subject) hidden(what, text string) {
	s.Helper()
	for _, secret := range s.Secrets {
		for _, form := range append(spellings(secret), fmt.Sprintf("%x", secret)) {
			s.assert(!strings.Contains(text, form), "%s shows a secret", what)
		}
	}
}

// spellings are the ways in which a secret may be echoed.
func spellings(secret string) []string {
	return []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))}
}

// A secret that the vendor or a transport echoes is replaced.
func (s *subject) echoedSecret() {
	for _, secret := range s.Secrets {
		for _, form := range spellings(secret) {
			req := s.hold()
			s.vendor.Decline(req, "not with "+form+" today")
			_, err := s.adapter.Cancel(s.Context(), req)
			e := s.errorOf("a declined cancellation", err)
			s.hidden("an error of the vendor", e.Error()+e.Message+e.Code)

			broken := &http.Client{Transport: failing{errors.New("proxy refuses " + form)}}
			_, err = s.with(cancel.ClientOptions{HTTPClient: broken}).Cancel(s.Context(), s.hold())
			e = s.errorOf("a transport that fails", err)
			s.hidden("an error of the transport", fmt.Sprint(e.Error(), e.Message, e.Err))
		}
	}
}

// failing is a transport that fails.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// A Client that gathers evidence gets the exchange.
func (s *subject) evidence() {
	var mu sync.Mutex
	var all []cancel.Evidence
	client := cancel.NewClient(map[string]cancel.Canceler{"": s.adapter}, cancel.WithEvidence(func(_ context.Context, e cancel.Evidence) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, e)
	}), cancel.WithMaxAttempts(1))
	for f, status := range map[Fault]int{"": 0, HTTP(401): 401, HTTP503: 503} {
		what := fmt.Sprintf("%q", f)
		req := s.hold()
		req.Provider = ""
		if f != "" {
			s.vendor.Fail(1, f)
		}
		all = nil
		before := time.Now().Add(-time.Second)
		_, _ = client.Cancel(s.Context(), req)
		if len(all) == 0 {
			s.Fatalf("%s: no evidence", what)
		}
		e := all[0]
		if e.Operation == "" || e.Endpoint == "" || e.HTTPStatus == 0 || status != 0 && e.HTTPStatus != status {
			s.Errorf("%s: the evidence is of operation %q at %q with HTTP status %d: see cancel.ReportExchange", what, e.Operation, e.Endpoint, e.HTTPStatus)
		}
		s.assert(!e.SentAt.Before(before) && !e.AnsweredAt.Before(e.SentAt), "%s: sent at %v, answered at %v", what, e.SentAt, e.AnsweredAt)
		s.assert(!strings.Contains(e.Endpoint, "?"), "%s: the endpoint has its query: %s", what, e.Endpoint)
		s.hidden("the evidence", fmt.Sprintf("%+v", e))
	}

	req := s.hold()
	req.Provider = ""
	all = nil
	if _, err := client.Status(s.Context(), req); !errors.Is(err, errors.ErrUnsupported) {
		s.assert(len(all) > 0 && all[0].Operation != "", "Status: the evidence is of no operation: see cancel.ReportExchange")
	}
}

func (s *subject) contextBefore() {
	ctx, stop := context.WithCancel(s.Context())
	stop()
	_, err := s.adapter.Cancel(ctx, s.hold())
	s.expect("a context that has ended", err, cancel.ErrUnavailable)
	s.expect("a context that has ended", err, context.Canceled)
	s.unasked()
}

func (s *subject) contextDuring() {
	err := s.failure(Late)
	s.expect("a context that ends", err, cancel.ErrUnknownOutcome)
	s.expect("a context that ends", err, context.Canceled)
}

// Cancel asks once after any answer: the caller decides whether to ask again.
func (s *subject) askedOnce() {
	for _, f := range []Fault{HTTP(302), HTTP(307), HTTP(401), HTTP429, HTTP500, HTTP503, ResetAfterReading, CutBody, HTML} {
		n := s.times(f)
		s.assert(n == 1, "%s: the vendor was asked %d times", f, n)
	}
}

// Nothing below an adapter sends a cancellation again, not even a caller's *http.Transport.
// net/http does so over HTTP/2 if a request has a GetBody, and over HTTP/1.1 if it
// also has a header Idempotency-Key.
func (s *subject) sentOnce() {
	transport := &http.Transport{}
	s.adapter = s.with(cancel.ClientOptions{HTTPClient: &http.Client{Transport: transport}})
	for _, f := range []Fault{ResetAfterReading, ResetBeforeReading} {
		_ = s.failure(HTTP503) // now there is a connection to be reset
		n := s.times(f)
		s.assert(n == 1, "over HTTP/1.1 a request is sent %d times: %s", n, f)
	}
	transport.CloseIdleConnections()

	for what, misbehave := range map[string]func(*http2.Framer, uint32) error{
		"RST_STREAM(PROTOCOL_ERROR)": func(f *http2.Framer, stream uint32) error {
			return f.WriteRSTStream(stream, http2.ErrCodeProtocol)
		},
		"RST_STREAM(REFUSED_STREAM)": func(f *http2.Framer, stream uint32) error {
			return f.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
		},
		"GOAWAY": func(f *http2.Framer, _ uint32) error {
			return f.WriteGoAway(0, http2.ErrCodeNo, nil)
		},
	} {
		var err error
		sent := overHTTP2(misbehave, func(client *http.Client) {
			_, err = s.with(cancel.ClientOptions{HTTPClient: client}).Cancel(s.Context(), s.hold())
		})
		s.assert(sent == 1, "over HTTP/2 a request is sent %d times: %s after reading", sent, what)
		if err == nil || errors.Is(err, cancel.ErrUnavailable) && what != "RST_STREAM(REFUSED_STREAM)" && what != "GOAWAY" {
			s.Errorf("%s after the request was read: %v", what, err)
		}
	}
}

// The caller's http.Client is used, and left as it is.
func (s *subject) callersClient() {
	recorder, client := newRecorder()
	client.Timeout = time.Minute
	adapter := s.with(cancel.ClientOptions{HTTPClient: client})
	s.vendor.Fail(1, HTTP(302))
	_, err := adapter.Cancel(s.Context(), s.hold())
	s.expect("a redirect", err, cancel.ErrUnexpected)
	n := len(recorder.requests)
	s.assert(n == 1, "the caller's http.Client sent %d requests", n)
	unchanged := client.Transport == recorder && client.CheckRedirect == nil && client.Jar == nil && client.Timeout == time.Minute
	s.assert(unchanged, "the caller's http.Client was changed")
}

// Calls one after another share a connection, also after failures that have a body.
func (s *subject) connections() {
	for i := range 20 {
		if i%2 == 1 {
			s.vendor.Fail(1, HTTP500)
		}
		_, _ = s.adapter.Cancel(s.Context(), s.hold())
	}
	n := s.vendor.Connections() // net/http gives one up if its goroutines wait 50 ms for a core
	s.assert(n <= 5, "20 calls opened %d connections", n)
}

func (s *subject) concurrentUse() {
	var calls sync.WaitGroup
	for range 32 {
		req := s.hold()
		calls.Go(func() {
			r, err := s.adapter.Cancel(s.Context(), req)
			s.assert(err == nil && r.ID == req.ID && r.Kind == s.kind, "%s: got the result of %q, %v", req.ID, r.ID, err)
		})
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
		_, _ = adapter.Cancel(s.Context(), vendor.Hold(s.kind))
	}
	vendor.Close()
	leak := goleak.Find(before)
	s.assert(leak == nil, "goroutines left behind: %v", leak)
}

// Status changes nothing, so its failures leave nothing in doubt.
func (s *subject) status() {
	req := s.hold()
	// net/http repeats a GET by itself if a connection breaks that it had kept.
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	checker := s.statusOf(s.with(cancel.ClientOptions{HTTPClient: fresh, MaxResponseBytes: 1 << 20}), req)
	if _, err := s.adapter.Cancel(s.Context(), req); err != nil {
		s.Fatalf("Cancel: %v", err)
	}
	switch r, err := checker.Status(s.Context(), req); {
	case err != nil:
		s.Errorf("Status of what was cancelled: %v", err)
	case !taken(r.State):
		s.Errorf("Status of what was cancelled: %q", r.State)
	case !s.isAbout(req, r.Provider, r.ID, r.Kind) || len(r.Raw) == 0 || r.At.IsZero():
		s.Errorf("Status: the result is incomplete: %q, %q, %q, %d bytes of Raw", r.Provider, r.ID, r.Kind, len(r.Raw))
	}
	for f, reason := range s.faultReasons() {
		if reason == cancel.ErrUnknownOutcome {
			reason = cancel.ErrUnavailable
		}
		ctx := s.fail(f)
		_, err := checker.Status(ctx, req)
		s.expect("Status, "+string(f), err, reason)
	}
}

// Status does not call something cancelled that nobody has cancelled.
func (s *subject) statusOfWhatStands() {
	req := s.hold()
	checker := s.statusOf(s.adapter, req)
	if r, err := checker.Status(s.Context(), req); err == nil && r.State != cancel.NotCancelled {
		s.Errorf("Status of what stands: %q", r.State)
	}
	s.vendor.Decline(req, "")
	_, _ = s.adapter.Cancel(s.Context(), req)
	if r, _ := checker.Status(s.Context(), req); r.State.IsCancelled() {
		s.Errorf("Status of what the vendor declined to cancel: %q", r.State)
	}
}

// Preflight changes nothing.
func (s *subject) preflight() {
	adapter, ok := s.adapter.(cancel.Preflighter)
	if !ok {
		s.Skip("the adapter has no Preflight")
	}
	req := s.hold()
	p, err := adapter.Preflight(s.Context(), req)
	if errors.Is(err, errors.ErrUnsupported) {
		s.Skip("the adapter, as configured, has no Preflight")
	}
	switch {
	case err != nil:
		s.Errorf("Preflight: %v", err)
	case p.Verdict == "" || p.Verdict == cancel.Done || p.Verdict == cancel.UnderWay:
		s.Errorf("Preflight of what stands: %q", p.Verdict)
	case !s.isAbout(req, p.Provider, p.ID, p.Kind) || p.At.IsZero():
		s.Errorf("Preflight: the answer is about %q, %q, %q", p.Provider, p.ID, p.Kind)
	case s.vendor.IsCancelled(req) || slices.ContainsFunc(s.vendor.Calls(), func(c Call) bool { return c.Carried }):
		s.Errorf("Preflight has changed something")
	}
	s.vendor.Fail(1, HTTP500)
	_, err = adapter.Preflight(s.Context(), req)
	s.expect("Preflight, HTTP 500", err, cancel.ErrUnavailable)
}

// A batch answers each request in its place, by one call.
func (s *subject) batch() {
	batcher, ok := s.adapter.(cancel.BatchCanceler)
	if !ok {
		s.Skip("the adapter has no CancelBatch")
	}
	good, declined, other := s.hold(), s.hold(), s.hold()
	s.vendor.Decline(declined, "")
	malformed := other
	malformed.Kind = "anything"
	reqs := []cancel.Request{malformed, good, declined, good, other}
	items := batcher.CancelBatch(s.Context(), reqs)
	if len(items) != len(reqs) {
		s.Fatalf("%d items for %d requests", len(items), len(reqs))
	}
	for i, item := range items {
		s.assert(item.Request == reqs[i], "item %d is of another request", i)
		switch {
		case i == 0:
			s.expect("a malformed request in a batch", item.Err, cancel.ErrInvalid)
		case i == 2 && item.Err == nil:
			s.Errorf("%s, though the vendor declined", item.Result.State)
		case i != 2 && (item.Err != nil || !taken(item.Result.State) || item.Result.ID != reqs[i].ID):
			s.Errorf("item %d: %q of %q, %v", i, item.Result.State, item.Result.ID, item.Err)
		}
	}
	n := len(s.vendor.Calls())
	s.assert(n == 1, "a batch made %d calls", n)
	for f, reason := range map[Fault]error{HTTP500: cancel.ErrUnknownOutcome, HTTP503: cancel.ErrUnavailable, HTML: cancel.ErrUnknownOutcome} {
		s.vendor.Fail(1, f)
		for _, item := range batcher.CancelBatch(s.Context(), []cancel.Request{s.hold(), s.hold()}) {
			s.expect("a batch: "+string(f), item.Err, reason)
		}
	}
	s.assert(batcher.MaxBatch() >= 1, "MaxBatch is %d", batcher.MaxBatch())
	items = batcher.CancelBatch(s.Context(), nil)
	s.assert(len(items) == 0, "%d items for no request", len(items))
}
