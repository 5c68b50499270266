package main

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
)

// database is where a durable queue is: the path of an SQLite file, or the URL of a
// PostgreSQL.
type database string

// queue is what is asked of a durable one.
type queue interface {
	Migrate(ctx context.Context) error
	Find(ctx context.Context, req cancel.Request) (durable.Cancellation, error)
	Enqueue(ctx context.Context, reqs ...cancel.Request) ([]durable.Ticket, error)
}

// check reports why db is none. It shows nothing of it, for there may be a password.
func (db database) check() error {
	switch {
	case db == "", db == ":memory:":
		return errors.New("-enqueue must name an SQLite file or a PostgreSQL")
	case strings.Contains(string(db), "password=") && !db.postgres():
		return errors.New("-enqueue takes a PostgreSQL as a URL alone")
	case !strings.Contains(string(db), "://"):
		return nil
	case !db.postgres():
		return errors.New("-enqueue takes the path of a file, or a URL that begins with postgres://")
	}
	if _, err := url.Parse(string(db)); err != nil {
		return errors.New("the URL of -enqueue is malformed: what is special in its password must be percent-encoded")
	}
	return nil
}

func (db database) postgres() bool {
	return strings.HasPrefix(string(db), "postgres://") || strings.HasPrefix(string(db), "postgresql://")
}

// open opens the queue for the providers of cancelers and brings its tables up to date.
// The queue is not started: nothing is asked of cancelers.
func (db database) open(ctx context.Context, cancelers map[string]cancel.Canceler) (q queue, closeIt func(), err error) {
	config := durable.Config{Providers: map[string]durable.Provider{}}
	for name, canceler := range cancelers {
		config.Providers[name] = durable.Provider{Canceler: canceler}
	}
	if db.postgres() {
		p, err := durable.OpenPostgres(ctx, string(db), config)
		if err != nil {
			return nil, nil, err
		}
		q, closeIt = p, p.Close
	} else {
		s, err := durable.OpenSQLite(ctx, string(db), config)
		if err != nil {
			return nil, nil, err
		}
		// What was committed is synced: closing adds nothing to it.
		q, closeIt = s, func() { _ = s.Close() }
	}
	if err := q.Migrate(ctx); err != nil {
		closeIt()
		return nil, nil, err
	}
	return q, closeIt, nil
}

// place is db as it may be shown.
func (db database) place() string {
	if !db.postgres() {
		return string(db)
	}
	u, err := url.Parse(string(db))
	if err != nil {
		return "PostgreSQL"
	}
	return "PostgreSQL at " + u.Host + u.Path
}

// hide returns err on one line and without the passwords of db.
func (db database) hide(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(hide(db.secrets())(strings.Join(strings.Fields(err.Error()), " ")))
}

// secrets are the passwords of db, as they are and as they are written.
func (db database) secrets() []string {
	if !db.postgres() {
		return nil
	}
	text := string(db)
	secrets := []string{text}
	_, text, _ = strings.Cut(text, "://")
	_, query, _ := strings.Cut(text, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); strings.Contains(name, "password") {
			plain, _ := url.QueryUnescape(value)
			secrets = append(secrets, value, plain)
		}
	}
	if end := strings.IndexAny(text, "/?#"); end >= 0 {
		text = text[:end]
	}
	if at := strings.LastIndex(text, "@"); at >= 0 {
		_, password, _ := strings.Cut(text[:at], ":")
		plain, _ := url.PathUnescape(password)
		secrets = append(secrets, password, plain)
	}
	return secrets
}
