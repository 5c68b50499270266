package auco

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestRequestIsAsDocumented(t *testing.T) {
	v := (&vendor{Status: 200, Answer: `{"success":1,"errors":{"cant":0}}`}).Start(t)
	c := client(t, v, func(c *Config) {
		c.PrivateKey, c.PublicKey = cancel.NewSecret(`prk_a b"=ñ`), cancel.NewSecret("puk_a")
		c.Options.UserAgent = "caja/7"
	})
	_, err := c.Cancel(t.Context(), cancel.Request{
		Provider: "ignored", Kind: cancel.Document, ID: ` TR99"ñ `, Reason: " dos\npalabras & \"más\" ", RequestedBy: "josé+a@example.com",
	})
	require.NoError(t, err)
	r, body := v.Request(t)
	assert.Equal(t, `{"codes":[" TR99\"ñ "],"message":" dos\npalabras \u0026 \"más\" ","email":"josé+a@example.com"}`, body)
	assert.Equal(t, http.MethodPost, r.Method)
	assert.Equal(t, "/document/cancel", r.URL.Path)
	assert.Equal(t, []string{`prk_a b"=ñ`}, r.Header.Values("Authorization"), "as it is, with no scheme")
	assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
	assert.Equal(t, "caja/7", r.UserAgent())
	assert.EqualValues(t, len(body), r.ContentLength)
	for key, values := range r.Header {
		assert.NotContains(t, strings.Join(values, ""), "puk_", key)
	}
}

func with(change func(*cancel.Request)) cancel.Request {
	req := document("Z")
	change(&req)
	return req
}

// malformed are requests that are not sent, and the field that each is refused for.
var malformed = map[string]struct {
	req   cancel.Request
	field string
}{
	"no kind":              {with(func(r *cancel.Request) { r.Kind = "" }), "Kind"},
	"an invoice":           {with(func(r *cancel.Request) { r.Kind = cancel.Invoice }), "Kind"},
	"another case":         {with(func(r *cancel.Request) { r.Kind = "Document" }), "Kind"},
	"no ID":                {with(func(r *cancel.Request) { r.ID = "" }), "ID"},
	"a control in the ID":  {with(func(r *cancel.Request) { r.ID = "A\nB" }), "ID"},
	"a zero in the ID":     {with(func(r *cancel.Request) { r.ID = "A\x00" }), "ID"},
	"a C1 in the ID":       {with(func(r *cancel.Request) { r.ID = "A\u0085" }), "ID"},
	"an ID of bytes":       {with(func(r *cancel.Request) { r.ID = "\xff" }), "ID"},
	"no reason":            {with(func(r *cancel.Request) { r.Reason = "" }), "Reason"},
	"a reason of blanks":   {with(func(r *cancel.Request) { r.Reason = " \n" }), "Reason"},
	"a zero in the reason": {with(func(r *cancel.Request) { r.Reason = "a\x00" }), "Reason"},
	"an escape":            {with(func(r *cancel.Request) { r.Reason = "\x1b[31m" }), "Reason"},
	"a reason beyond XML":  {with(func(r *cancel.Request) { r.Reason = "\uffff" }), "Reason"},
	"a reason of bytes":    {with(func(r *cancel.Request) { r.Reason = "\xff" }), "Reason"},
	"nobody":               {with(func(r *cancel.Request) { r.RequestedBy = "" }), "RequestedBy"},
	"no address":           {with(func(r *cancel.Request) { r.RequestedBy = "ana" }), "RequestedBy"},
	"no host":              {with(func(r *cancel.Request) { r.RequestedBy = "ana@" }), "RequestedBy"},
	"a name":               {with(func(r *cancel.Request) { r.RequestedBy = "Ana <ana@example.com>" }), "RequestedBy"},
	"brackets":             {with(func(r *cancel.Request) { r.RequestedBy = "<ana@example.com>" }), "RequestedBy"},
	"two addresses":        {with(func(r *cancel.Request) { r.RequestedBy = "ana@example.com,eva@example.com" }), "RequestedBy"},
	"blanks around":        {with(func(r *cancel.Request) { r.RequestedBy = " ana@example.com" }), "RequestedBy"},
	"a line's end":         {with(func(r *cancel.Request) { r.RequestedBy = "ana@example.com\n" }), "RequestedBy"},
	"a comment":            {with(func(r *cancel.Request) { r.RequestedBy = "ana@example.com (Ana)" }), "RequestedBy"},
	"a control within":     {with(func(r *cancel.Request) { r.RequestedBy = "a\x00na@example.com" }), "RequestedBy"},
}

func TestNothingMalformedIsSent(t *testing.T) {
	v := (&vendor{Status: 200, Answer: `{"success":1,"errors":{"cant":0}}`}).Start(t)
	c := client(t, v)
	for what, tt := range malformed {
		got, err := c.Cancel(t.Context(), tt.req)
		failure := expect{Reason: cancel.ErrInvalid}.Check(t, got, err, what)
		assert.Contains(t, failure.Message, tt.field, what)
		assert.Equal(t, tt.req.ID, failure.ID)
		if tt.field == "Kind" {
			assert.Contains(t, err.Error(), "document", "lists the kinds")
		}
	}
	assert.Zero(t, v.Count())
}

func TestBatchWithoutAGoodRequestIsNotSent(t *testing.T) {
	v := (&vendor{Status: 200}).Start(t)
	c := client(t, v)
	assert.Empty(t, c.CancelBatch(t.Context(), nil))
	assert.Empty(t, c.CancelBatch(t.Context(), []cancel.Request{}))
	var reqs []cancel.Request
	for _, tt := range malformed {
		reqs = append(reqs, tt.req)
	}
	items := c.CancelBatch(t.Context(), reqs)
	require.Len(t, items, len(reqs))
	for i, item := range items {
		assert.Equal(t, reqs[i], item.Request)
		expect{Reason: cancel.ErrInvalid}.Check(t, item.Result, item.Err)
	}
	assert.Zero(t, v.Count())
}

func TestBatchTakesGoodRequests(t *testing.T) {
	invalid, cancelled := expect{Reason: cancel.ErrInvalid}, expect{State: cancel.Cancelled}
	other := func(code, reason, email string) cancel.Request {
		return cancel.Request{Kind: cancel.Document, ID: code, Reason: reason, RequestedBy: email}
	}
	type entry struct {
		req   cancel.Request
		want  expect
		words string
	}
	for what, tt := range map[string]struct {
		batch []entry
		limit int
		sent  string
	}{
		"malformed ones among them": {
			[]entry{
				{malformed["no reason"].req, invalid, "Reason is missing"},
				{document("A"), cancelled, ""},
				{malformed["no address"].req, invalid, "RequestedBy"},
				{document("B"), cancelled, ""},
				{malformed["an invoice"].req, invalid, "Kind"},
			}, 0, `["A","B"]`,
		},
		"the first good one leads": {
			[]entry{
				{other("A", "", email), invalid, "Reason"},
				{other("B", "uno", "ana@example.com"), cancelled, ""},
				{other("C", "dos", "ana@example.com"), invalid, "Reason differs"},
				{other("D", "uno", "eva@example.com"), invalid, "RequestedBy differs"},
				{other("E", "uno ", "ana@example.com"), invalid, "Reason differs"},
				{other("F", "uno", "Ana@example.com"), invalid, "RequestedBy differs"},
				{other("G", "uno", "ana@example.com"), cancelled, ""},
			}, 0, `["B","G"]`,
		},
		"equal IDs": {
			[]entry{
				{document("A"), cancelled, ""}, {document("B"), cancelled, ""}, {document("A"), cancelled, ""},
				{document("a"), cancelled, ""}, {document("A "), cancelled, ""}, {document("B"), cancelled, ""},
			}, 0, `["A","B","a","A "]`,
		},
		"an equal ID that differs otherwise": {
			[]entry{{document("A"), cancelled, ""}, {other("A", "dos", email), invalid, "Reason differs"}}, 0, `["A"]`,
		},
		"beyond the limit": {
			[]entry{
				{document("A"), cancelled, ""}, {malformed["no ID"].req, invalid, "ID"}, {document("B"), cancelled, ""},
				{document("C"), invalid, "2 documents"}, {document("A"), cancelled, ""}, {document("D"), invalid, "2 documents"},
			}, 2, `["A","B"]`,
		},
		"one at a time": {
			[]entry{{document("A"), cancelled, ""}, {document("B"), invalid, "1 documents"}}, 1, `["A"]`,
		},
	} {
		v := &vendor{Status: 200}
		v.Answer = fmt.Sprintf(`{"success":%d,"errors":{"cant":0}}`, strings.Count(tt.sent, ",")+1)
		c := client(t, v.Start(t), func(c *Config) { c.MaxBatch = tt.limit })
		var reqs []cancel.Request
		for _, entry := range tt.batch {
			reqs = append(reqs, entry.req)
		}
		items := c.CancelBatch(t.Context(), reqs)
		_, body := v.Request(t)
		assert.Contains(t, body, `{"codes":`+tt.sent+`,`, what)
		require.Len(t, items, len(tt.batch), what)
		for i, entry := range tt.batch {
			assert.Equal(t, entry.req, items[i].Request, what)
			if failure := entry.want.Check(t, items[i].Result, items[i].Err, what, i); failure != nil {
				assert.Contains(t, failure.Message, entry.words, what)
			} else {
				assert.Equal(t, entry.req.ID, items[i].Result.ID)
			}
		}
	}
}

func TestEqualIDsShareAFailure(t *testing.T) {
	v := (&vendor{Status: 200, Answer: `{"success":1,"errors":{"cant":1,"documents":["A"]}}`}).Start(t)
	items := client(t, v).CancelBatch(t.Context(), []cancel.Request{document("A"), document("B"), document("A")})
	for i, want := range []expect{{Reason: cancel.ErrNotCancellable}, {State: cancel.Cancelled}, {Reason: cancel.ErrNotCancellable}} {
		want.Check(t, items[i].Result, items[i].Err, i)
	}
}

func TestBatchSendsFiftyByDefault(t *testing.T) {
	v := (&vendor{Status: 200, Answer: `{"success":50,"errors":{"cant":0}}`}).Start(t)
	c := client(t, v)
	require.Equal(t, 50, c.MaxBatch())
	var reqs []cancel.Request
	for i := range 51 {
		reqs = append(reqs, document(fmt.Sprint("CODE", i)))
	}
	for i, item := range c.CancelBatch(t.Context(), reqs) {
		if i < 50 {
			expect{State: cancel.Cancelled}.Check(t, item.Result, item.Err, i)
		} else {
			expect{Reason: cancel.ErrInvalid}.Check(t, item.Result, item.Err, i)
		}
	}
}
