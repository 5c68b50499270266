package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

const cancelOp = "PUT /orders/{id}/cancel"

// table follows the documentation of Acme, an invented vendor.
var table = adapter.Table{
	{HTTPStatus: 204, Operations: []string{cancelOp}, State: cancel.Cancelled},
	{HTTPStatus: 409, Code: "ALREADY_CANCELLED", Operations: []string{cancelOp}, State: cancel.AlreadyCancelled},
	{HTTPStatus: 409, Code: "SHIPPED", Operations: []string{cancelOp}, Reason: cancel.ErrNotCancellable},
	{HTTPStatus: 404, Code: "NO_SUCH_ORDER", Operations: []string{cancelOp}, Reason: cancel.ErrNotFound},
}

type Acme struct {
	via      *adapter.Client
	endpoint *url.URL
	key      *adapter.Credential
}

func NewAcme(key cancel.Secret, endpoint string, options cancel.ClientOptions) (*Acme, error) {
	call := adapter.Call{Provider: "acme", Op: "New"}
	if key.IsZero() {
		return nil, call.Refuse("key is missing")
	}
	credential, err1 := adapter.NewCredential("key", key, adapter.CheckHeaderValue)
	target, err2 := adapter.Endpoint(endpoint, "", nil)
	via, err3 := adapter.NewClient(options)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, call.Refuse(err.Error())
	}
	return &Acme{via, target, credential}, nil
}

func (a *Acme) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	call := adapter.Call{
		Provider: "acme", Op: cancelOp, ID: req.ID,
		Codes: table, Version: "acme 1", Redact: adapter.NewRedactor(a.key),
	}
	if err := adapter.CheckRequest(req, "order"); err != nil {
		return cancel.Result{}, call.Refuse(err.Error())
	}
	if req.ID == "" || adapter.CheckLine(req.ID) != nil {
		return cancel.Result{}, call.Refuse("ID is not the number of an order")
	}
	ctx, stop := a.via.WithTimeout(ctx)
	defer stop()
	key, err := a.key.Reveal(ctx, call)
	if err != nil {
		return cancel.Result{}, err
	}
	header := http.Header{"Authorization": {"Bearer " + key}, "Idempotency-Key": {req.ID}}
	target := a.endpoint.JoinPath("orders", url.PathEscape(req.ID), "cancel")
	answer := a.via.Send(ctx, http.MethodPut, target, header, nil)
	call.Report(ctx, answer)
	return call.Judge(req, answer, read)
}

// read returns the code and the message of an answer that is not an empty 204.
func read(answer adapter.Answer) (adapter.Words, error) {
	object, err := adapter.ReadObject(answer.Body, answer.ContentType())
	var said adapter.Words
	said.Code, _ = object.Text("code")
	said.Message, _ = object.Text("message")
	return said, err
}

// A complete adapter of a vendor that answers in JSON, and its vendor.
func Example() {
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer key":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/orders/1/cancel":
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path == "/orders/2/cancel":
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"code": "SHIPPED", "message": "it is on its way"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"code": "NO_SUCH_ORDER"}`)
		}
	}))
	defer vendor.Close()

	acme, err := NewAcme(cancel.NewSecret("key"), vendor.URL, cancel.ClientOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"1", "2", "3", ""} {
		result, err := acme.Cancel(context.Background(), cancel.Request{Kind: "order", ID: id})
		fmt.Println(result.State, err)
	}
	// Output:
	// cancelled <nil>
	//  acme: PUT /orders/{id}/cancel 2: not cancellable (code SHIPPED, HTTP 409): it is on its way
	//  acme: PUT /orders/{id}/cancel 3: not found (code NO_SUCH_ORDER, HTTP 404)
	//  acme: PUT /orders/{id}/cancel: invalid request: ID is not the number of an order
}
