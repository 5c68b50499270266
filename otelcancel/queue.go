package otelcancel

import (
	"context"

	"go.opentelemetry.io/otel/metric"
)

// Counter counts cancellations by state. A Queue of package durable is one. It is safe for
// concurrent use.
type Counter[State ~string] interface {
	Counts(ctx context.Context) (map[State]int, error)
}

// ObserveQueue reports how many cancellations of a queue are in each state, until the
// Registration is unregistered. Each collection of the metrics asks the queue once. A state
// without cancellations is not reported.
func ObserveQueue[State ~string](c Config, queue Counter[State]) (metric.Registration, error) {
	meter := c.meter()
	gauge, err := meter.Int64ObservableGauge("cancel.queue.cancellations", metric.WithUnit("{cancellation}"),
		metric.WithDescription("Cancellations of a durable queue by state."))
	if err != nil {
		return nil, err
	}
	return meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		counts, err := queue.Counts(ctx)
		if err != nil {
			return err
		}
		for state, n := range counts {
			o.ObserveInt64(gauge, int64(n), metric.WithAttributes(stateKey.String(string(state))))
		}
		return nil
	}, gauge)
}
