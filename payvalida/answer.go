package payvalida

import (
	"errors"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/charset"
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
	return cancel.Result{
		Provider: provider,
		ID:       req.ID,
		Kind:     req.Kind,
		State:    row.State,
		Code:     said.Code,
		Message:  said.Message,
		Raw:      answer.Body,
		At:       answer.At,
	}, nil
}

// parse reads CODE and DESC. Its error says why the body is no answer.
func parse(answer exchange.Answer) (exchange.Words, error) {
	text, err := charset.UTF8(answer.Body, answer.ContentType())
	if err != nil {
		return exchange.Words{}, err
	}
	object, err := jsonobject.Parse(text)
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
