package aucotest

import (
	"fmt"
	"net/http"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/canceltest"
)

// retries is how long after each failed attempt Auco calls a webhook again.
var retries = []time.Duration{2 * time.Minute, 4 * time.Minute, 6 * time.Minute}

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
	var webhook *canceltest.Message
	if address != "" {
		canceltest.MustBeLoopback(address)
		webhook = &canceltest.Message{URL: address, Header: http.Header{"Content-Type": {"application/json"}}, Retries: retries}
		if header != "" {
			if !httpguts.ValidHeaderFieldName(header) || adapter.CheckHeaderValue(value) != nil {
				panic(fmt.Sprintf("aucotest: the header %q cannot be sent", header))
			}
			webhook.Header.Set(header, value)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.webhook = webhook
}

// tell calls the webhook, if there is one, with the event of a document. why is the reason of a
// REJECTED. The caller holds a.mu.
func (a *Simulator) tell(d *document, why string) {
	if a.webhook == nil {
		return
	}
	m := *a.webhook
	m.ID, m.Status = d.code, d.state
	if d.state == created {
		m.Status = "CREATE"
	}
	told := map[string]any{"code": d.code, "name": d.name(), "status": m.Status, "url": d.url()}
	if d.state == rejected {
		told = map[string]any{
			"name": d.name(), "status": m.Status, "message": why, "tags": []string{},
			"signer": map[string]string{"id": signerID, "name": signerName, "email": signerEmail, "phone": signerPhone},
		}
	}
	m.Body = canceltest.JSON(0, told).Body
	m.Logged = m.Body
	a.Deliver(m)
}
