package auco

import (
	"context"
	"errors"
	"fmt"
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

// The vendor echoes both keys, so that redaction must know the old one and the new one.
func TestRotatedKeysAreUsedByTheNextCall(t *testing.T) {
	const inFlight = 8
	var rotated, released atomic.Bool
	held, release := make(chan struct{}, inFlight), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !released.Load() {
			held <- struct{}{}
			<-release
		}
		w.WriteHeader(http.StatusUnauthorized)
		used := map[string]string{"prk_old-hunter2": "old", "puk_old-hunter2": "old", "prk_new-hunter2": "new", "puk_new-hunter2": "new"}[r.Header.Get("Authorization")]
		prefix, _, _ := strings.Cut(r.Header.Get("Authorization"), "_")
		_, _ = fmt.Fprintf(w, `{"message":"%s %s: not %[2]s_old-hunter2 nor %[2]s_new-hunter2"}`, used, prefix)
	}))
	defer server.Close()
	key := func(prefix string) cancel.Secret {
		return cancel.SecretFunc(func(context.Context) (string, error) {
			if rotated.Load() {
				return prefix + "_new-hunter2", nil
			}
			return prefix + "_old-hunter2", nil
		})
	}
	c, err := New(Config{PrivateKey: key("prk"), PublicKey: key("puk"), Endpoint: server.URL})
	require.NoError(t, err)
	check := func(err error, want string) {
		assert.Contains(t, err.Error(), want)
		assert.ErrorIs(t, err, cancel.ErrAuth)
	}

	var before, after sync.WaitGroup
	for i := range inFlight {
		before.Go(func() {
			if i%2 == 0 {
				_, err := c.Cancel(t.Context(), document("A"))
				check(err, "old prk: not REDACTED nor REDACTED")
				return
			}
			_, err := c.Status(t.Context(), document("A"))
			check(err, "old puk: not REDACTED nor REDACTED")
		})
	}
	for range inFlight {
		<-held
	}
	rotated.Store(true)
	released.Store(true)
	for range inFlight / 2 {
		after.Go(func() {
			_, cancelled := c.Cancel(t.Context(), document("A"))
			check(cancelled, "new prk: not REDACTED nor REDACTED")
			_, asked := c.Preflight(t.Context(), document("A"))
			check(asked, "new puk: not REDACTED nor REDACTED")
		})
	}
	after.Wait()
	close(release)
	before.Wait()
}

func TestNothingIsSentWithoutAKey(t *testing.T) {
	v := (&vendor{Status: 200, Answer: `{"success":1,"errors":{"cant":0}}`}).Start(t)
	sealed := errors.New("the vault is sealed")
	for what, tt := range map[string]struct {
		private, public string
		err             error
		reason          error
	}{
		"an error":            {"prk_hunter2", "puk_hunter2", sealed, cancel.ErrUnavailable},
		"an empty string":     {"", "", nil, cancel.ErrUnavailable},
		"the other key":       {"puk_hunter2", "prk_hunter2", nil, cancel.ErrInvalid},
		"a key of two lines":  {"prk_hunter2\n", "puk_hunter2\n", nil, cancel.ErrInvalid},
		"a key with a blank":  {" prk_hunter2", " puk_hunter2", nil, cancel.ErrInvalid},
		"a key with controls": {"prk_\x00hunter2", "puk_\x00hunter2", nil, cancel.ErrInvalid},
	} {
		c := client(t, v, func(c *Config) {
			c.PrivateKey = cancel.SecretFunc(func(context.Context) (string, error) { return tt.private, tt.err })
			c.PublicKey = cancel.SecretFunc(func(context.Context) (string, error) { return tt.public, tt.err })
		})
		reqs := []cancel.Request{document("A"), document("B")}
		items := c.CancelBatch(t.Context(), reqs)
		_, asked := c.Status(t.Context(), document("A"))
		for i, err := range []error{items[0].Err, items[1].Err, asked} {
			assert.ErrorIs(t, err, tt.reason, what)
			assert.Contains(t, err.Error(), []string{"PrivateKey", "PrivateKey", "PublicKey"}[i], what)
			assert.NotContains(t, err.Error(), "hunter2", what)
			failure, _ := errors.AsType[*cancel.Error](err)
			assert.Equal(t, []string{"A", "B", "A"}[i], failure.ID)
			if tt.err != nil {
				assert.ErrorIs(t, err, sealed)
			}
		}
		assert.NoError(t, c.Validate(document("A")), "asks for no secret")
	}
	assert.Zero(t, v.Count())
}

func TestTimeoutBoundsASecretThatDoesNotArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := cancel.SecretFunc(func(ctx context.Context) (string, error) { <-ctx.Done(); return "", context.Cause(ctx) })
		c, err := New(Config{PrivateKey: never, PublicKey: never, Endpoint: "http://127.0.0.1:1", Options: cancel.ClientOptions{Timeout: 7 * time.Second}})
		require.NoError(t, err)
		for _, call := range []func() error{
			func() error { _, err := c.Cancel(t.Context(), document("A")); return err },
			func() error { _, err := c.Status(t.Context(), document("A")); return err },
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
	v := (&vendor{Status: 200, Answer: `{"success":1,"errors":{"cant":0}}`}).Start(t)
	c := client(t, v)
	texts := []string{"", "A", " ", ".", "a\nb", "\xff", "\x00", "02", "ana@example.com", "Ana <ana@example.com>", strings.Repeat("x", 201)}
	sent := 0
	for _, kind := range []cancel.Kind{"", cancel.Document, cancel.Payment, "Document"} {
		for _, id := range texts {
			for _, reason := range texts {
				for _, other := range texts {
					for _, req := range []cancel.Request{
						{Kind: kind, ID: id, Reason: reason, RequestedBy: other},
						{Kind: kind, ID: id, Reason: reason, RequestedBy: email, Reference: other, Issuer: other, Expression: other},
						{Kind: kind, ID: id, Reason: reason, RequestedBy: email, Motive: other},
						{Kind: kind, ID: id, Reason: reason, RequestedBy: email, ReplacedBy: other},
					} {
						refused := c.Validate(req)
						if refused == nil {
							if sent++; sent > 200 { // the rest is alike
								continue
							}
						}
						_, err := c.Cancel(t.Context(), req)
						if refused == nil {
							require.NoError(t, err)
						} else {
							require.Equal(t, refused, err)
							require.ErrorIs(t, err, cancel.ErrInvalid)
						}
						require.Equal(t, min(sent, 200), v.Count())
					}
				}
			}
		}
	}
	assert.NotZero(t, sent)
}
