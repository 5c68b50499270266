package canceltest

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/unified-cancel/cancel"
)

const (
	anyPort = "127.0.0.1:0"
	// maxRequest bounds the body of a request, in bytes.
	maxRequest = 1 << 20
	// defaultLogLimit is how many calls the log holds unless LogLimit says otherwise.
	defaultLogLimit = 10_000
	// countedRefusal bounds the time of one Refuse where all connections so far were
	// counted; the others where some were not, or where there were none.
	countedRefusal = time.Minute
	refusal        = time.Second
	randomRefusal  = 20 * time.Millisecond
	// patience is how long clients have to close the connections that they do not use.
	patience = 100 * time.Millisecond
)

// Server is what the simulators have in common: a server on a loopback address, a
// log of what it was asked, a clock, and faults on demand. Its zero value is of no use:
// it comes with a simulator. It is safe for concurrent use.
type Server struct {
	// URL is the base of the simulator's addresses, without a slash at its end.
	URL string

	address   string
	vendor    vendor
	http      *http.Server
	transport *http.Transport
	serving   sync.WaitGroup
	clock     clock

	courier    *http.Client
	delivering sync.WaitGroup
	open       context.Context // ends when the simulator is closed
	shut       context.CancelFunc

	mu       sync.Mutex
	listener net.Listener // nil while connections are refused, and once closed
	conns    map[net.Conn]*connection
	accepted int
	counted  int  // of those, at least
	counting bool // a client whose connections are counted has been seen
	closed   bool
	faults   schedule
	outage   *time.Timer
	calls    []*Call
	logLimit int

	deliveries []Delivery
}

// vendor is what one simulator does.
type vendor interface {
	// answer answers a call. It changes nothing unless carry is true, and answers
	// the same either way.
	answer(r *http.Request, body []byte, carry bool) reply
	// broken is the vendor's word for an internal error.
	broken(r *http.Request) reply
	// page answers a GET that is no call, and returns nil for one that is.
	page(r *http.Request) *reply
}

// connection is one that a client has open.
type connection struct {
	state http.ConnState
	// busy is true while a call on it is being answered, until which the client
	// cannot have the whole of the answer.
	busy bool
	// dying is true once nothing more will be answered on it.
	dying bool
	gone  chan struct{}
}

// Call is what the log holds of one call.
type Call struct {
	// Op is the operation: that of the service for Factible, else the method and the
	// path. It is "" where the request was not read.
	Op string
	// ID is the first of IDs, "" where there is none.
	ID string
	// IDs are what the request asks about, as it writes them. It is nil where the
	// request does not say.
	IDs []string
	// Fault is how the call was made to fail, "" where it was not.
	Fault Fault
	// Carried is true where something was cancelled by this call, or registered to be.
	Carried bool
	// At is when the request arrived, by the simulator's clock.
	At time.Time
	// Request is the body of the request in UTF-8, with the passwords, key or checksum in
	// it replaced by REDACTED. It is nil where there was none, or it was not read or is
	// malformed.
	Request []byte
}

// listen returns a Server that listens at address and serves from serve on.
func listen(address string) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("canceltest: %w", err)
	}
	s := &Server{
		address:  listener.Addr().String(),
		listener: listener,
		conns:    map[net.Conn]*connection{},
		courier:  newCourier(),
		logLimit: defaultLogLimit,
	}
	s.open, s.shut = context.WithCancel(context.Background())
	s.URL = "http://" + reachable(listener.Addr())
	s.transport = &http.Transport{DialContext: s.dial, MaxIdleConnsPerHost: 256}
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.handle),
		ReadHeaderTimeout: 10 * time.Second,
		ConnState:         s.connState,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return s, nil
}

// reachable is where a client finds what listens at addr, which may be every address.
func reachable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprint("127.0.0.1:", tcp.Port)
	}
	return addr.String()
}

func (s *Server) serve(v vendor) {
	s.vendor = v
	s.accept()
}

func (s *Server) accept() {
	listener := s.listener
	s.serving.Go(func() { _ = s.http.Serve(listener) })
}

// must is for the constructors that need no address, and so cannot fail for a wrong one.
func must[T any](simulator T, err error) T {
	if err != nil {
		panic(err)
	}
	return simulator
}

// Close stops the simulator: it closes its connections and waits for the calls under
// way to end, and for what is being told to webhooks, ten seconds at most; what failed
// is not tried again. It must be called once the simulator is done with, and may be
// called again. The ledger and the logs can still be read.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	if s.outage != nil {
		s.outage.Stop()
	}
	s.listener = nil
	s.mu.Unlock()

	_ = s.http.Close()
	s.serving.Wait()
	for _, c := range s.connections() {
		<-c.gone
	}
	s.transport.CloseIdleConnections()
	s.shut()
	s.delivering.Wait()
}

// Pass moves the simulator's clock ahead by d, at once. That clock, which otherwise
// runs as the machine's does, says when a recipient's silence counts as consent, when a
// webhook has taken too long and is to be told again, and what time it is in logs and
// documents. Faults last as long as they do by the machine's. It panics where d is
// negative.
func (s *Server) Pass(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("canceltest: the clock does not run backwards, by %v", -d))
	}
	s.clock.move(d)
}

func (s *Server) connections() []*connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []*connection
	for _, c := range s.conns {
		open = append(open, c)
	}
	return open
}

// Calls returns a copy of the log, in the order in which the calls arrived. A call
// stands in it from its arrival on, and is complete in it before it is answered. The
// log holds the last 10,000 calls, or as many as [Server.LogLimit] says. A GET is a call
// where the vendor has an operation of it; requests for the WSDL are none.
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

// LogLimit makes the log hold the last n calls, and the last n deliveries, and no more.
// It holds none where n is 0 or less.
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

// Fail makes the next n calls fail with f, after those that earlier calls of Fail
// have asked for. It does nothing where n is 0 or less, and panics where f is no
// fault of this package.
//
// A client may send a GET twice of its own accord, and so have two calls fail: net/http
// does where a connection that it kept alive breaks before an answer.
func (s *Server) Fail(n int, f Fault) {
	f.mustExist()
	if n <= 0 {
		return
	}
	s.reschedule(func(faults *schedule) { faults.queued = append(faults.queued, run{n, f}) })
}

// FailAtRandom makes a share of the calls fail from now on, 0 for none of them and 1
// for all, each with one of faults, or of [Faults] where none is given. Which calls
// fail, and how, depends on the seed and on the order in which they arrive alone.
// Calls for which [Server.Fail] has asked for a fault come first and do not count.
// It panics where share is outside of 0 to 1.
func (s *Server) FailAtRandom(share float64, seed uint64, faults ...Fault) {
	if !(share >= 0 && share <= 1) {
		panic(fmt.Sprintf("canceltest: %v is no share: it must be 0 to 1", share))
	}
	if len(faults) == 0 {
		faults = all
	}
	for _, f := range faults {
		f.mustExist()
	}
	s.reschedule(func(schedule *schedule) {
		schedule.share = share
		schedule.faults = slices.Clone(faults)
		schedule.random = rand.New(rand.NewPCG(seed, 0))
		schedule.draw()
	})
}

func (s *Server) reschedule(change func(*schedule)) {
	s.mu.Lock()
	change(&s.faults)
	unused := s.settle()
	s.mu.Unlock()
	s.dismiss(unused)
}

// settle listens or refuses, as the fault whose turn it is asks for. It returns the
// connections to dismiss. The caller holds s.mu.
func (s *Server) settle() map[net.Conn]*connection {
	fault, _ := s.faults.next()
	switch refuse := fault == Refuse; {
	case s.closed || refuse == (s.listener == nil):
		return nil
	case !refuse:
		s.reopen()
		return nil
	}
	_ = s.listener.Close()
	s.listener = nil
	s.limitRefusal()
	unused := map[net.Conn]*connection{}
	for c, its := range s.conns {
		if its.busy {
			continue
		}
		unused[c] = its
		if its.state != http.StateActive { // else the last bytes of an answer are on their way
			its.condemn(c)
		}
	}
	return unused
}

// condemn tells the client that nothing more will be answered on c, so that it
// takes no connection for its next call that is about to be closed.
func (its *connection) condemn(c net.Conn) {
	its.dying = true
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// dismiss waits for clients to close connections that they no longer use.
func (s *Server) dismiss(unused map[net.Conn]*connection) {
	if unused == nil {
		return
	}
	s.transport.CloseIdleConnections()
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	for c, its := range unused {
		select {
		case <-its.gone:
		case <-ctx.Done():
			_ = c.Close()
		}
	}
}

// reopen listens again. The caller holds s.mu.
func (s *Server) reopen() {
	s.outage.Stop()
	var err error
	// Another program's connection may have taken the port for its own end: it is
	// worth waiting for.
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if s.listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", s.address); err == nil {
			s.accept()
			return
		}
	}
	panic(fmt.Sprintf("canceltest: cannot listen again after refusing: %v", err))
}

// limitRefusal ends the refusal under way in time, even where no connection that is
// refused is heard of. The caller holds s.mu.
func (s *Server) limitRefusal() {
	if s.outage != nil {
		s.outage.Stop()
	}
	limit := refusal
	if _, atRandom := s.faults.next(); atRandom {
		limit = randomRefusal
	}
	if s.counting && s.accepted <= s.counted {
		limit = countedRefusal
	}
	var mine *time.Timer
	mine = time.AfterFunc(limit, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.outage == mine {
			s.refused()
		}
	})
	s.outage = mine
}

// refused goes on to the fault after a Refuse. The caller holds s.mu.
func (s *Server) refused() bool {
	if s.closed || s.listener != nil {
		return false
	}
	s.faults.take()
	if fault, _ := s.faults.next(); fault == Refuse {
		s.limitRefusal()
	} else {
		s.reopen()
	}
	return true
}

// options returns the Options of a Config: an HTTP client whose refused connections
// are counted, and whose idle ones end with the simulator.
func (s *Server) options() cancel.ClientOptions {
	return cancel.ClientOptions{HTTPClient: &http.Client{Transport: s.transport}}
}

func (s *Server) dial(ctx context.Context, network, address string) (net.Conn, error) {
	s.mu.Lock()
	s.counting = true
	s.counted++
	s.mu.Unlock()
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		return c, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counted--
	if ctx.Err() == nil && s.refused() {
		s.enter(&Call{Fault: Refuse, At: s.clock.now()})
	}
	return nil, err
}

type connKey struct{}

func connOf(r *http.Request) *net.TCPConn {
	c, _ := r.Context().Value(connKey{}).(*net.TCPConn)
	return c
}

func (s *Server) connState(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.accepted++
		s.conns[c] = &connection{gone: make(chan struct{})}
		if s.closed {
			_ = c.Close()
		}
	case http.StateClosed:
		close(s.conns[c].gone)
		delete(s.conns, c)
	case http.StateIdle:
		if s.listener == nil {
			s.conns[c].condemn(c)
		}
		fallthrough
	default:
		s.conns[c].state = state
	}
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		if page := s.vendor.page(r); page != nil {
			page.write(w)
			return
		}
	}
	its, call := s.arrive(r)
	defer s.leave(its)
	x := exchange{w: w, r: r, vendor: s.vendor}
	if call.Fault == ResetBeforeReading {
		x.reset()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		x.drop()
	}
	behaviour := call.Fault.behaviour()
	x.reply = s.vendor.answer(r, body, behaviour.carries)
	if s.complete(call, x.reply) {
		w.Header().Set("Connection", "close")
	}
	behaviour.play(x)
}

// arrive enters a call in the log, with its fault.
func (s *Server) arrive(r *http.Request) (*connection, *Call) {
	call := &Call{At: s.clock.now()}
	s.mu.Lock()
	its, ok := s.conns[connOf(r)]
	if !ok {
		its = &connection{} // a test may do without a network
	}
	its.busy = true
	var unused map[net.Conn]*connection
	if s.listener == nil || its.dying {
		call.Fault = ResetBeforeReading
	} else {
		call.Fault = s.faults.take()
		unused = s.settle()
	}
	s.enter(call)
	s.mu.Unlock()
	s.dismiss(unused)
	return its, call
}

func (s *Server) leave(its *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	its.busy = false
}

// complete enters what became of a call, and reports whether its connection is to
// be closed because the next one is to be refused.
func (s *Server) complete(call *Call, a reply) (refusing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call.Op, call.IDs, call.Request, call.Carried = a.op, a.ids, a.request, a.carried
	if len(a.ids) > 0 {
		call.ID = a.ids[0]
	}
	return s.listener == nil
}

// enter adds a call to the log. The caller holds s.mu.
func (s *Server) enter(call *Call) {
	s.calls = append(s.calls, call)
	s.trim()
}

func (s *Server) trim() {
	if excess := len(s.calls) - s.logLimit; excess > 0 {
		clear(s.calls[:excess])
		s.calls = s.calls[excess:]
	}
	if excess := len(s.deliveries) - s.logLimit; excess > 0 {
		clear(s.deliveries[:excess])
		s.deliveries = s.deliveries[excess:]
	}
}
