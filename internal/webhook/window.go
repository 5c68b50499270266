package webhook

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// maxRemembered bounds the keys that a window holds, and with them its memory.
const maxRemembered = 16_384

// Key tells calls apart. It is a digest, so that long names take no more memory than
// short ones.
type Key [sha256.Size]byte

// KeyOf returns the key of a call that parts tell apart, each by where it stands.
func KeyOf(parts ...string) Key {
	var text []byte
	for _, part := range parts {
		text = binary.AppendUvarint(text, uint64(len(part)))
		text = append(text, part...)
	}
	return sha256.Sum256(text)
}

// window remembers keys for a time, the newest maxRemembered of them.
type window struct {
	lasts time.Duration
	until map[Key]time.Time
	// queue holds every key added within the window, the oldest first: all last
	// equally long. A key that was forgotten may stand in it twice.
	queue []entry
}

type entry struct {
	key   Key
	until time.Time
}

func newWindow(lasts time.Duration) window {
	return window{lasts: lasts, until: map[Key]time.Time{}}
}

func (w *window) holds(key Key) bool {
	w.sweep(maxRemembered)
	_, ok := w.until[key]
	return ok
}

func (w *window) add(key Key) {
	w.sweep(maxRemembered - 1)
	e := entry{key, time.Now().Add(w.lasts)}
	w.until[key] = e.until
	w.queue = append(w.queue, e)
}

func (w *window) forget(key Key) { delete(w.until, key) }

// sweep drops what is over, and the oldest of what would be more than limit.
func (w *window) sweep(limit int) {
	now := time.Now()
	for len(w.queue) > 0 && (len(w.queue) > limit || !now.Before(w.queue[0].until)) {
		oldest := w.queue[0]
		w.queue = w.queue[1:]
		if w.until[oldest.key].Equal(oldest.until) {
			delete(w.until, oldest.key)
		}
	}
}
