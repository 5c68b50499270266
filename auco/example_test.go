package auco_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
)

// service stands for Auco: it answers every call with the same.
func service(answer string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
}

func ExampleNew() {
	_, err := auco.New(auco.Config{PrivateKey: cancel.NewSecret("puk_invented"), Environment: cancel.Sandbox})
	fmt.Println(err)
	// Output:
	// auco: New: invalid request: PrivateKey is a public key (puk_): only a private key (prk_) cancels
}

func ExampleClient_Cancel() {
	server := service(`{"success":1,"errors":{"cant":0}}`)
	defer server.Close()

	client, err := auco.New(auco.Config{
		PrivateKey: cancel.NewSecret("prk_invented"), // better from where you keep your secrets
		Endpoint:   server.URL,                       // in place of Environment
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := client.Cancel(context.Background(), cancel.Request{
		Kind:        cancel.Document,
		ID:          "DOCUMENTCODE",
		Reason:      "Cancelación por error en cláusula II...", // the signers read it
		RequestedBy: "example@auco.ai",
	})
	fmt.Println(result.State, err)
	// Output:
	// cancelled <nil>
}

func ExampleClient_CancelBatch() {
	server := service(`{"success":1,"errors":{"cant":1,"documents":["TR99AQMY31"]}}`)
	defer server.Close()

	client, err := auco.New(auco.Config{PrivateKey: cancel.NewSecret("prk_invented"), Endpoint: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	var reqs []cancel.Request
	for _, code := range []string{"DOCUMENTCODE", "TR99AQMY31"} {
		reqs = append(reqs, cancel.Request{Kind: cancel.Document, ID: code, Reason: "Contrato duplicado", RequestedBy: "example@auco.ai"})
	}
	for _, item := range client.CancelBatch(context.Background(), reqs) {
		switch {
		case item.Err == nil:
			fmt.Println(item.Request.ID, item.Result.State)
		case errors.Is(item.Err, cancel.ErrNotCancellable):
			fmt.Println(item.Request.ID, "was signed by all, or rejected")
		default:
			fmt.Println(item.Err)
		}
	}
	// Output:
	// DOCUMENTCODE cancelled
	// TR99AQMY31 was signed by all, or rejected
}

// A signer declined the document, so nobody cancelled it and nobody can.
func ExampleClient_Status() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `{"code":"TR99AQMY31","status":"REJECTED"}`
		if r.URL.Path == "/document/roadmap" {
			answer = `[{"action":"PARTICIPANT_REJECT","participant":"ana@example.com","message":"No es lo acordado"}]`
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()

	client, err := auco.New(auco.Config{
		PrivateKey: cancel.NewSecret("prk_invented"),
		PublicKey:  cancel.NewSecret("puk_invented"), // Status needs it
		Endpoint:   server.URL,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Status(context.Background(), cancel.Request{Kind: cancel.Document, ID: "TR99AQMY31"})
	fmt.Println(errors.Is(err, cancel.ErrNotCancellable))
	fmt.Println(err)
	// Output:
	// true
	// auco: GET /document/roadmap TR99AQMY31: not cancellable (code PARTICIPANT_REJECT, HTTP 200): No es lo acordado
}
