package cancel

import "sync"

// door remembers that a provider refused the credentials: vendors lock accounts after
// repeated failures, so that nobody should knock again. A nil door never locks.
type door struct {
	mu     sync.Mutex
	locked *Error
}

func (d *door) note(e *Error) {
	if d == nil || e == nil || e.Reason != ErrAuth {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked == nil {
		d.locked = e
	}
}

// refusal returns the error that locked the door, nil while it is open.
func (d *door) refusal() *Error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.locked
}
