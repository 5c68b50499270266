package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/hashicorp/go-retryablehttp"
	gowsdl "github.com/hooklift/gowsdl/soap"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/payvalida"
)

// call makes one call and reads its answer. It is safe for concurrent use.
type call func(context.Context) error

// contestant is a client of one of the vendors.
type contestant struct {
	name string
	// dial returns a call to the vendor at url.
	dial func(url string) call
}

// The names of the contestants.
const (
	floor         = "floor"
	byHand        = "by-hand"
	gowsdlShipped = "gowsdl"
	gowsdlMended  = "gowsdl-kept-alive"
	goResty       = "go-resty"
	retryable     = "go-retryablehttp"
	ours          = "factible"
	oursPayvalida = "payvalida"
	oursAuco      = "auco"
)

// field is a group of contestants that do the same, and the ratios of their times that
// docs/performance.md has.
type field struct {
	name        string
	contestants []contestant
	ratios      []string
}

// adapters lists the adapters of this repository.
var adapters = []contestant{{ours, dialFactible}, {oursPayvalida, dialPayvalida}, {oursAuco, dialAuco}}

var fields = []field{
	{"SOAP", []contestant{
		{floor, dialFloor},
		{ours, dialFactible},
		{byHand, dialXML},
		{gowsdlMended, dialGowsdlMended},
		{gowsdlShipped, dialGowsdl},
	}, []string{"factible/floor", "factible/by-hand", "gowsdl/factible", "gowsdl-kept-alive/factible"}},
	{"JSON", []contestant{
		{floor, func(url string) call { return constant(url+payvalidaPath, "application/json", jsonRequest) }},
		{oursPayvalida, dialPayvalida},
		{oursAuco, dialAuco},
		{byHand, dialJSON},
		{goResty, dialResty},
		{retryable, dialRetryable},
	}, []string{
		"payvalida/floor", "auco/floor", "payvalida/by-hand", "payvalida/go-resty", "auco/go-resty", "payvalida/go-retryablehttp",
	}},
}

// All contestants send the same request.
const (
	username = "usuario@example.com"
	password = "una & otra"
	folio    = "0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F"
	merchant = "some_merchant"
	secret   = "invented"
	payment  = "2402558"

	documentPrefix = "TR" // of a document code
)

var (
	soapRequest = []byte(`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
		`<cancelarSectorPrimario xmlns="` + namespace + `"><usuario>` + username + `</usuario>` +
		`<password>una &amp; otra</password><uuid>` + folio + `</uuid></cancelarSectorPrimario></soap:Body></soap:Envelope>`)
	jsonRequest = []byte(`{"order_number":` + payment + `,"merchant_name":"` + merchant + `","checksum":"` +
		payvalida.Checksum(merchant, payment, secret) + `"}`)

	invoiceRequest  = cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: folio}
	paymentRequest  = cancel.Request{Kind: cancel.Payment, ID: payment}
	documentRequest = cancel.Request{
		Kind: cancel.Document, ID: documentPrefix + "00000001",
		Reason: "Contrato sustituido", RequestedBy: "legal@example.com",
	}
)

const (
	namespace  = "http://ws.cfdi.solucionfactible.com"
	soapAction = "urn:cancelarSectorPrimario"
)

// tuned returns an HTTP client that keeps as many connections as there are calls in
// flight, as the adapters do.
func tuned() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
	}}
}

// constant is the floor: the same body each time, and an answer that it does not examine.
func constant(url, contentType string, body []byte) call {
	client := &http.Client{Transport: tuned().Transport}
	return func(ctx context.Context) error {
		resp, err := post(ctx, client, url, contentType, body)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
}

// dialFloor returns the floor of SOAP.
func dialFloor(url string) call {
	return constant(url+soapPath, "text/xml; charset=utf-8", soapRequest)
}

func post(ctx context.Context, client *http.Client, url, contentType string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	if contentType != "application/json" {
		req.Header.Set("SOAPAction", soapAction)
	}
	return client.Do(req)
}

func newFactible(url string) *factible.Client {
	return must(factible.New(factible.Config{Username: username, Password: cancel.NewSecret(password), Endpoint: url + soapPath}))
}

func newAuco(url string) *auco.Client {
	return must(auco.New(auco.Config{PrivateKey: cancel.NewSecret("prk_" + secret), Endpoint: url}))
}

func must[T any](made T, err error) T {
	if err != nil {
		panic(err)
	}
	return made
}

func dialFactible(url string) call { return cancels(newFactible(url), invoiceRequest) }

func dialPayvalida(url string) call {
	return cancels(must(payvalida.New(payvalida.Config{
		Merchant: merchant, FixedHash: cancel.NewSecret(secret), Endpoint: url,
	})), paymentRequest)
}

func dialAuco(url string) call { return cancels(newAuco(url), documentRequest) }

func cancels(client cancel.Canceler, req cancel.Request) call {
	return func(ctx context.Context) error {
		_, err := client.Cancel(ctx, req)
		return err
	}
}

// The types that gowsdl generates for the operation, which a hand-written client would
// declare in the same way.
type (
	cancelarSectorPrimario struct {
		XMLName  xml.Name `xml:"http://ws.cfdi.solucionfactible.com cancelarSectorPrimario"`
		Usuario  string   `xml:"usuario,omitempty"`
		Password string   `xml:"password,omitempty"`
		UUID     string   `xml:"uuid,omitempty"`
	}
	cancelarSectorPrimarioResponse struct {
		XMLName xml.Name                   `xml:"http://ws.cfdi.solucionfactible.com cancelarSectorPrimarioResponse"`
		Return  *statusCancelacionResponse `xml:"return,omitempty"`
	}
	statusCancelacionResponse struct {
		AcuseSat string `xml:"acuseSat,omitempty"`
		Mensaje  string `xml:"mensaje,omitempty"`
		Status   int    `xml:"status,omitempty"`
	}
)

var operation = cancelarSectorPrimario{Usuario: username, Password: password, UUID: folio}

func (r cancelarSectorPrimarioResponse) check() error {
	if r.Return == nil || r.Return.Status != http.StatusOK || r.Return.AcuseSat == "" {
		return errors.New("not the answer that was sent")
	}
	return nil
}

// dialGowsdl uses gowsdl as in its example: a client of the URL only.
func dialGowsdl(url string) call {
	return gowsdlCall(gowsdl.NewClient(url + soapPath))
}

// dialGowsdlMended uses gowsdl and keeps the connections.
func dialGowsdlMended(url string) call {
	return gowsdlCall(gowsdl.NewClient(url+soapPath, gowsdl.WithHTTPClient(keepAlive{tuned()})))
}

func gowsdlCall(client *gowsdl.Client) call {
	return func(ctx context.Context) error {
		var answer cancelarSectorPrimarioResponse
		if err := client.CallContext(ctx, soapAction, operation, &answer); err != nil {
			return err
		}
		return answer.check()
	}
}

// keepAlive lets gowsdl use a connection again. gowsdl asks to close each connection, and
// does not read the end of the body.
type keepAlive struct{ client *http.Client }

func (k keepAlive) Do(req *http.Request) (*http.Response, error) {
	req.Close = false
	resp, err := k.client.Do(req)
	if err == nil {
		resp.Body = drained{resp.Body}
	}
	return resp, err
}

type drained struct{ io.ReadCloser }

func (d drained) Close() error {
	_, err := io.Copy(io.Discard, d.ReadCloser)
	return errors.Join(err, d.ReadCloser.Close())
}

// dialXML is a client written by hand for this operation, on encoding/xml. It does not open
// the acuse.
func dialXML(url string) call {
	type (
		envelope struct {
			XMLName   xml.Name `xml:"soap:Envelope"`
			Namespace string   `xml:"xmlns:soap,attr"`
			Body      struct {
				Content cancelarSectorPrimario
			} `xml:"soap:Body"`
		}
		answer struct {
			Body struct {
				Response cancelarSectorPrimarioResponse `xml:"cancelarSectorPrimarioResponse"`
			} `xml:"Body"`
		}
	)
	client := tuned()
	return func(ctx context.Context) error {
		request := envelope{Namespace: gowsdl.XmlNsSoapEnv}
		request.Body.Content = operation
		body, err := xml.Marshal(request)
		if err != nil {
			return err
		}
		resp, err := post(ctx, client, url+soapPath, "text/xml; charset=utf-8", body)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err = io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		var said answer
		if err := xml.Unmarshal(body, &said); err != nil {
			return err
		}
		return said.Body.Response.check()
	}
}

type (
	paymentBody struct {
		OrderNumber  json.Number `json:"order_number"`
		MerchantName string      `json:"merchant_name"`
		Checksum     string      `json:"checksum"`
	}
	paymentAnswer struct {
		Code string `json:"CODE"`
		Desc string `json:"DESC"`
	}
)

func newPaymentBody() paymentBody {
	return paymentBody{payment, merchant, payvalida.Checksum(merchant, payment, secret)}
}

func (a paymentAnswer) check() error {
	if a.Code != "0000" {
		return fmt.Errorf("CODE %q", a.Code)
	}
	return nil
}

// dialJSON is a client written by hand for this operation, on encoding/json.
func dialJSON(url string) call {
	client := tuned()
	return func(ctx context.Context) error {
		body, err := json.Marshal(newPaymentBody())
		if err != nil {
			return err
		}
		resp, err := post(ctx, client, url+payvalidaPath, "application/json", body)
		return readPayment(resp, err)
	}
}

func readPayment(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var answer paymentAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	return answer.check()
}

func dialResty(url string) call {
	client := resty.NewWithClient(tuned())
	return func(ctx context.Context) error {
		var answer paymentAnswer
		if _, err := client.R().SetContext(ctx).SetBody(newPaymentBody()).SetResult(&answer).Post(url + payvalidaPath); err != nil {
			return err
		}
		return answer.check()
	}
}

func dialRetryable(url string) call {
	client := retryablehttp.NewClient()
	client.HTTPClient = tuned()
	client.Logger = nil
	return func(ctx context.Context) error {
		body, err := json.Marshal(newPaymentBody())
		if err != nil {
			return err
		}
		req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, url+payvalidaPath, body)
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		return readPayment(resp, err)
	}
}
