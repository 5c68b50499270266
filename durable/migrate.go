package durable

import (
	"context"
	"fmt"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
)

// schema holds the steps that bring the tables of this package from each version to the
// next. A step that was released is never changed.
var schema = [][]string{
	{
		`CREATE TABLE unified_cancel_job (
			id {{id}},
			provider TEXT NOT NULL,
			kind TEXT NOT NULL,
			thing TEXT NOT NULL,
			token TEXT NOT NULL,
			state TEXT NOT NULL,
			version BIGINT NOT NULL,
			settled_at BIGINT NOT NULL,
			told_at BIGINT NOT NULL,
			body TEXT NOT NULL
		)`,
		`CREATE UNIQUE INDEX unified_cancel_job_open ON unified_cancel_job (provider, kind, thing) WHERE settled_at = 0`,
		`CREATE INDEX unified_cancel_job_thing ON unified_cancel_job (provider, kind, thing, id)`,
		`CREATE INDEX unified_cancel_job_state ON unified_cancel_job (state, id)`,
		`CREATE TABLE unified_cancel_pause (
			provider TEXT PRIMARY KEY,
			until BIGINT NOT NULL,
			failures BIGINT NOT NULL
		)`,
	},
}

// migrationLock is the key under which PostgreSQL lets one process at a time change the
// tables of this package.
const migrationLock = 0x63616e63656c

// Migrate brings River's tables and those of this package, whose names begin with
// unified_cancel_, to the versions that this package works with. A database that is up to
// date stays as it is. It is for a deployment to call, once, before anything else is asked
// of a Queue: River's own migrations do not guard against two processes that migrate the
// same PostgreSQL at once.
func (q *Queue[TTx]) Migrate(ctx context.Context) error {
	migrator, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: q.logger})
	if err != nil {
		return fmt.Errorf("durable: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("durable: River's tables: %w", err)
	}
	err = q.store.within(ctx, func(tx riverdriver.ExecutorTx) error { return q.store.migrate(ctx, tx) })
	if err != nil {
		return fmt.Errorf("durable: the tables of this package: %w", err)
	}
	return nil
}

func (s *store) migrate(ctx context.Context, tx riverdriver.ExecutorTx) error {
	if s.postgres {
		if err := s.exec(ctx, tx, `SELECT pg_advisory_xact_lock($1)`, int64(migrationLock)); err != nil {
			return err
		}
	}
	err := s.exec(ctx, tx, `CREATE TABLE IF NOT EXISTS unified_cancel_migration (version BIGINT PRIMARY KEY)`)
	if err != nil {
		return err
	}
	var version int
	row := s.row(ctx, tx, `SELECT coalesce(max(version), 0) FROM unified_cancel_migration`)
	if err := row.Scan(&version); err != nil {
		return err
	}
	if version > len(schema) {
		return fmt.Errorf("the database has version %d, and this package knows %d at most", version, len(schema))
	}
	for ; version < len(schema); version++ {
		for _, statement := range schema[version] {
			if err := s.exec(ctx, tx, statement); err != nil {
				return err
			}
		}
		if err := s.exec(ctx, tx, `INSERT INTO unified_cancel_migration VALUES ($1)`, version+1); err != nil {
			return err
		}
	}
	return nil
}
