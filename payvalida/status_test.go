package payvalida

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

const reference = "PO-2402558"

// known is a request for the status of a payment.
var known = cancel.Request{Kind: cancel.Payment, ID: order, Reference: reference}

// told returns the meaning of a body that answers a question about an order, without a server.
func told(req cancel.Request, httpStatus int, body string) (cancel.Result, error) {
	answer := adapter.Answer{Status: httpStatus, Body: []byte(body), At: time.Now()}
	return interpretStatus(adapter.Call{Provider: provider, Op: statusOp, ID: req.ID, ReadOnly: true, Codes: table}, req, answer)
}

// inState is an answer about the order in a state, with the vendor's spelling of the fields.
func inState(state string) string {
	return fmt.Sprintf(`{"CODE":"0000","DESC":"OK","DATA":{"CURRENCY":"COP","UDPATE_DATE":"","STATE":%q,"PAYMNENT_METHOD":"","ORDER":%q,"CODE":%s,"TRANSACTION":{}}}`,
		state, reference, order)
}

func sumOf(text string) string {
	sum := sha512.Sum512([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestStatusEscapesTheReference(t *testing.T) {
	for given, path := range map[string]string{
		"PO-2402558":                           "/api/v3/porders/PO-2402558",
		"pedido 7/ñ?":                          "/api/v3/porders/pedido%207%2F%C3%B1%3F",
		"../../v4/merchant/transaction/cancel": "/api/v3/porders/..%2F..%2Fv4%2Fmerchant%2Ftransaction%2Fcancel",
		"...":                                  "/api/v3/porders/...",
		"a/.":                                  "/api/v3/porders/a%2F.",
		"/":                                    "/api/v3/porders/%2F",
		"%2e":                                  "/api/v3/porders/%252e",
		"a#b;c&d=e+f":                          "/api/v3/porders/a%23b%3Bc&d=e+f",
		" ":                                    "/api/v3/porders/%20",
		strings.Repeat("ñ", 200):               "/api/v3/porders/" + strings.Repeat("%C3%B1", 200),
	} {
		v := (&vendor{Status: 200, Answer: inState("APROBADA")}).Start(t)
		req := known
		req.Reference, req.Reason = given, "\x00"
		got, err := client(t, v, func(c *Config) { c.Merchant = "Café & Cía" }).Status(t.Context(), req)
		require.NoError(t, err, given)
		assert.Equal(t, cancel.NotCancelled, got.State)
		r, body := v.Request(t)
		assert.Equal(t, http.MethodGet, r.Method)
		asked, _, _ := strings.Cut(r.RequestURI, "?")
		assert.Equal(t, path, asked)
		assert.Equal(t, "/api/v3/porders/"+given, r.URL.Path)
		assert.Equal(t, url.Values{
			"merchant": {"Café & Cía"},
			"checksum": {sumOf(given + "Café & Cía" + "invented_fixed_hash")},
		}, r.URL.Query())
		assert.Empty(t, body)
		assert.Empty(t, r.Header.Values("Authorization"))
	}
}

// sha512sum of GNU coreutils: printf PO-2402558some_merchantinvented_fixed_hash | sha512sum.
func TestStatusHasTheOtherChecksum(t *testing.T) {
	v := (&vendor{Status: 200, Answer: inState("APROBADA")}).Start(t)
	_, err := client(t, v).Status(t.Context(), known)
	require.NoError(t, err)
	r, _ := v.Request(t)
	assert.Equal(t, "ba5f4f022d2a69a77eaa350dcf54682cd34ec76986faa4258bbcf7ee448e80a0f02a28c3f04603608752c94524c856f1bd4e51c01549144bf5cd28a8274b9f14", r.URL.Query().Get("checksum"))
}

func TestStatusKeepsThePathAndQueryOfTheEndpoint(t *testing.T) {
	v := (&vendor{Status: 200, Answer: inState("APROBADA")}).Start(t)
	_, err := client(t, v, func(c *Config) { c.Endpoint += "/a%2Fb?c=d" }).Status(t.Context(), known)
	require.NoError(t, err)
	r, _ := v.Request(t)
	assert.Equal(t, "/a%2Fb/api/v3/porders/PO-2402558", r.URL.EscapedPath())
	assert.Equal(t, "d", r.URL.Query().Get("c"))
	assert.Len(t, r.URL.Query(), 3)
}

func TestStatesBecomeTheirRows(t *testing.T) {
	var (
		cancelled   = expect{State: cancel.Cancelled}
		stands      = expect{State: cancel.NotCancelled}
		unsupported = expect{Reason: cancel.ErrInvalid}
		expired     = expect{Reason: cancel.ErrNotCancellable}
		unexpected  = expect{Reason: cancel.ErrUnexpected}
	)
	for state, want := range map[string]map[cancel.Kind]expect{
		"ANULADA":   {cancel.Payment: cancelled, cancel.PreAuthorization: cancelled},
		"CANCELADA": {cancel.Payment: cancelled, cancel.PreAuthorization: cancelled},
		"APROBADA":  {cancel.Payment: stands, cancel.PreAuthorization: unsupported},
		"PENDIENTE": {cancel.Payment: stands, cancel.PreAuthorization: unsupported},
		"VENCIDA":   {cancel.Payment: expired, cancel.PreAuthorization: expired},
		"anulada":   {cancel.Payment: unexpected, cancel.PreAuthorization: unexpected},
		"ANULADA ":  {cancel.Payment: unexpected, cancel.PreAuthorization: unexpected},
		"RECHAZADA": {cancel.Payment: unexpected, cancel.PreAuthorization: unexpected},
		"0000":      {cancel.Payment: unexpected, cancel.PreAuthorization: unexpected},
		"0001":      {cancel.Payment: unexpected, cancel.PreAuthorization: unexpected},
		"0013":      {cancel.Payment: unexpected, cancel.PreAuthorization: unexpected},
	} {
		for kind, want := range want {
			for _, httpStatus := range []int{200, 400, 401, 404, 500, 503} {
				v := (&vendor{Status: httpStatus, Answer: inState(state)}).Start(t)
				req := known
				req.Kind = kind
				before := time.Now()
				got, err := client(t, v).Status(t.Context(), req)
				assert.Equal(t, 1, v.Count())
				if failure := want.Check(t, got, err, state, kind); failure != nil {
					var cause error
					if want == unsupported {
						cause = errors.ErrUnsupported
					}
					assert.Equal(t, &cancel.Error{
						Provider: "payvalida", Op: "GET /api/v3/porders", ID: order, Code: state, Message: "OK",
						HTTPStatus: httpStatus, Reason: want.Reason, Raw: []byte(v.Answer), Err: cause,
					}, failure)
					continue
				}
				assert.Equal(t, cancel.Result{
					Provider: "payvalida", ID: order, Kind: kind, State: want.State, Code: state, Message: "OK", Raw: []byte(v.Answer), At: got.At,
				}, got)
				assert.WithinRange(t, got.At, before, time.Now())
			}
		}
	}
}

// In the vendor's general list 0001 means that the client ID is invalid.
func TestCodesOfAQuestionBecomeTheirRows(t *testing.T) {
	for code := range 10_000 {
		code := fmt.Sprintf("%04d", code)
		want := codes[code]
		if want.Reason == nil {
			want = expect{Reason: cancel.ErrUnexpected}
		}
		if code == "0000" {
			continue
		}
		got, err := told(known, 200, fmt.Sprintf(`{"CODE":%q,"DESC":"words","DATA":{"CODE":%s,"STATE":"ANULADA"}}`, code, order))
		failure := want.Check(t, got, err, code)
		assert.Equal(t, code, failure.Code)
		assert.Equal(t, "words", failure.Message)
	}
}

func TestAnswerAboutAnotherOrderIsInvalid(t *testing.T) {
	for _, number := range []string{
		"2402559", "24025580", "240255", "2402558.0", "2.402558e6", "-2402558", `"2402559"`, `" 2402558"`, `"2402558.0"`, `""`,
		"null", "true", "{}", "[2402558]", `{"CODE":2402558}`,
	} {
		got, err := told(known, 200, `{"CODE":"0000","DATA":{"STATE":"ANULADA","CODE":`+number+`}}`)
		failure := expect{Reason: cancel.ErrInvalid}.Check(t, got, err, number)
		assert.ErrorContains(t, failure.Err, "two orders")
		assert.NotErrorIs(t, err, errors.ErrUnsupported)
	}
	got, err := told(known, 200, `{"CODE":"0000","DATA":{"STATE":"ANULADA"}}`)
	expect{Reason: cancel.ErrInvalid}.Check(t, got, err, "no number")

	long := known
	long.ID = "123456789012345678901234567890"
	for _, number := range []string{long.ID, `"` + long.ID + `"`} {
		got, err := told(long, 200, `{"CODE":"0000","DATA":{"STATE":"ANULADA","CODE":`+number+`}}`)
		expect{State: cancel.Cancelled}.Check(t, got, err, number)
	}
	got, err = told(long, 200, `{"CODE":"0000","DATA":{"STATE":"ANULADA","CODE":123456789012345678901234567891}}`)
	expect{Reason: cancel.ErrInvalid}.Check(t, got, err, "the last digit")
}

func TestUnclearAnswersToAQuestionAreUnavailable(t *testing.T) {
	for what, body := range map[string]string{
		"empty":               "",
		"HTML":                "<html>ANULADA</html>",
		"no CODE":             `{"DATA":{"CODE":2402558,"STATE":"ANULADA"}}`,
		"a number as CODE":    `{"CODE":0,"DATA":{"CODE":2402558,"STATE":"ANULADA"}}`,
		"no DATA":             `{"CODE":"0000","STATE":"ANULADA"}`,
		"DATA null":           `{"CODE":"0000","DATA":null}`,
		"DATA a list":         `{"CODE":"0000","DATA":[{"CODE":2402558,"STATE":"ANULADA"}]}`,
		"DATA a string":       `{"CODE":"0000","DATA":"ANULADA"}`,
		"no STATE":            `{"CODE":"0000","DATA":{"CODE":2402558}}`,
		"an empty STATE":      `{"CODE":"0000","DATA":{"CODE":2402558,"STATE":""}}`,
		"STATE a list":        `{"CODE":"0000","DATA":{"CODE":2402558,"STATE":["ANULADA"]}}`,
		"STATE in two cases":  `{"CODE":"0000","DATA":{"CODE":2402558,"STATE":"ANULADA","State":"APROBADA"}}`,
		"STATE with a long s": `{"CODE":"0000","DATA":{"CODE":2402558,"STATE":"ANULADA","ſTATE":"APROBADA"}}`,
		"the number twice":    `{"CODE":"0000","DATA":{"CODE":2402558,"code":2402558,"STATE":"ANULADA"}}`,
		"DATA twice":          `{"CODE":"0000","DATA":{"CODE":2402558,"STATE":"ANULADA"},"data":{}}`,
		"two values":          `{"CODE":"0000","DATA":{"CODE":2402558,"STATE":"ANULADA"}}{}`,
	} {
		for httpStatus, reason := range map[int]error{
			200: cancel.ErrUnavailable, 204: cancel.ErrUnavailable, 500: cancel.ErrUnavailable, 503: cancel.ErrUnavailable,
			401: cancel.ErrAuth, 403: cancel.ErrForbidden, 404: cancel.ErrInvalid, 302: cancel.ErrUnexpected,
		} {
			got, err := told(known, httpStatus, body)
			failure := expect{Reason: reason}.Check(t, got, err, what, httpStatus)
			assert.Error(t, failure.Err, what)
			assert.Equal(t, body, string(failure.Raw))
		}
	}
	for _, body := range []string{
		`{"code":"0000","data":{"code":2402558,"state":"ANULADA"}}`,
		`{"Code":"0000","Data":{"Code":"2402558","State":"ANULADA"}}`,
	} {
		got, err := told(known, 200, body)
		expect{State: cancel.Cancelled}.Check(t, got, err, body)
	}
}

func TestStatusIsRefused(t *testing.T) {
	v := (&vendor{Status: 200, Answer: inState("ANULADA")}).Start(t)
	c := client(t, v)
	with := func(change func(*cancel.Request)) cancel.Request {
		req := known
		change(&req)
		return req
	}
	for what, req := range map[string]cancel.Request{
		"another kind":        with(func(r *cancel.Request) { r.Kind = cancel.Document }),
		"a motive":            with(func(r *cancel.Request) { r.Motive = "02" }),
		"no ID":               with(func(r *cancel.Request) { r.ID = "" }),
		"a control":           with(func(r *cancel.Request) { r.Reference = "a\nb" }),
		"bytes":               with(func(r *cancel.Request) { r.Reference = "\xff" }),
		"a dot":               with(func(r *cancel.Request) { r.Reference = "." }),
		"two dots":            with(func(r *cancel.Request) { r.Reference = ".." }),
		"more than 200":       with(func(r *cancel.Request) { r.Reference = strings.Repeat("ñ", 201) }),
		"a C1 control at end": with(func(r *cancel.Request) { r.Reference = "a\u0085" }),
	} {
		got, err := c.Status(t.Context(), req)
		expect{Reason: cancel.ErrInvalid}.Check(t, got, err, what)
		require.NotErrorIs(t, err, errors.ErrUnsupported, what)
		_, err = c.Preflight(t.Context(), req)
		require.ErrorIs(t, err, cancel.ErrInvalid, what)
	}
	got, err := c.Status(t.Context(), payment)
	expect{Reason: cancel.ErrInvalid}.Check(t, got, err)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = c.Preflight(t.Context(), payment)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	assert.Zero(t, v.Count())
}

func TestPreflightAdvisesByTheState(t *testing.T) {
	for state, want := range map[string]struct {
		verdict cancel.Verdict
		reason  error
		words   string
	}{
		"APROBADA":  {verdict: cancel.Cancellable, words: "OK"},
		"PENDIENTE": {verdict: cancel.NotCancellable, words: "not paid"},
		"ANULADA":   {verdict: cancel.Done, words: "OK"},
		"CANCELADA": {verdict: cancel.Done, words: "OK"},
		"VENCIDA":   {reason: cancel.ErrNotCancellable},
		"OTRA":      {reason: cancel.ErrUnexpected},
	} {
		v := (&vendor{Status: 200, Answer: inState(state)}).Start(t)
		got, err := client(t, v).Preflight(t.Context(), known)
		assert.Equal(t, 1, v.Count())
		if want.reason != nil {
			require.ErrorIs(t, err, want.reason, state)
			assert.Zero(t, got)
			continue
		}
		require.NoError(t, err, state)
		assert.Contains(t, got.Message, want.words)
		assert.Equal(t, cancel.Preflight{
			Provider: "payvalida", ID: order, Kind: cancel.Payment, Verdict: want.verdict,
			Code: state, Message: got.Message, Raw: []byte(v.Answer), At: got.At,
		}, got)
		assert.False(t, got.At.IsZero())

		req := known
		req.Kind = cancel.PreAuthorization
		got, err = client(t, v).Preflight(t.Context(), req)
		if want.verdict == cancel.Done {
			assert.Equal(t, cancel.Done, got.Verdict)
		} else {
			require.ErrorIs(t, err, errors.ErrUnsupported)
		}
	}
}

// showsURL is a transport whose errors hold the URL, like an error of net/http.
type showsURL struct{}

func (showsURL) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: fmt.Errorf("no route to %s nor %s", r.URL, strings.ToUpper(r.URL.RawQuery))}
}

func TestChecksumIsNotShown(t *testing.T) {
	calls := map[string]func(*Client, context.Context) error{
		sumOf(reference + merchant + fixedHash): func(c *Client, ctx context.Context) error {
			_, err := c.Status(ctx, known)
			return err
		},
		sumOf(merchant + order + fixedHash): func(c *Client, ctx context.Context) error {
			_, err := c.Cancel(ctx, known)
			return err
		},
	}
	for sum, call := range calls {
		failing := &vendor{URL: "http://127.0.0.1:1"}
		for what, c := range map[string]*Client{
			"an error of the transport": client(t, failing, func(c *Config) { c.Options.HTTPClient = &http.Client{Transport: showsURL{}} }),
			"an echo":                   client(t, (&vendor{Status: 200, Answer: fmt.Sprintf(`{"CODE":"0025","DESC":"not %s, %s"}`, sum, strings.ToUpper(sum))}).Start(t)),
			"an echo as CODE":           client(t, (&vendor{Status: 200, Answer: fmt.Sprintf(`{"CODE":%q}`, sum)}).Start(t)),
		} {
			err := call(c, t.Context())
			failure, ok := errors.AsType[*cancel.Error](err)
			require.True(t, ok, what)
			shown := fmt.Sprintf("%v %+v %#v %s %s", err, failure.Err, failure.Err, failure.Message, failure.Code)
			assert.NotContains(t, strings.ToLower(shown), sum, what)
		}
	}
}

func TestEvidenceHasNoChecksum(t *testing.T) {
	v := (&vendor{Status: 200, Answer: inState("ANULADA")}).Start(t)
	var evidence []cancel.Evidence
	c := cancel.NewClient(map[string]cancel.Canceler{"": client(t, v)},
		cancel.WithEvidence(func(_ context.Context, e cancel.Evidence) { evidence = append(evidence, e) }))
	_, err := c.Status(t.Context(), known)
	require.NoError(t, err)
	require.Len(t, evidence, 1)
	assert.Equal(t, v.URL+"/api/v3/porders/PO-2402558", evidence[0].Endpoint)
	assert.Equal(t, "GET /api/v3/porders", evidence[0].Operation)
	assert.Equal(t, "payvalida 2", evidence[0].Table)
	assert.Equal(t, "ANULADA", evidence[0].Code)
	assert.NotContains(t, fmt.Sprintf("%+v", evidence), sumOf(reference+merchant+fixedHash))
}
