package sat

import (
	"context"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/soap"
)

var (
	_ cancel.StatusChecker = (*Client)(nil)
	_ cancel.Preflighter   = (*Client)(nil)
)

// Client asks the SAT about invoices. It cancels nothing. Make one with [New]. It is safe for
// concurrent use and must not be copied.
type Client struct {
	soap *soap.Client
}

// Lookup asks for the record of the invoice that an expression describes. The expression is the
// text of the invoice's QR code, or the part of it that begins with a question mark; [Expression]
// reads it from the CFDI. A Record comes back for every readable answer, N - 601 and N - 602
// included. The package's overview lists the errors.
//
// An RFC may hold an ampersand, and two ways to spell it are in use. If the SAT answers
// N - 601, Lookup asks once more with the other one.
func (c *Client) Lookup(ctx context.Context, expression string) (Record, error) {
	call := newCall("")
	printed, err := parse(expression)
	if err != nil {
		return Record{}, call.Refuse(err.Error())
	}
	call.ID = printed["id"]
	a, err := c.ask(ctx, call, expression, printed)
	a.report(ctx, call)
	return a.Record, err
}

// Status asks for the state of an invoice, by req.Expression. The id in it must be req.ID. The
// state is [cancel.Cancelled], [cancel.Pending] or [cancel.NotCancelled], and Code is
// EstatusCancelacion verbatim. The package's overview lists the errors.
func (c *Client) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	result, report, err := c.status(ctx, req)
	report()
	return result, err
}

// status is Status, but leaves it to the caller to report the exchanges as evidence.
func (c *Client) status(ctx context.Context, req cancel.Request) (result cancel.Result, report func(), err error) {
	call, a, err := c.look(ctx, req)
	if err == nil {
		result, err = a.status(call, req)
	}
	return result, func() { a.report(ctx, call) }, err
}

// Preflight asks whether an invoice may be cancelled, by req.Expression. The id in it must be
// req.ID. Code is EsCancelable verbatim, or EstatusCancelacion if a cancellation is under way or
// done. It returns the same errors as Status. The answer is advice: see [Record].
func (c *Client) Preflight(ctx context.Context, req cancel.Request) (cancel.Preflight, error) {
	call, a, err := c.look(ctx, req)
	a.report(ctx, call)
	if err != nil {
		return cancel.Preflight{}, err
	}
	return a.preflight(call, req)
}

func newCall(id string) adapter.Call {
	return adapter.Call{Provider: provider, Op: opConsulta, ID: id, ReadOnly: true, Version: tableVersion}
}

// look asks by the expression of req.
func (c *Client) look(ctx context.Context, req cancel.Request) (adapter.Call, answer, error) {
	call := newCall(req.ID)
	printed, err := check(req)
	if err != nil {
		return call, answer{}, call.Refuse(err.Error())
	}
	a, err := c.ask(ctx, call, req.Expression, printed)
	return call, a, err
}

// ask sends an expression, whose parameters are printed, in at most two spellings.
func (c *Client) ask(ctx context.Context, call adapter.Call, expression string, printed map[string]string) (answer, error) {
	a, err := c.send(ctx, call, expression)
	other := respell(expression, printed)
	if err != nil || a.codigo() != notValid || other == expression {
		return a, err
	}
	b, err := c.send(ctx, call, other)
	b.before = &a
	return b, err
}

func (c *Client) send(ctx context.Context, call adapter.Call, expression string) (answer, error) {
	a := answer{Answer: c.soap.Call(ctx, action, consulta{ExpresionImpresa: expression})}
	fields, err := soap.Read(call, a.Answer, "ConsultaResult")
	if err != nil {
		return a, err
	}
	a.Record, err = parseRecord(fields)
	if err != nil {
		return a, call.NoAnswer(a.Answer, adapter.Words{}, err)
	}
	a.Raw = a.Body
	return a, nil
}
