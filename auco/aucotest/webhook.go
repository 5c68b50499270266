package aucotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/canceltest"
)

// retries is how long after each failed attempt Auco calls a webhook again.
var retries = []time.Duration{2 * time.Minute, 4 * time.Minute, 6 * time.Minute}

// hook is a webhook for the events of documents.
type hook struct {
	address string
	header  http.Header
}

// CallBack makes the simulator call the webhook at address from now on, as
// https://docs.auco.ai/en/api/Webhooks/document documents it: with CREATE when a document is
// registered, REJECTED when a call cancels it or the signer declines, and the event of each
// state that SetState puts it into. Value travels in the header of that name, and nothing if
// the name is "". An address of "" ends the calls. A webhook of an earlier CallBack only gets
// the events that were already on their way.
//
// The event REJECTED has a name and no code, as in the vendor's sample. Its message is the
// reason of the cancellation.
//
// An event is sent in the background. If the answer is not 2xx, or does not come within ten
// seconds, the event is sent again 2 minutes after the first attempt, 4 after the second and
// 6 after the third, by the clock that [canceltest.Server.Pass] moves. The vendor's page does
// not say when these minutes begin. [canceltest.Server.Deliveries] lists the attempts.
//
// CallBack panics if the address is not plain http to this machine, and if the header cannot
// be sent.
func (a *Simulator) CallBack(address, header string, value string) {
	var webhook *hook
	if address != "" {
		canceltest.MustBeLoopback(address)
		webhook = &hook{address, http.Header{"Content-Type": {"application/json"}}}
		if header != "" {
			if !httpguts.ValidHeaderFieldName(header) || adapter.CheckHeaderValue(value) != nil {
				panic(fmt.Sprintf("aucotest: the header %q cannot be sent", header))
			}
			webhook.header.Set(header, value)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.webhook = webhook
}

// eventNames are the events of the states.
var eventNames = map[string]string{
	created:  "CREATE",
	finish:   "FINISH",
	rejected: "REJECTED",
	expired:  "EXPIRED",
}

// message returns the event of a document. why is the reason of a REJECTED.
func (w *hook) message(d *document, why string) canceltest.Message {
	status := eventNames[d.state]
	told := map[string]any{"code": d.code, "name": d.name(), "status": status, "url": d.url()}
	if d.state == rejected {
		told = map[string]any{
			"name": d.name(), "status": status, "message": why, "tags": []string{},
			"signer": map[string]string{"id": signerID, "name": signerName, "email": signerEmail, "phone": signerPhone},
		}
	}
	body, err := json.Marshal(told)
	if err != nil {
		panic(err) // all of it is ours
	}
	return canceltest.Message{
		ID: d.code, Status: status,
		URL: w.address, Header: w.header, Body: body, Logged: body,
		Retries: retries,
	}
}
