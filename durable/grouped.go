package durable

import "sync"

// maxGroup is how many questions are answered together at most.
const maxGroup = 250

// grouped does in one call of do what many goroutines ask for at the same moment: while one
// call is under way, the next ones wait and then go together.
type grouped[Q, A any] struct {
	do func([]Q) []A // one answer for each question, in their order

	mu      sync.Mutex
	waiting []question[Q, A]
	busy    bool
}

type question[Q, A any] struct {
	text   Q
	answer chan A
}

// ask returns the answers of do to all of texts.
func (g *grouped[Q, A]) ask(texts ...Q) []A {
	asked := make([]question[Q, A], len(texts))
	for i, text := range texts {
		asked[i] = question[Q, A]{text, make(chan A, 1)}
	}
	g.mu.Lock()
	g.waiting = append(g.waiting, asked...)
	if !g.busy && len(texts) > 0 {
		g.busy = true
		go g.work()
	}
	g.mu.Unlock()
	answers := make([]A, len(texts))
	for i, q := range asked {
		answers[i] = <-q.answer
	}
	return answers
}

func (g *grouped[Q, A]) work() {
	for {
		g.mu.Lock()
		n := min(len(g.waiting), maxGroup)
		group := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		g.busy = n > 0
		g.mu.Unlock()
		if n == 0 {
			return
		}
		texts := make([]Q, n)
		for i := range group {
			texts[i] = group[i].text
		}
		for i, answer := range g.do(texts) {
			group[i].answer <- answer
		}
	}
}
