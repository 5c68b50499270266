package durable

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// faultJobs is the variable that has the slow tests of this file run. Its value is how many
// cancellations each of them makes.
const faultJobs = "CANCEL_TEST_FAULTS"

// slow returns how many cancellations a slow test makes, or skips it.
func slow(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(faultJobs))
	if err != nil {
		t.Skipf("NOT TESTED: %s is not set to how many cancellations this makes, such as 400", faultJobs)
	}
	return n
}

// seeOnPostgres is see for a PostgreSQL that was started for the test.
func seeOnPostgres(t *testing.T, address string, l load) {
	t.Helper()
	q, err := OpenPostgres(t.Context(), address, killConfig(t, killSetup{}))
	require.NoError(t, err)
	t.Cleanup(q.Close)
	require.NoError(t, q.Migrate(t.Context()))
	see(t, q.Queue, killSetup{URL: address}, l, uint64(time.Now().UnixNano()))
}

func TestPostgresThatIsRestartedLosesNothing(t *testing.T) {
	n := slow(t)
	server := startPostgres(t)
	seeOnPostgres(t, server.url("postgres"), load{jobs: n, workers: 2, times: 5, broken: true, fault: func() {
		server.pgCtl(t, "restart", "--mode=immediate")
	}})
}

func TestConnectionsThatAreKilledLoseNothing(t *testing.T) {
	n := slow(t)
	server := startPostgres(t)
	admin, err := pgx.Connect(t.Context(), server.url("postgres"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, admin.Close(context.WithoutCancel(t.Context()))) })
	killed := 0
	seeOnPostgres(t, server.url("postgres"), load{jobs: n, workers: 2, times: 60, broken: true, fault: func() {
		var now int
		require.NoError(t, admin.QueryRow(t.Context(), `
			SELECT count(pg_terminate_backend(pid)) FROM (
				SELECT pid FROM pg_stat_activity
				WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 3) AS victims`).Scan(&now))
		killed += now
	}})
	t.Logf("%d connections killed", killed)
}

func TestPgBouncerUnderLoadLosesNothing(t *testing.T) {
	for _, mode := range []string{"session", "transaction"} {
		t.Run(mode, func(t *testing.T) {
			n := slow(t)
			seeOnPostgres(t, pgbouncer(t, mode), load{jobs: n, workers: 2})
		})
	}
}

func TestPgBouncerInStatementModeIsRefused(t *testing.T) {
	_, err := OpenPostgres(t.Context(), pgbouncer(t, "statement"), of(&vendor{}))
	require.ErrorContains(t, err, "transaction blocks not allowed in statement pooling mode")
	t.Log(err)
}

// guide returns the blocks of SQL in the operators' guide.
func guide(t *testing.T) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "operations.md"))
	require.NoError(t, err)
	for _, block := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, block[1])
	}
	require.Len(t, blocks, 4)
	return blocks
}

// The server asks for a password by SCRAM and has a certificate of its own authority. Its
// roles are the operators' guide's.
func TestPostgresWithPasswordAndVerifiedCertificate(t *testing.T) {
	const password = "change-me-2"
	mine, other := newAuthority(t), newAuthority(t)
	folder := t.TempDir()
	ca, wrongCA := filepath.Join(folder, "ca.pem"), filepath.Join(folder, "other.pem")
	require.NoError(t, os.WriteFile(ca, mine.pem, 0o600))
	require.NoError(t, os.WriteFile(wrongCA, other.pem, 0o600))
	server := startPostgres(t)
	for i, database := range []string{"postgres", "cancellations"} {
		admin, err := pgx.Connect(t.Context(), server.url(database))
		require.NoError(t, err)
		for statement := range strings.SplitSeq(guide(t)[i], ";\n") {
			_, err = admin.Exec(t.Context(), statement)
			require.NoError(t, err, statement)
		}
		require.NoError(t, admin.Close(t.Context()))
	}
	cert, key := mine.issue(t, "localhost")
	server.write(t, "server.crt", cert)
	server.write(t, "server.key", key)
	server.write(t, "pg_hba.conf", []byte("hostssl all all all scram-sha-256\n"))
	server.write(t, "postgresql.auto.conf", []byte("ssl = on\n"))
	server.pgCtl(t, "restart", "--mode=fast")

	at := func(user, host, password, ca, mode string) string {
		return fmt.Sprintf("postgres://%s:%s@%s:%d/cancellations?sslmode=%s&sslrootcert=%s", user, password, host, server.port, mode, ca)
	}
	owner, err := OpenPostgres(t.Context(), at("cancel_owner", "localhost", "change-me-1", ca, "verify-full"), of(&vendor{}))
	require.NoError(t, err)
	t.Cleanup(owner.Close)
	require.NoError(t, owner.Migrate(t.Context()))
	settlesAt(t, at("cancel_worker", "localhost", password, ca, "verify-full"))
	for _, statement := range guide(t)[2:] {
		_, err = owner.Pool.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	for name, test := range map[string]struct{ address, says string }{
		"wrong password": {at("cancel_worker", "localhost", password+"-other", ca, "verify-full"), "password authentication failed"},
		"wrong CA":       {at("cancel_worker", "localhost", password, wrongCA, "verify-full"), "unknown authority"},
		"wrong host":     {at("cancel_worker", "127.0.0.1", password, ca, "verify-full"), "127.0.0.1"},
		"no TLS":         {at("cancel_worker", "localhost", password, ca, "disable"), "no encryption"},
		"no such CA":     {at("cancel_worker", "localhost", password, ca+".none", "verify-full"), "ca.pem.none: no such file"},
	} {
		_, err := OpenPostgres(t.Context(), test.address, of(&vendor{}))
		require.ErrorContains(t, err, test.says, name)
		assert.NotContains(t, err.Error(), password, name)
		t.Log(name, err)
	}
}

func TestTwoProcessesOnOneFileLoseNothing(t *testing.T) {
	n := 200
	if os.Getenv(faultJobs) != "" {
		n = slow(t)
	}
	path := file(t)
	q := open(t, path, killConfig(t, killSetup{}))
	t.Cleanup(func() { require.NoError(t, q.Close()) })
	see(t, q.Queue, killSetup{Path: path}, load{jobs: n, workers: 2}, 1)
}

func TestDiskThatIsFullLosesNothing(t *testing.T) {
	n := slow(t)
	folder := smallDisk(t)
	path := filepath.Join(folder, "queue.db")
	q := open(t, path, killConfig(t, killSetup{}))
	t.Cleanup(func() { require.NoError(t, q.Close()) })
	said := see(t, q.Queue, killSetup{Path: path}, load{jobs: n, workers: 1, times: 3, broken: true, fault: func() {
		free := fill(t, folder)
		time.Sleep(3 * time.Second)
		free()
	}}, 1)
	assert.Contains(t, fmt.Sprint(said), "database or disk is full")
}

func TestDiskThatIsFull(t *testing.T) {
	folder := smallDisk(t)
	told := newHeard()
	config := of(&vendor{})
	config.OnSettled = told.listen
	q := open(t, filepath.Join(folder, "queue.db"), config)
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	enqueue(t, q.Queue, payment("1"))
	free := fill(t, folder)
	large := payment("2")
	large.Reason = strings.Repeat("x", diskSize/2)
	_, err := q.Enqueue(t.Context(), large)
	require.ErrorContains(t, err, "database or disk is full")
	t.Log(err)
	free()
	assert.Equal(t, map[State]int{Queued: 1}, counts(t, q))
	enqueue(t, q.Queue, payment("2"))
	stop := work(t, q.Queue)
	told.wait(t, 2)
	stop()
	assert.Equal(t, map[State]int{Done: 2}, counts(t, q))
}

// diskSize is more than the file and its log need.
const diskSize = 16 << 20

// smallDisk returns the folder of a disk of its own.
func smallDisk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprint("size=", diskSize), "tmpfs", folder).CombinedOutput()
	if err != nil {
		t.Skipf("NOT TESTED ON A SMALL DISK: this user may mount none: %s", out)
	}
	t.Cleanup(func() { assert.NoError(t, exec.Command("umount", folder).Run()) })
	return folder
}

// fill fills a disk, until the function that it returns is called.
func fill(t *testing.T, folder string) (free func()) {
	t.Helper()
	filler := filepath.Join(folder, "filler")
	require.ErrorIs(t, os.WriteFile(filler, make([]byte, diskSize+1), 0o600), syscall.ENOSPC)
	return func() { require.NoError(t, os.Remove(filler)) }
}

// To root no folder is read-only, but a disk can be.
func TestReadOnlyFolder(t *testing.T) {
	folder := smallDisk(t)
	path := filepath.Join(folder, "queue.db")
	q := open(t, path, of(&vendor{}))
	enqueue(t, q.Queue, payment("1"))
	require.NoError(t, q.Close())
	require.NoError(t, exec.Command("mount", "-o", "remount,ro", folder).Run())
	_, err := OpenSQLite(t.Context(), filepath.Join(folder, "new.db"), of(&vendor{}))
	require.ErrorIs(t, err, syscall.EROFS)
	t.Log(err)
	_, err = OpenSQLite(t.Context(), path, of(&vendor{}))
	require.ErrorIs(t, err, syscall.EROFS)
	require.ErrorContains(t, err, path)
	t.Log(err)
}

func TestFolderThatDoesNotExist(t *testing.T) {
	_, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "none", "queue.db"), of(&vendor{}))
	require.ErrorContains(t, err, "no such file or directory")
	assert.NotContains(t, err.Error(), "out of memory")
	t.Log(err)
}

// A damaged page may lose its rows, but nothing is sent and each error says why.
func TestPageThatIsOverwritten(t *testing.T) {
	const n, pageSize = 400, 4096
	v := &vendor{}
	path := file(t)
	q := open(t, path, of(v))
	for i := range n {
		enqueue(t, q.Queue, payment(fmt.Sprint(i)))
	}
	var root int64 // of the table, whose first page leads to all others
	require.NoError(t, q.DB.QueryRowContext(t.Context(),
		`SELECT rootpage FROM sqlite_schema WHERE name = 'unified_cancel_job'`).Scan(&root))
	require.NoError(t, q.Close())
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, pageSize), (root-1)*pageSize)
	require.NoError(t, err)
	require.NoError(t, f.Close())

	q, err = OpenSQLite(t.Context(), path, of(v))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	const malformed = "database disk image is malformed"
	_, err = q.List(t.Context(), Filter{})
	require.ErrorContains(t, err, malformed)
	_, err = q.Enqueue(t.Context(), payment("new"))
	require.ErrorContains(t, err, malformed)
	_, err = q.run(t.Context(), job{Provider: "v"})
	require.ErrorContains(t, err, malformed)
	t.Log(err)
	assert.Zero(t, v.called())
}

// server is a PostgreSQL that a test has started.
type server struct {
	port   int
	folder string
	owner  *syscall.Credential
}

// startPostgres starts a PostgreSQL that the test may break.
func startPostgres(t *testing.T) *server {
	t.Helper()
	postgres(t) // may skip the test
	folder, err := os.MkdirTemp("", "postgres")
	require.NoError(t, err)
	s := &server{folder: folder, port: freePort(t)}
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(folder)) })
	if os.Getuid() == 0 { // as which it does not run
		s.owner = credential(t, "postgres")
		require.NoError(t, os.Chown(folder, int(s.owner.Uid), int(s.owner.Gid)))
	}
	s.program(t, "initdb", "--username=cancel", "--auth=trust", "--encoding=UTF8", "--no-sync")
	s.write(t, "postgresql.conf", fmt.Appendf(nil,
		"listen_addresses = '127.0.0.1'\nport = %d\nunix_socket_directories = ''\nmax_connections = 100\n", s.port))
	s.pgCtl(t, "start")
	t.Cleanup(func() { s.pgCtl(t, "stop", "--mode=immediate") })
	return s
}

func (s *server) url(database string) string {
	return fmt.Sprintf("postgres://cancel@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

func (s *server) pgCtl(t *testing.T, args ...string) {
	t.Helper()
	s.program(t, "pg_ctl", append(args, "--silent", "--wait", "--timeout=300", "--log="+filepath.Join(s.folder, "log"))...)
}

// program runs one of PostgreSQL's programs on the server's data.
func (s *server) program(t *testing.T, name string, args ...string) {
	t.Helper()
	paths, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	require.NoError(t, err)
	if len(paths) == 0 && os.Getenv("CI") == "" {
		t.Skip("NOT TESTED: there is no PostgreSQL in /usr/lib/postgresql to break")
	}
	require.NotEmpty(t, paths)
	slices.Sort(paths)
	c := exec.Command(paths[len(paths)-1], append(args, "--pgdata="+filepath.Join(s.folder, "data"))...)
	c.Dir = s.folder
	if s.owner != nil {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	}
	log, err := os.CreateTemp(t.TempDir(), name) // a pipe would be held open by the server
	require.NoError(t, err)
	defer func() { _ = log.Close() }()
	c.Stdout, c.Stderr = log, log
	if err := c.Run(); err != nil {
		text, _ := os.ReadFile(log.Name())
		require.NoError(t, err, "%s\n%s", name, text)
	}
}

// write writes a file of the server's data.
func (s *server) write(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join(s.folder, "data", name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	if s.owner != nil {
		require.NoError(t, os.Chown(path, int(s.owner.Uid), int(s.owner.Gid)))
	}
}

// authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	require.NoError(t, err)
	return authority{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue returns a certificate for a host and its key.
func (a authority) issue(t *testing.T, host string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, a.cert, private.Public(), a.key)
	require.NoError(t, err)
	secret, err := x509.MarshalECPrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})
}

// After a restore, cancellations that are queued in the backup may have been sent since. The statement of
// docs/operations.md has workers ask for the status before they send.
func TestRestoredBackupAsksBeforeItSends(t *testing.T) {
	v := &teller{status: func(int) (cancel.Result, error) { return is(cancel.Cancelled) }}
	path, backup := file(t), file(t)
	q := open(t, path, of(v))
	enqueue(t, q.Queue, payment("1"))
	_, err := q.DB.ExecContext(t.Context(), `VACUUM INTO $1`, backup)
	require.NoError(t, err)
	require.NoError(t, q.Close())

	q = open(t, backup, of(v))
	t.Cleanup(func() { assert.NoError(t, q.Close()) })
	_, err = q.DB.ExecContext(t.Context(), guide(t)[3])
	require.NoError(t, err)
	c := finish(t, q.Queue, 1)
	assert.Equal(t, Done, c.State)
	assert.Equal(t, 1, v.asked())
	assert.Zero(t, v.called())
}
