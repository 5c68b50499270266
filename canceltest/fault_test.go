package canceltest_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
)

// pause keeps a loop that waits for the network from spinning.
func pause() <-chan time.Time { return time.After(time.Millisecond) }

// certain are the faults that certainly carry nothing out.
var certain = []canceltest.Fault{canceltest.Refuse, canceltest.HTTP429, canceltest.HTTP503}

func TestEachFaultHasItsOutcome(t *testing.T) {
	for _, fault := range canceltest.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			eachVendor(t, func(t *testing.T, v vendor, client cancel.Canceler) {
				req := v.request(1)
				v.register(req.ID)
				carries := strings.HasPrefix(string(fault), "carried out, ")
				assert.Equal(t, carries, fault.CarriesOut())

				v.Fail(1, fault)
				ctx := t.Context()
				if strings.HasSuffix(strings.ToLower(string(fault)), "late") {
					ctx = whenArrived(t, v, 1)
				}
				_, err := client.Cancel(ctx, req)
				want := cancel.ErrUnknownOutcome
				if slices.Contains(certain, fault) {
					want = cancel.ErrUnavailable
				}
				require.ErrorIs(t, err, want)
				assert.Equal(t, carries, v.isCancelled(req.ID), "the ledger")

				calls := v.Calls()
				require.Len(t, calls, 1)
				assert.Equal(t, fault, calls[0].Fault)
				assert.Equal(t, carries, calls[0].Carried)
				if fault != canceltest.Refuse && fault != canceltest.ResetBeforeReading {
					assert.Equal(t, req.ID, calls[0].ID)
				}

				// Only one call fails. Auco lists a cancelled document as failed.
				err = ask(t, client, req)
				if _, batch := client.(cancel.BatchCanceler); batch && carries {
					require.ErrorIs(t, err, cancel.ErrNotCancellable)
				} else {
					require.NoError(t, err)
				}
				assert.Equal(t, []string{req.ID}, v.cancelled())
			})
		})
	}
}

func TestFaultsOfStatusLeaveNoDoubt(t *testing.T) {
	for _, fault := range canceltest.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			for _, name := range []string{"factible", "factible SOAP 1.2", "factible invoices", "auco"} {
				t.Run(name, func(t *testing.T) {
					v := vendors[name](t)
					client := v.connect(t, v.options)
					checker, ok := client.(cancel.StatusChecker)
					require.True(t, ok)
					req := v.request(1)
					v.register(req.ID)
					var cancelled []string
					// Auco's Status is a GET, which net/http may send again if a kept connection
					// breaks. So there is no connection yet.
					if name != "auco" {
						require.NoError(t, ask(t, client, req))
						cancelled = []string{req.ID}
					}

					v.Fail(1, fault)
					ctx := t.Context()
					if strings.HasSuffix(strings.ToLower(string(fault)), "late") {
						ctx = whenArrived(t, v, len(cancelled)+1)
					}
					_, err := checker.Status(ctx, req)
					require.ErrorIs(t, err, cancel.ErrUnavailable)
					assert.Equal(t, cancelled, v.cancelled())
					calls := v.Calls()
					require.Len(t, calls, len(cancelled)+1)
					assert.Equal(t, fault, calls[len(cancelled)].Fault)
					assert.False(t, calls[len(cancelled)].Carried)
				})
			}
		})
	}
}

// Only Refuse depends on the client in Config.
func TestFaultsNeedNoSpecialClient(t *testing.T) {
	for _, fault := range canceltest.Faults() {
		if strings.HasSuffix(strings.ToLower(string(fault)), "late") {
			continue
		}
		t.Run(string(fault), func(t *testing.T) {
			for name, start := range vendors {
				t.Run(name, func(t *testing.T) {
					v := start(t)
					client := v.connect(t, cancel.ClientOptions{MaxResponseBytes: 64 << 10})
					first, second := v.request(1), v.request(2)
					v.register(first.ID, second.ID)
					require.NoError(t, ask(t, client, first), "a connection is now kept alive")

					v.Fail(1, fault)
					err := ask(t, client, second)
					if slices.Contains(certain, fault) && fault != canceltest.Refuse {
						require.ErrorIs(t, err, cancel.ErrUnavailable)
					} else {
						require.ErrorIs(t, err, cancel.ErrUnknownOutcome)
					}
					assert.Equal(t, fault.CarriesOut(), v.isCancelled(second.ID))
				})
			}
		})
	}
}

func TestDelayAnswersAsItShould(t *testing.T) {
	eachVendor(t, func(t *testing.T, v vendor, client cancel.Canceler) {
		req := v.request(1)
		v.register(req.ID)
		fault := canceltest.Delay(time.Millisecond)
		assert.True(t, fault.CarriesOut())
		v.Fail(1, fault)
		require.NoError(t, ask(t, client, req))
		assert.True(t, v.isCancelled(req.ID))
		assert.Equal(t, fault, v.Calls()[0].Fault)
	})
}

func TestHTTPStatusesHaveTheirReasons(t *testing.T) {
	wants := map[int]error{
		http.StatusUnauthorized: cancel.ErrAuth,
		http.StatusForbidden:    cancel.ErrForbidden,
		http.StatusNotFound:     cancel.ErrInvalid,
		http.StatusTeapot:       cancel.ErrUnexpected,
		http.StatusFound:        cancel.ErrUnexpected,
		http.StatusLoopDetected: cancel.ErrUnknownOutcome,
		http.StatusOK:           cancel.ErrUnknownOutcome,
	}
	eachVendor(t, func(t *testing.T, v vendor, client cancel.Canceler) {
		req := v.request(1)
		v.register(req.ID)
		for status, want := range wants {
			v.Fail(1, canceltest.HTTP(status))
			err := ask(t, client, req)
			require.ErrorIs(t, err, want, status)
			failure := new(cancel.Error)
			require.ErrorAs(t, err, &failure)
			assert.Equal(t, status, failure.HTTPStatus)
		}
		assert.Len(t, v.Calls(), len(wants), "a redirect was followed")
		assert.Empty(t, v.cancelled())
	})
}

func TestRetryAfterIsSentInSeconds(t *testing.T) {
	eachVendor(t, func(t *testing.T, v vendor, client cancel.Canceler) {
		for fault, want := range map[canceltest.Fault]time.Duration{
			canceltest.HTTP429: 0,
			canceltest.HTTP429.RetryAfter(90 * time.Second):        90 * time.Second,
			canceltest.HTTP503.RetryAfter(1500 * time.Millisecond): 2 * time.Second,
			canceltest.HTTP503.RetryAfter(0):                       0,
		} {
			v.Fail(1, fault)
			err := ask(t, client, v.request(1))
			require.ErrorIs(t, err, cancel.ErrUnavailable)
			failure := new(cancel.Error)
			require.ErrorAs(t, err, &failure)
			assert.Equal(t, want, failure.RetryAfter, fault)
		}
	})
}

func TestFailQueuesUp(t *testing.T) {
	eachVendor(t, func(t *testing.T, v vendor, client cancel.Canceler) {
		req := v.request(1)
		v.register(req.ID)
		v.Fail(0, canceltest.HTTP500)
		v.Fail(-1, canceltest.HTTP500)
		v.Fail(2, canceltest.HTTP429)
		v.Fail(1, canceltest.HTML)
		v.Fail(2, canceltest.Refuse)
		v.Fail(1, canceltest.HTTP502)

		wants := []error{
			cancel.ErrUnavailable, cancel.ErrUnavailable, cancel.ErrUnknownOutcome,
			cancel.ErrUnavailable, cancel.ErrUnavailable, cancel.ErrUnknownOutcome, nil,
		}
		for i, want := range wants {
			require.ErrorIs(t, ask(t, client, req), want, i)
		}
		var faults []canceltest.Fault
		for _, call := range v.Calls() {
			faults = append(faults, call.Fault)
		}
		assert.Equal(t, []canceltest.Fault{
			canceltest.HTTP429, canceltest.HTTP429, canceltest.HTML,
			canceltest.Refuse, canceltest.Refuse, canceltest.HTTP502, "",
		}, faults)
	})
}

func TestRefuseResetsOtherClients(t *testing.T) {
	v := vendors["payvalida"](t)
	client := v.connect(t, cancel.ClientOptions{})
	v.register(v.request(1).ID)
	v.Fail(1, canceltest.Refuse)
	require.ErrorIs(t, ask(t, client, v.request(1)), cancel.ErrUnknownOutcome)
	assert.Equal(t, canceltest.ResetBeforeReading, v.Calls()[0].Fault, "the log says what happened")
	assert.False(t, v.isCancelled(v.request(1).ID))
	require.NoError(t, ask(t, client, v.request(1)))
}

// A refused call writes no byte, and net/http would say the same.
func TestRefuseLooksLikeAPortWithoutListener(t *testing.T) {
	v := vendors["payvalida"](t)
	post := func() error {
		_, err := v.options.HTTPClient.Post(v.URL, "application/json", strings.NewReader("{}"))
		return err
	}
	v.Fail(1, canceltest.Refuse)
	refused := post()
	assert.Zero(t, v.Connections())
	v.Close()
	closed := post()
	for _, err := range []error{refused, closed} {
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		op, ok := errors.AsType[*net.OpError](err)
		require.True(t, ok)
		assert.Equal(t, "dial", op.Op)
	}
}

func TestRefuseLeavesCallsUnderWay(t *testing.T) {
	v := vendors["payvalida"](t)
	client := v.connect(t, v.options)
	v.Fail(1, canceltest.Late)
	ctx, giveUp := context.WithCancel(t.Context())
	failure := make(chan error)
	go func() {
		_, err := client.Cancel(ctx, v.request(1))
		failure <- err
	}()
	<-whenArrived(t, v, 1).Done()
	v.Fail(1, canceltest.Refuse)
	require.ErrorIs(t, ask(t, client, v.request(2)), cancel.ErrUnavailable)
	giveUp()
	require.ErrorIs(t, <-failure, cancel.ErrUnknownOutcome)
	require.ErrorIs(t, ask(t, client, v.request(2)), cancel.ErrNotFound, "answered again")
}

func TestFailAtRandomFollowsTheSeed(t *testing.T) {
	const calls = 100
	faultsOf := func(t *testing.T, v vendor, seed uint64, faults ...canceltest.Fault) (chosen []canceltest.Fault) {
		v.FailAtRandom(0.4, seed, faults...)
		client := v.connect(t, v.options)
		for n := range calls {
			_ = ask(t, client, v.request(n))
		}
		for _, call := range v.Calls() {
			chosen = append(chosen, call.Fault)
		}
		return chosen
	}
	mix := []canceltest.Fault{canceltest.HTTP429, canceltest.CarriedOutThenDropped, canceltest.Refuse, canceltest.ResetAfterReading}
	for name, start := range vendors {
		t.Run(name, func(t *testing.T) {
			one, again, other := start(t), start(t), start(t)
			first := faultsOf(t, one, 7, mix...)
			assert.Equal(t, first, faultsOf(t, again, 7, mix...))
			assert.NotEqual(t, first, faultsOf(t, other, 8, mix...))
			require.Len(t, first, calls)
			failed := 0
			for _, fault := range first {
				if fault != "" {
					failed++
				}
			}
			assert.InDelta(t, 0.4*calls, failed, 0.15*calls)
			for _, fault := range append(mix, "") {
				assert.Contains(t, first, fault)
			}
		})
	}
}

func TestFailComesBeforeFailAtRandom(t *testing.T) {
	v := vendors["auco"](t)
	client := v.connect(t, v.options)
	v.FailAtRandom(1, 1, canceltest.HTTP503)
	v.Fail(1, canceltest.HTTP500)
	require.ErrorIs(t, ask(t, client, v.request(1)), cancel.ErrUnknownOutcome)
	require.ErrorIs(t, ask(t, client, v.request(1)), cancel.ErrUnavailable)
	v.FailAtRandom(0, 1)
	require.ErrorIs(t, ask(t, client, v.request(1)), cancel.ErrNotCancellable)
}

func TestFaultsThatDoNotExistPanic(t *testing.T) {
	v := vendors["auco"](t)
	for name, wrong := range map[string]func(){
		"unknown":             func() { v.Fail(1, "flood") },
		"unknown at random":   func() { v.FailAtRandom(0.5, 1, canceltest.Late, "flood") },
		"delay":               func() { v.Fail(1, "delay soon") },
		"negative delay":      func() { canceltest.Delay(-1) },
		"HTTP":                func() { canceltest.HTTP(99) },
		"no number":           func() { v.Fail(1, "HTTP many") },
		"retry of no status":  func() { canceltest.Late.RetryAfter(time.Second) },
		"negative retry":      func() { canceltest.HTTP429.RetryAfter(-time.Second) },
		"share above one":     func() { v.FailAtRandom(1.1, 1) },
		"negative share":      func() { v.FailAtRandom(-0.1, 1) },
		"no fault carries it": func() { canceltest.Fault("flood").CarriesOut() },
	} {
		assert.Panics(t, wrong, name)
	}
}

func TestFaultsIsACopy(t *testing.T) {
	canceltest.Faults()[0] = "flood"
	assert.NotContains(t, canceltest.Faults(), canceltest.Fault("flood"))
}

// With every fault at once, from many goroutines, the ledger agrees with the client.
func TestLedgerAgreesWithTheClientUnderFaults(t *testing.T) {
	const items, workers = 600, 8
	for name, start := range vendors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := start(t)
			options := v.options
			options.Timeout = 2 * time.Second
			options.MaxResponseBytes = 64 << 10
			client := v.connect(t, options)
			hasty := slices.DeleteFunc(canceltest.Faults(), func(f canceltest.Fault) bool {
				return f == canceltest.Late || f == canceltest.CarriedOutThenLate
			})
			for n := range items {
				v.register(v.request(n).ID)
			}
			v.FailAtRandom(0.3, 42, append(hasty, canceltest.Delay(time.Millisecond))...)

			errs := make([]error, items)
			var wg sync.WaitGroup
			for worker := range workers {
				wg.Go(func() {
					for n := worker; n < items; n += workers {
						errs[n] = ask(t, client, v.request(n))
					}
				})
			}
			wg.Wait()
			v.FailAtRandom(0, 0)

			outcomes := map[string]int{}
			for n, err := range errs {
				cancelled := v.isCancelled(v.request(n).ID)
				switch {
				case err == nil:
					outcomes["cancelled"]++
					assert.True(t, cancelled, "told cancelled")
				case cancel.InDoubt(err):
					outcomes["in doubt"]++
				default:
					outcomes["certain"]++
					require.ErrorIs(t, err, cancel.ErrUnavailable)
					assert.False(t, cancelled, "told not cancelled")
				}
			}
			assert.Len(t, outcomes, 3)
			carried := 0
			for _, call := range v.Calls() {
				if call.Carried {
					carried++
				}
			}
			assert.Len(t, v.cancelled(), carried, "the log and the ledger differ")
		})
	}
}
