package otelcancel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/otelcancel"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

// telemetry keeps spans and metrics in memory.
type telemetry struct {
	otelcancel.Config
	exporter *tracetest.InMemoryExporter
	reader   *metric.ManualReader
}

func newTelemetry() telemetry {
	exporter, reader := tracetest.NewInMemoryExporter(), metric.NewManualReader()
	return telemetry{otelcancel.Config{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)),
		MeterProvider:  metric.NewMeterProvider(metric.WithReader(reader)),
	}, exporter, reader}
}

func (m telemetry) client(t *testing.T, name string, adapter cancel.Canceler) *cancel.Client {
	t.Helper()
	hook, err := otelcancel.Hook(m.Config)
	require.NoError(t, err)
	return cancel.NewClient(map[string]cancel.Canceler{name: adapter}, cancel.WithHook(hook),
		cancel.WithBackoff(time.Nanosecond, time.Nanosecond))
}

// traced returns options with the same HTTP client, and a span for each of its requests.
func (m telemetry) traced(o cancel.ClientOptions) cancel.ClientOptions {
	client := *o.HTTPClient
	client.Transport = otelcancel.Transport(m.Config, client.Transport)
	o.HTTPClient = &client
	return o
}

func (m telemetry) spans() (calls, requests []tracetest.SpanStub) {
	for _, span := range m.exporter.GetSpans() {
		if span.SpanKind == trace.SpanKindClient {
			requests = append(requests, span)
		} else {
			calls = append(calls, span)
		}
	}
	return calls, requests
}

// metrics returns the metrics by name.
func (m telemetry) metrics(t *testing.T) (map[string]metricdata.Aggregation, error) {
	t.Helper()
	var all metricdata.ResourceMetrics
	err := m.reader.Collect(t.Context(), &all)
	found := map[string]metricdata.Aggregation{}
	for _, scope := range all.ScopeMetrics {
		assert.Equal(t, "github.com/unified-cancel/cancel/otelcancel", scope.Scope.Name)
		for _, one := range scope.Metrics {
			found[one.Name] = one.Data
		}
	}
	return found, err
}

// counted returns the counter of outcomes by its labels.
func (m telemetry) counted(t *testing.T) map[string]int64 {
	t.Helper()
	found, err := m.metrics(t)
	require.NoError(t, err)
	counts := map[string]int64{}
	for _, point := range found["cancel.call.outcomes"].(metricdata.Sum[int64]).DataPoints {
		counts[point.Attributes.Encoded(attribute.DefaultEncoder())] = point.Value
	}
	return counts
}

func labels(span tracetest.SpanStub) map[string]string {
	found := map[string]string{}
	for _, a := range span.Attributes {
		found[string(a.Key)] = a.Value.String()
	}
	return found
}

func startPayvalida(t *testing.T, m telemetry) (*payvalidatest.Simulator, *cancel.Client) {
	t.Helper()
	sim := payvalidatest.New()
	t.Cleanup(sim.Close)
	config := sim.Config()
	config.Options = m.traced(config.Options)
	adapter, err := payvalida.New(config)
	require.NoError(t, err)
	return sim, m.client(t, "payvalida", adapter)
}

var payment = cancel.Request{Provider: "payvalida", Kind: cancel.Payment, ID: "2402558", RequestedBy: "ana@example.com"}

func TestEachAttemptIsASpanWithItsRequestBelow(t *testing.T) {
	m := newTelemetry()
	sim, client := startPayvalida(t, m)
	sim.Register(cancel.Payment, payment.ID)
	sim.Fail(1, canceltest.HTTP(http.StatusServiceUnavailable))
	_, err := client.Cancel(t.Context(), payment)
	require.NoError(t, err)

	calls, requests := m.spans()
	require.Len(t, calls, 2)
	require.Len(t, requests, 2)
	for i, call := range calls {
		assert.Equal(t, "Cancel payvalida", call.Name)
		assert.Equal(t, call.SpanContext.SpanID(), requests[i].Parent.SpanID())
		assert.Equal(t, "POST", requests[i].Name)
		assert.Subset(t, labels(call), map[string]string{
			"cancel.provider": "payvalida", "cancel.kind": "payment", "cancel.operation": "Cancel",
			"cancel.attempt": fmt.Sprint(i + 1),
		})
		require.Len(t, call.Events, 1)
		assert.Contains(t, call.Events[0].Attributes, attribute.String("cancel.id", payment.ID))
		assert.Subset(t, labels(requests[i]), map[string]string{
			"http.request.method": "POST", "server.address": "127.0.0.1",
			"url.full": sim.URL + "/v4/merchant/transaction/cancel",
		})
		assert.Contains(t, labels(requests[i]), "server.port")
	}
	assert.Equal(t, "unavailable", labels(calls[0])["cancel.reason"])
	assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: "unavailable"}, calls[0].Status)
	assert.Equal(t, codes.Error, requests[0].Status.Code)
	assert.Subset(t, labels(requests[0]), map[string]string{"http.response.status_code": "503", "error.type": "503"})
	assert.Equal(t, "cancelled", labels(calls[1])["cancel.state"])
	assert.Equal(t, codes.Unset, calls[1].Status.Code)
	assert.Equal(t, codes.Unset, requests[1].Status.Code)
	assert.Equal(t, "200", labels(requests[1])["http.response.status_code"])

	const same = "cancel.kind=payment,cancel.operation=Cancel,cancel.provider=payvalida,"
	assert.Equal(t, map[string]int64{same + "cancel.reason=unavailable": 1, same + "cancel.state=cancelled": 1}, m.counted(t))
	found, err := m.metrics(t)
	require.NoError(t, err)
	durations := found["cancel.call.duration"].(metricdata.Histogram[float64]).DataPoints
	require.Len(t, durations, 2)
	for _, point := range durations {
		assert.EqualValues(t, 1, point.Count)
		assert.Positive(t, point.Sum)
	}
}

func TestAChecksumStaysOutOfTheURL(t *testing.T) {
	m := newTelemetry()
	sim, client := startPayvalida(t, m)
	sim.Register(cancel.Payment, payment.ID)
	req := payment
	req.Reference = sim.Reference(payment.ID)
	_, err := client.Status(t.Context(), req)
	require.NoError(t, err)
	_, requests := m.spans()
	require.Len(t, requests, 1)
	assert.Equal(t, "GET", requests[0].Name)
	assert.Equal(t, sim.URL+"/api/v3/porders/"+req.Reference, labels(requests[0])["url.full"])
	assert.NotContains(t, fmt.Sprint(requests[0]), "checksum")
}

func TestMetricsNameNoThingAndNoPerson(t *testing.T) {
	m := newTelemetry()
	sim, client := startPayvalida(t, m)
	sim.Answer("7", "code of ana@example.com", "words about 7")
	for _, req := range []cancel.Request{
		payment,
		{Provider: "payvalida", Kind: "ana@example.com", ID: payment.ID},
		{Provider: "payvalida", Kind: "2402558", ID: payment.ID},
		{Provider: "payvalida", Kind: cancel.Payment, ID: "7"},
	} {
		_, err := client.Cancel(t.Context(), req)
		require.Error(t, err)
	}
	found, err := m.metrics(t)
	require.NoError(t, err)
	text := fmt.Sprint(m.counted(t), found)
	for _, private := range []string{payment.ID, "ana@", "words about"} {
		assert.NotContains(t, text, private)
	}
	assert.Contains(t, text, "_OTHER")
}

func TestABatchIsOneSpanAndAnOutcomeForEachRequest(t *testing.T) {
	m := newTelemetry()
	sim := aucotest.New()
	t.Cleanup(sim.Close)
	config := sim.Config()
	config.PublicKey = cancel.Secret{}
	config.Options = m.traced(config.Options)
	adapter, err := auco.New(config)
	require.NoError(t, err)
	sim.Register("A1", "A2")
	var reqs []cancel.Request
	for _, id := range []string{"A1", "A2", "A3"} {
		reqs = append(reqs, cancel.Request{Provider: "auco", Kind: cancel.Document, ID: id, Reason: "r", RequestedBy: "ana@example.com"})
	}
	for range m.client(t, "auco", adapter).All(t.Context(), slices.Values(reqs)) {
	}
	calls, requests := m.spans()
	require.Len(t, calls, 2, "a batch, and the question for the status of what was refused")
	require.Len(t, requests, 1)
	assert.Equal(t, "CancelBatch auco", calls[0].Name)
	assert.Len(t, calls[0].Events, 3)
	assert.Equal(t, codes.Error, calls[0].Status.Code)
	assert.NotContains(t, labels(calls[0]), "cancel.state", "the requests differ")
	assert.NotContains(t, labels(calls[0]), "cancel.reason", "the requests differ")
	assert.NotContains(t, fmt.Sprint(calls, requests), "ana@")
	const same = "cancel.kind=document,cancel.operation=CancelBatch,cancel.provider=auco,"
	assert.Equal(t, map[string]int64{
		same + "cancel.state=cancelled": 2, same + "cancel.reason=not cancellable": 1,
		"cancel.kind=document,cancel.operation=Status,cancel.provider=auco,cancel.reason=unsupported operation": 1,
	}, m.counted(t))
}

func TestARequestThatFailsEndsItsSpan(t *testing.T) {
	for fault, status := range map[canceltest.Fault]string{
		canceltest.Refuse:                "",
		canceltest.CarriedOutThenDropped: "",
		canceltest.CutBody:               "200",
	} {
		m := newTelemetry()
		sim, client := startPayvalida(t, m)
		sim.Register(cancel.Payment, payment.ID)
		sim.Fail(1, fault)
		_, err := client.Cancel(t.Context(), payment)
		require.NoError(t, err, "the next attempt succeeds")
		_, requests := m.spans()
		require.Len(t, requests, len(sim.Calls()))
		assert.Equal(t, codes.Error, requests[0].Status.Code)
		assert.NotEmpty(t, labels(requests[0])["error.type"])
		assert.Equal(t, status, labels(requests[0])["http.response.status_code"])
	}
}

func TestTransportChangesNoRequest(t *testing.T) {
	m := newTelemetry()
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	t.Cleanup(server.Close)
	adapter, err := payvalida.New(payvalida.Config{
		Merchant: "m", FixedHash: cancel.NewSecret("h"), Endpoint: server.URL,
		Options: cancel.ClientOptions{HTTPClient: &http.Client{Transport: otelcancel.Transport(m.Config, nil)}},
	})
	require.NoError(t, err)
	_, err = m.client(t, "payvalida", adapter).Cancel(t.Context(), payment)
	require.Error(t, err)
	traced, tracedBody := got, body

	adapter, err = payvalida.New(payvalida.Config{Merchant: "m", FixedHash: cancel.NewSecret("h"), Endpoint: server.URL})
	require.NoError(t, err)
	_, err = adapter.Cancel(t.Context(), payment)
	require.Error(t, err)
	assert.Equal(t, got.Header, traced.Header)
	assert.Equal(t, got.Proto, traced.Proto)
	assert.Equal(t, body, tracedBody)
}

// state has the shape of a state of package durable.
type state string

type queue struct {
	counts map[state]int
	err    error
}

func (q *queue) Counts(context.Context) (map[state]int, error) { return q.counts, q.err }

func TestQueueIsObserved(t *testing.T) {
	m := newTelemetry()
	q := &queue{counts: map[state]int{"queued": 3, "unknown": 1}}
	registration, err := otelcancel.ObserveQueue(m.Config, q)
	require.NoError(t, err)
	found, err := m.metrics(t)
	require.NoError(t, err)
	counts := map[string]int64{}
	for _, point := range found["cancel.queue.cancellations"].(metricdata.Gauge[int64]).DataPoints {
		counts[point.Attributes.Encoded(attribute.DefaultEncoder())] = point.Value
	}
	assert.Equal(t, map[string]int64{"cancel.state=queued": 3, "cancel.state=unknown": 1}, counts)

	q.err = errors.New("the database is down")
	_, err = m.metrics(t)
	require.ErrorIs(t, err, q.err)
	require.NoError(t, registration.Unregister())
	found, err = m.metrics(t)
	require.NoError(t, err)
	assert.NotContains(t, found, "cancel.queue.cancellations")
}

func TestGlobalProvidersAreTheDefault(t *testing.T) {
	hook, err := otelcancel.Hook(otelcancel.Config{})
	require.NoError(t, err)
	_, after := hook(t.Context(), cancel.Operation{Provider: "p", Name: "Cancel"})
	after(nil)
	registration, err := otelcancel.ObserveQueue(otelcancel.Config{}, &queue{})
	require.NoError(t, err)
	require.NoError(t, registration.Unregister())
	assert.NotNil(t, otelcancel.Transport(otelcancel.Config{}, nil))
}
