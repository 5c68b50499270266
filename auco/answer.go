package auco

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// reading is what an answer to a cancellation of several documents says of them all.
type reading struct {
	answer adapter.Answer
	said   adapter.Words
	none   bool  // no code decides
	cause  error // why none does, or why the counts prove nothing
	listed []string
}

// readBatch reads answer, to a cancellation of codes.
func readBatch(answer adapter.Answer, codes []string) reading {
	r := reading{answer: answer, none: true}
	if answer.Err != nil {
		return r
	}
	object, err := adapter.ReadObject(answer.Body, answer.ContentType())
	r.said, r.cause = words(object), err
	if err != nil || answer.Status/100 != 2 {
		return r
	}
	counts, err := count(object)
	if err != nil {
		r.cause = err
		return r
	}
	r.none, r.listed, r.cause = false, counts.listed, counts.check(codes)
	return r
}

// interpret returns what r means for req.
func (r reading) interpret(call adapter.Call, req cancel.Request) (cancel.Result, error) {
	if r.none {
		return cancel.Result{}, call.NoAnswer(r.answer, r.said, r.cause)
	}
	row := proved
	switch {
	case slices.Contains(r.listed, req.ID):
		row = listed
	case r.cause != nil:
		row = unproved
	}
	if row.Reason != nil {
		return cancel.Result{}, call.Fail(row.Reason, r.answer, r.said, cmp.Or(r.cause, errors.New("the code is among errors.documents")))
	}
	return call.Done(req, row.State, r.answer, r.said), nil
}

// interpretStatus returns what answer, to a query for a document, means for req.
func interpretStatus(call adapter.Call, req cancel.Request, answer adapter.Answer) (cancel.Result, error) {
	if answer.Err != nil {
		return cancel.Result{}, call.NoAnswer(answer, adapter.Words{}, nil)
	}
	if answer.Status == http.StatusBadRequest && bytes.Contains(answer.Body, []byte(documentNotFound)) {
		row, _ := table.Lookup(call.Op, answer.Status, documentNotFound)
		return cancel.Result{}, call.Fail(row.Reason, answer, adapter.Words{Code: row.Code}, nil)
	}
	object, err := adapter.ReadObject(answer.Body, answer.ContentType())
	said := words(object)
	if err != nil || answer.Status/100 != 2 {
		return cancel.Result{}, call.NoAnswer(answer, said, err)
	}
	said.Code, _ = object.Text("status")
	if code, ok := object.Text("code"); said.Code == "" || ok && code != req.ID {
		return cancel.Result{}, call.NoAnswer(answer, said, errors.New("no status of this document in the answer"))
	}
	row, _ := table.Lookup(call.Op, answer.Status, said.Code)
	if row.Reason != nil {
		return cancel.Result{}, call.Fail(row.Reason, answer, said, nil)
	}
	return call.Done(req, row.State, answer, said), nil
}

// words returns the message of an answer. No page says where an error has one.
func words(object adapter.Object) adapter.Words {
	message, _ := object.Text("message")
	return adapter.Words{Message: message}
}

// counts is what a 2xx answers.
type counts struct {
	success, failed int
	complete        bool // whether it says both
	listed          []string
}

func count(object adapter.Object) (counts, error) {
	var c counts
	success, complete := object.Count("success")
	failures, err := adapter.ParseObject(object["errors"])
	if err != nil {
		return c, fmt.Errorf("errors: %w", err)
	}
	failed, ok := failures.Count("cant")
	c.success, c.failed, c.complete = success, failed, complete && ok
	if documents, ok := failures["documents"]; ok {
		var listed []string
		if err := json.Unmarshal(documents, &listed); err != nil {
			return c, errors.New("errors.documents is no list of codes")
		}
		c.listed = listed
	}
	return c, nil
}

// check reports why the counts do not account for codes, those sent.
func (c counts) check(codes []string) error {
	if !c.complete {
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
	if c.success != len(codes)-failed || c.failed != failed {
		return fmt.Errorf("success %d and errors.cant %d do not add up to %d sent, %d of them listed",
			c.success, c.failed, len(codes), failed)
	}
	return nil
}
