package factible_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/factible"
)

// pac stands for Solución Factible: it answers every call of an operation with the
// same fields.
func pac(operation, fields string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		fmt.Fprintf(w, `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>`+
			`<%[1]sResponse xmlns="http://ws.cfdi.solucionfactible.com"><return>%[2]s</return></%[1]sResponse></Body></Envelope>`, operation, fields)
	}))
}

const folio = "0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F"

const acuse = `<Acuse Fecha="2026-02-03T10:20:30.1234567" RfcEmisor="EKU9003173C9">` +
	`<Folios xmlns="http://cancelacfd.sat.gob.mx"><UUID>` + folio + `</UUID><EstatusUUID>201</EstatusUUID></Folios></Acuse>`

func ExampleNew() {
	_, err := factible.New(factible.Config{
		Username: "usuario@example.com",
		Password: cancel.NewSecret("secreto"), // better from where you keep your secrets
	})
	fmt.Println(err)

	client, err := factible.New(factible.Config{
		Username:    "usuario@example.com",
		Password:    cancel.NewSecret("secreto"),
		Environment: cancel.Sandbox,
	})
	fmt.Println(client != nil, err)
	// Output:
	// factible: New: invalid request: Environment is missing: give sandbox or production, or an Endpoint
	// true <nil>
}

func ExampleClient_Cancel() {
	server := pac("cancelarSectorPrimario", "<acuseSat><![CDATA["+acuse+"]]></acuseSat><status>200</status>")
	defer server.Close()

	client, err := factible.New(factible.Config{
		Username: "usuario@example.com",
		Password: cancel.NewSecret("secreto"),
		Endpoint: server.URL, // in place of Environment
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := client.Cancel(context.Background(), cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: folio})
	if err != nil {
		fmt.Println(err)
		return
	}
	receipt, err := factible.ParseReceipt(result.Receipt)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.State, "with code", result.Code)
	fmt.Println(receipt.Folios[0].EstatusUUID, receipt.Folios[0].Meaning)
	fmt.Println(receipt.Fecha)
	// Output:
	// cancelled with code 200
	// 201 cancellation request received
	// 2026-02-03 10:20:30.1234567 -0600 CST
}

func ExampleClient_Status() {
	server := pac("getStatusCancelacionAsincrona", "<mensaje>The cancellation request was rejected by the recipient</mensaje><status>213</status>")
	defer server.Close()

	client, err := factible.New(factible.Config{Username: "usuario@example.com", Password: cancel.NewSecret("secreto"), Endpoint: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Status(context.Background(), cancel.Request{Kind: cancel.Invoice, ID: folio})
	fmt.Println(errors.Is(err, cancel.ErrRejected))
	fmt.Println(err)
	// Output:
	// true
	// factible: getStatusCancelacionAsincrona 0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F: rejected (code 213, HTTP 200): The cancellation request was rejected by the recipient
}

func ExampleParseReceipt() {
	receipt, err := factible.ParseReceipt([]byte(strings.Replace(acuse, ">201<", ">202<", 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, folio := range receipt.Folios {
		fmt.Println(folio.UUID, folio.EstatusUUID, folio.Meaning)
	}
	// Output:
	// 0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F 202 cancelled before
}
