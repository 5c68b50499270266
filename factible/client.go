package factible

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/soap"
)

var (
	_ cancel.Canceler      = (*Client)(nil)
	_ cancel.StatusChecker = (*Client)(nil)
	_ cancel.Validator     = (*Client)(nil)
	_ cancel.Preflighter   = (*Client)(nil)
	_ cancel.Identifier    = (*Client)(nil)
)

// Client cancels CFDI with the account of one user. Make one with [New]. It is safe for
// concurrent use and shows no secret.
type Client struct {
	via        *adapter.Client
	soap       *soap.Client
	namespace  string
	username   string
	password   *adapter.Credential
	properties []KeyValue
	// csd is the method of Config.CSD, nil if the PAC holds the certificates. Reflection
	// cannot open a function.
	csd func(ctx context.Context, rfc string) (*CSD, error)
	// issuer is the RFC of Config.CSD if that is a *CSD, otherwise "".
	issuer string
	redact adapter.Redactor
}

// Cancel cancels an invoice with the SAT, by one call. The package's overview has the operations,
// the fields that a request must have, and the errors. RequestedBy, if given, gets an e-mail about
// the outcome of a [cancel.Invoice].
//
// A [cancel.PrimarySectorInvoice] is [cancel.Cancelled] or [cancel.AlreadyCancelled], with the
// acuse in Receipt if the vendor sent one, or [cancel.Pending] for status 211. An Invoice is
// Pending: follow it with Status, or with Wait of a [cancel.Client]. See
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarSectorPrimario-en.jsp and
// https://solucionfactible.com/sfic/capitulos/timbrado/ws-cancelacion-metodos/cancelarAsincrono-en.jsp.
func (c *Client) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	return c.do(ctx, c.cancelOperation(req), req)
}

// Validate returns the [cancel.ErrInvalid] that Cancel would return unsent, or nil.
func (c *Client) Validate(req cancel.Request) error {
	op := c.cancelOperation(req)
	if err := c.valid(op, req); err != nil {
		return c.call(op, req).Refuse(err.Error())
	}
	return nil
}

// Identify returns the UUID in lower case: two UUIDs that differ only in case name one invoice.
func (*Client) Identify(req cancel.Request) string { return strings.ToLower(req.ID) }

func (c *Client) cancelOperation(req cancel.Request) operation {
	switch {
	case req.Kind != cancel.Invoice:
		return cancelPrimarySector
	case c.csd != nil:
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

// Preflight returns [errors.ErrUnsupported], as the cause of [cancel.ErrInvalid]: the PAC
// cannot say beforehand whether an invoice may be cancelled. Ask the SAT, with package sat.
func (c *Client) Preflight(_ context.Context, req cancel.Request) (cancel.Preflight, error) {
	return cancel.Preflight{}, c.call(c.cancelOperation(req), req).Unsupported("the PAC has no preflight: ask the SAT")
}

func (c *Client) do(ctx context.Context, op operation, req cancel.Request) (cancel.Result, error) {
	call := c.call(op, req)
	if err := c.valid(op, req); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	ctx, end := c.via.WithTimeout(ctx)
	defer end()
	password, err := c.password.Reveal(ctx, call)
	if err != nil {
		return cancel.Result{}, err
	}
	var solicitud []byte
	if op.signed {
		if solicitud, err = c.sign(ctx, &call, req); err != nil {
			return cancel.Result{}, err
		}
	}
	request := op.request(c, req, password, solicitud)
	answer := c.soap.Call(ctx, "urn:"+op.name, request)
	call.Report(ctx, answer)
	return op.interpret(call, req, answer)
}

// valid reports why req is malformed, or not for the issuer that c signs for.
func (c *Client) valid(op operation, req cancel.Request) error {
	if err := op.valid(req); err != nil {
		return err
	}
	if op.signed && c.issuer != "" && c.issuer != req.Issuer {
		return fmt.Errorf("CSD is of %s, while Issuer is %s", c.issuer, req.Issuer)
	}
	return nil
}

// sign returns the request to the SAT, signed with the issuer's CSD. It makes call redact
// the password of the CSD.
func (c *Client) sign(ctx context.Context, call *adapter.Call, req cancel.Request) ([]byte, error) {
	csd, err := c.csd(ctx, req.Issuer)
	if err != nil {
		return nil, call.Unsent("CSD could not be had", err)
	}
	if csd == nil {
		return nil, call.Refuse("CSD: there is none for Issuer " + req.Issuer)
	}
	credential, err := adapter.NewCredential("CSD.Password", csd.Password, nil)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	call.Redact = adapter.NewRedactor(c.password, credential)
	password, err := credential.Reveal(ctx, *call)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	s, err := csd.open(password, now)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	solicitud, err := s.request(req.Issuer, req.ID, req.Motive, req.ReplacedBy, now)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	return solicitud, nil
}

func (c *Client) call(op operation, req cancel.Request) adapter.Call {
	return adapter.Call{
		Provider: provider, Op: op.name, ID: req.ID,
		ReadOnly: op.readOnly, Codes: table, Version: tableVersion, Redact: c.redact,
	}
}
