package cancel_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/unified-cancel/cancel"
)

// step is how a scripted provider answers one call.
type step func(ctx context.Context, req cancel.Request) (cancel.Result, error)

func says(state cancel.State) step {
	return func(_ context.Context, req cancel.Request) (cancel.Result, error) {
		return cancel.Result{Provider: "script", ID: req.ID, Kind: req.Kind, State: state, Code: "ok"}, nil
	}
}

func fails(reason error) step {
	return failsWith(cancel.Error{Code: "no", Reason: reason})
}

func failsWith(e cancel.Error) step {
	return func(_ context.Context, req cancel.Request) (cancel.Result, error) {
		own := e
		own.Provider, own.Op, own.ID = "script", "undo", req.ID
		return cancel.Result{}, &own
	}
}

func failsForeign(err error) step {
	return func(context.Context, cancel.Request) (cancel.Result, error) { return cancel.Result{}, err }
}

// hangs answers when the context ends, as an adapter whose vendor does not answer.
func hangs(reason error) step {
	return func(ctx context.Context, req cancel.Request) (cancel.Result, error) {
		<-ctx.Done()
		return cancel.Result{}, &cancel.Error{Provider: "script", Op: "undo", ID: req.ID, Reason: reason, Err: ctx.Err()}
	}
}

// script is a provider that answers call by call with its steps; the last step of
// each kind is repeated.
type script struct {
	cancels, statuses []step

	mu    sync.Mutex
	calls []string
	times []time.Time
}

func (s *script) next(what string, steps []step, req cancel.Request) step {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, call := range s.calls {
		if call[:6] == what {
			n++
		}
	}
	s.calls = append(s.calls, what+" "+req.ID)
	s.times = append(s.times, time.Now())
	return steps[min(n, len(steps)-1)]
}

func (s *script) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	return s.next("cancel", s.cancels, req)(ctx, req)
}

// asked returns the calls so far, by kind and ID.
func (s *script) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...)
}

// pauses returns the time between one call and the next.
func (s *script) pauses() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var between []time.Duration
	for i := 1; i < len(s.times); i++ {
		between = append(between, s.times[i].Sub(s.times[i-1]))
	}
	return between
}

// checked is a script that can be asked for a status.
type checked struct{ script }

func (c *checked) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	return c.next("status", c.statuses, req)(ctx, req)
}

// batched is a provider that takes several requests in one call.
type batched struct {
	limit  int
	answer func(call int, reqs []cancel.Request) []cancel.Item

	mu    sync.Mutex
	calls [][]string
}

func (b *batched) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	item := b.CancelBatch(ctx, []cancel.Request{req})[0]
	return item.Result, item.Err
}

func (b *batched) MaxBatch() int { return b.limit }

func (b *batched) CancelBatch(_ context.Context, reqs []cancel.Request) []cancel.Item {
	b.mu.Lock()
	b.calls = append(b.calls, ids(reqs))
	n := len(b.calls)
	b.mu.Unlock()
	return b.answer(n, reqs)
}

func (b *batched) asked() [][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([][]string(nil), b.calls...)
}

// batch answers each request by its step, which the function of returns.
func batch(reqs []cancel.Request, of func(req cancel.Request) step) []cancel.Item {
	items := make([]cancel.Item, len(reqs))
	for i, req := range reqs {
		items[i].Request = req
		items[i].Result, items[i].Err = of(req)(context.Background(), req)
	}
	return items
}

func ids(reqs []cancel.Request) []string {
	var all []string
	for _, req := range reqs {
		all = append(all, req.ID)
	}
	return all
}

// request is one for the provider p.
func request(id string) cancel.Request {
	return cancel.Request{Provider: "p", Kind: cancel.Payment, ID: id}
}

func client(p cancel.Canceler, opts ...cancel.Option) *cancel.Client {
	return cancel.NewClient(map[string]cancel.Canceler{"p": p}, opts...)
}

// reason returns the one sentinel that err matches, or an error that says which do.
func reason(err error) error {
	var found []error
	for _, r := range cancel.Reasons() {
		if errors.Is(err, r) {
			found = append(found, r)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return fmt.Errorf("matches %v", found)
}
