package payvalida

import (
	"context"
	"net/http"
	"net/url"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

var _ cancel.Canceler = (*Client)(nil)

const (
	cancelPath = "/v4/merchant/transaction/cancel"
	cancelOp   = http.MethodPost + " " + cancelPath
)

// Client cancels transactions of one merchant. Make one with [New]. It is safe for
// concurrent use and is not to be copied. It shows no secret when it is printed.
type Client struct {
	via       *adapter.Client
	target    *url.URL
	merchant  string
	fixedHash func() cancel.Secret // a function, where package fmt cannot look
	redact    adapter.Redactor
}

// Cancel voids a payment or cancels a pre-authorization that was not completed, by
// one call. The state is [cancel.Cancelled] for CODE 0000 and
// [cancel.AlreadyCancelled] for 0001. The package's overview lists the errors. See
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones.
func (c *Client) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	call := adapter.Call{Provider: provider, Op: cancelOp, ID: req.ID, Codes: table, Version: tableVersion, Redact: c.redact}
	body, err := c.encode(req)
	if err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	answer := c.via.Send(ctx, http.MethodPost, c.target, header, body)
	call.Report(ctx, answer)
	return call.Judge(req, answer, read)
}
