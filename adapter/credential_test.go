package adapter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func notShort(s string) error {
	if len(s) < 3 {
		return errors.New("is short")
	}
	return nil
}

func TestCredentialOfAFixedSecretIsCheckedAtOnce(t *testing.T) {
	_, err := NewCredential("Key", cancel.NewSecret("ab"), notShort)
	assert.EqualError(t, err, "Key is short")

	c, err := NewCredential("Key", cancel.NewSecret("abc"), notShort)
	require.NoError(t, err)
	assert.False(t, c.IsZero())
	value, err := c.Reveal(t.Context(), Call{})
	require.NoError(t, err)
	assert.Equal(t, "abc", value)

	c, err = NewCredential("Key", cancel.Secret{}, notShort)
	require.NoError(t, err)
	assert.True(t, c.IsZero())
}

func TestCredentialOfAFunctionIsCheckedAtEachCall(t *testing.T) {
	var value string
	var fail error
	c, err := NewCredential("Key", cancel.SecretFunc(func(context.Context) (string, error) { return value, fail }), notShort)
	require.NoError(t, err)
	call := Call{Provider: "p", Op: "o", ID: "i", Redact: NewRedactor(c)}

	value = "ab"
	_, err = c.Reveal(t.Context(), call)
	assert.ErrorIs(t, err, cancel.ErrInvalid)
	assert.EqualError(t, err, "p: o i: invalid request: Key is short")

	value = ""
	_, err = c.Reveal(t.Context(), call)
	assert.ErrorIs(t, err, cancel.ErrUnavailable)

	value, fail = "", fmt.Errorf("no vault: %w", io.EOF)
	_, err = c.Reveal(t.Context(), call)
	assert.ErrorIs(t, err, cancel.ErrUnavailable)
	assert.ErrorIs(t, err, io.EOF)

	value, fail = "abc", nil
	got, err := c.Reveal(t.Context(), call)
	require.NoError(t, err)
	assert.Equal(t, "abc", got)
}

func TestRedactorRemovesOldAndNewValues(t *testing.T) {
	var mu sync.Mutex
	n := 0
	c, err := NewCredential("Key", cancel.SecretFunc(func(context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("<key-%04d>", n/20), nil
	}), nil)
	require.NoError(t, err)
	redact := NewRedactor(c)
	inFlight(8, 100, func() {
		value, err := c.Reveal(context.Background(), Call{})
		assert.NoError(t, err)
		assert.Equal(t, "a REDACTED b", redact.String("a "+asXML(value)+" b"))
	})
	for range 20 * maxRemembered {
		_, err := c.Reveal(t.Context(), Call{})
		require.NoError(t, err)
	}
	for i := range n/20 + 1 {
		value := fmt.Sprintf("<key-%04d>", i)
		if i > n/20-maxRemembered {
			assert.Equal(t, "REDACTED", redact.String(value))
		} else {
			assert.Equal(t, value, redact.String(value), "forgotten")
		}
	}
}

func TestRedactorRemovesTheValueOfEachCallThatIsUnderWay(t *testing.T) {
	n := 0
	c, err := NewCredential("Key", cancel.SecretFunc(func(context.Context) (string, error) {
		n++
		return fmt.Sprintf("<key-%04d>", n), nil
	}), nil)
	require.NoError(t, err)
	var values []string
	for range 100 {
		value, err := c.Reveal(t.Context(), Call{})
		require.NoError(t, err)
		values = append(values, value)
	}
	for _, value := range values {
		assert.Equal(t, "REDACTED", NewRedactor(c).String(asXML(value)))
	}
}

func TestCredentialShowsNoValue(t *testing.T) {
	c, err := NewCredential("Key", cancel.NewSecret("hunter2"), nil)
	require.NoError(t, err)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown := fmt.Sprintf(format, c) + fmt.Sprintf(format, *c)
		assert.NotContains(t, shown, "hunter2", format)
		assert.NotContains(t, shown, "68756e74657232", format)
	}
}
