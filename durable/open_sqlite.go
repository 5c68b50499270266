package durable

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
	_ "modernc.org/sqlite" // the driver of that name
)

// SQLite is a [Queue] in a file.
type SQLite struct {
	*Queue[*sql.Tx]

	// DB is the database, for transactions of the user's own. It has one connection: while
	// a transaction is open, everything else that needs the database waits for it.
	DB *sql.DB
}

// OpenSQLite opens the database in a file, which it makes if there is none. Its directory
// must be there, on a disk of this machine. The file is in WAL mode and each commit is
// synced: it outlives a power cut. Call Migrate before anything else, and Close when
// done.
func OpenSQLite(ctx context.Context, path string, config Config) (*SQLite, error) {
	if path == "" || strings.ContainsRune(path, 0) { // SQLite takes them for another file, or one that vanishes
		return nil, invalid("", "the path of the file is empty or has a NUL")
	}
	path = filepath.Clean(path) // two slashes at its beginning would be followed by a host
	settings := url.Values{
		"_pragma": {"busy_timeout(30000)", "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	}
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: settings.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("durable: %w", err)
	}
	db.SetMaxOpenConns(1) // as River asks for
	if err := db.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("durable: %s: %w", path, closing(db, err))
	}
	q, err := New(riversqlite.New(db), config)
	if err != nil {
		return nil, closing(db, err)
	}
	return &SQLite{Queue: q, DB: db}, nil
}

// closing closes db because of err.
func closing(db *sql.DB, err error) error {
	_ = db.Close() // err says why
	return err
}

// Close closes the database. Stop the Queue first.
func (s *SQLite) Close() error { return s.DB.Close() }

// inUTC is a driver of SQLite that keeps in UTC when a job is due. River gives that in the
// time zone of the machine, SQLite keeps it as a text, and the text is compared with that
// of a time in UTC: west of Greenwich no pause would be kept.
type inUTC[TTx any] struct{ riverdriver.Driver[TTx] }

func (d inUTC[TTx]) GetExecutor() riverdriver.Executor {
	return executorInUTC{d.Driver.GetExecutor()}
}

type executorInUTC struct{ riverdriver.Executor }

func (e executorInUTC) JobSetStateIfRunningMany(ctx context.Context, params *riverdriver.JobSetStateIfRunningManyParams) ([]*rivertype.JobRow, error) {
	p := *params
	p.ScheduledAt = slices.Clone(p.ScheduledAt)
	for i, at := range p.ScheduledAt {
		if at != nil {
			p.ScheduledAt[i] = new(at.UTC().Round(0))
		}
	}
	return e.Executor.JobSetStateIfRunningMany(ctx, &p)
}
