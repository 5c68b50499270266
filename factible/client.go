package factible

import (
	"context"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/soap"
)

var (
	_ cancel.Canceler      = (*Client)(nil)
	_ cancel.StatusChecker = (*Client)(nil)
	_ cancel.Validator     = (*Client)(nil)
)

// Client cancels CFDI with the account of one user. Make one with [New]. It is safe
// for concurrent use and is not to be copied. It shows no secret when it is printed.
type Client struct {
	via        *adapter.Client
	target     string
	version    soap.Version
	namespace  string
	username   string
	password   *adapter.Credential
	properties []KeyValue
	// sign makes the SAT's request of a request; nil where the PAC holds the issuer's
	// certificate.
	sign   func(req cancel.Request, at time.Time) ([]byte, error)
	redact adapter.Redactor
}

// Cancel cancels an invoice with the SAT, by one call.
//
// One of the primary sector is cancelled at once, by cancelarSectorPrimario. The state is
// [cancel.Cancelled] or [cancel.AlreadyCancelled], with the acuse in Receipt where the
// vendor sent one, or [cancel.Pending] for status 211.
//
// Any other, an [cancel.Invoice], is registered to be cancelled, by cancelarAsincrono, or
// with a [CSD] in Config by enviarSolicitudCancelacionAsincrono. The request must have a
// Motive (01 to 04), ReplacedBy with motive 01 alone, and the Issuer; RequestedBy, if
// given, is told by e-mail what becomes of it. The state is [cancel.Pending]: registered
// is not cancelled. Follow it with Status, or with Wait of a [cancel.Client].
//
// The package's overview lists the errors. See
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarSectorPrimario-en.jsp and
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarAsincrono-en.jsp.
func (c *Client) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	return c.do(ctx, c.cancelOperation(req), req)
}

// Validate returns the [cancel.ErrInvalid] that Cancel would return unsent, or nil.
func (c *Client) Validate(req cancel.Request) error {
	op := c.cancelOperation(req)
	if err := op.valid(req); err != nil {
		return c.call(op, req).Refuse(err.Error())
	}
	return nil
}

func (c *Client) cancelOperation(req cancel.Request) operation {
	switch {
	case req.Kind != cancel.Invoice:
		return cancelPrimarySector
	case c.sign != nil:
		return enviarSolicitud
	default:
		return asincrono
	}
}

// Status asks by one call of getStatusCancelacionAsincrona how the cancellation of
// an invoice stands; the UUID is the transactionId. The state is [cancel.Cancelled]
// or [cancel.AlreadyCancelled] with the acuse in Receipt, or [cancel.Pending]. The
// package's overview lists the errors: [cancel.ErrNotFound] says that the PAC knows
// of no cancellation, [cancel.ErrRejected] that the recipient refused it. See
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/getStatusCancelacionAsincrona-en.jsp.
func (c *Client) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	return c.do(ctx, getStatus, req)
}

func (c *Client) do(ctx context.Context, op operation, req cancel.Request) (cancel.Result, error) {
	call := c.call(op, req)
	if err := op.valid(req); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	password, err := c.password.Reveal(ctx, call)
	if err != nil {
		return cancel.Result{}, err
	}
	request, err := op.request(c, req, password)
	if err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	answer := soap.Call(ctx, c.via, c.target, c.version, "urn:"+op.name, request)
	call.Report(ctx, answer)
	return op.interpret(call, req, answer)
}

func (c *Client) call(op operation, req cancel.Request) adapter.Call {
	return adapter.Call{
		Provider: provider, Op: op.name, ID: req.ID,
		ReadOnly: op.readOnly, Codes: table, Version: tableVersion, Redact: c.redact,
	}
}
