package payvalida

import (
	"errors"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/exchange"
	"github.com/unified-cancel/cancel/internal/jsonobject"
)

// interpret returns what answer means for req.
func interpret(call exchange.Call, req cancel.Request, answer exchange.Answer) (cancel.Result, error) {
	if answer.Err != nil {
		return cancel.Result{}, call.NoAnswer(answer, exchange.Words{}, nil)
	}
	said, err := parse(answer)
	if err != nil {
		return cancel.Result{}, call.NoAnswer(answer, said, err)
	}
	row := table.Lookup(call.Op, said.Code)
	if row.Reason != nil {
		return cancel.Result{}, call.Fail(row.Reason, answer, said, nil)
	}
	return call.Done(req, row.State, answer, said), nil
}

// parse reads CODE and DESC. Its error says why the body is no answer.
func parse(answer exchange.Answer) (exchange.Words, error) {
	object, err := jsonobject.Read(answer.Body, answer.ContentType())
	if err != nil {
		return exchange.Words{}, err
	}
	var said exchange.Words
	said.Message, _ = object.Text("desc")
	said.Code, _ = object.Text("code")
	if said.Code == "" {
		return said, errors.New("no CODE in the answer")
	}
	return said, nil
}
