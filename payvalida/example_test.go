package payvalida_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/payvalida"
)

// gateway stands for Payvalida: it answers every call with the same.
func gateway(answer string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
}

func ExampleNew() {
	_, err := payvalida.New(payvalida.Config{Merchant: "some_merchant", Environment: cancel.Sandbox})
	fmt.Println(err)
	// Output:
	// payvalida: New: invalid request: FixedHash is missing
}

func ExampleClient_Cancel() {
	server := gateway(`{"CODE":"0000","DESC":"transaction canceled successfully"}`)
	defer server.Close()

	client, err := payvalida.New(payvalida.Config{
		Merchant:  "some_merchant",
		FixedHash: cancel.NewSecret("secreto"), // better from where you keep your secrets
		Endpoint:  server.URL,                  // in place of Environment
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := client.Cancel(context.Background(), cancel.Request{Kind: cancel.Payment, ID: "2402558"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.State, result.Code, result.Message)
	// Output:
	// cancelled 0000 transaction canceled successfully
}

// A pre-authorization that was not reversed can be cancelled again.
func ExampleClient_Cancel_preAuthorization() {
	server := gateway(`{"CODE":"0017","DESC":"transaction was not reversed, try again"}`)
	defer server.Close()

	client, err := payvalida.New(payvalida.Config{Merchant: "some_merchant", FixedHash: cancel.NewSecret("secreto"), Endpoint: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Cancel(context.Background(), cancel.Request{Kind: cancel.PreAuthorization, ID: "2402558"})
	fmt.Println(errors.Is(err, cancel.ErrUnavailable), cancel.Retryable(err))
	fmt.Println(err)
	// Output:
	// true true
	// payvalida: POST /v4/merchant/transaction/cancel 2402558: unavailable (code 0017, HTTP 200): transaction was not reversed, try again
}

// Preflight tells whether an order may be cancelled, by the merchant's own order id.
func ExampleClient_Preflight() {
	server := gateway(`{"CODE":"0000","DESC":"OK","DATA":{"ORDER":"PO-7","CODE":2402558,"STATE":"PENDIENTE"}}`)
	defer server.Close()

	client, err := payvalida.New(payvalida.Config{Merchant: "some_merchant", FixedHash: cancel.NewSecret("secreto"), Endpoint: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	order := cancel.Request{Kind: cancel.Payment, ID: "2402558", Reference: "PO-7"}
	advice, err := client.Preflight(context.Background(), order)
	fmt.Println(advice.Verdict, advice.Code, err)
	fmt.Println(advice.Message)
	// Output:
	// not_cancellable PENDIENTE <nil>
	// the order is not paid, so there is nothing to cancel: an unpaid order is deleted by another call, DELETE /api/v3/porders
}

func ExampleChecksum() {
	fmt.Println(payvalida.Checksum("some_merchant", "2402558", "invented_fixed_hash")[:16])
	// Output:
	// e0c34584a9c20a7e
}
