package canceltest

import (
	"context"
	"sync"
	"time"
)

// clock runs like the machine's, and can be moved ahead. The zero value was not moved.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
	moved chan struct{} // closed when the clock is moved; nil if nobody waits for that
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

// until waits until the clock shows at. It returns ctx.Err() if ctx ends first.
func (c *clock) until(ctx context.Context, at time.Time) error {
	for ctx.Err() == nil && c.now().Before(at) {
		c.mu.Lock()
		if c.moved == nil {
			c.moved = make(chan struct{})
		}
		left, moved := at.Sub(time.Now().Add(c.ahead)), c.moved
		c.mu.Unlock()
		select {
		case <-time.After(left):
		case <-moved:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}
