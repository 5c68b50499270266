package auco

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/webhook"
)

var _ http.Handler = (*Webhook)(nil)

// WebhookConfig is what [NewWebhook] needs. It is not kept: changing it later changes
// no Webhook.
type WebhookConfig struct {
	// Header is the name of the header that Auco was configured to send with every
	// event. Required.
	Header string
	// Value is what that header must hold. Required. It is all that tells Auco from
	// anybody else, so let it be long and random.
	Value cancel.Secret
	// Handle is given every event, from several goroutines at once. Required. Auco
	// does not wait for it and is told of no failure: what must not be lost is to be
	// stored by it. It has to bear the same event twice, for a repeat may come after
	// Window or after a restart.
	//
	// Its context has the values of the request's but outlives it. It ends after
	// Timeout, and when Close has waited long enough. After a panic, which is logged,
	// the event counts as not handed over: a repeat of it is.
	Handle func(context.Context, Event)
	// Window is for how long repeats of an event are dropped. 0 means 15 minutes:
	// Auco tries again after 2, 4 and 6 minutes. No more than the last 16384 events
	// are remembered.
	Window time.Duration
	// Timeout is how long the context of Handle lasts. 0 means one minute.
	Timeout time.Duration
	// MaxBytes bounds the body of an event. 0 means 1 MiB.
	MaxBytes int64
	// MaxRunning bounds how many Handle run at once. Beyond it Auco is answered 503,
	// and so tries again. 0 means 64.
	MaxRunning int
	// Logger is told why calls are refused, in constant words, and of panics in
	// Handle. nil means none.
	Logger *slog.Logger
}

// Format prints c as fmt would, its secret as REDACTED. Under verbs that are none for
// a pointer, such as %s, fmt would show all of a WebhookConfig that it finds behind one.
func (c WebhookConfig) Format(f fmt.State, verb rune) {
	type plain WebhookConfig
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), plain(c))
}

// Webhook is the handler of the events that Auco sends. Make one with [NewWebhook]. It
// is safe for concurrent use and is not to be copied. It shows no secret when it is
// printed.
//
// It answers with the word OK or ERROR and this status, at once, whatever Handle does:
//
//   - 200: the event is being handled, or is a repeat of one that was. A repeat has
//     the same code or package and the same status, and the same signer and documents
//     where it names any, for every signer of a document sends a NOTIFICATION of its
//     own. Of an event without code and package, which a REJECTED may be, a repeat is
//     the same to the byte.
//   - 400: it is not an event that Auco documents: not one JSON object, an object with
//     a key twice, or one without status.
//   - 401: the header is missing, wrong or there more than once. The body is not read.
//   - 405: the method is not POST.
//   - 413: the body is larger than MaxBytes.
//   - 415: the Content-Type is not JSON. One that is missing is taken for it.
//   - 503: MaxRunning Handle are running, or the Webhook is closed.
//
// Auco gives up after ten seconds and takes anything but 2xx for a failure. Limits
// against calls that dawdle are the server's: set the ReadTimeout of the [http.Server].
// Nothing but the header proves who calls, so serve it over https alone. See
// https://docs.auco.ai/en/api/Webhooks/document.
type Webhook struct {
	receiver *webhook.Receiver
}

// NewWebhook returns a Webhook. Its error is cancel.ErrInvalid and names the field of
// WebhookConfig that is missing, malformed or negative.
func NewWebhook(config WebhookConfig) (*Webhook, error) {
	call := adapter.Call{Provider: provider, Op: "NewWebhook"}
	if config.Header == "" {
		return nil, call.Refuse("Header is missing")
	}
	if !httpguts.ValidHeaderFieldName(config.Header) {
		return nil, call.Refuse("Header is no name that an HTTP header can have")
	}
	if config.Value == "" {
		return nil, call.Refuse("Value is missing")
	}
	if err := adapter.CheckHeaderValue(string(config.Value)); err != nil {
		return nil, call.Refuse("Value " + err.Error())
	}
	if config.Handle == nil {
		return nil, call.Refuse("Handle is missing")
	}
	receiver, err := webhook.New(webhook.Vendor{
		Name:  provider,
		Admit: admit(config.Header, config.Value),
		Read: func(contentType string, body []byte) (webhook.Delivery, error) {
			event, err := readEvent(contentType, body)
			return webhook.Delivery{
				Key:  event.key(),
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
	return &Webhook{receiver}, nil
}

// ServeHTTP receives one event, as the documentation of Webhook says.
func (w *Webhook) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	w.receiver.ServeHTTP(rw, req)
}

// Close answers 503 to every event that is not a repeat and waits for the Handle that
// run. When ctx ends before they do, their contexts end and ctx's error is returned;
// what they have not finished Auco does not send again. Shut the server down first.
// Close may be called more than once.
func (w *Webhook) Close(ctx context.Context) error { return w.receiver.Close(ctx) }

// admit returns the check of the header. It compares digests, for the time that it
// takes to compare two texts tells how long they are.
func admit(name string, value cancel.Secret) func(http.Header) error {
	want := sha256.Sum256([]byte(value))
	return func(header http.Header) error {
		given := header.Values(name)
		if len(given) != 1 {
			return webhook.Refuse(http.StatusUnauthorized, "the header is missing, or there more than once")
		}
		got := sha256.Sum256([]byte(given[0]))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			return webhook.Refuse(http.StatusUnauthorized, "the header is wrong")
		}
		return nil
	}
}

// Event is what Auco tells of a document or of a package of documents. Fields that the
// event lacks, or has in a shape that is not documented, are zero. The strings are
// whatever people typed: escape them where they are shown.
type Event struct {
	// Status is what has happened.
	Status EventStatus
	// Code is the document's code, the ID of a cancel.Request. It is "" in events of a
	// package, and REJECTED may come without it.
	Code string
	// Package is the package's identifier, "" in events of a single document.
	Package string
	// Documents are those of the package, nil where the event does not list them.
	Documents []EventDocument
	// Name is that of the document or package, URL where the document can be fetched.
	Name, URL string
	// Message is the signer's reason of a REJECTED, or why a signer is BLOCKED.
	Message string
	// Signer is whom it is about, nil where it is about nobody in particular.
	Signer *EventSigner
	// Tags are those that the document was created with.
	Tags []string
	// Custom is what the document was created with, as JSON: an object or an array. It
	// is nil where there is none.
	Custom json.RawMessage
	// Raw is the body verbatim.
	Raw []byte
}

// EventDocument is a document of a package. Its Status is "" where Auco does not say it.
type EventDocument struct {
	Code, Name, URL string
	Status          EventStatus
}

// EventSigner is a person who signs.
type EventSigner struct{ ID, Name, Email, Phone string }

// EventStatus is the status that an [Event] reports, verbatim.
type EventStatus string

// The statuses that Auco documents. See
// https://docs.auco.ai/en/api/Webhooks/document and
// https://docs.auco.ai/en/api/webhooks/package.
const (
	// EventCreate: the document or package was created.
	EventCreate EventStatus = "CREATE"
	// EventNotification: one signer has signed.
	EventNotification EventStatus = "NOTIFICATION"
	// EventBlocked: one signer failed to prove who they are three times. Someone has to
	// validate them by hand; the document is still to be signed.
	EventBlocked EventStatus = "BLOCKED"
	// EventFinish: everyone has signed the document.
	EventFinish EventStatus = "FINISH"
	// EventSignedPackage: everyone has signed the package.
	EventSignedPackage EventStatus = "SIGNED_PACKAGE"
	// EventReject: a signer has declined the document.
	EventReject EventStatus = "REJECT"
	// EventRejected: the process was cancelled, or a signer declined: Auco does not
	// tell one from the other. A cancellation that was asked for is confirmed by it.
	EventRejected EventStatus = "REJECTED"
	// EventExpired: the document was not signed in time.
	EventExpired EventStatus = "EXPIRED"
	// EventDocumentReject: one document of a package was declined. Its own Status says
	// which; the package as such goes on.
	EventDocumentReject EventStatus = "DOCUMENT_REJECT"
)

var eventStatuses = map[EventStatus]struct{ closed, signed bool }{
	EventCreate:         {},
	EventNotification:   {},
	EventBlocked:        {},
	EventFinish:         {closed: true, signed: true},
	EventSignedPackage:  {closed: true, signed: true},
	EventReject:         {closed: true},
	EventRejected:       {closed: true},
	EventExpired:        {closed: true},
	EventDocumentReject: {},
}

// Known reports whether Auco documents s. An event with another status is handed over
// all the same; nothing is certain of it.
func (s EventStatus) Known() bool {
	_, known := eventStatuses[s]
	return known
}

// Closed reports whether s means that the document or package is no longer to be
// signed: FINISH, SIGNED_PACKAGE, REJECT, REJECTED and EXPIRED. Of a status that is not
// Known it reports false. Auco can reactivate a document, so closed is not for ever.
func (s EventStatus) Closed() bool { return eventStatuses[s].closed }

// Signed reports whether s means that everyone has signed: FINISH and SIGNED_PACKAGE.
// What is Closed and not Signed came to nothing.
func (s EventStatus) Signed() bool { return eventStatuses[s].signed }

// key is that of the event and its repeats.
func (e Event) key() webhook.Key {
	if e.Code == "" && e.Package == "" {
		return webhook.KeyOf(string(e.Raw))
	}
	signer := EventSigner{}
	if e.Signer != nil {
		signer = *e.Signer
	}
	parts := []string{string(e.Status), e.Code, e.Package, signer.ID, signer.Email}
	for _, document := range e.Documents {
		parts = append(parts, document.Code, string(document.Status))
	}
	return webhook.KeyOf(parts...)
}

// readEvent reads an event. What identifies it must have the documented shape; of the
// rest, Raw keeps what has not.
func readEvent(contentType string, body []byte) (Event, error) {
	if webhook.MediaType(contentType) != webhook.JSON {
		return Event{}, webhook.WrongType()
	}
	object, err := webhook.Object(contentType, body)
	if err != nil {
		return Event{}, err
	}
	event := Event{
		Name:    textAt(object, "name"),
		URL:     textAt(object, "url"),
		Message: textAt(object, "message"),
		Raw:     body,
	}
	status, statusOK := webhook.Text(object["status"])
	code, codeOK := webhook.Text(object["code"])
	pack, packOK := webhook.Text(object["package"])
	if !statusOK || !codeOK || !packOK || status == "" {
		return Event{}, webhook.Malformed("no status, or a status, code or package that is no text")
	}
	event.Status, event.Code, event.Package = EventStatus(status), code, pack
	if event.Signer, err = readSigner(object["signer"]); err != nil {
		return Event{}, err
	}
	if event.Documents, err = readDocuments(object["documents"]); err != nil {
		return Event{}, err
	}
	if err := json.Unmarshal(object["tags"], &event.Tags); err != nil {
		event.Tags = nil
	}
	if custom := object["custom"]; string(custom) != "null" {
		event.Custom = custom
	}
	return event, nil
}

func textAt(object adapter.Object, key string) string {
	s, _ := webhook.Text(object[key])
	return s
}

func isObject(value json.RawMessage) bool { return len(value) > 0 && value[0] == '{' }

func readSigner(value json.RawMessage) (*EventSigner, error) {
	if !isObject(value) {
		return nil, nil //nolint:nilnil // about nobody in particular
	}
	object, err := webhook.Object(webhook.JSON, value)
	if err != nil {
		return nil, err
	}
	return &EventSigner{
		ID:    textAt(object, "id"),
		Name:  textAt(object, "name"),
		Email: textAt(object, "email"),
		Phone: textAt(object, "phone"),
	}, nil
}

func readDocuments(value json.RawMessage) ([]EventDocument, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, nil //nolint:nilerr // not a list: Raw keeps it
	}
	var documents []EventDocument
	for _, item := range list {
		if !isObject(item) {
			continue
		}
		object, err := webhook.Object(webhook.JSON, item)
		if err != nil {
			return nil, err
		}
		documents = append(documents, EventDocument{
			Code:   textAt(object, "code"),
			Name:   textAt(object, "name"),
			URL:    textAt(object, "url"),
			Status: EventStatus(textAt(object, "status")),
		})
	}
	return documents, nil
}
