package sat

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/unified-cancel/cancel"
)

var (
	_ cancel.StatusChecker = confirmed{}
	_ cancel.Validator     = confirmed{}
	_ cancel.Preflighter   = confirmed{}
)

// Confirm returns a Canceler that cancels with pac and calls an invoice cancelled only if the SAT
// does, too. It is also a [cancel.StatusChecker], a [cancel.Validator] and a
// [cancel.Preflighter]. Its requests must have an Expression whose id is the ID; all others are
// cancel.ErrInvalid and nothing is sent. It is safe for concurrent use if pac is.
//
// Cancel asks pac. Only if pac says that the invoice is cancelled it asks the SAT, and unless
// the SAT says [cancel.Cancelled], the state is [cancel.Pending] and Message has both answers.
// Follow it with Status, or with Wait of a [cancel.Client]: the SAT's records lag behind by
// minutes to hours.
//
// Status asks both, one after the other:
//
//	the SAT says            Status says
//	Cancelled               Cancelled; with pac's acuse, if pac says so, too
//	Pending                 Pending
//	ErrRejected             ErrRejected, but Pending if pac does: it was requested again
//	NotCancelled            Pending if pac says cancelled or Pending,
//	                        NotCancelled if pac says ErrNotFound, otherwise pac's answer
//	anything else           Pending if pac says cancelled, otherwise pac's answer
//
// Evidence is about the exchange whose answer is returned.
//
// If pac is not a [cancel.StatusChecker], its answer is errors.ErrUnsupported.
//
// Validate is the one of pac, if it has one, and checks the Expression. Preflight asks the SAT.
func Confirm(pac cancel.Canceler, authority *Client) cancel.Canceler {
	return confirmed{pac, authority}
}

type confirmed struct {
	pac       cancel.Canceler
	authority *Client
}

func (c confirmed) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	if err := c.Validate(req); err != nil {
		return cancel.Result{}, err
	}
	p, err := c.pac.Cancel(ctx, req)
	if err != nil || !p.State.IsCancelled() {
		return p, err
	}
	s, _, err := c.authority.status(ctx, req)
	if s.State == cancel.Cancelled {
		return p, nil
	}
	return pending(p, s, err), nil
}

func (c confirmed) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	if err := validate(req); err != nil {
		return cancel.Result{}, err
	}
	p, pErr := c.ask(ctx, req)
	s, report, sErr := c.authority.status(ctx, req)
	switch {
	case s.State == cancel.Cancelled && p.State.IsCancelled():
		p.State = cancel.Cancelled
		return p, nil
	case s.State == cancel.Cancelled, s.State == cancel.Pending,
		s.State == cancel.NotCancelled && errors.Is(pErr, cancel.ErrNotFound),
		errors.Is(sErr, cancel.ErrRejected) && p.State != cancel.Pending:
		report()
		return s, sErr
	case p.State.IsCancelled(), s.State == cancel.NotCancelled && p.State == cancel.Pending:
		return pending(p, s, sErr), nil
	}
	return p, pErr
}

// ask asks the PAC for the status. The Result is zero if there is an error.
func (c confirmed) ask(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	checker, ok := c.pac.(cancel.StatusChecker)
	if !ok {
		return cancel.Result{}, newCall(req.ID).Unsupported("the PAC's adapter has no Status")
	}
	p, err := checker.Status(ctx, req)
	if err != nil {
		return cancel.Result{}, err
	}
	return p, nil
}

// Identify compares UUIDs without case.
func (confirmed) Identify(req cancel.Request) string { return strings.ToLower(req.ID) }

func (c confirmed) Validate(req cancel.Request) error {
	if v, ok := c.pac.(cancel.Validator); ok {
		if err := v.Validate(req); err != nil {
			return err
		}
	}
	return validate(req)
}

func (c confirmed) Preflight(ctx context.Context, req cancel.Request) (cancel.Preflight, error) {
	return c.authority.Preflight(ctx, req)
}

// validate reports why the SAT cannot be asked about req.
func validate(req cancel.Request) error {
	if _, err := check(req); err != nil {
		return newCall(req.ID).Refuse(err.Error())
	}
	return nil
}

// pending is the PAC's answer p while the SAT does not confirm it: it said s or err.
func pending(p, s cancel.Result, err error) cancel.Result {
	said := s.Message
	if err != nil {
		said = err.Error()
	}
	p.Message = fmt.Sprintf("%s: %s %s; %s: %s", p.Provider, p.Code, p.Message, provider, said)
	p.State = cancel.Pending
	return p
}
