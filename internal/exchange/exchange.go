// Package exchange makes one HTTP exchange with a vendor and says what is certain
// of it: whether the request may have arrived, and whether the answer came whole.
// It knows nothing of any one vendor.
package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/unified-cancel/cancel"
)

const (
	defaultTimeout          = 30 * time.Second
	defaultMaxResponseBytes = 4 << 20
)

// version is the module's, as the topmost in CHANGELOG.md.
const version = "0.1.0"

const defaultUserAgent = "unified-cancel/" + version + " (github.com/unified-cancel/cancel)"

// Client makes exchanges. It is safe for concurrent use.
type Client struct {
	roundTrip        func(*http.Request) (*http.Response, error)
	dialer           *dialer // that of roundTrip; nil where the transport is the caller's
	timeout          time.Duration
	maxResponseBytes int64
	header           func() http.Header // a function, where package fmt cannot look
	// reports is that of the trail of each exchange.
	reports bool
}

// New returns a Client with the given options. Its error names the field at fault.
func New(o cancel.ClientOptions) (*Client, error) {
	switch {
	case o.Timeout < 0:
		return nil, errors.New("Options.Timeout is negative")
	case o.MaxResponseBytes < 0:
		return nil, errors.New("Options.MaxResponseBytes is negative")
	case !httpguts.ValidHeaderFieldValue(o.UserAgent):
		return nil, errors.New("Options.UserAgent cannot travel in an HTTP header")
	}
	c := &Client{
		timeout:          o.Timeout,
		maxResponseBytes: o.MaxResponseBytes,
	}
	header := http.Header{"User-Agent": {cmp.Or(o.UserAgent, defaultUserAgent)}}
	c.header = func() http.Header { return header }
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if c.maxResponseBytes == 0 {
		c.maxResponseBytes = defaultMaxResponseBytes
	}
	if o.HTTPClient == nil {
		c.roundTrip, c.dialer, c.reports = sharedTransport.RoundTrip, sharedDialer, true
		header.Set("Accept-Encoding", "gzip") // as net/http would do for each request
		return c, nil
	}
	client := *o.HTTPClient
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	_, c.reports = client.Transport.(*http.Transport)
	client.Transport = noRedirects{client.Transport}
	c.roundTrip = client.Do
	return c, nil
}

// Answer is what came of an exchange. A Status of 0 means that there was no
// response at all.
type Answer struct {
	Status int
	Header http.Header
	// Body is the response body, decompressed and capped.
	Body []byte
	// Err is why Body is not the whole of an answer; nil where it is.
	Err error
	// Unsent is true where certainly no byte of the request was written.
	Unsent bool
	// Target is the URL without its query, which may hold anything.
	Target string
	// Began is when sending began, and At when the exchange ended.
	Began, At time.Time
}

// ContentType returns the header of that name.
func (a Answer) ContentType() string { return a.Header.Get("Content-Type") }

// With returns a Client that is as c and sends header, too, with what it posts and gets.
func (c *Client) With(header http.Header) *Client {
	all := c.header().Clone()
	maps.Copy(all, header)
	with := *c
	with.header = func() http.Header { return all }
	return &with
}

// Post sends body to target and reads the answer to its end or to the cap.
func (c *Client) Post(ctx context.Context, target *url.URL, body []byte) Answer {
	reader := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req := c.request(http.MethodPost, target)
	req.ContentLength, req.GetBody = int64(len(body)), reader
	req.Body, _ = reader()
	return c.exchange(ctx, req)
}

// Get is as Post, for a request without a body.
func (c *Client) Get(ctx context.Context, target *url.URL) Answer {
	req := c.request(http.MethodGet, target)
	req.Body = unrepeatable{}
	return c.exchange(ctx, req)
}

// request returns a request that shares its URL and its header with others.
func (c *Client) request(method string, target *url.URL) *http.Request {
	return &http.Request{
		Method: method, URL: target, Host: target.Host, Header: c.header(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// unrepeatable is an empty body. A request without any net/http would send again by
// itself when a connection that it kept alive breaks.
type unrepeatable struct{}

func (unrepeatable) Read([]byte) (int, error) { return 0, io.EOF }

func (unrepeatable) Close() error { return nil }

// Do sends req, which it may change, as Post does.
func (c *Client) Do(req *http.Request) Answer {
	maps.Copy(req.Header, c.header())
	return c.exchange(req.Context(), req)
}

func (c *Client) exchange(ctx context.Context, req *http.Request) Answer {
	ctx, stop := context.WithTimeout(ctx, c.timeout)
	defer stop()
	if err := ctx.Err(); err != nil {
		return Answer{Err: err, Unsent: true, At: time.Now()}
	}

	a := Answer{Began: time.Now()}
	a.Target, _, _ = strings.Cut(req.URL.String(), "?")
	if c.dialer != nil {
		v := c.dialer.enter(ctx, req.URL)
		defer func() { v.leave(a.Status == 0) }()
		ctx = v
	}
	written := &trail{reports: c.reports}
	ctx = httptrace.WithClientTrace(ctx, written.trace())
	var own *http.Request
	if c.dialer != nil {
		own = req.WithContext(ctx)
	} else { // who knows what the caller's transport does to it
		own = req.Clone(ctx)
		written.watch(own)
	}

	resp, err := c.roundTrip(own)
	if err != nil {
		a.Err, a.Unsent, a.At = explain(ctx, err), !written.possible(err), time.Now()
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

// read reads a body to its end, for a connection is reused only then, but never
// beyond the cap.
func (c *Client) read(resp *http.Response) ([]byte, error) {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// What follows is no body: it would not end, nor heed the deadline.
		return nil, errors.New("the server switched protocols")
	}
	if resp.Uncompressed || !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return c.readCapped(resp.Body, resp.ContentLength)
	}
	body := bufio.NewReader(resp.Body)
	if magic, _ := body.Peek(2); string(magic) != "\x1f\x8b" {
		plain, err := c.readCapped(body, resp.ContentLength)
		return plain, cmp.Or(err, errors.New("the body is not compressed as its header says"))
	}
	unzipped, err := gzip.NewReader(body)
	if err != nil {
		return nil, err
	}
	return c.readCapped(unzipped, 0)
}

// firstRoom is enough for most answers, and is used again. A longer one gets growth times
// the room that was too little, which wastes less than growing often, for what was outgrown
// stays until it is collected; and twice the room once that is a lot.
const (
	firstRoom = 16 << 10
	growth    = 16
)

var firstRooms = sync.Pool{New: func() any { return new([firstRoom]byte) }}

// readCapped reads r to its end or to the cap. An expected length above 0 is the room that
// it makes at first, within reason: it is only a promise.
func (c *Client) readCapped(r io.Reader, expected int64) ([]byte, error) {
	if expected > 0 {
		body, err := c.readInto(make([]byte, 0, min(expected, c.maxResponseBytes, defaultMaxResponseBytes)), r)
		return fitted(body), err
	}
	first := firstRooms.Get().(*[firstRoom]byte) //nolint:errcheck,forcetypeassert // the pool has no others
	defer firstRooms.Put(first)
	body, err := c.readInto(first[:0:min(firstRoom, c.maxResponseBytes)], r)
	if cap(body) <= firstRoom {
		return bytes.Clone(body), err
	}
	return fitted(body), err
}

// readInto reads r into body, or where that is too little into roomier slices.
func (c *Client) readInto(body []byte, r io.Reader) ([]byte, error) {
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == nil && len(body) == cap(body) {
			body, err = c.beyond(r, body)
		}
		if err == io.EOF { //nolint:errorlint // an error that wraps it is not the end of the body
			return body, nil
		}
		if err != nil {
			return body, err
		}
	}
}

// beyond makes room where body is full and r has more, unless that is beyond the cap.
func (c *Client) beyond(r io.Reader, body []byte) ([]byte, error) {
	next := make([]byte, 1)
	if _, err := io.ReadFull(r, next); err != nil {
		return body, err
	}
	if int64(len(body)) == c.maxResponseBytes {
		return body, fmt.Errorf("response body exceeds %d bytes", c.maxResponseBytes)
	}
	room := int64(len(body)) * growth
	if len(body) >= defaultMaxResponseBytes {
		room = int64(len(body)) * 2
	}
	roomier := make([]byte, len(body), min(room, c.maxResponseBytes))
	copy(roomier, body)
	return append(roomier, next[0]), nil
}

// fitted returns body without much unused room behind it, for callers keep it.
func fitted(body []byte) []byte {
	if len(body) < cap(body)/2 {
		return bytes.Clone(body)
	}
	return slices.Clip(body)
}

// explain drops the URL that net/http wraps around an error, and makes sure that
// the error of a context that ended is seen even where it ended with another cause.
func explain(ctx context.Context, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if done := ctx.Err(); done != nil && !errors.Is(err, done) {
		err = fmt.Errorf("%w: %w", done, err)
	}
	return err
}
