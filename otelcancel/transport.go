package otelcancel

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Transport returns a RoundTripper that makes a client span for each request and lets base send
// it. A nil base means net/http's default transport with HTTP/1.1 and up to 256 idle
// connections per host. The span ends when the body of the response is closed. The
// RoundTripper is safe for concurrent use if base is.
//
// An adapter's own transport knows whether it wrote a byte. With any other, a request that has
// a connection counts as written. So a connection that breaks may become
// cancel.ErrUnknownOutcome instead of cancel.ErrUnavailable.
func Transport(c Config, base http.RoundTripper) http.RoundTripper {
	if base == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConns, own.MaxIdleConnsPerHost = 0, 256
		own.Protocols = new(http.Protocols)
		own.Protocols.SetHTTP1(true)
		base = own
	}
	return &transport{base: base, tracer: c.tracer()}
}

type transport struct {
	base   http.RoundTripper
	tracer trace.Tracer
}

// RoundTrip sends r within a span.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := t.tracer.Start(r.Context(), r.Method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		semconv.HTTPRequestMethodKey.String(r.Method),
		semconv.ServerAddress(r.URL.Hostname()),
		semconv.ServerPort(port(r.URL)),
		semconv.URLFull((&url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path, RawPath: r.URL.RawPath}).String()),
	))
	resp, err := t.base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		fail(span, semconv.ErrorType(err))
		span.End()
		return resp, err
	}
	span.SetAttributes(semconv.HTTPResponseStatusCode(resp.StatusCode))
	if resp.StatusCode >= 400 {
		fail(span, semconv.ErrorTypeKey.String(strconv.Itoa(resp.StatusCode)))
	}
	resp.Body = body{resp.Body, span}
	return resp, nil
}

// fail marks a span as failed. The text of an error stays out of it: it could hold anything.
func fail(span trace.Span, errorType attribute.KeyValue) {
	span.SetAttributes(errorType)
	span.SetStatus(codes.Error, "")
}

func port(u *url.URL) int {
	if n, err := strconv.Atoi(u.Port()); err == nil {
		return n
	}
	if u.Scheme == "http" {
		return 80
	}
	return 443
}

// body ends the span of a response.
type body struct {
	io.ReadCloser
	span trace.Span
}

func (b body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		fail(b.span, semconv.ErrorType(err))
	}
	return n, err
}

func (b body) Close() error {
	defer b.span.End()
	return b.ReadCloser.Close()
}
