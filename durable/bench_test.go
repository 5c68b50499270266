package durable

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// benchmark measures jobs of an instant vendor, from enqueued to told.
func benchmark[TTx any](b *testing.B, workers int, openWith func(Config) *Queue[TTx]) {
	b.Helper()
	var told atomic.Int64
	done := make(chan struct{})
	config := of(nil)
	config.Providers["v"] = Provider{Canceler: &vendor{}, Workers: workers}
	config.OnSettled = func(context.Context, Cancellation) error {
		if told.Add(1) == int64(b.N) {
			close(done)
		}
		return nil
	}
	q := openWith(config)
	reqs := make([]cancel.Request, b.N)
	for i := range reqs {
		reqs[i] = payment(fmt.Sprint(i + 1))
	}
	b.ResetTimer()
	began := time.Now()
	_, err := q.Enqueue(b.Context(), reqs...)
	require.NoError(b, err)
	require.NoError(b, q.Start(b.Context()))
	<-done
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "jobs/s")
	b.StopTimer()
	require.NoError(b, q.Stop(b.Context()))
}

// BenchmarkJobs is how many jobs per second are enqueued and seen through:
//
//	go test -run '^$' -bench Jobs -benchtime 1000x .
func BenchmarkJobs(b *testing.B) {
	for _, workers := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("SQLite/workers=%d", workers), func(b *testing.B) {
			benchmark(b, workers, func(config Config) *Queue[*sql.Tx] {
				q, err := OpenSQLite(b.Context(), file(b), config)
				require.NoError(b, err)
				b.Cleanup(func() { require.NoError(b, q.Close()) })
				require.NoError(b, q.Migrate(b.Context()))
				return q.Queue
			})
		})
		b.Run(fmt.Sprintf("PostgreSQL/workers=%d", workers), func(b *testing.B) {
			url := ownSchema(b)
			benchmark(b, workers, func(config Config) *Queue[pgx.Tx] {
				q, err := OpenPostgres(b.Context(), url, config)
				require.NoError(b, err)
				b.Cleanup(q.Close)
				require.NoError(b, q.Migrate(b.Context()))
				return q.Queue
			})
		})
	}
}
