package durable

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
)

// schema holds the steps that bring the tables of this package from each version to the
// next. A step that was released is never changed, and processes of the version before it
// have to be able to go on working after it.
var schema = [][]string{
	{
		`CREATE TABLE unified_cancel_job (
			id {{id}},
			provider TEXT NOT NULL,
			kind TEXT NOT NULL,
			thing TEXT NOT NULL,
			state TEXT NOT NULL,
			version BIGINT NOT NULL,
			due_at BIGINT NOT NULL,
			working BIGINT NOT NULL DEFAULT 0,
			claimed_at BIGINT NOT NULL DEFAULT 0,
			settled_at BIGINT NOT NULL DEFAULT 0,
			stripped BIGINT NOT NULL DEFAULT 0,
			body TEXT NOT NULL
		)`,
		`CREATE UNIQUE INDEX unified_cancel_job_open ON unified_cancel_job (provider, kind, thing) WHERE settled_at = 0`,
		`CREATE INDEX unified_cancel_job_due ON unified_cancel_job (provider, due_at, id, settled_at) WHERE due_at > 0`,
		`CREATE INDEX unified_cancel_job_thing ON unified_cancel_job (thing, id)`,
		`CREATE INDEX unified_cancel_job_state ON unified_cancel_job (state, id)`,
		`CREATE INDEX unified_cancel_job_provider ON unified_cancel_job (provider, id)`,
		`CREATE INDEX unified_cancel_job_provider_state ON unified_cancel_job (provider, state, id)`,
		`CREATE INDEX unified_cancel_job_settled ON unified_cancel_job (stripped, settled_at, state) WHERE settled_at > 0`,
		`CREATE TABLE unified_cancel_pause (
			provider TEXT PRIMARY KEY,
			until BIGINT NOT NULL,
			failures BIGINT NOT NULL,
			who TEXT NOT NULL,
			why TEXT NOT NULL
		)`,
		`CREATE TABLE unified_cancel_rate (
			provider TEXT PRIMARY KEY,
			full_at BIGINT NOT NULL
		)`,
	},
}

// migrationLock is the key under which PostgreSQL lets one process at a time change the
// tables of this package.
const migrationLock = 0x63616e63656c

// Migrate brings the tables of River and of this package, whose names begin with
// unified_cancel_, to the versions that this package works with. A database that is up to
// date stays as it is. A deployment calls it once, before anything else: River's own
// migrations do not guard against two processes that migrate one database at once. One of
// them may fail then, and can be run again.
//
// Until then everything else fails, and so does everything in a program that is older than
// the tables; only processes that were already at work go on. There is no way back to the
// tables of an older version.
func (q *Queue[TTx]) Migrate(ctx context.Context) error {
	if _, err := q.migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("durable: River's tables: %w", err)
	}
	err := q.store.within(ctx, func(tx riverdriver.ExecutorTx) error { return q.store.migrate(ctx, tx) })
	return wrap(err)
}

func (s *store) migrate(ctx context.Context, tx riverdriver.ExecutorTx) error {
	exec := func(statement string, args ...any) error {
		return tx.Exec(ctx, s.words.Replace(statement), args...)
	}
	if s.postgres {
		if err := exec(`SELECT pg_advisory_xact_lock($1)`, int64(migrationLock)); err != nil {
			return err
		}
	}
	version, err := s.version(ctx, tx)
	switch {
	case err != nil:
		return err
	case version > len(schema):
		return newer(version)
	case version == len(schema):
		return nil // what follows needs the right to make tables
	}
	if err := exec(`CREATE TABLE IF NOT EXISTS unified_cancel_migration (version BIGINT PRIMARY KEY)`); err != nil {
		return err
	}
	for ; version < len(schema); version++ {
		for _, statement := range schema[version] {
			if err := exec(statement); err != nil {
				return err
			}
		}
		if err := exec(`INSERT INTO unified_cancel_migration VALUES ($1)`, version+1); err != nil {
			return err
		}
	}
	return nil
}

// version returns the version of the tables of this package, 0 without tables.
func (*store) version(ctx context.Context, on riverdriver.Executor) (version int, err error) {
	exists, err := on.TableExists(ctx, &riverdriver.TableExistsParams{Table: "unified_cancel_migration"})
	if err != nil || !exists {
		return 0, err
	}
	err = on.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM unified_cancel_migration`).Scan(&version)
	return version, err
}

// check says why the versions of the tables are wrong. Once they are right it asks no more.
func (s *store) check(ctx context.Context, on riverdriver.Executor) error {
	if s.checked.Load() {
		return nil
	}
	version, err := s.version(ctx, on)
	switch {
	case err != nil:
		return err
	case version == 0:
		return errors.New("the database has no tables: call Migrate")
	case version < len(schema):
		return fmt.Errorf("the tables have version %d, and this program needs %d: call Migrate", version, len(schema))
	case version > len(schema):
		return newer(version)
	}
	var rivers int
	err = on.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM river_migration WHERE line = 'main'`).Scan(&rivers)
	if err != nil {
		return err
	}
	if rivers < s.rivers {
		return fmt.Errorf("River's tables have version %d, and this program needs %d: call Migrate", rivers, s.rivers)
	}
	s.checked.Store(true)
	return nil
}

func newer(version int) error {
	return fmt.Errorf("the tables have version %d, and this program knows %d at most: it is older than they are", version, len(schema))
}
