package canceltest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/unified-cancel/cancel/adapter"
)

// aucoRetries is how long after each attempt that failed Auco tells a webhook again.
var aucoRetries = []time.Duration{2 * time.Minute, 4 * time.Minute, 6 * time.Minute}

// aucoWebhook is where Auco tells what becomes of documents.
type aucoWebhook struct {
	address string
	header  http.Header
}

// CallBack has the webhook at address told, from now on, what becomes of documents, as
// https://docs.auco.ai/en/api/Webhooks/document documents it: CREATE when a document is
// registered, REJECTED when a call cancels it, and the event of each state that SetState
// puts it into. Value travels in the header of that name; none does where the name is
// "". An address of "" ends it. A webhook of an earlier CallBack is told no more, but
// for what it is being told already.
//
// The event REJECTED has no code, as in the vendor's sample; its name has. It has the
// reason of the cancellation for its message.
//
// An event is told by a request of its own while the simulator goes on. Where the answer
// is not 2xx, or does not come within ten seconds, it is told again 2 minutes after the
// first attempt, 4 after the second and 6 after the third, by the clock that
// [Server.Pass] moves. The vendor's page does not say from when on these minutes count.
// [Server.Deliveries] tells what came of each attempt.
//
// It panics for an address that is not plain http to this machine, and for a header that
// cannot be.
func (a *Auco) CallBack(address, header string, value string) {
	var webhook *aucoWebhook
	if address != "" {
		mustBeHere(address)
		webhook = &aucoWebhook{address, http.Header{"Content-Type": {"application/json"}}}
		if header != "" {
			if !httpguts.ValidHeaderFieldName(header) || adapter.CheckHeaderValue(value) != nil {
				panic(fmt.Sprintf("canceltest: the header %q cannot be sent", header))
			}
			webhook.header.Set(header, value)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.webhook = webhook
}

// aucoEvents are the events of the states.
var aucoEvents = map[string]string{
	aucoCreated:  "CREATE",
	aucoFinish:   "FINISH",
	aucoRejected: "REJECTED",
	aucoExpired:  "EXPIRED",
}

// aucoEvent is what Auco tells of a document.
type aucoEvent struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Status string `json:"status"`
	URL    string `json:"url"`
}

// aucoRejection is what it tells where the document is REJECTED.
type aucoRejection struct {
	Name    string     `json:"name"`
	Signer  aucoPerson `json:"signer"`
	Status  string     `json:"status"`
	Message string     `json:"message"`
	Tags    []string   `json:"tags"`
}

type aucoPerson struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Phone string `json:"phone"`
}

// message returns what is to be told of a document; why is the reason of a REJECTED.
func (w *aucoWebhook) message(d *document, why string) message {
	status := aucoEvents[d.state]
	var event any = aucoEvent{d.code, d.name(), status, d.url()}
	if d.state == aucoRejected {
		event = aucoRejection{
			d.name(), aucoPerson{signerID, signerName, signerEmail, signerPhone},
			status, why, []string{},
		}
	}
	body, err := json.Marshal(event)
	if err != nil {
		panic(err) // it is our own
	}
	return message{
		id: d.code, status: status,
		url: w.address, header: w.header, body: body, logged: body,
		retries: aucoRetries,
	}
}
