package durable

import (
	"context"
	"math"
	"strconv"
	"strings"
)

// Filter says which cancellations [Queue.List] returns. Its zero value means the first
// hundred.
type Filter struct {
	// State and Provider select cancellations, "" for any.
	State    State
	Provider string
	// ID is the Request.ID, "" for any. UUIDs are found in either case.
	ID string
	// Undelivered selects what Config.OnSettled has not taken yet.
	Undelivered bool
	// After selects greater Cancellation.IDs, and smaller ones with Newest: pass the last ID of
	// the page before.
	After int64
	// Newest has those that were enqueued last come first.
	Newest bool
	// Limit is the size of the page, 100 by default.
	Limit int
}

// List returns cancellations in the order of their IDs, or with Newest against it. A reader who goes on from After
// misses nothing, also if transactions are committed in another order than their IDs: on
// PostgreSQL List leaves out what comes after the IDs of an [Queue.EnqueueTx] that is not
// committed yet.
func (q *Queue[TTx]) List(ctx context.Context, f Filter) ([]Cancellation, error) {
	if !storable(string(f.State), f.Provider, f.ID) {
		return nil, nil
	}
	last, err := q.store.lastListed(ctx)
	if err != nil {
		return nil, wrap(err)
	}
	page, args := pageOf(f, last)
	rows, err := rowsOf(q.store.row(ctx, q.store.executor, `SELECT `+all(columns)+` FROM (`+page+`) AS page`, args...))
	found := make([]Cancellation, len(rows))
	for i, c := range rows {
		found[i] = *c
	}
	return found, wrap(err)
}

// pageOf is the query for the rows of List.
func pageOf(f Filter, last int64) (query string, args []any) {
	var where []string
	and := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		where = append(where, condition)
	}
	order := ""
	if f.Newest {
		order = " DESC"
		if f.After > 0 {
			last = min(last, f.After-1)
		}
		f.After = 0
	}
	and("id > ?", f.After)
	if last < math.MaxInt64 {
		and("id <= ?", last)
	}
	if f.State != "" {
		and("state = ?", string(f.State))
	}
	if f.Provider != "" {
		and("provider = ?", f.Provider)
	}
	if f.ID != "" {
		and("thing IN (?, ?)", shorten(f.ID), shorten(strings.ToLower(f.ID)))
	}
	if f.Undelivered {
		// A subquery, because SQLite would go through all rows in the order of their IDs.
		and("id IN (SELECT id FROM unified_cancel_job WHERE due_at > 0 AND settled_at > 0)")
	}
	args = append(args, positive(f.Limit, 100))
	return `SELECT * FROM unified_cancel_job WHERE ` + strings.Join(where, " AND ") +
		` ORDER BY id` + order + ` LIMIT $` + strconv.Itoa(len(args)), args
}

// Each transaction that enqueues holds a lock whose number is an ID below all those that it
// adds. SQLite has one writer at a time and needs none.
const (
	announceIDs = `
		SELECT pg_advisory_xact_lock_shared(
			('unified_cancel_job'::regclass::oid::bigint % 2147483647)::int, (last_value & 2147483647)::int)
		FROM unified_cancel_job_id_seq`
	lastID    = `SELECT last_value FROM unified_cancel_job_id_seq`
	openSince = `
		SELECT coalesce(max(behind), 0) FROM (
			SELECT ($1 - objid::bigint) & 2147483647 AS behind, * FROM pg_locks) AS locks
		WHERE behind < 1073741824 AND locktype = 'advisory' AND objsubid = 2
			AND classid::bigint = 'unified_cancel_job'::regclass::oid::bigint % 2147483647
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
)

// lastListed returns the greatest ID below which no transaction can still add one. It reads
// the sequence before the locks: a transaction that locks later has greater IDs. Both come
// before the page itself, which then holds all that the other transactions committed.
func (s *store) lastListed(ctx context.Context) (last int64, err error) {
	if !s.postgres {
		return math.MaxInt64, nil
	}
	if err := s.row(ctx, s.executor, lastID).Scan(&last); err != nil {
		return 0, err
	}
	var behind int64 // a lock that is newer than last has wrapped around
	err = s.row(ctx, s.executor, openSince, last).Scan(&behind)
	return last - behind, err
}
