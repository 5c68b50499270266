package adapter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/unified-cancel/cancel"
)

// maxRemembered is how many values of one secret a Credential remembers. A secret may change with
// each call, so it must be more than the calls that are under way.
const maxRemembered = 128

// Credential is a secret of a Config, as an adapter uses it. It checks each value before it
// is sent. It remembers the last 128 values, so that a [Redactor] finds both the old and
// the new one after a rotation. It shows no value. It is safe for concurrent use.
type Credential struct {
	name   string
	secret cancel.Secret
	check  func(string) error
	// seen remembers a value, if it is not "", and returns the forms of each that it remembers.
	// Reflection cannot open a closure.
	seen func(add string) (forms [][]string)
}

// NewCredential returns the Credential of a secret that stands in the field name of a Config.
// The error of check says, beginning with a verb, why a value is not valid. A nil check takes
// any value. A fixed secret is checked at once; the error names the field. An absent secret
// is not checked.
func NewCredential(name string, secret cancel.Secret, check func(string) error) (*Credential, error) {
	var mu sync.Mutex
	var values []string
	var forms [][]string
	c := &Credential{name: name, secret: secret, check: check, seen: func(add string) [][]string {
		mu.Lock()
		defer mu.Unlock()
		if add != "" && !slices.Contains(values, add) {
			oldest := max(0, len(values)-maxRemembered+1)
			values = append(slices.Clone(values[oldest:]), add)
			forms = append(slices.Clone(forms[oldest:]), formsOf(add))
		}
		return forms
	}}
	if !secret.Fixed() {
		return c, nil
	}
	value, _ := secret.Reveal(context.Background()) // a fixed secret has no error
	return c, c.accept(value)
}

// RequireCredential is [NewCredential] for a required field: an absent secret is an error.
func RequireCredential(name string, secret cancel.Secret, check func(string) error) (*Credential, error) {
	if secret.IsZero() {
		return nil, errors.New(name + " is missing")
	}
	return NewCredential(name, secret, check)
}

// IsZero reports whether the secret is absent.
func (c *Credential) IsZero() bool { return c.secret.IsZero() }

// Reveal returns the value to send in a call. If there is an error, the adapter returns it and
// sends nothing. It is [cancel.ErrUnavailable] if the function of the secret failed, and
// [cancel.ErrInvalid] if the value is not valid.
func (c *Credential) Reveal(ctx context.Context, call Call) (string, error) {
	value, err := c.secret.Reveal(ctx)
	if err != nil {
		return "", call.Unsent(c.name+" could not be had", err)
	}
	if err := c.accept(value); err != nil {
		return "", call.Refuse(err.Error())
	}
	return value, nil
}

// accept remembers a value and checks it.
func (c *Credential) accept(value string) error {
	c.seen(value)
	if c.check == nil || value == "" {
		return nil
	}
	if err := c.check(value); err != nil {
		return fmt.Errorf("%s %w", c.name, err)
	}
	return nil
}
