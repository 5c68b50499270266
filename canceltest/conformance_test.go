package canceltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	wire "github.com/unified-cancel/cancel/adapter"
)

// The reference provider keeps every rule. It is an adapter for a vendor that lives in
// memory, and it can be made to break one rule at a time: the suite has to notice.

const referenceSecret = "reference-secret"

// referenceVendor answers POST / with what it cancelled, and what it has cancelled.
type referenceVendor struct {
	*Server

	mu        sync.Mutex
	held      int
	declined  map[string]bool
	cancelled Ledger
}

type referenceQuery struct {
	Op  string   `json:"op"`
	IDs []string `json:"ids"`
}

type referenceAnswer struct {
	Cancelled []string `json:"cancelled"`
}

func newReferenceVendor() *referenceVendor {
	v := &referenceVendor{declined: map[string]bool{}}
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
	for _, id := range query.IDs {
		if query.Op == "cancel" && carry && !v.declined[id] {
			v.cancelled.Add(id)
		}
		if v.cancelled.Has(id) {
			answer.Cancelled = append(answer.Cancelled, id)
		}
	}
	reply := JSON(http.StatusOK, answer)
	reply.Op, reply.IDs = query.Op, query.IDs
	return reply
}

func (v *referenceVendor) Hold(kind cancel.Kind) cancel.Request {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.held++
	return cancel.Request{Kind: kind, ID: strconv.Itoa(v.held)}
}

func (v *referenceVendor) Decline(req cancel.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.declined[req.ID] = true
}

func (v *referenceVendor) IsCancelled(req cancel.Request) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cancelled.Has(req.ID)
}

// reference is the adapter. Its defect is the name of the rule that it breaks.
type reference struct {
	vendor *referenceVendor
	via    *wire.Client
	key    *wire.Credential
	defect string
	Shown  string

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
	}
	via, err := wire.NewClient(o)
	key, _ := wire.NewCredential("Key", cancel.NewSecret(referenceSecret), nil)
	r := &reference{vendor: v, via: via, key: key, defect: defect, leaks: leaks}
	if defect == "Secrets" {
		r.Shown = referenceSecret
	}
	return r, err
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

func (r *reference) CancelBatch(ctx context.Context, reqs []cancel.Request) []cancel.Item {
	items := r.do(ctx, "cancel", reqs)
	if r.defect == "Batch" {
		slices.Reverse(items)
	}
	return items
}

var referenceID = regexp.MustCompile(`^[0-9]+$`)

func (r *reference) do(ctx context.Context, op string, reqs []cancel.Request) []cancel.Item {
	items := make([]cancel.Item, len(reqs))
	call := func(req cancel.Request) wire.Call {
		return wire.Call{
			Provider: "reference", Op: op, ID: req.ID,
			ReadOnly: op == "status" && r.defect != "Status",
			Redact:   wire.NewRedactor(r.key),
		}
	}
	query := referenceQuery{Op: op}
	for i, req := range reqs {
		items[i].Request = req
		switch {
		case req.Kind != cancel.Payment && r.defect != "UnsupportedKinds":
			items[i].Err = call(req).Refuse(fmt.Sprintf("Kind %q is not payment", req.Kind))
		case !referenceID.MatchString(req.ID) && r.defect != "Malformed":
			items[i].Err = call(req).Refuse("ID is not a number")
		default:
			query.IDs = append(query.IDs, req.ID)
			r.last.Store(&req.ID)
		}
	}
	if query.IDs == nil {
		return items
	}
	body, _ := json.Marshal(query)
	if r.defect == "ContextBefore" {
		ctx = context.WithoutCancel(ctx)
	}
	target, _ := url.Parse(r.vendor.URL)
	got := r.via.Send(ctx, http.MethodPost, target, http.Header{"Authorization": {referenceSecret}}, body)
	if r.defect == "ConcurrentUse" {
		runtime.Gosched()
	}
	for i, req := range reqs {
		if items[i].Err == nil {
			items[i].Result, items[i].Err = r.read(call(req), req, got)
		}
	}
	return items
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
	switch {
	case r.defect == "NoFalseSuccess" && got.Status/100 == 2:
	case err != nil || got.Status != http.StatusOK || answer.Cancelled == nil:
		return cancel.Result{}, r.spoil(call.NoAnswer(got, wire.Words{}, err))
	case !slices.Contains(answer.Cancelled, req.ID):
		return cancel.Result{}, r.spoil(call.Fail(cancel.ErrNotCancellable, got, wire.Words{}, nil))
	}
	result := cancel.Result{
		Provider: "reference", ID: req.ID, Kind: req.Kind, State: cancel.Cancelled,
		Raw: got.Body, At: got.At,
	}
	switch r.defect {
	case "Success":
		result.State = cancel.NotCancelled
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
func (r *reference) spoil(e *cancel.Error) error {
	switch r.defect {
	case "FaultTable":
		if e.HTTPStatus >= 500 {
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
		e.Raw = nil
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
		Kinds:     []cancel.Kind{cancel.Payment},
		Malformed: []cancel.Request{{Kind: cancel.Payment}, {Kind: cancel.Payment, ID: "x"}},
		Secrets:   []string{referenceSecret},
		Start: func() Vendor {
			return referenceUnderTest{newReferenceVendor(), defect, leaks}
		},
	}
}

func TestReferenceConforms(t *testing.T) { RunConformance(t, referenceHarness("", nil)) }

// Each rule catches the adapter that breaks it, and no rule is without such an adapter.
func TestConformanceCatches(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			leaks := make(chan struct{})
			defer close(leaks)
			verdict := judge(t, r, referenceHarness(r.name, leaks))
			assert.NotEmpty(t, verdict.complaints, "the defect goes unnoticed")
			assert.False(t, verdict.skipped)
		})
	}
}

// A rule about what an adapter cannot do is skipped, not passed.
func TestConformanceSkips(t *testing.T) {
	for _, name := range []string{"Status", "Batch"} {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
		require.GreaterOrEqual(t, i, 0)
		h := referenceHarness("", nil)
		start := h.Start
		h.Start = func() Vendor { return plainVendor{start()} }
		verdict := judge(t, rules[i], h)
		assert.True(t, verdict.skipped)
		assert.Empty(t, verdict.complaints)
	}
}

// plainVendor has an adapter without optional capabilities.
type plainVendor struct{ Vendor }

func (v plainVendor) Adapter(o cancel.ClientOptions) (cancel.Canceler, error) {
	adapter, err := v.Vendor.Adapter(o)
	return struct{ cancel.Canceler }{adapter}, err
}

// judge runs one rule and returns what it says of the adapter.
func judge(t *testing.T, r rule, h Harness) *verdict {
	t.Helper()
	v := &verdict{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done) // Fatalf and Skip end the goroutine
		r.check(newSubject(v, h))
	}()
	<-done
	return v
}

// verdict is a testing.TB that keeps what it is told.
type verdict struct {
	testing.TB
	mu         sync.Mutex
	complaints []string
	skipped    bool
}

func (v *verdict) Errorf(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.complaints = append(v.complaints, fmt.Sprintf(format, args...))
}

func (v *verdict) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	runtime.Goexit()
}

func (v *verdict) Skip(...any) {
	v.skipped = true
	runtime.Goexit()
}
