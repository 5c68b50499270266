package factible

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/factible/factibletest/csdtest"
)

// source is a CSDSource that is a function.
type source func(ctx context.Context, rfc string) (*CSD, error)

func (f source) CSD(ctx context.Context, rfc string) (*CSD, error) { return f(ctx, rfc) }

// certificateIn returns the certificate that signed the request in a body, once its
// signature was verified.
func certificateIn(t *testing.T, body string) []byte {
	t.Helper()
	_, rest, found := strings.Cut(body, "<solicitud>")
	require.True(t, found)
	solicitud, _, _ := strings.Cut(rest, "</solicitud>")
	signed, err := base64.StdEncoding.DecodeString(solicitud)
	require.NoError(t, err)
	request, err := csdtest.Verify(signed)
	require.NoError(t, err)
	return request.Certificate.Raw
}

func signedVendor(t *testing.T) *vendor {
	t.Helper()
	return (&vendor{Status: 200, Answer: answered(opEnviarSolicitud, coded("200"))}).Start(t)
}

func TestNewChecksACSD(t *testing.T) {
	wrong := newCSD("EKU9003173C9")
	wrong.Password = cancel.NewSecret("x")
	for word, csd := range map[string]*CSD{
		"CSD is a nil *CSD":          nil,
		"CSD.Certificate is missing": {},
		"CSD.Password does not open": wrong,
		"expired":                    newCSD("EKU9003173C9", csdtest.Valid(time.Unix(0, 0), time.Unix(1, 0))),
		"e.firma (FIEL)":             newCSD("EKU9003173C9", csdtest.EFirma()),
	} {
		_, err := New(Config{Username: "u", Password: cancel.NewSecret("p"), Environment: cancel.Sandbox, CSD: csd})
		require.ErrorIs(t, err, cancel.ErrInvalid, word)
		assert.ErrorContains(t, err, word)
	}
}

func TestNewKeepsACopyOfACSD(t *testing.T) {
	v := signedVendor(t)
	csd := newCSD("EKU9003173C9")
	c := client(t, v, func(c *Config) { c.CSD = csd })
	clear(csd.Certificate)
	clear(csd.Key)
	csd.Password = cancel.Secret{}
	_, err := c.Cancel(t.Context(), registration())
	assert.NoError(t, err)
}

func TestACSDServesItsOwnIssuerOnly(t *testing.T) {
	csd := newCSD("EKU9003173C9")
	own, err := csd.CSD(t.Context(), "EKU9003173C9")
	require.NoError(t, err)
	assert.Same(t, csd, own)
	for _, rfc := range []string{"VADA800927DJ3", "", "eku9003173c9"} {
		other, err := csd.CSD(t.Context(), rfc)
		require.NoError(t, err)
		assert.Nil(t, other)
	}
}

// Nothing is sent without a good CSD of the issuer.
func TestNoCSDOfTheIssuerIsInvalid(t *testing.T) {
	for name, tt := range map[string]struct {
		source CSDSource
		want   string
	}{
		"another's":             {newCSD("VADA800927DJ3"), "EKU9003173C9"},
		"a source without":      {source(func(context.Context, string) (*CSD, error) { return nil, nil }), "EKU9003173C9"},
		"a source with another": {source(func(context.Context, string) (*CSD, error) { return newCSD("VADA800927DJ3"), nil }), "VADA800927DJ3"},
		"an empty CSD":          {source(func(context.Context, string) (*CSD, error) { return &CSD{}, nil }), "CSD.Certificate is missing"},
		"an expired CSD": {source(func(context.Context, string) (*CSD, error) {
			return newCSD("EKU9003173C9", csdtest.Valid(time.Unix(0, 0), time.Unix(1, 0))), nil
		}), "expired"},
		"an e.firma": {source(func(context.Context, string) (*CSD, error) {
			return newCSD("EKU9003173C9", csdtest.EFirma()), nil
		}), "e.firma"},
	} {
		t.Run(name, func(t *testing.T) {
			v := signedVendor(t)
			got, err := client(t, v, func(c *Config) { c.CSD = tt.source }).Cancel(t.Context(), registration())
			failure := expect{Reason: cancel.ErrInvalid}.Check(t, got, err)
			assert.Contains(t, failure.Message, tt.want)
			assert.Equal(t, opEnviarSolicitud, failure.Op)
			assert.Zero(t, v.Count())
		})
	}
}

func TestAnErrorOfTheSourceIsUnavailable(t *testing.T) {
	down := errors.New("the vault is down")
	for _, cause := range []error{down, cancel.ErrAuth, context.Canceled} {
		v := signedVendor(t)
		c := client(t, v, func(c *Config) {
			c.CSD = source(func(context.Context, string) (*CSD, error) {
				return newCSD("EKU9003173C9"), fmt.Errorf("asked for a key: %w", cause)
			})
		})
		got, err := c.Cancel(t.Context(), registration())
		failure := expect{Reason: cancel.ErrUnavailable}.Check(t, got, err)
		assert.ErrorContains(t, failure.Err, "asked for a key")
		assert.True(t, cancel.Retryable(err))
		assert.Equal(t, cause != cancel.ErrAuth, errors.Is(err, cause), "a sentinel of the cause is hidden")
		assert.Zero(t, v.Count())
	}
}

func TestTheSourceIsAskedInEachCallThatSigns(t *testing.T) {
	v := signedVendor(t)
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "the caller's")
	var asked []string
	c := client(t, v, func(c *Config) {
		c.CSD = source(func(ctx context.Context, rfc string) (*CSD, error) {
			asked = append(asked, fmt.Sprint(rfc, " ", ctx.Value(key{})))
			return newCSD(rfc), nil
		})
	})
	for _, issuer := range []string{"EKU9003173C9", "VADA800927DJ3", "EKU9003173C9"} {
		_, err := c.Cancel(ctx, registration(func(r *cancel.Request) { r.Issuer = issuer }))
		require.NoError(t, err)
	}
	_, _ = c.Status(ctx, registration())
	_, _ = c.Cancel(ctx, primary)
	_, _ = c.Cancel(ctx, registration(func(r *cancel.Request) { r.Motive = "" }))
	assert.Equal(t, []string{"EKU9003173C9 the caller's", "VADA800927DJ3 the caller's", "EKU9003173C9 the caller's"}, asked)
}

// Nothing is sent without the password, and New does not ask for one that may change.
func TestThePasswordOfACSDMayBeAFunction(t *testing.T) {
	v := signedVendor(t)
	csd := newCSD("EKU9003173C9", csdtest.Password("old hunter2"))
	value, down := "old hunter2", errors.New("the vault is down")
	var failure error
	csd.Password = cancel.SecretFunc(func(context.Context) (string, error) { return value, failure })
	failure = down
	c := client(t, v, func(c *Config) { c.CSD = csd })
	got, err := c.Cancel(t.Context(), registration())
	expect{Reason: cancel.ErrUnavailable}.Check(t, got, err)
	require.ErrorIs(t, err, down)
	failure, value = nil, "new hunter2"
	got, err = c.Cancel(t.Context(), registration())
	assert.Contains(t, expect{Reason: cancel.ErrInvalid}.Check(t, got, err).Message, "CSD.Password does not open")
	assert.NotContains(t, fmt.Sprintf("%+v", err), "hunter2")
	assert.Zero(t, v.Count())
	value = "old hunter2"
	_, err = c.Cancel(t.Context(), registration())
	require.NoError(t, err)

	csd = newCSD("EKU9003173C9", csdtest.EFirma())
	csd.Password = cancel.SecretFunc(func(context.Context) (string, error) { panic("New asks no function") })
	_, err = New(Config{Username: "u", Password: cancel.NewSecret("p"), Environment: cancel.Sandbox, CSD: csd})
	assert.ErrorContains(t, err, "e.firma", "the certificate is checked")
}

func TestAnEchoOfTheCSDsPasswordIsRedacted(t *testing.T) {
	v := (&vendor{Status: 200, Answer: answered(opEnviarSolicitud, coded("1702")+"<ax211:mensaje>clave hunter2 mala</ax211:mensaje>")}).Start(t)
	c := client(t, v, func(c *Config) {
		c.CSD = source(func(_ context.Context, rfc string) (*CSD, error) {
			return newCSD(rfc, csdtest.Password("hunter2")), nil
		})
	})
	got, err := c.Cancel(t.Context(), registration())
	failure := expect{Reason: cancel.ErrInvalid}.Check(t, got, err)
	assert.Equal(t, "clave REDACTED mala", failure.Message)
}

func TestValidateKnowsTheIssuerOfACSD(t *testing.T) {
	v := signedVendor(t)
	c := client(t, v, func(c *Config) { c.CSD = newCSD("EKU9003173C9") })
	assert.NoError(t, c.Validate(registration()))
	err := c.Validate(registration(func(r *cancel.Request) { r.Issuer = "VADA800927DJ3" }))
	assert.ErrorIs(t, err, cancel.ErrInvalid)
	assert.NoError(t, c.Validate(primary))
	c = client(t, v, func(c *Config) {
		c.CSD = source(func(context.Context, string) (*CSD, error) { panic("Validate asks no source") })
	})
	assert.NoError(t, c.Validate(registration()))
}

func TestMotiveAndReplacedByAreOnlyForAnInvoice(t *testing.T) {
	v := signedVendor(t)
	c := client(t, v)
	for _, change := range []func(*cancel.Request){
		func(r *cancel.Request) { r.Motive = "02" },
		func(r *cancel.Request) { r.ReplacedBy = another },
	} {
		req := primary
		change(&req)
		got, err := c.Cancel(t.Context(), req)
		expect{Reason: cancel.ErrInvalid}.Check(t, got, err)
		got, err = c.Status(t.Context(), req)
		expect{Reason: cancel.ErrInvalid}.Check(t, got, err)
		assert.ErrorIs(t, c.Validate(req), cancel.ErrInvalid)
	}
	assert.Zero(t, v.Count())
}

func TestARenewedCSDIsUsedByTheNextCall(t *testing.T) {
	const rfc = "EKU9003173C9"
	old, renewed := newCSD(rfc), newCSD(rfc)
	arrived, release := make(chan struct{}), make(chan struct{})
	v := (&vendor{Transmission: func(w http.ResponseWriter) {
		arrived <- struct{}{}
		<-release
		_, _ = fmt.Fprint(w, answered(opEnviarSolicitud, coded("200")))
	}}).Start(t)
	var mu sync.Mutex
	current := old
	c := client(t, v, func(c *Config) {
		c.CSD = source(func(context.Context, string) (*CSD, error) {
			mu.Lock()
			defer mu.Unlock()
			return current, nil
		})
	})
	var calls sync.WaitGroup
	send := func(n int) {
		for range n {
			calls.Go(func() {
				_, err := c.Cancel(t.Context(), registration())
				assert.NoError(t, err)
			})
		}
		for range n {
			<-arrived
		}
	}
	send(4)
	mu.Lock()
	current = renewed
	mu.Unlock()
	send(4) // while the first four are in flight
	close(release)
	calls.Wait()
	require.Len(t, v.Bodies(), 8)
	for i, body := range v.Bodies() {
		want := old
		if i >= 4 {
			want = renewed
		}
		assert.Equal(t, want.Certificate, certificateIn(t, body), i)
	}
}

// texts returns every string and every slice of bytes that reflection reaches, unexported
// fields too.
func texts(v reflect.Value, seen map[uintptr]bool) []string {
	var found []string
	each := func(n int, of func(int) reflect.Value) {
		for i := range n {
			found = append(found, texts(of(i), seen)...)
		}
	}
	switch v.Kind() {
	case reflect.String:
		found = append(found, v.String())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() || v.Kind() == reflect.Pointer && seen[v.Pointer()] {
			break
		}
		if v.Kind() == reflect.Pointer {
			seen[v.Pointer()] = true
		}
		found = texts(v.Elem(), seen)
	case reflect.Struct:
		each(v.NumField(), v.Field)
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return append(found, string(v.Bytes()))
		}
		each(v.Len(), v.Index)
	case reflect.Map:
		for _, key := range v.MapKeys() {
			found = append(found, texts(key, seen)...)
			found = append(found, texts(v.MapIndex(key), seen)...)
		}
	}
	return found
}

func TestReflectionReachesNoCSDInAClient(t *testing.T) {
	csd := newCSD("EKU9003173C9", csdtest.Password(csdPassword))
	c, err := New(Config{Username: "a user", Password: cancel.NewSecret("p"), Environment: cancel.Sandbox, CSD: csd})
	require.NoError(t, err)
	found := texts(reflect.ValueOf(c), map[uintptr]bool{})
	assert.Contains(t, found, "a user", "the walk reaches unexported fields")
	for _, text := range found {
		assert.NotContains(t, text, "hunter2")
		assert.False(t, bytes.Contains([]byte(text), csd.Key[100:120]))
	}
}

func TestTimeoutBoundsASecretAndACSDThatDoNotArrive(t *testing.T) {
	never := func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
	for what, change := range map[string]func(*Config){
		"the password": func(c *Config) {
			c.Password = cancel.SecretFunc(func(ctx context.Context) (string, error) { return "", never(ctx) })
		},
		"the CSD": func(c *Config) {
			c.CSD = source(func(ctx context.Context, _ string) (*CSD, error) { return nil, never(ctx) })
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			config := Config{Username: "u", Password: cancel.NewSecret("p"), Endpoint: "http://127.0.0.1:1", Options: cancel.ClientOptions{Timeout: 7 * time.Second}}
			change(&config)
			c, err := New(config)
			require.NoError(t, err)
			began := time.Now()
			_, err = c.Cancel(t.Context(), cancel.Request{Kind: cancel.Invoice, ID: invoice, Motive: "02", Issuer: "EKU9003173C9"})
			require.ErrorIs(t, err, cancel.ErrUnavailable, what)
			require.ErrorIs(t, err, context.DeadlineExceeded, what)
			assert.Equal(t, 7*time.Second, time.Since(began), what)
		})
	}
}
