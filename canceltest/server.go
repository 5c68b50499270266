package canceltest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/unified-cancel/cancel"
)

const (
	// maxRequest is the maximum size of a request body, in bytes.
	maxRequest = 1 << 20
	// defaultLogLimit is how many calls the log holds by default.
	defaultLogLimit = 10_000
)

// Server is what all simulators have in common: an HTTP server, a log of the calls, a
// clock, and faults on demand. Make one with [Listen]; the zero value is not usable. It is
// safe for concurrent use.
type Server struct {
	// URL is the base of the simulator's addresses, without a slash at its end.
	URL string
	// Ledger is for the simulator's own use: it lists the cancelled things.
	Ledger Ledger

	handler   Handler
	http      *http.Server
	transport *http.Transport
	running   sync.WaitGroup // the listener and each connection
	clock     clock

	webhooks   http.RoundTripper
	delivering sync.WaitGroup
	open       context.Context // ends when the simulator is closed
	shut       context.CancelFunc

	mu         sync.Mutex
	accepted   int
	closed     bool
	faults     schedule
	calls      []*Call
	deliveries []Delivery
	logLimit   int
}

// Call is one call in the log.
type Call struct {
	// Op is the operation, in the vendor's words. It is "" if the request was not read.
	Op string
	// ID is the first of IDs, "" without one.
	ID string
	// IDs are the things that the request names, as it writes them. It is nil if the
	// request names none.
	IDs []string
	// Fault is how the call was made to fail, "" if it was not.
	Fault Fault
	// Carried is true if this call cancelled something, or registered a cancellation.
	Carried bool
	// At is when the request arrived, by the simulator's clock.
	At time.Time
	// Request is the request body in UTF-8, with REDACTED in place of secrets. It is nil
	// if there was no body, or if it was not read or is malformed.
	Request []byte
}

// Listen starts a server at address, such as "127.0.0.1:8081" or "127.0.0.1:0", which
// answers by h. Its error is the error of [net.Listen]. Close the server when done.
//
// A simulator embeds the server. If a client can know the address beforehand, it must not
// be answered before the simulator has the server: hold a lock that h needs.
func Listen(address string, h Handler) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("canceltest: %w", err)
	}
	if h.Broken == nil {
		h.Broken = func(*http.Request) Reply {
			return JSON(http.StatusInternalServerError, map[string]string{"message": "Internal server error"})
		}
	}
	s := &Server{
		URL:       "http://" + reachable(listener.Addr()),
		handler:   h,
		transport: &http.Transport{MaxIdleConnsPerHost: 256},
		webhooks:  &http.Transport{DisableKeepAlives: true},
		logLimit:  defaultLogLimit,
	}
	s.open, s.shut = context.WithCancel(context.Background())
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ConnState:         s.connState,
		ConnContext:       withConn,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	s.running.Go(func() { _ = s.http.Serve(listener) })
	return s, nil
}

// reachable returns where a client finds a listener at addr, which may be every address.
func reachable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprint("127.0.0.1:", tcp.Port)
	}
	return addr.String()
}

// New returns what listen makes on a free port of 127.0.0.1. It panics if listen fails.
// It is the New of a simulator whose Listen is listen.
func New[Simulator any](listen func(address string) (Simulator, error)) Simulator {
	simulator, err := listen("127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return simulator
}

// Close stops the simulator. It closes the connections and waits for calls under way and
// for deliveries to webhooks, which take ten seconds at most; a delivery that failed is
// not repeated. The ledger and the logs can still be read. Close may be called again.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()

	_ = s.http.Close()
	s.running.Wait()
	s.transport.CloseIdleConnections()
	s.shut()
	s.delivering.Wait()
}

// Cancelled returns the IDs of the cancelled things, in the order in which they were cancelled.
func (s *Server) Cancelled() []string { return s.Ledger.IDs() }

// IsCancelled reports whether a thing is cancelled.
func (s *Server) IsCancelled(id string) bool { return s.Ledger.Has(id) }

// Now returns the time by the simulator's clock.
func (s *Server) Now() time.Time { return s.clock.now() }

// Pass moves the simulator's clock ahead by d, at once. Otherwise the clock runs like the
// machine's. It decides when a recipient's silence counts as consent, when a webhook has
// taken too long, when a delivery is repeated, and what time logs and documents show. The
// faults [Delay] and [Late] use the machine's clock. Pass panics if d is negative.
func (s *Server) Pass(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("canceltest: the clock cannot go back by %v", -d))
	}
	s.clock.move(d)
}

// Calls returns a copy of the log, in the order in which the calls arrived. A call is in
// the log from its arrival on, and is complete there before it is answered. The log holds
// the last 10,000 calls, or as many as [Server.LogLimit] says.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]Call, len(s.calls))
	for i, call := range s.calls {
		calls[i] = *call
		calls[i].IDs = slices.Clone(call.IDs)
		calls[i].Request = slices.Clone(call.Request)
	}
	return calls
}

// LogLimit makes the log hold only the last n calls and the last n deliveries, and nothing
// if n is 0 or less.
func (s *Server) LogLimit(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logLimit = max(n, 0)
	s.trim()
}

// Connections returns the number of connections accepted so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Fail makes the next n calls fail with f. Calls of Fail queue up. Fail does nothing if n
// is 0 or less, and panics if f is not a fault of this package.
func (s *Server) Fail(n int, f Fault) {
	f.mustExist()
	if n <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.queued = append(s.faults.queued, run{n, f})
}

// FailAtRandom makes a share of the calls fail from now on, from 0 for none to 1 for all.
// Each fails with one of faults, or with one of [Faults] without any. The seed and the
// order of arrival decide which calls fail and how. Faults that [Server.Fail] has queued
// come first and do not count. FailAtRandom panics if share is not in 0 to 1.
func (s *Server) FailAtRandom(share float64, seed uint64, faults ...Fault) {
	if !(share >= 0 && share <= 1) {
		panic(fmt.Sprintf("canceltest: the share is %v: it must be 0 to 1", share))
	}
	if len(faults) == 0 {
		faults = all
	}
	for _, f := range faults {
		f.mustExist()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.share = share
	s.faults.faults = slices.Clone(faults)
	s.faults.random = rand.New(rand.NewPCG(seed, 0))
	s.faults.draw()
}

// Options returns the Options for the Config of a simulator: an HTTP client that [Refuse]
// can refuse, and whose idle connections end with the simulator.
func (s *Server) Options() cancel.ClientOptions {
	return cancel.ClientOptions{HTTPClient: &http.Client{Transport: refusing{s}}}
}

// refusing is the transport of Options.
type refusing struct{ server *Server }

func (t refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	s := t.server
	if !s.refuse() {
		return s.transport.RoundTrip(r)
	}
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

// refuse reports whether the next call is refused, and if so enters it in the log.
func (s *Server) refuse() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.faults.next() != Refuse {
		return false
	}
	s.enter()
	return true
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func connOf(r *http.Request) *net.TCPConn {
	c, _ := r.Context().Value(connKey{}).(*net.TCPConn)
	return c
}

func (s *Server) connState(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.running.Add(1)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.accepted++
		if s.closed {
			_ = c.Close()
		}
	case http.StateClosed:
		s.running.Done()
	}
}

// ServeHTTP answers a request as the server does on its socket. Tests in a bubble of
// testing/synctest call it, because time stands still in a bubble that waits for a socket.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && s.handler.Page != nil {
		if page, ok := s.handler.Page(r); ok {
			page.write(w)
			return
		}
	}
	call := s.arrive()
	x := exchange{w: w, r: r, broken: s.handler.Broken}
	if call.Fault == ResetBeforeReading {
		x.reset()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		x.drop()
	}
	play, carries := call.Fault.behaviour()
	x.reply = s.handler.Answer(r, body, carries)
	s.mu.Lock()
	call.Op = cmp.Or(x.reply.Op, r.Method+" "+r.URL.Path)
	call.IDs, call.Request, call.Carried = x.reply.IDs, x.reply.Request, x.reply.Carried
	if len(call.IDs) > 0 {
		call.ID = call.IDs[0]
	}
	s.mu.Unlock()
	play(x)
}

// arrive enters a call that has arrived in the log.
func (s *Server) arrive() *Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := s.enter()
	if call.Fault == Refuse { // it is too late for that
		call.Fault = ResetBeforeReading
	}
	return call
}

// enter enters the next call in the log, with its fault. The caller holds s.mu.
func (s *Server) enter() *Call {
	call := &Call{At: s.clock.now(), Fault: s.faults.take()}
	s.calls = append(s.calls, call)
	s.trim()
	return call
}

// trim drops what exceeds the limit of the logs. The caller holds s.mu.
func (s *Server) trim() {
	s.calls = slices.Delete(s.calls, 0, max(0, len(s.calls)-s.logLimit))
	s.deliveries = slices.Delete(s.deliveries, 0, max(0, len(s.deliveries)-s.logLimit))
}
