package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/unified-cancel/cancel"
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

// call is one of the demonstration. event is whether it brings news.
type call struct {
	about, method, path, contentType, token, body string
	want                                          int
	event                                         bool
}

const (
	asJSON = "application/json"
	asForm = "application/x-www-form-urlencoded"
)

var demoCalls = []call{
	event("a document is out for signature", demoValue, `{"code":"TR99AQMY31","name":"Contrato","status":"CREATE"}`, http.StatusOK, true),
	event("it was cancelled, or declined", demoValue, `{"code":"TR99AQMY31","name":"Contrato","status":"REJECTED","message":"Error"}`, http.StatusOK, true),
	event("Auco tries again", demoValue, `{"code":"TR99AQMY31","name":"Contrato","status":"REJECTED","message":"Error"}`, http.StatusOK, false),
	event("somebody guesses the header", "a-guess", `{"code":"TR99AQMY32","name":"Contrato","status":"FINISH"}`, http.StatusUnauthorized, false),
	event("a body that can be read in two ways", demoValue, `{"code":"TR99AQMY33","status":"CREATE","status":"FINISH"}`, http.StatusBadRequest, false),
	notification("an order was paid", asJSON, "PO-1001", payvalida.EventApproved, demoHash, http.StatusOK, true),
	notification("the same, as a form", asForm, "PO-1001", payvalida.EventApproved, demoHash, http.StatusOK, false),
	notification("its customer claimed the money back", asForm, "PO-1001", payvalida.EventCancelled, demoHash, http.StatusOK, true),
	notification("somebody guesses the hash", asJSON, "PO-1002", payvalida.EventApproved, "a-guess", http.StatusUnauthorized, false),
	{about: "somebody looks", method: http.MethodGet, path: "/payvalida", want: http.StatusMethodNotAllowed},
}

func event(about, token, body string, want int, news bool) call {
	return call{about, http.MethodPost, "/auco", asJSON, token, body, want, news}
}

func notification(about, contentType, order string, status payvalida.EventStatus, hash cancel.Secret, want int, news bool) call {
	format := `{"pv_po_id":2415421,"po_id":%q,"status":%q,"amount":"45000","iso_currency":"COP","pv_checksum":%q}`
	if contentType == asForm {
		format = "pv_po_id=2415421&po_id=%s&status=%s&amount=45000&iso_currency=COP&pv_checksum=%s"
	}
	body := fmt.Sprintf(format, order, status, payvalida.NotificationChecksum(order, status, hash))
	return call{about, http.MethodPost, "/payvalida", contentType, "", body, want, news}
}

// demo sends the calls one after the other and waits for what each brings.
func demo(ctx context.Context, base string, j *journal) error {
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for _, c := range demoCalls {
		j.print("%s %s: %s", c.method, c.path, c.about)
		status, words, err := c.send(ctx, client, base)
		if err != nil {
			return err
		}
		if c.event {
			select {
			case <-j.events:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		j.print("  %d %s", status, words)
		if status != c.want {
			return fmt.Errorf("%s: %d in place of %d", c.about, status, c.want)
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
