package auco

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// batch is the body of a cancellation, as the vendor's page names its fields.
type batch struct {
	Codes   []string `json:"codes"`
	Message string   `json:"message"`
	Email   string   `json:"email"`

	limit int
}

// add adds req to the batch. Its error says why it does not.
func (b *batch) add(req cancel.Request) error {
	if err := valid(req); err != nil {
		return err
	}
	switch {
	case len(b.Codes) == 0:
		b.Message, b.Email = req.Reason, req.RequestedBy
	case req.Reason != b.Message:
		return errors.New("Reason differs from the Reason of the first request of the batch")
	case req.RequestedBy != b.Email:
		return errors.New("RequestedBy differs from the RequestedBy of the first request of the batch")
	case slices.Contains(b.Codes, req.ID):
		return nil
	case len(b.Codes) == b.limit:
		return fmt.Errorf("the batch is full: it takes %d documents", b.limit)
	}
	b.Codes = append(b.Codes, req.ID)
	return nil
}

// cancelHeader returns the header of a cancellation. The key has no scheme before it.
func cancelHeader(key string) http.Header {
	return http.Header{"Authorization": {key}, "Content-Type": {"application/json"}, "Accept": {"application/json"}}
}

// statusHeader returns the header of a question about a document.
func statusHeader(key string) http.Header {
	return http.Header{"Authorization": {key}, "Accept": {"application/json"}}
}

// documentURL returns the URL of a question about the document with that code.
func documentURL(about *url.URL, code string) *url.URL {
	target := *about
	query := target.Query()
	query.Set("code", code)
	target.RawQuery = query.Encode()
	return &target
}

// validCode reports why req does not name a document.
func validCode(req cancel.Request) error {
	if err := adapter.CheckRequest(req, cancel.Document); err != nil {
		return err
	}
	if req.ID == "" {
		return errors.New("ID is missing: it is the document's code")
	}
	if err := adapter.CheckLine(req.ID); err != nil {
		return errors.New("ID " + err.Error())
	}
	return nil
}

// valid reports why req is malformed.
func valid(req cancel.Request) error {
	if err := validCode(req); err != nil {
		return err
	}
	if strings.TrimSpace(req.Reason) == "" {
		return errors.New("Reason is missing: Auco sends it to the signers")
	}
	if err := adapter.CheckText(req.Reason); err != nil {
		return errors.New("Reason " + err.Error())
	}
	if req.RequestedBy == "" {
		return errors.New("RequestedBy is missing: it is the e-mail address of the person who cancels")
	}
	if !adapter.IsEmail(req.RequestedBy) {
		return errors.New("RequestedBy is not a bare e-mail address")
	}
	return nil
}
