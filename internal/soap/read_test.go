package soap

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

const (
	opening = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`
	closing = `</s:Body></s:Envelope>`
)

// answer is the answer of a vendor to the operation ask.
func answer(fields string) string {
	return opening + `<n:askResponse xmlns:n="http://vendor.test"><n:return>` + fields + `</n:return></n:askResponse>` + closing
}

func fieldsOf(t *testing.T, body, contentType string) []Field {
	t.Helper()
	reply, err := read([]byte(body), contentType, "askResponse", "return")
	require.NoError(t, err, body)
	require.Nil(t, reply.fault, body)
	return reply.fields
}

func TestReadFields(t *testing.T) {
	for what, tt := range map[string]struct {
		fields string
		want   []Field
	}{
		"none":             {"", nil},
		"blanks":           {" \n\t ", nil},
		"one":              {"<status>200</status>", []Field{{Name: "status", Text: []byte("200")}}},
		"empty":            {"<mensaje/><mensaje></mensaje>", []Field{{Name: "mensaje"}, {Name: "mensaje"}}},
		"prefixed":         {`<ax211:status xmlns:ax211="u">200</ax211:status>`, []Field{{Name: "status", Text: []byte("200")}}},
		"another prefix":   {`<ax7:status xmlns:ax7="u">200</ax7:status>`, []Field{{Name: "status", Text: []byte("200")}}},
		"prefix of no one": {`<ax7:status>200</ax7:status>`, []Field{{Name: "status", Text: []byte("200")}}},
		"typed":            {`<status xmlns:xsi="i" xsi:type="xs:int">200</status>`, []Field{{Name: "status", Text: []byte("200")}}},
		"nil":              {`<a xsi:nil="true"/><a xsi:nil="1"/><a xsi:nil="false"/>`, []Field{{Name: "a", Nil: true}, {Name: "a", Nil: true}, {Name: "a"}}},
		"in order":         {"<b>1</b> <a>2</a>\n<b>3</b>", []Field{{Name: "b", Text: []byte("1")}, {Name: "a", Text: []byte("2")}, {Name: "b", Text: []byte("3")}}},
		"blanks kept":      {"<m> a \n b </m>", []Field{{Name: "m", Text: []byte(" a \n b ")}}},
		"CDATA":            {"<m>a<![CDATA[<b>&amp;]]>c</m>", []Field{{Name: "m", Text: []byte("a<b>&amp;c")}}},
		"comments":         {"<m>2<!-- <x> -->0<?pi x?>0</m>", []Field{{Name: "m", Text: []byte("200")}}},
		"entities":         {"<m>&lt;&gt;&amp;&apos;&quot;&#241;&#xF1;&#x1F642;</m>", []Field{{Name: "m", Text: []byte(`<>&'"ññ🙂`)}}},
		"nested":           {`<m> <a b="c">d<e/></a>&amp;</m>`, []Field{{Name: "m", Text: []byte(` <a b="c">d<e/></a>&amp;`), Nested: true}}},
		"nested deep":      {"<m>" + strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000) + "</m>", []Field{{Name: "m", Text: []byte(strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000)), Nested: true}}},
	} {
		assert.Equal(t, tt.want, fieldsOf(t, answer(tt.fields), "text/xml"), what)
	}
}

func TestReadEnvelopes(t *testing.T) {
	const ret = `<r:askResponse xmlns:r="u"><r:return><status>200</status></r:return></r:askResponse>`
	want := []Field{{Name: "status", Text: []byte("200")}}
	for what, body := range map[string]string{
		"1.1":                    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + ret + `</s:Body></s:Envelope>`,
		"1.2":                    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>` + ret + `</s:Body></s:Envelope>`,
		"no prefix":              `<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body>` + ret + `</Body></Envelope>`,
		"no namespace":           `<Envelope><Body>` + ret + `</Body></Envelope>`,
		"prolog":                 `<?xml version='1.0' encoding='UTF-8'?>` + "\n" + opening + ret + closing,
		"byte-order mark":        "\uFEFF" + opening + ret + closing,
		"header":                 `<Envelope><Header><a><Body/></a></Header><Body>` + ret + `</Body></Envelope>`,
		"attachments":            `<Envelope><attachments/><Body>` + ret + `</Body><attachments><a/></attachments></Envelope>`,
		"blanks, comments":       "\n<!-- a --> " + `<Envelope> <!-- b --> <Body> ` + "\n" + ret + `<?pi?> </Body> </Envelope>` + " <!-- c -->\r\n\t ",
		"more beside the return": `<Envelope><Body><askResponse><other><return>1</return></other><return><status>200</status></return></askResponse></Body></Envelope>`,
	} {
		for _, contentType := range []string{"", "text/xml", "application/soap+xml; charset=utf-8", "text/plain", "multipart/related; boundary=", "\x00;;"} {
			assert.Equal(t, want, fieldsOf(t, body, contentType), "%s, %s", what, contentType)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	const ret = `<askResponse><return><status>200</status></return></askResponse>`
	for what, body := range map[string]string{
		"nothing":                   "",
		"blanks":                    " \n ",
		"a mark alone":              "\uFEFF",
		"a comment":                 "<!-- -->",
		"text":                      "Bad Gateway",
		"HTML":                      "<html><body>200</body></html>",
		"HTML5":                     "<!DOCTYPE html><html><br></html>",
		"JSON":                      `{"status":200}`,
		"no envelope":               ret,
		"envelope in another":       `<a>` + opening + ret + closing + `</a>`,
		"no Body":                   `<Envelope/>`,
		"a Header alone":            `<Envelope><Header>` + ret + `</Header></Envelope>`,
		"an empty Body":             `<Envelope><Body/></Envelope>`,
		"a Body of blanks":          opening + " \n " + closing,
		"text in the Body":          opening + "200" + closing,
		"two Bodies":                `<Envelope><Body>` + ret + `</Body><Body>` + ret + `</Body></Envelope>`,
		"an empty Body after":       `<Envelope><Body>` + ret + `</Body><Body/></Envelope>`,
		"two answers":               opening + ret + ret + closing,
		"an answer and a fault":     opening + ret + `<Fault/>` + closing,
		"a fault and an answer":     opening + `<Fault/>` + ret + closing,
		"two faults":                opening + `<Fault/><Fault/>` + closing,
		"another operation":         opening + `<tellResponse><return><status>200</status></return></tellResponse>` + closing,
		"the request":               opening + `<ask><return><status>200</status></return></ask>` + closing,
		"another case":              opening + `<AskResponse><return><status>200</status></return></AskResponse>` + closing,
		"no return":                 opening + `<askResponse/>` + closing,
		"another return":            opening + `<askResponse><status>200</status></askResponse>` + closing,
		"two returns":               opening + `<askResponse><return><status>200</status></return><return/></askResponse>` + closing,
		"text beside the return":    opening + `<askResponse>a<return><status>200</status></return></askResponse>` + closing,
		"text in the return":        opening + `<askResponse><return>200<status>200</status></return></askResponse>` + closing,
		"DTD":                       `<!DOCTYPE s:Envelope>` + opening + ret + closing,
		"DTD with entities":         `<!DOCTYPE a [<!ENTITY s "200">]>` + answer("<status>&s;</status>"),
		"DTD after":                 opening + ret + closing + `<!DOCTYPE a>`,
		"DTD within":                opening + `<!DOCTYPE a>` + ret + closing,
		"DTD within a field":        answer("<status>200<!ENTITY a></status>"),
		"DTD within a nested field": answer("<status><a><!ENTITY a></a></status>"),
		"an entity of no one":       answer("<status>&nbsp;</status>"),
		"text after":                opening + ret + closing + "junk",
		"an envelope after":         opening + ret + closing + opening + ret + closing,
		"an element after":          opening + ret + closing + "<a/>",
		"a zero after":              opening + ret + closing + "\x00",
		"text before":               "junk" + opening + ret + closing,
		"cut":                       strings.TrimSuffix(opening+ret+closing, ">"),
		"cut within a field":        answer("<status>200</status>")[:len(opening)+60],
		"cut within a comment":      opening + ret + closing + "<!-- ",
		"wrong end":                 opening + `<askResponse><return><status>200</stat></return></askResponse>` + closing,
		"a control character":       answer("<m>\x01</m>"),
		"a control, by number":      answer("<m>&#1;</m>"),
		"a zero, by number":         answer("<m>&#0;</m>"),
		"no UTF-8":                  answer("<m>\xf1</m>"),
		"unknown charset":           `<?xml version="1.0" encoding="klingon"?>` + opening + ret + closing,
		"another XML":               `<?xml version="2.0"?>` + opening + ret + closing,
		"an attribute unquoted":     answer("<m a=b/>"),
	} {
		_, err := read([]byte(body), "text/xml", "askResponse", "return")
		assert.Error(t, err, what)
	}
}

func TestReadEveryPrefixOfAnAnswer(t *testing.T) {
	body := answer(`<a xsi:nil="true"/><m><x>1</x></m><status>200</status>`)
	for i := range body {
		_, err := read([]byte(body[:i]), "", "askResponse", "return")
		assert.Error(t, err, body[:i])
	}
}

func TestReadCharsets(t *testing.T) {
	const words = "cancelación ñ"
	iso, err := charmap.ISO8859_1.NewEncoder().String(answer("<m>" + words + "</m><x><y>" + words + "</y></x>"))
	require.NoError(t, err)
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy, body string) string {
		out, err := unicode.UTF16(order, mark).NewEncoder().String(body)
		require.NoError(t, err)
		return out
	}
	prolog := func(charset string) string { return `<?xml version="1.0" encoding="` + charset + `"?>` }
	body := answer("<m>" + words + "</m><x><y>" + words + "</y></x>")
	for what, tt := range map[string]struct{ body, contentType string }{
		"UTF-8":                    {prolog("utf-8") + body, "text/xml"},
		"UTF-8, header lies":       {prolog("utf-8") + body, "text/xml; charset=ISO-8859-1"},
		"UTF-8, mark":              {"\uFEFF" + prolog("utf-8") + body, "text/xml"},
		"ISO-8859-1 in the prolog": {prolog("ISO-8859-1") + iso, "text/xml; charset=utf-8"},
		"ISO-8859-1 in the header": {iso, `text/xml; charset="ISO-8859-1"`},
		"windows-1252, prolog":     {prolog("windows-1252") + iso, ""},
		"windows-1252, header":     {iso, "text/xml;charset=windows-1252"},
		"US-ASCII":                 {prolog("US-ASCII") + answer("<m>cancelaci&#243;n &#xF1;</m><x><y>"+words+"</y></x>"), "text/xml"},
		"UTF-16LE, prolog":         {utf16(unicode.LittleEndian, unicode.UseBOM, prolog("UTF-16")+body), "text/xml"},
		"UTF-16BE, prolog":         {utf16(unicode.BigEndian, unicode.UseBOM, prolog("UTF-16")+body), ""},
		"UTF-16LE, header":         {utf16(unicode.LittleEndian, unicode.IgnoreBOM, body), "text/xml; charset=UTF-16LE"},
		"UTF-16BE, header":         {utf16(unicode.BigEndian, unicode.IgnoreBOM, body), "text/xml; charset=UTF-16BE"},
	} {
		if what == "US-ASCII" {
			assert.Equal(t, words, string(fieldsOf(t, tt.body, tt.contentType)[0].Text), what)
			continue
		}
		assert.Equal(t, []Field{{Name: "m", Text: []byte(words)}, {Name: "x", Text: []byte("<y>" + words + "</y>"), Nested: true}},
			fieldsOf(t, tt.body, tt.contentType), what)
	}
}

func TestReadFaults(t *testing.T) {
	for what, tt := range map[string]struct {
		body   string
		want   fault
		sender bool
	}{
		"1.1, Client": {
			`<s:Fault xmlns:axis2ns124="http://schemas.xmlsoap.org/soap/envelope/"><faultcode>axis2ns124:Client</faultcode><faultstring>not found</faultstring><detail /></s:Fault>`,
			fault{"axis2ns124:Client", "not found"}, true,
		},
		"1.1, Server":            {`<s:Fault><faultcode>s:Server</faultcode><faultstring>a &amp; b</faultstring><faultactor>x</faultactor><detail><faultcode>s:Client</faultcode></detail></s:Fault>`, fault{"s:Server", "a & b"}, false},
		"1.1, refined":           {`<Fault><faultcode>Client.Authentication</faultcode></Fault>`, fault{"Client.Authentication", ""}, true},
		"1.1, blanks":            {"<Fault>\n<faultcode> s:Client\n</faultcode><faultstring>\n a \n</faultstring></Fault>", fault{"s:Client", "a"}, true},
		"1.1, version":           {`<Fault><faultcode>s:VersionMismatch</faultcode></Fault>`, fault{"s:VersionMismatch", ""}, false},
		"1.2, Sender":            {`<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>a:b</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">one</s:Text><s:Text xml:lang="es">uno</s:Text></s:Reason><s:Detail><s:Value>s:Receiver</s:Value></s:Detail></s:Fault>`, fault{"s:Sender", "one"}, true},
		"1.2, Receiver":          {`<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>s:Sender</s:Value></s:Subcode></s:Code><s:Reason><s:Text>one</s:Text></s:Reason></s:Fault>`, fault{"s:Receiver", "one"}, false},
		"1.2, a Subcode alone":   {`<Fault><Code><Subcode><Value>s:Sender</Value></Subcode></Code></Fault>`, fault{}, false},
		"empty":                  {`<Fault/>`, fault{}, false},
		"a code like Client":     {`<Fault><faultcode>NoClient</faultcode></Fault>`, fault{"NoClient", ""}, false},
		"client in another case": {`<Fault><faultcode>client</faultcode></Fault>`, fault{"client", ""}, false},
	} {
		reply, err := read([]byte(opening+tt.body+closing), "", "askResponse", "return")
		require.NoError(t, err, what)
		require.NotNil(t, reply.fault, what)
		assert.Equal(t, tt.want, *reply.fault, what)
		assert.Equal(t, tt.sender, reply.fault.sender(), what)
		assert.Empty(t, reply.fields)
	}
}

func TestReadRefusesFaults(t *testing.T) {
	for what, body := range map[string]string{
		"text":              `<Fault>Client</Fault>`,
		"text in the Code":  `<Fault><Code>Sender</Code></Fault>`,
		"cut":               `<Fault><faultcode>Client`,
		"cut in the detail": `<Fault><detail><a>`,
		"cut in the Code":   `<Fault><Code><Subcode>`,
		"cut in the Reason": `<Fault><Reason><Text>`,
		"DTD":               `<Fault><!DOCTYPE a></Fault>`,
	} {
		_, err := read([]byte(opening+body+closing), "", "askResponse", "return")
		assert.Error(t, err, what)
	}
}

func TestReadTellsWhatAFaultMeans(t *testing.T) {
	faultOf := func(code string) string {
		return opening + `<s:Fault><faultcode>` + code + `</faultcode><faultstring>words</faultstring></s:Fault>` + closing
	}
	for _, tt := range []struct {
		code     string
		status   int
		readOnly bool
		want     error
	}{
		{"s:Client", 500, false, cancel.ErrInvalid},
		{"s:Client", 200, true, cancel.ErrInvalid},
		{"s:Client", 404, false, cancel.ErrInvalid},
		{"s:Server", 500, false, cancel.ErrUnknownOutcome},
		{"s:Server", 500, true, cancel.ErrUnavailable},
		{"s:Server", 400, false, cancel.ErrUnknownOutcome},
		{"a:DeserializationFailed", 500, true, cancel.ErrUnavailable},
		{"s:Client", 401, false, cancel.ErrAuth},
		{"s:Server", 401, true, cancel.ErrAuth},
		{"s:Client", 403, false, cancel.ErrForbidden},
		{"s:Client", 429, false, cancel.ErrUnavailable},
		{"s:Server", 503, false, cancel.ErrUnavailable},
	} {
		call := adapter.Call{Provider: "vendor", Op: "ask", ID: "1", ReadOnly: tt.readOnly}
		fields, err := Read(call, adapter.Answer{Status: tt.status, Body: []byte(faultOf(tt.code))}, "return")
		assert.Empty(t, fields)
		failure, ok := errors.AsType[*cancel.Error](err)
		require.True(t, ok, tt)
		assert.Equal(t, tt.want, failure.Reason, tt)
		assert.Equal(t, tt.code, failure.Code)
		assert.Equal(t, "words", failure.Message)
		assert.Equal(t, tt.status, failure.HTTPStatus)
	}
}

func TestReadOfAnotherResult(t *testing.T) {
	const ret = `<askResponse><askResult><a>1</a></askResult></askResponse>`
	call := adapter.Call{Op: "ask"}
	fields, err := Read(call, adapter.Answer{Status: 200, Body: []byte(opening + ret + closing)}, "askResult")
	require.NoError(t, err)
	assert.Equal(t, []Field{{Name: "a", Text: []byte("1")}}, fields)

	_, err = Read(call, adapter.Answer{Status: 200, Body: []byte(opening + ret + closing)}, "return")
	require.ErrorIs(t, err, cancel.ErrUnknownOutcome)
	_, err = Read(call, adapter.Answer{Err: io.ErrUnexpectedEOF, Unsent: true}, "return")
	require.ErrorIs(t, err, cancel.ErrUnavailable)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
