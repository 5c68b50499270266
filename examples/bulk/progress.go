package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
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
// and then elsewhere. It is safe for concurrent use.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	bar   *progressbar.ProgressBar // nil without a terminal
	total int
	done  int
	n     [classes]int
	began time.Time
	told  map[string]bool
	stop  chan struct{}
	shown sync.WaitGroup
	over  bool // nothing more is shown
}

// newProgress begins to show how far it is, until close.
func newProgress(out io.Writer) *progress {
	p := &progress{out: out, began: time.Now(), told: map[string]bool{}, stop: make(chan struct{})}
	every := everyLine
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		every = everyBar
		p.bar = progressbar.NewOptions(1,
			progressbar.OptionSetWriter(out),
			progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}),
		)
		p.show()
	}
	p.shown.Go(func() { p.watch(every) })
	return p
}

func (p *progress) watch(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.show()
		case <-p.stop:
			return
		}
	}
}

// close shows the last of it.
func (p *progress) close() {
	close(p.stop)
	p.shown.Wait()
	p.show()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.bar != nil {
		fmt.Fprintln(p.out)
	}
}

// set says how many there are, and how many of them have come to each class.
func (p *progress) set(total int, n [classes]int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total, p.n, p.done = total, n, 0
	for _, many := range n {
		p.done += many
	}
}

// once is note, but tells each thing only once.
func (p *progress) once(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.mu.Lock()
	told := p.told[text]
	p.told[text] = true
	p.mu.Unlock()
	if !told {
		p.note("%s", text)
	}
}

// note tells something beside the progress.
func (p *progress) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	fmt.Fprintf(p.out, "bulk: "+format+"\n", args...)
	if p.bar != nil {
		_ = p.bar.RenderBlank()
	}
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.total == 0 {
		return
	}
	if p.bar == nil {
		fmt.Fprintf(p.out, "bulk: %d of %d (%d%%): %s\n", p.done, p.total, 100*p.done/max(p.total, 1), p.words())
		return
	}
	total := max(p.total, 1)
	if total != p.bar.GetMax() {
		p.bar.ChangeMax(total)
	}
	p.bar.Describe(p.words())
	_ = p.bar.Set(min(p.done, total))
}

// words are the counts and the time left, short enough for a bar to stand beside them.
func (p *progress) words() string {
	words := fmt.Sprintf("%d taken", p.n[done]+p.n[underWay])
	if failed := p.n[refused] + p.n[again]; failed > 0 {
		words += fmt.Sprintf(", %d failed", failed)
	}
	if p.n[doubt] > 0 {
		words += fmt.Sprintf(", %d in doubt", p.n[doubt])
	}
	if left := p.total - p.done; left > 0 && p.done > 0 {
		each := time.Since(p.began) / time.Duration(p.done)
		words += ", about " + roughly(each*time.Duration(left)) + " left"
	}
	return words
}

// roughly writes d as far as it is of interest.
func roughly(d time.Duration) string {
	if d < time.Minute {
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}
