package main

import (
	"context"
	"errors"
	"sync"

	"github.com/unified-cancel/cancel"
)

// doubts are the requests that an earlier run may have had carried out. It is safe for
// concurrent use.
type doubts struct {
	mu   sync.Mutex
	open map[key]bool
}

func (d *doubts) add(req cancel.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		d.open = map[key]bool{}
	}
	d.open[keyOf(req)] = true
}

// raise returns the doubt about req, once: nil where there is none.
func (d *doubts) raise(req cancel.Request) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	k := keyOf(req)
	if !d.open[k] {
		return nil
	}
	delete(d.open, k)
	return &cancel.Error{
		Provider: req.Provider, Op: "resume", ID: req.ID,
		Message: "an earlier run handed it over and has no answer",
		Reason:  cancel.ErrUnknownOutcome,
	}
}

// remembering is an adapter that knows of the doubts. To the first call for such a
// request it answers what an earlier run had to: that the outcome is unknown. From
// there the Client goes on as it would have then.
type remembering struct {
	cancel.Canceler
	doubts *doubts
}

type rememberingBatch struct {
	remembering
	batcher cancel.BatchCanceler
}

var (
	_ cancel.StatusChecker = remembering{}
	_ cancel.BatchCanceler = rememberingBatch{}
)

func remember(canceler cancel.Canceler, doubts *doubts) cancel.Canceler {
	r := remembering{canceler, doubts}
	if batcher, ok := canceler.(cancel.BatchCanceler); ok {
		return rememberingBatch{r, batcher}
	}
	return r
}

func (r remembering) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	if err := r.doubts.raise(req); err != nil {
		return cancel.Result{}, err
	}
	return r.Canceler.Cancel(ctx, req)
}

func (r remembering) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	checker, ok := r.Canceler.(cancel.StatusChecker)
	if !ok {
		return cancel.Result{}, errors.ErrUnsupported
	}
	return checker.Status(ctx, req)
}

func (r rememberingBatch) CancelBatch(ctx context.Context, reqs []cancel.Request) []cancel.Item {
	items := make([]cancel.Item, len(reqs))
	var sent []cancel.Request
	var places []int
	for i, req := range reqs {
		items[i].Request = req
		if items[i].Err = r.doubts.raise(req); items[i].Err == nil {
			sent, places = append(sent, req), append(places, i)
		}
	}
	if len(sent) == 0 {
		return items
	}
	for i, item := range r.batcher.CancelBatch(ctx, sent) {
		items[places[i]] = item
	}
	return items
}

func (r rememberingBatch) MaxBatch() int { return r.batcher.MaxBatch() }
