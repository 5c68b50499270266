package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// How often progress is shown.
const (
	everyBar  = 200 * time.Millisecond
	everyLine = 5 * time.Second
)

// progress tells people how far the program is: by a bar on a terminal, by a line now
// and then elsewhere.
type progress struct {
	out         io.Writer
	text        func(text string, args ...any) string
	bar         *progressbar.ProgressBar // nil without a terminal
	every       time.Duration
	total, done int
	n           [classes]int
	shown       time.Time
	told        map[string]bool
}

func newProgress(out io.Writer, text func(string, ...any) string) *progress {
	p := &progress{out: out, text: text, every: everyLine, shown: time.Now(), told: map[string]bool{}}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.every = everyBar
		p.bar = progressbar.NewOptions(1,
			progressbar.OptionSetWriter(out),
			progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}),
		)
	}
	return p
}

// set says how many there are, and how many of them have come to each class.
func (p *progress) set(total int, n [classes]int) {
	p.total, p.n, p.done = total, n, 0
	for _, many := range n {
		p.done += many
	}
	if time.Since(p.shown) >= p.every {
		p.show()
	}
}

// close shows the last of it.
func (p *progress) close() {
	p.show()
	if p.bar != nil {
		fmt.Fprintln(p.out)
	}
}

// once is note, but tells each thing only once.
func (p *progress) once(text string, args ...any) {
	if told := p.text(text, args...); !p.told[told] {
		p.told[told] = true
		p.note("%s", told)
	}
}

// note tells something beside the progress.
func (p *progress) note(text string, args ...any) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	fmt.Fprintln(p.out, "bulk: "+p.text(text, args...))
	if p.bar != nil && p.total > 0 {
		_ = p.bar.RenderBlank()
	}
}

func (p *progress) show() {
	p.shown = time.Now()
	switch {
	case p.total == 0:
	case p.bar == nil:
		fmt.Fprintln(p.out, "bulk: "+p.text("%d of %d (%d%%)", p.done, p.total, 100*p.done/p.total)+p.words())
	default:
		p.bar.ChangeMax(p.total)
		p.bar.Describe(p.words())
		_ = p.bar.Set(min(p.done, p.total))
	}
}

// words say how many need a person.
func (p *progress) words() string {
	if n := p.n[refused] + p.n[again] + p.n[doubt]; n > 0 {
		return p.text(", %d need a person", n)
	}
	return ""
}
