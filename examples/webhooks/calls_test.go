package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/unified-cancel/cancel/payvalida"
)

// The secrets are invented.
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

// call is a call of the receiver, a GET if it has no body, and the event that it prints.
type call struct {
	want                            int
	about, path, token, body, event string
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
	{200, "a document is out for signature", "/auco", demoValue, created, `auco: "TR99AQMY31" "Contrato" is "CREATE" (closed: false, signed: false)`},
	{200, "it was cancelled", "/auco", demoValue, rejected, `auco: "TR99AQMY31" "Contrato" is "REJECTED" (closed: true, signed: false)`},
	{200, "a repeat", "/auco", demoValue, rejected, ""},
	{401, "somebody guesses the header", "/auco", "a-guess", forged, ""},
	{400, "a body that can be read in two ways", "/auco", demoValue, twofold, ""},
	{200, "an order was paid", "/payvalida", "", notification(asJSON, "PO-1001", payvalida.EventApproved, demoHash), `payvalida: order "PO-1001" of "45000" "COP" is "approved" (stands: true)`},
	{200, "a repeat, as a form", "/payvalida", "", notification(asForm, "PO-1001", payvalida.EventApproved, demoHash), ""},
	{200, "its customer claimed the money back", "/payvalida", "", notification(asForm, "PO-1001", payvalida.EventCancelled, demoHash), `payvalida: order "PO-1001" of "45000" "COP" is "cancelled" (stands: false)`},
	{401, "somebody guesses the hash", "/payvalida", "", notification(asJSON, "PO-1002", payvalida.EventApproved, "a-guess"), ""},
	{405, "somebody looks", "/payvalida", "", "", ""},
}

func notification(format, order string, status payvalida.EventStatus, hash string) string {
	return fmt.Sprintf(format, order, status, payvalida.NotificationChecksum(order, status, hash))
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
