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

// left returns the time that is left until at, and a channel that closes if the clock is
// moved.
func (c *clock) left(at time.Time) (time.Duration, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moved == nil {
		c.moved = make(chan struct{})
	}
	return at.Sub(time.Now().Add(c.ahead)), c.moved
}
