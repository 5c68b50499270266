package durable

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"github.com/unified-cancel/cancel"
)

// account is a provider that this process has needed.
type account struct {
	Provider

	name   string
	client *cancel.Client
	slots  chan struct{} // one element for each call that is under way
	vendor chan struct{} // the same for all accounts of the vendor
	store  *store

	gone    atomic.Bool // whether Config.Lookup has another one by now, or none
	mu      sync.Mutex
	running bool          // whether a run takes up work in this process
	again   chan struct{} // has an element if another run must follow
	full    time.Time     // when the bucket of PerSecond is full again, unless it is Shared
}

// account returns the provider with that name, as Config has it now.
func (q *Queue[TTx]) account(ctx context.Context, name string) (*account, error) {
	p, ok := q.config.Providers[name]
	if !ok {
		var err error
		if p, err = q.config.Lookup(ctx, name); err == nil {
			p.Vendor = cmp.Or(p.Vendor, lookupVendor)
			p, err = p.withDefaults(name)
		}
		if err == nil && q.vendors[p.Vendor] == nil {
			err = invalid(name, fmt.Sprintf("Config.Vendors does not list the Vendor %q of Config.Lookup", p.Vendor))
		}
		if err != nil {
			if errors.Is(err, ErrNoProvider) {
				q.mu.Lock()
				if known := q.accounts[name]; known != nil {
					known.gone.Store(true)
					delete(q.accounts, name)
				}
				q.mu.Unlock()
			}
			return nil, fmt.Errorf("the provider %q: %w", name, err)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if known := q.accounts[name]; known != nil {
		if same(known.Provider, p) {
			return known, nil
		}
		known.gone.Store(true)
	}
	a := &account{
		Provider: p, name: name, store: q.store,
		slots: make(chan struct{}, p.Workers), vendor: q.vendors[p.Vendor], again: make(chan struct{}, 1),
	}
	if a.vendor == nil {
		a.vendor = make(chan struct{}, p.Workers)
	}
	// A batch whose requests differ goes in several calls, one after the other.
	options := append(slices.Clone(q.config.Options), cancel.WithEvidence(collect), cancel.WithConcurrency(1))
	if p.PerSecond > 0 {
		options = append(options, cancel.WithRateLimit(0, 0), cancel.WithHook(a.limit))
	}
	a.client = cancel.NewClient(map[string]cancel.Canceler{name: p.Canceler}, options...)
	q.accounts[name] = a
	return a, nil
}

// same reports whether a and b are the same provider with the same settings.
func same(a, b Provider) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

// plainName is a name that can be part of the name of a queue of River.
var plainName = regexp.MustCompile(`^[a-z0-9]+([_-][a-z0-9]+)*$`)

// queueOf returns the name of River's queue for a provider: its vendor's queue, or its own
// without a Vendor.
func queueOf(provider, vendor string) string {
	prefix, name := "cancel-", provider
	if vendor != "" {
		prefix, name = "vendor-", vendor
	}
	if len(name) > 32 || !plainName.MatchString(name) {
		sum := sha256.Sum256([]byte(name))
		name = "sha256-" + hex.EncodeToString(sum[:16])
	}
	return prefix + name
}

// options say in which queue, and how often at most, River runs the jobs of the account.
func (a *account) options() *river.InsertOpts {
	return &river.InsertOpts{Queue: queueOf(a.name, a.Vendor), MaxAttempts: math.MaxInt16}
}

// begin reports whether a run may take up work. If another one does, that one looks again.
func (a *account) begin() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running {
		try(a.again)
		return false
	}
	a.running = true
	return true
}

// end ends a run. It reports false, and does not end it, if another one must follow,
// unless forced.
func (a *account) end(forced bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-a.again:
		if !forced {
			return false
		}
	default:
	}
	a.running = false
	return true
}

// take waits for the right to make a call, and returns for how many there is a right then,
// at most n. It returns 0 once enough is closed.
func (a *account) take(n int, enough <-chan struct{}) (taken int) {
	select {
	case a.slots <- struct{}{}:
	case <-enough:
		return 0
	}
	select {
	case a.vendor <- struct{}{}:
	case <-enough:
		<-a.slots
		return 0
	}
	for taken = 1; taken < n && try(a.slots); taken++ {
		if !try(a.vendor) {
			<-a.slots
			break
		}
	}
	return taken
}

// try puts an element into c, unless c is full.
func try(c chan<- struct{}) bool {
	select {
	case c <- struct{}{}:
		return true
	default:
		return false
	}
}

// release gives n rights back.
func (a *account) release(n int) {
	for range n {
		<-a.slots
		<-a.vendor
	}
}
