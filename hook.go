package cancel

import "context"

// Hook watches the calls that a [Client] makes of its providers, for tracing and metrics.
// The Client calls it before each call and calls the function that it returns after it,
// with one Item per request. The call gets the context that the Hook returns; a nil
// context means the one that it got, a nil function that nobody is interested in the outcome.
//
// A Hook runs in the goroutine of the call, in [Client.All] in many at once. A panic of the
// returned function changes no outcome: the Client passes it on once the outcome is known.
// A panic of the Hook itself is passed on too, and the call is not made.
type Hook func(ctx context.Context, op Operation) (context.Context, func([]Item))

// Operation is one call of a provider.
type Operation struct {
	// Provider is the provider's key in the Client.
	Provider string
	// Name is "Cancel", "CancelBatch", "Status" or "Preflight". The Result of an Item of a
	// Preflight has no State.
	Name string
	// Requests are the requests of the call, one unless Name is "CancelBatch". They must
	// not be changed.
	Requests []Request
	// Attempt counts the calls of this Name for these requests, from 1.
	Attempt int
}

// panics keeps the first panic of a user's function until the outcome is known.
type panics struct{ value any }

// guard calls f and keeps its panic. It reports whether f returned.
func (p *panics) guard(f func()) (returned bool) {
	defer func() {
		if value := recover(); value != nil && p.value == nil {
			p.value = value
		}
	}()
	f()
	return true
}

// rethrow passes the panic on, if there was one.
func (p *panics) rethrow() {
	if p.value != nil {
		panic(p.value)
	}
}

// watch calls the hooks before a call and returns the context of the call, a function that
// calls theirs after it, and whether all hooks returned.
func (p *panics) watch(ctx context.Context, hooks []Hook, op Operation) (_ context.Context, after func([]Item), ok bool) {
	var afters []func([]Item)
	after = func(items []Item) {
		for i := len(afters) - 1; i >= 0; i-- {
			p.guard(func() { afters[i](items) })
		}
	}
	for _, hook := range hooks {
		returned := p.guard(func() {
			next, f := hook(ctx, op)
			if next != nil {
				ctx = next
			}
			if f != nil {
				afters = append(afters, f)
			}
		})
		if !returned {
			return ctx, after, false
		}
	}
	return ctx, after, true
}
