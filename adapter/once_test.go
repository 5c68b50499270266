package adapter

//lint:file-ignore SA1019 A newer golang.org/x/net deprecates its HTTP/2 transport. Callers may still have one.

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/unified-cancel/cancel"
)

// moment is the time at which a vendor fails.
type moment string

const (
	betweenCalls moment = "between the calls" // once the first is answered
	begun        moment = "within the request"
	whole        moment = "after the request"
)

// redial says how the vendor treats connections after its failure.
type redial string

const (
	served  redial = "served"
	refused redial = "refused"
	slow    redial = "slow" // nothing is answered, and the call's context ends
)

// wire is a vendor's end of a connection, and over HTTP/2 the stream of the request.
type wire struct {
	net.Conn
	framer *http2.Framer
	stream uint32
}

// fault is one way to fail. It reports whether the connection can still be served.
type fault struct {
	at   moment
	fail func(wire) bool
}

// rawVendor is a loopback server below HTTP/1.1 and HTTP/2. It answers each request except
// one, the second on a kept connection or the first of all, at which it fails.
type rawVendor struct {
	listener net.Listener
	url      string
	fault    fault
	redial   redial
	end      context.CancelFunc // ends the call that fails
	running  sync.WaitGroup
	stop     chan struct{}
	noticed  chan struct{} // closed once the client has noticed a fault between the calls

	mu     sync.Mutex
	armed  bool
	failed bool
	conns  []net.Conn
	begun  int // requests of which a byte was read since it was armed
	whole  int
	seen   http.Header
}

// addresses counts vendors. Each has an address of its own, because a port may be used
// again while a client still keeps a connection to it.
var addresses atomic.Int32

func newRawVendor(t *testing.T, config *tls.Config, f fault, then redial) *rawVendor {
	t.Helper()
	n := addresses.Add(1)
	l, err := net.Listen("tcp", fmt.Sprintf("127.1.%d.%d:0", n/256%256, n%256))
	require.NoError(t, err)
	v := &rawVendor{
		listener: l, url: "http://" + l.Addr().String(), fault: f, redial: then,
		end: func() {}, stop: make(chan struct{}), noticed: make(chan struct{}),
	}
	if config != nil {
		v.url = "https://" + l.Addr().String()
	}
	v.running.Go(func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			v.mu.Lock()
			v.conns = append(v.conns, raw)
			v.mu.Unlock()
			v.running.Go(func() {
				defer raw.Close()
				v.serve(raw, config)
			})
		}
	})
	t.Cleanup(v.close)
	return v
}

// close closes all connections and waits until their handlers return.
func (v *rawVendor) close() {
	v.mu.Lock()
	defer v.running.Wait()
	defer v.mu.Unlock()
	select {
	case <-v.stop:
		return
	default:
	}
	close(v.stop)
	v.listener.Close()
	for _, c := range v.conns {
		_ = c.SetReadDeadline(time.Now())
	}
}

func (v *rawVendor) serve(raw net.Conn, config *tls.Config) {
	v.mu.Lock()
	hold := v.failed && v.redial == slow
	v.mu.Unlock()
	if hold {
		v.end()
		<-v.stop
		return
	}
	if config == nil {
		v.serveHTTP1(raw, raw)
		return
	}
	secure := tls.Server(raw, config)
	if err := secure.Handshake(); err != nil {
		return
	}
	if secure.ConnectionState().NegotiatedProtocol == "h2" {
		v.serveHTTP2(raw, secure)
	} else {
		v.serveHTTP1(raw, secure)
	}
}

// fails counts, and reports whether the vendor must fail now. It fails once.
func (v *rawVendor) fails(now moment) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.armed {
		switch now {
		case begun:
			v.begun++
		case whole:
			v.whole++
		}
	}
	if v.failed || v.fault.at != now || now != betweenCalls && !v.armed {
		return false
	}
	v.failed = true
	if v.redial == refused {
		v.listener.Close()
	}
	return true
}

func (v *rawVendor) serveHTTP1(raw, conn net.Conn) {
	from := bufio.NewReader(conn)
	for {
		if _, err := from.Peek(1); err != nil {
			return
		}
		if v.fails(begun) && !v.fault.fail(wire{Conn: raw}) {
			return
		}
		req, err := http.ReadRequest(from)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		v.mu.Lock()
		v.seen = req.Header
		v.mu.Unlock()
		if v.fails(whole) && !v.fault.fail(wire{Conn: raw}) {
			return
		}
		if _, err := io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n"); err != nil {
			return
		}
		if v.fails(betweenCalls) && !v.fault.fail(wire{Conn: raw}) {
			return
		}
	}
}

func (v *rawVendor) serveHTTP2(raw, conn net.Conn) {
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := framer.WriteSettings(); err != nil {
		return
	}
	var done uint32 // the last stream that was answered or failed
	end := func(stream uint32) bool {
		if done = stream; v.fails(whole) {
			return v.fault.fail(wire{raw, framer, stream})
		}
		var block bytes.Buffer
		_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: "204"})
		_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true})
		if v.fails(betweenCalls) {
			defer close(v.noticed)
			return v.fault.fail(wire{raw, framer, stream})
		}
		return true
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		goOn := true
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			header := http.Header{}
			for _, field := range f.RegularFields() {
				header.Add(field.Name, field.Value)
			}
			v.mu.Lock()
			v.seen = header
			v.mu.Unlock()
			if v.fails(begun) {
				done = f.StreamID
				goOn = v.fault.fail(wire{raw, framer, f.StreamID})
			} else if f.StreamEnded() {
				goOn = end(f.StreamID)
			}
		case *http2.DataFrame:
			if f.StreamEnded() && f.StreamID > done {
				goOn = end(f.StreamID)
			}
		}
		if !goOn {
			return
		}
	}
}

// The ways to fail.
var (
	closing   = func(wire) bool { return false }
	resetting = func(w wire) bool { reset(w.Conn); return false }
)

func resetStream(code http2.ErrCode) func(wire) bool {
	return func(w wire) bool { return w.framer.WriteRSTStream(w.stream, code) == nil }
}

// goAway says that the request is not carried out.
func goAway(code http2.ErrCode) func(wire) bool {
	return func(w wire) bool { return w.framer.WriteGoAway(w.stream-1, code, nil) == nil }
}

// goAwayLater says that no later request is carried out, and closes the connection.
func goAwayLater(w wire) bool {
	return w.framer.WriteGoAway(w.stream, http2.ErrCodeNo, nil) != nil
}

// goAwayBetween is goAwayLater that waits until the client has read it.
func goAwayBetween(w wire) bool {
	goAwayLater(w)
	_ = w.framer.WritePing(false, [8]byte{1})
	for {
		frame, err := w.framer.ReadFrame()
		if ping, ok := frame.(*http2.PingFrame); err != nil || ok && ping.IsAck() {
			return false
		}
	}
}

const serverName = "vendor.test"

// tlsConfig returns the configurations of a loopback server and of a client that trusts it.
func tlsConfig(t *testing.T, protocols ...string) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{serverName},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}, NextProtos: protocols,
	}, &tls.Config{RootCAs: roots, ServerName: serverName}
}

// newOwn returns a Client of our own transport, which change may change.
func newOwn(t *testing.T, change func(*http.Transport)) *Client {
	t.Helper()
	transport := sharedTransport.Clone()
	t.Cleanup(transport.CloseIdleConnections)
	change(transport)
	c := newClient(t, cancel.ClientOptions{})
	c.roundTrip = transport.RoundTrip
	return c
}

// newClients returns a Client of each kind of transport, all of which trust.
func newClients(t *testing.T, trusted *tls.Config) map[string]*Client {
	t.Helper()
	usual := http.DefaultTransport
	standard := usual.(*http.Transport).Clone()
	standard.TLSClientConfig = trusted.Clone()
	http.DefaultTransport = standard
	t.Cleanup(func() {
		standard.CloseIdleConnections()
		http.DefaultTransport = usual
	})
	forced := ownTransport(t, &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: trusted.Clone()})
	inner := ownTransport(t, forced.Transport.(*http.Transport).Clone())
	return map[string]*Client{
		"ours":            newOwn(t, func(transport *http.Transport) { transport.TLSClientConfig = trusted.Clone() }),
		"&http.Client{}":  newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{}}),
		"*http.Transport": newClient(t, cancel.ClientOptions{HTTPClient: forced}),
		"another's":       newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{Transport: roundTripper(inner.Transport.RoundTrip)}}),
	}
}

// ask is a request, as an adapter sends it.
type ask struct {
	method, header string
	body           []byte
}

func (a ask) send(ctx context.Context, c *Client, v *rawVendor) Answer {
	header := http.Header{}
	if a.header != "" {
		header.Set(a.header, "key")
	}
	return c.Send(ctx, a.method, parsed(v.url), header, a.body)
}

// asks begins with those that find most faults.
var asks = []ask{
	{http.MethodPost, "Idempotency-Key", []byte("ask")},
	{http.MethodPut, "X-Idempotency-Key", nil},
	{http.MethodGet, "", nil},
	{http.MethodPost, "", []byte("ask")},
	{http.MethodPost, "", nil},
	{http.MethodPost, "X-Idempotency-Key", nil},
	{http.MethodPut, "Idempotency-Key", []byte("ask")},
	{http.MethodDelete, "", []byte("ask")},
	{http.MethodDelete, "Idempotency-Key", nil},
	{http.MethodGet, "Idempotency-Key", []byte("ask")},
}

// testSentOnce makes one call that meets the fault, with each ask, on a kept connection
// and, unless the fault comes between calls, on a new one.
func testSentOnce(t *testing.T, c *Client, config *tls.Config, f fault, then redial) {
	asks := asks
	if then != served {
		asks = asks[:3]
	}
	for _, a := range asks {
		for _, kept := range []bool{true, false} {
			if !kept && f.at == betweenCalls {
				continue
			}
			v := newRawVendor(t, config, f, then)
			what := fmt.Sprintf("%s %q body %q, kept connection %v", a.method, a.header, a.body, kept)
			if kept {
				require.NoError(t, a.send(t.Context(), c, v).Err, what)
				if f.at == betweenCalls {
					<-v.noticed
				}
			}
			ctx, end := context.WithCancel(t.Context())
			v.mu.Lock()
			v.armed, v.end = true, end
			v.mu.Unlock()
			answer := a.send(ctx, c, v)
			end()
			v.close()

			assert.LessOrEqual(t, v.begun, 1, what)
			if answer.Err == nil {
				assert.Equal(t, 1, v.whole, what)
			}
			if answer.Unsent {
				assert.Zero(t, v.begun, what)
			}
			if f.at != betweenCalls {
				assert.Error(t, answer.Err, what)
				assert.False(t, answer.Unsent, what)
				if a.header != "" && f.at == whole {
					assert.Equal(t, "key", v.seen.Get(a.header), what)
				}
			}
		}
	}
}

func TestRequestIsSentOnceOverHTTP1(t *testing.T) {
	secure, trusted := tlsConfig(t)
	faults := map[string]fault{
		"closed within the request": {begun, closing},
		"reset within the request":  {begun, resetting},
		"closed after the request":  {whole, closing},
		"reset after the request":   {whole, resetting},
		"no answer of HTTP/1.1":     {whole, func(w wire) bool { _, _ = io.WriteString(w, "SMTP ready\r\n"); return false }},
	}
	for whose, c := range newClients(t, trusted) {
		for what, f := range faults {
			for _, then := range []redial{served, refused, slow} {
				for how, config := range map[string]*tls.Config{"plain": nil, "TLS": secure} {
					t.Run(fmt.Sprintf("%s, %s, %s, redial %s", whose, how, what, then), func(t *testing.T) {
						testSentOnce(t, c, config, f, then)
					})
				}
			}
		}
	}
}

func TestRequestIsSentOnceOverHTTP2(t *testing.T) {
	secure, trusted := tlsConfig(t, "h2")
	faults := map[string]fault{
		"GOAWAY, carried out":           {whole, goAwayLater},
		"GOAWAY, not carried out":       {whole, goAway(http2.ErrCodeNo)},
		"GOAWAY, for an error":          {whole, goAway(http2.ErrCodeEnhanceYourCalm)},
		"GOAWAY within the request":     {begun, goAway(http2.ErrCodeNo)},
		"GOAWAY between the calls":      {betweenCalls, goAwayBetween},
		"closed after the request":      {whole, closing},
		"reset after the request":       {whole, resetting},
		"reset within the request":      {begun, resetting},
		"RST_STREAM within the request": {begun, resetStream(http2.ErrCodeRefusedStream)},
	}
	for code := range http2.ErrCodeHTTP11Required + 2 { // one more than there are
		faults[fmt.Sprintf("RST_STREAM %v", code)] = fault{whole, resetStream(code)}
	}
	clients := newClients(t, trusted)
	delete(clients, "ours") // speaks HTTP/1.1 only
	xnet := &http2.Transport{TLSClientConfig: trusted}
	t.Cleanup(xnet.CloseIdleConnections)
	clients["golang.org/x/net"] = newClient(t, cancel.ClientOptions{HTTPClient: &http.Client{Transport: xnet}})
	for whose, c := range clients {
		for what, f := range faults {
			for _, then := range []redial{served, refused, slow} {
				t.Run(fmt.Sprintf("%s, %s, redial %s", whose, what, then), func(t *testing.T) {
					testSentOnce(t, c, secure, f, then)
				})
			}
		}
	}
}
