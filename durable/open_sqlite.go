package durable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite" // the driver of that name
)

// SQLite is a [Queue] in a file.
type SQLite struct {
	*Queue[*sql.Tx]

	// DB is the database. Use it for your own transactions. It has one connection: while
	// a transaction is open, everything else that needs the database waits for it.
	DB *sql.DB
}

// OpenSQLite opens the database in a file. It creates a file that does not exist, with
// permissions 0600 for it and for the -wal and -shm files beside it; an existing file keeps
// its own. The directory must exist, on a disk of this machine. The file is in WAL mode and
// each commit is synced: it survives a power cut. Call Migrate before anything else, and
// Close when done.
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
	if err := create(path); err != nil {
		return nil, wrap(err)
	}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, wrap(err)
	}
	db.SetMaxOpenConns(1) // as River asks for
	if err := db.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("durable: %s: %w", path, errors.Join(closing(db, err), writable(filepath.Dir(path))))
	}
	q, err := newQueue(riversqlite.New(db), config, false)
	if err != nil {
		return nil, closing(db, err)
	}
	return &SQLite{Queue: q, DB: db}, nil
}

// create creates the file for its owner only, unless it exists. SQLite itself would create
// it readable for all, and says "out of memory" if the folder does not exist. An existing
// file is not opened here: closing it would end the locks that SQLite holds on it in this
// process.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return createTarget(path)
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// createTarget creates the file that path links to, if path is a link and the file does not
// exist.
func createTarget(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	target, err := os.Readlink(path)
	if err != nil {
		return err
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(path), target)
	}
	return create(target)
}

// writable says why no file can be created in a folder. SQLite itself says "unable to open
// database file".
func writable(folder string) error {
	f, err := os.CreateTemp(folder, ".writable")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// closing closes db because of err.
func closing(db *sql.DB, err error) error {
	_ = db.Close() // err says why
	return err
}

// Close closes the database. Stop the Queue first.
func (s *SQLite) Close() error { return s.DB.Close() }
