package payvalidatest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
)

// notificationHash is another secret than the fixed hash.
const notificationHash = "hash-de-avisos-simulado"

// Of every order.
const (
	amount   = "150000"
	currency = "COP"
)

// hook is a webhook for notifications.
type hook struct {
	address string
	form    bool // a form, not JSON
}

// NotificationHash returns the secret of the checksums of notifications. It is not the
// FixedHash of Config.
func (*Simulator) NotificationHash() string { return notificationHash }

// CallBack makes the simulator notify the webhook at address in JSON, from now on, as
// https://docs.payvalida.com/api-recaudo/api-recaudo-en/notification documents it: approved
// when a payment is paid, which it is when it is registered, and cancelled when it expires or
// the customer claims it back. Nothing is notified of what a merchant cancels, nor of
// pre-authorizations. An address of "" ends the notifications. A webhook of an earlier
// CallBack gets no more.
//
// po_id is the merchant's reference of the order; amount and currency are invented. A
// notification is sent once, in the background, and given up after ten seconds by the clock
// that [canceltest.Server.Pass] moves: the vendor's page mentions repeats, but not when they
// come. [canceltest.Server.Deliveries] lists the attempts.
//
// CallBack panics if the address is not plain http to this machine.
func (p *Simulator) CallBack(address string) { p.callBack(address, false) }

// CallBackForm is CallBack with forms instead of JSON.
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

// notify notifies the webhook of a payment. The caller holds p.mu.
func (p *Simulator) notify(o *order, status string) {
	if p.webhook != nil && o.kind == cancel.Payment {
		p.Deliver(p.webhook.message(o, status))
	}
}

// notification is a notification. Amounts are text.
type notification struct {
	PVOrder  json.Number `json:"pv_po_id"`
	Order    string      `json:"po_id"`
	Status   string      `json:"status"`
	Checksum string      `json:"pv_checksum"`
	Amount   string      `json:"amount"`
	Currency string      `json:"iso_currency"`
	Method   string      `json:"pv_payment"`
}

func (w *hook) message(o *order, status string) canceltest.Message {
	n := notification{
		PVOrder: json.Number(o.number), Order: o.reference, Status: status,
		Amount: amount, Currency: currency, Method: "tc",
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
		ID: o.number, Status: status,
		URL: w.address, Header: http.Header{"Content-Type": {contentType}},
		Body: encode(secret), Logged: encode(logged),
	}
}

func (n notification) json() []byte {
	body, err := json.Marshal(n)
	if err != nil {
		panic(err) // all of it is ours
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
