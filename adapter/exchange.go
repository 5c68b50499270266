package adapter

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/unified-cancel/cancel"
)

const (
	defaultTimeout          = 30 * time.Second
	defaultMaxResponseBytes = 4 << 20
)

// version is the version of the module, the first in CHANGELOG.md.
const version = "0.1.0"

const defaultUserAgent = "unified-cancel/" + version + " (github.com/unified-cancel/cancel)"

// Client makes HTTP exchanges with a vendor. Make one with [NewClient]. It is safe for
// concurrent use.
type Client struct {
	roundTrip        func(*http.Request) (*http.Response, error)
	own              bool // the transport is sharedTransport
	native           bool // the transport is net/http's own
	timeout          time.Duration
	maxResponseBytes int64
	userAgent        string
}

// NewClient returns a Client with the given options. Its error names the field that is not
// valid.
func NewClient(o cancel.ClientOptions) (*Client, error) {
	switch {
	case o.Timeout < 0:
		return nil, errors.New("Options.Timeout is negative")
	case o.MaxResponseBytes < 0:
		return nil, errors.New("Options.MaxResponseBytes is negative")
	case !httpguts.ValidHeaderFieldValue(o.UserAgent):
		return nil, errors.New("Options.UserAgent cannot travel in an HTTP header")
	}
	c := &Client{
		roundTrip:        sharedTransport.RoundTrip,
		own:              true,
		native:           true,
		timeout:          cmp.Or(o.Timeout, defaultTimeout),
		maxResponseBytes: min(cmp.Or(o.MaxResponseBytes, defaultMaxResponseBytes), math.MaxInt64-1), // one more is read
		userAgent:        cmp.Or(o.UserAgent, defaultUserAgent),
	}
	if o.HTTPClient == nil {
		return c, nil
	}
	client := *o.HTTPClient
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	_, c.native = client.Transport.(*http.Transport)
	c.own = false
	client.Transport = noRedirects{client.Transport}
	c.roundTrip = client.Do
	return c, nil
}

// WithTimeout returns ctx with the deadline of one call, Timeout of [cancel.ClientOptions] from
// now. An adapter passes it to everything that the call does: [Credential.Reveal] and each
// exchange.
func (c *Client) WithTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.timeout)
}

// Answer is the outcome of one exchange.
type Answer struct {
	// Status is the HTTP status, 0 if there was no response.
	Status int
	Header http.Header
	// Body is the response body, decompressed and cut at MaxResponseBytes.
	Body []byte
	// Err says why Body is not a whole answer. It is nil if Body is whole.
	Err error
	// Unsent is true if certainly no byte of the request was written.
	Unsent bool
	// Target is the URL without its query.
	Target string
	// Began is the time before sending, zero if nothing was tried. At is the time when the
	// exchange ended. Both are by the local clock.
	Began, At time.Time
}

// ContentType returns the header Content-Type.
func (a Answer) ContentType() string { return a.Header.Get("Content-Type") }

// Send sends one request and reads the answer to its end or to MaxResponseBytes. The body may
// be nil. Send changes neither target, header nor body.
//
// One call is one request on the wire. Redirects are not followed, and net/http does not send
// the request again. For that, a header Idempotency-Key or X-Idempotency-Key has a key in
// lower case, which no server can tell from another. A RoundTripper of the caller's finds it
// by Header["idempotency-key"]. It must not copy the body to send it again.
func (c *Client) Send(ctx context.Context, method string, target *url.URL, header http.Header, body []byte) Answer {
	own := *target
	req := &http.Request{
		Method: method, URL: &own, Host: own.Host, Header: header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		ContentLength: int64(len(body)),
	}
	if len(body) > 0 {
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return c.Do(req.WithContext(ctx))
}

// Do sends req as [Client.Send] does. It changes req.
func (c *Client) Do(req *http.Request) Answer {
	ctx := req.Context()
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > c.timeout {
		var stop context.CancelFunc
		ctx, stop = c.WithTimeout(ctx)
		defer stop()
	}
	if err := ctx.Err(); err != nil {
		return Answer{Err: err, Unsent: true, At: time.Now()}
	}
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("User-Agent", c.userAgent)
	if c.own {
		req.Header.Set("Accept-Encoding", "gzip") // net/http loses a body that is not compressed as its header says
	}
	p := &progress{native: c.native}
	c.once(req, p)

	a := Answer{Began: time.Now()}
	a.Target, _, _ = strings.Cut(req.URL.String(), "?")
	resp, err := c.roundTrip(req.WithContext(httptrace.WithClientTrace(ctx, p.trace())))
	if err != nil {
		a.Err, a.Unsent, a.At = explain(ctx, err), !p.mayHaveWritten(err), time.Now()
		return a
	}
	defer resp.Body.Close()

	a.Status, a.Header = resp.StatusCode, resp.Header
	a.Body, a.Err = c.read(resp)
	a.At = time.Now()
	if a.Err != nil {
		a.Err = explain(ctx, a.Err)
	}
	return a
}

// read reads a body to its end, because only then is the connection reused. It stops at
// maxResponseBytes.
func (c *Client) read(resp *http.Response) ([]byte, error) {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// The body is a connection: it does not end, and the deadline does not end it.
		return nil, errors.New("the server switched protocols")
	}
	encoding := strings.ToLower(resp.Header.Get("Content-Encoding"))
	if resp.Uncompressed || encoding != "gzip" && encoding != "x-gzip" {
		return c.readCapped(resp.Body, resp.ContentLength)
	}
	body := bufio.NewReader(resp.Body)
	if magic, _ := body.Peek(2); string(magic) != "\x1f\x8b" {
		plain, err := c.readCapped(body, resp.ContentLength)
		if len(plain) > 0 {
			err = cmp.Or(err, errors.New("the body is not compressed as its header says"))
		}
		return plain, err
	}
	unzipped, err := gzip.NewReader(body)
	if err != nil {
		return nil, err
	}
	return c.readCapped(unzipped, -1)
}

// usualBytes is the first memory for an answer. A longer one gets more only while it arrives.
const usualBytes = 4 << 10

// readCapped reads r, which promises so many bytes, or -1 if it promises nothing.
func (c *Client) readCapped(r io.Reader, promised int64) ([]byte, error) {
	first := min(uint64(promised), usualBytes, uint64(c.maxResponseBytes)) // -1 is the largest
	buffer := bytes.NewBuffer(make([]byte, 0, first+bytes.MinRead))
	_, err := buffer.ReadFrom(io.LimitReader(r, c.maxResponseBytes+1))
	body := buffer.Bytes()
	if int64(len(body)) > c.maxResponseBytes {
		return body[:c.maxResponseBytes], fmt.Errorf("response body exceeds %d bytes", c.maxResponseBytes)
	}
	return body, err
}

// explain removes the URL that net/http adds to an error. If ctx has ended it adds the error
// of ctx, because net/http may return another one.
func explain(ctx context.Context, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if done := ctx.Err(); done != nil && !errors.Is(err, done) {
		err = fmt.Errorf("%w: %w", done, err)
	}
	return err
}
