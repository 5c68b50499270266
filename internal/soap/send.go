// Package soap makes SOAP calls through gowsdl and reads their answers.
//
// gowsdl builds the envelope and the request, and hands them to an HTTP client of this
// package, which completes and sends them. gowsdl never sees the answer: its reader accepts
// too much and keeps too little, so [Read] reads the answer.
package soap

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	gowsdl "github.com/hooklift/gowsdl/soap"

	"github.com/unified-cancel/cancel/adapter"
)

// Version is a version of SOAP. The zero value is 1.1.
type Version int

// The versions of SOAP.
const (
	V11 Version = iota
	V12
)

const (
	namespace11 = gowsdl.XmlNsSoapEnv
	namespace12 = "http://www.w3.org/2003/05/soap-envelope"
)

// Call sends request in an envelope to target. encoding/xml must be able to marshal request.
func Call(ctx context.Context, via *adapter.Client, target string, version Version, action string, request any) adapter.Answer {
	seam := &seam{via: via, version: version, action: action}
	client := gowsdl.NewClient(target, gowsdl.WithHTTPClient(seam))
	err := client.CallContext(ctx, action, request, new(struct{}))
	if !seam.sent {
		return adapter.Answer{Err: err, Unsent: true, At: time.Now()}
	}
	return seam.answer
}

// errAnswered ends the call inside gowsdl after the answer was kept.
var errAnswered = errors.New("answered")

// seam is the HTTP client of one gowsdl call.
type seam struct {
	via     *adapter.Client
	version Version
	action  string
	sent    bool
	answer  adapter.Answer
}

func (s *seam) Do(req *http.Request) (*http.Response, error) {
	req.Close = false // gowsdl asks for a new connection, and a TLS handshake, per call
	if s.version == V12 {
		if err := s.upgrade(req); err != nil {
			return nil, err
		}
	}
	s.sent = true
	s.answer = s.via.Do(req)
	return nil, errAnswered
}

// upgrade turns the SOAP 1.1 request that gowsdl builds into a SOAP 1.2 request.
func (s *seam) upgrade(req *http.Request) error {
	envelope, err := io.ReadAll(req.Body)
	if err != nil {
		return err
	}
	// The namespace occurs first in the start tag of the envelope.
	envelope = bytes.Replace(envelope, []byte(namespace11), []byte(namespace12), 1)
	req.ContentLength = int64(len(envelope))
	req.Body = io.NopCloser(bytes.NewReader(envelope))
	req.Header.Del("SOAPAction")
	req.Header.Set("Content-Type", `application/soap+xml; charset=utf-8; action="`+s.action+`"`)
	return nil
}
