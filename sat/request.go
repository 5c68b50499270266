package sat

import (
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

const (
	opConsulta = "Consulta"
	action     = "http://tempuri.org/IConsultaCFDIService/Consulta"
)

// consulta is the body of a call, as the service's WSDL names its fields.
type consulta struct {
	XMLName          xml.Name `xml:"http://tempuri.org/ Consulta"`
	ExpresionImpresa string   `xml:"expresionImpresa"`
}

// check returns the parameters of req.Expression, or reports why req is malformed.
func check(req cancel.Request) (map[string]string, error) {
	if err := adapter.CheckRequest(req, cancel.PrimarySectorInvoice, cancel.Invoice); err != nil {
		return nil, err
	}
	if !adapter.IsUUID(req.ID) {
		return nil, errors.New("ID is not a folio fiscal: it must be a UUID, 8-4-4-4-12 hexadecimal digits")
	}
	printed, err := parse(req.Expression)
	if err == nil && !strings.EqualFold(printed["id"], req.ID) {
		err = errors.New("Expression is about another UUID than ID")
	}
	return printed, err
}

// parameter is the beginning of a parameter of an expression.
var parameter = regexp.MustCompile(`[?&](id|re|rr|tt|fe)=`)

// parse returns the parameters of an expression by name. Its error says why expression is not one.
// A value reaches to the next parameter, because an RFC may hold an ampersand.
func parse(expression string) (map[string]string, error) {
	if expression == "" {
		return nil, errors.New("Expression is missing: sat.Expression reads it from the CFDI")
	}
	if err := adapter.CheckLine(expression); err != nil {
		return nil, fmt.Errorf("Expression %w", err)
	}
	found := parameter.FindAllStringSubmatchIndex(expression, -1)
	if found == nil || !strings.Contains(expression[:found[0][0]+1], "?") {
		return nil, errors.New("Expression is not an expresión impresa: it must hold ?re=…&rr=…&tt=…&id=…")
	}
	values := make(map[string]string)
	for i, at := range found {
		end := len(expression)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		name := expression[at[2]:at[3]]
		if _, twice := values[name]; twice {
			return nil, fmt.Errorf("Expression has the parameter %s twice", name)
		}
		values[name] = expression[at[1]:end]
	}
	for _, name := range []string{"id", "re", "rr", "tt"} {
		if values[name] == "" {
			return nil, fmt.Errorf("Expression has no parameter %s", name)
		}
	}
	if !adapter.IsUUID(values["id"]) {
		return nil, errors.New("Expression has a parameter id that is not a UUID")
	}
	return values, nil
}

// respell returns expression with the ampersands of its RFCs spelled the other way: as the
// entity &amp; or as they are. It returns expression if no RFC has one.
func respell(expression string, printed map[string]string) string {
	if strings.Contains(expression, "&amp;") {
		return strings.ReplaceAll(expression, "&amp;", "&")
	}
	for _, name := range []string{"re", "rr"} {
		rfc := name + "=" + printed[name]
		expression = strings.Replace(expression, rfc, strings.ReplaceAll(rfc, "&", "&amp;"), 1)
	}
	return expression
}
