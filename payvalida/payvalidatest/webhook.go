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
	address, contentType string
	encode               func(fields map[string]any) []byte
}

func asJSON(fields map[string]any) []byte { return canceltest.JSON(0, fields).Body }

func asForm(fields map[string]any) []byte {
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, fmt.Sprint(value))
	}
	return []byte(form.Encode())
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
func (p *Simulator) CallBack(address string) {
	p.callBack(hook{address, "application/json", asJSON})
}

// CallBackForm is CallBack with forms instead of JSON.
func (p *Simulator) CallBackForm(address string) {
	p.callBack(hook{address, "application/x-www-form-urlencoded", asForm})
}

func (p *Simulator) callBack(h hook) {
	if h.address != "" {
		canceltest.MustBeLoopback(h.address)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.webhook = h
}

// notify notifies the webhook, if there is one, of a payment. The caller holds p.mu.
func (p *Simulator) notify(o *order, status string) {
	if p.webhook.address == "" || o.kind != cancel.Payment {
		return
	}
	sum := sha256.Sum256([]byte(o.reference + status + notificationHash))
	body := func(checksum string) []byte {
		return p.webhook.encode(map[string]any{ // amounts are text
			"pv_po_id": json.Number(o.number), "po_id": o.reference, "status": status, "pv_checksum": checksum,
			"amount": amount, "iso_currency": currency, "pv_payment": "tc",
		})
	}
	p.Deliver(canceltest.Message{
		ID: o.number, Status: status,
		URL: p.webhook.address, Header: http.Header{"Content-Type": {p.webhook.contentType}},
		Body: body(hex.EncodeToString(sum[:])), Logged: body("REDACTED"),
	})
}
