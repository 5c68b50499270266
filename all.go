package cancel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
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
// When ctx ends, nothing more is pulled, and the requests that were pulled come back as from
// Cancel. When the consumer stops early, nothing more is pulled or sent, and All waits for the
// calls in flight. In both cases reqs has 100 ms to yield the request that All waits for, or to
// return. All does not wait longer for it.
//
// A panic of an adapter is the [ErrUnknownOutcome] of its request. A panic of reqs, of a hook
// or of a function that receives evidence ends the pulling, changes no outcome, and is passed
// on after the last Item. reqs runs in a goroutine of its own.
func (c *Client) All(ctx context.Context, reqs iter.Seq[Request]) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		a := &all{
			client:   c,
			breakers: make(map[*provider]*breaker, len(c.providers)),
			items:    make(chan Item),
			stop:     make(chan struct{}),
			called:   make(chan any),
		}
		for _, p := range c.providers {
			a.breakers[p] = new(breaker)
		}
		go a.run(ctx, reqs)
		defer a.end()
		for item := range a.items {
			if !yield(item) {
				return
			}
		}
	}
}

// all is one run of All. One goroutine runs the iterator, one decides what to do next, and each
// call has its own.
type all struct {
	client   *Client
	breakers map[*provider]*breaker
	items    chan Item     // closed when nothing is left
	stop     chan struct{} // closed when the consumer wants no more
	called   chan any      // the end of a call, with the panic of a user's function or nil

	// The goroutine that decides owns these until items is closed.
	groups  int       // being filled or in flight
	filling []Request // a group that may grow
	panic   any       // the first panic of a user's function
}

// run decides what to do next, until nothing is left.
func (a *all) run(ctx context.Context, reqs iter.Seq[Request]) {
	defer close(a.items)
	asks, pulled, over := make(chan struct{}), make(chan Request), make(chan any, 1)
	wanted, leave := context.WithCancel(context.Background())
	defer leave()
	go pull(wanted.Done(), reqs, asks, pulled, over)
	timer := time.NewTimer(groupPatience)
	defer timer.Stop()

	done, stop := ctx.Done(), a.stop
	var next *Request // was pulled and waits for a group to end
	asking := false   // the iterator has to yield a request and has not done so
	closing := false  // nothing more is pulled
	for over != nil || next != nil || a.groups > 0 {
		if !closing && (ctx.Err() != nil || stopped(a.stop) || a.panic != nil) {
			closing, done, stop = true, nil, nil
			timer.Reset(groupPatience)
		}
		if closing && !asking {
			leave()
		}
		if next != nil && a.groups < a.client.policy.concurrency {
			a.groups++
			a.filling, next = []Request{*next}, nil
			timer.Reset(groupPatience)
		}
		if a.filling != nil && (closing || over == nil || len(a.filling) >= a.limit()) {
			a.depart(ctx)
		}
		var ask chan struct{}
		if over != nil && !closing && !asking && (a.filling != nil || a.groups < a.client.policy.concurrency) {
			ask = asks
		}
		select {
		case ask <- struct{}{}:
			asking = true
		case req := <-pulled:
			asking = false
			if a.filling != nil && together(a.filling[0], req) {
				a.filling = append(a.filling, req)
				timer.Reset(groupPatience)
			} else {
				a.depart(ctx)
				next = &req
			}
		case <-timer.C:
			a.depart(ctx)
			if closing { // the iterator ends when it yields or returns, and is not waited for
				over, asking = nil, false
			}
		case value := <-over:
			over, asking, a.panic = nil, false, cmp.Or(a.panic, value)
		case value := <-a.called:
			a.groups--
			a.panic = cmp.Or(a.panic, value)
		case <-done:
		case <-stop:
		}
	}
}

// pull runs the iterator, which yields a request each time that it is asked, until gone is
// closed. Then it reports a panic of the iterator, or nil.
func pull(gone <-chan struct{}, reqs iter.Seq[Request], asks <-chan struct{}, pulled chan<- Request, over chan<- any) {
	defer func() { over <- recover() }()
	asked := func() bool {
		select {
		case <-asks:
			return true
		case <-gone:
			return false
		}
	}
	if !asked() {
		return
	}
	for req := range reqs {
		select {
		case pulled <- req:
		case <-gone:
			return
		}
		if !asked() {
			return
		}
	}
}

// limit returns how many requests the group that is being filled may have.
func (a *all) limit() int {
	p := a.client.providers[a.filling[0].Provider]
	if p == nil || p.batcher == nil {
		return 1
	}
	return p.maxBatch
}

// depart begins the call of the group that is being filled, if there is one.
func (a *all) depart(ctx context.Context) {
	if a.filling != nil {
		go a.work(ctx, a.filling)
		a.filling = nil
	}
}

// end waits for the calls in flight, whose items the consumer no longer wants, and passes on a
// panic of a user's function.
func (a *all) end() {
	close(a.stop)
	for range a.items {
		continue
	}
	if a.panic != nil {
		panic(a.panic)
	}
}

// together reports whether two requests may travel in one call.
func together(a, b Request) bool {
	return a.Provider == b.Provider && a.Kind == b.Kind && a.Reason == b.Reason && a.RequestedBy == b.RequestedBy
}

// work cancels a group and hands over exactly one Item for each request of it.
func (a *all) work(ctx context.Context, group []Request) {
	var s session
	defer func() { a.called <- s.panics.value }()
	p, e := a.client.find("Cancel", group[0])
	if e != nil {
		a.items <- Item{Request: group[0], Err: e}
		return
	}
	op := cancelOne
	if p.batcher != nil {
		op = cancelBatch
	}
	s.provider, s.breaker, s.stop = p, a.breakers[p], a.stop
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
