package auco

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"

	"golang.org/x/net/http/httpguts"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/webhook"
)

var _ http.Handler = (*Webhook)(nil)

// WebhookConfig is what [NewWebhook] needs. NewWebhook copies it.
type WebhookConfig struct {
	// Header is the name of the header that Auco was configured to send with every
	// event. Required.
	Header string
	// Value is the value of this header. Required. Nothing else tells Auco from a
	// stranger, so it must be long and random. A [cancel.SecretFunc] is called for each
	// event, also for one with a wrong header. If it fails, Auco is answered 503.
	Value cancel.Secret
	// Handle stores an event. Required. Auco is answered 200 only after it has returned nil,
	// and otherwise 503: Auco sends the event again 2, 4 and 6 minutes later and then gives
	// up. See [cancel.WebhookOptions] for its context, order and repeats.
	Handle func(context.Context, Event) error
	// Options is how the webhook works. The zero value is ready for production.
	Options cancel.WebhookOptions
}

// Webhook is the handler of the events that Auco sends. Make one with [NewWebhook]. It is safe
// for concurrent use and must not be copied.
//
// It answers as [cancel.WebhookOptions] says. An event repeats one with the same status, code,
// package, message, signer and documents; without code and package, which a REJECTED may lack,
// one with the same bytes. 400 is for a body that is not one JSON object, has a key twice, or
// has no status; 401 for a header that is missing, wrong or there more than once. The body is
// not read then.
//
// Auco gives up after 10 seconds, and only a 2xx is a success for it. Only the header proves
// who calls, so use https. See https://docs.auco.ai/en/api/Webhooks/document.
type Webhook struct {
	receiver *webhook.Receiver
}

// NewWebhook returns a Webhook. Its error is [cancel.ErrInvalid] and names the field of
// WebhookConfig that is missing, malformed or negative.
func NewWebhook(config WebhookConfig) (*Webhook, error) {
	call := adapter.Call{Provider: provider, Op: "NewWebhook"}
	if config.Header == "" {
		return nil, call.Refuse("Header is missing")
	}
	if !httpguts.ValidHeaderFieldName(config.Header) {
		return nil, call.Refuse("Header is not a name that an HTTP header can have")
	}
	value, err := adapter.RequireCredential("Value", config.Value, adapter.CheckHeaderValue)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	receiver, err := webhook.Open(call, config.Options, admit(config.Header, value), readEvent, config.Handle)
	if err != nil {
		return nil, err
	}
	return &Webhook{receiver}, nil
}

// ServeHTTP receives one event. See [Webhook] for its answers.
func (w *Webhook) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	w.receiver.ServeHTTP(rw, req)
}

// Close answers 503 to every event that is not a repeat and waits until all Handles have
// returned. When ctx ends first, the contexts of the Handles end too, their events are answered
// 503, and Close returns ctx.Err(). Shut the server down first. Close may be called more than
// once.
func (w *Webhook) Close(ctx context.Context) error { return w.receiver.Close(ctx) }

// admit returns the check of the header. It compares digests because the time that it takes to
// compare two texts shows their lengths.
func admit(name string, value *adapter.Credential) func(context.Context, http.Header) error {
	return func(ctx context.Context, header http.Header) error {
		given := header.Values(name)
		if len(given) != 1 {
			return webhook.Error(http.StatusUnauthorized, "the header is missing, or there more than once")
		}
		secret, err := value.Reveal(ctx, adapter.Call{Provider: provider, Op: "Webhook"})
		if err != nil {
			return err
		}
		got, want := sha256.Sum256([]byte(given[0])), sha256.Sum256([]byte(secret))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			return webhook.Error(http.StatusUnauthorized, "the header is wrong")
		}
		return nil
	}
}

// Event is a change of a document or of a package of documents. Fields that the event lacks, or
// has in a shape that is not documented, are zero. People typed the strings: escape them before
// you show them.
type Event struct {
	// Status says what happened.
	Status EventStatus
	// Code is the document's code, the ID of a cancel.Request. It is "" in events of a
	// package, and REJECTED may come without it.
	Code string
	// Package is the package's identifier, "" in events of a single document.
	Package string
	// Documents are the documents of the package, nil if the event does not list them.
	Documents []EventDocument
	// Name is the name of the document or package. URL is where to fetch the document.
	Name, URL string
	// Message is the signer's reason of a REJECTED, or why a signer is BLOCKED.
	Message string
	// Signer is the signer concerned, nil if the event names no signer.
	Signer *EventSigner
	// Tags are the tags that the document was created with.
	Tags []string
	// Custom is the custom data that the document was created with, as JSON: an object or
	// an array. It is nil if the event does not have it.
	Custom json.RawMessage
	// Raw is the body verbatim.
	Raw []byte
}

// EventDocument is a document of a package. Its Status is "" if Auco does not say it.
type EventDocument struct {
	Code, Name, URL string
	Status          EventStatus
}

// EventSigner is a person who signs. ID is the field id or, without it, _id.
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
	// EventBlocked: one signer failed three times to prove who they are. Someone must
	// validate them by hand. The document can still be signed.
	EventBlocked EventStatus = "BLOCKED"
	// EventFinish: everyone has signed the document.
	EventFinish EventStatus = "FINISH"
	// EventSignedPackage: everyone has signed the package.
	EventSignedPackage EventStatus = "SIGNED_PACKAGE"
	// EventReject: a signer has declined the document.
	EventReject EventStatus = "REJECT"
	// EventRejected: the process was cancelled, or a signer declined. Auco does not say
	// which. It confirms a cancellation that you asked for.
	EventRejected EventStatus = "REJECTED"
	// EventExpired: the document was not signed in time.
	EventExpired EventStatus = "EXPIRED"
	// EventDocumentReject: one document of a package was declined. The Status of this
	// document says which. The package goes on.
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

// Known reports whether Auco documents s. Handle gets events with other statuses too; their
// meaning is not known.
func (s EventStatus) Known() bool {
	_, known := eventStatuses[s]
	return known
}

// Closed reports whether s means that the document or package can no longer be signed: FINISH,
// SIGNED_PACKAGE, REJECT, REJECTED and EXPIRED. It is false for a status that is not Known. Auco
// can reactivate a document, so it may be open again later.
func (s EventStatus) Closed() bool { return eventStatuses[s].closed }

// Signed reports whether s means that everyone has signed: FINISH and SIGNED_PACKAGE. A document
// that is Closed and not Signed will not take effect.
func (s EventStatus) Signed() bool { return eventStatuses[s].signed }

// readEvent reads an event and its key. The fields that identify it must have the documented
// shape. Raw keeps other fields that have another shape.
func readEvent(_ context.Context, contentType string, body []byte) (Event, webhook.Key, error) {
	if webhook.MediaType(contentType) != webhook.JSON {
		return Event{}, webhook.Key{}, webhook.WrongType()
	}
	object, err := webhook.Object(contentType, body)
	if err != nil {
		return Event{}, webhook.Key{}, err
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
		return Event{}, webhook.Key{}, webhook.Malformed("status is missing, or status, code or package is not text")
	}
	event.Status, event.Code, event.Package = EventStatus(status), code, pack
	if event.Signer, err = readSigner(object["signer"]); err != nil {
		return Event{}, webhook.Key{}, err
	}
	if event.Documents, err = readDocuments(object["documents"]); err != nil {
		return Event{}, webhook.Key{}, err
	}
	if err := json.Unmarshal(object["tags"], &event.Tags); err != nil {
		event.Tags = nil
	}
	if custom := object["custom"]; string(custom) != "null" {
		event.Custom = custom
	}
	return event, event.key(object), nil
}

// key compares the signer and the documents whole: their fields may have other names than the
// documented ones.
func (e Event) key(object adapter.Object) webhook.Key {
	if e.Code == "" && e.Package == "" {
		return webhook.KeyOf(string(e.Raw))
	}
	return webhook.KeyOf(string(e.Status), e.Code, e.Package,
		compact(object["message"]), compact(object["signer"]), compact(object["documents"]))
}

// compact returns a JSON value without white space, "" for an absent one.
func compact(value json.RawMessage) string {
	var text bytes.Buffer
	_ = json.Compact(&text, value) // it is valid, or absent
	return text.String()
}

func textAt(object adapter.Object, key string) string {
	s, _ := webhook.Text(object[key])
	return s
}

func isObject(value json.RawMessage) bool { return len(value) > 0 && value[0] == '{' }

func readSigner(value json.RawMessage) (*EventSigner, error) {
	if !isObject(value) {
		return nil, nil // the event names no signer
	}
	object, err := webhook.Object(webhook.JSON, value)
	if err != nil {
		return nil, err
	}
	return &EventSigner{
		ID:    cmp.Or(textAt(object, "id"), textAt(object, "_id")),
		Name:  textAt(object, "name"),
		Email: textAt(object, "email"),
		Phone: textAt(object, "phone"),
	}, nil
}

func readDocuments(value json.RawMessage) ([]EventDocument, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, nil // not a list: it stays in Raw
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
