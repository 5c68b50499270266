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

// reading is an answer to a cancellation of several documents.
type reading struct {
	answer  adapter.Answer
	said    adapter.Words
	listed  []string
	counted bool  // the answer has counts
	cause   error // why it has not, or why the counts prove nothing
}

// readBatch reads the answer to a cancellation of codes.
func readBatch(answer adapter.Answer, codes []string) reading {
	r := reading{answer: answer}
	if answer.Err != nil {
		return r
	}
	object, err := adapter.ReadObject(answer.Body, answer.ContentType())
	r.said, r.cause = words(object), err
	if err == nil && answer.Status/100 == 2 {
		r.cause = r.count(object, codes)
	}
	return r
}

// count reads the counts. Its error says why they do not account for the codes that were sent.
func (r *reading) count(object adapter.Object, codes []string) error {
	failures, err := adapter.ParseObject(object["errors"])
	if err != nil {
		return fmt.Errorf("errors: %w", err)
	}
	if documents, ok := failures["documents"]; ok && json.Unmarshal(documents, &r.listed) != nil {
		return errors.New("errors.documents is not a list of codes")
	}
	r.counted = true
	success, hasSuccess := object.Count("success")
	failed, hasFailed := failures.Count("cant")
	if !hasSuccess || !hasFailed {
		return errors.New("the answer lacks success or errors.cant")
	}
	for _, code := range r.listed {
		if !slices.Contains(codes, code) {
			return fmt.Errorf("errors.documents lists %q, which was not sent", code)
		}
	}
	listed := 0
	for _, code := range codes {
		if slices.Contains(r.listed, code) {
			listed++
		}
	}
	if success != len(codes)-listed || failed != listed {
		return fmt.Errorf("success %d and errors.cant %d do not add up to %d sent, %d of them listed", success, failed, len(codes), listed)
	}
	return nil
}

// interpret returns the meaning of r for req.
func (r reading) interpret(call adapter.Call, req cancel.Request) (cancel.Result, error) {
	if !r.counted {
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

// interpretStatus returns the meaning of answer, to a question about the document of req.
func interpretStatus(call adapter.Call, req cancel.Request, answer adapter.Answer) (cancel.Result, error) {
	if answer.Err != nil {
		return cancel.Result{}, call.NoAnswer(answer, adapter.Words{}, nil)
	}
	unknown := answer.Status == http.StatusBadRequest || answer.Status == http.StatusNotFound
	if unknown && bytes.Contains(answer.Body, []byte(documentNotFound)) {
		return call.Decide(req, answer, adapter.Words{Code: documentNotFound})
	}
	object, err := adapter.ReadObject(answer.Body, answer.ContentType())
	said := words(object)
	if err != nil || answer.Status/100 != 2 {
		return cancel.Result{}, call.NoAnswer(answer, said, err)
	}
	said.Code, _ = object.Text("status")
	if said.Code == documentNotFound { // a word of errors, not of documents
		return cancel.Result{}, call.Fail(cancel.ErrUnexpected, answer, said, nil)
	}
	code, _ := object.Text("code")
	named := object["code"] != nil && string(object["code"]) != "null"
	if said.Code == "" || named && code != req.ID {
		return cancel.Result{}, call.NoAnswer(answer, said, errors.New("no status of this document in the answer"))
	}
	return call.Decide(req, answer, said)
}

// readRoadmap returns the last action of a roadmap that ended or reactivated the document, and
// its message. It is false if the answer is not a roadmap, or has no such action.
func readRoadmap(answer adapter.Answer) (said adapter.Words, ok bool) {
	if answer.Err != nil || answer.Status/100 != 2 {
		return said, false
	}
	text, err := adapter.UTF8JSON(answer.Body, answer.ContentType())
	if err != nil {
		return said, false
	}
	for _, text := range events(text) {
		event, err := adapter.ParseObject(text)
		if err != nil {
			return adapter.Words{}, false
		}
		action, _ := event.Text("action")
		if _, known := table.Lookup(roadmapOp, answer.Status, action); known {
			said, ok = words(event), true
			said.Code = action
		}
	}
	return said, ok
}

// events returns the events of a roadmap. The page shows events and not what holds them: a list
// is read, and an object with one list.
func events(text []byte) (found []json.RawMessage) {
	if json.Unmarshal(text, &found) == nil {
		return found
	}
	object, _ := adapter.ParseObject(text)
	for _, value := range object {
		var list []json.RawMessage
		if json.Unmarshal(value, &list) != nil || list == nil {
			continue
		}
		if found != nil {
			return nil
		}
		found = list
	}
	return found
}

// words returns the message of an answer. No page says where an error has one.
func words(object adapter.Object) adapter.Words {
	message, _ := object.Text("message")
	return adapter.Words{Message: message}
}
