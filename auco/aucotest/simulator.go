package aucotest

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
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/internal/jsontest"
)

const (
	privateKey = "prk_simulada"
	publicKey  = "puk_simulada"
)

// Paths of what the simulator does: the first to cancel, the second to ask.
const (
	cancelPath   = "/document/cancel"
	documentPath = "/document"
)

// States of a document, of which only the first can be cancelled.
const (
	created  = "CREATED"
	finish   = "FINISH"
	rejected = "REJECTED"
	expired  = "EXPIRED"
)

// Simulator simulates the cancellation of documents by Auco, as
// https://docs.auco.ai/en/api/document-managment/documents/cancel documents it. A
// document in the state CREATED is cancelled and becomes REJECTED; all others, and
// those that it does not know, are listed in errors.documents, with HTTP 200. A code
// that a call names twice is cancelled and then listed.
//
// GET /document tells with the public key how one document stands, as
// https://docs.auco.ai/en/api/document-managment/documents/get documents it; its one
// signer is invented. The parameter code is required and no other is taken: templates,
// packages and images are not simulated. [Simulator.CallBack] has webhooks told.
//
// HTTP 400 and 401 come with a message in JSON: the pages do not document their
// bodies. Make one with [New]. It is safe for concurrent use.
type Simulator struct {
	*canceltest.Server

	mu        sync.Mutex
	documents map[string]*document // by code
	cancelled canceltest.Ledger
	webhook   *hook // nil where there is none
}

// document is one that was sent out to be signed.
type document struct {
	code, state      string
	created, updated time.Time
}

// New returns a simulator on a free port of 127.0.0.1. It panics if there is none. Close it
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

// Config returns a Config for the simulator, with the only keys that it takes.
func (a *Simulator) Config() auco.Config {
	return auco.Config{
		PrivateKey: cancel.NewSecret(privateKey),
		PublicKey:  cancel.NewSecret(publicKey),
		Endpoint:   a.URL,
		Options:    a.Options(),
	}
}

// Register adds documents in the state CREATED. One that is there stays as it is.
func (a *Simulator) Register(codes ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, code := range codes {
		if a.documents[code] == nil {
			a.put(code, created, "")
		}
	}
}

// SetState puts a document, registered or not, into a state: CREATED, FINISH,
// REJECTED or EXPIRED. It panics for any other. The canceltest.Ledger stays as it is.
func (a *Simulator) SetState(code, state string) {
	if !slices.Contains([]string{created, finish, rejected, expired}, state) {
		panic(fmt.Sprintf("aucotest: Auco has no state %q", state))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put(code, state, "Rechazado por el firmante")
}

// put puts a document into a state, and has the webhook told where that is another.
// The message is the reason of a REJECTED. The caller holds a.mu.
func (a *Simulator) put(code, state, message string) {
	known := a.documents[code]
	if known == nil {
		known = &document{code: code, created: a.Now()}
		a.documents[code] = known
	}
	if known.state == state {
		return
	}
	known.state, known.updated = state, a.Now()
	if a.webhook != nil {
		a.Deliver(a.webhook.message(known, message))
	}
}

// State returns the state of a document, "" for one that is not known.
func (a *Simulator) State(code string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stateOf(code)
}

// stateOf is State for a caller that holds a.mu.
func (a *Simulator) stateOf(code string) string {
	if known := a.documents[code]; known != nil {
		return known.state
	}
	return ""
}

// Cancelled returns the codes of the documents that calls have cancelled, in the
// order in which that happened.
func (a *Simulator) Cancelled() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cancelled.IDs()
}

// IsCancelled reports whether a call has cancelled the document.
func (a *Simulator) IsCancelled(code string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cancelled.Has(code)
}

// errorMessage answers in the form of an error, which no page documents.
func errorMessage(status int, text string) canceltest.Reply {
	return canceltest.JSON(status, map[string]string{"message": text})
}

func (a *Simulator) answer(r *http.Request, body []byte, carry bool) canceltest.Reply {
	var said canceltest.Reply
	if r.Method == http.MethodGet && r.URL.Path == documentPath {
		said = a.status(r)
	} else {
		asked, refusal := readOrder(r, body)
		if refusal != nil {
			said = *refusal
		} else {
			said = a.cancel(asked, carry)
		}
		said.IDs = asked.codes
		if json.Valid(body) {
			said.Request = body
		}
	}
	said.Op = r.Method + " " + r.URL.Path
	return said
}

// atKey reports why a request is refused that does not have the right key, nil where it
// has. The wrong one of the two keys is as good as none.
func atKey(r *http.Request, right string) *canceltest.Reply {
	if r.Header.Get("Authorization") == right {
		return nil
	}
	return new(errorMessage(http.StatusUnauthorized, "invalid or missing authentication"))
}

// order is what a call asks to cancel.
type order struct {
	codes   []string
	message string
}

// readOrder returns what a call asks for, and why it is refused, nil where it is not.
func readOrder(r *http.Request, body []byte) (order, *canceltest.Reply) {
	var asked order
	if status := jsontest.Refusal(r, cancelPath); status != 0 {
		return asked, new(errorMessage(status, http.StatusText(status)))
	}
	given, err := jsontest.Read(body, "codes", "message", "email")
	codesErr := json.Unmarshal(given["codes"], &asked.codes)
	message, hasMessage := given.Text("message")
	email, hasEmail := given.Text("email")
	asked.message = message

	refuse := func(message string) (order, *canceltest.Reply) {
		return asked, new(errorMessage(http.StatusBadRequest, message))
	}
	if refusal := atKey(r, privateKey); refusal != nil {
		return asked, refusal
	}
	switch {
	case err != nil:
		return refuse("the body is malformed: " + err.Error())
	case codesErr != nil || len(asked.codes) == 0 || slices.Contains(asked.codes, ""):
		return refuse("codes is required: a list of codes")
	case !hasMessage:
		return refuse("message is required: a string")
	case !hasEmail:
		return refuse("email is required: a string")
	}
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email {
		return refuse("email is no address")
	}
	return asked, nil
}

// cancelAnswer is what the vendor answers to a call.
type cancelAnswer struct {
	Success int       `json:"success"`
	Errors  errorList `json:"errors"`
}

type errorList struct {
	Cant      int      `json:"cant"`
	Documents []string `json:"documents,omitempty"`
}

func (a *Simulator) cancel(asked order, carry bool) canceltest.Reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	var said cancelAnswer
	done := map[string]bool{}
	for _, code := range asked.codes {
		if a.stateOf(code) != created || done[code] {
			said.Errors.Cant++
			said.Errors.Documents = append(said.Errors.Documents, code)
			continue
		}
		said.Success++
		done[code] = true
	}
	carried := carry && len(done) > 0
	if carried {
		for _, code := range asked.codes {
			if done[code] {
				a.put(code, rejected, asked.message)
				a.cancelled.Add(code)
			}
		}
	}
	r := canceltest.JSON(http.StatusOK, said)
	r.Carried = carried
	return r
}

// statusAnswer is what the vendor answers about a document.
type statusAnswer struct {
	URL         string   `json:"url"`
	Name        string   `json:"name"`
	Code        string   `json:"code"`
	Status      string   `json:"status"`
	Data        data     `json:"data"`
	SignProfile []signer `json:"signProfile"`
}

type data struct {
	Code        string   `json:"code"`
	Name        string   `json:"name"`
	Camera      bool     `json:"camera"`
	OTPCode     bool     `json:"otpCode"`
	SignFinish  bool     `json:"signFinish"`
	SignProfile []signer `json:"signProfile"`
	CreatedAt   string   `json:"createdAt"`
	UpdatedAt   string   `json:"updatedAt"`
}

type signer struct {
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
	created:  "NOTIFICATION",
	finish:   "FINISH",
	rejected: "REJECT",
	expired:  "NOTIFICATION",
}

// status answers how a document stands.
func (a *Simulator) status(r *http.Request) canceltest.Reply {
	given := r.URL.Query()
	code := given.Get("code")
	var said canceltest.Reply
	if refusal := atKey(r, publicKey); refusal != nil {
		said = *refusal
	} else if code == "" || len(given) != 1 || len(given["code"]) != 1 {
		said = errorMessage(http.StatusBadRequest, "code is required, once and nothing else")
	} else {
		said = a.find(code)
	}
	if code != "" {
		said.IDs = []string{code}
	}
	return said
}

// find answers how the document with that code stands.
func (a *Simulator) find(code string) canceltest.Reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.documents[code]
	if known == nil {
		return errorMessage(http.StatusBadRequest, "DOCUMENT_NOT_FOUND")
	}
	signers := []signer{{signerName, signerEmail, signerID, signerStatus[known.state]}}
	const layout = "2006-01-02T15:04:05.000Z"
	return canceltest.JSON(http.StatusOK, statusAnswer{
		URL: known.url(), Name: known.name(), Code: code, Status: known.state,
		Data: data{
			Code: code, Name: known.name(),
			SignFinish:  known.state == finish,
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
