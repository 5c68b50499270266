package canceltest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"sync"
)

// Handler says how a vendor answers. Its functions must be safe for concurrent use.
type Handler struct {
	// Answer answers a call, whose body it gets whole. If carry is false it changes
	// nothing and answers as if it did: the answer is then spoiled by a fault. Required.
	Answer func(r *http.Request, body []byte, carry bool) Reply
	// Broken returns the vendor's words for an internal error. The fault [SOAPFault] uses it.
	// nil: HTTP 500 with a message in JSON.
	Broken func(r *http.Request) Reply
	// Page answers a GET that is not a call, such as a request for a WSDL, and returns
	// false for a GET that is a call. nil: every GET is a call.
	Page func(r *http.Request) (Reply, bool)
}

// Reply is a vendor's answer to a call, with the facts of the call for the log.
type Reply struct {
	// Status is the HTTP status, 0 for 200.
	Status int
	// Header has further header fields, such as Content-Type. It may be nil.
	Header http.Header
	// Body may be nil.
	Body []byte

	// Op, IDs, Request and Carried are for the log: see [Call]. An Op of "" stands for the method
	// and the path.
	Op      string
	IDs     []string
	Request []byte
	Carried bool
}

// JSON returns a Reply of v as JSON. It panics if v cannot be encoded.
func JSON(status int, v any) Reply {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return Reply{Status: status, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Body: body}
}

// RefusePost returns the HTTP status that refuses a call which is not a POST of one of these media
// types to a known path: 404, 405 or 415. It returns 0 for a call that is one.
func RefusePost(r *http.Request, known bool, mediaTypes ...string) int {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case !known:
		return http.StatusNotFound
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed
	case err != nil || !slices.Contains(mediaTypes, mediaType):
		return http.StatusUnsupportedMediaType
	}
	return 0
}

func (a Reply) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.Header)
	w.WriteHeader(cmp.Or(a.Status, http.StatusOK))
	_, _ = io.Copy(w, bytes.NewReader(a.Body))
}

// Ledger lists the things that a vendor has cancelled. The zero value is empty. It is safe for
// concurrent use.
type Ledger struct {
	mu    sync.Mutex
	order []string
	has   map[string]bool
}

// Add adds an ID unless it is there.
func (l *Ledger) Add(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.has[id] {
		return
	}
	if l.has == nil {
		l.has = map[string]bool{}
	}
	l.has[id] = true
	l.order = append(l.order, id)
}

// Remove removes an ID, if it is there.
func (l *Ledger) Remove(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.has[id] {
		delete(l.has, id)
		l.order = slices.DeleteFunc(l.order, func(other string) bool { return other == id })
	}
}

// Has reports whether an ID is there.
func (l *Ledger) Has(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.has[id]
}

// IDs returns the IDs in the order in which they were added.
func (l *Ledger) IDs() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.order)
}
