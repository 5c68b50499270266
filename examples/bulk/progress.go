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
	terminal    bool
	total, done int
	people      int // how many need a person
	shown       time.Time
	told        map[string]bool
}

func newProgress(out io.Writer, text func(string, ...any) string) *progress {
	f, ok := out.(*os.File)
	terminal := ok && term.IsTerminal(int(f.Fd()))
	return &progress{out: out, text: text, terminal: terminal, shown: time.Now(), told: map[string]bool{}}
}

// set says how many there are, and how many of them have come to each class.
func (p *progress) set(total int, n [classes]int) {
	p.people = n[refused] + n[again] + n[doubt]
	p.total, p.done = total, n[done]+n[underWay]+p.people
	if every := time.Since(p.shown); every >= everyLine || p.terminal && every >= everyBar {
		p.show()
	}
}

// close shows the last of it.
func (p *progress) close() {
	p.show()
	if p.terminal {
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
	if p.terminal {
		fmt.Fprint(p.out, clearLine)
	}
	fmt.Fprintln(p.out, "bulk: "+p.text(text, args...))
	if p.terminal {
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
		line += p.text(", %d need a person", p.people)
	}
	if !p.terminal {
		fmt.Fprintln(p.out, "bulk: "+line)
		return
	}
	const width = 20 // with the words it is narrower than most terminals
	full := min(width*p.done/p.total, width)
	fmt.Fprint(p.out, clearLine, strings.Repeat("█", full), strings.Repeat("░", width-full), " ", line)
}
