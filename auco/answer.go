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
	"github.com/unified-cancel/cancel/internal/exchange"
	"github.com/unified-cancel/cancel/internal/jsonobject"
)

// interpret returns what answer, to a cancellation of codes, means for req.
func interpret(call exchange.Call, req cancel.Request, answer exchange.Answer, codes []string) (cancel.Result, error) {
	if answer.Err != nil {
		return cancel.Result{}, call.NoAnswer(answer, exchange.Words{}, nil)
	}
	object, err := jsonobject.Read(answer.Body, answer.ContentType())
	said := words(object)
	if err != nil || answer.Status/100 != 2 {
		return cancel.Result{}, call.NoAnswer(answer, said, err)
	}
	counts, err := count(object)
	if err != nil {
		return cancel.Result{}, call.NoAnswer(answer, said, err)
	}
	row, doubt := proved, counts.check(codes)
	switch {
	case slices.Contains(counts.listed, req.ID):
		row = listed
	case doubt != nil:
		row = unproved
	}
	if row.Reason != nil {
		return cancel.Result{}, call.Fail(row.Reason, answer, said, cmp.Or(doubt, errors.New("the code is among errors.documents")))
	}
	return call.Done(req, row.State, answer, said), nil
}

// interpretStatus returns what answer, to a query for a document, means for req.
func interpretStatus(call exchange.Call, req cancel.Request, answer exchange.Answer) (cancel.Result, error) {
	if answer.Err != nil {
		return cancel.Result{}, call.NoAnswer(answer, exchange.Words{}, nil)
	}
	if answer.Status == http.StatusBadRequest && bytes.Contains(answer.Body, []byte(documentNotFound)) {
		row := table.Lookup(call.Op, documentNotFound)
		return cancel.Result{}, call.Fail(row.Reason, answer, exchange.Words{Code: row.Code}, nil)
	}
	object, err := jsonobject.Read(answer.Body, answer.ContentType())
	said := words(object)
	if err != nil || answer.Status/100 != 2 {
		return cancel.Result{}, call.NoAnswer(answer, said, err)
	}
	said.Code, _ = object.Text("status")
	if code, ok := object.Text("code"); said.Code == "" || ok && code != req.ID {
		return cancel.Result{}, call.NoAnswer(answer, said, errors.New("no status of this document in the answer"))
	}
	row := table.Lookup(call.Op, said.Code)
	if row.Reason != nil {
		return cancel.Result{}, call.Fail(row.Reason, answer, said, nil)
	}
	return call.Done(req, row.State, answer, said), nil
}

// words returns the message of an answer. No page says where an error has one.
func words(object jsonobject.Object) exchange.Words {
	message, _ := object.Text("message")
	return exchange.Words{Message: message}
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
