package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/unified-cancel/cancel/payvalida"
)

// The secrets of the demonstration are invented.
const (
	demoHeader = "X-Webhook-Token"
	demoValue  = "an-invented-value"
	demoHash   = "an-invented-notification-hash"
)

func demoVariables(name string) string {
	return map[string]string{
		"AUCO_WEBHOOK_HEADER":         demoHeader,
		"AUCO_WEBHOOK_VALUE":          demoValue,
		"PAYVALIDA_NOTIFICATION_HASH": demoHash,
	}[name]
}

// call is one call of the demonstration, a GET if it has no body. If want is 503, events cannot
// be stored meanwhile.
type call struct {
	want                     int
	about, path, token, body string
}

const (
	created  = `{"code":"TR99AQMY31","name":"Contrato","status":"CREATE"}`
	rejected = `{"code":"TR99AQMY31","name":"Contrato","status":"REJECTED","message":"Error"}`
	forged   = `{"code":"TR99AQMY32","name":"Contrato","status":"FINISH"}`
	twofold  = `{"code":"TR99AQMY33","status":"CREATE","status":"FINISH"}`
	asJSON   = `{"pv_po_id":2415421,"po_id":%q,"status":%q,"amount":"45000","iso_currency":"COP","pv_checksum":%q}`
	asForm   = "pv_po_id=2415421&po_id=%s&status=%s&amount=45000&iso_currency=COP&pv_checksum=%s"
)

var demoCalls = []call{
	{200, "a document is out for signature", "/auco", demoValue, created},
	{503, "it was cancelled, but the database is down", "/auco", demoValue, rejected},
	{200, "Auco sends it again", "/auco", demoValue, rejected},
	{200, "a repeat", "/auco", demoValue, rejected},
	{401, "somebody guesses the header", "/auco", "a-guess", forged},
	{400, "a body that can be read in two ways", "/auco", demoValue, twofold},
	{200, "an order was paid", "/payvalida", "", notification(asJSON, "PO-1001", payvalida.EventApproved, demoHash)},
	{200, "a repeat, as a form", "/payvalida", "", notification(asForm, "PO-1001", payvalida.EventApproved, demoHash)},
	{200, "its customer claimed the money back", "/payvalida", "", notification(asForm, "PO-1001", payvalida.EventCancelled, demoHash)},
	{401, "somebody guesses the hash", "/payvalida", "", notification(asJSON, "PO-1002", payvalida.EventApproved, "a-guess")},
	{405, "somebody looks", "/payvalida", "", ""},
}

func notification(format, order string, status payvalida.EventStatus, hash string) string {
	return fmt.Sprintf(format, order, status, payvalida.NotificationChecksum(order, status, hash))
}

// demo sends the calls one after the other.
func demo(ctx context.Context, base string, j *journal) error {
	defer http.DefaultClient.CloseIdleConnections()
	for _, c := range demoCalls {
		j.down.Store(c.want == http.StatusServiceUnavailable)
		req, err := c.request(ctx, base)
		if err != nil {
			return err
		}
		_ = j.print("%s %s: %s", req.Method, c.path, c.about)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		words, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		_ = j.print("  %d %s", resp.StatusCode, words)
		if err != nil || resp.StatusCode != c.want {
			return fmt.Errorf("%s: %d instead of %d, %v", c.about, resp.StatusCode, c.want, err)
		}
	}
	return nil
}

func (c call) request(ctx context.Context, base string) (*http.Request, error) {
	method, kind := http.MethodPost, "application/x-www-form-urlencoded"
	if c.body == "" {
		method = http.MethodGet
	} else if c.body[0] == '{' {
		kind = "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, method, base+c.path, strings.NewReader(c.body))
	if err == nil {
		req.Header.Set("Content-Type", kind)
		req.Header.Set(demoHeader, c.token)
	}
	return req, err
}
