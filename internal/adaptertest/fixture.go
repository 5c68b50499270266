package adaptertest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// EachPair runs check for each pair of fixtures, a request and its answer, with the pair's case.
// The pattern finds the requests, such as cancel-request.xml of the pair cancel. Each case must
// have a pair, and each pair a case.
func EachPair[Case any](t *testing.T, pattern string, cases map[string]Case, check func(t *testing.T, name string, tt Case)) {
	t.Helper()
	requests, err := filepath.Glob(pattern)
	require.NoError(t, err)
	assert.Len(t, requests, len(cases))
	for _, request := range requests {
		name, _, _ := strings.Cut(filepath.Base(request), "-request.")
		t.Run(name, func(t *testing.T) {
			tt, ok := cases[name]
			require.True(t, ok, "no test knows this fixture")
			check(t, name, tt)
		})
	}
}
