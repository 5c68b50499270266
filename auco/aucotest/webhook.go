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

// retries is how long after each attempt that failed Auco tells a webhook again.
var retries = []time.Duration{2 * time.Minute, 4 * time.Minute, 6 * time.Minute}

// hook is where Auco tells what becomes of documents.
type hook struct {
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
// [canceltest.Server.Pass] moves. The vendor's page does not say from when on these minutes count.
// [canceltest.Server.Deliveries] tells what came of each attempt.
//
// It panics for an address that is not plain http to this machine, and for a header that
// cannot be.
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

// events are the events of the states.
var events = map[string]string{
	created:  "CREATE",
	finish:   "FINISH",
	rejected: "REJECTED",
	expired:  "EXPIRED",
}

// event is what Auco tells of a document.
type event struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Status string `json:"status"`
	URL    string `json:"url"`
}

// rejection is what it tells where the document is REJECTED.
type rejection struct {
	Name    string   `json:"name"`
	Signer  person   `json:"signer"`
	Status  string   `json:"status"`
	Message string   `json:"message"`
	Tags    []string `json:"tags"`
}

type person struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Phone string `json:"phone"`
}

// message returns what is to be told of a document; why is the reason of a REJECTED.
func (w *hook) message(d *document, why string) canceltest.Message {
	status := events[d.state]
	var event any = event{d.code, d.name(), status, d.url()}
	if d.state == rejected {
		event = rejection{
			d.name(), person{signerID, signerName, signerEmail, signerPhone},
			status, why, []string{},
		}
	}
	body, err := json.Marshal(event)
	if err != nil {
		panic(err) // it is our own
	}
	return canceltest.Message{
		ID: d.code, Status: status,
		URL: w.address, Header: w.header, Body: body, Logged: body,
		Retries: retries,
	}
}
