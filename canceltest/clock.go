package canceltest

import (
	"context"
	"sync"
	"time"
)

// clock is that of the machine, which a test moves ahead. The zero value was not moved.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
	moved chan struct{} // closed when it is moved; nil where nobody waits for that
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
	if c.moved != nil {
		close(c.moved)
		c.moved = nil
	}
}

// until waits until it is at. Its error is that of ctx, should that end first.
func (c *clock) until(ctx context.Context, at time.Time) error {
	for {
		left, moved := c.left(at)
		if left <= 0 || ctx.Err() != nil {
			return ctx.Err()
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-moved:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// left returns how long it is until at, unless the clock is moved.
func (c *clock) left(at time.Time) (time.Duration, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moved == nil {
		c.moved = make(chan struct{})
	}
	return at.Sub(time.Now().Add(c.ahead)), c.moved
}
