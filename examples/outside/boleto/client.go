package boleto

import (
	"context"
	"net/http"
	"net/url"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

var (
	_ cancel.Canceler  = (*Client)(nil)
	_ cancel.Validator = (*Client)(nil)
)

// Boleto is the kind of thing that this adapter cancels.
const Boleto cancel.Kind = "boleto"

const cancelOp = http.MethodPut + " /boletos/{number}/cancellation"

// Client cancels the boletos of one account. Make one with [New]. It is safe for concurrent
// use.
type Client struct {
	via    *adapter.Client
	base   *url.URL
	key    *adapter.Credential
	redact adapter.Redactor
}

// Cancel cancels a boleto by one call. The state is [cancel.Cancelled] for HTTP 204 and
// [cancel.AlreadyCancelled] for HTTP 409 with already_cancelled. The package's overview lists
// the errors.
func (c *Client) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	call := c.call(req)
	if err := valid(req); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	key, err := c.key.Reveal(ctx, call)
	if err != nil {
		return cancel.Result{}, err
	}
	target := c.base.JoinPath("boletos", req.ID, "cancellation")
	answer := c.via.Send(ctx, http.MethodPut, target, header(req, key), body(req))
	call.Report(ctx, answer)
	return call.Judge(req, answer, read)
}

// Validate returns the [cancel.ErrInvalid] that Cancel would return unsent, or nil.
func (c *Client) Validate(req cancel.Request) error {
	if err := valid(req); err != nil {
		return c.call(req).Refuse(err.Error())
	}
	return nil
}

func (c *Client) call(req cancel.Request) adapter.Call {
	return adapter.Call{Provider: provider, Op: cancelOp, ID: req.ID, Codes: table, Version: tableVersion, Redact: c.redact}
}
