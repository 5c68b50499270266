package canceltest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	wire "github.com/unified-cancel/cancel/adapter"
)

// The reference adapter keeps every rule. Its vendor lives in memory. It can be made to break
// one rule at a time, and the suite has to notice.

const referenceSecret = "reference/secret"

const boleto cancel.Kind = "boleto"

// referenceVendor answers POST / with the IDs that it has cancelled, of those asked for.
type referenceVendor struct {
	*Server

	mu        sync.Mutex
	held      int
	declined  map[string]string // messages by ID
	mistakes  map[string]string // other IDs by ID
	cancelled Ledger
}

type referenceQuery struct {
	Op  string   `json:"op"`
	IDs []string `json:"ids"`
}

type referenceAnswer struct {
	Cancelled []string `json:"cancelled"`
	Message   string   `json:"message,omitempty"`
}

func newReferenceVendor() *referenceVendor {
	v := &referenceVendor{declined: map[string]string{}, mistakes: map[string]string{}}
	v.Server = New(func(address string) (*Server, error) { return Listen(address, Handler{Answer: v.answer}) })
	return v
}

func (v *referenceVendor) answer(_ *http.Request, body []byte, carry bool) Reply {
	v.mu.Lock()
	defer v.mu.Unlock()
	var query referenceQuery
	if err := json.Unmarshal(body, &query); err != nil {
		return JSON(http.StatusBadRequest, "malformed")
	}
	answer := referenceAnswer{Cancelled: []string{}}
	var carried bool
	for _, id := range query.IDs {
		if other, ok := v.mistakes[id]; ok {
			id = other
		}
		message, declined := v.declined[id]
		answer.Message += message
		if query.Op == "cancel" && carry && !declined {
			v.cancelled.Add(id)
			carried = true
		}
		if v.cancelled.Has(id) {
			answer.Cancelled = append(answer.Cancelled, id)
		}
	}
	reply := JSON(http.StatusOK, answer)
	reply.Op, reply.IDs, reply.Carried = query.Op, query.IDs, carried
	return reply
}

func (v *referenceVendor) Hold(kind cancel.Kind) cancel.Request {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.held++
	return cancel.Request{Kind: kind, ID: strconv.Itoa(v.held)}
}

func (v *referenceVendor) Decline(req cancel.Request, message string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.declined[req.ID] = message
}

func (v *referenceVendor) mistake(req, other cancel.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mistakes[req.ID] = other.ID
}

func (v *referenceVendor) IsCancelled(req cancel.Request) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cancelled.Has(req.ID)
}

// reference is the adapter. Its defect names the rule that it breaks.
type reference struct {
	vendor  *referenceVendor
	via     *wire.Client
	options cancel.ClientOptions
	key     *wire.Credential
	defect  string
	Shown   string

	last  atomic.Pointer[string]
	leaks chan struct{}
}

func (v *referenceVendor) adapter(defect string, leaks chan struct{}, o cancel.ClientOptions) (cancel.Canceler, error) {
	switch defect {
	case "ResponseCap":
		o.MaxResponseBytes = 0
	case "CallersClient":
		if o.HTTPClient != nil {
			o.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		}
	case "Connections":
		o.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	case "Options: UserAgent":
		o.UserAgent = ""
	case "Options: Timeout":
		o.Timeout = max(o.Timeout, 2*time.Minute)
	case "Options":
		o.MaxResponseBytes = max(o.MaxResponseBytes, 0)
	}
	r := &reference{vendor: v, options: o, defect: defect, leaks: leaks}
	var err error
	if r.via, err = wire.NewClient(o); err != nil {
		return nil, wire.Call{Provider: "reference", Op: "New"}.Refuse(err.Error())
	}
	r.key, _ = wire.NewCredential("Key", cancel.NewSecret(referenceSecret), nil)
	if _, err := r.key.Reveal(context.Background(), wire.Call{}); err != nil {
		return nil, err
	}
	if defect == "Secrets" {
		r.Shown = referenceSecret
	}
	return r, nil
}

func (r *reference) MaxBatch() int { return 10 }

func (r *reference) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	if r.defect == "Goroutines" {
		go func() { <-r.leaks }()
	}
	item := r.do(ctx, "cancel", []cancel.Request{req})[0]
	if r.defect == "AskedOnce" && errors.Is(item.Err, cancel.ErrUnknownOutcome) {
		item = r.do(ctx, "cancel", []cancel.Request{req})[0]
	}
	return item.Result, item.Err
}

func (r *reference) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	item := r.do(ctx, "status", []cancel.Request{req})[0]
	return item.Result, item.Err
}

func (r *reference) Preflight(ctx context.Context, req cancel.Request) (cancel.Preflight, error) {
	op := "status"
	if r.defect == "Preflight" {
		op = "cancel"
	}
	item := r.do(ctx, op, []cancel.Request{req})[0]
	verdict := cancel.Cancellable
	if item.Result.State.IsCancelled() && r.defect == "" {
		verdict = cancel.Done
	}
	return cancel.Preflight{
		Provider: "reference", ID: req.ID, Kind: req.Kind, Verdict: verdict, Raw: item.Result.Raw, At: item.Result.At,
	}, item.Err
}

func (r *reference) CancelBatch(ctx context.Context, reqs []cancel.Request) []cancel.Item {
	items := r.do(ctx, "cancel", reqs)
	if r.defect == "Batch" {
		slices.Reverse(items)
	}
	return items
}

func (r *reference) Validate(req cancel.Request) error {
	if r.defect == "Validate: it sends" {
		_, err := r.Cancel(context.Background(), req)
		return err
	}
	if r.defect == "Validate" && req.Kind == "anything" {
		return nil
	}
	if e := r.refuse(r.call("cancel", req), req); e != nil {
		return e
	}
	return nil
}

var referenceID = regexp.MustCompile(`^[0-9]+$`)

func (r *reference) refuse(call wire.Call, req cancel.Request) *cancel.Error {
	switch {
	case req.Kind != cancel.Payment && req.Kind != boleto && r.defect != "UnsupportedKinds":
		return call.Refuse(fmt.Sprintf("Kind %q is not payment or boleto", req.Kind))
	case !referenceID.MatchString(req.ID) && r.defect != "Malformed":
		return call.Refuse("ID is not a number")
	}
	return nil
}

func (r *reference) call(op string, req cancel.Request) wire.Call {
	call := wire.Call{Provider: "reference", Op: op, ID: req.ID, ReadOnly: op == "status" && r.defect != "Status"}
	if r.defect != "EchoedSecret" {
		call.Redact = wire.NewRedactor(r.key)
	}
	return call
}

func (r *reference) do(ctx context.Context, op string, reqs []cancel.Request) []cancel.Item {
	items := make([]cancel.Item, len(reqs))
	query := referenceQuery{Op: op}
	for i, req := range reqs {
		items[i].Request = req
		if e := r.refuse(r.call(op, req), req); e != nil {
			items[i].Err = e
			continue
		}
		query.IDs = append(query.IDs, req.ID)
		r.last.Store(&req.ID)
	}
	if query.IDs == nil {
		return items
	}
	body, _ := json.Marshal(query)
	if r.defect == "ContextBefore" {
		ctx = context.WithoutCancel(ctx)
	}
	got := r.send(ctx, body)
	if r.defect != "Evidence" && (r.defect != "Evidence: of Status" || op != "status") {
		r.call(op, cancel.Request{}).Report(ctx, got)
	}
	if r.defect == "ConcurrentUse" {
		runtime.Gosched()
	}
	for i, req := range reqs {
		if items[i].Err == nil {
			items[i].Result, items[i].Err = r.read(r.call(op, req), req, got)
		}
	}
	return items
}

func (r *reference) send(ctx context.Context, body []byte) wire.Answer {
	header := http.Header{"Authorization": {referenceSecret}}
	if !strings.HasPrefix(r.defect, "SentOnce") || r.options.HTTPClient == nil {
		target, _ := url.Parse(r.vendor.URL)
		return r.via.Send(ctx, http.MethodPost, target, header, body)
	}
	// Most clients use http.NewRequest, which sets GetBody.
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, r.vendor.URL, bytes.NewReader(body))
	req.Header = header
	if r.defect == "SentOnce: Idempotency-Key" {
		header.Set("Idempotency-Key", "1")
		if r.options.HTTPClient.Transport.(*http.Transport).Protocols != nil {
			req.GetBody = nil // this defect is about HTTP/1.1
		}
	}
	resp, err := r.options.HTTPClient.Do(req)
	if err != nil {
		return wire.Answer{Err: err, At: time.Now()}
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return wire.Answer{Status: resp.StatusCode, Header: resp.Header, Body: text, Err: err, At: time.Now()}
}

func (r *reference) read(call wire.Call, req cancel.Request, got wire.Answer) (cancel.Result, error) {
	if r.defect == "RetryAfter" {
		got.Header = nil
	}
	var answer referenceAnswer
	err := got.Err
	if err == nil {
		err = json.Unmarshal(got.Body, &answer)
	}
	state := cancel.Cancelled
	switch {
	case r.defect == "NoFalseSuccess" && got.Status/100 == 2:
	case r.defect == "NoFalseSuccess: another Kind" && got.Status/100 == 2 && req.Kind == boleto:
	case r.defect == "OtherID" && len(answer.Cancelled) > 0:
	case err != nil || got.Status != http.StatusOK || answer.Cancelled == nil:
		return cancel.Result{}, r.spoil(call.NoAnswer(got, wire.Words{}, err), req)
	case slices.Contains(answer.Cancelled, req.ID):
	case call.Op == "status" && r.defect != "StatusOfWhatStands":
		state = cancel.NotCancelled
	case call.Op == "cancel":
		return cancel.Result{}, r.spoil(call.Fail(cancel.ErrNotCancellable, got, wire.Words{Message: answer.Message}, nil), req)
	}
	result := cancel.Result{
		Provider: "reference", ID: req.ID, Kind: req.Kind, State: state,
		Raw: got.Body, At: got.At,
	}
	switch r.defect {
	case "Success":
		result.State = cancel.NotCancelled
	case "Success: Raw":
		result.Raw = bytes.TrimSuffix(result.Raw, []byte("}"))
	case "Again":
		if slices.ContainsFunc(r.vendor.Calls()[:len(r.vendor.Calls())-1], func(c Call) bool { return c.ID == req.ID }) {
			return cancel.Result{}, call.Fail(cancel.ErrUnexpected, got, wire.Words{}, nil)
		}
	case "ConcurrentUse":
		result.ID = *r.last.Load()
	}
	return result, nil
}

// spoil breaks a rule about errors.
func (r *reference) spoil(e *cancel.Error, req cancel.Request) error {
	switch r.defect {
	case "FaultTable":
		if e.HTTPStatus >= 500 {
			e.Reason = cancel.ErrUnavailable
		}
	case "FaultTable: another Kind":
		if req.Kind == boleto && e.HTTPStatus >= 500 {
			e.Reason = cancel.ErrUnavailable
		}
	case "Refused":
		if e.HTTPStatus == 0 {
			e.Reason = cancel.ErrUnknownOutcome
		}
	case "OneReason":
		return errors.Join(e, cancel.ErrAuth)
	case "WrappedOnce":
		e.Err = &cancel.Error{Reason: e.Reason}
	case "OneLine":
		return fmt.Errorf("it went wrong:\n%w", e)
	case "EveryByte":
		e.Raw = bytes.TrimSuffix(e.Raw, []byte(">"))
	case "ContextDuring":
		e.Err = nil
	}
	return e
}

type referenceUnderTest struct {
	*referenceVendor
	defect string
	leaks  chan struct{}
}

func (u referenceUnderTest) Adapter(o cancel.ClientOptions) (cancel.Canceler, error) {
	return u.adapter(u.defect, u.leaks, o)
}

func referenceHarness(defect string, leaks chan struct{}) Harness {
	return Harness{
		Provider:  "reference",
		Kinds:     []cancel.Kind{cancel.Payment, boleto},
		Malformed: []cancel.Request{{Kind: cancel.Payment}, {Kind: cancel.Payment, ID: "x"}},
		Secrets:   []string{referenceSecret},
		Start: func() Vendor {
			return referenceUnderTest{newReferenceVendor(), defect, leaks}
		},
		Mistake: func(v Vendor, req, other cancel.Request) { v.(referenceUnderTest).mistake(req, other) },
	}
}

func TestReferenceConforms(t *testing.T) { RunConformance(t, referenceHarness("", nil)) }

// terseVendor answers PUT /ID with 204 and no body, 404 or 409.
type terseVendor struct{ *referenceVendor }

func newTerseVendor() terseVendor {
	v := terseVendor{&referenceVendor{declined: map[string]string{}}}
	v.Server = New(func(address string) (*Server, error) { return Listen(address, Handler{Answer: v.answer}) })
	return v
}

func (v terseVendor) answer(r *http.Request, _ []byte, carry bool) Reply {
	v.mu.Lock()
	defer v.mu.Unlock()
	id := strings.TrimPrefix(r.URL.Path, "/")
	reply := Reply{Status: http.StatusNoContent, Op: r.Method, IDs: []string{id}}
	switch _, declined := v.declined[id]; {
	case declined:
		reply.Status = http.StatusConflict
	case carry:
		v.cancelled.Add(id)
		reply.Carried = true
	}
	return reply
}

func (v terseVendor) Adapter(o cancel.ClientOptions) (cancel.Canceler, error) {
	via, err := wire.NewClient(o)
	if err != nil {
		return nil, wire.Call{Provider: "terse", Op: "New"}.Refuse(err.Error())
	}
	return terse{v, via}, nil
}

// terse is an adapter whose vendor says everything by the HTTP status.
type terse struct {
	vendor terseVendor
	via    *wire.Client
}

func (a terse) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	call := wire.Call{Provider: "terse", Op: "PUT", ID: req.ID}
	if req.Kind != boleto {
		return cancel.Result{}, call.Refuse("Kind must be boleto")
	}
	target, _ := url.Parse(a.vendor.URL + "/" + req.ID)
	got := a.via.Send(ctx, http.MethodPut, target, http.Header{"Idempotency-Key": {req.ID}}, nil)
	call.Report(ctx, got)
	switch {
	case got.Err != nil:
	case got.Status == http.StatusNoContent:
		return call.Done(req, cancel.Cancelled, got, wire.Words{}), nil
	case got.Status == http.StatusNotFound:
		return cancel.Result{}, call.Fail(cancel.ErrNotFound, got, wire.Words{}, nil)
	case got.Status == http.StatusConflict:
		return cancel.Result{}, call.Fail(cancel.ErrNotCancellable, got, wire.Words{}, nil)
	}
	return cancel.Result{}, call.NoAnswer(got, wire.Words{}, nil)
}

// A vendor may answer without a body, and document HTTP statuses of its own.
func TestTerseVendorConforms(t *testing.T) {
	RunConformance(t, Harness{
		Provider:   "terse",
		Kinds:      []cancel.Kind{boleto},
		Documented: map[int]error{204: nil, 404: cancel.ErrNotFound, 409: cancel.ErrNotCancellable},
		Start:      func() Vendor { return newTerseVendor() },
	})
}

// Each rule catches the adapters that break it, and no rule is without such an adapter. A
// defect has the name of the rule, perhaps with a colon and more words.
func TestConformanceCatches(t *testing.T) {
	defects := []string{
		"Evidence: of Status", "FaultTable: another Kind", "NoFalseSuccess: another Kind", "Options: Timeout", "Options: UserAgent",
		"SentOnce: Idempotency-Key", "Success: Raw", "Validate: it sends",
	}
	for _, r := range rules {
		defects = append(defects, r.name)
	}
	for _, defect := range defects {
		t.Run(defect, func(t *testing.T) {
			leaks := make(chan struct{})
			defer close(leaks)
			name, _, _ := strings.Cut(defect, ":")
			outcome := check(t, ruleNamed(t, name), referenceHarness(defect, leaks))
			assert.NotEmpty(t, outcome.complaints, "the defect goes unnoticed")
			assert.False(t, outcome.skipped)
		})
	}
}

func ruleNamed(t *testing.T, name string) rule {
	t.Helper()
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return rules[i]
}

// No rule panics because the adapter breaks another one: the suite goes on.
func TestRulesSurviveAFalseSuccess(t *testing.T) {
	for _, r := range rules {
		check(t, r, referenceHarness("NoFalseSuccess", nil))
	}
}

// A rule about an optional capability is skipped, not passed, if the adapter does not have it.
func TestConformanceSkips(t *testing.T) {
	for _, name := range []string{"Status", "StatusOfWhatStands", "Batch", "Validate", "Preflight", "OtherID"} {
		h := referenceHarness("", nil)
		start := h.Start
		h.Start = func() Vendor { return plainVendor{start()} }
		h.Mistake = nil
		outcome := check(t, ruleNamed(t, name), h)
		assert.True(t, outcome.skipped, name)
		assert.Empty(t, outcome.complaints, name)
	}
}

// plainVendor has an adapter without optional capabilities.
type plainVendor struct{ Vendor }

func (v plainVendor) Adapter(o cancel.ClientOptions) (cancel.Canceler, error) {
	adapter, err := v.Vendor.Adapter(o)
	return struct{ cancel.Canceler }{adapter}, err
}

// check runs one rule and returns its complaints.
func check(t *testing.T, r rule, h Harness) *outcome {
	t.Helper()
	v := &outcome{TB: t}
	for _, kind := range h.Kinds {
		done := make(chan struct{})
		go func() {
			defer close(done) // Fatalf and Skip end the goroutine
			r.check(newSubject(v, h, kind))
		}()
		<-done
	}
	return v
}

// outcome is a testing.TB that keeps the complaints.
type outcome struct {
	testing.TB
	mu         sync.Mutex
	complaints []string
	skipped    bool
}

func (v *outcome) Errorf(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.complaints = append(v.complaints, fmt.Sprintf(format, args...))
}

func (v *outcome) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	runtime.Goexit()
}

func (v *outcome) Skip(...any) {
	v.skipped = true
	runtime.Goexit()
}
