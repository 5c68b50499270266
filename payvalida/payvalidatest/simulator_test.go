package payvalidatest_test

import (
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/internal/adaptertest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

const (
	merchant  = "comercio_simulado"
	path      = "/v4/merchant/transaction/cancel"
	longOrder = "123456789012345678901234567890"
)

func start(t *testing.T) (*payvalidatest.Simulator, *payvalida.Client) {
	sim := payvalidatest.New()
	t.Cleanup(sim.Close)
	client, err := payvalida.New(sim.Config())
	require.NoError(t, err)
	return sim, client
}

// checksum is the checksum of the pages about cancelling.
func checksum(order string) string {
	return strings.ToLower(sumOf(merchant, order, "fixed-hash-simulado"))
}

// code asks by hand and returns the CODE.
func code(t *testing.T, sim *payvalidatest.Simulator, body string) string {
	t.Helper()
	a := adaptertest.MustSend(t, http.MethodPost, sim.URL+path, http.Header{"Content-Type": {"application/json"}}, body)
	require.Equal(t, http.StatusOK, a.Status)
	var said struct{ CODE, DESC string }
	require.NoError(t, json.Unmarshal([]byte(a.Body), &said))
	assert.NotEmpty(t, said.DESC)
	return said.CODE
}

func TestCancelsOnce(t *testing.T) {
	sim, client := start(t)
	sim.Register(cancel.Payment, "2402558", longOrder)
	sim.Register(cancel.PreAuthorization, "2402559")
	for _, req := range []cancel.Request{
		{Kind: cancel.Payment, ID: "2402558"},
		{Kind: cancel.PreAuthorization, ID: "2402559"},
		{Kind: cancel.Payment, ID: longOrder},
	} {
		assert.False(t, sim.IsCancelled(req.ID))
		result, err := client.Cancel(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, cancel.Cancelled, result.State)
		assert.Equal(t, "transaction canceled successfully", result.Message)
		assert.True(t, sim.IsCancelled(req.ID))
		sim.Register(req.Kind, req.ID)
		result, err = client.Cancel(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, cancel.AlreadyCancelled, result.State)
	}
	assert.Equal(t, []string{"2402558", "2402559", longOrder}, sim.Cancelled())
	calls := sim.Calls()
	require.Len(t, calls, 6)
	assert.Equal(t, "POST "+path, calls[0].Op)
	assert.True(t, calls[0].Carried)
	assert.False(t, calls[1].Carried)
	assert.Equal(t, longOrder, calls[4].ID, "with every digit")
}

func TestNotReversedComesFirst(t *testing.T) {
	sim, client := start(t)
	sim.Register(cancel.PreAuthorization, "2402558")
	sim.NotReversed("2402558", 2)
	req := cancel.Request{Kind: cancel.PreAuthorization, ID: "2402558"}
	sim.Fail(1, canceltest.HTML) // is not carried out, and does not count
	require.ErrorIs(t, ask(t, client, req), cancel.ErrUnknownOutcome)
	for range 2 {
		_, err := client.Cancel(t.Context(), req)
		require.ErrorIs(t, err, cancel.ErrUnavailable)
		assert.Equal(t, "0017", codeOf(t, err))
	}
	require.NoError(t, ask(t, client, req))
	assert.Equal(t, []string{"2402558"}, sim.Cancelled())
	assert.Panics(t, func() { sim.NotReversed("1", 1) })
}

func TestAnswerCancelsNothing(t *testing.T) {
	sim, client := start(t)
	sim.Register(cancel.Payment, "2402558")
	req := cancel.Request{Kind: cancel.Payment, ID: "2402558"}
	sim.Answer(req.ID, "0000", "words")
	result, err := client.Cancel(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, "words", result.Message)
	assert.Empty(t, sim.Cancelled(), "an answer cancels nothing")
	sim.Answer(req.ID, "0028", "retry in minutes")
	require.ErrorIs(t, ask(t, client, req), cancel.ErrUnexpected)
	sim.Answer(req.ID, "", "")
	require.NoError(t, ask(t, client, req))
	assert.True(t, sim.IsCancelled(req.ID))
}

func TestMalformedCallsHaveTheirCodes(t *testing.T) {
	body := func(order, transactionType string) string {
		return fmt.Sprintf(`{"order_number":%s,"merchant_name":%q,"checksum":%q%s}`, order, merchant, checksum(order), transactionType)
	}
	const preAuth = `,"transaction_type":"PRE_AUTH"`
	for name, test := range map[string]struct{ body, want string }{
		"payment":                  {body("2402558", ""), "0000"},
		"pre-authorization":        {body("2402559", preAuth), "0000"},
		"unknown order":            {body("2402560", ""), "0013"},
		"payment as other":         {body("2402558", preAuth), "0015"},
		"pre-authorization as one": {body("2402559", ""), "0015"},
		"checksum":                 {strings.Replace(body("2402558", ""), checksum("2402558"), checksum("2402559"), 1), "0025"},
		"upper-case checksum":      {strings.Replace(body("2402558", ""), checksum("2402558"), strings.ToUpper(checksum("2402558")), 1), "0025"},
		"other merchant":           {strings.Replace(body("2402558", ""), merchant, "otro", 1), "0018"},
		"order as string":          {body(`"2402558"`, ""), "0011"},
		"order with exponent":      {body("2.402558e6", ""), "0011"},
		"order with decimals":      {body("2402558.0", ""), "0011"},
		"negative order":           {body("-2402558", ""), "0011"},
		"long order":               {body(longOrder+"1", ""), "0011"},
		"null order":               {body("null", ""), "0011"},
		"other type":               {body("2402558", `,"transaction_type":"CAPTURE"`), "0011"},
		"empty type":               {body("2402558", `,"transaction_type":""`), "0011"},
		"null type":                {body("2402558", `,"transaction_type":null`), "0011"},
		"type of wrong type":       {body("2402558", `,"transaction_type":1`), "0011"},
		"unknown field":            {body("2402558", `,"amount":1`), "0011"},
		"field in capitals":        {strings.Replace(body("2402558", ""), "order_number", "ORDER_NUMBER", 1), "0011"},
		"no merchant":              {`{"order_number":2402558,"checksum":"` + checksum("2402558") + `"}`, "0011"},
		"merchant of wrong type":   {strings.Replace(body("2402558", ""), `"`+merchant+`"`, "1", 1), "0011"},
		"no checksum":              {`{"order_number":2402558,"merchant_name":"` + merchant + `"}`, "0011"},
		"no order":                 {`{"merchant_name":"` + merchant + `","checksum":"x"}`, "0011"},
		"no object":                {`[]`, "0011"},
		"null":                     {`null`, "0011"},
		"no JSON":                  {`order_number=2402558`, "0011"},
		"two values":               {body("2402558", "") + "{}", "0011"},
		"nothing":                  {"", "0011"},
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			sim.Register(cancel.Payment, "2402558")
			sim.Register(cancel.PreAuthorization, "2402559")
			assert.Equal(t, test.want, code(t, sim, test.body))
			assert.Equal(t, test.want == "0000", len(sim.Cancelled()) == 1)
			call := sim.Calls()[0]
			for _, order := range []string{"2402558", "2402559", "2402560"} {
				assert.NotContains(t, strings.ToLower(string(call.Request)), checksum(order))
			}
		})
	}
}

func TestOnlyPostsOfJSONAreTaken(t *testing.T) {
	sim, _ := start(t)
	for _, test := range []struct {
		method, path, contentType string
		want                      int
	}{
		{"POST", path + "/", "application/json", 404},
		{"POST", "/elsewhere", "application/json", 404},
		{"GET", "/elsewhere", "application/json", 404},
		{"GET", path, "application/json", 405},
		{"PUT", path, "application/json", 405},
		{"POST", path, "text/plain", 415},
		{"POST", path, "", 415},
	} {
		a := adaptertest.MustSend(t, test.method, sim.URL+test.path, http.Header{"Content-Type": {test.contentType}}, "{}")
		assert.Equal(t, test.want, a.Status, test)
	}
	assert.Equal(t, "PUT "+path, sim.Calls()[4].Op)
}

// sumOf is the checksum of the page about orders: in another order, and in capitals.
func sumOf(parts ...string) string {
	return fmt.Sprintf("%X", sha512.Sum512([]byte(strings.Join(parts, ""))))
}

// aboutOrder asks by hand about an order.
func aboutOrder(t *testing.T, sim *payvalidatest.Simulator, method, reference, query string) adaptertest.Answer {
	t.Helper()
	if query == "" {
		query = "merchant=" + merchant + "&checksum=" + sumOf(reference, merchant, "fixed-hash-simulado")
	}
	return adaptertest.MustSend(t, method, sim.URL+"/api/v3/porders/"+url.PathEscape(reference)+"?"+query, http.Header{}, "")
}

func TestOrderIsAsDocumented(t *testing.T) {
	sim, _ := start(t)
	sim.Register(cancel.Payment, longOrder)
	sim.SetReference(longOrder, "pedido 7/ñ?")
	assert.Equal(t, "pedido 7/ñ?", sim.Reference(longOrder))
	a := aboutOrder(t, sim, http.MethodGet, "pedido 7/ñ?", "")
	require.Equal(t, http.StatusOK, a.Status)
	assert.Equal(t, "application/json; charset=utf-8", a.Header.Get("Content-Type"))
	assert.Regexp(t, `^{"CODE":"0000","DATA":{.*"CURRENCY":"COP",.*},"DESC":"OK"}$`, a.Body)
	assert.Contains(t, a.Body, `,"CODE":`+longOrder+`,`, "a number, with every digit")
	var said struct{ Data map[string]any }
	require.NoError(t, json.Unmarshal([]byte(a.Body), &said))
	assert.Equal(t, "APROBADA", said.Data["STATE"])
	assert.Equal(t, "pedido 7/ñ?", said.Data["ORDER"])
	assert.Equal(t, map[string]any{}, said.Data["TRANSACTION"])
	assert.ElementsMatch(t, []string{
		"CURRENCY", "NOTIFICATION_RESPONSE", "UDPATE_DATE", "CREATION_DATE", "STATE", "PAYMNENT_METHOD", "EMAIL", "LIFE_TIME",
		"ORDER", "CODE", "AMOUNT", "DESCRIPTION", "REFERENCE", "checkout", "TRANSACTION", "ADITIONAL_INFO",
	}, slices.Collect(maps.Keys(said.Data)))
	call := sim.Calls()[0]
	assert.Equal(t, "GET /api/v3/porders", call.Op)
	assert.Equal(t, []string{"pedido 7/ñ?", longOrder}, call.IDs)
	assert.Nil(t, call.Request)
	assert.False(t, call.Carried)
	assert.Contains(t, aboutOrder(t, sim, http.MethodGet, "PO-"+longOrder, "").Body, `"0013"`, "the old reference")
}

func TestStateFollowsCancellations(t *testing.T) {
	sim, client := start(t)
	sim.Register(cancel.Payment, "1", "2", "3", "4")
	stateOf := func(order string) string {
		body := aboutOrder(t, sim, http.MethodGet, sim.Reference(order), "").Body
		_, rest, _ := strings.Cut(body, `"STATE":"`)
		state, _, _ := strings.Cut(rest, `"`)
		assert.Equal(t, state, sim.State(order))
		return state
	}
	pay := func(order string) cancel.Request { return cancel.Request{Kind: cancel.Payment, ID: order} }

	require.NoError(t, ask(t, client, pay("1")))
	assert.Equal(t, "ANULADA", stateOf("1"))

	sim.SetState("2", "PENDIENTE")
	assert.Equal(t, "0015", codeOf(t, ask(t, client, pay("2"))))
	assert.Equal(t, "PENDIENTE", stateOf("2"))
	a := aboutOrder(t, sim, http.MethodDelete, sim.Reference("2"), "")
	assert.Equal(t, `{"CODE":"0000","DESC":"OK"}`, a.Body)
	calls := sim.Calls()
	assert.True(t, calls[len(calls)-1].Carried)
	assert.Equal(t, "CANCELADA", stateOf("2"))
	result, err := client.Cancel(t.Context(), pay("2"))
	require.NoError(t, err)
	assert.Equal(t, cancel.AlreadyCancelled, result.State)

	sim.SetState("3", "VENCIDA")
	assert.Equal(t, "0015", codeOf(t, ask(t, client, pay("3"))))
	assert.Equal(t, "VENCIDA", stateOf("3"))
	sim.Claim("4")
	assert.Equal(t, "ANULADA", stateOf("4"))
	assert.Equal(t, []string{"1", "2", "4"}, sim.Cancelled())
	for _, order := range []string{"1", "2", "3", "4"} {
		assert.Contains(t, aboutOrder(t, sim, http.MethodDelete, sim.Reference(order), "").Body, `"0041"`, "not pending")
	}
	sim.SetState("1", "APROBADA")
	assert.False(t, sim.IsCancelled("1"))
	sim.SetState("3", "ANULADA")
	assert.True(t, sim.IsCancelled("3"))
	assert.Empty(t, sim.State("9"))
}

func TestDeleteThatIsNotCarriedOutChangesNothing(t *testing.T) {
	sim, _ := start(t)
	sim.Register(cancel.Payment, "1")
	sim.SetState("1", "PENDIENTE")
	sim.Fail(1, canceltest.HTTP500)
	assert.Equal(t, 500, aboutOrder(t, sim, http.MethodDelete, sim.Reference("1"), "").Status)
	assert.Equal(t, "PENDIENTE", sim.State("1"))
}

func TestMalformedQuestionsHaveTheirCodes(t *testing.T) {
	sim, _ := start(t)
	sim.Register(cancel.Payment, "2402558")
	const reference = "PO-2402558"
	good := sumOf(reference, merchant, "fixed-hash-simulado")
	for name, test := range map[string]struct{ reference, query, want string }{
		"in lower case":       {reference, "merchant=" + merchant + "&checksum=" + strings.ToLower(good), "0000"},
		"checksum of cancel":  {reference, "merchant=" + merchant + "&checksum=" + checksum("2402558"), "0025"},
		"parts turned round":  {reference, "merchant=" + merchant + "&checksum=" + sumOf(merchant, reference, "fixed-hash-simulado"), "0025"},
		"other merchant":      {reference, "merchant=otro&checksum=" + good, "0018"},
		"no merchant":         {reference, "checksum=" + good, "0011"},
		"no checksum":         {reference, "merchant=" + merchant, "0011"},
		"two merchants":       {reference, "merchant=" + merchant + "&merchant=" + merchant + "&checksum=" + good, "0011"},
		"another parameter":   {reference, "merchant=" + merchant + "&checksum=" + good + "&order=1", "0011"},
		"no reference":        {"", "", "0011"},
		"long reference":      {strings.Repeat("x", 201), "", "0011"},
		"long merchant":       {reference, "merchant=" + strings.Repeat("x", 51) + "&checksum=" + good, "0011"},
		"by the order number": {"2402558", "", "0013"},
	} {
		t.Run(name, func(t *testing.T) {
			a := aboutOrder(t, sim, http.MethodGet, test.reference, test.query)
			assert.Equal(t, http.StatusOK, a.Status)
			assert.Contains(t, a.Body, `{"CODE":"`+test.want+`"`)
		})
	}
	a := adaptertest.MustSend(t, http.MethodPut, sim.URL+"/api/v3/porders/"+reference, http.Header{}, "")
	assert.Equal(t, http.StatusNotFound, a.Status)
}

func TestImpossibleRequestsPanic(t *testing.T) {
	sim, _ := start(t)
	assert.Panics(t, func() { sim.Register(cancel.Document, "1") })
	assert.Panics(t, func() { sim.Register(cancel.Payment, "ORD-1") })
	assert.Panics(t, func() { sim.Register(cancel.Payment, longOrder+"1") })
	assert.Panics(t, func() { sim.Reference("1") })
	assert.Panics(t, func() { sim.SetState("1", "PENDIENTE") })
	sim.Register(cancel.Payment, "1")
	assert.Panics(t, func() { sim.SetState("1", "approved") })
	assert.Panics(t, func() { sim.SetReference("1", "") })
	assert.Panics(t, func() { sim.SetReference("1", strings.Repeat("x", 201)) })
}

func ask(t *testing.T, client cancel.Canceler, req cancel.Request) error {
	t.Helper()
	_, err := client.Cancel(t.Context(), req)
	return err
}

func codeOf(t *testing.T, err error) string {
	t.Helper()
	failure := new(cancel.Error)
	require.ErrorAs(t, err, &failure)
	return failure.Code
}
