package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain makes the test binary the command itself: a test kills it, and it starts the
// vendor.
func TestMain(m *testing.M) {
	if os.Getenv("EXAMPLE_TEST_COMMAND") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func command(t *testing.T, folder, vendor string, out *bytes.Buffer) *exec.Cmd {
	t.Helper()
	self, err := filepath.Abs(os.Args[0])
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), self, "-n", "40", "-vendor", vendor)
	c.Dir = folder
	c.Env = append(os.Environ(), "EXAMPLE_TEST_COMMAND=1")
	c.Stdout, c.Stderr = out, os.Stderr
	return c
}

func TestItGoesOnAfterAKill(t *testing.T) {
	folder := t.TempDir()
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	vendor := free.Addr().String()
	var first bytes.Buffer
	c := command(t, folder, vendor, &first)
	require.NoError(t, c.Start())
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(folder, "durable-example.db-wal"))
		return err == nil
	}, 5*time.Minute, 10*time.Millisecond, "the database is there")
	require.NoError(t, c.Process.Kill())
	_ = c.Wait() // says that it was killed

	var second bytes.Buffer
	require.NoError(t, command(t, folder, vendor, &second).Run())
	out := second.String()
	assert.Regexp(t, `^40 cancellations are (in the queue already|enqueued)`, out)
	assert.Regexp(t, `(?m)^Look at http://127\.0\.0\.1:\d+/$`, out)
	last := out[strings.LastIndex(out, "\n\n"):]
	assert.Regexp(t, `\d+ done `, last)
	assert.NotContains(t, last, "queued")
	assert.NotContains(t, last, "pending")
	assert.Eventually(t, func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", vendor)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, 5*time.Minute, 10*time.Millisecond, "the vendor has ended")
}
