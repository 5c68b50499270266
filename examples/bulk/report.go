package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"html/template"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/unified-cancel/cancel"
)

// maxListed bounds how much of one group the report lists.
const maxListed = 200

//go:embed report.html.tmpl
var reportText string

var english = message.NewPrinter(language.English)

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"n": func(n int) string { return english.Sprintf("%d", n) },
	"words": func(name string) string {
		return strings.ReplaceAll(name, "_", " ")
	},
}).Parse(reportText))

// report is the content of the page.
type report struct {
	Title, Lead, Person    string
	Input, Database        string
	Receipts               string
	Simulated, Interrupted bool
	Began, Ended           time.Time
	Took                   string
	Targets                []target
	Cards                  []card
	Rows                   int // of the input
	Repeated               int
	Bars                   []bar
	Numbers                []number
	Total                  int
	ChartHeight            int
	Sections               []section
	Bad                    []badLine
	BadLines, MoreBad      int
}

type (
	target struct{ Provider, Where string }
	// card is a number of the headline.
	card struct {
		Label string
		Class string
		N     int
	}
	// bar is a provider's line of the chart.
	bar struct {
		Provider string
		Total    int
		Y        int
		Segments []segment
	}
	// number is an outcome's line of the table under the chart.
	number struct {
		Name, Label string
		Counts      []int // in the order of the bars
		Total       int
	}
	segment struct {
		Name, Label      string
		N                int
		X, Width, Middle float64
		Labelled         bool
	}
	// section is what needs a person, of one class.
	section struct {
		Title, Class string
		N            int
		Groups       []group
	}
	// group is what ended alike at one provider, and needs the same.
	group struct {
		Label, Provider, Advice string
		N, More                 int
		Items                   []needy
	}
	needy struct {
		Place    string
		Kind     cancel.Kind
		ID, Said string
	}
	badLine struct {
		Place, Why string
	}
)

// Measures of the chart, in the units of its viewBox.
const (
	chartLeft  = 110.0
	chartWidth = 720.0
	barStep    = 44
	// leastWidth keeps rare outcomes visible, and leastLabelled keeps labels legible.
	leastWidth    = 3.0
	leastLabelled = 24.0
)

// tones are the names of the classes in the page's style sheet.
var tones = [classes]string{"done", "pending", "refused", "again", "doubt"}

// newReport says how everything stands after b.
func newReport(m mode, b *bulk, interrupted bool) report {
	now := time.Now()
	r := report{
		Title: m.title, Lead: m.lead, Person: m.person,
		Input:       filepath.Base(b.in.path),
		Receipts:    b.receipts,
		Interrupted: interrupted,
		Began:       b.began,
		Ended:       now,
		Took:        lasting(now.Sub(b.began)),
		Rows:        b.in.total,
		Repeated:    b.repeated,
		BadLines:    len(b.bad),
		MoreBad:     max(len(b.bad)-maxListed, 0),
	}
	if !b.settings.check {
		r.Database = filepath.Base(b.database())
	}
	for _, bad := range b.bad[:len(b.bad)-r.MoreBad] {
		r.Bad = append(r.Bad, badLine{bad.place, bad.bad.Error()})
	}
	tally := map[string]map[string]int{}
	found := map[alike][]result{}
	var n [classes]int
	for _, res := range b.results {
		provider := res.request.Provider
		if tally[provider] == nil {
			tally[provider] = map[string]int{}
		}
		tally[provider][res.name]++
		found[alike{res.outcome.name, provider}] = append(found[alike{res.outcome.name, provider}], res)
		n[res.class]++
	}
	r.where(b.providers.where)
	r.chart(m, tally)
	for c, label := range m.cards {
		r.Cards = append(r.Cards, card{label, tones[c], n[c]})
	}
	r.Cards = append(r.Cards, card{"lines passed over", "bad", r.BadLines})
	r.list(m, found)
	return r
}

// alike are the results that one group lists.
type alike struct{ outcome, provider string }

// lasting writes how long something took.
func lasting(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func (r *report) where(targets map[string]string) {
	for provider, where := range targets {
		r.Targets = append(r.Targets, target{provider, where})
		r.Simulated = r.Simulated || where == simulator
	}
	slices.SortFunc(r.Targets, func(a, b target) int { return cmp.Compare(a.Provider, b.Provider) })
}

// chart lays out a bar for each provider and a line of numbers for each outcome.
func (r *report) chart(m mode, tally map[string]map[string]int) {
	for _, provider := range slices.Sorted(maps.Keys(tally)) {
		b := bar{Provider: provider, Y: len(r.Bars) * barStep}
		for _, n := range tally[provider] {
			b.Total += n
		}
		if b.Total > 0 {
			b.divide(m, tally[provider])
			r.Bars = append(r.Bars, b)
			r.Total += b.Total
		}
	}
	for _, o := range m.outcomes {
		line := number{Name: o.name, Label: o.label}
		for _, b := range r.Bars {
			n := tally[b.Provider][o.name]
			line.Counts = append(line.Counts, n)
			line.Total += n
		}
		if line.Total > 0 {
			r.Numbers = append(r.Numbers, line)
		}
	}
	r.ChartHeight = len(r.Bars) * barStep
}

// divide gives each outcome its share of the bar.
func (b *bar) divide(m mode, counts map[string]int) {
	free := chartWidth
	for _, n := range counts {
		if n > 0 {
			free -= leastWidth
		}
	}
	x := chartLeft
	for _, o := range m.outcomes {
		n := counts[o.name]
		if n == 0 {
			continue
		}
		width := leastWidth + free*float64(n)/float64(b.Total)
		b.Segments = append(b.Segments, segment{
			Name: o.name, Label: o.label, N: n,
			X: x, Width: width, Middle: x + width/2, Labelled: width >= leastLabelled,
		})
		x += width
	}
}

// list groups what needs a person, the gravest first.
func (r *report) list(m mode, found map[alike][]result) {
	for _, c := range []class{doubt, again, refused, underWay} {
		s := section{Title: m.cards[c], Class: tones[c]}
		for _, o := range m.outcomes {
			for _, bar := range r.Bars {
				if of := found[alike{o.name, bar.Provider}]; o.class == c && of != nil {
					s.Groups = append(s.Groups, newGroup(o, bar.Provider, of))
					s.N += len(of)
				}
			}
		}
		if s.N > 0 {
			r.Sections = append(r.Sections, s)
		}
	}
}

func newGroup(o outcome, provider string, of []result) group {
	g := group{Label: o.label, Provider: provider, Advice: o.advice, N: len(of)}
	g.More = max(len(of)-maxListed, 0)
	for _, res := range of[:len(of)-g.More] {
		g.Items = append(g.Items, needy{res.place, res.request.Kind, res.request.ID, res.said})
	}
	return g
}

// save writes the page.
func (r report) save(name string) error {
	var page bytes.Buffer
	if err := reportTemplate.Execute(&page, r); err != nil {
		return err
	}
	return writeWhole(name, page.Bytes())
}
