package payvalida

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/webhook"
)

var _ http.Handler = (*Notification)(nil)

// NotificationConfig is what [NewNotification] needs. It is not kept: changing it later
// changes no Notification.
type NotificationConfig struct {
	// Hash is the merchant's notification hash, the secret from which the checksums of
	// notifications are made. Required. It is another one than Config.FixedHash.
	Hash cancel.Secret
	// Handle is given every notification, from several goroutines at once. Required.
	// Payvalida does not wait for it and is told of no failure: what must not be lost
	// is to be stored by it. It has to bear the same notification twice, for a repeat
	// may come after Window or after a restart.
	//
	// Its context has the values of the request's but outlives it. It ends after
	// Timeout, and when Close has waited long enough. After a panic, which is logged,
	// the notification counts as not handed over: a repeat of it is.
	Handle func(context.Context, Event)
	// Window is for how long repeats of a notification are dropped, those with the
	// same order and status. 0 means 15 minutes: Payvalida says that repeats come but
	// not when. No more than the last 16384 notifications are remembered.
	Window time.Duration
	// Timeout is how long the context of Handle lasts. 0 means one minute.
	Timeout time.Duration
	// MaxBytes bounds the body of a notification. 0 means 1 MiB.
	MaxBytes int64
	// MaxRunning bounds how many Handle run at once. Beyond it Payvalida is answered
	// 503. 0 means 64.
	MaxRunning int
	// Logger is told why calls are refused, in constant words, and of panics in
	// Handle. nil means none.
	Logger *slog.Logger
}

// Format prints c as fmt would, its secret as REDACTED. Under verbs that are none for
// a pointer, such as %s, fmt would show all of a NotificationConfig that it finds behind
// one.
func (c NotificationConfig) Format(f fmt.State, verb rune) {
	type plain NotificationConfig
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), plain(c))
}

// Notification is the handler of the notifications that Payvalida sends when a payment
// is made, expires or is claimed back. Make one with [NewNotification]. It is safe for
// concurrent use and is not to be copied. It shows no secret when it is printed.
//
// What a merchant does is not notified: neither an order deleted nor a payment voided
// or refunded at the merchant's request, by [Client.Cancel] or otherwise. Take the
// answer to that call for it; no notification will confirm it.
//
// It answers with the word OK or ERROR, which Payvalida records, and this status, at
// once, whatever Handle does:
//
//   - 200: the notification is being handled, or is a repeat of one that was.
//   - 400: it is not a notification that Payvalida documents: neither one JSON object
//     nor a form, one with a field twice, or one without po_id, status or pv_checksum.
//   - 401: the checksum is wrong.
//   - 405: the method is not POST.
//   - 413: the body is larger than MaxBytes.
//   - 415: the Content-Type is neither JSON nor application/x-www-form-urlencoded. One
//     that is missing is taken for JSON.
//   - 503: MaxRunning Handle are running, or the Notification is closed.
//
// Limits against calls that dawdle are the server's: set the ReadTimeout of the
// [http.Server]. See https://docs.payvalida.com/api-recaudo/api-recaudo-en/notification.
type Notification struct {
	receiver *webhook.Receiver
}

// NewNotification returns a Notification. Its error is cancel.ErrInvalid and names the
// field of NotificationConfig that is missing or negative.
func NewNotification(config NotificationConfig) (*Notification, error) {
	call := adapter.Call{Provider: provider, Op: "NewNotification"}
	if config.Hash == "" {
		return nil, call.Refuse("Hash is missing")
	}
	if config.Handle == nil {
		return nil, call.Refuse("Handle is missing")
	}
	receiver, err := webhook.New(webhook.Vendor{
		Name: provider,
		Read: func(contentType string, body []byte) (webhook.Delivery, error) {
			event, err := readEvent(contentType, body, config.Hash)
			return webhook.Delivery{
				Key:  webhook.KeyOf(event.Order, string(event.Status)),
				Hand: func(ctx context.Context) { config.Handle(ctx, event) },
			}, err
		},
	}, webhook.Options{
		Window:     config.Window,
		Timeout:    config.Timeout,
		MaxBytes:   config.MaxBytes,
		MaxRunning: config.MaxRunning,
		Logger:     config.Logger,
	})
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	return &Notification{receiver}, nil
}

// ServeHTTP receives one notification, as the documentation of Notification says.
func (n *Notification) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	n.receiver.ServeHTTP(w, req)
}

// Close answers 503 to every notification that is not a repeat and waits for the Handle
// that run. When ctx ends before they do, their contexts end and ctx's error is
// returned; what they have not finished is lost. Shut the server down first. Close may
// be called more than once.
func (n *Notification) Close(ctx context.Context) error { return n.receiver.Close(ctx) }

// NotificationChecksum returns the checksum that signs a notification (pv_checksum): the
// SHA-256 of order, status and hash, one after the other, in lower-case hexadecimal. It
// is safe for concurrent use. Tests send themselves notifications with it.
func NotificationChecksum(order string, status EventStatus, hash cancel.Secret) string {
	sum := notificationSum(order, status, hash)
	return hex.EncodeToString(sum[:])
}

func notificationSum(order string, status EventStatus, hash cancel.Secret) [sha256.Size]byte {
	return sha256.Sum256([]byte(order + string(status) + string(hash)))
}

// Event is what Payvalida tells of an order.
//
// The checksum covers Order and Status alone. Whoever has seen one notification can
// send it again with another amount: compare the rest with the order as you know it
// before anything hangs on it.
type Event struct {
	// Status is what has become of the order.
	Status EventStatus
	// Order is the merchant's own identifier of the order (po_id).
	Order string
	// PVOrder is Payvalida's (pv_po_id), "" where it is not given.
	PVOrder string
	// Amount is the order's, as it is written; Currency is its ISO code (iso_currency).
	Amount, Currency string
	// Method is how it was, or was to be, paid (pv_payment), "" where it is not given.
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
	// EventCancelled: the order expired unpaid, or the customer claimed the payment
	// back. Payvalida does not tell one from the other.
	EventCancelled EventStatus = "cancelled"
)

var eventStatuses = []EventStatus{EventApproved, EventCancelled}

// Known reports whether Payvalida documents s. An event with another status is handed
// over all the same, but do not act on it: the checksum is of order and status in one
// piece, so that it does not prove where an unknown status begins.
func (s EventStatus) Known() bool { return slices.Contains(eventStatuses, s) }

// Stands reports whether s means that the payment was made and stands: approved alone.
// It stands no more once cancelled was notified, or once the merchant has voided it,
// which is not notified.
func (s EventStatus) Stands() bool { return s == EventApproved }

// readEvent reads a notification and checks that it is genuine.
func readEvent(contentType string, body []byte, hash cancel.Secret) (Event, error) {
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
		return Event{}, webhook.Malformed("no po_id, status or pv_checksum")
	}
	// A checksum may be written in either case.
	given, err := hex.DecodeString(field["pv_checksum"])
	want := notificationSum(event.Order, event.Status, hash)
	if err != nil || subtle.ConstantTimeCompare(given, want[:]) != 1 {
		return Event{}, webhook.Refuse(http.StatusUnauthorized, "the checksum is wrong")
	}
	if recut(event) {
		return Event{}, webhook.Refuse(http.StatusUnauthorized, "the checksum is that of another order")
	}
	return event, nil
}

// recut reports whether a genuine notification was cut elsewhere: that of order 12,
// approved, has the same checksum as one of order 1, "2approved".
func recut(event Event) bool {
	return !event.Status.Known() && slices.ContainsFunc(eventStatuses, func(known EventStatus) bool {
		return strings.HasSuffix(event.Order+string(event.Status), string(known))
	})
}

// fieldNames are those of a notification.
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
		return nil, webhook.Malformed("the body is no form")
	}
	fields := map[string]string{}
	for name, values := range form {
		key := strings.ToLower(name)
		if _, twice := fields[key]; twice || len(values) != 1 {
			return nil, webhook.Malformed("a field stands twice")
		}
		fields[key] = values[0]
	}
	return fields, nil
}
