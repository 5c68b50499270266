package cancel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "REDACTED"

// Secret is a credential: a password, a key, a hash. It cannot be shown: it says REDACTED
// under every verb of fmt, in JSON, in XML and in logs, and packages that print a value
// by reflection find a function in it. The zero value is an absent secret.
//
// It is safe for concurrent use, and two copies of one Secret are equal.
type Secret struct{ source *source }

// source holds the value in a closure, which reflection cannot open.
type source struct {
	reveal func(context.Context) (string, error)
	fixed  bool
}

// NewSecret returns a Secret that holds s, which is never trimmed. An empty s is an absent
// secret.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{&source{func(context.Context) (string, error) { return s, nil }, true}}
}

// SecretFunc returns a Secret that adapters get from f before each call, so that a key can
// be replaced without a restart. Calls run concurrently. If f returns an error or an empty
// string, the call fails with [ErrUnavailable] and nothing is sent. A nil f is an absent
// secret.
func SecretFunc(f func(context.Context) (string, error)) Secret {
	if f == nil {
		return Secret{}
	}
	return Secret{&source{reveal: f}}
}

// UnmarshalText makes s the Secret that [NewSecret] returns of text, so that configuration
// files can hold one. Its error is always nil.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// IsZero reports whether s is absent.
func (s Secret) IsZero() bool { return s.source == nil }

// Fixed reports whether s holds a value of [NewSecret], which an adapter checks once, or
// none. It is false for a [SecretFunc], whose answer is checked at each call.
func (s Secret) Fixed() bool { return s.source == nil || s.source.fixed }

// Reveal returns the value to an adapter that is about to send it. The value of an absent
// Secret is "". The error is the error of a [SecretFunc], or says that it returned an empty
// string.
func (s Secret) Reveal(ctx context.Context) (string, error) {
	if s.source == nil {
		return "", nil
	}
	value, err := s.source.reveal(ctx)
	if err == nil && value == "" {
		err = errors.New("the function of the secret returned an empty string")
	}
	return value, err
}

// Format writes REDACTED under any verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns REDACTED.
func (Secret) String() string { return redacted }

// GoString returns REDACTED.
func (Secret) GoString() string { return redacted }

// MarshalText returns REDACTED, which is what encoding/json, encoding/xml and their like
// show. A Secret does not round-trip.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns REDACTED.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
