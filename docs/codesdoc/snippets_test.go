package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// programs returns what a README shows that can be compiled as it stands.
func programs(t *testing.T, readme string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", readme))
	require.NoError(t, err)
	var whole []string
	for _, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
		if strings.HasPrefix(block[1], "package ") {
			whole = append(whole, block[1])
		}
	}
	return whole
}

func TestProgramsInTheREADMEsCompile(t *testing.T) {
	english, spanish := programs(t, "README.md"), programs(t, "README.es.md")
	require.Len(t, english, 5)
	require.Len(t, spanish, len(english), "both languages show the same")
	for _, program := range append(english, spanish...) {
		name := "main.go"
		if strings.Contains(program, `"testing"`) {
			name = "readme_test.go"
		}
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(file, []byte(program), 0o600))
		vet := exec.CommandContext(t.Context(), "go", "vet", file)
		vet.Dir = filepath.Join("..", "..")
		out, err := vet.CombinedOutput()
		assert.NoError(t, err, "%s\n%s", out, program)
	}
}
