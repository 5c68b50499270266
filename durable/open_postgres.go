package durable

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Postgres is a [Queue] in a PostgreSQL, for any number of machines.
type Postgres struct {
	*Queue[pgx.Tx]

	// Pool is the database, for transactions of the user's own.
	Pool *pgxpool.Pool
}

// OpenPostgres opens the database with that URL, such as
// postgres://user:password@host/database. The tables are in the first schema of its
// search_path. Call Migrate before anything else, and Close when done.
func OpenPostgres(ctx context.Context, url string, config Config) (*Postgres, error) {
	pool, err := pgxpool.New(ctx, url)
	if malformed, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		err = malformed.Unwrap() // it shows the URL, which may hold a password
	}
	if err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("durable: %w", err)
	}
	q, err := New(riverpgxv5.New(pool), config)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &Postgres{Queue: q, Pool: pool}, nil
}

// Close closes the database. Stop the Queue first.
func (p *Postgres) Close() { p.Pool.Close() }
