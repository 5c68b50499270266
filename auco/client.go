package auco

import (
	"context"
	"net/http"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/exchange"
)

var (
	_ cancel.Canceler      = (*Client)(nil)
	_ cancel.BatchCanceler = (*Client)(nil)
)

const (
	cancelPath = "/document/cancel"
	cancelOp   = http.MethodPost + " " + cancelPath
)

// Client cancels documents of one organisation. Make one with [New]. It is safe for
// concurrent use and is not to be copied. It shows no secret when it is printed.
type Client struct {
	exchange   *exchange.Client
	target     string
	privateKey func() cancel.Secret // a function, where package fmt cannot look
	maxBatch   int
	redact     exchange.Redactor
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
			items[i].Err = c.call(req).Refuse(err.Error())
		}
	}
	if len(batch.Codes) == 0 {
		return items
	}
	answer := c.send(ctx, batch)
	for i, req := range reqs {
		if items[i].Err == nil {
			items[i].Result, items[i].Err = interpret(c.call(req), req, answer, batch.Codes)
		}
	}
	return items
}

// MaxBatch returns the largest number of documents in one call.
func (c *Client) MaxBatch() int { return c.maxBatch }

func (c *Client) call(req cancel.Request) exchange.Call {
	return exchange.Call{Provider: provider, Op: cancelOp, ID: req.ID, Redact: c.redact}
}

func (c *Client) send(ctx context.Context, batch batch) exchange.Answer {
	body, err := batch.encode()
	if err != nil {
		return exchange.Answer{Err: err, Unsent: true}
	}
	header := http.Header{
		"Authorization": {string(c.privateKey())},
		"Content-Type":  {"application/json"},
		"Accept":        {"application/json"},
	}
	return c.exchange.Post(ctx, c.target, header, body)
}
