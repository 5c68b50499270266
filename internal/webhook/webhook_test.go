package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// echo is a vendor whose events are bodies, each its own key.
func echo(handle func(context.Context, string)) Vendor {
	return Vendor{
		Name: "echo",
		Read: func(_ string, body []byte) (Delivery, error) {
			return Delivery{
				Key:  KeyOf(string(body)),
				Hand: func(ctx context.Context) { handle(ctx, string(body)) },
			}, nil
		},
	}
}

func newReceiver(t *testing.T, vendor Vendor, o Options) *Receiver {
	t.Helper()
	r, err := New(vendor, o)
	require.NoError(t, err)
	return r
}

func post(r http.Handler, body string) int {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
	return w.Code
}

// counter counts what is handed over, by event.
type counter struct {
	mu    sync.Mutex
	times map[string]int
}

func (c *counter) handle(_ context.Context, event string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == nil {
		c.times = map[string]int{}
	}
	c.times[event]++
}

func (c *counter) of(event string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.times[event]
}

func TestNewRefusesWhatIsNegative(t *testing.T) {
	for field, o := range map[string]Options{
		"Window":     {Window: -1},
		"Timeout":    {Timeout: -1},
		"MaxBytes":   {MaxBytes: -1},
		"MaxRunning": {MaxRunning: -1},
	} {
		_, err := New(Vendor{}, o)
		require.Error(t, err, field)
		assert.ErrorContains(t, err, field+" ")
	}
}

func TestAnswers(t *testing.T) {
	const limit = 10
	vendor := Vendor{
		Name: "vendor",
		Admit: func(h http.Header) error {
			if h.Get("X-Stranger") != "" {
				return Refuse(http.StatusUnauthorized, "a stranger")
			}
			return nil
		},
		Read: func(contentType string, body []byte) (Delivery, error) {
			switch string(body) {
			case "malformed":
				return Delivery{}, Malformed("malformed")
			case "typed":
				assert.Equal(t, "text/odd", contentType)
				return Delivery{}, WrongType()
			case "odd":
				return Delivery{}, errors.New("an error without a status")
			}
			return Delivery{Key: KeyOf(string(body)), Hand: func(context.Context) {}}, nil
		},
	}
	broken := func() io.Reader { return iotest.ErrReader(io.ErrUnexpectedEOF) }
	for name, c := range map[string]struct {
		method string
		header [2]string
		body   io.Reader
		want   int
	}{
		"genuine":                    {http.MethodPost, [2]string{}, strings.NewReader("event"), http.StatusOK},
		"empty":                      {http.MethodPost, [2]string{}, http.NoBody, http.StatusOK},
		"as large as may be":         {http.MethodPost, [2]string{}, strings.NewReader("0123456789"), http.StatusOK},
		"too large":                  {http.MethodPost, [2]string{}, strings.NewReader("0123456789a"), http.StatusRequestEntityTooLarge},
		"too large, length unknown":  {http.MethodPost, [2]string{}, io.MultiReader(strings.NewReader("0123456789a")), http.StatusRequestEntityTooLarge},
		"broken off":                 {http.MethodPost, [2]string{}, broken(), http.StatusBadRequest},
		"malformed":                  {http.MethodPost, [2]string{}, strings.NewReader("malformed"), http.StatusBadRequest},
		"of a wrong type":            {http.MethodPost, [2]string{"Content-Type", "text/odd"}, strings.NewReader("typed"), http.StatusUnsupportedMediaType},
		"an error without a status":  {http.MethodPost, [2]string{}, strings.NewReader("odd"), http.StatusBadRequest},
		"from a stranger":            {http.MethodPost, [2]string{"X-Stranger", "1"}, broken(), http.StatusUnauthorized},
		"GET":                        {http.MethodGet, [2]string{}, broken(), http.StatusMethodNotAllowed},
		"HEAD":                       {http.MethodHead, [2]string{}, broken(), http.StatusMethodNotAllowed},
		"PUT":                        {http.MethodPut, [2]string{}, broken(), http.StatusMethodNotAllowed},
		"a method of no one's, GET1": {"GET1", [2]string{}, broken(), http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, vendor, Options{MaxBytes: limit})
			req := httptest.NewRequest(c.method, "/", c.body)
			if c.header[0] != "" {
				req.Header.Set(c.header[0], c.header[1])
			}
			w := httptest.NewRecorder()
			r.ServeHTTP(w, req)

			assert.Equal(t, c.want, w.Code)
			words := "ERROR"
			if c.want == http.StatusOK {
				words = "OK"
			}
			assert.Equal(t, words, w.Body.String())
			assert.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
			allow := ""
			if c.want == http.StatusMethodNotAllowed {
				allow = http.MethodPost
			}
			assert.Equal(t, allow, w.Header().Get("Allow"))
			assert.NoError(t, r.Close(t.Context()))
		})
	}
}

func TestWhatSaysThatItIsTooLargeIsNotRead(t *testing.T) {
	r := newReceiver(t, echo(nil), Options{MaxBytes: 10})
	req := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(errors.New("read")))
	req.ContentLength = 11
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
}

func TestTheFunctionRunsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var ran time.Duration
		var cause error
		r := newReceiver(t, echo(func(ctx context.Context, _ string) {
			assert.Equal(t, "kept", ctx.Value(key{}))
			began := time.Now()
			<-ctx.Done()
			ran, cause = time.Since(began), ctx.Err()
		}), Options{Timeout: 7 * time.Minute})

		ctx, end := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader("a")))
		assert.Equal(t, http.StatusOK, w.Code, "answered while the function runs")
		end()

		require.NoError(t, r.Close(t.Context()))
		assert.Equal(t, 7*time.Minute, ran, "the request's end is not the function's")
		assert.Equal(t, context.DeadlineExceeded, cause)
	})
}

func TestTimeoutByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t, echo(func(ctx context.Context, _ string) {
			deadline, ok := ctx.Deadline()
			assert.True(t, ok)
			assert.Equal(t, time.Minute, time.Until(deadline))
		}), Options{})
		assert.Equal(t, http.StatusOK, post(r, "a"))
		require.NoError(t, r.Close(t.Context()))
	})
}

func TestRepeatsAreDroppedWithinTheWindow(t *testing.T) {
	for name, c := range map[string]struct{ given, lasts time.Duration }{
		"default": {0, 15 * time.Minute},
		"given":   {time.Hour, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var handed counter
				r := newReceiver(t, echo(handed.handle), Options{Window: c.given})
				send := func(event string, times int) {
					t.Helper()
					assert.Equal(t, http.StatusOK, post(r, event), "a repeat is good news to the vendor")
					synctest.Wait()
					assert.Equal(t, times, handed.of(event))
				}
				send("a", 1)
				send("a", 1)
				send("b", 1)
				time.Sleep(c.lasts - time.Nanosecond)
				send("a", 1)
				time.Sleep(time.Nanosecond)
				send("a", 2)
				send("a", 2)
				send("b", 2)
			})
		})
	}
}

func TestTheVendorsRetriesFallWithinTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var handed counter
		r := newReceiver(t, echo(handed.handle), Options{})
		post(r, "a")
		for _, wait := range []time.Duration{2, 4, 6} {
			time.Sleep(wait*time.Minute + 10*time.Second)
			assert.Equal(t, http.StatusOK, post(r, "a"))
		}
		synctest.Wait()
		assert.Equal(t, 1, handed.of("a"))
	})
}

func TestConcurrentRepeatsAreHandedOverOnce(t *testing.T) {
	var handed counter
	r := newReceiver(t, echo(handed.handle), Options{})
	events := strings.Split("abcdefgh", "")
	var calls sync.WaitGroup
	for range 50 {
		for _, event := range events {
			calls.Go(func() { assert.Equal(t, http.StatusOK, post(r, event)) })
		}
	}
	calls.Wait()
	require.NoError(t, r.Close(t.Context()))
	for _, event := range events {
		assert.Equal(t, 1, handed.of(event), event)
	}
}

func TestWhatWasNotFinishedIsHandedOverAgain(t *testing.T) {
	for name, fail := range map[string]func(){
		"panic":         func() { panic("ouch") },
		"panic(error)":  func() { panic(errors.New("ouch")) },
		"abort handler": func() { panic(http.ErrAbortHandler) },
		"goexit":        runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				var calls atomic.Int32
				r := newReceiver(t, echo(func(context.Context, string) {
					if calls.Add(1) == 1 {
						fail()
					}
				}), Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})

				assert.Equal(t, http.StatusOK, post(r, "a"))
				synctest.Wait()
				assert.Equal(t, name != "goexit", strings.Contains(log.String(), "Handle panicked"), log.String())
				assert.Equal(t, name != "goexit", strings.Contains(log.String(), "webhook_test.go"), "the stack")

				for range 2 {
					assert.Equal(t, http.StatusOK, post(r, "a"))
					synctest.Wait()
				}
				assert.EqualValues(t, 2, calls.Load(), "again once, and then no more")
				assert.NoError(t, r.Close(t.Context()))
			})
		})
	}
}

func TestBeyondMaxRunningTheVendorHasToTryAgain(t *testing.T) {
	for name, c := range map[string]struct{ given, limit int }{"default": {0, 64}, "given": {2, 2}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var handed counter
				free := make(chan struct{})
				r := newReceiver(t, echo(func(ctx context.Context, event string) {
					handed.handle(ctx, event)
					<-free
				}), Options{MaxRunning: c.given})
				event := func(n int) string { return strings.Repeat("a", n) }
				for n := range c.limit {
					assert.Equal(t, http.StatusOK, post(r, event(n)))
				}
				assert.Equal(t, http.StatusServiceUnavailable, post(r, "late"))
				assert.Equal(t, http.StatusOK, post(r, event(1)), "a repeat needs no function")

				free <- struct{}{}
				synctest.Wait()
				assert.Zero(t, handed.of("late"))
				assert.Equal(t, http.StatusOK, post(r, "late"), "what was refused is not taken for a repeat")
				synctest.Wait()
				assert.Equal(t, 1, handed.of("late"))

				close(free)
				assert.NoError(t, r.Close(t.Context()))
			})
		})
	}
}

func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var finished atomic.Int32
		r := newReceiver(t, echo(func(ctx context.Context, _ string) {
			time.Sleep(20 * time.Second)
			assert.NoError(t, ctx.Err())
			finished.Add(1)
		}), Options{})
		post(r, "a")
		post(r, "b")

		var closing sync.WaitGroup
		for range 2 {
			closing.Go(func() {
				assert.NoError(t, r.Close(t.Context()))
				assert.EqualValues(t, 2, finished.Load())
			})
		}
		synctest.Wait()
		assert.Equal(t, http.StatusServiceUnavailable, post(r, "c"))
		assert.Equal(t, http.StatusOK, post(r, "a"))
		closing.Wait()

		assert.Equal(t, http.StatusServiceUnavailable, post(r, "c"), "closed for good")
		done, end := context.WithCancel(t.Context())
		end()
		assert.NoError(t, r.Close(done), "there is nothing to wait for")
	})
}

func TestCloseEndsWhatRunsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		r := newReceiver(t, echo(func(ctx context.Context, _ string) {
			<-ctx.Done()
			cause = ctx.Err()
		}), Options{})
		post(r, "a")
		ctx, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		began := time.Now()
		assert.ErrorIs(t, r.Close(ctx), context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))
		synctest.Wait()
		assert.Equal(t, context.Canceled, cause)
		assert.NoError(t, r.Close(t.Context()))
	})
}

func TestCloseDoesNotWaitForWhatHeedsNoContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		r := newReceiver(t, echo(func(context.Context, string) { <-free }), Options{})
		post(r, "a")
		ctx, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		assert.ErrorIs(t, r.Close(ctx), context.DeadlineExceeded)
		close(free)
		assert.NoError(t, r.Close(t.Context()))
	})
}

func TestTheLogHoldsNothingOfTheCall(t *testing.T) {
	var log bytes.Buffer
	vendor := Vendor{Name: "vendor", Read: func(contentType string, body []byte) (Delivery, error) {
		_, err := Object(contentType, body)
		return Delivery{}, err
	}}
	r := newReceiver(t, vendor, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, body := range []string{`{"forged":1,"forged":2}`, "forged", `{"a":"forged`} {
		w := httptest.NewRecorder()
		req := httptest.NewRequest(http.MethodPost, "/forged", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json; charset=forged")
		r.ServeHTTP(w, req)
		assert.Equal(t, http.StatusBadRequest, w.Code)
		assert.Equal(t, http.StatusBadRequest, post(r, body))
	}
	assert.Equal(t, 6, strings.Count(log.String(), `msg="call refused" provider=vendor status=400 reason="the `), log.String())
	assert.NotContains(t, log.String(), "forged")
}
