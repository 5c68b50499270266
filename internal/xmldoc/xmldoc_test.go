package xmldoc

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// same requires that two readings of a text are equal, but for empty slices.
func same(t *testing.T, want, got Document, text string) {
	t.Helper()
	plain := func(d Document) (all []string) {
		for _, e := range d.Elements {
			all = append(all, fmt.Sprintf("%d %q %q %q %q %t", e.Depth, e.Name, e.Attrs, e.Text, e.Inner, e.Nested))
		}
		return append(all, fmt.Sprint(d.Directive))
	}
	require.Equal(t, plain(want), plain(got), text)
}

// checkScan requires that the strict scan of text, if it comes to the end, gives what
// encoding/xml gives. It returns whether it came to the end.
func checkScan(t *testing.T, text string) (certain bool) {
	t.Helper()
	got, certain := scan([]byte(text))
	if !certain {
		return false
	}
	want, err := decode([]byte(text))
	require.NoError(t, err, text)
	same(t, want, got, text)
	return true
}

func TestScanIsCertain(t *testing.T) {
	for _, text := range []string{
		"<a/>",
		"<a></a>",
		"<a ></a >",
		"<a\n\t/>",
		"\n <a> \n</a> \t",
		"<a-1._b:c>x</a-1._b:c>",
		"<a><b/><b>1</b> <c>2</c></a>",
		`<a b="1" c:d='2 "'  e="" xmlns:f="g"/>`,
		`<a b="&lt;&gt;&amp;&apos;&quot;&#241;&#xF1;&#xf1;" c="&amp;&amp;"/>`,
		`<a b=">"/>`,
		"<a>&lt;&gt;&amp;&apos;&quot;&#241;&#xF1;&#x1F642;&#0000000065;&#9;&#10;&#xD;&#x7F;</a>",
		"<a>&lt;b c=&quot;d&quot;&gt;ñ 🙂 ]] > &lt;/b&gt;</a>",
		"<a>]]&gt;</a>",
		"<a>\uFFFD\uE000</a>",
		`<?xml version="1.0"?><a/>`,
		`<?xml version='1.0' encoding='UTF-8'?>` + "\n<a/>",
		`<?xml version="1.0" encoding="utf-8" standalone="no" ?><a/>`,
		`<?xml version="1.0" encoding="ISO-8859-1"?><a>ñ</a>`,
		`<?xml version="1.0"encoding?><a/>`,
		strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000),
	} {
		assert.True(t, checkScan(t, text), text)
	}
}

func TestScanIsNotCertain(t *testing.T) {
	for _, text := range []string{
		"<", "<a", "<a ", "<a/", "<a>", "</a>", "<a></b>", "<a></a", "<a></", "<a></a></a>", "<p:a></a>", "<p:a></q:a>",
		"<>", "</>", "< a/>", "<a / >", "<a//>", "<1/>", "<-a/>", "<:a/>", "<a:/>", "<a:1/>", "<a:b:c/>", "<ñ/>", "<a></a b>",
		"<a b/>", "<a b=/>", "<a b=c/>", `<a b = "c"/>`, `<a b="c"d="e"/>`, `<a b="c/>`, `<a b="<"/>`, `<a b='c"/>`, `<a "c"/>`, `<a 1="c"/>`, `<a b="&x;"/>`,
		"<a>&</a>", "<a>&;</a>", "<a>&lt</a>", "<a>&LT;</a>", "<a>&nbsp;</a>", "<a>&lt ;</a>", "<a>& lt;</a>", "&lt",
		"<a>&#;</a>", "<a>&#x;</a>", "<a>&#X41;</a>", "<a>&x41;</a>", "<a>&65;</a>", "<a>&#-1;</a>", "<a>&#+65;</a>", "<a>&#6_5;</a>", "<a>&#xg;</a>",
		"<a>&#0;</a>", "<a>&#1;</a>", "<a>&#xD800;</a>", "<a>&#xDFFF;</a>", "<a>&#xFFFE;</a>", "<a>&#xFFFF;</a>", "<a>&#x110000;</a>", "<a>&#x100000041;</a>", "<a>&#x10000000000000041;</a>",
		"", " ", "<a/><b/>", "text <a/>", "<a/> text", "<a>" + strings.Repeat("<b/>", maxElements) + "</a>",
		"<a>\r</a>", "<a>\r\n</a>", "<a\r/>", "<a>\x00</a>", "<a>\x1f</a>", "<a>\xf1</a>", "<a>\xed\xa0\x80</a>", "<a>\uFFFE</a>", "<a>\uFFFF</a>", "<a>]]></a>", "<a b=']]>'/>",
		"<a><!-- --></a>", "<a><![CDATA[b]]></a>", "<a><?b?></a>", "<!DOCTYPE a><a/>", "<a><!ENTITY b></a>", "<a/><!",
		` <?xml version="1.0"?><a/>`, `<?xml version="1.1"?><a/>`, `<?xml?><a/>`, `<?xml version="1.0"><a/>?>`, `<?xml version="1.0"`, `<?xml version="1.0"?><?xml version="1.0"?><a/>`,
	} {
		assert.False(t, checkScan(t, text), text)
	}
}

func answers(tb testing.TB) map[string]string {
	tb.Helper()
	files, err := filepath.Glob("../../testdata/factible/*.xml")
	require.NoError(tb, err)
	require.NotEmpty(tb, files)
	all := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(tb, err)
		all[filepath.Base(file)] = string(text)
	}
	return all
}

func TestScanIsCertainOfAnswers(t *testing.T) {
	for file, text := range answers(t) {
		assert.True(t, checkScan(t, text), file)
	}
}

// TestScanOfMutations reads answers with a few bytes lost, repeated, moved or exchanged
// for such as mean something.
func TestScanOfMutations(t *testing.T) {
	const each = 500
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{
		"<", ">", "/", "</", "/>", "&", ";", "&lt;", "&#x", "&#65;", "\"", "'", "=", ":", "?", "!", "<!--", "-->", "<![CDATA[", "]]>", "]]",
		"<?xml", "?>", "<!DOCTYPE a>", " ", "\n", "\r", "\t", "\x00", "\x1f", "\xff", "\xc3", "ñ", "\uFFFE", "\uFFFF", "\uFEFF", "a", "1", "-", ".", "xmlns:", "<a/>", "<a>", "</a>",
	}
	certain := 0
	for _, text := range answers(t) {
		for range each {
			mutant := text
			for range 1 + random.IntN(3) {
				at := random.IntN(len(mutant) + 1)
				till := min(at+random.IntN(8), len(mutant))
				switch random.IntN(4) {
				case 0:
					mutant = mutant[:at] + mutant[till:]
				case 1:
					mutant = mutant[:till] + mutant[at:]
				case 2:
					mutant = mutant[:at] + pieces[random.IntN(len(pieces))] + mutant[till:]
				case 3:
					mutant = mutant[:at] + pieces[random.IntN(len(pieces))] + mutant[at:]
				}
			}
			if checkScan(t, mutant) {
				certain++
			}
		}
	}
	t.Logf("%d mutants are certain", certain)
	assert.Greater(t, certain, 4*each, "too few mutants are still XML to prove anything")
}

// FuzzScan compares the strict scan with encoding/xml.
func FuzzScan(f *testing.F) {
	for _, text := range answers(f) {
		f.Add(text)
	}
	f.Add(`<a b="&lt;" c:d=''><e>&#xD;&#241;</e> <f/></a>`)
	f.Fuzz(func(t *testing.T, text string) { checkScan(t, text) })
}

func TestReadFallsBack(t *testing.T) {
	for text, want := range map[string]Document{
		"<a>1</a>":                     {Elements: []Element{{Depth: 1, Name: []byte("a"), Text: []byte("1"), Inner: []byte("1")}}},
		"<a>1<!-- 2 -->3</a>":          {Elements: []Element{{Depth: 1, Name: []byte("a"), Text: []byte("13"), Inner: []byte("1<!-- 2 -->3")}}},
		"<a><![CDATA[<&]]></a>":        {Elements: []Element{{Depth: 1, Name: []byte("a"), Text: []byte("<&"), Inner: []byte("<![CDATA[<&]]>")}}},
		"<a>1\r\n2</a>":                {Elements: []Element{{Depth: 1, Name: []byte("a"), Text: []byte("1\n2"), Inner: []byte("1\r\n2")}}},
		"<!DOCTYPE a><ñ>1</ñ>":         {Elements: []Element{{Depth: 1, Name: []byte("ñ"), Text: []byte("1"), Inner: []byte("1")}}, Directive: true},
		`<?xml encoding="x"?><a>ñ</a>`: {Elements: []Element{{Depth: 1, Name: []byte("a"), Text: []byte("ñ"), Inner: []byte("ñ")}}},
		`<a b = "1"><c/>2</a><!-- -->`: {Elements: []Element{
			{Depth: 1, Name: []byte("a"), Attrs: []Attr{{[]byte("b"), []byte("1")}}, Text: []byte("2"), Inner: []byte("<c/>2"), Nested: true},
			{Depth: 2, Name: []byte("c")},
		}},
	} {
		got, err := Read([]byte(text))
		require.NoError(t, err, text)
		same(t, want, got, text)
	}
	for _, text := range []string{
		"", " ", "<!-- -->", "1", "<a>", "<a>&nbsp;</a>", "<a>\x00</a>", "<a></b>", "<a b=<></a>", "<a/><b/>", "1<a/>", "<a/>1", "<a><b></a>",
		"<a>" + strings.Repeat("<b/>", maxElements) + "</a>",
	} {
		_, err := Read([]byte(text))
		assert.Error(t, err, text[:min(len(text), 20)])
	}
}

// Texts between comments are joined in time that grows with the document, and leave it as it is.
func TestReadJoinsTexts(t *testing.T) {
	const n = 100_000
	text := []byte("<a>" + strings.Repeat("1<!-- -->", n) + "</a>")
	kept := bytes.Clone(text)
	doc, err := Read(text)
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("1", n), string(doc.Elements[0].Text))
	assert.Equal(t, kept, text)

	text = []byte("<a>1<b/>2<c/>3</a>")
	kept = bytes.Clone(text)
	doc, err = Read(text)
	require.NoError(t, err)
	assert.Equal(t, "123", string(doc.Elements[0].Text))
	assert.Equal(t, kept, text)
}

// BenchmarkRead reads an answer that holds an acuse as text in both ways.
func BenchmarkRead(b *testing.B) {
	text := []byte(answers(b)["cancel-200-text.xml"])
	b.Run("strict", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := scan(text); !ok {
				b.Fatal("not certain")
			}
		}
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := decode(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}
