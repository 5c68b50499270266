package auco

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/charset"
	"github.com/unified-cancel/cancel/internal/exchange"
	"github.com/unified-cancel/cancel/internal/jsonobject"
)

// interpret returns what answer, to a call with codes, means for req.
func interpret(call exchange.Call, req cancel.Request, answer exchange.Answer, codes []string) (cancel.Result, error) {
	if answer.Err != nil {
		return cancel.Result{}, call.NoAnswer(answer, exchange.Words{}, nil)
	}
	object, err := parse(answer)
	said := exchange.Words{}
	said.Message, _ = object.Text("message")
	if err != nil || answer.Status/100 != 2 {
		return cancel.Result{}, call.NoAnswer(answer, said, err)
	}
	counts, err := count(object)
	if err != nil {
		return cancel.Result{}, call.NoAnswer(answer, said, err)
	}
	sum := counts.check(codes)
	outcome := outcomes[verdict{listed: slices.Contains(counts.listed, req.ID), addsUp: sum == nil}]
	if outcome.reason != nil {
		if sum == nil {
			sum = errors.New("the code is among errors.documents")
		}
		return cancel.Result{}, call.Fail(outcome.reason, answer, said, sum)
	}
	return cancel.Result{
		Provider: provider,
		ID:       req.ID,
		Kind:     req.Kind,
		State:    outcome.state,
		Message:  said.Message,
		Raw:      answer.Body,
		At:       answer.At,
	}, nil
}

func parse(answer exchange.Answer) (jsonobject.Object, error) {
	text, err := charset.UTF8(answer.Body, answer.ContentType())
	if err != nil {
		return nil, err
	}
	return jsonobject.Parse(text)
}

// counts is what a 2xx answers; nil where it does not say.
type counts struct {
	success, failed *int
	listed          []string
}

func count(object jsonobject.Object) (counts, error) {
	var c counts
	if n, ok := object.Count("success"); ok {
		c.success = &n
	}
	failures, err := jsonobject.Parse(object["errors"])
	if err != nil {
		return c, fmt.Errorf("errors: %w", err)
	}
	if n, ok := failures.Count("cant"); ok {
		c.failed = &n
	}
	if documents, ok := failures["documents"]; ok {
		if err := json.Unmarshal(documents, &c.listed); err != nil {
			return c, errors.New("errors.documents is no list of codes")
		}
	}
	return c, nil
}

// check reports why the counts do not account for codes, those sent.
func (c counts) check(codes []string) error {
	if c.success == nil || c.failed == nil {
		return errors.New("the answer lacks success or errors.cant")
	}
	failed := 0
	for _, code := range codes {
		if slices.Contains(c.listed, code) {
			failed++
		}
	}
	for _, code := range c.listed {
		if !slices.Contains(codes, code) {
			return fmt.Errorf("errors.documents lists %q, which was not sent", code)
		}
	}
	if *c.success != len(codes)-failed || *c.failed != failed {
		return fmt.Errorf("success %d and errors.cant %d do not add up to %d sent, %d of them listed",
			*c.success, *c.failed, len(codes), failed)
	}
	return nil
}
