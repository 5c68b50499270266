package auco

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

var (
	_ cancel.Canceler      = (*Client)(nil)
	_ cancel.StatusChecker = (*Client)(nil)
	_ cancel.BatchCanceler = (*Client)(nil)
)

const (
	cancelPath = "/document/cancel"
	cancelOp   = http.MethodPost + " " + cancelPath
	statusPath = "/document"
	statusOp   = http.MethodGet + " " + statusPath
)

// Client cancels documents of one organisation. Make one with [New]. It is safe for
// concurrent use and is not to be copied. It shows no secret when it is printed.
type Client struct {
	via      *adapter.Client
	private  func() http.Header // a function, because package fmt cannot look into it
	public   func() http.Header // nil without a public key
	target   *url.URL           // of cancellations
	status   *url.URL
	maxBatch int
	redact   adapter.Redactor
}

// Cancel cancels one document by one call. The state is [cancel.Cancelled]: Auco
// does not tell apart what had been cancelled before, which it lists as failed. The
// package's overview lists the errors. See
// https://docs.auco.ai/en/api/document-managment/documents/cancel.
func (c *Client) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	item := c.CancelBatch(ctx, []cancel.Request{req})[0]
	return item.Result, item.Err
}

// CancelBatch cancels several documents by one call, each of which may fail on its
// own. Requests that are malformed, that differ from the first good one in Reason
// or RequestedBy, or that are beyond MaxBatch documents, are [cancel.ErrInvalid]
// and are not sent; the rest is. Requests with the same ID share an answer. Without
// a good request nothing is sent. See
// https://docs.auco.ai/en/api/document-managment/documents/cancel.
func (c *Client) CancelBatch(ctx context.Context, reqs []cancel.Request) []cancel.Item {
	items := make([]cancel.Item, len(reqs))
	batch := batch{limit: c.maxBatch}
	for i, req := range reqs {
		items[i].Request = req
		if err := batch.add(req); err != nil {
			items[i].Err = c.call(cancelOp, req).Refuse(err.Error())
		}
	}
	if len(batch.Codes) == 0 {
		return items
	}
	read := readBatch(c.send(ctx, batch), batch.Codes)
	for i, req := range reqs {
		if items[i].Err == nil {
			items[i].Result, items[i].Err = read.interpret(c.call(cancelOp, req), req)
		}
	}
	return items
}

// MaxBatch returns the largest number of documents in one call.
func (c *Client) MaxBatch() int { return c.maxBatch }

// Status asks by one call of GET /document, with the public key, how a document stands.
// The state is [cancel.Cancelled] for REJECTED, a word that Auco has both for a document
// that was cancelled and for one that a signer declined, and [cancel.NotCancelled] for
// CREATED, FINISH and EXPIRED; Code holds the word. A document that Auco does not know
// is [cancel.ErrNotFound]. Without a public key in Config the error is
// [errors.ErrUnsupported], as the cause of [cancel.ErrInvalid]. The page is
// https://docs.auco.ai/en/api/document-managment/documents/get.
func (c *Client) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	call := c.call(statusOp, req)
	call.ReadOnly = true
	if c.public == nil {
		e := call.Refuse("Status needs the PublicKey of Config")
		e.Err = errors.ErrUnsupported
		return cancel.Result{}, e
	}
	if err := validCode(req); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	target := *c.status
	query := target.Query()
	query.Set("code", req.ID)
	target.RawQuery = query.Encode()
	answer := c.via.Send(ctx, http.MethodGet, &target, c.public(), nil)
	call.Report(ctx, answer)
	return interpretStatus(call, req, answer)
}

func (c *Client) call(op string, req cancel.Request) adapter.Call {
	return adapter.Call{Provider: provider, Op: op, ID: req.ID, Codes: table, Version: tableVersion, Redact: c.redact}
}

func (c *Client) send(ctx context.Context, batch batch) adapter.Answer {
	body, err := batch.encode()
	if err != nil {
		return adapter.Answer{Err: err, Unsent: true}
	}
	answer := c.via.Send(ctx, http.MethodPost, c.target, c.private(), body)
	c.call(cancelOp, cancel.Request{}).Report(ctx, answer)
	return answer
}
