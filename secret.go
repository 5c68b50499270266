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
// What asks no method of a value shows it nevertheless: package fmt in an unexported
// field of a struct, under the verbs %p and %w, and in a struct behind a pointer within
// another value under a verb that is none for pointers, such as %s; encoding/json as the
// key of a map; encoding/xml in a comment. Keep a Secret out of such places.
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
