package durable

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Stats are figures about all cancellations of a database.
type Stats struct {
	// Counts says how many cancellations of each provider are in each state. It leaves out
	// a state that no cancellation of the provider is in.
	Counts map[string]map[State]int
	// Undelivered is how many settled cancellations Config.OnSettled has not taken yet.
	Undelivered int
	// Hours are the last hours, the earliest first. The last one is not over.
	Hours []Hour
}

// Hour is an hour of the clock.
type Hour struct {
	// Start is its beginning, in UTC.
	Start time.Time
	// Settled says how many cancellations that were settled in this hour are in each state.
	Settled map[State]int
}

// Stats returns figures about all cancellations, and about each of the last hours, 24 by
// default. It counts them one by one, as [Queue.Counts] does.
func (q *Queue[TTx]) Stats(ctx context.Context, hours int) (Stats, error) {
	hours = positive(hours, 24)
	start := now().Truncate(time.Hour).Add(-time.Duration(hours-1) * time.Hour)
	stats, err := q.store.stats(ctx, start, hours)
	if err != nil {
		return Stats{}, fmt.Errorf("durable: %w", err)
	}
	return stats, nil
}

func (s *store) stats(ctx context.Context, start time.Time, hours int) (Stats, error) {
	counts, err := s.countsByProvider(ctx)
	stats := Stats{Counts: counts}
	for i := 0; i < hours && err == nil; i++ {
		h := Hour{Start: start.Add(time.Duration(i) * time.Hour)}
		h.Settled, err = s.settledIn(ctx, h.Start)
		stats.Hours = append(stats.Hours, h)
	}
	if err != nil {
		return stats, err
	}
	err = s.row(ctx, s.executor, `
		SELECT count(*) FROM unified_cancel_job WHERE due_at > 0 AND settled_at > 0`).Scan(&stats.Undelivered)
	return stats, err
}

func (s *store) countsByProvider(ctx context.Context) (map[string]map[State]int, error) {
	name := `json_quote(provider)`
	if s.postgres {
		name = `to_json(provider)::text`
	}
	var text string
	err := s.row(ctx, s.executor, `
		SELECT '[' || coalesce(string_agg('{"provider":' || `+name+` || ',"state":"' || state || '","many":' || many || '}', ','), '') || ']'
		FROM (SELECT provider, state, count(*) AS many FROM unified_cancel_job GROUP BY provider, state) AS counted`).Scan(&text)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Provider string
		State    State
		Many     int
	}
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, err
	}
	counts := map[string]map[State]int{}
	for _, r := range rows {
		if counts[r.Provider] == nil {
			counts[r.Provider] = map[State]int{}
		}
		counts[r.Provider][r.State] = r.Many
	}
	return counts, nil
}

// settledIn counts the cancellations that were settled in the hour from start. It reads only
// an index, and sorts nothing. SQLite begins at the first lower bound of the condition.
func (s *store) settledIn(ctx context.Context, start time.Time) (map[State]int, error) {
	states := States()[4:]
	columns, many, into := make([]string, len(states)), make([]int, len(states)), make([]any, len(states))
	for i, state := range states {
		columns[i], into[i] = `count(*) FILTER (WHERE state = '`+string(state)+`')`, &many[i]
	}
	err := s.row(ctx, s.executor, `
		SELECT `+strings.Join(columns, ", ")+` FROM unified_cancel_job
		WHERE stripped IN (0, 1) AND settled_at >= $1 AND settled_at < $2 AND settled_at > 0`,
		start.UnixMilli(), start.Add(time.Hour).UnixMilli()).Scan(into...)
	counts := map[State]int{}
	for i, n := range many {
		if n > 0 {
			counts[states[i]] = n
		}
	}
	return counts, err
}
