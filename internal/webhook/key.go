package webhook

import (
	"crypto/sha256"
	"encoding/binary"
)

// Key tells events apart. It is a digest, so that long texts take no more memory than short
// ones.
type Key [sha256.Size]byte

// KeyOf returns the key of an event that consists of parts. Their order counts.
func KeyOf(parts ...string) Key {
	var text []byte
	for _, part := range parts {
		text = binary.AppendUvarint(text, uint64(len(part)))
		text = append(text, part...)
	}
	return sha256.Sum256(text)
}
