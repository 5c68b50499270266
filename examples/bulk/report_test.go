package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/factible/factibletest"
)

// elements returns the elements of a page by name; the page must be whole.
func elements(t *testing.T, page string) map[string][]*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	found := map[string][]*html.Node{}
	for node := range root.Descendants() {
		if node.Type == html.ElementNode {
			found[node.Data] = append(found[node.Data], node)
		}
	}
	return found
}

func text(n *html.Node) string {
	var all strings.Builder
	for node := range n.Descendants() {
		if node.Type == html.TextNode {
			all.WriteString(node.Data)
		}
	}
	return all.String()
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestTheReportEscapesWhatOthersWrote(t *testing.T) {
	const evil = `<script>alert("1")</script><img src=x onerror=alert(2)>'"</svg>`
	r := newRig(t)
	r.payvalida.Answer("2402558", "<b>9</b>", evil)
	r.write("in.csv", titles, payment1+",,,,,,,",
		`auco,document,"`+strings.ReplaceAll(evil, `"`, `""`)+`",Error,legal@example.com,,,,,`,
		`"`+strings.ReplaceAll(evil, `"`, `""`)+`",document,1,Error,legal@example.com,,,,,`)
	require.Equal(t, exitDoubt, r.run().Exit)

	page := r.read("in.report.html")
	found := elements(t, page)
	assert.Empty(t, found["script"])
	assert.Empty(t, found["img"])
	assert.Empty(t, found["svg"])
	for _, nodes := range found {
		for _, n := range nodes {
			for _, a := range n.Attr {
				assert.False(t, strings.HasPrefix(a.Key, "on"), "%s=%q", a.Key, a.Val)
			}
		}
	}
	assert.Contains(t, text(found["body"][0]), "<b>9</b>: "+evil, "it is shown as it is")
	assert.Equal(t, 3, strings.Count(text(found["body"][0]), "<script>"))
}

func TestTheReportNeedsNothingElse(t *testing.T) {
	r := newRig(t)
	r.input(invoice1, strange, signed, odd, document)
	r.run()
	page := r.read("in.report.html")
	found := elements(t, page)
	assert.Empty(t, found["link"])
	assert.Empty(t, found["script"])
	for _, nodes := range found {
		for _, n := range nodes {
			for _, name := range []string{"src", "href", "xlink:href", "srcset", "action"} {
				assert.Empty(t, attribute(n, name))
			}
		}
	}
	assert.NotRegexp(t, `(?i)url\(|@import|https?://`, page)
}

func TestTheReportShowsHowAllStands(t *testing.T) {
	r := newRig(t)
	r.factible.Answer(idOf(invoice2), factibletest.Answer{Status: 213, Message: "rechazada"})
	r.input("what", invoice1, invoice1, invoice2, strange, pending, registered, payment1, stubborn, odd, document, signed)
	require.Equal(t, exitDoubt, r.run().Exit)
	found := elements(t, r.read("in.report.html"))

	var cards []string
	for _, div := range found["div"] {
		if strings.HasPrefix(attribute(div, "class"), "card ") {
			cards = append(cards, text(div))
		}
	}
	assert.Equal(t, []string{"3cancelled", "2under way", "3refused", "1to be asked again", "1in doubt", "1lines passed over"}, cards)

	body := text(found["body"][0])
	for _, want := range []string{
		"in.csv · 12 lines", "1 of them repetitions", "it has 1 cells, the header has 10",
		"payvalida: unexpected answer", "0099: processing", "have a person look",
		"payvalida: unavailable", "0017: transaction was not reversed", "factible: consent refused", "Settle it with the person who refused.",
		"auco: not cancellable", idOf(signed), "auco (127.0.0.1:",
		"factible: under way", idOf(pending), idOf(registered), "72 hours to object",
	} {
		assert.Contains(t, body, want)
	}
	for _, good := range []string{idOf(invoice1), idOf(payment1), idOf(document)} {
		assert.NotContains(t, body, good, "nothing needs to be done about it")
	}

	shares := map[string]string{}
	for _, span := range found["span"] {
		if style := attribute(span, "style"); style != "" {
			shares[text(span.Parent.Parent)[:4]+attribute(span, "title")] = style
		}
	}
	assert.Equal(t, "flex-grow:2", shares["factunder way: 2"])
	assert.Equal(t, "flex-grow:1", shares["aucocancelled: 1"])
	assert.Len(t, shares, 9)
}

func TestThePageAndTheSummaryInSpanish(t *testing.T) {
	spanish := cli.Flags{Language: "es"}
	texts := []string{"A rehearsal."}
	for _, found := range regexp.MustCompile(`\bt "([^"]+)"`).FindAllStringSubmatch(reportText, -1) {
		texts = append(texts, found[1])
	}
	for _, m := range []mode{cancelling, checking} {
		texts = append(append(texts, m.Title, m.Fine, m.Person), m.cards[:]...)
		for _, o := range m.outcomes {
			texts = append(texts, o.Label, o.Advice)
		}
	}
	for _, text := range texts {
		assert.True(t, text == "" || text == "total" || text != spanish.Text(text), text)
	}

	r := newRig(t)
	r.input(invoice1, strange, "auco,document,TR99AQMY33,Error,nobody", "what")
	r.env["LANG"] = "es_MX.UTF-8"
	got := r.run()
	assert.Contains(t, got.Stdout, "1  canceladas\n")
	assert.Contains(t, got.Stdout, "2  líneas omitidas\n")
	assert.Contains(t, got.Stderr, "línea 4: requested_by no es una dirección de correo sola")
	body := text(elements(t, r.read("in.report.html"))["body"][0])
	assert.Contains(t, body, "Qué requiere a una persona")
	assert.Contains(t, body, "factura del sector primario")
	assert.Contains(t, body, "línea 5tiene 1 celdas y el encabezado tiene 10")
}

func TestWhereNothingNeedsAPersonTheReportSaysSo(t *testing.T) {
	r := newRig(t)
	r.input(invoice1)
	require.Zero(t, r.run().Exit)
	found := elements(t, r.read("in.report.html"))
	assert.Contains(t, text(found["body"][0]), cancelling.Fine)
	assert.NotContains(t, text(found["body"][0]), "rehearsal", "it was not the program's own simulator")
}

func TestALongListIsCut(t *testing.T) {
	b := &bulk{flags: new(cli.Flags), mode: cancelling, settings: settings{file: "in.csv"}, rows: 1000, providers: &providers{}}
	for i := range 3 * maxListed {
		line := row{Place: fmt.Sprint("line ", i), Request: cancel.Request{Provider: "payvalida", ID: fmt.Sprint(i)}}
		b.results = append(b.results, result{line, cancelling.named("not_found"), ""})
	}
	for range 2 * maxListed {
		b.bad = append(b.bad, row{Place: "line 1", Bad: errors.New("what")})
	}
	name := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, newReport(b, false).save(name))
	page, err := os.ReadFile(name)
	require.NoError(t, err)
	found := elements(t, string(page))
	body := text(found["body"][0])
	assert.Contains(t, body, "and 400 more")
	assert.Contains(t, body, "and 200 more, which -dry-run lists")
	assert.Contains(t, body, "1,000 lines")
	assert.Less(t, len(found["tr"]), 2*maxListed+20)
}

func TestEveryOutcomeIsListedAndHasAColour(t *testing.T) {
	for _, m := range []mode{cancelling, checking} {
		for _, reason := range cancel.Reasons() {
			name, _ := cli.Reason(reason)
			if reason == cancel.ErrPending {
				continue // only Wait returns it
			}
			o := m.named(name)
			assert.Equal(t, name, o.Name)
			assert.NotEmpty(t, o.Advice, name)
			assert.Equal(t, cancel.InDoubt(reason), o.class == doubt, name)
			if cancel.Retryable(reason) {
				assert.Equal(t, again, o.class)
			}
		}
		for _, o := range m.outcomes {
			assert.Regexp(t, `\.`+o.Name+`[ ,]`, reportText, "it has a colour")
		}
	}
	for _, state := range durable.States() {
		o, _ := outcomeOf(durable.Cancellation{State: state, Result: cancel.Result{State: cancel.Cancelled}})
		assert.Equal(t, state == durable.Done, o.class == done, state)
	}
}
