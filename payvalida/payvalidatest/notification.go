package payvalidatest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/unified-cancel/cancel/canceltest"
)

// notificationHash is another secret than the fixed hash.
const notificationHash = "hash-de-avisos-simulado"

// Statuses that are notified.
const (
	approved        = "approved"
	cancelledStatus = "cancelled"
)

// hook is where Payvalida notifies what becomes of orders.
type hook struct {
	address string
	form    bool // rather than JSON
}

// NotificationHash returns the secret from which the checksums of notifications are
// made. It is another one than the FixedHash of Config.
func (*Simulator) NotificationHash() string { return notificationHash }

// CallBack has the webhook at address notified in JSON, from now on, of what becomes of
// payments, as https://docs.payvalida.com/api-recaudo/api-recaudo-en/notification
// documents it: approved when one is registered, for it is one that was paid, and
// cancelled when the customer claims it back. What a merchant cancels is not notified,
// nor is anything of pre-authorizations. An address of "" ends it. A webhook of an
// earlier CallBack is notified no more.
//
// The merchant's own identifier of an order, po_id, is PO- and the order's number; the
// rest of it is invented. A notification is sent once, by a request of its own while
// the simulator goes on, and given up after ten seconds by the clock that [canceltest.Server.Pass]
// moves: the vendor's page speaks of repeats but not of when they come.
// [canceltest.Server.Deliveries] tells what came of it.
//
// It panics for an address that is not plain http to this machine.
func (p *Simulator) CallBack(address string) { p.callBack(address, false) }

// CallBackForm is as CallBack, with forms in place of JSON.
func (p *Simulator) CallBackForm(address string) { p.callBack(address, true) }

func (p *Simulator) callBack(address string, form bool) {
	var webhook *hook
	if address != "" {
		canceltest.MustBeLoopback(address)
		webhook = &hook{address, form}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.webhook = webhook
}

// notify has the webhook told that an order now has that status. The caller holds p.mu.
func (p *Simulator) notify(order, status string) {
	if p.webhook != nil {
		p.Deliver(p.webhook.message(order, status))
	}
}

// notification is what is notified. Amounts are text.
type notification struct {
	PVOrder  json.Number `json:"pv_po_id"`
	Order    string      `json:"po_id"`
	Status   string      `json:"status"`
	Checksum string      `json:"pv_checksum"`
	Amount   string      `json:"amount"`
	Currency string      `json:"iso_currency"`
	Method   string      `json:"pv_payment"`
}

func (w *hook) message(order, status string) canceltest.Message {
	n := notification{
		PVOrder: json.Number(order), Order: "PO-" + order, Status: status,
		Amount: "150000", Currency: "COP", Method: "tc",
	}
	sum := sha256.Sum256([]byte(n.Order + n.Status + notificationHash))
	secret, logged := n, n
	secret.Checksum = hex.EncodeToString(sum[:])
	logged.Checksum = "REDACTED"
	encode, contentType := notification.json, "application/json"
	if w.form {
		encode, contentType = notification.form, "application/x-www-form-urlencoded"
	}
	return canceltest.Message{
		ID: order, Status: status,
		URL: w.address, Header: http.Header{"Content-Type": {contentType}},
		Body: encode(secret), Logged: encode(logged),
	}
}

func (n notification) json() []byte {
	body, err := json.Marshal(n)
	if err != nil {
		panic(err) // it is our own
	}
	return body
}

func (n notification) form() []byte {
	return []byte(url.Values{
		"pv_po_id": {n.PVOrder.String()}, "po_id": {n.Order}, "status": {n.Status},
		"pv_checksum": {n.Checksum},
		"amount":      {n.Amount}, "iso_currency": {n.Currency}, "pv_payment": {n.Method},
	}.Encode())
}
