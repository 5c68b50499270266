package payvalida

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// The vendor echoes both hashes, so that redaction must know the old one and the new one.
func TestRotatedHashIsUsedByTheNextCall(t *testing.T) {
	const inFlight = 8
	var current atomic.Pointer[string]
	current.Store(new("hash-old-hunter2"))
	held, release := make(chan struct{}, inFlight), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		var body struct{ Checksum string }
		_ = json.Unmarshal(text, &body)
		if body.Checksum == "" {
			body.Checksum = r.URL.Query().Get("checksum")
		}
		if r.URL.Path == "/held"+cancelPath {
			held <- struct{}{}
			<-release
		}
		used := map[string]string{
			sumOf(merchant + order + "hash-old-hunter2"): "old", sumOf(reference + merchant + "hash-old-hunter2"): "old",
			sumOf(merchant + order + "hash-new-hunter2"): "new", sumOf(reference + merchant + "hash-new-hunter2"): "new",
		}[body.Checksum]
		_, _ = fmt.Fprintf(w, `{"CODE":"0025","DESC":"%s: not hash-old-hunter2 nor hash-new-hunter2"}`, used)
	}))
	defer server.Close()
	c, err := New(Config{
		Merchant: merchant, Endpoint: server.URL,
		FixedHash: cancel.SecretFunc(func(context.Context) (string, error) { return *current.Load(), nil }),
	})
	require.NoError(t, err)
	slow := *c
	slow.cancelURL = c.cancelURL.JoinPath()
	slow.cancelURL.Path = "/held" + cancelPath

	var before, after sync.WaitGroup
	for range inFlight {
		before.Go(func() {
			_, err := slow.Cancel(t.Context(), known)
			assert.Contains(t, err.Error(), "old: not REDACTED nor REDACTED", "sent before the rotation")
		})
	}
	for range inFlight {
		<-held
	}
	current.Store(new("hash-new-hunter2"))
	for range inFlight {
		after.Go(func() {
			_, cancelled := c.Cancel(t.Context(), known)
			_, asked := c.Status(t.Context(), known)
			_, preflight := c.Preflight(t.Context(), known)
			for _, err := range []error{cancelled, asked, preflight} {
				assert.Contains(t, err.Error(), "new: not REDACTED nor REDACTED")
				assert.ErrorIs(t, err, cancel.ErrAuth)
			}
		})
	}
	after.Wait()
	close(release)
	before.Wait()
}

func TestNothingIsSentWithoutTheHash(t *testing.T) {
	v := (&vendor{Status: 200, Answer: `{"CODE":"0000"}`}).Start(t)
	sealed := errors.New("the vault is sealed")
	for what, secret := range map[string]func(context.Context) (string, error){
		"an error":        func(context.Context) (string, error) { return "", sealed },
		"both":            func(context.Context) (string, error) { return "hunter2", sealed },
		"an empty string": func(context.Context) (string, error) { return "", nil },
	} {
		c := client(t, v, func(c *Config) { c.FixedHash = cancel.SecretFunc(secret) })
		_, cancelled := c.Cancel(t.Context(), known)
		_, asked := c.Status(t.Context(), known)
		for _, err := range []error{cancelled, asked} {
			assert.ErrorIs(t, err, cancel.ErrUnavailable, what)
			assert.Contains(t, err.Error(), "FixedHash", what)
			assert.NotContains(t, err.Error(), "hunter2", what)
			assert.Equal(t, what != "an empty string", errors.Is(err, sealed), what)
		}
		assert.NoError(t, c.Validate(known), "asks for no secret")
	}
	assert.Zero(t, v.Count())
}

func TestTimeoutBoundsASecretThatDoesNotArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{
			Merchant: merchant, Endpoint: "http://127.0.0.1:1",
			FixedHash: cancel.SecretFunc(func(ctx context.Context) (string, error) { <-ctx.Done(); return "", context.Cause(ctx) }),
			Options:   cancel.ClientOptions{Timeout: 7 * time.Second},
		})
		require.NoError(t, err)
		for _, call := range []func() error{
			func() error { _, err := c.Cancel(t.Context(), known); return err },
			func() error { _, err := c.Status(t.Context(), known); return err },
		} {
			began := time.Now()
			err := call()
			assert.ErrorIs(t, err, cancel.ErrUnavailable)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 7*time.Second, time.Since(began))
		}
	})
}

// Validate says what Cancel says unsent, and nothing about what Cancel sends.
func TestValidateAgreesWithCancel(t *testing.T) {
	v := (&vendor{Status: 200, Answer: `{"CODE":"0000"}`}).Start(t)
	c := client(t, v)
	texts := []string{"", "1", order, "01", "1a", ".", "a\nb", "\xff", "02", strings.Repeat("1", 30), strings.Repeat("1", 31), strings.Repeat("x", 201)}
	sent := 0
	for _, kind := range []cancel.Kind{"", cancel.Payment, cancel.PreAuthorization, cancel.Invoice, cancel.Document, "Payment"} {
		for _, id := range texts {
			for _, other := range texts {
				for _, req := range []cancel.Request{
					{Kind: kind, ID: id, Reference: other, Reason: other, RequestedBy: other, Issuer: other, Expression: other},
					{Kind: kind, ID: id, Motive: other},
					{Kind: kind, ID: id, ReplacedBy: other},
				} {
					refused := c.Validate(req)
					_, err := c.Cancel(t.Context(), req)
					if refused == nil {
						sent++
						require.NoError(t, err)
					} else {
						require.Equal(t, refused, err)
						require.ErrorIs(t, err, cancel.ErrInvalid)
					}
					require.Equal(t, sent, v.Count())
				}
			}
		}
	}
	assert.NotZero(t, sent)
}
