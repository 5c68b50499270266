package durable

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachQueryModeWorksOnPostgres(t *testing.T) {
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			settlesAt(t, with(t, ownSchema(t), "default_query_exec_mode", mode))
		})
	}
}

func TestItWorksBehindPgBouncer(t *testing.T) {
	for _, poolMode := range []string{"session", "transaction"} {
		for _, queryMode := range []string{"", "exec", "simple_protocol"} {
			t.Run(poolMode+" "+queryMode, func(t *testing.T) {
				address := pgbouncer(t, poolMode)
				if queryMode != "" {
					address = with(t, address, "default_query_exec_mode", queryMode)
				}
				settlesAt(t, address)
			})
		}
	}
}

// settlesAt has a Queue at that address do all that needs the database.
func settlesAt(t *testing.T, address string) {
	t.Helper()
	told := newHeard()
	config := of(&vendor{})
	config.OnSettled = told.listen
	q, _ := migrated(atAddress(address))(t, config)
	first := enqueue(t, q, payment("1"))
	stop := work(t, q)
	told.wait(t, 1)
	enqueue(t, q, payment("2"))
	told.wait(t, 1)
	stop()
	assert.Equal(t, Done, get(t, q, first).State)
	page, err := q.List(t.Context(), Filter{State: Done, Provider: "v"})
	require.NoError(t, err)
	assert.Len(t, page, 2)
	n, err := q.Counts(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[State]int{Done: 2}, n)
	tx, err := q.store.executor.Begin(t.Context())
	require.NoError(t, err)
	_, err = q.EnqueueTx(t.Context(), q.driver.UnwrapTx(tx), payment("3"))
	require.NoError(t, err)
	require.NoError(t, tx.Commit(t.Context()))
}

// with returns address with a parameter.
func with(t *testing.T, address, key, value string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	query := parsed.Query()
	query.Set(key, value)
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

// pgbouncer starts a PgBouncer with two connections in front of a new database and returns
// its URL.
func pgbouncer(t *testing.T, mode string) string {
	t.Helper()
	server, err := url.Parse(postgres(t))
	require.NoError(t, err)
	program := "/usr/sbin/pgbouncer"
	if _, err := os.Stat(program); err != nil && os.Getenv("CI") == "" {
		t.Skip("NOT TESTED BEHIND PGBOUNCER: it is not installed")
	}
	name := fmt.Sprintf("durable_%d", time.Now().UnixNano())
	admin, err := pgx.Connect(t.Context(), server.String())
	require.NoError(t, err)
	_, err = admin.Exec(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		_, err := admin.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		assert.NoError(t, err)
		assert.NoError(t, admin.Close(ctx))
	})
	port := freePort(t)
	folder, err := os.MkdirTemp("", "pgbouncer") // which its user may enter
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(folder)) })
	require.NoError(t, os.Chmod(folder, 0o755))
	settings := filepath.Join(folder, "pgbouncer.ini")
	poolSize := map[string]int{"session": 20, "transaction": 2, "statement": 2}[mode]
	require.NoError(t, os.WriteFile(settings, fmt.Appendf(nil, `[databases]
%s = host=%s port=%s user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = %s
default_pool_size = %d
`, name, server.Hostname(), server.Port(), server.User.Username(), port, mode, poolSize), 0o644))
	c := exec.CommandContext(t.Context(), program, settings)
	if os.Getuid() == 0 { // as which it does not run
		c.SysProcAttr = &syscall.SysProcAttr{Credential: credential(t, "nobody")}
	}
	var log strings.Builder
	c.Stderr = &log
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // says that it was killed
		if t.Failed() {
			t.Log(log.String())
		}
	})
	address := fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", server.User.Username(), port, name)
	require.Eventually(t, func() bool {
		conn, err := pgx.Connect(t.Context(), address)
		if err == nil {
			err = conn.Close(t.Context())
		}
		return err == nil
	}, patience, 20*time.Millisecond)
	return address
}

// freePort returns a TCP port of this machine that nothing listens at.
func freePort(t *testing.T) int {
	t.Helper()
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	return free.Addr().(*net.TCPAddr).Port
}

// credential has a process run as that user.
func credential(t *testing.T, name string) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup(name)
	require.NoError(t, err)
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	require.NoError(t, err)
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	require.NoError(t, err)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
