package durable

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
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
	stats := Stats{Hours: make([]Hour, hours)}
	for i := range stats.Hours {
		stats.Hours[i] = Hour{Start: start.Add(time.Duration(i) * time.Hour), Settled: map[State]int{}}
	}
	var err error
	stats.Counts, err = s.tally(ctx, `SELECT provider AS name, state, count(*) AS many FROM unified_cancel_job GROUP BY provider, state`)
	if err != nil {
		return stats, err
	}
	settled, err := s.tally(ctx, `
		SELECT CAST(hour AS TEXT) AS name, state, count(*) AS many
		FROM (SELECT (settled_at - $1) / 3600000 AS hour, state FROM unified_cancel_job
			WHERE stripped IN (0, 1) AND settled_at > 0 AND settled_at >= $1) AS late
		GROUP BY hour, state`, start.UnixMilli())
	if err != nil {
		return stats, err
	}
	for hour, counts := range settled {
		if i, err := strconv.Atoi(hour); err == nil && i < hours { // clocks differ
			stats.Hours[i].Settled = counts
		}
	}
	err = s.row(ctx, s.executor, `
		SELECT count(*) FROM unified_cancel_job WHERE due_at > 0 AND settled_at > 0`).Scan(&stats.Undelivered)
	return stats, err
}

// tally returns the rows of a query for name, state and many.
func (s *store) tally(ctx context.Context, query string, args ...any) (map[string]map[State]int, error) {
	name := `json_quote(name)`
	if s.postgres {
		name = `to_json(name)::text`
	}
	var text string
	err := s.row(ctx, s.executor, `
		SELECT '[' || coalesce(string_agg('{"name":' || `+name+` || ',"state":"' || state || '","many":' || many || '}', ','), '') || ']'
		FROM (`+query+`) AS counted`, args...).Scan(&text)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Name  string
		State State
		Many  int
	}
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, err
	}
	tally := map[string]map[State]int{}
	for _, r := range rows {
		if tally[r.Name] == nil {
			tally[r.Name] = map[State]int{}
		}
		tally[r.Name][r.State] = r.Many
	}
	return tally, nil
}
