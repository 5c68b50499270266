package aucotest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
)

func ExampleNew() {
	sim := aucotest.New()
	defer sim.Close()
	sim.Register("TR99AQMY31")
	sim.SetState("TR99AQMY32", "FINISH")

	client, err := auco.New(sim.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	req := cancel.Request{Kind: cancel.Document, ID: "TR99AQMY31", Reason: "Error en la cláusula II", RequestedBy: "legal@example.com"}
	signed := req
	signed.ID = "TR99AQMY32"
	for _, item := range client.CancelBatch(context.Background(), []cancel.Request{req, signed}) {
		fmt.Println(item.Request.ID, item.Err == nil, sim.State(item.Request.ID))
	}
	// Output:
	// TR99AQMY31 true REJECTED
	// TR99AQMY32 false FINISH
}

func ExampleSimulator_CallBack() {
	events := make(chan string)
	webhook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var event struct{ Name, Status string }
		err := json.NewDecoder(r.Body).Decode(&event)
		events <- fmt.Sprint(r.Header.Get("X-Auco-Key"), " ", event.Name, " ", event.Status, " ", err)
	}))
	defer webhook.Close()

	sim := aucotest.New()
	defer sim.Close()
	sim.Register("TR99AQMY31")
	sim.CallBack(webhook.URL, "X-Auco-Key", "secreto")
	sim.SetState("TR99AQMY31", "FINISH")
	fmt.Println(<-events)
	// Output:
	// secreto Documento TR99AQMY31 FINISH <nil>
}
