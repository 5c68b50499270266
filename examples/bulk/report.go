package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
)

// maxListed bounds how much of one group the report lists.
const maxListed = 200

//go:embed report.html.tmpl
var reportText string

// report is the content of the page.
type report struct {
	mode
	*cli.Flags
	Input, Database, Receipts string
	Simulated, Interrupted    bool
	Began, Ended              time.Time
	Where                     map[string]string
	Cards                     []card
	Rows, Repeated            int
	Providers                 []string
	Totals                    []int // in the order of Providers
	Lines                     []line
	Total                     int
	Sections                  []section
	Bad                       []row
	MoreBad                   int
}

type (
	// card is a number of the headline.
	card struct {
		Label, Tone string
		N           int
	}
	// line is an outcome's line of the chart and of the table under it.
	line struct {
		outcome
		Counts []int // in the order of Providers
		Total  int
	}
	// section is what needs a person, of one class.
	section struct {
		card
		Groups []group
	}
	// group is what ended alike at one provider, and needs the same.
	group struct {
		outcome
		Provider string
		N, More  int
		Items    []result
	}
)

// tones are the names of the classes in the page's style sheet.
var tones = [classes]string{"done", "pending", "refused", "again", "doubt"}

// newReport says how everything stands after b.
func newReport(b *bulk, interrupted bool) report {
	r := report{
		mode: b.mode, Flags: b.flags,
		Input: filepath.Base(b.file), Receipts: b.receipts,
		Interrupted: interrupted,
		Began:       b.began, Ended: time.Now(),
		Where: b.providers.where,
		Rows:  b.rows, Repeated: b.repeated,
		Bad: b.bad[:min(len(b.bad), maxListed)], MoreBad: max(len(b.bad)-maxListed, 0),
	}
	if !b.settings.check {
		r.Database = filepath.Base(b.database())
	}
	for _, where := range r.Where {
		r.Simulated = r.Simulated || where == simulator
	}
	type alike struct{ outcome, provider string }
	found := map[alike][]result{}
	providers := map[string]int{}
	for _, res := range b.results {
		key := alike{res.Name, res.Request.Provider}
		found[key] = append(found[key], res)
		providers[key.provider]++
	}
	r.Providers = slices.Sorted(maps.Keys(providers))
	for _, provider := range r.Providers {
		r.Totals = append(r.Totals, providers[provider])
		r.Total += providers[provider]
	}
	var sections [classes]section
	for c, label := range b.mode.cards {
		sections[c].card = card{Label: label, Tone: tones[c]}
	}
	for _, o := range b.mode.outcomes {
		l := line{outcome: o}
		s := &sections[o.class]
		for _, provider := range r.Providers {
			items := found[alike{o.Name, provider}]
			n := len(items)
			l.Counts, l.Total, s.N = append(l.Counts, n), l.Total+n, s.N+n
			if n > 0 {
				s.Groups = append(s.Groups, group{o, provider, n, max(n-maxListed, 0), items[:min(n, maxListed)]})
			}
		}
		if l.Total > 0 {
			r.Lines = append(r.Lines, l)
		}
	}
	for _, s := range sections {
		r.Cards = append(r.Cards, s.card)
	}
	r.Cards = append(r.Cards, card{"lines passed over", "bad", len(b.bad)})
	for _, c := range []class{doubt, again, refused, underWay} { // the gravest first
		if sections[c].N > 0 {
			r.Sections = append(r.Sections, sections[c])
		}
	}
	return r
}

// save writes the page.
func (r report) save(name string) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"t":    r.Text,
		"n":    func(n int) string { return r.Text("%d", n) },
		"time": func(t time.Time) string { return t.Format("2006-01-02 15:04:05 MST") },
		"took": func() string { return r.Ended.Sub(r.Began).Round(100 * time.Millisecond).String() },
		// wide reports whether n of a total is wide enough in the chart for its number.
		"wide":  func(n, total int) bool { return n*9 >= total },
		"words": func(kind cancel.Kind) string { return strings.ReplaceAll(r.Text(string(kind)), "_", " ") },
	}).Parse(reportText)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := t.Execute(&page, r); err != nil {
		return err
	}
	return os.WriteFile(name, page.Bytes(), 0o600)
}
