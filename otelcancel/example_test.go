package otelcancel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/otelcancel"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

// Prometheus collects the outcomes of a Client.
func Example_prometheus() {
	registry := prometheus.NewRegistry()
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		panic(err)
	}
	telemetry := otelcancel.Config{MeterProvider: metric.NewMeterProvider(metric.WithReader(exporter))}
	hook, err := otelcancel.Hook(telemetry)
	if err != nil {
		panic(err)
	}

	sim := payvalidatest.New() // in place of the vendor
	defer sim.Close()
	sim.Register(cancel.Payment, "2402558")
	config := sim.Config()
	config.Options.HTTPClient.Transport = otelcancel.Transport(telemetry, config.Options.HTTPClient.Transport)
	adapter, err := payvalida.New(config)
	if err != nil {
		panic(err)
	}
	client := cancel.NewClient(map[string]cancel.Canceler{"payvalida": adapter}, cancel.WithHook(hook))
	for range 2 {
		if _, err := client.Cancel(context.Background(), cancel.Request{Provider: "payvalida", Kind: cancel.Payment, ID: "2402558"}); err != nil {
			panic(err)
		}
	}

	page := httptest.NewRecorder() // in place of a server at /metrics
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(page.Body.String()) {
		if strings.HasPrefix(line, "cancel_call_outcomes") {
			fmt.Print(line)
		}
	}
	// Output:
	// cancel_call_outcomes_total{cancel_kind="payment",cancel_operation="Cancel",cancel_provider="payvalida",cancel_state="already_cancelled"} 1
	// cancel_call_outcomes_total{cancel_kind="payment",cancel_operation="Cancel",cancel_provider="payvalida",cancel_state="cancelled"} 1
}
