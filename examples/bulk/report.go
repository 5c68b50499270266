package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
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

// report is what the page shows.
type report struct {
	Input, Results, Receipts string
	Simulated, Interrupted   bool
	Began, Ended             time.Time
	Took                     string
	Runs                     int
	Targets                  []target
	Cards                    []card
	Rows                     int // of the input
	NotBegun, Repeated       int
	Bars                     []bar
	Numbers                  []number
	Total                    int
	ChartHeight              int
	Sections                 []section
	Bad                      []badLine
	BadLines, MoreBad        int
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
	// section is what needs a person for one sort of reason.
	section struct {
		Title, Lead, Class string
		N                  int
		Groups             []group
	}
	// group is what ended alike at one provider, and so needs the same.
	group struct {
		Label, Provider, Advice string
		N, More                 int
		Items                   []needy
	}
	needy struct {
		Line     int
		Kind     cancel.Kind
		ID, Said string
	}
	badLine struct {
		Line int
		Why  string
	}
)

// Measures of the chart, in the units of its viewBox.
const (
	chartLeft  = 110.0
	chartWidth = 720.0
	barStep    = 44
	// leastWidth keeps what is rare visible, and leastLabelled what is narrow legible.
	leastWidth    = 3.0
	leastLabelled = 24.0
)

var sections = []section{
	{Class: "doubt", Title: "In doubt", Lead: "These may be cancelled or not. Find out before anything else is done about them."},
	{Class: "again", Title: "To be asked again", Lead: "These are not cancelled, for a reason that can pass."},
	{Class: "refused", Title: "Refused", Lead: "These are not cancelled and will not be as they were asked for."},
	{Class: "pending", Title: "Under way", Lead: "These are registered to be cancelled, and are not cancelled yet."},
}

var sectionClasses = map[string]class{"doubt": doubt, "again": again, "refused": refused, "pending": underWay}

// newReport says how everything stands after b.
func newReport(b *bulk, results string, interrupted bool) report {
	j := b.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	r := report{
		Input:       filepath.Base(b.in.path),
		Results:     filepath.Base(results),
		Receipts:    b.receipts,
		Interrupted: interrupted,
		Began:       j.began,
		Ended:       now,
		Took:        lasting(now.Sub(j.began)),
		Runs:        j.runs,
		Rows:        b.in.total,
		Repeated:    b.repeated,
		BadLines:    b.badLines,
		MoreBad:     b.badLines - len(b.bad),
	}
	if !b.complete {
		r.NotBegun = max(b.in.total-b.badLines-b.repeated-len(j.standings), 0)
	}
	for _, bad := range b.bad {
		r.Bad = append(r.Bad, badLine{bad.line, bad.bad.Error()})
	}
	r.where(j.target)
	r.chart(j.tally)
	r.headline(j.tally)
	r.list(j.standings)
	return r
}

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

// headline counts what there is of each class.
func (r *report) headline(tally map[string]map[string]int) {
	var n [classes]int
	for _, of := range tally {
		for _, o := range outcomes {
			n[o.class] += of[o.name]
		}
	}
	r.Cards = []card{
		{"cancelled", "done", n[done]},
		{"under way", "pending", n[underWay]},
		{"refused", "refused", n[refused]},
		{"to be asked again", "again", n[again]},
		{"in doubt", "doubt", n[doubt]},
		{"lines passed over", "bad", r.BadLines},
	}
}

// chart lays out a bar for each provider and a line of numbers for each outcome.
func (r *report) chart(tally map[string]map[string]int) {
	for _, provider := range slices.Sorted(maps.Keys(tally)) {
		b := bar{Provider: provider, Y: len(r.Bars) * barStep}
		for _, n := range tally[provider] {
			b.Total += n
		}
		if b.Total > 0 {
			b.divide(tally[provider])
			r.Bars = append(r.Bars, b)
			r.Total += b.Total
		}
	}
	for _, o := range outcomes {
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
func (b *bar) divide(counts map[string]int) {
	free := chartWidth
	for _, n := range counts {
		if n > 0 {
			free -= leastWidth
		}
	}
	x := chartLeft
	for _, o := range outcomes {
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

// list groups what needs a person.
func (r *report) list(standings map[key]standing) {
	type alike struct{ outcome, provider string }
	found := map[alike][]standing{}
	for k, s := range standings {
		if s.last != nil {
			a := alike{s.name, k.provider}
			found[a] = append(found[a], s)
		}
	}
	for _, section := range sections {
		for _, o := range outcomes {
			if o.class != sectionClasses[section.Class] {
				continue
			}
			for _, bar := range r.Bars {
				if of := found[alike{o.name, bar.Provider}]; of != nil {
					section.Groups = append(section.Groups, newGroup(o, bar.Provider, of))
					section.N += len(of)
				}
			}
		}
		if section.N > 0 {
			r.Sections = append(r.Sections, section)
		}
	}
}

func newGroup(o outcome, provider string, of []standing) group {
	g := group{Label: o.label, Provider: provider, Advice: advice(o, provider), N: len(of)}
	slices.SortFunc(of, func(a, b standing) int {
		return cmp.Or(cmp.Compare(a.last.Line, b.last.Line), cmp.Compare(a.last.ID, b.last.ID))
	})
	if g.More = max(len(of)-maxListed, 0); g.More > 0 {
		of = of[:maxListed]
	}
	for _, s := range of {
		g.Items = append(g.Items, needy{s.last.Line, s.last.Kind, s.last.ID, said(*s.last)})
	}
	return g
}

// said is what the provider said, or else what is known of the failure.
func said(e entry) string {
	words := e.Message
	if words == "" {
		words = e.Error
		if _, after, ok := strings.Cut(words, e.ID+": "); ok {
			words = after
		}
	}
	if e.Code != "" && e.Message != "" {
		return fmt.Sprintf("%s: %s", e.Code, words)
	}
	return words
}

// save writes the page.
func (r report) save(name string) error {
	var page bytes.Buffer
	if err := reportTemplate.Execute(&page, r); err != nil {
		return err
	}
	return writeWhole(name, page.Bytes())
}
