// Package webhook receives the calls of a vendor. It checks and reads a call, recognizes
// repeats, runs the user's Handle, and acknowledges the call when Handle has returned nil. It
// knows nothing of any one vendor.
package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

const (
	defaultWindow     = 15 * time.Minute
	defaultTimeout    = 8 * time.Second
	defaultMaxBytes   = 1 << 20
	defaultMaxRunning = 64

	// maxRemembered bounds how many events are remembered, and with them the memory.
	maxRemembered = 16_384
)

// Vendor says how to read the calls of one vendor. A call that is refused gets the status of an
// error from [Error], [Malformed] or [WrongType]; any other error is answered 503.
type Vendor struct {
	// Name is the provider's name.
	Name string
	// Admit checks the header of a call before its body is read. nil admits all calls.
	Admit func(context.Context, http.Header) error
	// Read checks and reads a call. The key is the same for a call and its repeats; handle
	// calls the user's Handle with the event.
	Read func(ctx context.Context, contentType string, body []byte) (key Key, handle func(context.Context) error, err error)
}

// statusError is an error that a call is answered with. Its text is constant: it goes to the
// log, which must hold nothing that a stranger wrote.
type statusError struct {
	status int
	reason string
}

func (e statusError) Error() string { return e.reason }

// Error returns an error that is answered with status. The reason must repeat nothing of the
// call.
func Error(status int, reason string) error { return statusError{status, reason} }

// Receiver is the handler of a vendor's calls. It is safe for concurrent use.
type Receiver struct {
	vendor  Vendor
	options cancel.WebhookOptions
	logger  *slog.Logger

	mu      sync.Mutex
	runs    map[Key]*run // by event: the runs that go on, and those that succeeded within Window
	handled []*run       // the runs that succeeded, the oldest first
	running int          // how many Handles have not returned, even if their time is over
	closed  bool
	idle    chan struct{} // closed when closed is true and running is 0

	base context.Context // ends all Handles when Close has waited long enough
	stop context.CancelFunc
}

// run is one run of Handle. It answers its call and the repeats of this call.
type run struct {
	key   Key
	done  chan struct{} // closed when err is set
	err   error
	until time.Time // when a run that succeeded is forgotten
}

// New returns a Receiver. Its error names the field of o that is negative.
func New(vendor Vendor, o cancel.WebhookOptions) (*Receiver, error) {
	switch {
	case o.Window < 0:
		return nil, errors.New("Options.Window is negative")
	case o.Timeout < 0:
		return nil, errors.New("Options.Timeout is negative")
	case o.MaxBytes < 0:
		return nil, errors.New("Options.MaxBytes is negative")
	case o.MaxRunning < 0:
		return nil, errors.New("Options.MaxRunning is negative")
	}
	r := &Receiver{
		vendor: vendor,
		options: cancel.WebhookOptions{
			Window:     cmp.Or(o.Window, defaultWindow),
			Timeout:    cmp.Or(o.Timeout, defaultTimeout),
			MaxBytes:   cmp.Or(o.MaxBytes, defaultMaxBytes),
			MaxRunning: cmp.Or(o.MaxRunning, defaultMaxRunning),
		},
		logger: cmp.Or(o.Logger, slog.New(slog.DiscardHandler)).With(slog.String("provider", vendor.Name)),
		runs:   map[Key]*run{},
		idle:   make(chan struct{}),
	}
	r.base, r.stop = context.WithCancel(context.Background())
	return r, nil
}

// Open returns the Receiver of a vendor's Webhook: admit checks a call's header, unless it is nil,
// read checks and reads a call, and handle is the user's. The error is [cancel.ErrInvalid].
func Open[Event any](
	call adapter.Call, o cancel.WebhookOptions, admit func(context.Context, http.Header) error,
	read func(ctx context.Context, contentType string, body []byte) (Event, Key, error), handle func(context.Context, Event) error,
) (*Receiver, error) {
	if handle == nil {
		return nil, call.Refuse("Handle is missing")
	}
	v := Vendor{Name: call.Provider, Admit: admit}
	v.Read = func(ctx context.Context, contentType string, body []byte) (Key, func(context.Context) error, error) {
		event, key, err := read(ctx, contentType, body)
		return key, func(ctx context.Context) error { return handle(ctx, event) }, err
	}
	r, err := New(v, o)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	return r, nil
}

// ServeHTTP answers 200 and OK when Handle has returned nil for the event, in this call or in
// one that this call repeats. It answers any other call with ERROR and another status.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	status, words := http.StatusOK, "OK"
	if err := r.receive(w, req); err != nil {
		status, words = http.StatusServiceUnavailable, "ERROR"
		if known, ok := errors.AsType[statusError](err); ok {
			status = known.status
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
	_, _ = io.WriteString(w, words) // the caller may be gone
}

// receive returns nil if the call may be acknowledged. A vendor that closes its connection
// early does not end it.
func (r *Receiver) receive(w http.ResponseWriter, req *http.Request) error {
	if req.Method != http.MethodPost {
		return Error(http.StatusMethodNotAllowed, "the method is not POST")
	}
	ctx, end := context.WithTimeout(context.WithoutCancel(req.Context()), r.options.Timeout)
	defer end()
	defer context.AfterFunc(r.base, end)()
	if r.vendor.Admit != nil {
		if err := r.vendor.Admit(ctx, req.Header); err != nil {
			return err
		}
	}
	tooLarge := Error(http.StatusRequestEntityTooLarge, "the body is larger than MaxBytes")
	if req.ContentLength > r.options.MaxBytes {
		return tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, r.options.MaxBytes))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	if err != nil {
		return Malformed("the body did not arrive whole")
	}
	key, handle, err := r.vendor.Read(ctx, req.Header.Get("Content-Type"), body)
	if err != nil {
		return err
	}
	this, err := r.join(ctx, key, handle)
	if err != nil {
		return err
	}
	<-this.done
	return this.err
}

// join returns the run that answers a call: a new one, or the run of the call that it repeats.
func (r *Receiver) join(ctx context.Context, key Key, handle func(context.Context) error) (*run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget()
	if first, ok := r.runs[key]; ok {
		return first, nil
	}
	switch {
	case ctx.Err() != nil:
		return nil, Error(http.StatusServiceUnavailable, "the call took too long to arrive")
	case r.closed:
		return nil, Error(http.StatusServiceUnavailable, "the webhook is closed")
	case r.running == r.options.MaxRunning:
		return nil, Error(http.StatusServiceUnavailable, "MaxRunning Handles are running")
	}
	this := &run{key: key, done: make(chan struct{})}
	r.runs[key] = this
	r.running++
	go r.run(ctx, this, handle)
	return this, nil
}

// run runs Handle. The end of ctx settles the run even if Handle goes on.
func (r *Receiver) run(ctx context.Context, this *run, handle func(context.Context) error) {
	defer context.AfterFunc(ctx, func() {
		r.settle(this, Error(http.StatusServiceUnavailable, "Handle did not return before its context ended"))
	})()
	err := errors.New("runtime.Goexit was called")
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic: %v\n%s", value, debug.Stack())
		}
		if err != nil {
			r.logger.LogAttrs(ctx, slog.LevelError, "Handle failed", slog.Any("error", err))
			err = Error(http.StatusServiceUnavailable, "Handle failed")
		}
		r.settle(this, err)
		r.release()
	}()
	err = handle(ctx)
}

// settle answers the calls of a run. Only its first call for a run counts. A run that failed is
// forgotten: the vendor sends the event again, and it is handled again.
func (r *Receiver) settle(this *run, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runs[this.key] != this || !this.until.IsZero() {
		return
	}
	if this.err = err; err != nil {
		delete(r.runs, this.key)
	} else {
		this.until = time.Now().Add(r.options.Window)
		r.handled = append(r.handled, this)
		r.forget()
	}
	close(this.done)
}

// forget forgets the runs that succeeded longer than Window ago, and the oldest if there are
// more than maxRemembered.
func (r *Receiver) forget() {
	now := time.Now()
	for len(r.handled) > 0 && (len(r.handled) > maxRemembered || !now.Before(r.handled[0].until)) {
		delete(r.runs, r.handled[0].key)
		r.handled = r.handled[1:]
	}
}

// release ends what join began.
func (r *Receiver) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running--; r.closed && r.running == 0 {
		close(r.idle)
	}
}

// Close refuses all further events and waits until all Handles have returned. Repeats are still
// answered. When ctx ends earlier, the contexts of the Handles end too, and Close returns
// ctx.Err() at once. It may be called more than once.
func (r *Receiver) Close(ctx context.Context) error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		if r.running == 0 {
			close(r.idle)
		}
	}
	r.mu.Unlock()

	select {
	case <-r.idle:
		return nil
	default:
	}
	select {
	case <-r.idle:
		return nil
	case <-ctx.Done():
		r.stop()
		return ctx.Err()
	}
}
