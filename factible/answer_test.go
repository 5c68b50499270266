package factible

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// statuses maps each status without an acuse to its meaning: from Cancel, from Status.
var statuses = map[string][2]expect{
	"200":  {{State: cancel.Cancelled}, {State: cancel.Pending}},
	"204":  both(expect{Reason: cancel.ErrNotCancellable}),
	"211":  both(expect{State: cancel.Pending}),
	"213":  both(expect{Reason: cancel.ErrRejected}),
	"500":  both(expect{Reason: cancel.ErrUnavailable}),
	"501":  both(expect{Reason: cancel.ErrUnavailable}),
	"601":  both(expect{Reason: cancel.ErrAuth}),
	"602":  both(expect{Reason: cancel.ErrAuth}),
	"603":  both(expect{Reason: cancel.ErrAuth}),
	"604":  both(expect{Reason: cancel.ErrAuth}),
	"605":  both(expect{Reason: cancel.ErrAuth}),
	"611":  both(expect{Reason: cancel.ErrInvalid}),
	"620":  both(expect{Reason: cancel.ErrForbidden}),
	"621":  both(expect{Reason: cancel.ErrInvalid}),
	"623":  both(expect{Reason: cancel.ErrNotFound}),
	"633":  both(expect{Reason: cancel.ErrAuth}),
	"702":  both(expect{Reason: cancel.ErrNotFound}),
	"1801": both(expect{Reason: cancel.ErrInvalid}),
	"1802": both(expect{Reason: cancel.ErrInvalid}),
}

func both(e expect) [2]expect { return [2]expect{e, e} }

func expected(op, code string) expect {
	known, ok := statuses[code]
	switch {
	case !ok:
		return expect{Reason: cancel.ErrUnexpected}
	case op == cancelPrimarySector.name:
		return known[0]
	}
	return known[1]
}

// read returns the meaning of a body, without a server.
func (op operation) read(req cancel.Request, httpStatus int, contentType, body string) (cancel.Result, error) {
	answer := adapter.Answer{Status: httpStatus, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body), At: time.Now()}
	call := adapter.Call{Provider: provider, Op: op.name, ID: req.ID, ReadOnly: op.readOnly}
	return op.interpret(call, req, answer)
}

func TestStatuses(t *testing.T) {
	for name, m := range methods {
		for code := range statuses {
			for _, httpStatus := range []int{200, 500} {
				t.Run(fmt.Sprint(name, " ", code, " in HTTP ", httpStatus), func(t *testing.T) {
					body := answered(name, `<ax211:acuseSat xsi:nil="true"/><ax211:mensaje>palabras &amp; más</ax211:mensaje>`+coded(code))
					v := (&vendor{Status: httpStatus, Answer: body}).Start(t)
					before := time.Now()
					got, err := m.call(client(t, v), t.Context(), primary)
					if failure := expected(name, code).Check(t, got, err); failure != nil {
						assert.Equal(t, name, failure.Op)
						assert.Equal(t, invoice, failure.ID)
						assert.Equal(t, code, failure.Code)
						assert.Equal(t, "palabras & más", failure.Message)
						assert.Equal(t, httpStatus, failure.HTTPStatus)
						assert.Equal(t, body, string(failure.Raw))
						return
					}
					assert.Equal(t, cancel.Result{
						Provider: "factible", ID: invoice, Kind: cancel.PrimarySectorInvoice, State: got.State,
						Code: code, Message: "palabras & más", Raw: []byte(body), At: got.At,
					}, got)
					assert.WithinRange(t, got.At, before, time.Now())
				})
			}
		}
	}
}

func TestStatusesThatTheVendorDoesNotDocument(t *testing.T) {
	odd := []string{"-200", "+200", "0200", "200.0", "2 00", "2e2", "OK", "200,", "２００", "true", strings.Repeat("2", 400)}
	for code := range 2100 {
		odd = append(odd, strconv.Itoa(code))
	}
	for name, m := range methods {
		for _, code := range odd {
			got, err := m.op.read(primary, 200, "", answered(name, coded(code)))
			expected(name, code).Check(t, got, err, name, code)
		}
	}
}

func TestStatusIsTrimmed(t *testing.T) {
	got, err := cancelPrimarySector.read(primary, 200, "", answered("cancelarSectorPrimario", coded(" \n200\t")))
	require.NoError(t, err)
	assert.Equal(t, "200", got.Code)
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, m := range methods {
		doubt := expect{Reason: cancel.ErrUnknownOutcome}
		other := "getStatusCancelacionAsincrona"
		if m.op.readOnly {
			doubt.Reason = cancel.ErrUnavailable
			other = "cancelarSectorPrimario"
		}
		ok := answered(name, coded("200"))
		for what, body := range map[string]string{
			"empty":                     "",
			"HTML":                      "<html><body>200</body></html>",
			"JSON":                      `{"status":200}`,
			"cut":                       ok[:len(ok)-1],
			"trailing junk":             ok + "x",
			"twice":                     ok + ok,
			"DTD":                       "<!DOCTYPE a>" + ok,
			"empty Body":                `<Envelope><Body/></Envelope>`,
			"missing Body":              `<Envelope/>`,
			"attachments alone":         `<Envelope><attachments/></Envelope>`,
			"another operation":         answered(other, coded("200")),
			"no status":                 answered(name, "<mensaje>200</mensaje>"),
			"empty status":              answered(name, "<status/>"),
			"blank status":              answered(name, coded(" \n")),
			"nil status":                answered(name, `<status xsi:nil="true">200</status>`),
			"status of elements":        answered(name, "<status><a>200</a></status>"),
			"status twice, the same":    answered(name, coded("200")+coded("200")),
			"status twice, different":   answered(name, coded("200")+coded("204")),
			"status twice, first empty": answered(name, "<status/>"+coded("200")),
			"status twice, then empty":  answered(name, coded("200")+"<status/>"),
			"two different acuses": answered(name, coded("200")+
				"<acuseSat>"+packed(acuseOf(invoice, "201"))+"</acuseSat><acuseSAT>"+packed(acuseOf(invoice, "202"))+"</acuseSAT>"),
			"two different acuses with a failure": answered(name, coded("204")+"<acuseSat>a</acuseSat><acuseSat>b</acuseSat>"),
			"an unknown charset":                  strings.Replace(ok, "UTF-8", "klingon", 1),
		} {
			for _, httpStatus := range []int{200, 201, 204, 500, 502, 504} {
				got, err := m.op.read(primary, httpStatus, "text/xml", body)
				failure := doubt.Check(t, got, err, name, what, httpStatus)
				assert.Error(t, failure.Err, "says why")
				assert.Empty(t, failure.Code, what)
			}
			got, err := m.op.read(primary, 401, "text/xml", body)
			expect{Reason: cancel.ErrAuth}.Check(t, got, err, name, what)
		}
	}
}

func TestAnswersInOddEnvelopes(t *testing.T) {
	for name, m := range methods {
		ok := answered(name, coded("211"))
		for what, body := range map[string]string{
			"attachments": strings.Replace(ok, "<soapenv:Body>", "<attachments/><soapenv:Body>", 1),
			"SOAP 1.2":    strings.Replace(ok, "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope", 1),
			"other names": strings.NewReplacer("ax211:", "ax7:", "ns:", "ns1:", "soapenv:", "S:").Replace(ok),
			"no prefixes": strings.NewReplacer("ax211:", "", "ns:", "", "soapenv:", "").Replace(ok),
			"UTF-8 mark":  "\uFEFF" + ok,
			"more fields": answered(name, "<a/><status2>200</status2>"+coded("211")+"<b><status>200</status></b>"),
		} {
			for _, contentType := range []string{"", "text/xml", "text/plain", "application/octet-stream", "multipart/related; boundary=", ";;"} {
				for _, soap12 := range []bool{false, true} {
					v := (&vendor{Status: 200, Header: http.Header{"Content-Type": {contentType}}, Answer: body}).Start(t)
					if contentType == "" {
						v.Header = http.Header{"Content-Type": nil}
					}
					got, err := m.call(client(t, v, func(c *Config) { c.SOAP12 = soap12 }), t.Context(), primary)
					expect{State: cancel.Pending}.Check(t, got, err, what, contentType)
				}
			}
		}
	}
}

func TestAnswersInOtherCharsets(t *testing.T) {
	const words = "cancelación número ñ"
	body := func(charset string) string {
		return strings.Replace(answered("cancelarSectorPrimario", "<mensaje>"+words+"</mensaje>"+coded("200")), "UTF-8", charset, 1)
	}
	bare := strings.TrimPrefix(body("UTF-8"), `<?xml version="1.0" encoding="UTF-8"?>`)
	latin := func(s string) string {
		out, err := charmap.ISO8859_1.NewEncoder().String(s)
		require.NoError(t, err)
		return out
	}
	wide := func(order unicode.Endianness, mark unicode.BOMPolicy, s string) string {
		out, err := unicode.UTF16(order, mark).NewEncoder().String(s)
		require.NoError(t, err)
		return out
	}
	for what, tt := range map[string]struct{ body, contentType string }{
		"ISO-8859-1, prolog":   {latin(body("ISO-8859-1")), "text/xml"},
		"ISO-8859-1, header":   {latin(bare), "text/xml; charset=ISO-8859-1"},
		"windows-1252, prolog": {latin(body("windows-1252")), "text/xml; charset=utf-8"},
		"windows-1252, header": {latin(bare), "application/soap+xml; charset=windows-1252"},
		"US-ASCII, prolog":     {strings.NewReplacer("ó", "&#243;", "ú", "&#xFA;", "ñ", "&#xf1;").Replace(body("US-ASCII")), "text/xml"},
		"UTF-16LE":             {wide(unicode.LittleEndian, unicode.UseBOM, body("UTF-16")), "text/xml"},
		"UTF-16BE":             {wide(unicode.BigEndian, unicode.UseBOM, body("UTF-16")), "text/xml"},
		"UTF-16LE, header":     {wide(unicode.LittleEndian, unicode.IgnoreBOM, bare), "text/xml; charset=utf-16le"},
		"UTF-16BE, header":     {wide(unicode.BigEndian, unicode.IgnoreBOM, bare), "text/xml; charset=utf-16be"},
	} {
		v := (&vendor{Status: 200, Header: http.Header{"Content-Type": {tt.contentType}}, Answer: tt.body}).Start(t)
		got, err := client(t, v).Cancel(t.Context(), primary)
		require.NoError(t, err, what)
		assert.Equal(t, words, got.Message, what)
		assert.Equal(t, tt.body, string(got.Raw), what)
	}
}

// forms are the ways in which an acuse travels.
var forms = map[string]func(string) string{
	"acuseSAT, XML":            func(s string) string { return "<acuseSAT>" + escaped(s) + "</acuseSAT>" },
	"acuseSat, XML":            func(s string) string { return "<ax211:acuseSat>" + escaped(s) + "</ax211:acuseSat>" },
	"acuseSAT, CDATA":          func(s string) string { return "<acuseSAT><![CDATA[" + s + "]]></acuseSAT>" },
	"acuseSAT, base64":         func(s string) string { return "<acuseSAT>" + packed(s) + "</acuseSAT>" },
	"acuseSat, base64":         func(s string) string { return "<ax211:acuseSat xsi:nil=\"false\">" + packed(s) + "</ax211:acuseSat>" },
	"acuseSat, base64 no pad":  func(s string) string { return "<acuseSat>" + strings.TrimRight(packed(s), "=") + "</acuseSat>" },
	"acuseSat, base64 in rows": func(s string) string { return "<acuseSat>\r\n" + rows(packed(s)) + "\n</acuseSat>" },
	"acuseSat, elements":       func(s string) string { return "<acuseSat>" + s[strings.Index(s, "?>")+2:] + "</acuseSat>" },
	"both, the same": func(s string) string {
		return "<acuseSAT>" + escaped(s) + "</acuseSAT><acuseSat>" + packed(s+"\n") + "</acuseSat>"
	},
	"both, one nil":        func(s string) string { return `<acuseSAT xsi:nil="true"/><acuseSat>` + packed(s) + "</acuseSat>" },
	"both, one empty":      func(s string) string { return "<acuseSAT>" + escaped(s) + "</acuseSAT><acuseSat> </acuseSat>" },
	"both, twice the same": func(s string) string { return strings.Repeat("<acuseSat>"+packed(s)+"</acuseSat>", 2) },
}

func rows(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	return b.String() + s
}

func TestAcuse(t *testing.T) {
	unknown := expect{Reason: cancel.ErrUnknownOutcome}
	unexpected := expect{Reason: cancel.ErrUnexpected}
	for what, tt := range map[string]struct {
		acuse string
		want  expect
		cause string
	}{
		"201":                        {acuseOf(invoice, "201"), expect{State: cancel.Cancelled}, ""},
		"202":                        {acuseOf(invoice, "202"), expect{State: cancel.AlreadyCancelled}, ""},
		"203":                        {acuseOf(invoice, "203"), expect{Reason: cancel.ErrNotFound}, "203"},
		"204":                        {acuseOf(invoice, "204"), expect{Reason: cancel.ErrNotCancellable}, "204"},
		"205":                        {acuseOf(invoice, "205"), expect{Reason: cancel.ErrNotFound}, "205"},
		"206":                        {acuseOf(invoice, "206"), expect{Reason: cancel.ErrNotCancellable}, "206"},
		"200":                        {acuseOf(invoice, "200"), unexpected, "200"},
		"207":                        {acuseOf(invoice, "207"), unexpected, "207"},
		"213":                        {acuseOf(invoice, "213"), unexpected, "213"},
		"301":                        {acuseOf(invoice, "301"), unexpected, "301"},
		"1201":                       {acuseOf(invoice, "1201"), unexpected, "1201"},
		"no number":                  {acuseOf(invoice, "OK"), unexpected, "OK"},
		"no EstatusUUID":             {acuseOf(invoice, ""), unexpected, "EstatusUUID"},
		"blanks":                     {acuseOf("\n "+invoice+" ", " 201\n"), expect{State: cancel.Cancelled}, ""},
		"another case":               {acuseOf(strings.ToLower(invoice), "202"), expect{State: cancel.AlreadyCancelled}, ""},
		"another invoice":            {acuseOf(another, "201"), unknown, "no folio"},
		"no folio":                   {acuseOf(), unknown, "no folio"},
		"no acuse, though XML":       {`<?xml version="1.0"?><html><UUID>` + invoice + `</UUID><EstatusUUID>201</EstatusUUID></html>`, unknown, "no folio"},
		"several, ours first":        {acuseOf(invoice, "202", another, "201"), expect{State: cancel.AlreadyCancelled}, ""},
		"several, ours last":         {acuseOf(another, "205", invoice, "201"), expect{State: cancel.Cancelled}, ""},
		"ours twice, the same":       {acuseOf(invoice, "201", strings.ToLower(invoice), "201"), expect{State: cancel.Cancelled}, ""},
		"ours twice, different":      {acuseOf(invoice, "201", invoice, "205"), unexpected, "201 and 205"},
		"ours without, then another": {`<?xml version="1.0"?><Acuse><Folios><UUID>` + invoice + `</UUID><UUID>` + another + `</UUID><EstatusUUID>201</EstatusUUID></Folios></Acuse>`, unexpected, "EstatusUUID"},
		"a prefix of the ID":         {acuseOf(invoice[:35], "201"), unknown, "no folio"},
	} {
		for how, form := range forms {
			for name, m := range methods {
				body := answered(name, form(tt.acuse)+"<mensaje>m</mensaje>"+coded("200"))
				got, err := m.op.read(primary, 200, "text/xml", body)
				if failure := tt.want.Check(t, got, err, what, how, name); failure != nil {
					assert.Equal(t, "200", failure.Code)
					assert.Equal(t, "m", failure.Message)
					assert.ErrorContains(t, failure.Err, tt.cause, what)
					continue
				}
				assert.Equal(t, "200", got.Code, what)
				sent := tt.acuse
				if strings.HasSuffix(how, "elements") {
					sent = sent[strings.Index(sent, "?>")+2:]
				}
				assert.Equal(t, sent, strings.TrimSpace(string(got.Receipt)), "%s, %s, %s", what, how, name)
			}
		}
	}
}

func TestAcuseThatProvesNothing(t *testing.T) {
	for what, field := range map[string]string{
		"words":             "<acuseSAT> no acuse &amp; no XML </acuseSAT>",
		"base64 of words":   "<acuseSat>" + packed("no acuse") + "</acuseSat>",
		"cut XML":           "<acuseSAT>" + escaped(strings.TrimSuffix(acuseOf(invoice, "201"), ">")) + "</acuseSAT>",
		"base64 of cut XML": "<acuseSat>" + packed(strings.TrimSuffix(acuseOf(invoice, "205"), ">")) + "</acuseSat>",
		"two documents":     "<acuseSAT>" + escaped("<a/><b/>") + "</acuseSAT>",
		"text around XML":   "<acuseSAT>" + escaped("see: "+acuseOf(invoice, "205")) + "</acuseSAT>",
	} {
		for name, m := range methods {
			got, err := m.op.read(primary, 200, "", answered(name, field+coded("200")))
			expected(name, "200").Check(t, got, err, what)
			want := field[strings.Index(field, ">")+1 : strings.LastIndex(field, "</")]
			want = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&#34;", `"`).Replace(want)
			assert.Equal(t, want, string(got.Receipt), "as it came")
		}
	}
}

// An acuse that came as text was read with the answer. The charset that it declares no longer holds.
func TestAcuseThatDeclaresAnotherCharset(t *testing.T) {
	acuse := acuseOf(invoice, "205")
	acuse = acuse[strings.Index(acuse, "?>")+2:]
	for _, declared := range []string{"ISO-8859-1", "UTF-16", "unheard-of"} {
		field := "<acuseSAT>" + escaped(`<?xml version="1.0" encoding="`+declared+`"?>`+acuse) + "</acuseSAT>"
		for name, m := range methods {
			got, err := m.op.read(primary, 200, "", answered(name, field+coded("200")))
			expect{Reason: cancel.ErrNotFound}.Check(t, got, err, declared)
		}
	}
}

func TestAcuseThatIsNone(t *testing.T) {
	for _, field := range []string{"", "<acuseSAT/>", "<acuseSat> \n </acuseSat>", `<acuseSat xsi:nil="true"/>`, `<acuseSAT xsi:nil="1"></acuseSAT>`} {
		for name, m := range methods {
			got, err := m.op.read(primary, 200, "", answered(name, field+coded("200")))
			expected(name, "200").Check(t, got, err, field)
			assert.Nil(t, got.Receipt)
		}
	}
}

func TestAcuseDecidesWithStatus200Alone(t *testing.T) {
	for code := range statuses {
		if code == "200" {
			continue
		}
		for name, m := range methods {
			for _, estatus := range []string{"201", "205"} {
				body := answered(name, "<acuseSat>"+packed(acuseOf(invoice, estatus))+"</acuseSat>"+coded(code))
				got, err := m.op.read(primary, 200, "", body)
				expected(name, code).Check(t, got, err, code)
			}
		}
	}
}

func TestNilWords(t *testing.T) {
	got, err := cancelPrimarySector.read(primary, 200, "", answered("cancelarSectorPrimario", `<mensaje xsi:nil="true"/>`+coded("200")))
	require.NoError(t, err)
	assert.Empty(t, got.Message)
}

func TestFaults(t *testing.T) {
	soap11 := func(code string) string {
		return `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault><faultcode>` + code + `</faultcode><faultstring>palabras</faultstring><detail/></S:Fault></S:Body></S:Envelope>`
	}
	soap12 := func(code string) string {
		return `<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"><S:Body><S:Fault><S:Code><S:Value>` + code + `</S:Value></S:Code><S:Reason><S:Text xml:lang="es">palabras</S:Text></S:Reason></S:Fault></S:Body></S:Envelope>`
	}
	invalid := both(expect{Reason: cancel.ErrInvalid})
	doubt := [2]expect{{Reason: cancel.ErrUnknownOutcome}, {Reason: cancel.ErrUnavailable}}
	byStatus := map[int][2]expect{
		401: both(expect{Reason: cancel.ErrAuth}),
		403: both(expect{Reason: cancel.ErrForbidden}),
		429: both(expect{Reason: cancel.ErrUnavailable}),
		503: both(expect{Reason: cancel.ErrUnavailable}),
	}
	for _, tt := range []struct {
		body, code string
		want       [2]expect
	}{
		{soap11("S:Client"), "S:Client", invalid},
		{soap11("axis2ns124:Client.Auth"), "axis2ns124:Client.Auth", invalid},
		{soap11("S:Server"), "S:Server", doubt},
		{soap11("S:MustUnderstand"), "S:MustUnderstand", doubt},
		{soap11(""), "", doubt},
		{soap12("S:Sender"), "S:Sender", invalid},
		{soap12("S:Receiver"), "S:Receiver", doubt},
		{soap12("S:VersionMismatch"), "S:VersionMismatch", doubt},
	} {
		for _, httpStatus := range []int{200, 202, 302, 400, 401, 403, 404, 418, 429, 500, 502, 503, 504} {
			for i, name := range []string{"cancelarSectorPrimario", "getStatusCancelacionAsincrona"} {
				for _, asked12 := range []bool{false, true} {
					v := (&vendor{Status: httpStatus, Answer: tt.body, Header: http.Header{"Retry-After": {"7"}}}).Start(t)
					got, err := methods[name].call(client(t, v, func(c *Config) { c.SOAP12 = asked12 }), t.Context(), primary)
					want, ok := byStatus[httpStatus]
					if !ok {
						want = tt.want
					}
					failure := want[i].Check(t, got, err, tt.code, httpStatus, name)
					assert.Equal(t, tt.code, failure.Code)
					assert.Equal(t, "palabras", failure.Message)
					assert.Equal(t, httpStatus, failure.HTTPStatus)
					assert.Equal(t, 7*time.Second, failure.RetryAfter)
					assert.Equal(t, tt.body, string(failure.Raw))
				}
			}
		}
	}
}

func TestHTTPStatuses(t *testing.T) {
	doubt := [2]expect{{Reason: cancel.ErrUnknownOutcome}, {Reason: cancel.ErrUnavailable}}
	rows := map[int][2]expect{
		401: both(expect{Reason: cancel.ErrAuth}), 403: both(expect{Reason: cancel.ErrForbidden}),
		400: both(expect{Reason: cancel.ErrInvalid}), 404: both(expect{Reason: cancel.ErrInvalid}), 405: both(expect{Reason: cancel.ErrInvalid}),
		413: both(expect{Reason: cancel.ErrInvalid}), 415: both(expect{Reason: cancel.ErrInvalid}), 422: both(expect{Reason: cancel.ErrInvalid}),
		429: both(expect{Reason: cancel.ErrUnavailable}), 503: both(expect{Reason: cancel.ErrUnavailable}),
		300: both(expect{Reason: cancel.ErrUnexpected}), 301: both(expect{Reason: cancel.ErrUnexpected}), 302: both(expect{Reason: cancel.ErrUnexpected}),
		307: both(expect{Reason: cancel.ErrUnexpected}), 308: both(expect{Reason: cancel.ErrUnexpected}), 402: both(expect{Reason: cancel.ErrUnexpected}),
		408: both(expect{Reason: cancel.ErrUnexpected}), 409: both(expect{Reason: cancel.ErrUnexpected}), 418: both(expect{Reason: cancel.ErrUnexpected}),
		200: doubt, 202: doubt, 204: doubt, 500: doubt, 501: doubt, 502: doubt, 504: doubt, 599: doubt,
	}
	for httpStatus, want := range rows {
		for i, name := range []string{"cancelarSectorPrimario", "getStatusCancelacionAsincrona"} {
			v := (&vendor{Status: httpStatus, Answer: "<html></html>", Header: http.Header{"Retry-After": {"90"}, "Location": {"/elsewhere"}}}).Start(t)
			got, err := methods[name].call(client(t, v), t.Context(), primary)
			failure := want[i].Check(t, got, err, httpStatus, name)
			assert.Equal(t, httpStatus, failure.HTTPStatus)
			assert.Equal(t, 90*time.Second, failure.RetryAfter)
			assert.Equal(t, 1, v.Count())
		}
	}
}

func TestAnswerDecidesWhateverTheHTTPStatus(t *testing.T) {
	for _, httpStatus := range []int{200, 202, 302, 400, 401, 403, 404, 429, 500, 503} {
		got, err := cancelPrimarySector.read(primary, httpStatus, "text/xml", answered("cancelarSectorPrimario", coded("200")))
		expect{State: cancel.Cancelled}.Check(t, got, err, httpStatus)
		got, err = getStatus.read(primary, httpStatus, "text/xml", answered("getStatusCancelacionAsincrona", coded("601")))
		expect{Reason: cancel.ErrAuth}.Check(t, got, err, httpStatus)
	}
}

func TestAnswersThatDoNotComeWhole(t *testing.T) {
	doubt := [2]expect{{Reason: cancel.ErrUnknownOutcome}, {Reason: cancel.ErrUnavailable}}
	for i, name := range []string{"cancelarSectorPrimario", "getStatusCancelacionAsincrona"} {
		ok := answered(name, coded("200"))
		for what, v := range map[string]*vendor{
			"broken off after the answer": {Transmission: func(w http.ResponseWriter) {
				w.Header().Set("Content-Length", "100000")
				_, _ = w.Write([]byte(ok))
			}},
			"broken off before it": {Transmission: func(http.ResponseWriter) { panic(http.ErrAbortHandler) }},
			"too long":             {Status: 200, Answer: ok + strings.Repeat(" ", 10_000)},
			"too long by one":      {Status: 200, Answer: ok + strings.Repeat(" ", 2001-len(ok))},
			"too long, as a fault": {Status: 500, Answer: ok + strings.Repeat(" ", 10_000)},
		} {
			got, err := methods[name].call(client(t, v.Start(t), func(c *Config) { c.Options.MaxResponseBytes = 2000 }), t.Context(), primary)
			failure := doubt[i].Check(t, got, err, what, name)
			assert.Error(t, failure.Err)
		}
		v := (&vendor{Status: 200, Answer: ok + strings.Repeat(" ", 2000-len(ok))}).Start(t)
		_, err := methods[name].call(client(t, v, func(c *Config) { c.Options.MaxResponseBytes = 2000 }), t.Context(), primary)
		assert.NoError(t, err, "exactly as long as it may be")
	}
}

func TestContextDone(t *testing.T) {
	v := (&vendor{Status: 200}).Start(t)
	ctx, end := context.WithCancel(t.Context())
	end()
	for _, m := range methods {
		for _, soap12 := range []bool{false, true} {
			got, err := m.call(client(t, v, func(c *Config) { c.SOAP12 = soap12 }), ctx, primary)
			expect{Reason: cancel.ErrUnavailable}.Check(t, got, err)
			assert.ErrorIs(t, err, context.Canceled)
		}
	}
	assert.Zero(t, v.Count())
}

func TestEchoedPasswordIsRedacted(t *testing.T) {
	echoes := map[string]string{
		"words":       answered("cancelarSectorPrimario", "<mensaje>"+escaped("no: "+password+"!")+"</mensaje>"+coded("601")),
		"CDATA":       answered("cancelarSectorPrimario", "<mensaje><![CDATA["+password+"]]></mensaje>"+coded("601")),
		"elements":    answered("cancelarSectorPrimario", "<mensaje><password>"+escaped(password)+"</password></mensaje>"+coded("601")),
		"status":      answered("cancelarSectorPrimario", "<status>"+escaped(password)+"</status>"),
		"fault":       `<Envelope><Body><Fault><faultcode>` + escaped(password) + `</faultcode><faultstring>bad: ` + escaped(password) + `</faultstring></Fault></Body></Envelope>`,
		"EstatusUUID": answered("cancelarSectorPrimario", "<acuseSAT>"+escaped(acuseOf(invoice, escaped(password)))+"</acuseSAT>"+coded("200")),
		"twice":       answered("cancelarSectorPrimario", "<acuseSAT>"+escaped(acuseOf(invoice, "a", invoice, escaped(password)))+"</acuseSAT>"+coded("200")),
		"charset":     `<?xml version="1.0" encoding="` + strings.ReplaceAll(escaped(strings.TrimSpace(password)), `"`, "") + `"?><a/>`,
		"no answer":   "<html>" + escaped(password) + "</html>",
	}
	for what, body := range echoes {
		for _, httpStatus := range []int{200, 401, 500} {
			v := (&vendor{Status: httpStatus, Answer: body}).Start(t)
			_, err := client(t, v).Cancel(t.Context(), primary)
			failure, ok := errors.AsType[*cancel.Error](err)
			require.True(t, ok)
			for _, shown := range []string{err.Error(), failure.Message, failure.Code, fmt.Sprint(failure.Err)} {
				assert.NotContains(t, shown, "contrase", what)
				assert.NotContains(t, shown, "otra", what)
			}
			assert.Equal(t, body, string(failure.Raw), "as it came")
		}
	}
}
