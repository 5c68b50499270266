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

const namespace12 = "http://www.w3.org/2003/05/soap-envelope"

// Client makes the calls of one adapter. Make one with [NewClient]. It is safe for concurrent
// use.
type Client struct {
	// Target is the URL of the service.
	Target string
	gowsdl *gowsdl.Client
}

// NewClient returns a Client that calls target in a version of SOAP.
func NewClient(via *adapter.Client, target string, version Version) *Client {
	return &Client{target, gowsdl.NewClient(target, gowsdl.WithHTTPClient(seam{via, version}))}
}

// Call sends request in an envelope. encoding/xml must be able to marshal request.
func (c *Client) Call(ctx context.Context, action string, request any) adapter.Answer {
	err := c.gowsdl.CallContext(ctx, action, request, nil)
	if answered, ok := errors.AsType[answeredError](err); ok {
		return adapter.Answer(answered)
	}
	return adapter.Answer{Err: err, Unsent: true, At: time.Now()}
}

// answeredError ends the call inside gowsdl and carries the answer out of it.
type answeredError adapter.Answer

func (answeredError) Error() string { return "answered" }

// seam is the HTTP client of gowsdl.
type seam struct {
	via     *adapter.Client
	version Version
}

func (s seam) Do(req *http.Request) (*http.Response, error) {
	req.Close = false // gowsdl asks for a new connection, and a TLS handshake, per call
	if s.version == V12 {
		if err := upgrade(req); err != nil {
			return nil, err
		}
	}
	return nil, answeredError(s.via.Do(req))
}

// upgrade turns the SOAP 1.1 request that gowsdl builds into a SOAP 1.2 request.
func upgrade(req *http.Request) error {
	envelope, err := io.ReadAll(req.Body)
	if err != nil {
		return err
	}
	// The namespace occurs first in the start tag of the envelope.
	envelope = bytes.Replace(envelope, []byte(gowsdl.XmlNsSoapEnv), []byte(namespace12), 1)
	req.ContentLength = int64(len(envelope))
	req.Body = io.NopCloser(bytes.NewReader(envelope))
	req.Header.Set("Content-Type", `application/soap+xml; charset=utf-8; action="`+req.Header.Get("SOAPAction")+`"`)
	req.Header.Del("SOAPAction")
	return nil
}
