package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/unified-cancel/cancel"
)

// answerCounts is how long an answer to -check counts. After that the question is asked again.
const answerCounts = 24 * time.Hour

// question is a request to one account.
type question struct {
	Account string         `json:"account"`
	Request cancel.Request `json:"request"`
}

// answer is a line of the file of answers.
type answer struct {
	question
	Outcome string    `json:"outcome"`
	Said    string    `json:"said,omitempty"`
	At      time.Time `json:"at"`
}

// check asks for each row whether it can be cancelled. It keeps each answer in a file, and does
// not ask again if the file has the answer.
func (b *bulk) check(ctx context.Context) (err error) {
	f, err := os.OpenFile(b.answers(), os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	answers, err := readAnswers(f, b.began.Add(-answerCounts))
	if err != nil {
		return err
	}
	kept := 0
	var n [classes]int
	b.progress.set(len(b.good), n)
	for _, r := range b.good {
		q := question{b.providers.account(r.Request.Provider), r.Request}
		a, had := answers[q]
		o := checking.named(a.Outcome)
		if had {
			kept++
		} else {
			verdict, err := b.client.Preflight(ctx, r.Request)
			if ctx.Err() != nil {
				break
			}
			o, a.Said = verdictOf(verdict, err)
			if o.class != again && o.class != doubt {
				if err := json.NewEncoder(f).Encode(answer{q, o.Name, a.Said, time.Now()}); err != nil {
					return err
				}
			}
		}
		b.results = append(b.results, result{r, o, a.Said})
		n[o.class]++
		b.progress.set(len(b.good), n)
	}
	if kept > 0 {
		b.progress.note("%d answers of the last %v are from %s: delete it to ask again", kept, answerCounts, f.Name())
	}
	return nil
}

// readAnswers reads the answers that came after a time. A line that cannot be read is passed over,
// such as the last one of a run that was killed; the next answer then begins a line.
func readAnswers(f *os.File, after time.Time) (map[question]answer, error) {
	answers := map[question]answer{}
	content, err := io.ReadAll(f)
	for line := range bytes.Lines(content) {
		var a answer
		if json.Unmarshal(line, &a) == nil && a.At.After(after) {
			answers[a.question] = a
		}
	}
	if err == nil && len(content) > 0 && !bytes.HasSuffix(content, []byte("\n")) {
		_, err = fmt.Fprintln(f)
	}
	return answers, err
}
