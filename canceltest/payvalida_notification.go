package canceltest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
)

// payvalidaNotificationHash is another secret than the fixed hash.
const payvalidaNotificationHash = "hash-de-avisos-simulado"

// Statuses that are notified.
const (
	payvalidaApproved  = "approved"
	payvalidaCancelled = "cancelled"
)

// payvalidaWebhook is where Payvalida notifies what becomes of orders.
type payvalidaWebhook struct {
	address string
	form    bool // rather than JSON
}

// NotificationHash returns the secret from which the checksums of notifications are
// made. It is another one than the FixedHash of Config.
func (*Payvalida) NotificationHash() string { return payvalidaNotificationHash }

// CallBack has the webhook at address notified in JSON, from now on, of what becomes of
// payments, as https://docs.payvalida.com/api-recaudo/api-recaudo-en/notification
// documents it: approved when one is registered, for it is one that was paid, and
// cancelled when the customer claims it back. What a merchant cancels is not notified,
// nor is anything of pre-authorizations. An address of "" ends it. A webhook of an
// earlier CallBack is notified no more.
//
// The merchant's own identifier of an order, po_id, is PO- and the order's number; the
// rest of it is invented. A notification is sent once, by a request of its own while
// the simulator goes on, and given up after ten seconds by the clock that [Server.Pass]
// moves: the vendor's page speaks of repeats but not of when they come.
// [Server.Deliveries] tells what came of it.
//
// It panics for an address that is not plain http to this machine.
func (p *Payvalida) CallBack(address string) { p.callBack(address, false) }

// CallBackForm is as CallBack, with forms in place of JSON.
func (p *Payvalida) CallBackForm(address string) { p.callBack(address, true) }

func (p *Payvalida) callBack(address string, form bool) {
	var webhook *payvalidaWebhook
	if address != "" {
		mustBeHere(address)
		webhook = &payvalidaWebhook{address, form}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.webhook = webhook
}

// notify has the webhook told that an order now has that status. The caller holds p.mu.
func (p *Payvalida) notify(order, status string) {
	if p.webhook != nil {
		p.deliver(p.webhook.message(order, status))
	}
}

// payvalidaNotification is what is notified. Amounts are text.
type payvalidaNotification struct {
	PVOrder  json.Number `json:"pv_po_id"`
	Order    string      `json:"po_id"`
	Status   string      `json:"status"`
	Checksum string      `json:"pv_checksum"`
	Amount   string      `json:"amount"`
	Currency string      `json:"iso_currency"`
	Method   string      `json:"pv_payment"`
}

func (w *payvalidaWebhook) message(order, status string) message {
	n := payvalidaNotification{
		PVOrder: json.Number(order), Order: "PO-" + order, Status: status,
		Amount: "150000", Currency: "COP", Method: "tc",
	}
	sum := sha256.Sum256([]byte(n.Order + n.Status + payvalidaNotificationHash))
	secret, logged := n, n
	secret.Checksum = hex.EncodeToString(sum[:])
	logged.Checksum = "REDACTED"
	encode, contentType := payvalidaNotification.json, "application/json"
	if w.form {
		encode, contentType = payvalidaNotification.form, "application/x-www-form-urlencoded"
	}
	return message{
		id: order, status: status,
		url: w.address, header: http.Header{"Content-Type": {contentType}},
		body: encode(secret), logged: encode(logged),
	}
}

func (n payvalidaNotification) json() []byte {
	body, err := json.Marshal(n)
	if err != nil {
		panic(err) // it is our own
	}
	return body
}

func (n payvalidaNotification) form() []byte {
	return []byte(url.Values{
		"pv_po_id": {n.PVOrder.String()}, "po_id": {n.Order}, "status": {n.Status},
		"pv_checksum": {n.Checksum},
		"amount":      {n.Amount}, "iso_currency": {n.Currency}, "pv_payment": {n.Method},
	}.Encode())
}
