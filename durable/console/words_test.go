package console

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
)

func TestEveryValueHasWords(t *testing.T) {
	var keys []string
	for _, s := range durable.States() {
		keys = append(keys, fmt.Sprint("state.", s), fmt.Sprint("advice.", s))
	}
	for _, r := range cancel.Reasons() {
		keys = append(keys, "reason."+r.Error())
	}
	for _, k := range []cancel.Kind{cancel.Invoice, cancel.PrimarySectorInvoice, cancel.Payment, cancel.PreAuthorization, cancel.Document} {
		keys = append(keys, fmt.Sprint("kind.", k))
	}
	for _, s := range []cancel.State{cancel.Cancelled, cancel.AlreadyCancelled, cancel.Pending, cancel.NotCancelled} {
		keys = append(keys, fmt.Sprint("answer.", s))
	}
	for name := range actions {
		keys = append(keys, "do."+name, "hint."+name, "done."+name)
	}
	for _, key := range keys {
		assert.Contains(t, words, key)
	}
}

func TestEveryTextIsUsedAndThereInBothLanguages(t *testing.T) {
	var sources strings.Builder
	for _, pattern := range []string{"templates/*.html"} {
		names, err := fs.Glob(files, pattern)
		require.NoError(t, err)
		for _, name := range names {
			text, err := files.ReadFile(name)
			require.NoError(t, err)
			sources.Write(text)
		}
	}
	used := map[string]bool{"overview": true, "list": true, "cancellation": true} // titles
	for _, found := range regexp.MustCompile(`(?:\bt|pair|"body" \(pair) "([^"]+)"`).FindAllStringSubmatch(sources.String(), -1) {
		used[found[1]] = true
	}
	for key, texts := range words {
		for lang, text := range texts {
			assert.NotEmpty(t, strings.TrimSpace(text), "%s in %s", key, languages[lang])
		}
		prefix, _, dynamic := strings.Cut(key, ".")
		if dynamic && strings.Contains(" state advice kind answer reason do hint done event error ", " "+prefix+" ") {
			continue
		}
		assert.True(t, used[key], "%s is not used", key)
	}
	for key := range used {
		if !strings.HasSuffix(key, ".") {
			assert.Contains(t, words, key)
		}
	}
}

func TestTheChartFitsItsBox(t *testing.T) {
	hours := []durable.Hour{
		{Settled: map[durable.State]int{durable.Done: 100_000, durable.Failed: 1, durable.Withdrawn: 1}},
		{Settled: map[durable.State]int{durable.Done: 1}},
		{Settled: map[durable.State]int{durable.Unknown: 50_000}},
		{},
	}
	c := chartOf(hours)
	assert.Equal(t, 150_003, c.Total)
	assert.Equal(t, 100_002, c.Most)
	for _, b := range c.Bars {
		assert.GreaterOrEqual(t, b.OtherY, 0)
		assert.Equal(t, 100, b.DoneY+b.Done)
		assert.Equal(t, b.DoneY, b.OtherY+b.Other)
		assert.Equal(t, b.Cancelled > 0, b.Done > 0, "a few can be seen")
		assert.Equal(t, b.Others > 0, b.Other > 0)
	}
	assert.Equal(t, bar{X: 31, DoneY: 100, OtherY: 100}, c.Bars[3])
	assert.Empty(t, chartOf(nil).Bars)
}

func TestTheTimelineIsInOrder(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0).UTC() }
	call := func(s int) cancel.Evidence { return cancel.Evidence{Exchange: cancel.Exchange{SentAt: at(s)}} }
	events := timeline(durable.Cancellation{
		EnqueuedAt: at(1), SentAt: at(2), DoubtSince: at(4), PendingSince: at(6), SettledAt: at(9),
		Evidence:    []cancel.Evidence{call(3), {}, call(5), call(8)},
		Notes:       []durable.Note{{At: at(7)}},
		Undelivered: &durable.Undelivered{At: at(10)}, NextAt: at(11),
	})
	var whats []string
	for _, e := range events {
		whats = append(whats, e.What)
	}
	assert.Equal(t, []string{
		"enqueued", "sent", "call", "call", "doubt", "call", "pending", "note", "call", "settled", "undelivered", "next",
	}, whats)
}

func TestLongAnswersAreCut(t *testing.T) {
	long := []byte(strings.Repeat("ñ", maxShown))
	var page strings.Builder
	err := parse(0, time.UTC).ExecuteTemplate(&page, "body", []any{"raw", long, 1, "raw"})
	require.NoError(t, err)
	assert.Less(t, page.Len(), maxShown+1000)
	assert.Contains(t, page.String(), "Only the first 64 KiB are shown")
}
