package payvalida

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

var (
	_ cancel.Canceler      = (*Client)(nil)
	_ cancel.StatusChecker = (*Client)(nil)
	_ cancel.Preflighter   = (*Client)(nil)
	_ cancel.Validator     = (*Client)(nil)
)

const (
	cancelPath = "/v4/merchant/transaction/cancel"
	cancelOp   = http.MethodPost + " " + cancelPath
	statusPath = "/api/v3/porders"
	statusOp   = http.MethodGet + " " + statusPath
)

// Client cancels transactions of one merchant. Make one with [New]. It is safe for concurrent
// use.
type Client struct {
	via                  *adapter.Client
	cancelURL, statusURL *url.URL
	merchant             string
	fixedHash            *adapter.Credential
	redact               adapter.Redactor
}

// Cancel cancels a payment, or a pre-authorization that was not completed, by one call. The
// state is [cancel.Cancelled] for CODE 0000 and [cancel.AlreadyCancelled] for 0001. The
// package's overview lists the errors. See
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones.
func (c *Client) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	call := c.call(cancelOp, req)
	if err := valid(req); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	ctx, end := c.via.WithTimeout(ctx)
	defer end()
	hash, err := c.fixedHash.Reveal(ctx, call)
	if err != nil {
		return cancel.Result{}, err
	}
	checksum := Checksum(c.merchant, req.ID, hash)
	call.Redact = hiding(checksum, call.Redact)
	body, err := c.cancelBody(req, checksum)
	if err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	answer := c.via.Send(ctx, http.MethodPost, c.cancelURL, cancelHeader, body)
	call.Report(ctx, answer)
	return call.Judge(req, answer, read)
}

// Status asks by one call for the order whose Reference, the merchant's own order id, is in
// req. Code is the order's state. The state of the result is [cancel.Cancelled] for ANULADA and
// CANCELADA, and [cancel.NotCancelled] for APROBADA and PENDIENTE of a payment, which say nothing
// about a pre-authorization. The package's overview lists the errors. See
// https://docs.payvalida.com/api-recaudo/ordenes-de-compra/consultar.
func (c *Client) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	call := c.call(statusOp, req)
	if err := valid(req); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	if req.Reference == "" {
		return cancel.Result{}, call.Unsupported("Reference is missing: Payvalida finds an order only by it")
	}
	if err := validReference(req.Reference); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	ctx, end := c.via.WithTimeout(ctx)
	defer end()
	hash, err := c.fixedHash.Reveal(ctx, call)
	if err != nil {
		return cancel.Result{}, err
	}
	checksum := Checksum(req.Reference, c.merchant, hash) // the other way round than in Cancel
	call.Redact = hiding(checksum, call.Redact)
	answer := c.via.Send(ctx, http.MethodGet, c.orderURL(req.Reference, checksum), statusHeader, nil)
	call.Report(ctx, answer)
	return interpretStatus(call, req, answer)
}

// Preflight asks as Status does whether an order may be cancelled. The verdict is
// [cancel.Cancellable] for APROBADA, [cancel.NotCancellable] for PENDIENTE, because an order
// that is not paid is deleted by another call, and [cancel.Done] for ANULADA and CANCELADA. It
// returns the errors of Status.
func (c *Client) Preflight(ctx context.Context, req cancel.Request) (cancel.Preflight, error) {
	r, err := c.Status(ctx, req)
	if err != nil {
		return cancel.Preflight{}, err
	}
	known := advice[r.Code]
	r.Message = cmp.Or(known.words, r.Message)
	return adapter.Advise(r, known.verdict), nil
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
