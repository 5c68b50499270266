package canceltest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"sync"

	"github.com/unified-cancel/cancel/auco"
)

const (
	aucoPrivateKey = "prk_simulada"
	aucoPublicKey  = "puk_simulada"
)

const aucoPath = "/document/cancel"

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
// HTTP 400 and 401 come with a message in JSON: the page does not document their
// bodies. Make one with [NewAuco]. It is safe for concurrent use.
type Auco struct {
	*Server

	mu        sync.Mutex
	documents map[string]string // states by code
	cancelled ledger
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
	a := &Auco{Server: server, documents: map[string]string{}}
	a.serve(a)
	return a, nil
}

// Config returns a Config for the simulator, with the only keys that it takes.
func (a *Auco) Config() auco.Config {
	return auco.Config{
		PrivateKey: aucoPrivateKey,
		PublicKey:  aucoPublicKey,
		Endpoint:   a.URL,
		Options:    a.options(),
	}
}

// Register adds documents in the state CREATED. One that is there stays as it is.
func (a *Auco) Register(codes ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, code := range codes {
		if a.documents[code] == "" {
			a.documents[code] = aucoCreated
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
	a.documents[code] = state
}

// State returns the state of a document, "" for one that is not known.
func (a *Auco) State(code string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.documents[code]
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

func (*Auco) page(r *http.Request) reply {
	return *atDoor(r, aucoPath) // which takes no GET
}

func (*Auco) broken(*http.Request) reply {
	return jsonMessage(http.StatusInternalServerError, "Internal server error")
}

func (a *Auco) answer(r *http.Request, body []byte, carry bool) reply {
	codes, refusal := readAuco(r, body)
	var said reply
	if refusal != nil {
		said = *refusal
	} else {
		said = a.cancel(codes, carry)
	}
	said.op = r.Method + " " + r.URL.Path
	said.ids = codes
	if json.Valid(body) {
		said.request = body
	}
	return said
}

// readAuco returns the codes that a call is about, and why it is refused, nil where it
// is not.
func readAuco(r *http.Request, body []byte) ([]string, *reply) {
	if refusal := atDoor(r, aucoPath); refusal != nil {
		return nil, refusal
	}
	var codes []string
	given, err := readFields(body, "codes", "message", "email")
	codesErr := json.Unmarshal(given["codes"], &codes)
	_, hasMessage := given.text("message")
	email, hasEmail := given.text("email")

	refuse := func(status int, message string) ([]string, *reply) {
		refusal := jsonMessage(status, message)
		return codes, &refusal
	}
	switch key := r.Header.Get("Authorization"); {
	case strings.HasPrefix(key, "puk_"):
		return refuse(http.StatusUnauthorized, "a private key is required")
	case key != aucoPrivateKey:
		return refuse(http.StatusUnauthorized, "invalid or missing authentication")
	case err != nil:
		return refuse(http.StatusBadRequest, "the body is malformed: "+err.Error())
	case codesErr != nil || len(codes) == 0 || slices.Contains(codes, ""):
		return refuse(http.StatusBadRequest, "codes is required: a list of codes")
	case !hasMessage:
		return refuse(http.StatusBadRequest, "message is required: a string")
	case !hasEmail:
		return refuse(http.StatusBadRequest, "email is required: a string")
	}
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email {
		return refuse(http.StatusBadRequest, "email is no address")
	}
	return codes, nil
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

func (a *Auco) cancel(codes []string, carry bool) reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	var said aucoAnswer
	done := map[string]bool{}
	for _, code := range codes {
		if a.documents[code] != aucoCreated || done[code] {
			said.Errors.Cant++
			said.Errors.Documents = append(said.Errors.Documents, code)
			continue
		}
		said.Success++
		done[code] = true
	}
	carried := carry && len(done) > 0
	if carried {
		for _, code := range codes {
			if done[code] {
				a.documents[code] = aucoRejected
				a.cancelled.add(code)
			}
		}
	}
	r := jsonReply(http.StatusOK, said)
	r.carried = carried
	return r
}
