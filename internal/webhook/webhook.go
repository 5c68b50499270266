// Package webhook receives the calls of a vendor: it admits one, reads it, drops it
// where it is a repeat, answers, and runs the user's function apart. It knows nothing
// of any one vendor.
package webhook

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

const (
	defaultWindow     = 15 * time.Minute
	defaultTimeout    = time.Minute
	defaultMaxBytes   = 1 << 20
	defaultMaxRunning = 64
)

// Options are what a user may choose. The zero value of a field means its default.
type Options struct {
	// Window is for how long a call's repeats are dropped.
	Window time.Duration
	// Timeout is when the context of the user's function ends.
	Timeout time.Duration
	// MaxBytes bounds a body.
	MaxBytes int64
	// MaxRunning bounds how many of the user's functions run at once.
	MaxRunning int
	// Logger is told of what goes wrong.
	Logger *slog.Logger
}

// Vendor is what calls of one vendor are like.
type Vendor struct {
	// Name is the provider's.
	Name string
	// Admit refuses a call by its header alone, before its body is read. nil admits
	// all.
	Admit func(http.Header) error
	// Read reads a call, or says why it is refused.
	Read func(contentType string, body []byte) (Delivery, error)
}

// Delivery is a call that was read.
type Delivery struct {
	// Key is the same for a call and its repeats.
	Key Key
	// Hand hands the event over to the user's function.
	Hand func(context.Context)
}

// refusal is an error that has a status to answer with. Its text is constant: it goes
// to the log, which must hold nothing that a stranger wrote.
type refusal struct {
	status int
	reason string
}

func (r refusal) Error() string { return r.reason }

// Refuse returns an error that a call is answered with by status. The reason must
// repeat nothing of the call.
func Refuse(status int, reason string) error { return refusal{status, reason} }

// Receiver is the handler of a vendor's calls. It is safe for concurrent use.
type Receiver struct {
	vendor     Vendor
	timeout    time.Duration
	maxBytes   int64
	maxRunning int
	logger     *slog.Logger

	mu      sync.Mutex
	seen    window
	running int
	closed  bool
	idle    chan struct{} // closed once closed is true and nothing runs

	base context.Context // ends what still runs when Close has waited long enough
	stop context.CancelFunc
}

// New returns a Receiver. Its error names the field of Options that is negative.
func New(vendor Vendor, o Options) (*Receiver, error) {
	switch {
	case o.Window < 0:
		return nil, errors.New("Window is negative")
	case o.Timeout < 0:
		return nil, errors.New("Timeout is negative")
	case o.MaxBytes < 0:
		return nil, errors.New("MaxBytes is negative")
	case o.MaxRunning < 0:
		return nil, errors.New("MaxRunning is negative")
	}
	logger := o.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	r := &Receiver{
		vendor:     vendor,
		timeout:    orDefault(o.Timeout, defaultTimeout),
		maxBytes:   orDefault(o.MaxBytes, defaultMaxBytes),
		maxRunning: orDefault(o.MaxRunning, defaultMaxRunning),
		logger:     logger.With(slog.String("provider", vendor.Name)),
		seen:       newWindow(orDefault(o.Window, defaultWindow)),
		idle:       make(chan struct{}),
	}
	r.base, r.stop = context.WithCancel(context.Background())
	return r, nil
}

func orDefault[T int | int64 | time.Duration](given, otherwise T) T {
	if given == 0 {
		return otherwise
	}
	return given
}

// ServeHTTP answers OK with status 200 to a call that is genuine, whether it is new
// or a repeat, and ERROR with another status to any other. It never waits for the
// user's function.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	status, words := http.StatusOK, "OK"
	if err := r.receive(w, req); err != nil {
		status, words = http.StatusBadRequest, "ERROR"
		if refused, ok := errors.AsType[refusal](err); ok {
			status = refused.status
		}
		r.logger.LogAttrs(req.Context(), slog.LevelWarn, "call refused",
			slog.Int("status", status), slog.String("reason", err.Error()), slog.String("remote", req.RemoteAddr))
	}
	header := w.Header()
	if status == http.StatusMethodNotAllowed {
		header.Set("Allow", http.MethodPost)
	}
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, words) // whoever called may be gone
}

func (r *Receiver) receive(w http.ResponseWriter, req *http.Request) error {
	if req.Method != http.MethodPost {
		return Refuse(http.StatusMethodNotAllowed, "the method is not POST")
	}
	if r.vendor.Admit != nil {
		if err := r.vendor.Admit(req.Header); err != nil {
			return err
		}
	}
	tooLarge := Refuse(http.StatusRequestEntityTooLarge, "the body is larger than MaxBytes")
	if req.ContentLength > r.maxBytes {
		return tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, r.maxBytes))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	if err != nil {
		return Refuse(http.StatusBadRequest, "the body did not arrive whole")
	}
	delivery, err := r.vendor.Read(req.Header.Get("Content-Type"), body)
	if err != nil {
		return err
	}
	return r.accept(context.WithoutCancel(req.Context()), delivery)
}

// accept starts the user's function, unless the delivery is a repeat.
func (r *Receiver) accept(ctx context.Context, d Delivery) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.seen.holds(d.Key):
		return nil
	case r.closed:
		return Refuse(http.StatusServiceUnavailable, "the handler is closed")
	case r.running == r.maxRunning:
		return Refuse(http.StatusServiceUnavailable, "MaxRunning functions are running")
	}
	r.seen.add(d.Key)
	r.running++
	go r.run(ctx, d)
	return nil
}

func (r *Receiver) run(ctx context.Context, d Delivery) {
	finished := false
	defer func() { r.release(d.Key, finished) }()
	defer func() {
		if value := recover(); value != nil {
			r.logger.LogAttrs(ctx, slog.LevelError, "Handle panicked",
				slog.Any("panic", value), slog.String("stack", string(debug.Stack())))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	defer context.AfterFunc(r.base, cancel)()
	d.Hand(ctx)
	finished = true
}

// release ends a run. What was not finished is forgotten, so that a repeat of it is
// handed over again.
func (r *Receiver) release(key Key, finished bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !finished {
		r.seen.forget(key)
	}
	r.running--
	if r.closed && r.running == 0 {
		close(r.idle)
	}
}

// Close refuses all further calls, but for repeats, and waits for the functions that
// run. When ctx ends before they do, their contexts end, and Close returns ctx's
// error at once. It may be called more than once.
func (r *Receiver) Close(ctx context.Context) error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		if r.running == 0 {
			close(r.idle)
		}
	}
	r.mu.Unlock()

	defer r.stop()
	select {
	case <-r.idle:
		return nil
	default:
	}
	select {
	case <-r.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
