package sat_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/sat"
)

// authority stands for the SAT: it answers every call with the same fields.
func authority(fields string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		fmt.Fprintf(w, `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>`+
			`<ConsultaResponse xmlns="http://tempuri.org/"><ConsultaResult>%s</ConsultaResult></ConsultaResponse></Body></Envelope>`, fields)
	}))
}

const invoice = `<?xml version="1.0" encoding="UTF-8"?>
<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" Version="4.0" Total="1160.00" Sello="c2VsbG8gZGUgcHJ1ZWJh+bcd/g==">
  <cfdi:Emisor Rfc="EKU9003173C9"/>
  <cfdi:Receptor Rfc="XAXX010101000"/>
  <cfdi:Complemento>
    <tfd:TimbreFiscalDigital xmlns:tfd="http://www.sat.gob.mx/TimbreFiscalDigital" UUID="0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F"/>
  </cfdi:Complemento>
</cfdi:Comprobante>`

func ExampleExpression() {
	expression, err := sat.Expression([]byte(invoice))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(expression)
	// Output:
	// https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx?id=0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F&re=EKU9003173C9&rr=XAXX010101000&tt=1160.0&fe=+bcd/g==
}

func ExampleClient_Status() {
	server := authority("<CodigoEstatus>S - Comprobante obtenido satisfactoriamente.</CodigoEstatus><Estado>Cancelado</Estado><EstatusCancelacion>Plazo vencido</EstatusCancelacion>")
	defer server.Close()

	client, err := sat.New(sat.Config{Endpoint: server.URL}) // in place of Environment
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := client.Status(context.Background(), cancel.Request{
		Kind:       cancel.Invoice,
		ID:         "0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F",
		Expression: "?re=EKU9003173C9&rr=XAXX010101000&tt=1160.0&id=0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F&fe=+bcd/g==",
	})
	fmt.Println(result.State, "-", result.Code, err)
	// Output:
	// cancelled - Plazo vencido <nil>
}

func ExampleClient_Preflight() {
	server := authority("<CodigoEstatus>S - Comprobante obtenido satisfactoriamente.</CodigoEstatus><EsCancelable>Cancelable con aceptación</EsCancelable><Estado>Vigente</Estado>")
	defer server.Close()

	client, err := sat.New(sat.Config{Endpoint: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	expression, err := sat.Expression([]byte(invoice))
	if err != nil {
		fmt.Println(err)
		return
	}
	advice, err := client.Preflight(context.Background(), cancel.Request{
		Kind: cancel.Invoice, ID: "0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F", Expression: expression,
	})
	fmt.Println(advice.Verdict, err)
	// Output:
	// consent_needed <nil>
}

// pac stands for the adapter of a PAC, such as a *factible.Client.
type pac struct{}

func (pac) Cancel(_ context.Context, req cancel.Request) (cancel.Result, error) {
	return cancel.Result{Provider: "pac", ID: req.ID, Kind: req.Kind, State: cancel.Cancelled, Code: "200", Message: "done"}, nil
}

func ExampleConfirm() {
	server := authority("<CodigoEstatus>S - Comprobante obtenido satisfactoriamente.</CodigoEstatus><Estado>Vigente</Estado><EstatusCancelacion/>")
	defer server.Close()

	client, err := sat.New(sat.Config{Endpoint: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	confirmed := sat.Confirm(pac{}, client)
	expression, err := sat.Expression([]byte(invoice))
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := confirmed.Cancel(context.Background(), cancel.Request{
		Kind: cancel.Invoice, ID: "0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F", Expression: expression,
	})
	fmt.Println(result.State, err)
	fmt.Println(result.Message)
	// Output:
	// pending <nil>
	// pac: 200 done; sat: S - Comprobante obtenido satisfactoriamente.; Vigente
}
