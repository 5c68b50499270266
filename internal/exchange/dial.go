package exchange

import (
	"context"
	"net"
	"net/url"
	"sync"
	"time"
)

// patience is how long a call waits for a connection that is not in use: it may hang while
// it is being opened.
const patience = time.Second

// dialer opens no more connections to a host than there are calls in flight to it. By
// itself net/http dials for each request that finds no idle connection, even where one
// that is in use, or that is being opened for another, serves it before.
//
// A connection counts from before it is opened until it is closed, or until the call that
// it was opened for has failed. So a call that waits here waits for one that is about to
// become idle, to fail or to close, or for as long as patience lasts.
type dialer struct {
	open func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	hosts map[destination]*host
}

// destination is what net/http tells connections apart by.
type destination struct{ scheme, name, port string }

func destinationOf(u *url.URL) destination {
	port := u.Port()
	switch {
	case port == "" && u.Scheme == "https":
		port = "443"
	case port == "":
		port = "80"
	}
	return destination{u.Scheme, u.Hostname(), port}
}

// host is the calls in flight to a host and the connections to it.
type host struct {
	destination
	calls, connections int
	// fewer is closed when there are fewer connections. It is nil while nobody waits.
	fewer chan struct{}
}

// visit is the context of a call in flight.
type visit struct {
	context.Context
	dialer *dialer
	host   *host
	left   bool
	// slots are those of the connections that were opened for this call.
	slots []*slot
}

// slot is the place of a connection among those that count.
type slot struct{ freed bool }

type visitKey struct{}

func (v *visit) Value(key any) any {
	if key == (visitKey{}) {
		return v
	}
	return v.Context.Value(key)
}

// enter returns ctx as that of a call to u, which is in flight until it leaves.
func (d *dialer) enter(ctx context.Context, u *url.URL) *visit {
	to := destinationOf(u)
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.hosts[to]
	if h == nil {
		h = &host{destination: to}
		if d.hosts == nil {
			d.hosts = make(map[destination]*host)
		}
		d.hosts[to] = h
	}
	h.calls++
	return &visit{Context: ctx, dialer: d, host: h}
}

// leave ends a call. Of one that failed no connection counts any more: a dial that it
// gave up on may hang, and whoever comes next is not to wait for that.
func (v *visit) leave(failed bool) {
	d := v.dialer
	d.mu.Lock()
	defer d.mu.Unlock()
	if failed {
		for _, s := range v.slots {
			d.free(v.host, s)
		}
	}
	v.left = true
	v.host.calls--
	d.forget(v.host)
}

// DialContext is that of a net.Dialer, once a call may have a connection of its own.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		return d.open(ctx, network, address)
	}
	s, err := d.admit(ctx, v)
	if err != nil {
		return nil, err
	}
	free := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.free(v.host, s)
	}
	conn, err := d.open(ctx, network, address)
	if err != nil {
		free()
		return nil, err
	}
	return counted{conn, free}, nil
}

// admit waits until there are fewer connections than calls in flight, until patience has
// gone, or until the call is over, of which net/http does not tell ctx.
func (d *dialer) admit(ctx context.Context, v *visit) (*slot, error) {
	waited := time.NewTimer(patience)
	defer waited.Stop()
	patient := true
	for v.Err() == nil {
		s, fewer := d.take(v, patient)
		if s != nil {
			return s, nil
		}
		select {
		case <-fewer:
		case <-waited.C:
			patient = false
		case <-v.Done():
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return nil, v.Err()
}

// take returns a slot, or what to wait for.
func (d *dialer) take(v *visit, patient bool) (*slot, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := v.host
	if !v.left && (!patient || h.connections < h.calls) {
		h.connections++
		s := new(slot)
		v.slots = append(v.slots, s)
		return s, nil
	}
	if h.fewer == nil {
		h.fewer = make(chan struct{})
	}
	return nil, h.fewer
}

func (d *dialer) free(h *host, s *slot) {
	if s.freed {
		return
	}
	s.freed = true
	h.connections--
	if h.fewer != nil {
		close(h.fewer)
		h.fewer = nil
	}
	d.forget(h)
}

// forget drops h once there is nothing to count.
func (d *dialer) forget(h *host) {
	if h.calls == 0 && h.connections == 0 {
		delete(d.hosts, h.destination)
	}
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn
	free func()
}

func (c counted) Close() error {
	c.free()
	return c.Conn.Close()
}
