package payvalidatest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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

func (w *hook) message(o *order, status string) canceltest.Message {
	sum := sha256.Sum256([]byte(o.reference + status + notificationHash))
	encode, contentType := w.encoding()
	body := func(checksum string) []byte {
		return encode(map[string]any{ // amounts are text
			"pv_po_id": json.Number(o.number), "po_id": o.reference, "status": status, "pv_checksum": checksum,
			"amount": amount, "iso_currency": currency, "pv_payment": "tc",
		})
	}
	return canceltest.Message{
		ID: o.number, Status: status,
		URL: w.address, Header: http.Header{"Content-Type": {contentType}},
		Body: body(hex.EncodeToString(sum[:])), Logged: body("REDACTED"),
	}
}

func (w *hook) encoding() (encode func(map[string]any) []byte, contentType string) {
	if w.form {
		return func(fields map[string]any) []byte {
			form := url.Values{}
			for name, value := range fields {
				form.Set(name, fmt.Sprint(value))
			}
			return []byte(form.Encode())
		}, "application/x-www-form-urlencoded"
	}
	return func(fields map[string]any) []byte {
		body, err := json.Marshal(fields)
		if err != nil {
			panic(err) // all of it is ours
		}
		return body
	}, "application/json"
}
