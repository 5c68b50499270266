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
	_ cancel.Validator     = (*Client)(nil)
)

const (
	cancelPath = "/document/cancel"
	cancelOp   = http.MethodPost + " " + cancelPath
	statusPath = "/document"
	statusOp   = http.MethodGet + " " + statusPath
)

// Client cancels documents of one organisation. Make one with [New]. It is safe for
// concurrent use.
type Client struct {
	via                  *adapter.Client
	cancelURL, statusURL *url.URL
	private, public      *adapter.Credential
	maxBatch             int
	redact               adapter.Redactor
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
	answer, err := c.send(ctx, batch)
	read := readBatch(answer, batch.Codes)
	for i, req := range reqs {
		switch {
		case items[i].Err != nil:
		case err != nil:
			items[i].Err = about(req, err)
		default:
			items[i].Result, items[i].Err = read.interpret(c.call(cancelOp, req), req)
		}
	}
	return items
}

// Validate returns the [cancel.ErrInvalid] that Cancel would return unsent, or nil.
func (c *Client) Validate(req cancel.Request) error {
	if err := valid(req); err != nil {
		return c.call(cancelOp, req).Refuse(err.Error())
	}
	return nil
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
	if c.public.IsZero() {
		e := call.Refuse("Status needs the PublicKey of Config")
		e.Err = errors.ErrUnsupported
		return cancel.Result{}, e
	}
	if err := validCode(req); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	key, err := c.public.Reveal(ctx, call)
	if err != nil {
		return cancel.Result{}, err
	}
	target := *c.statusURL
	target.RawQuery = url.Values{"code": {req.ID}}.Encode()
	answer := c.via.Send(ctx, http.MethodGet, &target, statusHeader(key), nil)
	call.Report(ctx, answer)
	return interpretStatus(call, req, answer)
}

func (c *Client) call(op string, req cancel.Request) adapter.Call {
	return adapter.Call{Provider: provider, Op: op, ID: req.ID, Codes: table, Version: tableVersion, Redact: c.redact}
}

// send makes the call that cancels a batch. Its error is why the call was not made.
func (c *Client) send(ctx context.Context, batch batch) (adapter.Answer, error) {
	call := c.call(cancelOp, cancel.Request{})
	key, err := c.private.Reveal(ctx, call)
	if err != nil {
		return adapter.Answer{}, err
	}
	body, err := batch.encode()
	if err != nil {
		return adapter.Answer{}, call.Refuse(err.Error())
	}
	answer := c.via.Send(ctx, http.MethodPost, c.cancelURL, cancelHeader(key), body)
	call.Report(ctx, answer)
	return answer, nil
}

// about returns a copy of err, an error of send, as the error of req.
func about(req cancel.Request, err error) error {
	e, _ := errors.AsType[*cancel.Error](err)
	own := *e
	own.ID = req.ID
	return &own
}
