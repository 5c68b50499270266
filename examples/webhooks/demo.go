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

// call is one call of the demonstration. If want is 503, events cannot be stored meanwhile.
type call struct {
	about, method, path, contentType, token, body string
	want                                          int
}

const (
	asJSON = "application/json"
	asForm = "application/x-www-form-urlencoded"
)

const (
	created  = `{"code":"TR99AQMY31","name":"Contrato","status":"CREATE"}`
	rejected = `{"code":"TR99AQMY31","name":"Contrato","status":"REJECTED","message":"Error"}`
	forged   = `{"code":"TR99AQMY32","name":"Contrato","status":"FINISH"}`
	twofold  = `{"code":"TR99AQMY33","status":"CREATE","status":"FINISH"}`
)

var demoCalls = []call{
	event("a document is out for signature", demoValue, created, http.StatusOK),
	event("it was cancelled, but the database is down", demoValue, rejected, http.StatusServiceUnavailable),
	event("Auco sends it again", demoValue, rejected, http.StatusOK),
	event("a repeat", demoValue, rejected, http.StatusOK),
	event("somebody guesses the header", "a-guess", forged, http.StatusUnauthorized),
	event("a body that can be read in two ways", demoValue, twofold, http.StatusBadRequest),
	notification("an order was paid", asJSON, "PO-1001", payvalida.EventApproved, demoHash, http.StatusOK),
	notification("a repeat, as a form", asForm, "PO-1001", payvalida.EventApproved, demoHash, http.StatusOK),
	notification("its customer claimed the money back", asForm, "PO-1001", payvalida.EventCancelled, demoHash, http.StatusOK),
	notification("somebody guesses the hash", asJSON, "PO-1002", payvalida.EventApproved, "a-guess", http.StatusUnauthorized),
	{about: "somebody looks", method: http.MethodGet, path: "/payvalida", want: http.StatusMethodNotAllowed},
}

func event(about, token, body string, want int) call {
	return call{about, http.MethodPost, "/auco", asJSON, token, body, want}
}

func notification(about, contentType, order string, status payvalida.EventStatus, hash string, want int) call {
	format := `{"pv_po_id":2415421,"po_id":%q,"status":%q,"amount":"45000","iso_currency":"COP","pv_checksum":%q}`
	if contentType == asForm {
		format = "pv_po_id=2415421&po_id=%s&status=%s&amount=45000&iso_currency=COP&pv_checksum=%s"
	}
	body := fmt.Sprintf(format, order, status, payvalida.NotificationChecksum(order, status, hash))
	return call{about, http.MethodPost, "/payvalida", contentType, "", body, want}
}

// demo sends the calls one after the other.
func demo(ctx context.Context, base string, j *journal) error {
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for _, c := range demoCalls {
		j.down.Store(c.want == http.StatusServiceUnavailable)
		j.print("%s %s: %s", c.method, c.path, c.about)
		status, words, err := c.send(ctx, client, base)
		if err != nil {
			return err
		}
		j.print("  %d %s", status, words)
		if status != c.want {
			return fmt.Errorf("%s: %d instead of %d", c.about, status, c.want)
		}
	}
	return nil
}

func (c call) send(ctx context.Context, client *http.Client, base string) (status int, words string, err error) {
	req, err := http.NewRequestWithContext(ctx, c.method, base+c.path, strings.NewReader(c.body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", c.contentType)
	if c.token != "" {
		req.Header.Set(demoHeader, c.token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}
