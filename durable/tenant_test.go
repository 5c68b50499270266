package durable

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// bubble runs test with a database in a file, in fake time.
func bubble(t *testing.T, test func(t *testing.T, db database[*sql.Tx])) {
	t.Helper()
	path := file(t)
	synctest.Test(t, func(t *testing.T) { test(t, migrated(inFile(path))) })
}

// tenants is a Config.Lookup whose providers a test changes.
type tenants struct {
	mu        sync.Mutex
	providers map[string]Provider
	err       error // what Lookup returns as long as it is set
	asked     int
}

func (l *tenants) set(name string, adapter cancel.Canceler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if adapter == nil {
		delete(l.providers, name)
		return
	}
	l.providers[name] = Provider{Canceler: adapter, Vendor: "shared"}
}

func (l *tenants) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func (l *tenants) lookup(_ context.Context, name string) (Provider, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	p, ok := l.providers[name]
	switch {
	case l.err != nil:
		return Provider{}, l.err
	case !ok:
		return Provider{}, fmt.Errorf("tenant %s: %w", name, ErrNoProvider)
	}
	return p, nil
}

func (l *tenants) lookups() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// lookedUp is a Config whose only providers are the tenants'.
func lookedUp(told *heard) (Config, *tenants) {
	l := &tenants{providers: map[string]Provider{}}
	return Config{
		Lookup:    l.lookup,
		Vendors:   map[string]int{"shared": 8},
		Options:   []cancel.Option{cancel.WithMaxAttempts(1)},
		OnSettled: told.listen,
		Retry:     Span{First: 10 * time.Millisecond, Longest: 50 * time.Millisecond},
	}, l
}

func paymentAt(provider, id string) cancel.Request {
	req := payment(id)
	req.Provider = provider
	return req
}

// paymentsAt are n requests.
func paymentsAt(provider string, n int) []cancel.Request {
	reqs := make([]cancel.Request, n)
	for i := range reqs {
		reqs[i] = paymentAt(provider, fmt.Sprint(i+1))
	}
	return reqs
}

func TestProvidersComeAndGoWhileAQueueRuns(t *testing.T) {
	onBothInFakeTime(t, testProvidersComeAndGo, testProvidersComeAndGo)
}

func testProvidersComeAndGo[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	told := newHeard()
	config, known := lookedUp(told)
	q, _ := db(t, config)
	work(t, q)
	_, err := q.Enqueue(t.Context(), paymentAt("a", "1"))
	require.ErrorIs(t, err, cancel.ErrInvalid)
	require.ErrorIs(t, err, ErrNoProvider)

	first, second := &vendor{}, &vendor{}
	known.set("a", first)
	enqueue(t, q, paymentAt("a", "1"))
	told.wait(t, 1)
	assert.Equal(t, 1, first.called())

	known.set("a", second) // as with a new password
	enqueue(t, q, paymentAt("a", "2"))
	told.wait(t, 1)
	assert.Equal(t, 1, first.called(), "the old credentials are not used again")
	assert.Equal(t, 1, second.called())

	failing := &vendor{cancel: always(fails(cancel.ErrUnavailable))}
	known.set("a", failing)
	id := enqueue(t, q, paymentAt("a", "3"))
	require.Eventually(t, func() bool { return failing.called() > 0 }, patience, 10*time.Millisecond)
	known.set("a", nil)
	_, err = q.Enqueue(t.Context(), paymentAt("a", "4"))
	require.ErrorIs(t, err, ErrNoProvider)
	before := known.lookups()
	require.Eventually(t, func() bool { return known.lookups() > before+1 }, patience, 10*time.Millisecond)
	assert.False(t, get(t, q, id).State.Settled(), "what a removed provider has open waits")

	known.set("a", second)
	told.wait(t, 1)
	assert.Equal(t, Done, get(t, q, id).State)
	assert.Equal(t, 2, second.called())
}

// A Lookup that fails has not said that there is no such provider.
func TestLookupThatFailsIsCalledAgain(t *testing.T) {
	onBothInFakeTime(t, testLookupFails, testLookupFails)
}

func testLookupFails[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	told := newHeard()
	config, known := lookedUp(told)
	known.set("a", &vendor{})
	q, _ := db(t, config)
	id := enqueue(t, q, paymentAt("a", "1"))
	known.fail(errTold)
	_, err := q.Enqueue(t.Context(), paymentAt("a", "2"))
	require.ErrorIs(t, err, errTold)
	require.NotErrorIs(t, err, cancel.ErrInvalid, "the request may be good")
	require.ErrorIs(t, q.Wake(t.Context(), paymentAt("a", "1")), errTold)

	before := known.lookups()
	work(t, q)
	require.Eventually(t, func() bool { return known.lookups() > before }, patience, 10*time.Millisecond)
	assert.Equal(t, Queued, get(t, q, id).State)
	known.fail(nil)
	told.wait(t, 1)
	assert.Equal(t, Done, get(t, q, id).State)
}

func TestLookupOfAMalformedProvider(t *testing.T) {
	config, known := lookedUp(newHeard())
	known.providers["a"] = Provider{Canceler: &vendor{}, Workers: 10_001}
	q, _ := onSQLite(t)(t, config)
	_, err := q.Enqueue(t.Context(), paymentAt("a", "1"))
	require.ErrorIs(t, err, cancel.ErrInvalid)
	assert.ErrorContains(t, err, "Workers")
}

// Lookup may use the database of the Queue, of which SQLite has one connection.
func TestLookupMayUseTheDatabase(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		var q *Queue[*sql.Tx]
		config := Config{Vendors: map[string]int{"shared": 1}}
		config.Lookup = func(ctx context.Context, _ string) (Provider, error) {
			ctx, end := context.WithTimeout(ctx, time.Minute)
			defer end()
			var one int
			if err := q.store.executor.QueryRow(ctx, `SELECT 1`).Scan(&one); err != nil {
				return Provider{}, err
			}
			return Provider{Canceler: &vendor{}, Vendor: "shared"}, nil
		}
		q, _ = db(t, config)
		id := enqueue(t, q, payment("1"))
		assert.NoError(t, q.Wake(t.Context(), payment("1")))
		assert.NoError(t, q.Resume(t.Context(), "v"))
		assert.NoError(t, q.Withdraw(t.Context(), id))
		assert.NoError(t, q.Redeliver(t.Context(), id))
		err := q.Requeue(t.Context(), id, "who", "why")
		assert.ErrorIs(t, err, ErrState)
	})
}

// busy is a vendor whose calls take time. It notes how many were under way at once, and when
// the last one of each provider ended.
type busy struct {
	takes time.Duration

	mu          sync.Mutex
	under, most int
	calls       map[string]int
	last        map[string]time.Time
}

func newBusy(takes time.Duration) *busy {
	return &busy{takes: takes, calls: map[string]int{}, last: map[string]time.Time{}}
}

func (b *busy) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	b.mu.Lock()
	b.under++
	b.most = max(b.most, b.under)
	b.mu.Unlock()
	select {
	case <-time.After(b.takes):
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.under--
	b.calls[req.Provider]++
	b.last[req.Provider] = time.Now()
	return is(cancel.Cancelled)
}

func TestTenantsShareTheCallsOfTheirVendor(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		told := newHeard()
		config, known := lookedUp(told)
		config.Vendors["shared"] = 3
		v := newBusy(time.Second)
		known.set("many", v)
		known.set("few", v)
		q, _ := db(t, config)
		_, err := q.Enqueue(t.Context(), paymentsAt("many", 400)...)
		require.NoError(t, err)
		work(t, q)
		told.wait(t, 6)
		began := time.Now()
		_, err = q.Enqueue(t.Context(), paymentsAt("few", 10)...)
		require.NoError(t, err)
		told.wait(t, 404)
		assert.Equal(t, map[string]int{"many": 400, "few": 10}, v.calls)
		assert.Equal(t, 3, v.most, "calls at once, as Vendors says")
		assert.Less(t, v.last["few"].Sub(began), 30*time.Second, "few does not wait for many")
		assert.Greater(t, v.last["many"].Sub(began), 2*time.Minute)
	})
}

// A tenant that waits for its own rate does not hold a call of the vendor.
func TestRateIsPerTenant(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		told := newHeard()
		config, known := lookedUp(told)
		config.Vendors["shared"] = 1
		v := newBusy(10 * time.Millisecond)
		known.providers["slow"] = Provider{Canceler: v, Vendor: "shared", PerSecond: 0.1}
		known.set("free", v)
		q, _ := db(t, config)
		began := time.Now()
		_, err := q.Enqueue(t.Context(), append(paymentsAt("slow", 4), paymentsAt("free", 50)...)...)
		require.NoError(t, err)
		work(t, q)
		told.wait(t, 54)
		assert.Less(t, v.last["free"].Sub(began), 5*time.Second)
		assert.GreaterOrEqual(t, v.last["slow"].Sub(began), 30*time.Second)
		assert.Less(t, v.last["slow"].Sub(began), 45*time.Second)
	})
}

func TestCredentialsArePerTenant(t *testing.T) {
	onBothInFakeTime(t, testCredentialsPerTenant, testCredentialsPerTenant)
}

func testCredentialsPerTenant[TTx any](t *testing.T, db database[TTx]) {
	t.Helper()
	told := newHeard()
	config, known := lookedUp(told)
	refused := &vendor{cancel: always(fails(cancel.ErrAuth))}
	known.providers["locked"] = Provider{Canceler: refused, Vendor: "shared", Workers: 1}
	known.set("free", &vendor{})
	q, _ := db(t, config)
	_, err := q.Enqueue(t.Context(), append(paymentsAt("locked", 5), paymentsAt("free", 20)...)...)
	require.NoError(t, err)
	work(t, q)
	told.wait(t, 20)
	require.Eventually(t, func() bool {
		pauses, err := q.Pauses(t.Context())
		return assert.NoError(t, err) && len(pauses) > 0
	}, patience, 10*time.Millisecond)
	pauses, err := q.Pauses(t.Context())
	require.NoError(t, err)
	require.Len(t, pauses, 1)
	assert.Equal(t, "locked", pauses[0].Provider)
	assert.Equal(t, 1, pauses[0].Failures)
	assert.WithinRange(t, pauses[0].Until, time.Now(), time.Now().Add(15*time.Minute))
	assert.Equal(t, 1, refused.called(), "one was refused, and the others wait")
	_, err = q.Enqueue(t.Context(), paymentAt("free", "21"))
	require.NoError(t, err)
	told.wait(t, 1)

	good := &vendor{}
	known.set("locked", good)
	require.NoError(t, q.Resume(t.Context(), "locked"))
	told.wait(t, 5)
	assert.Equal(t, 5, good.called())
	pauses, err = q.Pauses(t.Context())
	require.NoError(t, err)
	assert.Empty(t, pauses)
}

// Work that the working process enqueues does not wait for the second in which River polls.
func TestEnqueuedWorkStartsWithoutAPoll(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		told := newHeard()
		config := of(&vendor{})
		config.OnSettled = told.listen
		q, _ := db(t, config)
		work(t, q)
		for i := range 100 {
			time.Sleep(time.Duration(i%40) * 7 * time.Millisecond)
			began := time.Now()
			enqueue(t, q, payment(fmt.Sprint(i)))
			told.wait(t, 1)
			require.LessOrEqual(t, time.Since(began), 100*time.Millisecond, i)
		}
	})
}

func TestLookupWithoutAVendor(t *testing.T) {
	bubble(t, func(t *testing.T, db database[*sql.Tx]) {
		told := newHeard()
		v := &vendor{}
		config := Config{OnSettled: told.listen, Lookup: func(_ context.Context, name string) (Provider, error) {
			if name == "stray" {
				return Provider{Canceler: v, Vendor: "unlisted"}, nil
			}
			return Provider{Canceler: v}, nil
		}}
		q, _ := db(t, config)
		work(t, q)
		enqueue(t, q, paymentAt("a", "1"))
		told.wait(t, 1)
		assert.Equal(t, 1, v.called())
		_, err := q.Enqueue(t.Context(), paymentAt("stray", "1"))
		require.ErrorIs(t, err, cancel.ErrInvalid, "nobody would work for it")
		assert.ErrorContains(t, err, `"unlisted"`)
	})
}
