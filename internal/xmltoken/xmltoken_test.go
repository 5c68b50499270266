package xmltoken

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kept is a token that outlives the next.
type kept struct {
	kind     Kind
	name     string
	attrs    []string
	text     string
	from, to int
}

// tokens reads all of s but comments and processing instructions.
func tokens(s Source) (all []kept, err error) {
	for {
		t, err := s.Next()
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		case t.Kind == Other:
			continue
		}
		k := kept{kind: t.Kind, name: string(t.Name), text: string(t.Text), from: t.From, to: t.To}
		for _, a := range t.Attrs {
			k.attrs = append(k.attrs, string(a.Name), string(a.Value))
		}
		all = append(all, k)
	}
}

// checkScan requires that the strict scan of text, if it comes to the end, gives what
// encoding/xml gives. It returns whether it came to the end.
func checkScan(t *testing.T, text string) (certain bool) {
	t.Helper()
	got, certain := scan([]byte(text), tokens)
	if !certain {
		return false
	}
	want, err := tokens(decode([]byte(text)))
	if err != nil {
		require.NoError(t, err, text)
	}
	if !slices.EqualFunc(got, want, func(a, b kept) bool {
		return a.kind == b.kind && a.name == b.name && a.text == b.text && a.from == b.from && a.to == b.to && slices.Equal(a.attrs, b.attrs)
	}) {
		require.Equal(t, want, got, text)
	}
	return true
}

func TestScanIsCertain(t *testing.T) {
	for _, text := range []string{
		"",
		"<a/>",
		"<a></a>",
		"<a ></a >",
		"<a\n\t/>",
		"\n <a> \n</a> \t",
		"<a-1._b:c>x</a-1._b:c>",
		"<a><b/><b>1</b> <c>2</c></a>",
		"<a/><b/>",
		"text <a/> text",
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
		strings.Repeat("<a>", 16) + strings.Repeat("</a>", 16),
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
		strings.Repeat("<a>", 17) + strings.Repeat("</a>", 17), strings.Repeat("<a>", 16) + "<b/>" + strings.Repeat("</a>", 16),
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
	texts := func(s Source) (found []string, err error) {
		all, err := tokens(s)
		for _, k := range all {
			if k.kind == Text || k.kind == Directive {
				found = append(found, k.text)
			}
		}
		return found, err
	}
	for text, want := range map[string][]string{
		"<a>1</a>":                        {"1"},
		"<a>1<!-- 2 -->3</a>":             {"1", "3"},
		"<a><![CDATA[<&]]></a>":           {"<&"},
		"<a>1\r\n2</a>":                   {"1\n2"},
		"<!DOCTYPE a><ñ>1</ñ>":            {"", "1"},
		`<?xml encoding="x"?><a>ñ</a>`:    {"ñ"},
		`<a b = "1">2</a>`:                {"2"},
		"<a>1</a><?b?><b>2</b><!-- c -->": {"1", "2"},
	} {
		got, err := Read([]byte(text), texts)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"<a>", "<a>&nbsp;</a>", "<a>\x00</a>", "<a></b>", "<a b=<></a>"} {
		_, err := Read([]byte(text), texts)
		assert.Error(t, err, text)
		assert.NotErrorIs(t, err, errUncertain, text)
	}
}

// BenchmarkScan reads an answer that holds an acuse as text in both ways.
func BenchmarkScan(b *testing.B) {
	text := []byte(answers(b)["cancel-200-text.xml"])
	count := func(s Source) (n int, err error) {
		for ; err == nil; n++ {
			_, err = s.Next()
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return n, err
	}
	b.Run("strict", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := scan(text, count); !ok {
				b.Fatal("not certain")
			}
		}
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := count(decode(text)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
