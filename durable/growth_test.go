package durable

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// BenchmarkGrowth is what each thing costs beside so many cancellations that are settled:
//
//	go test -run '^$' -bench Growth -timeout 1h .
func BenchmarkGrowth(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { growth(b, onSQLite(b), "BLOB") })
	b.Run("PostgreSQL", func(b *testing.B) {
		growth(b, onPostgres(b), "JSONB", "VACUUM ANALYZE unified_cancel_job", "VACUUM ANALYZE river_job")
	})
}

// growth is BenchmarkGrowth in an empty database. The type is the type of River's args,
// and tidy are the statements that the database runs by itself after a while.
func growth[TTx any](b *testing.B, db database[TTx], argsType string, tidy ...string) {
	b.Helper()
	told := make(chan struct{}, 1000)
	config := of(nil)
	config.Providers["v"] = Provider{Canceler: &vendor{}, Workers: 100}
	config.Providers["rare"] = Provider{Canceler: &vendor{}}
	config.OnSettled = func(context.Context, Cancellation) error {
		told <- struct{}{}
		return nil
	}
	q, run := db(b, config)
	ctx := b.Context()
	next := 0
	fresh := func(n int) []cancel.Request {
		reqs := make([]cancel.Request, n)
		for i := range reqs {
			next++
			reqs[i] = payment(strconv.Itoa(next))
		}
		return reqs
	}
	number := func(query string) (n int) {
		require.NoError(b, q.store.row(ctx, q.store.executor, query).Scan(&n))
		return n
	}

	// Those that are settled are copies of the first.
	first := fresh(1)[0]
	_, err := q.Enqueue(ctx, first)
	require.NoError(b, err)
	require.NoError(b, q.Start(ctx))
	<-told
	require.NoError(b, q.Stop(ctx))
	settled := 1
	grow := func(to int) {
		if to > settled {
			numbers := fmt.Sprintf(`WITH RECURSIVE numbers (n) AS (
				SELECT CAST(%d AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)`, settled+1, to)
			// In the table of things the copies are in no order.
			run(`INSERT INTO unified_cancel_job (provider, kind, thing, state, version, due_at, claimed_at, settled_at, body) ` + numbers + `
				SELECT provider, kind, copy, state, version, due_at, claimed_at, settled_at, replace(body, '"id":"1"', '"id":"' || copy || '"')
				FROM unified_cancel_job, (SELECT CAST(n * 2654435761 % 4294967296 + 10000000000 AS TEXT) AS copy FROM numbers) AS copies
				WHERE id = 1`)
			run(`INSERT INTO river_job (args, attempt, attempted_at, attempted_by, finalized_at, kind, max_attempts, metadata, queue, state, tags) ` + numbers + `
				SELECT CAST('{"id":' || n || '}' AS ` + argsType + `), attempt, attempted_at, attempted_by, finalized_at, kind, max_attempts, metadata, queue, state, tags
				FROM river_job, numbers WHERE id = 1`)
			settled = to
		}
		for _, statement := range tidy {
			run(statement)
		}
	}

	for _, size := range []int{1, 10_000, 100_000, 1_000_000} {
		grow(size)
		last, lastOfRiver := number(`SELECT max(id) FROM unified_cancel_job`), number(`SELECT max(id) FROM river_job`)
		measure := func(name string, f func(b *testing.B)) {
			b.Run(fmt.Sprintf("settled=%d/%s", size, name), f)
			run(fmt.Sprintf(`DELETE FROM unified_cancel_job WHERE id > %d`, last))
			run(fmt.Sprintf(`DELETE FROM river_job WHERE id > %d`, lastOfRiver))
		}
		each := func(name string, f func(b *testing.B) error) {
			measure(name, func(b *testing.B) {
				b.Helper()
				for b.Loop() {
					require.NoError(b, f(b))
				}
			})
		}
		for _, n := range []int{1, 1000} {
			each(fmt.Sprintf("Enqueue=%d", n), func(*testing.B) error {
				_, err := q.Enqueue(ctx, fresh(n)...)
				return err
			})
		}
		for _, n := range []int{1, 1000} {
			measure(fmt.Sprintf("Jobs=%d", n), func(b *testing.B) {
				b.Helper()
				for b.Loop() {
					_, err := q.Enqueue(ctx, fresh(n)...)
					require.NoError(b, err)
					require.NoError(b, q.Start(ctx)) // at once; it polls only each second
					for range n {
						<-told
					}
					b.StopTimer()
					require.NoError(b, q.Stop(ctx))
					b.StartTimer()
				}
			})
		}
		each("Get", func(*testing.B) error {
			_, err := q.Get(ctx, int64(last))
			return err
		})
		each("Find", func(*testing.B) error {
			_, err := q.Find(ctx, first)
			return err
		})
		each("Counts", func(*testing.B) error {
			_, err := q.Counts(ctx)
			return err
		})
		middle := int64(last / 2)
		for _, page := range []struct {
			name   string
			filter Filter
		}{
			{"all", Filter{After: middle}},
			{"state", Filter{After: middle, State: Done}},
			{"provider", Filter{After: middle, Provider: "v"}},
			{"both", Filter{After: middle, Provider: "v", State: Done}},
			{"rare-state", Filter{State: Queued}},
			{"rare-provider", Filter{Provider: "rare"}},
			{"rare-both", Filter{Provider: "rare", State: Done}},
		} {
			each("List="+page.name, func(*testing.B) error {
				_, err := q.List(ctx, page.filter)
				return err
			})
		}
	}
}
