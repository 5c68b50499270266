package record_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/record"
)

// scrubbed returns an answer as it would be stored, twice: what is scrubbed stays so.
func scrubbed(t *testing.T, s *record.Scrubber, answer, contentType string) string {
	t.Helper()
	for range 2 {
		f, err := s.Fixture(record.Exchange{Response: []byte(answer), ContentType: contentType, Whole: true}, record.Meta{})
		require.NoError(t, err, answer)
		if string(f.Response) == answer {
			return answer
		}
		answer = string(f.Response)
	}
	require.Fail(t, "scrubbing it again changes it", answer)
	return ""
}

func TestScrubber(t *testing.T) {
	const kept = "E329DD15-7D0B-44E9-A204-51A7443D1FBE"
	for what, tt := range map[string]struct{ answer, want string }{
		"nothing":                {"", ""},
		"words":                  {"No se pudo. ¡Lástima! 12345", "No se pudo. ¡Lástima! 12345"},
		"UUIDs, in either case":  {invoice + " " + strings.ToLower(invoice), "ABCDEF00-0000-4000-8000-000000000001 abcdef00-0000-4000-8000-000000000001"},
		"a published UUID":       {kept + strings.ToLower(kept), kept + strings.ToLower(kept)},
		"RFCs":                   {"de EKU9003173C9, Ñ&A800101AB1 y loña8001019q3.", "de XAX010101001, XAX010101002 y XAXX010101003."},
		"e-mail addresses":       {"a.b+c@d.mx,ó@é.com.mx; A.B+C@d.mx", "persona1@example.com,persona2@example.com; persona1@example.com"},
		"URLs":                   {`en HTTPS://vendor.mx/a?b=c#d "http://x"`, `en https://example.com/1 "https://example.com/2"`},
		"keys":                   {"prk_Ab-9_x puk_1", "REDACTED REDACTED"},
		"authorization":          {"Authorization: Bearer a.b-c, basic YTpi", "Authorization: REDACTED REDACTED"},
		"hexadecimal":            {"0123456789abcdef0123456789ABCDEF", "1000000000aaaaaa0000000000AAAAAB"},
		"a secret":               {"clave: hunter2hunter2 y HUNTER2", "clave: REDACTEDREDACTED y HUNTER2"},
		"HTML":                   {"<html><body>de&nbsp;hunter2<br>a@b.mx</body>", "<html><body>de&nbsp;REDACTED<br>persona1@example.com</body>"},
		"HTML that is XML":       {`<!DOCTYPE html><html><!-- a@b.mx --><a title="hunter2" href='/x'/></html>`, `<!DOCTYPE html><html><!-- persona1@example.com --><a title="REDACTED" href="/x"/></html>`},
		"XML, untouched":         {"<?xml version='1.0' encoding='utf-8'?>\r\n<a x:b='1'  c=\"&#38;\" >&quot;<![CDATA[<]]>\n<d/></a>\n", "<?xml version='1.0' encoding='utf-8'?>\r\n<a x:b='1'  c=\"&#38;\" >&quot;<![CDATA[<]]>\n<d/></a>\n"},
		"XML, names":             {`<a xmlns="http://vendor.mx/a" xmlns:b="http://vendor.mx/b"><b:c Algorithm="http://www.w3.org/x" b:d="http://vendor.mx"/></a>`, `<a xmlns="http://vendor.mx/a" xmlns:b="http://vendor.mx/b"><b:c Algorithm="http://www.w3.org/x" b:d="https://example.com/1"/></a>`},
		"XML, parts of a text":   {`<a>hun<![CDATA[ter2 & ]]>más</a>`, `<a>REDACTED &amp; más</a>`},
		"XML, escaped":           {`<a>&lt;b RfcEmisor="x"&gt;h&amp;#117;nter2&lt;/b&gt;</a>`, `<a>&lt;b RfcEmisor=&#34;XAXX010101001&#34;&gt;REDACTED&lt;/b&gt;</a>`},
		"XML, cut":               {`<a><b>hunter2</b`, `<a><b>REDACTED</b`},
		"XML, half of it":        {`<a><b>hunter2`, `<a><b>REDACTED`},
		"JSON, untouched":        {"{ \"a\" : [1.50, -0, 1e9, true, null, \"\\u00e9\"] ,\n\"b\":{}, \"b\":[ ] }\n", "{ \"a\" : [1.50, -0, 1e9, true, null, \"\\u00e9\"] ,\n\"b\":{}, \"b\":[ ] }\n"},
		"JSON, names":            {`{"Name":"hunter2","email":"","phone":5512345678,"token":12}`, `{"Name":"Persona 1","email":"","phone":1000000002,"token":13}`},
		"JSON, a list of names":  {`[{"name":["Ana","Eva","ana"]}]`, `[{"name":["Persona 1","Persona 2","Persona 1"]}]`},
		"JSON, numbers":          {`{"order_number":2402558,"of":[2402558,24025580,1]}`, `{"order_number":1000001,"of":[1000001,10000010,1]}`},
		"JSON, a secret number":  {`{"pin":987654}`, `{"pin":100001}`},
		"JSON, escaped":          {`{"a":"h\u0075nter2 \u003cb\u003e"}`, `{"a":"REDACTED \u003cb\u003e"}`},
		"JSON within JSON":       {`{"a":"{\"name\":\"x\",\"b\":\"<c d='hunter2'/>\"}"}`, `{"a":"{\"name\":\"Persona 1\",\"b\":\"\\u003cc d=\\\"REDACTED\\\"/\\u003e\"}"}`},
		"JSON, cut":              {`{"a":"hunter2"`, `{"a":"REDACTED"`},
		"base64":                 {`{"a":"` + pack("clave de ana: hunter2") + `"}`, `{"a":"` + pack("clave de ana: REDACTED") + `"}`},
		"base64 of XML in lines": {"<a>\n" + pack(`<b>hunter2, o no`)[:12] + "\n" + pack(`<b>hunter2, o no`)[12:] + "\n</a>", "<a>" + pack(`<b>REDACTED, o no`) + "</a>"},
		"base64 of nothing":      {pack("nada de nada, y nada más"), pack("nada de nada, y nada más")},
		"an ID":                  {"TR99AQMY31,TR99AQMY31", "AA00AAAA01,AA00AAAA01"},
	} {
		t.Run(what, func(t *testing.T) {
			s := record.NewScrubber([]cancel.Secret{"hunter2", "987654"}, kept)
			switch what {
			case "JSON, numbers":
				s.ID(order)
			case "an ID":
				s.ID(document)
			}
			assert.Equal(t, tt.want, scrubbed(t, s, tt.answer, ""))
			assert.Equal(t, json.Valid([]byte(tt.answer)), json.Valid([]byte(tt.want)))
		})
	}
}

func TestIDs(t *testing.T) {
	s := record.NewScrubber(nil, "ABC1", invoice)
	assert.Equal(t, "ABC1", s.ID("ABC1"), "published")
	assert.Equal(t, "abc1", s.ID("abc1"), "published")
	assert.Equal(t, invoice, s.ID(invoice))
	assert.Empty(t, s.ID(""))
	assert.Equal(t, "1001", s.ID("2402"))
	assert.Equal(t, "1001", s.ID("2402"))
	assert.Equal(t, "1002", s.ID("9999"))
	assert.Equal(t, "1004", s.ID("1003"), "not by itself")
	assert.Equal(t, "a-0F", s.ID("ñ-9É"))
	assert.Equal(t, record.Redacted, s.ID("--"), "there is nothing to vary")
	assert.Equal(t, "ABCDEF00-0000-4000-8000-000000000007", s.ID("00000000-0000-0000-0000-0000000000FF"))
}

// TestCharsets shows that a body is written in the charset in which it was read.
func TestCharsets(t *testing.T) {
	for what, tt := range map[string]struct {
		encoding              encoding.Encoding
		declared, contentType string
	}{
		"UTF-8":                {encoding.Nop, "", "text/xml"},
		"UTF-8, marked":        {unicode.UTF8BOM, "", "text/xml"},
		"ISO-8859-1":           {charmap.ISO8859_1, "", "text/xml; charset=ISO-8859-1"},
		"ISO-8859-1, declared": {charmap.ISO8859_1, ` encoding="ISO-8859-1"`, "text/xml"},
		"windows-1252":         {charmap.Windows1252, "", "text/xml; charset=windows-1252"},
		"UTF-16, marked":       {unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "", "text/xml"},
		"UTF-16BE":             {unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), ` encoding="UTF-16"`, "text/xml; charset=utf-16"},
		"UTF-16LE, undeclared": {unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "", ""},
	} {
		const layout = `<?xml version="1.0"%s?><a>Señal: %s, cancelación</a>`
		answer, err := tt.encoding.NewEncoder().String(fmt.Sprintf(layout, tt.declared, "hunter2"))
		require.NoError(t, err)
		want, err := tt.encoding.NewEncoder().String(fmt.Sprintf(layout, tt.declared, "REDACTED"))
		require.NoError(t, err)
		s := record.NewScrubber([]cancel.Secret{"hunter2"})
		assert.Equal(t, want, scrubbed(t, s, answer, tt.contentType), what)
	}
}

// TestFixturesStayReadable scrubs every fixture that there is.
func TestFixturesStayReadable(t *testing.T) {
	files, err := filepath.Glob("../../testdata/*/*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		before, err := os.ReadFile(file)
		require.NoError(t, err)
		s := record.NewScrubber([]cancel.Secret{"una & otra", "usuario@example.com", "some_merchant"})
		after := scrubbed(t, s, string(before), "")
		switch filepath.Ext(file) {
		case ".json":
			assert.True(t, json.Valid([]byte(after)), file)
		case ".xml":
			assert.NoError(t, xml.Unmarshal([]byte(after), new(struct{})), file)
			assert.Equal(t, strings.Count(string(before), "<"), strings.Count(after, "<"), file)
		}
		for _, private := range []string{invoice, "una &amp; otra", "usuario@example.com", "some_merchant"} {
			assert.NotContains(t, after, private, file)
		}
	}
}
