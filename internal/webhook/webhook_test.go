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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// echo is a vendor whose events are bodies. Each body is its own key.
func echo(handle func(context.Context, string) error) Vendor {
	return Vendor{
		Name: "echo",
		Read: func(_ context.Context, _ string, body []byte) (Key, func(context.Context) error, error) {
			return KeyOf(string(body)), func(ctx context.Context) error { return handle(ctx, string(body)) }, nil
		},
	}
}

func newReceiver(t *testing.T, vendor Vendor, o cancel.WebhookOptions) *Receiver {
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

// send posts in a goroutine of its own. The status arrives when the vendor is answered.
func send(r http.Handler, body string) <-chan int {
	status := make(chan int, 1)
	go func() { status <- post(r, body) }()
	return status
}

// waiting reports that a call has no answer yet. The time of a synctest bubble stands still.
func waiting(t *testing.T, status <-chan int) {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-status:
		assert.Fail(t, "answered too early", "%d", got)
	default:
	}
}

// counter counts the events that were handled.
type counter struct {
	mu    sync.Mutex
	times map[string]int
}

func (c *counter) handle(_ context.Context, event string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == nil {
		c.times = map[string]int{}
	}
	c.times[event]++
	return nil
}

func (c *counter) of(event string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.times[event]
}

func TestNewRefusesNegativeOptions(t *testing.T) {
	for field, o := range map[string]cancel.WebhookOptions{
		"Window":     {Window: -1},
		"Timeout":    {Timeout: -1},
		"MaxBytes":   {MaxBytes: -1},
		"MaxRunning": {MaxRunning: -1},
	} {
		_, err := New(Vendor{}, o)
		assert.EqualError(t, err, "Options."+field+" is negative")
	}
}

func TestAnswers(t *testing.T) {
	const limit = 10
	vendor := Vendor{
		Name: "vendor",
		Admit: func(_ context.Context, h http.Header) error {
			if h.Get("X-Stranger") != "" {
				return Error(http.StatusUnauthorized, "a stranger")
			}
			return nil
		},
		Read: func(_ context.Context, contentType string, body []byte) (Key, func(context.Context) error, error) {
			switch string(body) {
			case "malformed":
				return Key{}, nil, Malformed("malformed")
			case "typed":
				assert.Equal(t, "text/odd", contentType)
				return Key{}, nil, WrongType()
			case "odd":
				return Key{}, nil, errors.New("the secret cannot be had")
			}
			return KeyOf(string(body)), func(context.Context) error { return nil }, nil
		},
	}
	broken := func() io.Reader { return iotest.ErrReader(io.ErrUnexpectedEOF) }
	for name, c := range map[string]struct {
		method string
		header [2]string
		body   io.Reader
		want   int
	}{
		"genuine":                   {http.MethodPost, [2]string{}, strings.NewReader("event"), http.StatusOK},
		"empty":                     {http.MethodPost, [2]string{}, http.NoBody, http.StatusOK},
		"as large as allowed":       {http.MethodPost, [2]string{}, strings.NewReader("0123456789"), http.StatusOK},
		"too large":                 {http.MethodPost, [2]string{}, strings.NewReader("0123456789a"), http.StatusRequestEntityTooLarge},
		"too large, length unknown": {http.MethodPost, [2]string{}, io.MultiReader(strings.NewReader("0123456789a")), http.StatusRequestEntityTooLarge},
		"broken off":                {http.MethodPost, [2]string{}, broken(), http.StatusBadRequest},
		"malformed":                 {http.MethodPost, [2]string{}, strings.NewReader("malformed"), http.StatusBadRequest},
		"a wrong type":              {http.MethodPost, [2]string{"Content-Type", "text/odd"}, strings.NewReader("typed"), http.StatusUnsupportedMediaType},
		"an error without a status": {http.MethodPost, [2]string{}, strings.NewReader("odd"), http.StatusServiceUnavailable},
		"from a stranger":           {http.MethodPost, [2]string{"X-Stranger", "1"}, broken(), http.StatusUnauthorized},
		"GET":                       {http.MethodGet, [2]string{}, broken(), http.StatusMethodNotAllowed},
		"HEAD":                      {http.MethodHead, [2]string{}, broken(), http.StatusMethodNotAllowed},
		"PUT":                       {http.MethodPut, [2]string{}, broken(), http.StatusMethodNotAllowed},
		"unknown method":            {"GET1", [2]string{}, broken(), http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, vendor, cancel.WebhookOptions{MaxBytes: limit})
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

func TestABodyThatDeclaresToBeTooLargeIsNotRead(t *testing.T) {
	r := newReceiver(t, echo(nil), cancel.WebhookOptions{MaxBytes: 10})
	req := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(errors.New("read")))
	req.ContentLength = 11
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
}

// The vendor may forget an event when it is answered 200, so Handle must have stored it.
func TestTheVendorIsAnsweredAfterHandleHasReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			err  error
			want int
		}{{nil, http.StatusOK}, {errors.New("the database is down"), http.StatusServiceUnavailable}} {
			returns := make(chan error)
			r := newReceiver(t, echo(func(context.Context, string) error { return <-returns }), cancel.WebhookOptions{})
			status := send(r, "a")
			waiting(t, status)
			time.Sleep(7 * time.Second)
			waiting(t, status)
			returns <- c.err
			assert.Equal(t, c.want, <-status)
		}
	})
}

func TestAnEventThatFailedIsHandledAgain(t *testing.T) {
	for name, c := range map[string]struct {
		fail func() error
		logs string
	}{
		"error":          {func() error { return errors.New("ouch") }, `error=ouch`},
		"panic":          {func() error { panic("ouch") }, `error="panic: ouch`},
		"panic(error)":   {func() error { panic(errors.New("ouch")) }, `error="panic: ouch`},
		"ErrAbort":       {func() error { panic(http.ErrAbortHandler) }, `error="panic: net/http: abort Handler`},
		"runtime.Goexit": {func() error { runtime.Goexit(); return nil }, `error="runtime.Goexit was called"`},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			var calls atomic.Int32
			r := newReceiver(t, echo(func(context.Context, string) error {
				if calls.Add(1) <= 2 {
					return c.fail()
				}
				return nil
			}), cancel.WebhookOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))})

			for _, want := range []int{503, 503, 200, 200} {
				assert.Equal(t, want, post(r, "a"))
			}
			assert.EqualValues(t, 3, calls.Load(), "after a success it is a repeat")
			require.NoError(t, r.Close(t.Context()))
			assert.Equal(t, 2, strings.Count(log.String(), `level=ERROR msg="Handle failed" provider=echo `+c.logs), log.String())
			assert.Equal(t, 2, strings.Count(log.String(), `status=503 reason="Handle failed"`), log.String())
			assert.Equal(t, strings.Contains(c.logs, "panic"), strings.Contains(log.String(), "webhook_test.go"), "the stack")
		})
	}
}

func TestTheVendorIsAnsweredWhenTheTimeIsOver(t *testing.T) {
	for name, c := range map[string]struct{ given, lasts time.Duration }{
		"default": {0, 8 * time.Second},
		"given":   {time.Hour, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				r := newReceiver(t, echo(func(ctx context.Context, _ string) error {
					deadline, ok := ctx.Deadline()
					assert.True(t, ok)
					assert.Equal(t, c.lasts, time.Until(deadline))
					if calls.Add(1) == 1 {
						<-ctx.Done()
						return ctx.Err()
					}
					return nil
				}), cancel.WebhookOptions{Timeout: c.given})
				began := time.Now()
				assert.Equal(t, http.StatusServiceUnavailable, post(r, "a"))
				assert.Equal(t, c.lasts, time.Since(began))
				assert.Equal(t, http.StatusOK, post(r, "a"))
				assert.EqualValues(t, 2, calls.Load(), "it was not a repeat")
			})
		})
	}
}

// slowBody is a body that takes d to arrive.
type slowBody struct {
	io.Reader
	d time.Duration
}

func (b slowBody) Read(p []byte) (int, error) {
	time.Sleep(b.d)
	return b.Reader.Read(p)
}

func TestACallThatArrivesTooLateIsNotHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var handled counter
		r := newReceiver(t, echo(handled.handle), cancel.WebhookOptions{})
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", slowBody{strings.NewReader("a"), 9 * time.Second}))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		synctest.Wait()
		assert.Zero(t, handled.of("a"))
		assert.Equal(t, http.StatusOK, post(r, "a"))
	})
}

func TestAHandleThatIgnoresItsContextHoldsUpNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		r := newReceiver(t, echo(func(context.Context, string) error {
			if calls.Add(1) == 1 {
				time.Sleep(time.Minute)
			}
			return nil
		}), cancel.WebhookOptions{MaxRunning: 2})
		began := time.Now()
		assert.Equal(t, http.StatusServiceUnavailable, post(r, "a"))
		assert.Equal(t, 8*time.Second, time.Since(began))

		assert.Equal(t, http.StatusOK, post(r, "a"), "handled again, beside the first Handle")
		assert.EqualValues(t, 2, calls.Load())
		require.NoError(t, r.Close(t.Context()))
		assert.Equal(t, time.Minute, time.Since(began), "Close waits for the first Handle")
		assert.Equal(t, http.StatusOK, post(r, "a"), "the end of the first Handle changes nothing")
		assert.EqualValues(t, 2, calls.Load())
	})
}

func TestSuccessAfterTheTimeIsOverIsNoAcknowledgement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var handled counter
		r := newReceiver(t, echo(func(ctx context.Context, event string) error {
			time.Sleep(9 * time.Second)
			return handled.handle(ctx, event)
		}), cancel.WebhookOptions{})
		for n := range 3 {
			assert.Equal(t, http.StatusServiceUnavailable, post(r, "a"))
			time.Sleep(time.Minute)
			assert.Equal(t, n+1, handled.of("a"))
		}
	})
}

func TestAHandleThatIgnoresItsContextCountsUntilItReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		r := newReceiver(t, echo(func(context.Context, string) error { <-free; return nil }), cancel.WebhookOptions{MaxRunning: 1})
		assert.Equal(t, http.StatusServiceUnavailable, post(r, "a"))
		status := send(r, "b")
		synctest.Wait()
		assert.Equal(t, http.StatusServiceUnavailable, <-status, "at once")
		close(free)
		synctest.Wait()
		assert.Equal(t, http.StatusOK, post(r, "b"))
	})
}

func TestARepeatGetsTheAnswerOfTheFirst(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(chan<- error)
		want int
	}{
		"success": {func(returns chan<- error) { returns <- nil }, http.StatusOK},
		"error":   {func(returns chan<- error) { returns <- errors.New("the database is down") }, http.StatusServiceUnavailable},
		"panic":   {func(returns chan<- error) { close(returns) }, http.StatusServiceUnavailable},
		"timeout": {func(chan<- error) { time.Sleep(8 * time.Second) }, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				returns := make(chan error)
				r := newReceiver(t, echo(func(ctx context.Context, _ string) error {
					calls.Add(1)
					select {
					case err, ok := <-returns:
						if !ok {
							panic("closed")
						}
						return err
					case <-ctx.Done():
						return ctx.Err()
					}
				}), cancel.WebhookOptions{MaxRunning: 1})
				first := send(r, "a")
				synctest.Wait()
				repeats := []<-chan int{send(r, "a"), send(r, "a"), send(r, "a")}
				for _, status := range append(repeats, first) {
					waiting(t, status)
				}
				assert.EqualValues(t, 1, calls.Load())
				c.end(returns)
				for _, status := range append(repeats, first) {
					assert.Equal(t, c.want, <-status)
				}
				assert.EqualValues(t, 1, calls.Load())
				require.NoError(t, r.Close(t.Context()))
			})
		})
	}
}

func TestTheEndOfTheRequestDoesNotEndHandle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var handled counter
		r := newReceiver(t, echo(func(ctx context.Context, event string) error {
			assert.Equal(t, "kept", ctx.Value(key{}))
			time.Sleep(5 * time.Second)
			require.NoError(t, ctx.Err())
			return handled.handle(ctx, event)
		}), cancel.WebhookOptions{})
		ctx, end := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		go func() {
			r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader("a")))
		}()
		synctest.Wait()
		end()
		assert.Equal(t, http.StatusOK, post(r, "a"))
		assert.Equal(t, 1, handled.of("a"))
	})
}

func TestEventsAreHandledInTheOrderOfTheirSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		r := newReceiver(t, echo(func(_ context.Context, event string) error {
			time.Sleep(map[string]time.Duration{"create": 7 * time.Second, "finish": time.Second}[event])
			order = append(order, event)
			return nil
		}), cancel.WebhookOptions{})
		for _, event := range []string{"create", "sign", "finish"} {
			assert.Equal(t, http.StatusOK, post(r, event))
		}
		assert.Equal(t, []string{"create", "sign", "finish"}, order)
	})
}

func TestRepeatsAreNotHandledWithinTheWindow(t *testing.T) {
	for name, c := range map[string]struct{ given, lasts time.Duration }{
		"default": {0, 15 * time.Minute},
		"given":   {time.Hour, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var handled counter
				r := newReceiver(t, echo(func(ctx context.Context, event string) error {
					time.Sleep(time.Second) // the window begins after it
					return handled.handle(ctx, event)
				}), cancel.WebhookOptions{Window: c.given})
				send := func(event string, times int) {
					t.Helper()
					assert.Equal(t, http.StatusOK, post(r, event))
					assert.Equal(t, times, handled.of(event))
				}
				send("a", 1)
				send("a", 1)
				time.Sleep(c.lasts - time.Nanosecond)
				send("a", 1)
				time.Sleep(time.Nanosecond)
				send("a", 2)
				send("a", 2)
				send("b", 1)
			})
		})
	}
}

func TestTheVendorsRetriesFallWithinTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var handled counter
		r := newReceiver(t, echo(handled.handle), cancel.WebhookOptions{})
		post(r, "a")
		for _, wait := range []time.Duration{2, 4, 6} {
			time.Sleep(wait*time.Minute + 10*time.Second)
			assert.Equal(t, http.StatusOK, post(r, "a"))
		}
		assert.Equal(t, 1, handled.of("a"))
	})
}

func TestOnlyTheLastEventsAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var handled counter
		r := newReceiver(t, echo(handled.handle), cancel.WebhookOptions{})
		const sent = maxRemembered + 5
		for n := range sent {
			post(r, strconv.Itoa(n))
		}
		assert.Len(t, r.runs, maxRemembered)
		assert.Len(t, r.handled, maxRemembered)
		for _, c := range []struct{ event, times int }{{5, 1}, {sent - 1, 1}, {4, 2}} {
			post(r, strconv.Itoa(c.event))
			assert.Equal(t, c.times, handled.of(strconv.Itoa(c.event)), c.event)
		}
		time.Sleep(15 * time.Minute)
		post(r, "last")
		assert.Len(t, r.runs, 1)
		assert.Len(t, r.handled, 1)
	})
}

func TestEventsThatFailedTakeNoMemory(t *testing.T) {
	r := newReceiver(t, echo(func(context.Context, string) error { return errors.New("ouch") }), cancel.WebhookOptions{})
	for n := range 100 {
		post(r, strconv.Itoa(n))
	}
	require.NoError(t, r.Close(t.Context()))
	assert.Empty(t, r.runs)
	assert.Empty(t, r.handled)
}

func TestConcurrentRepeatsAreHandledOnce(t *testing.T) {
	var handled counter
	r := newReceiver(t, echo(handled.handle), cancel.WebhookOptions{})
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
		assert.Equal(t, 1, handled.of(event), event)
	}
}

func TestBeyondMaxRunningTheVendorMustTryAgain(t *testing.T) {
	for name, c := range map[string]struct{ given, limit int }{"default": {0, 64}, "given": {2, 2}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var handled counter
				free := make(chan struct{})
				r := newReceiver(t, echo(func(ctx context.Context, event string) error {
					<-free
					return handled.handle(ctx, event)
				}), cancel.WebhookOptions{MaxRunning: c.given})
				var running []<-chan int
				for n := range c.limit {
					running = append(running, send(r, strconv.Itoa(n)))
				}
				synctest.Wait()
				assert.Equal(t, http.StatusServiceUnavailable, post(r, "late"))
				running = append(running, send(r, "0")) // a repeat needs no Handle
				for _, status := range running {
					waiting(t, status)
				}
				close(free)
				for _, status := range running {
					assert.Equal(t, http.StatusOK, <-status)
				}
				assert.Zero(t, handled.of("late"))
				assert.Equal(t, http.StatusOK, post(r, "late"))
				assert.Equal(t, 1, handled.of("late"))
			})
		})
	}
}

func TestCloseWaitsForHandles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var finished atomic.Int32
		r := newReceiver(t, echo(func(ctx context.Context, _ string) error {
			time.Sleep(5 * time.Second)
			finished.Add(1)
			return ctx.Err()
		}), cancel.WebhookOptions{})
		running := []<-chan int{send(r, "a"), send(r, "b")}
		synctest.Wait()

		var closing sync.WaitGroup
		for range 2 {
			closing.Go(func() {
				assert.NoError(t, r.Close(t.Context()))
				assert.EqualValues(t, 2, finished.Load())
			})
		}
		synctest.Wait()
		assert.Equal(t, http.StatusServiceUnavailable, post(r, "c"))
		running = append(running, send(r, "a"))
		closing.Wait()
		for _, status := range running {
			assert.Equal(t, http.StatusOK, <-status)
		}

		assert.Equal(t, http.StatusServiceUnavailable, post(r, "c"), "closed for good")
		assert.Equal(t, http.StatusOK, post(r, "a"), "a repeat is still acknowledged")
		done, end := context.WithCancel(t.Context())
		end()
		assert.NoError(t, r.Close(done), "no Handle runs")
	})
}

func TestCloseEndsHandlesThatRunTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		r := newReceiver(t, echo(func(ctx context.Context, _ string) error {
			<-ctx.Done()
			cause = ctx.Err()
			return nil
		}), cancel.WebhookOptions{})
		status := send(r, "a")
		synctest.Wait()
		ctx, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		began := time.Now()
		assert.ErrorIs(t, r.Close(ctx), context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))
		synctest.Wait()
		assert.Equal(t, context.Canceled, cause)
		<-status
		assert.NoError(t, r.Close(t.Context()))
	})
}

func TestCloseDoesNotWaitForAHandleThatIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		r := newReceiver(t, echo(func(context.Context, string) error { <-free; return nil }), cancel.WebhookOptions{})
		status := send(r, "a")
		synctest.Wait()
		ctx, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		assert.ErrorIs(t, r.Close(ctx), context.DeadlineExceeded)
		assert.Equal(t, http.StatusServiceUnavailable, <-status, "the vendor keeps the event")
		close(free)
		assert.NoError(t, r.Close(t.Context()))
	})
}

func TestTheLogHoldsNothingOfTheCall(t *testing.T) {
	var log bytes.Buffer
	vendor := Vendor{Name: "vendor", Read: func(_ context.Context, contentType string, body []byte) (Key, func(context.Context) error, error) {
		_, err := Object(contentType, body)
		return Key{}, nil, err
	}}
	r := newReceiver(t, vendor, cancel.WebhookOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))})
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
