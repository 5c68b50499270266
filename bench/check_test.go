package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newServer(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// The race detector allocates too, so the program is built without it.
func TestDocumentHolds(t *testing.T) {
	program := filepath.Join(t.TempDir(), "bench")
	build := exec.CommandContext(t.Context(), "go", "build", "-race=false", "-o", program, ".")
	build.Env = append(os.Environ(), "GOWORK=off")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = exec.CommandContext(t.Context(), program, "-check").CombinedOutput()
	assert.NoError(t, err, "%s", out)
}

func TestFigureAboveTheDocumentIsNamed(t *testing.T) {
	stated, err := parseHeld("# x\n\n| measure | at most |\n|---|---|\n" +
		"| allocations per call of a | 75 |\n| connections of a, 8 in flight | 1,010 |\n| other | 3 |\n")
	require.NoError(t, err)
	assert.Equal(t, []held{{"allocations per call of a", 75}, {"connections of a, 8 in flight", 1010}}, stated)

	require.NoError(t, exceeds(stated, []held{{"allocations per call of a", 75}, {"connections of a, 8 in flight", 9}}))
	require.EqualError(t, exceeds(stated, []held{{"allocations per call of a", 76}, {"connections of a, 8 in flight", 1011}}),
		"allocations per call of a: 76, and the document states 75\nconnections of a, 8 in flight: 1011, and the document states 1010")
	require.EqualError(t, exceeds(stated, []held{{"allocations per call of b", 1}}),
		"allocations per call of b: the document states nothing")

	_, err = parseHeld("| measure | at most |\n")
	assert.Error(t, err)
}
