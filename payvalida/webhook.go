package payvalida

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/webhook"
)

var _ http.Handler = (*Webhook)(nil)

// WebhookConfig is what [NewWebhook] needs. NewWebhook copies it.
type WebhookConfig struct {
	// Hash is the merchant's notification hash (FIXED_HASH_NOTIFICACION), the secret of the
	// checksums of notifications. Required. It is not Config.FixedHash. A
	// [cancel.SecretFunc] is called for each notification, also for one with a wrong
	// checksum. If it fails, Payvalida is answered 503.
	Hash cancel.Secret
	// Handle stores a notification. Required. Payvalida is answered 200 only after it has
	// returned nil, and otherwise 503. Payvalida does not say when it sends again. See
	// [cancel.WebhookOptions] for its context, order and repeats.
	Handle func(context.Context, Event) error
	// Options is how the webhook works. The zero value is ready for production.
	Options cancel.WebhookOptions
}

// Webhook is the handler of the notifications that Payvalida sends when a payment is made,
// expires or is claimed back. Make one with [NewWebhook]. It is safe for concurrent use and must
// not be copied.
//
// Payvalida does not notify actions of the merchant: deleting an order, and voiding or refunding a
// payment, by [Client.Cancel] or in another way. The answer to that call is the only confirmation.
//
// It answers as [cancel.WebhookOptions] says, and Payvalida records the word. A notification
// repeats one with the same order and status. 400 is for a body that is neither one JSON object
// nor a form, has a field twice, or has no po_id, status or pv_checksum; 401 for a wrong
// checksum; 415 for a media type that is neither JSON nor application/x-www-form-urlencoded. See
// https://docs.payvalida.com/api-recaudo/api-recaudo-en/notification.
type Webhook struct {
	receiver *webhook.Receiver
}

// NewWebhook returns a Webhook. Its error is [cancel.ErrInvalid] and names the field of
// WebhookConfig that is missing or negative.
func NewWebhook(config WebhookConfig) (*Webhook, error) {
	call := adapter.Call{Provider: provider, Op: "NewWebhook"}
	hash, err := adapter.RequireCredential("Hash", config.Hash, nil)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	receiver, err := webhook.Open(call, config.Options, nil, func(ctx context.Context, contentType string, body []byte) (Event, webhook.Key, error) {
		event, err := readEvent(ctx, contentType, body, hash)
		return event, webhook.KeyOf(event.Order, string(event.Status)), err
	}, config.Handle)
	if err != nil {
		return nil, err
	}
	return &Webhook{receiver}, nil
}

// ServeHTTP receives one notification. See [Webhook] for its answers.
func (w *Webhook) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	w.receiver.ServeHTTP(rw, req)
}

// Close answers 503 to every notification that is not a repeat and waits until all Handles have
// returned. When ctx ends first, the contexts of the Handles end too, their notifications are
// answered 503, and Close returns ctx.Err(). Shut the server down first. Close may be called more
// than once.
func (w *Webhook) Close(ctx context.Context) error { return w.receiver.Close(ctx) }

// NotificationChecksum returns the checksum that signs a notification (pv_checksum): the SHA-256 of
// order, status and hash, one after the other, in lower-case hexadecimal. It is safe for
// concurrent use. Tests can make notifications with it.
func NotificationChecksum(order string, status EventStatus, hash string) string {
	sum := sha256.Sum256([]byte(order + string(status) + hash))
	return hex.EncodeToString(sum[:])
}

// Event is a notification of an order.
//
// The checksum covers only Order and Status. Anyone who has seen one notification can send it
// again with another amount: compare the other fields with your own record of the order before
// you rely on them.
type Event struct {
	// Status is the new status of the order.
	Status EventStatus
	// Order is the merchant's own identifier of the order (po_id).
	Order string
	// PVOrder is Payvalida's identifier (pv_po_id), "" if it is not given.
	PVOrder string
	// Amount is the order's amount, as it is written. Currency is its ISO code
	// (iso_currency).
	Amount, Currency string
	// Method is the method of payment (pv_payment), "" if it is not given.
	Method string
	// Raw is the body verbatim.
	Raw []byte
}

// EventStatus is the status of an order that an [Event] reports, verbatim.
type EventStatus string

// The statuses that Payvalida notifies.
const (
	// EventApproved: the payment was made.
	EventApproved EventStatus = "approved"
	// EventCancelled: the order expired unpaid, or the customer claimed the payment back.
	// Payvalida does not say which.
	EventCancelled EventStatus = "cancelled"
)

var eventStatuses = []EventStatus{EventApproved, EventCancelled}

// Known reports whether Payvalida documents s. Handle gets events with other statuses too. Do not
// act on them: the checksum is made of order and status without a separator, so it does not prove
// where an unknown status begins.
func (s EventStatus) Known() bool { return slices.Contains(eventStatuses, s) }

// Stands reports whether s means that the payment was made and stands: only approved. It no longer
// stands after a notification of cancelled, or after the merchant has voided it, which is not
// notified.
func (s EventStatus) Stands() bool { return s == EventApproved }

// readEvent reads a notification and checks that it is genuine.
func readEvent(ctx context.Context, contentType string, body []byte, hash *adapter.Credential) (Event, error) {
	field, err := readFields(contentType, body)
	if err != nil {
		return Event{}, err
	}
	event := Event{
		Status:   EventStatus(field["status"]),
		Order:    field["po_id"],
		PVOrder:  field["pv_po_id"],
		Amount:   field["amount"],
		Currency: field["iso_currency"],
		Method:   field["pv_payment"],
		Raw:      body,
	}
	if event.Order == "" || event.Status == "" || field["pv_checksum"] == "" {
		return Event{}, webhook.Malformed("po_id, status or pv_checksum is missing")
	}
	secret, err := hash.Reveal(ctx, adapter.Call{Provider: provider, Op: "Webhook"})
	if err != nil {
		return Event{}, err
	}
	// A checksum may be written in either case.
	given, want := strings.ToLower(field["pv_checksum"]), NotificationChecksum(event.Order, event.Status, secret)
	if subtle.ConstantTimeCompare([]byte(given), []byte(want)) != 1 {
		return Event{}, webhook.Error(http.StatusUnauthorized, "the checksum is wrong")
	}
	if recut(event) {
		return Event{}, webhook.Error(http.StatusUnauthorized, "the checksum belongs to another order")
	}
	return event, nil
}

// recut reports whether a genuine notification was cut at another place: order 1 with status
// "2approved" has the same checksum as order 12 with status "approved".
func recut(event Event) bool {
	return !event.Status.Known() && slices.ContainsFunc(eventStatuses, func(known EventStatus) bool {
		return strings.HasSuffix(event.Order+string(event.Status), string(known))
	})
}

// fieldNames are the fields of a notification.
var fieldNames = []string{"pv_po_id", "po_id", "status", "amount", "iso_currency", "pv_payment", "pv_checksum"}

// readFields reads the fields of a notification by their names in lower case.
func readFields(contentType string, body []byte) (map[string]string, error) {
	switch webhook.MediaType(contentType) {
	case webhook.JSON:
		return readJSON(contentType, body)
	case webhook.Form:
		return readForm(body)
	}
	return nil, webhook.WrongType()
}

func readJSON(contentType string, body []byte) (map[string]string, error) {
	object, err := webhook.Object(contentType, body)
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for _, name := range fieldNames {
		text, ok := webhook.Text(object[name])
		if !ok {
			return nil, webhook.Malformed("a field is neither text nor a number")
		}
		fields[name] = text
	}
	return fields, nil
}

func readForm(body []byte) (map[string]string, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, webhook.Malformed("the body is not a form")
	}
	fields := map[string]string{}
	for name, values := range form {
		key := strings.ToLower(name)
		if _, twice := fields[key]; twice || len(values) != 1 {
			return nil, webhook.Malformed("a field is there twice")
		}
		fields[key] = values[0]
	}
	return fields, nil
}
