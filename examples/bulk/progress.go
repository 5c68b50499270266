package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// How often progress is shown.
const (
	everyBar  = 200 * time.Millisecond
	everyLine = 5 * time.Second
)

// progress tells people how far the program is: on a terminal by a line with a bar, which is
// written over, and elsewhere by a line now and then.
type progress struct {
	out         io.Writer
	text        func(text string, args ...any) string
	columns     int // of the terminal, 0 without one
	total, done int
	people      int // how many need a person
	shown       time.Time
	told        map[string]bool
}

func newProgress(out io.Writer, text func(string, ...any) string) *progress {
	p := &progress{out: out, text: text, shown: time.Now(), told: map[string]bool{}}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		columns, _, _ := term.GetSize(int(f.Fd()))
		p.columns = max(columns, 40) // a terminal that does not say its size says 0
	}
	return p
}

// set says how many there are, and how many of them have come to each class.
func (p *progress) set(total int, n [classes]int) {
	p.people = n[refused] + n[again] + n[doubt]
	p.total, p.done = total, n[done]+n[underWay]+p.people
	if every := time.Since(p.shown); every >= everyLine || p.columns > 0 && every >= everyBar {
		p.show()
	}
}

// close shows the last of it.
func (p *progress) close() {
	p.show()
	if p.columns > 0 {
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
	if p.columns > 0 {
		fmt.Fprint(p.out, clearLine)
	}
	fmt.Fprintln(p.out, "bulk: "+p.text(text, args...))
	if p.columns > 0 {
		p.show()
	}
}

// clearLine goes back to the beginning of a terminal's line and clears it.
const clearLine = "\r\x1b[K"

func (p *progress) show() {
	p.shown = time.Now()
	if p.total == 0 {
		return
	}
	line := p.text("%d of %d (%d%%)", p.done, p.total, 100*p.done/p.total)
	if p.people > 0 {
		line += p.text(", needing a person: %d", p.people)
	}
	if p.columns == 0 {
		fmt.Fprintln(p.out, "bulk: "+line)
		return
	}
	// A line that wraps could not be written over.
	letters := []rune(line)
	letters = letters[:min(len(letters), p.columns-2)]
	width := max(0, min(20, p.columns-len(letters)-2))
	full := min(width*p.done/p.total, width)
	fmt.Fprint(p.out, clearLine, strings.Repeat("█", full), strings.Repeat("░", width-full), " ", string(letters))
}
