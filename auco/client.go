package auco

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

var (
	_ cancel.Canceler      = (*Client)(nil)
	_ cancel.BatchCanceler = (*Client)(nil)
	_ cancel.StatusChecker = (*Client)(nil)
	_ cancel.Preflighter   = (*Client)(nil)
	_ cancel.Validator     = (*Client)(nil)
)

const (
	cancelPath  = "/document/cancel"
	cancelOp    = http.MethodPost + " " + cancelPath
	statusPath  = "/document"
	statusOp    = http.MethodGet + " " + statusPath
	roadmapPath = "/document/roadmap"
	roadmapOp   = http.MethodGet + " " + roadmapPath
)

// Client cancels documents of one organisation. Make one with [New]. It is safe for concurrent
// use.
type Client struct {
	via                              *adapter.Client
	cancelURL, statusURL, roadmapURL *url.URL
	private, public                  *adapter.Credential
	maxBatch                         int
	redact                           adapter.Redactor
}

// Cancel cancels one document by one call. The state is [cancel.Cancelled]. A document that was
// cancelled before is [cancel.ErrNotCancellable], because Auco lists it as failed: Status knows
// more. The package's overview lists the errors. See
// https://docs.auco.ai/en/api/document-managment/documents/cancel.
func (c *Client) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	item := c.CancelBatch(ctx, []cancel.Request{req})[0]
	return item.Result, item.Err
}

// CancelBatch cancels several documents by one call. Each of them may fail. It does not send
// requests that are malformed, that differ from the first good one in Reason or RequestedBy, or
// that are beyond MaxBatch documents: they are [cancel.ErrInvalid]. Requests with the same ID
// share an answer. Without a good request nothing is sent. See
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

// MaxBatch returns the largest number of documents in one call.
func (c *Client) MaxBatch() int { return c.maxBatch }

// Status asks with the public key how a document stands, by one call of GET /document, and by
// another of GET /document/roadmap if the first answers REJECTED. The state is
// [cancel.NotCancelled] for CREATED and [cancel.Cancelled] for a document that was cancelled.
// Code is the word that decides: the document's status, or the action of the roadmap. Without a
// public key in Config the error is [errors.ErrUnsupported], as the cause of
// [cancel.ErrInvalid]. The package's overview lists the errors. See
// https://docs.auco.ai/en/api/document-managment/documents/get.
func (c *Client) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	call := c.call(statusOp, req)
	if c.public.IsZero() {
		return cancel.Result{}, call.Unsupported("PublicKey of Config is missing: Auco answers questions only to it")
	}
	if err := validCode(req); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	ctx, end := c.via.WithTimeout(ctx)
	defer end()
	key, err := c.public.Reveal(ctx, call)
	if err != nil {
		return cancel.Result{}, err
	}
	document := c.ask(ctx, c.statusURL, key, req.ID)
	result, err := interpretStatus(call, req, document)
	if err == nil && result.Code == wordRejected {
		detail, roadmap := c.call(roadmapOp, req), c.ask(ctx, c.roadmapURL, key, req.ID)
		// The answer that decides is reported last.
		if said, ok := readRoadmap(roadmap); ok {
			call.Report(ctx, document)
			detail.Report(ctx, roadmap)
			return detail.Decide(req, roadmap, said)
		}
		detail.Report(ctx, roadmap)
	}
	call.Report(ctx, document)
	return result, err
}

// Preflight asks as Status does whether a document may be cancelled. The verdict is
// [cancel.Cancellable] for CREATED and [cancel.Done] for a document that was cancelled. It
// returns the errors of Status: [cancel.ErrNotCancellable] says that the document is signed by
// all, has expired, or was declined.
func (c *Client) Preflight(ctx context.Context, req cancel.Request) (cancel.Preflight, error) {
	r, err := c.Status(ctx, req)
	if err != nil {
		return cancel.Preflight{}, err
	}
	return adapter.Advise(r, verdicts[r.State]), nil
}

// Validate returns the [cancel.ErrInvalid] that Cancel would return unsent, or nil.
func (c *Client) Validate(req cancel.Request) error {
	if err := valid(req); err != nil {
		return c.call(cancelOp, req).Refuse(err.Error())
	}
	return nil
}

func (c *Client) call(op string, req cancel.Request) adapter.Call {
	return adapter.Call{
		Provider: provider, Op: op, ID: req.ID,
		ReadOnly: op != cancelOp, Codes: table, Version: tableVersion, Redact: c.redact,
	}
}

// send makes the call that cancels a batch. Its error says why the call was not made.
func (c *Client) send(ctx context.Context, batch batch) (adapter.Answer, error) {
	ctx, end := c.via.WithTimeout(ctx)
	defer end()
	call := c.call(cancelOp, cancel.Request{})
	key, err := c.private.Reveal(ctx, call)
	if err != nil {
		return adapter.Answer{}, err
	}
	body, err := json.Marshal(batch)
	if err != nil {
		return adapter.Answer{}, call.Refuse(err.Error())
	}
	answer := c.via.Send(ctx, http.MethodPost, c.cancelURL, cancelHeader(key), body)
	call.Report(ctx, answer)
	return answer, nil
}

// ask makes a call that asks about one document.
func (c *Client) ask(ctx context.Context, about *url.URL, key, code string) adapter.Answer {
	return c.via.Send(ctx, http.MethodGet, documentURL(about, code), statusHeader(key), nil)
}

// about returns a copy of err, an error of send, as the error of req.
func about(req cancel.Request, err error) error {
	e, _ := errors.AsType[*cancel.Error](err)
	own := *e
	own.ID = req.ID
	return &own
}
