package cancel

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"
)

// groupPatience is how long a group waits for its next member.
const groupPatience = 100 * time.Millisecond

// All cancels each of reqs, as [Client.Cancel] does, and yields their outcomes in the order
// of completion: exactly one Item per request that it pulled. It has at most the given
// concurrency of calls in flight and pulls a request only when it can be worked on, so that
// reqs may be endless. A source that blocks holds up nothing that is finished.
//
// Neighbours that go to one [BatchCanceler] and share Kind, Reason and RequestedBy travel in
// one call. It starts when it is full, when the next request differs, when reqs ends or when
// it has waited for 100 ms. Its unavailable and unknown requests are sent again together.
//
// Once a provider has answered [ErrAuth], its requests not yet sent come back with a copy of
// that error and are not sent, because vendors lock accounts after repeated failures. Other
// providers go on. The next All asks again.
//
// When ctx ends, nothing more is pulled, the requests that were pulled come back as from
// Cancel, and reqs has 100 ms to yield the request that All waits for. When the consumer
// stops early, nothing more is pulled or sent, and All waits for the calls in flight.
//
// A panic of an adapter is the [ErrUnknownOutcome] of its request. A panic of reqs, of a hook
// or of a function that receives evidence ends the pulling, changes no outcome, and is passed
// on after the last Item. reqs runs in a goroutine of its own.
func (c *Client) All(ctx context.Context, reqs iter.Seq[Request]) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		a := &all{
			client:   c,
			slots:    make(chan struct{}, c.policy.concurrency),
			breakers: make(map[*provider]*breaker, len(c.providers)),
			items:    make(chan Item),
			stop:     make(chan struct{}),
			pulled:   make(chan struct{}),
			failed:   make(chan struct{}),
		}
		for _, p := range c.providers {
			a.breakers[p] = new(breaker)
		}
		go a.pull(ctx, reqs)
		go a.finish(ctx)
		defer a.rethrow()
		defer a.drain()
		for item := range a.items {
			if !yield(item) {
				return
			}
		}
	}
}

// all is one run of All. One goroutine pulls requests and begins the calls, one sees to
// the end, and each call has its own.
type all struct {
	client   *Client
	breakers map[*provider]*breaker
	slots    chan struct{} // holds one for each group that is being filled or in flight
	items    chan Item     // closed when nothing is left
	stop     chan struct{} // closed when the consumer wants no more
	pulled   chan struct{} // closed when the iterator has returned
	failed   chan struct{} // closed once panic is set

	reserved bool // a slot is held for the next group; of the goroutine that pulls

	mu      sync.Mutex
	panic   any    // the first panic of a user's function
	asking  bool   // the iterator has to yield a request and has not done so
	closed  bool   // nobody waits for the iterator any more
	filling *group // nil without one
	calls   sync.WaitGroup
}

// group is requests that travel together, while it may grow.
type group struct {
	reqs  []Request
	limit int
	timer *time.Timer // sends it off when patience ends
}

// pull runs the iterator.
func (a *all) pull(ctx context.Context, reqs iter.Seq[Request]) {
	defer close(a.pulled)
	defer a.sendOff(ctx, nil)
	defer func() { a.panicked(recover()) }()
	if !a.ask(ctx) {
		return
	}
	for req := range reqs {
		if !a.take(ctx, req) || !a.ask(ctx) {
			return
		}
	}
}

// ask waits until one more request can be worked on. It is false when nobody wants one.
func (a *all) ask(ctx context.Context) bool {
	if !a.fillable() && !a.reserve(ctx.Done()) {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asking = ctx.Err() == nil && !stopped(a.stop) && !stopped(a.failed)
	return a.asking
}

func (a *all) fillable() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.filling != nil
}

// reserve waits for a slot for the next group. It is false when the consumer wants no
// more, or done comes first.
func (a *all) reserve(done <-chan struct{}) bool {
	if !a.reserved {
		select {
		case a.slots <- struct{}{}:
			a.reserved = true
		case <-a.stop:
		case <-a.failed:
		case <-done:
		}
	}
	return a.reserved
}

// take begins to work on a request that was pulled. It is false when nobody waits for it
// any longer.
func (a *all) take(ctx context.Context, req Request) bool {
	if joined, wanted := a.join(ctx, req); joined || !wanted {
		return wanted
	}
	if !a.reserve(nil) {
		return false
	}
	a.reserved = false
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.client.providers[req.Provider]
	if p == nil || p.batcher == nil || p.maxBatch <= 1 {
		a.begin(ctx, []Request{req})
		return true
	}
	g := &group{reqs: []Request{req}, limit: p.maxBatch}
	g.timer = time.AfterFunc(groupPatience, func() { a.sendOff(ctx, g) })
	a.filling = g
	return true
}

// join adds req to the group that is being filled, if it may travel with that, and sends
// off a group that will not grow any more.
func (a *all) join(ctx context.Context, req Request) (joined, wanted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asking = false
	g := a.filling
	if g == nil || a.closed {
		return false, !a.closed
	}
	if joined = together(g.reqs[0], req); joined {
		g.reqs = append(g.reqs, req)
	}
	if joined && len(g.reqs) < g.limit {
		g.timer.Reset(groupPatience)
	} else {
		a.depart(ctx)
	}
	return joined, true
}

// sendOff begins the call of the group that is being filled, if it is g or g is nil.
func (a *all) sendOff(ctx context.Context, g *group) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.filling != nil && (g == nil || g == a.filling) {
		a.depart(ctx)
	}
}

// depart begins the call of the group that is being filled. The lock is held.
func (a *all) depart(ctx context.Context) {
	a.filling.timer.Stop()
	a.begin(ctx, a.filling.reqs)
	a.filling = nil
}

// begin begins the call of requests that travel together, which have a slot.
func (a *all) begin(ctx context.Context, reqs []Request) {
	a.calls.Add(1)
	go a.work(ctx, reqs)
}

// finish waits until nothing more is pulled and the calls are over. When ctx or the
// consumer ends it, an iterator that is to yield a request has a little time to do so. One
// that takes longer is not waited for: it ends when it yields.
func (a *all) finish(ctx context.Context) {
	defer close(a.items)
	defer a.calls.Wait()
	select {
	case <-a.pulled:
		return
	case <-ctx.Done():
	case <-a.stop:
	case <-a.failed:
	}
	a.sendOff(ctx, nil)
	patience := time.NewTimer(groupPatience)
	defer patience.Stop()
	select {
	case <-a.pulled:
		return
	case <-patience.C:
	}
	if !a.giveUp() {
		<-a.pulled
	}
}

// giveUp stops waiting for an iterator that does not yield.
func (a *all) giveUp() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = a.asking
	return a.closed
}

// drain waits for the calls in flight, whose items the consumer no longer wants.
func (a *all) drain() {
	close(a.stop)
	for range a.items {
		continue
	}
}

// panicked keeps the first panic of a user's function, and ends the pulling.
func (a *all) panicked(value any) {
	if value == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.panic == nil {
		a.panic = value
		close(a.failed)
	}
}

// rethrow passes on a panic of a user's function, if there was one.
func (a *all) rethrow() {
	a.mu.Lock()
	value := a.panic
	a.mu.Unlock()
	if value != nil {
		panic(value)
	}
}

// together reports whether two requests may travel in one call.
func together(a, b Request) bool {
	return a.Provider == b.Provider && a.Kind == b.Kind && a.Reason == b.Reason && a.RequestedBy == b.RequestedBy
}

// work cancels a group and hands over exactly one Item for each request of it.
func (a *all) work(ctx context.Context, group []Request) {
	defer a.calls.Done()
	defer func() { <-a.slots }()
	p, e := a.client.find("Cancel", group[0])
	if e != nil {
		a.items <- Item{Request: group[0], Err: e}
		return
	}
	op := cancelOne
	if p.batcher != nil {
		op = cancelBatch
	}
	s := session{provider: p, breaker: a.breakers[p], stop: a.stop}
	defer func() { a.panicked(s.panics.value) }()
	settled := make([]bool, len(group))
	defer func() {
		panicked := recover()
		for i, req := range group {
			if !settled[i] {
				e := p.failure(op.name, req, causeOf(panicked), op.fallback)
				item := Item{Request: req, Err: e}
				attrs := line(Operation{Provider: p.name, Name: op.name, Attempt: 1}, item)
				s.panics.guard(func() {
					p.policy.logger.LogAttrs(ctx, slog.LevelWarn, "outcome unknown", attrs...)
				})
				a.items <- item
			}
		}
	}()
	s.cancel(ctx, op, group, false, func(i int, item Item) {
		settled[i] = true
		a.items <- item
	})
}

// causeOf returns the error of an adapter that panicked with v, or ended its goroutine.
// It shows no other value than an error or a string, because that could be anything.
func causeOf(v any) error {
	switch v := v.(type) {
	case error:
		return fmt.Errorf("the adapter panicked: %w", v)
	case string:
		return errors.New("the adapter panicked: " + v)
	default:
		return fmt.Errorf("the adapter panicked with a %T", v)
	}
}
