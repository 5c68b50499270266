package cancel

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
)

// groupPatience is how long a group waits for its next member.
const groupPatience = 100 * time.Millisecond

// All cancels each of reqs, as [Client.Cancel] does, and yields what became of them in
// the order of completion: exactly one Item per request that it pulled. It has at most
// the given concurrency of calls in flight and pulls a request only when it can be
// worked on, so that reqs may be endless; what is finished is yielded while reqs, or
// the consumer's loop body, has nothing new.
//
// Neighbours that go to one [BatchCanceler] and share Kind, Reason and RequestedBy
// travel in one call, which leaves when it is full, when the next request differs,
// when reqs ends or when it has kept the call waiting for 100 ms. What is unavailable
// or unknown in it is asked again as a whole; what succeeded is not.
//
// Once a provider has answered [ErrAuth], its requests not yet sent come back with a
// copy of that error and are not sent, for vendors lock accounts after repeated
// failures; the others go on. The next All asks again.
//
// When ctx ends, nothing more is pulled, and what was pulled comes back as by Cancel; a
// request that was asked for is waited for, for 100 ms.
// When the consumer stops early, nothing more is pulled or asked, again or for the first
// time, and the calls in flight are waited for. A panic of an adapter is the [ErrUnknownOutcome] of its request; a panic
// of reqs is passed on. reqs runs in a goroutine of its own.
func (c *Client) All(ctx context.Context, reqs iter.Seq[Request]) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		a := &all{
			client: c,
			source: newSource(reqs),
			slots:  make(chan struct{}, c.policy.concurrency),
			doors:  make(map[*provider]*door, len(c.providers)),
			items:  make(chan Item),
			stop:   make(chan struct{}),
		}
		for _, p := range c.providers {
			a.doors[p] = new(door)
		}
		go a.dispatch(ctx)
		defer a.source.rethrow()
		defer a.finish()
		for item := range a.items {
			if !yield(item) {
				return
			}
		}
	}
}

// all is one run of All.
type all struct {
	client *Client
	source *source
	slots  chan struct{} // holds one for each call in flight
	doors  map[*provider]*door
	items  chan Item     // closed when nothing is left
	stop   chan struct{} // closed when the consumer wants no more
}

// finish waits for the calls in flight, whose items the consumer no longer wants.
func (a *all) finish() {
	close(a.stop)
	for range a.items {
		continue
	}
}

// dispatch gives groups of requests to workers until there are no more.
func (a *all) dispatch(ctx context.Context) {
	var workers sync.WaitGroup
	var next *Request // pulled, but not of the last group
	for a.slot() {
		group, following := a.group(ctx, next)
		if len(group) == 0 || stopped(a.stop) {
			break
		}
		next = following
		workers.Go(func() {
			defer func() { <-a.slots }()
			a.work(ctx, group)
		})
	}
	workers.Wait()
	// When ctx ended, a request may still have been on its way out of the source.
	if late := a.source.finish(!stopped(a.stop)); late != nil {
		a.work(ctx, []Request{*late})
	}
	close(a.items)
}

// slot waits until one more call may be in flight. It is false when the consumer wants
// no more.
func (a *all) slot() bool {
	if stopped(a.stop) {
		return false
	}
	select {
	case <-a.stop:
		return false
	case a.slots <- struct{}{}:
		return true
	}
}

// group returns requests that travel together, the first one of them if there is
// any, and the one behind them if it was pulled to see that it is not of them.
func (a *all) group(ctx context.Context, first *Request) (group []Request, next *Request) {
	if first == nil {
		if first = a.source.pull(ctx, a.stop, nil); first == nil {
			return nil, nil
		}
	}
	group = []Request{*first}
	p := a.client.providers[first.Provider]
	if p == nil || p.batcher == nil {
		return group, nil
	}
	patience := time.NewTimer(groupPatience)
	defer patience.Stop()
	for len(group) < p.maxBatch {
		next = a.source.pull(ctx, a.stop, patience.C)
		if next == nil || !together(*first, *next) {
			return group, next
		}
		group = append(group, *next)
		patience.Reset(groupPatience)
	}
	return group, nil
}

// together reports whether two requests may travel in one call.
func together(a, b Request) bool {
	return a.Provider == b.Provider && a.Kind == b.Kind && a.Reason == b.Reason && a.RequestedBy == b.RequestedBy
}

// work cancels a group and hands over exactly one Item for each request of it.
func (a *all) work(ctx context.Context, group []Request) {
	p, e := a.client.find("Cancel", group[0])
	if e != nil {
		a.items <- Item{Request: group[0], Err: e}
		return
	}
	how := single
	if p.batcher != nil {
		how = grouped
	}
	s := session{client: a.client, provider: p, door: a.doors[p], stop: a.stop}
	settled := make([]bool, len(group))
	defer func() {
		cause := panicked(recover())
		for i, req := range group {
			if !settled[i] {
				e := p.failure(how.op, req, cause, ErrUnknownOutcome)
				s.logCall(ctx, how.op, 1, 0, []Request{req}, []answer{{err: e}})
				a.items <- Item{Request: req, Err: e}
			}
		}
	}()
	s.cancel(ctx, how, group, func(i int, item Item) {
		settled[i] = true
		a.items <- item
	})
}

// panicked returns the error of an adapter that panicked with v, or ended its goroutine.
// What is neither an error nor a string is not shown: it could be anything.
func panicked(v any) error {
	switch v := v.(type) {
	case error:
		return fmt.Errorf("the adapter panicked: %w", v)
	case string:
		return errors.New("the adapter panicked: " + v)
	default:
		return fmt.Errorf("the adapter panicked with a %T", v)
	}
}

// source pulls requests one at a time out of an iterator that may block.
type source struct {
	permits chan struct{} // one for each request that may be pulled
	pulled  chan Request
	closed  chan struct{} // closed when no more are wanted
	done    chan struct{} // closed when the iterator has returned
	panic   any           // what it panicked with; to be read when done

	// Of the goroutine that pulls:
	waiting, ended bool // a permit is out; there are no more
}

func newSource(reqs iter.Seq[Request]) *source {
	s := &source{
		permits: make(chan struct{}, 1),
		pulled:  make(chan Request),
		closed:  make(chan struct{}),
		done:    make(chan struct{}),
	}
	go s.run(reqs)
	return s
}

func (s *source) run(reqs iter.Seq[Request]) {
	defer close(s.done)
	defer close(s.pulled)
	defer func() { s.panic = recover() }()
	if !s.permitted() {
		return
	}
	for req := range reqs {
		select {
		case s.pulled <- req:
		case <-s.closed:
			return
		}
		if !s.permitted() {
			return
		}
	}
}

func (s *source) permitted() bool {
	select {
	case <-s.permits:
		return true
	case <-s.closed:
		return false
	}
}

// pull returns the next request; nil when there are no more, when ctx or stop ends it,
// or when patience does. What was asked for then comes with the next pull.
func (s *source) pull(ctx context.Context, stop <-chan struct{}, patience <-chan time.Time) *Request {
	if s.ended {
		return nil
	}
	if !s.waiting {
		if stopped(stop) || ctx.Err() != nil {
			return nil
		}
		s.waiting = true
		s.permits <- struct{}{}
	}
	select {
	case req, ok := <-s.pulled:
		return s.took(req, ok)
	case <-stop:
	case <-ctx.Done():
	case <-patience:
	}
	return nil
}

func (s *source) took(req Request, ok bool) *Request {
	s.waiting, s.ended = false, !ok
	if !ok {
		return nil
	}
	return &req
}

// finish ends the iterator, and returns the request that a pull left waiting for if it is
// wanted and comes soon. An iterator that blocks for longer is not waited for: it ends
// when it yields next.
func (s *source) finish(wanted bool) (late *Request) {
	soon, cancel := context.WithTimeout(context.Background(), groupPatience)
	defer cancel()
	if s.waiting && wanted {
		select {
		case req, ok := <-s.pulled:
			late = s.took(req, ok)
		case <-soon.Done():
		}
	}
	close(s.closed)
	if !s.waiting {
		<-s.done
		return late
	}
	select {
	case <-s.done:
	case <-soon.Done():
	}
	return late
}

// rethrow panics if the iterator has.
func (s *source) rethrow() {
	select {
	case <-s.done:
		if s.panic != nil {
			panic(s.panic)
		}
	default:
	}
}
