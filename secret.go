package cancel

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted stands for a secret wherever one would otherwise be shown.
const redacted = "REDACTED"

// Secret is a credential: a password, a key, a hash. It shows REDACTED under
// every fmt verb, in JSON, XML and any other text encoding, and in slog. To send
// it, an adapter converts it to string; it is never trimmed. The zero value is an
// absent secret, and is REDACTED too.
//
// Package fmt consults no method of a value that it finds in an unexported field
// of a struct, nor under the verb %p or a %w outside [fmt.Errorf] (go vet reports
// both): keep a Secret, and a Config that holds one, out of such places.
type Secret string

// Format writes REDACTED, whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns REDACTED.
func (Secret) String() string { return redacted }

// GoString returns REDACTED.
func (Secret) GoString() string { return redacted }

// MarshalText returns REDACTED, so that encoding/json, encoding/xml and their like
// show nothing else. A Secret does not round-trip.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns REDACTED.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
