// Package aucotest simulates Auco, for tests and for trying things out. See package
// canceltest for faults, the log and the clock.
//
// # Errors
//
// [New] panics if there is no free port, and [Listen] returns the error of [net.Listen].
// Methods of [Simulator] panic if a test asks for what cannot be, such as a state that does
// not exist.
package aucotest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/internal/jsontest"
)

const (
	privateKey = "prk_simulada"
	publicKey  = "puk_simulada"
)

const (
	cancelPath   = "/document/cancel"
	documentPath = "/document"
	roadmapPath  = "/document/roadmap"
)

// States of a document.
const (
	created  = "CREATED"
	finish   = "FINISH"
	rejected = "REJECTED"
	expired  = "EXPIRED"
)

// Simulator simulates the cancellation of documents by Auco. Make one with [New]. It is safe
// for concurrent use.
//
// POST /document/cancel takes the private key, as
// https://docs.auco.ai/en/api/document-managment/documents/cancel documents it. A document
// that is neither fully signed nor rejected is cancelled and becomes REJECTED, an expired
// document too. All other codes, and unknown ones, are listed in errors.documents, with
// HTTP 200. A code that a call names twice is cancelled and then listed. The ledger lists the
// documents that calls have cancelled and nobody has reactivated since.
//
// GET /document takes the public key and tells the state of one document, as
// https://docs.auco.ai/en/api/document-managment/documents/get documents it. The parameter
// code is required, and no other is taken: templates, packages and images are not simulated.
// The document's only signer is invented.
//
// GET /document/roadmap takes the public key and lists the events of one document in
// ascending order, as a JSON array of objects with action, platform, participant and
// timestamp, and with by or message if there is one. The actions CANCEL_SIGN,
// PARTICIPANT_REJECT and REACTIVATION_SIGN are the vendor's. The others, the array and the
// platform API are invented, because the vendor's lists of values are open. A code that does
// not have 9 or 10 characters is answered 400.
//
// HTTP 400 and 401 come with a message in JSON, because the pages do not document their
// bodies.
type Simulator struct {
	*canceltest.Server

	mu        sync.Mutex
	documents map[string]*document // by code
	webhook   *canceltest.Message  // what all messages have in common; nil without a webhook
}

// document holds the facts of a code.
type document struct {
	code, state      string // the state is "" if there is no such document
	created, updated time.Time
	events           []event // in ascending order
	refusal, mistake string  // by Refuse and Mistake
}

// event is an entry of a roadmap.
type event struct {
	Action      string `json:"action"`
	Platform    string `json:"platform,omitempty"`
	Participant string `json:"participant,omitempty"`
	Timestamp   string `json:"timestamp"`
	By          string `json:"by,omitempty"`
	Message     string `json:"message,omitempty"`
}

// timeLayout is the layout of times in answers.
const timeLayout = "2006-01-02T15:04:05.000Z"

// New returns a simulator on a free port of 127.0.0.1. It panics without one. Close it
// when done.
func New() *Simulator { return canceltest.New(Listen) }

// Listen returns a simulator at address, such as "127.0.0.1:8083". Its error is the error
// of [net.Listen]. Close it when done.
func Listen(address string) (_ *Simulator, err error) {
	a := &Simulator{documents: map[string]*document{}}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.Server, err = canceltest.Listen(address, canceltest.Handler{Answer: a.answer}); err != nil {
		return nil, err
	}
	return a, nil
}

// Config returns a Config for the simulator, with the only valid keys.
func (a *Simulator) Config() auco.Config {
	return auco.Config{
		PrivateKey: cancel.NewSecret(privateKey),
		PublicKey:  cancel.NewSecret(publicKey),
		Endpoint:   a.URL,
		Options:    a.Options(),
	}
}

// Register adds documents in the state CREATED. A document that is there already stays as it
// is.
func (a *Simulator) Register(codes ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, code := range codes {
		if d := a.document(code); d.state == "" {
			a.put(d, created, "")
		}
	}
}

// document returns the facts of a code. The caller holds a.mu.
func (a *Simulator) document(code string) *document {
	if a.documents[code] == nil {
		a.documents[code] = &document{code: code}
	}
	return a.documents[code]
}

// SetState puts a document, registered or not, into a state: CREATED, FINISH, REJECTED or
// EXPIRED. It panics for any other. REJECTED means that the signer declines: see
// [Simulator.Decline]. The ledger stays as it is.
func (a *Simulator) SetState(code, state string) {
	switch state {
	case created, finish, expired:
		a.mu.Lock()
		defer a.mu.Unlock()
		a.put(a.document(code), state, "")
	case rejected:
		a.Decline(code, "Rechazado por el firmante")
	default:
		panic(fmt.Sprintf("aucotest: Auco has no state %q", state))
	}
}

// Decline makes the signer decline a document, registered or not, with a message that may be
// "". The document becomes REJECTED, unless it is already.
func (a *Simulator) Decline(code, message string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if d := a.document(code); d.state != rejected {
		a.put(d, rejected, message, event{Action: "PARTICIPANT_REJECT", Platform: "WEB", Participant: signerEmail, Message: message})
	}
}

// Reactivate makes a rejected or expired document CREATED again, as the vendor's PUT
// /document/reactivate does. If it was cancelled, it leaves the ledger. Reactivate panics for
// a document in another state. It calls no webhook, because no page says that Auco does.
func (a *Simulator) Reactivate(code string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.document(code)
	if d.state != rejected && d.state != expired {
		panic(fmt.Sprintf("aucotest: %q is neither rejected nor expired", code))
	}
	d.state, d.updated = created, a.Now()
	a.record(d, event{Action: "REACTIVATION_SIGN", Platform: "API", Participant: "API"})
	a.Ledger.Remove(code)
}

// Refuse makes calls to cancel that name code answer 400 with message, from now on. "" ends
// it.
func (a *Simulator) Refuse(code, message string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.document(code).refusal = message
}

// Mistake makes questions about code answer about the document other, from now on. ""
// ends it.
func (a *Simulator) Mistake(code, other string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.document(code).mistake = other
}

// put puts a document into a state, and calls the webhook if the state is another one. The
// message is the reason of a REJECTED. The caller holds a.mu.
func (a *Simulator) put(d *document, state, message string, events ...event) {
	if d.state == "" {
		d.created = a.Now()
		a.record(d, event{Action: "CREATE_SIGN", Platform: "API", Participant: "API"})
	}
	for _, e := range events {
		a.record(d, e)
	}
	if d.state != state {
		d.state, d.updated = state, a.Now()
		a.tell(d, message)
	}
}

// record adds an event to a roadmap. The caller holds a.mu.
func (a *Simulator) record(d *document, e event) {
	e.Timestamp = a.Now().UTC().Format(timeLayout)
	d.events = append(d.events, e)
}

// State returns the state of a document, "" if the document is unknown.
func (a *Simulator) State(code string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.document(code).state
}

// errorMessage answers in the form of an error. No page documents one.
func errorMessage(status int, text string) canceltest.Reply {
	return canceltest.JSON(status, map[string]string{"message": text})
}

func unauthorized() canceltest.Reply {
	return errorMessage(http.StatusUnauthorized, "invalid or missing authentication")
}

func (a *Simulator) answer(r *http.Request, body []byte, carry bool) canceltest.Reply {
	switch r.Method + " " + r.URL.Path {
	case "GET " + documentPath:
		return a.query(r, a.status)
	case "GET " + roadmapPath:
		return a.query(r, a.roadmap)
	}
	return a.order(r, body, carry)
}

// order answers a request to cancel. The public key is as good as no key.
func (a *Simulator) order(r *http.Request, body []byte, carry bool) (said canceltest.Reply) {
	given, err := jsontest.Read(body, "codes", "message", "email")
	var codes []string
	codesErr := json.Unmarshal(given["codes"], &codes)
	message, email := given.Text("message"), given.Text("email")
	address, emailErr := mail.ParseAddress(email)

	refuse := func(message string) canceltest.Reply { return errorMessage(http.StatusBadRequest, message) }
	switch status := canceltest.RefusePost(r, r.URL.Path == cancelPath, "application/json"); {
	case status != 0:
		return errorMessage(status, http.StatusText(status))
	case r.Header.Get("Authorization") != privateKey:
		said = unauthorized()
	case err != nil:
		said = refuse("the body is malformed: " + err.Error())
	case codesErr != nil || len(codes) == 0 || slices.Contains(codes, ""):
		said = refuse("codes is required: a list of codes")
	case message == "":
		said = refuse("message is required: a string")
	case emailErr != nil || address.Address != email:
		said = refuse("email is required: an address")
	default:
		said = a.cancel(codes, message, email, carry)
	}
	said.IDs = codes
	if json.Valid(body) {
		said.Request = body
	}
	return said
}

// cancelAnswer is the vendor's answer to a request to cancel.
type cancelAnswer struct {
	Success int `json:"success"`
	Errors  struct {
		Cant      int      `json:"cant"`
		Documents []string `json:"documents,omitempty"`
	} `json:"errors"`
}

func (a *Simulator) cancel(codes []string, message, email string, carry bool) canceltest.Reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, code := range codes {
		if d := a.document(code); d.refusal != "" {
			return errorMessage(http.StatusBadRequest, d.refusal)
		}
	}
	var said cancelAnswer
	done := map[*document]bool{}
	for _, code := range codes {
		d := a.document(code)
		if d.state != created && d.state != expired || done[d] {
			said.Errors.Cant++
			said.Errors.Documents = append(said.Errors.Documents, code)
			continue
		}
		said.Success++
		done[d] = true
		if carry {
			a.put(d, rejected, message, event{Action: "CANCEL_SIGN", Platform: "API", Participant: "API", By: email})
			a.Ledger.Add(code)
		}
	}
	r := canceltest.JSON(http.StatusOK, said)
	r.Carried = carry && len(done) > 0
	return r
}

// query answers a question about one document. The private key is as good as no key.
func (a *Simulator) query(r *http.Request, about func(*document) any) (said canceltest.Reply) {
	given := r.URL.Query()
	code := given.Get("code")
	length := utf8.RuneCountInString(code)
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.document(cmp.Or(a.document(code).mistake, code))
	switch {
	case r.Header.Get("Authorization") != publicKey:
		said = unauthorized()
	case code == "" || len(given) != 1 || len(given["code"]) != 1:
		said = errorMessage(http.StatusBadRequest, "code is required, once and nothing else")
	case r.URL.Path == roadmapPath && length != 9 && length != 10:
		said = errorMessage(http.StatusBadRequest, "code must have 9 or 10 characters")
	case d.state == "":
		said = errorMessage(http.StatusBadRequest, "DOCUMENT_NOT_FOUND")
	default:
		said = canceltest.JSON(http.StatusOK, about(d))
	}
	if code != "" {
		said.IDs = []string{code}
	}
	return said
}

func (a *Simulator) roadmap(d *document) any { return d.events }

// The signer of every document is invented.
const (
	signerName  = "Firmante Simulado"
	signerEmail = "firmante@example.com"
	signerID    = "FS"
	signerPhone = "+570000000000"
)

// signerStatus is the status of the signer, by the state of the document.
var signerStatus = map[string]string{
	created:  "NOTIFICATION",
	finish:   "FINISH",
	rejected: "REJECT",
	expired:  "NOTIFICATION",
}

// status is the vendor's answer about a document.
func (a *Simulator) status(d *document) any {
	signers := []map[string]string{{"name": signerName, "email": signerEmail, "id": signerID, "status": signerStatus[d.state]}}
	return map[string]any{
		"url": d.url(), "name": d.name(), "code": d.code, "status": d.state, "signProfile": signers,
		"data": map[string]any{
			"code": d.code, "name": d.name(), "camera": false, "otpCode": false, "signFinish": d.state == finish, "signProfile": signers,
			"createdAt": d.created.UTC().Format(timeLayout), "updatedAt": d.updated.UTC().Format(timeLayout),
		},
	}
}

// name and url are invented.
func (d *document) name() string { return "Documento " + d.code }

func (d *document) url() string {
	return "https://documents.example.com/" + url.PathEscape(d.code) + ".pdf"
}
