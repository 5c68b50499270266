package main

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSmallestRunWritesTheWholePage(t *testing.T) {
	tiny := plan{
		heats: 2, rounds: 1, each: time.Millisecond, times: 1,
		calls: 40, slowCalls: 32, few: 100, many: 1_000, documents: 100,
	}
	r, err := measureAll(t.Context(), shared, tiny, os.Stderr)
	require.NoError(t, err)
	var page bytes.Buffer
	require.NoError(t, r.write(&page))

	text := page.String()
	for _, row := range r.rows() {
		assert.Contains(t, text, "| "+row.Measure+" | ")
	}
	assert.Contains(t, text, "| calls of Auco for 100 documents | at most 2 | 2 |  | yes |")
	limits, err := parseHeld(text)
	require.NoError(t, err)
	assert.Equal(t, r.held(), limits, "the page can be read again")
	assert.NotContains(t, text, os.TempDir())
}

func TestSpread(t *testing.T) {
	assert.Equal(t, spread{3, 2, 4}, spreadOf([]float64{5, 1, 4, 2, 3}))
	assert.Equal(t, spread{1.5, 1.25, 1.75}, spreadOf([]float64{2, 1}))
	assert.Equal(t, spread{7, 7, 7}, spreadOf([]float64{7}))
}

func TestReached(t *testing.T) {
	one := func(v float64) []spread { return []spread{{median: v}} }
	for _, tt := range []struct {
		row  row
		want string
	}{
		{row{limits: []float64{1.5}, decimals: 2, measured: one(1.5)}, "yes"},
		{row{limits: []float64{1.5}, decimals: 2, measured: one(1.504)}, "yes"},
		{row{limits: []float64{1.5}, decimals: 2, measured: one(1.506)}, "no"},
		{row{limits: []float64{12}, decimals: 1, measured: one(12.1), atLeast: true}, "yes"},
		{row{limits: []float64{12}, decimals: 1, measured: one(11.9), atLeast: true}, "no"},
		{row{limits: []float64{1, 2}, measured: append(one(1), one(3)...)}, "no"},
		{row{limits: []float64{1, 2}, measured: append(one(2), one(1)...)}, "no"},
		{row{measured: one(1)}, ""},
	} {
		assert.Equal(t, tt.want, tt.row.Reached(), "%v", tt.row)
	}
}

func TestGrouping(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1_000: "1,000", 5_000_000: "5,000,000", 12_345: "12,345"} {
		assert.Equal(t, want, grouping(n))
	}
}
