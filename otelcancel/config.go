package otelcancel

import (
	"cmp"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/unified-cancel/cancel/otelcancel"

// The attributes of spans and metrics.
const (
	providerKey  = attribute.Key("cancel.provider")
	kindKey      = attribute.Key("cancel.kind")
	operationKey = attribute.Key("cancel.operation")
	stateKey     = attribute.Key("cancel.state")
	reasonKey    = attribute.Key("cancel.reason")
	attemptKey   = attribute.Key("cancel.attempt") // only of spans, like those below
	codeKey      = attribute.Key("cancel.code")
	idKey        = attribute.Key("cancel.id")
)

// Config says where spans and metrics go. The zero value means the global providers of
// package otel.
type Config struct {
	// TracerProvider is the global one if it is nil.
	TracerProvider trace.TracerProvider
	// MeterProvider is the global one if it is nil.
	MeterProvider metric.MeterProvider
}

func (c Config) tracer() trace.Tracer {
	return cmp.Or(c.TracerProvider, otel.GetTracerProvider()).Tracer(scope)
}

func (c Config) meter() metric.Meter {
	return cmp.Or(c.MeterProvider, otel.GetMeterProvider()).Meter(scope)
}
