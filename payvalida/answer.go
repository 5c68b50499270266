package payvalida

import (
	"errors"
	"fmt"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// read returns CODE and DESC. Its error says why the body is not an answer.
func read(answer adapter.Answer) (adapter.Words, error) {
	_, said, err := parse(answer)
	return said, err
}

// interpretStatus returns the meaning of answer, to a question about the order of req.
func interpretStatus(call adapter.Call, req cancel.Request, answer adapter.Answer) (cancel.Result, error) {
	if answer.Err != nil {
		return cancel.Result{}, call.NoAnswer(answer, adapter.Words{}, nil)
	}
	object, said, err := parse(answer)
	if err != nil {
		return cancel.Result{}, call.NoAnswer(answer, said, err)
	}
	operation := call.Op
	if said.Code == codeDone {
		data, err := adapter.ParseObject(object["data"])
		if err != nil {
			return cancel.Result{}, call.NoAnswer(answer, said, fmt.Errorf("DATA: %w", err))
		}
		if number(data) != req.ID {
			return cancel.Result{}, call.Fail(cancel.ErrInvalid, answer, said, errors.New("DATA.CODE is not the ID: ID and Reference are two orders"))
		}
		state, _ := data.Text("state")
		if state == "" {
			return cancel.Result{}, call.NoAnswer(answer, said, errors.New("the answer has no DATA.STATE"))
		}
		said.Code, operation = state, stateOf[req.Kind]
	}
	switch row, _ := table.Lookup(operation, answer.Status, said.Code); row.Reason {
	case nil:
		return call.Done(req, row.State, answer, said), nil
	case cancel.ErrInvalid: // the state says nothing about this kind
		return cancel.Result{}, call.Fail(row.Reason, answer, said, errors.ErrUnsupported)
	default:
		return cancel.Result{}, call.Fail(row.Reason, answer, said, nil)
	}
}

// parse returns the object that answer is, and its CODE and DESC. The card API says its failure
// in a field error, which takes the place of DESC. The error says why the body is not an answer.
func parse(answer adapter.Answer) (adapter.Object, adapter.Words, error) {
	object, err := adapter.ReadObject(answer.Body, answer.ContentType())
	if err != nil {
		return nil, adapter.Words{}, err
	}
	var said adapter.Words
	said.Message, _ = object.Text("desc")
	if failure, _ := object.Text("error"); failure != "" {
		said.Message = failure
	}
	said.Code, _ = object.Text("code")
	if said.Code == "" {
		return object, said, errors.New("the answer has no CODE")
	}
	return object, said, nil
}

// number returns DATA.CODE with every digit. The vendor documents an integer; a string is read
// too, because the registration answers with one.
func number(data adapter.Object) string {
	if text, ok := data.Text("code"); ok {
		return text
	}
	return string(data["code"])
}
