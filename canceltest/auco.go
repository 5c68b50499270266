package canceltest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
)

const (
	aucoPrivateKey = "prk_simulada"
	aucoPublicKey  = "puk_simulada"
)

// Paths of what the simulator does: the first to cancel, the second to ask.
const (
	aucoPath     = "/document/cancel"
	aucoDocument = "/document"
)

// States of a document, of which only the first can be cancelled.
const (
	aucoCreated  = "CREATED"
	aucoFinish   = "FINISH"
	aucoRejected = "REJECTED"
	aucoExpired  = "EXPIRED"
)

// Auco simulates the cancellation of documents by Auco, as
// https://docs.auco.ai/en/api/document-managment/documents/cancel documents it. A
// document in the state CREATED is cancelled and becomes REJECTED; all others, and
// those that it does not know, are listed in errors.documents, with HTTP 200. A code
// that a call names twice is cancelled and then listed.
//
// GET /document tells with the public key how one document stands, as
// https://docs.auco.ai/en/api/document-managment/documents/get documents it; its one
// signer is invented. The parameter code is required and no other is taken: templates,
// packages and images are not simulated. [Auco.CallBack] has webhooks told.
//
// HTTP 400 and 401 come with a message in JSON: the pages do not document their
// bodies. Make one with [NewAuco]. It is safe for concurrent use.
type Auco struct {
	*Server

	mu        sync.Mutex
	documents map[string]*document // by code
	cancelled ledger
	webhook   *aucoWebhook // nil where there is none
}

// document is one that was sent out to be signed.
type document struct {
	code, state      string
	created, updated time.Time
}

// NewAuco returns a simulator on a free port of 127.0.0.1. It panics where there is
// none. Close it when done.
func NewAuco() *Auco { return must(ListenAuco(anyPort)) }

// ListenAuco returns a simulator that listens at address, such as "127.0.0.1:8083".
// Its error is that of [net.Listen]. Close it when done.
func ListenAuco(address string) (*Auco, error) {
	server, err := listen(address)
	if err != nil {
		return nil, err
	}
	a := &Auco{Server: server, documents: map[string]*document{}}
	a.serve(a)
	return a, nil
}

// Config returns a Config for the simulator, with the only keys that it takes.
func (a *Auco) Config() auco.Config {
	return auco.Config{
		PrivateKey: cancel.NewSecret(aucoPrivateKey),
		PublicKey:  cancel.NewSecret(aucoPublicKey),
		Endpoint:   a.URL,
		Options:    a.options(),
	}
}

// Register adds documents in the state CREATED. One that is there stays as it is.
func (a *Auco) Register(codes ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, code := range codes {
		if a.documents[code] == nil {
			a.put(code, aucoCreated, "")
		}
	}
}

// SetState puts a document, registered or not, into a state: CREATED, FINISH,
// REJECTED or EXPIRED. It panics for any other. The ledger stays as it is.
func (a *Auco) SetState(code, state string) {
	if !slices.Contains([]string{aucoCreated, aucoFinish, aucoRejected, aucoExpired}, state) {
		panic(fmt.Sprintf("canceltest: Auco has no state %q", state))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put(code, state, "Rechazado por el firmante")
}

// put puts a document into a state, and has the webhook told where that is another.
// The message is the reason of a REJECTED. The caller holds a.mu.
func (a *Auco) put(code, state, message string) {
	known := a.documents[code]
	if known == nil {
		known = &document{code: code, created: a.clock.now()}
		a.documents[code] = known
	}
	if known.state == state {
		return
	}
	known.state, known.updated = state, a.clock.now()
	if a.webhook != nil {
		a.deliver(a.webhook.message(known, message))
	}
}

// State returns the state of a document, "" for one that is not known.
func (a *Auco) State(code string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stateOf(code)
}

// stateOf is State for a caller that holds a.mu.
func (a *Auco) stateOf(code string) string {
	if known := a.documents[code]; known != nil {
		return known.state
	}
	return ""
}

// Cancelled returns the codes of the documents that calls have cancelled, in the
// order in which that happened.
func (a *Auco) Cancelled() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cancelled.all()
}

// IsCancelled reports whether a call has cancelled the document.
func (a *Auco) IsCancelled(code string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cancelled.has[code]
}

func (*Auco) page(r *http.Request) *reply {
	if r.URL.Path == aucoDocument {
		return nil
	}
	return atDoor(r, aucoPath) // which takes no GET
}

func (*Auco) broken(*http.Request) reply {
	return jsonMessage(http.StatusInternalServerError, "Internal server error")
}

func (a *Auco) answer(r *http.Request, body []byte, carry bool) reply {
	var said reply
	if r.Method == http.MethodGet {
		said = a.status(r)
	} else {
		order, refusal := readAuco(r, body)
		if refusal != nil {
			said = *refusal
		} else {
			said = a.cancel(order, carry)
		}
		said.ids = order.codes
		if json.Valid(body) {
			said.request = body
		}
	}
	said.op = r.Method + " " + r.URL.Path
	return said
}

// atKey reports why a request is refused that does not have the right key, nil where it
// has. The wrong one of the two keys is as good as none.
func atKey(r *http.Request, right string) *reply {
	if r.Header.Get("Authorization") == right {
		return nil
	}
	return new(jsonMessage(http.StatusUnauthorized, "invalid or missing authentication"))
}

// aucoOrder is what a call asks to cancel.
type aucoOrder struct {
	codes   []string
	message string
}

// readAuco returns what a call asks for, and why it is refused, nil where it is not.
func readAuco(r *http.Request, body []byte) (aucoOrder, *reply) {
	var order aucoOrder
	if refusal := atDoor(r, aucoPath); refusal != nil {
		return order, refusal
	}
	given, err := readFields(body, "codes", "message", "email")
	codesErr := json.Unmarshal(given["codes"], &order.codes)
	message, hasMessage := given.text("message")
	email, hasEmail := given.text("email")
	order.message = message

	refuse := func(message string) (aucoOrder, *reply) {
		return order, new(jsonMessage(http.StatusBadRequest, message))
	}
	if refusal := atKey(r, aucoPrivateKey); refusal != nil {
		return order, refusal
	}
	switch {
	case err != nil:
		return refuse("the body is malformed: " + err.Error())
	case codesErr != nil || len(order.codes) == 0 || slices.Contains(order.codes, ""):
		return refuse("codes is required: a list of codes")
	case !hasMessage:
		return refuse("message is required: a string")
	case !hasEmail:
		return refuse("email is required: a string")
	}
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email {
		return refuse("email is no address")
	}
	return order, nil
}

// aucoAnswer is what the vendor answers to a call.
type aucoAnswer struct {
	Success int        `json:"success"`
	Errors  aucoErrors `json:"errors"`
}

type aucoErrors struct {
	Cant      int      `json:"cant"`
	Documents []string `json:"documents,omitempty"`
}

func (a *Auco) cancel(order aucoOrder, carry bool) reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	var said aucoAnswer
	done := map[string]bool{}
	for _, code := range order.codes {
		if a.stateOf(code) != aucoCreated || done[code] {
			said.Errors.Cant++
			said.Errors.Documents = append(said.Errors.Documents, code)
			continue
		}
		said.Success++
		done[code] = true
	}
	carried := carry && len(done) > 0
	if carried {
		for _, code := range order.codes {
			if done[code] {
				a.put(code, aucoRejected, order.message)
				a.cancelled.add(code)
			}
		}
	}
	r := jsonReply(http.StatusOK, said)
	r.carried = carried
	return r
}

// aucoStatus is what the vendor answers about a document.
type aucoStatus struct {
	URL         string       `json:"url"`
	Name        string       `json:"name"`
	Code        string       `json:"code"`
	Status      string       `json:"status"`
	Data        aucoData     `json:"data"`
	SignProfile []aucoSigner `json:"signProfile"`
}

type aucoData struct {
	Code        string       `json:"code"`
	Name        string       `json:"name"`
	Camera      bool         `json:"camera"`
	OTPCode     bool         `json:"otpCode"`
	SignFinish  bool         `json:"signFinish"`
	SignProfile []aucoSigner `json:"signProfile"`
	CreatedAt   string       `json:"createdAt"`
	UpdatedAt   string       `json:"updatedAt"`
}

type aucoSigner struct {
	Name   string `json:"name"`
	Email  string `json:"email"`
	ID     string `json:"id"`
	Status string `json:"status"`
}

// The one who is to sign every document is invented.
const (
	signerName  = "Firmante Simulado"
	signerEmail = "firmante@example.com"
	signerID    = "FS"
	signerPhone = "+570000000000"
)

// signerStatus is how far the signer is with a document, by its state.
var signerStatus = map[string]string{
	aucoCreated:  "NOTIFICATION",
	aucoFinish:   "FINISH",
	aucoRejected: "REJECT",
	aucoExpired:  "NOTIFICATION",
}

// status answers how a document stands.
func (a *Auco) status(r *http.Request) reply {
	given := r.URL.Query()
	code := given.Get("code")
	var said reply
	if refusal := atKey(r, aucoPublicKey); refusal != nil {
		said = *refusal
	} else if code == "" || len(given) != 1 || len(given["code"]) != 1 {
		said = jsonMessage(http.StatusBadRequest, "code is required, once and nothing else")
	} else {
		said = a.find(code)
	}
	if code != "" {
		said.ids = []string{code}
	}
	return said
}

// find answers how the document with that code stands.
func (a *Auco) find(code string) reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.documents[code]
	if known == nil {
		return jsonMessage(http.StatusBadRequest, "DOCUMENT_NOT_FOUND")
	}
	signers := []aucoSigner{{signerName, signerEmail, signerID, signerStatus[known.state]}}
	const layout = "2006-01-02T15:04:05.000Z"
	return jsonReply(http.StatusOK, aucoStatus{
		URL: known.url(), Name: known.name(), Code: code, Status: known.state,
		Data: aucoData{
			Code: code, Name: known.name(),
			SignFinish:  known.state == aucoFinish,
			SignProfile: signers,
			CreatedAt:   known.created.UTC().Format(layout),
			UpdatedAt:   known.updated.UTC().Format(layout),
		},
		SignProfile: signers,
	})
}

// name and url are invented.
func (d *document) name() string { return "Documento " + d.code }

func (d *document) url() string {
	return "https://documents.example.com/" + url.PathEscape(d.code) + ".pdf"
}
