package payvalida

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

const (
	cancelPath = "/v4/merchant/transaction/cancel"
	cancelOp   = http.MethodPost + " " + cancelPath
)

// Client cancels transactions of one merchant. Make one with [New]. It is safe for
// concurrent use.
type Client struct {
	via       *adapter.Client
	cancelURL *url.URL
	merchant  string
	fixedHash *adapter.Credential
	redact    adapter.Redactor
}

// Cancel voids a payment or cancels a pre-authorization that was not completed, by
// one call. The state is [cancel.Cancelled] for CODE 0000 and
// [cancel.AlreadyCancelled] for 0001. The package's overview lists the errors. See
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones.
func (c *Client) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	call := c.call(cancelOp, req)
	if err := valid(req); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	hash, err := c.fixedHash.Reveal(ctx, call)
	if err != nil {
		return cancel.Result{}, err
	}
	body, err := c.cancelBody(req, hash)
	if err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	answer := c.via.Send(ctx, http.MethodPost, c.cancelURL, header, body)
	call.Report(ctx, answer)
	return call.Judge(req, answer, read)
}

// Validate returns the [cancel.ErrInvalid] that Cancel would return unsent, or nil.
func (c *Client) Validate(req cancel.Request) error {
	if err := valid(req); err != nil {
		return c.call(cancelOp, req).Refuse(err.Error())
	}
	return nil
}

func (c *Client) call(op string, req cancel.Request) adapter.Call {
	return adapter.Call{Provider: provider, Op: op, ID: req.ID, Codes: table, Version: tableVersion, Redact: c.redact}
}
