// Package otelcancel reports cancellations to OpenTelemetry, as spans and metrics.
//
//   - [Hook] makes a span for each call of a provider. It also records the duration and the
//     outcomes of the call. Pass it to [cancel.WithHook].
//   - [Transport] makes a client span for each HTTP request to a vendor. Pass it to an adapter
//     in the HTTPClient of its Options.
//   - [ObserveQueue] reports how many cancellations of a durable queue are in each state.
//
// The metrics are
//
//	cancel.call.duration        histogram, seconds  one call of a provider
//	cancel.call.outcomes        counter, requests   outcome of each request of a call
//	cancel.queue.cancellations  gauge               cancellations in a durable queue, by state
//
// The first two have the attributes cancel.provider, cancel.kind, cancel.operation (such as
// Cancel or Status), and either cancel.state or cancel.reason. The reason is the text of the
// sentinel of package cancel, such as "unknown outcome", or "unsupported operation" if an adapter
// cannot ask its vendor. The gauge has cancel.state. No metric names a thing or a person: a Kind
// that is not a word in lower case is reported as _OTHER.
//
// Spans also have the IDs and the vendor's codes. They have neither the words of the vendor nor
// other fields of the request. Spans of HTTP requests follow the semantic conventions for HTTP
// clients. Their URL lacks the query, because Payvalida's holds a checksum. The body and the
// header of a request are neither recorded nor changed: a vendor gets no traceparent.
//
// # Errors
//
// [Hook] and [ObserveQueue] return the error of the MeterProvider, which refuses an instrument.
// An error of a queue's Counts goes to the OpenTelemetry error handler. Nothing here changes
// the outcome of a cancellation.
package otelcancel
