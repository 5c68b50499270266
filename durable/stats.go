package durable

import (
	"context"
	"errors"
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

// Counts returns how many cancellations are in each state. It leaves out a state that no
// cancellation is in. It counts them one by one, also those that are settled: with millions
// that takes a good part of a second.
func (q *Queue[TTx]) Counts(ctx context.Context) (map[State]int, error) {
	counted, err := q.store.count(ctx, `0 AS hour, '' AS provider, state`, `true`)
	if err != nil {
		return nil, wrap(err)
	}
	counts := map[State]int{}
	for _, c := range counted {
		counts[c.State] = c.Many
	}
	return counts, nil
}

// Stats returns figures about all cancellations, and about each of the last hours, 24 by
// default. It counts them one by one, as [Queue.Counts] does.
func (q *Queue[TTx]) Stats(ctx context.Context, hours int) (Stats, error) {
	hours = positive(hours, 24)
	stats := Stats{Counts: map[string]map[State]int{}, Hours: make([]Hour, hours)}
	start := now().Truncate(time.Hour).Add(-time.Duration(hours-1) * time.Hour)
	for i := range stats.Hours {
		stats.Hours[i] = Hour{Start: start.Add(time.Duration(i) * time.Hour), Settled: map[State]int{}}
	}
	byProvider, err1 := q.store.count(ctx, `0 AS hour, provider, state`, `true`)
	for _, c := range byProvider {
		if stats.Counts[c.Provider] == nil {
			stats.Counts[c.Provider] = map[State]int{}
		}
		stats.Counts[c.Provider][c.State] = c.Many
	}
	byHour, err2 := q.store.count(ctx, `(settled_at - $1) / 3600000 AS hour, '' AS provider, state`,
		`stripped IN (0, 1) AND settled_at > 0 AND settled_at >= $1 AND settled_at < $2`,
		start.UnixMilli(), start.Add(time.Duration(hours)*time.Hour).UnixMilli())
	for _, c := range byHour {
		stats.Hours[c.Hour].Settled[c.State] = c.Many
	}
	err3 := q.store.row(ctx, q.store.executor, `
		SELECT count(*) FROM unified_cancel_job WHERE due_at > 0 AND settled_at > 0`).Scan(&stats.Undelivered)
	if err := errors.Join(err1, err2, err3); err != nil {
		return Stats{}, wrap(err)
	}
	return stats, nil
}

// group is how many cancellations it has.
type group struct {
	Hour     int
	Provider string
	State    State
	Many     int
}

// count counts the cancellations in groups of hour, provider and state.
func (s *store) count(ctx context.Context, groups, where string, args ...any) ([]group, error) {
	return list[group](s.row(ctx, s.executor, `
		SELECT `+all(`'hour', hour, 'provider', provider, 'state', state, 'many', many`)+` FROM (
			SELECT `+groups+`, count(*) AS many FROM unified_cancel_job WHERE `+where+` GROUP BY 1, 2, 3) AS counted`, args...))
}
