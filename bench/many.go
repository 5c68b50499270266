package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"

	"github.com/unified-cancel/cancel"
)

// adapters lists the adapters of this repository, with their fields.
var adapters = []struct {
	field, name string
	dial        func(url string) (call, error)
}{
	{"SOAP", ours, dialFactible},
	{"JSON", oursPayvalida, dialPayvalida},
	{"JSON", oursAuco, dialAuco},
}

// connections returns the number of connections that so many calls open. The answers come with
// a length and chunked, with HTTP 200 and HTTP 500.
func connections(ctx context.Context, v *vendors, dial func(string) (call, error), calls, inFlight int) (int64, error) {
	url, err := v.open(vendorConfig{Mixed: true})
	if err != nil {
		return 0, err
	}
	do, err := dial(url)
	if err != nil {
		return 0, err
	}
	if err := run(ctx, do, calls, inFlight, isServerError); err != nil {
		return 0, err
	}
	opened, made, err := v.count(url)
	if err == nil && made != int64(calls) {
		err = fmt.Errorf("the vendor was called %d times rather than %d", made, calls)
	}
	return opened, errors.Join(err, v.close(url))
}

func isServerError(err error) bool {
	e, ok := errors.AsType[*cancel.Error](err)
	return ok && e.HTTPStatus == http.StatusInternalServerError
}

// The calls to a slow vendor.
const (
	slowVendor   = 20 * time.Millisecond
	slowInFlight = 32
)

// slow returns the time of so many calls to a vendor that takes 20 ms, divided by the ideal
// time, in which only the vendor takes time: with the floor, with the adapter, and through
// Client.All. Each time includes opening the connections.
func slow(ctx context.Context, v *vendors, calls int) (least, alone, all float64, err error) {
	ideal := float64(calls) / slowInFlight * float64(slowVendor)
	took := func(do func(url string) error) (float64, error) {
		url, err := v.open(vendorConfig{Delay: slowVendor})
		if err != nil {
			return 0, err
		}
		runtime.GC()
		began := time.Now()
		err = do(url)
		return float64(time.Since(began)) / ideal, errors.Join(err, v.close(url))
	}
	each := func(dial func(string) (call, error)) (float64, error) {
		return took(func(url string) error {
			do, err := dial(url)
			if err != nil {
				return err
			}
			return run(ctx, do, calls, slowInFlight, nil)
		})
	}
	if least, err = each(dialFloor); err != nil {
		return 0, 0, 0, err
	}
	if alone, err = each(dialFactible); err != nil {
		return 0, 0, 0, err
	}
	all, err = took(func(url string) error {
		adapter, err := newFactible(url)
		if err != nil {
			return err
		}
		req := invoiceRequest
		req.Provider = ours
		client := cancel.NewClient(map[string]cancel.Canceler{ours: adapter}, cancel.WithConcurrency(slowInFlight))
		return drain(client.All(ctx, repeat(calls, func(int) cancel.Request { return req })), calls)
	})
	return least, alone, all, err
}

// repeat yields n requests.
func repeat(n int, request func(i int) cancel.Request) iter.Seq[cancel.Request] {
	return func(yield func(cancel.Request) bool) {
		for i := range n {
			if !yield(request(i)) {
				return
			}
		}
	}
}

// drain takes all items. There must be n, without an error.
func drain(items iter.Seq[cancel.Item], n int) error {
	for item := range items {
		if item.Err != nil {
			return item.Err
		}
		n--
	}
	if n != 0 {
		return fmt.Errorf("%d requests have no item", n)
	}
	return nil
}

// instant is a provider in this process that answers at once.
type instant struct{}

func (instant) Cancel(context.Context, cancel.Request) (cancel.Result, error) {
	return cancel.Result{State: cancel.Cancelled}, nil
}

func instantClient() (*cancel.Client, cancel.Request) {
	return cancel.NewClient(map[string]cancel.Canceler{"instant": instant{}}),
		cancel.Request{Provider: "instant", Kind: cancel.Payment, ID: payment}
}

// heapSamples is the number of looks at the live heap.
const heapSamples = 20

// liveHeap returns the largest live heap while Client.All cancels n requests, in bytes.
func liveHeap(ctx context.Context, n int) (peak uint64, err error) {
	client, req := instantClient()
	done := 0
	for item := range client.All(ctx, repeat(n, func(int) cancel.Request { return req })) {
		if item.Err != nil {
			return 0, item.Err
		}
		if done++; done%(n/heapSamples) == 0 {
			peak = max(peak, liveNow())
		}
	}
	if done != n {
		return 0, fmt.Errorf("%d items for %d requests", done, n)
	}
	return peak, nil
}

// liveNow returns the bytes that a garbage collection finds alive.
func liveNow() uint64 {
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// grouped returns the number of calls of Auco that Client.All makes for so many documents.
func grouped(ctx context.Context, v *vendors, documents int) (int64, error) {
	url, err := v.open(vendorConfig{})
	if err != nil {
		return 0, err
	}
	adapter, err := newAuco(url)
	if err != nil {
		return 0, err
	}
	client := cancel.NewClient(map[string]cancel.Canceler{oursAuco: adapter})
	if err := drain(client.All(ctx, repeat(documents, func(i int) cancel.Request {
		req := documentRequest
		req.Provider, req.ID = oursAuco, documentPrefix+strconv.Itoa(i)
		return req
	})), documents); err != nil {
		return 0, err
	}
	_, calls, err := v.count(url)
	return calls, errors.Join(err, v.close(url))
}
