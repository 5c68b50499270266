package durable

import (
	"context"
	"errors"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Postgres is a [Queue] in a PostgreSQL, for any number of machines.
type Postgres struct {
	*Queue[pgx.Tx]

	// Pool is the database. Use it for your own transactions.
	Pool *pgxpool.Pool
}

// OpenPostgres opens the database at url, such as
// postgres://user:password@host/database. The tables are in the first schema of its
// search_path. Call Migrate before anything else, and Close when done.
//
// It works behind a pooler such as PgBouncer in session mode and in transaction mode.
// Statement mode has no transactions and is refused. OpenPostgres notices a pooler
// because the process ID that the pooler announces is not the server's. It then uses no
// prepared statements, as with default_query_exec_mode=exec in the URL, and polls each
// second instead of listening. With default_query_exec_mode=exec or simple_protocol in the
// URL it uses that mode with any server, and listens unless it notices a pooler.
func OpenPostgres(ctx context.Context, url string, config Config) (*Postgres, error) {
	parsed, err := pgxpool.ParseConfig(url)
	if err != nil { // pgx shows parts of the URL, which may be the password
		malformed := invalid("", "the URL of the PostgreSQL is malformed")
		if file, ok := errors.AsType[*fs.PathError](err); ok {
			malformed.Message, malformed.Err = "the URL of the PostgreSQL names a file that cannot be read", file
		}
		return nil, malformed
	}
	pooled, err := behindPooler(ctx, parsed.ConnConfig)
	if err != nil {
		return nil, wrap(err)
	}
	if mode := &parsed.ConnConfig.DefaultQueryExecMode; pooled && *mode < pgx.QueryExecModeExec {
		*mode = pgx.QueryExecModeExec
	}
	pool, err := pgxpool.NewWithConfig(ctx, parsed)
	if err != nil {
		return nil, wrap(err)
	}
	q, err := newQueue(riverpgxv5.New(pool), config, pooled)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &Postgres{Queue: q, Pool: pool}, nil
}

// behindPooler reports whether a pooler stands between this process and the server. Its error
// is the pooler's if it allows no transactions.
func behindPooler(ctx context.Context, config *pgx.ConnConfig) (bool, error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var pid uint32
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT pg_backend_pid()`, pgx.QueryExecModeExec).Scan(&pid)
	})
	return pid != conn.PgConn().PID(), err
}

// Close closes the database. Stop the Queue first.
func (p *Postgres) Close() { p.Pool.Close() }
