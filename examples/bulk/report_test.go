package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/unified-cancel/cancel"
)

// elements are those of a page by name; the page must be whole.
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
	r.write("in.csv", titles, payment1,
		`auco,document,"`+strings.ReplaceAll(evil, `"`, `""`)+`",Error,legal@example.com`,
		`"`+strings.ReplaceAll(evil, `"`, `""`)+`",document,1,Error,legal@example.com`)
	require.Equal(t, exitDoubt, r.run().Exit)

	page := r.read("in.report.html")
	found := elements(t, page)
	assert.Empty(t, found["script"])
	assert.Empty(t, found["img"])
	assert.Len(t, found["svg"], 1)
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
	r.input(crashLines...)
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
	r := newCrashRig(t)
	r.input(append([]string{"what", invoice2}, crashLines...)...)
	require.Equal(t, exitDoubt, r.run().Exit)
	found := elements(t, r.read("in.report.html"))

	var cards []string
	for _, div := range found["div"] {
		if strings.HasPrefix(attribute(div, "class"), "card ") {
			cards = append(cards, text(div))
		}
	}
	assert.Equal(t, []string{"8cancelled", "2under way", "5refused", "1to be asked again", "1in doubt", "1lines passed over"}, cards)

	body := text(found["body"][0])
	for _, want := range []string{
		"in.csv · 19 lines", "1 of them repetitions", "it has 1 cells, the header has 8",
		"payvalida: unexpected answer", "0099: processing", "have a person look",
		"payvalida: unavailable", "0017: try again", "factible: consent refused", "Settle it with whoever refused.",
		"auco: not cancellable", signed, "auco (127.0.0.1:",
		"factible: under way", pending, idOf(registered), "72 hours to object", "examples/factible -uuid UUID -status",
	} {
		assert.Contains(t, body, want)
	}
	for _, good := range []string{idOf(invoice1), "2402558", "TR99AQMY31"} {
		assert.NotContains(t, body, good, "nothing needs to be done about it")
	}

	// The chart: each bar is as wide as the others, and its parts follow each other.
	parts := map[string]float64{}
	for _, rect := range found["rect"] {
		var x, width float64
		_, err := fmt.Sscan(attribute(rect, "x")+" "+attribute(rect, "width"), &x, &width)
		require.NoError(t, err)
		bar := attribute(rect.Parent, "transform")
		end, begun := parts[bar]
		if !begun {
			end = chartLeft
		}
		assert.InDelta(t, end, x, 0.02)
		assert.GreaterOrEqual(t, width, leastWidth)
		parts[bar] = x + width
	}
	assert.Len(t, parts, 3)
	for _, end := range parts {
		assert.InDelta(t, chartLeft+chartWidth, end, 0.05)
	}
}

func TestWhatIsRareCanBeSeen(t *testing.T) {
	var b bar
	b.Total = 1_000_001
	b.divide(map[string]int{"cancelled": 1_000_000, "unknown_outcome": 1, "pending": 0})
	require.Len(t, b.Segments, 2)
	assert.Equal(t, "unknown_outcome", b.Segments[1].Name)
	assert.GreaterOrEqual(t, b.Segments[1].Width, leastWidth)
	assert.False(t, b.Segments[1].Labelled)
	assert.InDelta(t, chartLeft+chartWidth, b.Segments[1].X+b.Segments[1].Width, 0.001)
}

func TestWhereNothingNeedsAPersonTheReportSaysSo(t *testing.T) {
	r := newRig(t)
	r.input(invoice1)
	require.Zero(t, r.run().Exit)
	found := elements(t, r.read("in.report.html"))
	assert.Contains(t, text(found["body"][0]), "Nothing: the providers took all that they were asked.")
	assert.NotContains(t, text(found["body"][0]), "rehearsal", "it was not the program's own simulator")
}

func TestALongListIsCut(t *testing.T) {
	r := newRig(t)
	var lines []string
	for i := range 3 * maxListed {
		lines = append(lines, fmt.Sprintf("payvalida,document,%d,,", i+1))
	}
	r.input(append(lines, strings.Split(strings.Repeat("what\n", 2*maxListed), "\n")...)...)
	require.Equal(t, exitRefused, r.run().Exit)
	found := elements(t, r.read("in.report.html"))
	body := text(found["body"][0])
	assert.Contains(t, body, "and 400 more, which the results file holds")
	assert.Contains(t, body, "and 200 more, which -dry-run lists")
	assert.Contains(t, body, "1,000 lines")
	assert.Less(t, len(found["tr"]), 2*maxListed+20)
}

func TestEveryReasonHasAnOutcome(t *testing.T) {
	for _, reason := range []error{
		cancel.ErrInvalid, cancel.ErrAuth, cancel.ErrForbidden, cancel.ErrNotFound, cancel.ErrNotCancellable,
		cancel.ErrRejected, cancel.ErrUnavailable, cancel.ErrUnknownOutcome, cancel.ErrUnexpected,
	} {
		o := outcomeOf(cancel.Item{Err: &cancel.Error{Reason: reason}})
		assert.Equal(t, reason, o.reason)
		assert.NotEmpty(t, o.advice)
		assert.Equal(t, cancel.InDoubt(reason), o.class == doubt, o.name)
		if cancel.Retryable(reason) {
			assert.True(t, o.tried())
		}
		assert.Contains(t, reportText, "."+o.name+" {", "it has a colour")
	}
	for state, want := range map[cancel.State]class{
		cancel.Cancelled: done, cancel.AlreadyCancelled: done, cancel.Pending: underWay,
	} {
		o := outcomeOf(cancel.Item{Result: cancel.Result{State: state}})
		assert.Equal(t, want, o.class)
		assert.True(t, o.taken() && o.endsDoubt() && !o.tried(), "it has an answer")
		assert.Contains(t, reportText, "."+o.name+" {", "it has a colour")
	}
	assert.Equal(t, "unexpected", outcomeOf(cancel.Item{Err: errors.New("what")}).name)
}
