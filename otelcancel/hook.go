package otelcancel

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/unified-cancel/cancel"
)

// Hook returns a hook that makes a span for each call of a provider, and records its duration
// and the outcome of each of its requests. The hook is safe for concurrent use.
func Hook(c Config) (cancel.Hook, error) {
	meter := c.meter()
	durations, err := meter.Float64Histogram("cancel.call.duration", metric.WithUnit("s"),
		metric.WithDescription("Duration of one call of a provider."),
		metric.WithExplicitBucketBoundaries(.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60))
	if err != nil {
		return nil, err
	}
	outcomes, err := meter.Int64Counter("cancel.call.outcomes", metric.WithUnit("{request}"),
		metric.WithDescription("Requests by the outcome of a call."))
	if err != nil {
		return nil, err
	}
	tracer := c.tracer()
	return func(ctx context.Context, op cancel.Operation) (context.Context, func([]cancel.Item)) {
		began := time.Now()
		call := attribute.NewSet(providerKey.String(op.Provider), kindKey.String(kindOf(op)), operationKey.String(op.Name))
		ctx, span := tracer.Start(ctx, op.Name+" "+op.Provider,
			trace.WithAttributes(call.ToSlice()...), trace.WithAttributes(attemptKey.Int(op.Attempt)))
		return ctx, func(items []cancel.Item) {
			defer span.End()
			took := time.Since(began).Seconds()
			perOutcome := map[attribute.KeyValue]int64{}
			for _, item := range items {
				outcome, code := outcomeOf(item)
				perOutcome[outcome]++
				span.AddEvent("outcome", trace.WithAttributes(idKey.String(item.Request.ID), codeKey.String(code), outcome))
			}
			labels := call.ToSlice()
			for outcome, n := range perOutcome {
				outcomes.Add(ctx, n, metric.WithAttributes(append(labels[:3:3], outcome)...))
				if outcome.Key == reasonKey {
					span.SetStatus(codes.Error, outcome.Value.AsString())
				}
				if len(perOutcome) == 1 {
					span.SetAttributes(outcome)
					labels = append(labels, outcome)
				}
			}
			durations.Record(ctx, took, metric.WithAttributes(labels...))
		}
	}, nil
}

// word matches a Kind that may be a label. Anything else could be an ID.
var word = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)

// kindOf returns the Kind of the requests, which all have the same.
func kindOf(op cancel.Operation) string {
	if len(op.Requests) > 0 && word.MatchString(string(op.Requests[0].Kind)) {
		return string(op.Requests[0].Kind)
	}
	return "_OTHER"
}

// outcomeOf returns the state or the reason of an item, and the vendor's code.
func outcomeOf(item cancel.Item) (attribute.KeyValue, string) {
	if item.Err == nil {
		return stateKey.String(string(item.Result.State)), short(item.Result.Code)
	}
	e, ok := errors.AsType[*cancel.Error](item.Err)
	switch {
	case !ok: // a Client returns no other error
		return reasonKey.String("_OTHER"), ""
	case e.Reason == cancel.ErrInvalid && errors.Is(e, errors.ErrUnsupported): // nothing is wrong with the request
		return reasonKey.String(errors.ErrUnsupported.Error()), ""
	}
	return reasonKey.String(e.Reason.Error()), short(e.Code)
}

// short cuts a code at 64 bytes, because a vendor's answer could hold anything in its place.
func short(code string) string {
	return strings.ToValidUTF8(code[:min(len(code), 64)], "")
}
