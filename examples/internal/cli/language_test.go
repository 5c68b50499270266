package cli_test

import (
	"encoding/json"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// sentence matches texts of at least two words.
var sentence = regexp.MustCompile(`\pL\pL*[,:;)]* [(]?\pL*\p{Ll}\pL*`)

// verbatim are the sentences that stay as they are: words of vendors and of the SAT, lines for a shell,
// and regular expressions.
var verbatim = regexp.MustCompile(`^(El receptor rechazó la solicitud\.|Error en la cláusula II|transaction was not reversed, try again|` +
	`No Encontrado|No cancelable|Cancela(ble|do) (con|sin) aceptación|En proceso|Solicitud rechazada|Plazo vencido|Solución Factible|#(.|\n)*|\^.*)$`)

// TestNoSentenceLacksATranslation reads the source of all programs: the constant texts of at least two
// words, and the texts of the page.
func TestNoSentenceLacksATranslation(t *testing.T) {
	translated, used := translations(t), map[string]bool{}
	check := func(text, where string) {
		used[text] = true
		if sentence.MatchString(text) && !verbatim.MatchString(text) {
			assert.NotEmpty(t, translated[text], "%s: no translation of %q", where, text)
		}
	}
	programs := filepath.Join("..", "..")
	for _, path := range files(t, programs, ".tmpl") {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`\bt "([^"]+)"`).FindAllStringSubmatch(string(content), -1) {
			assert.NotEmpty(t, translated[found[1]], "%s: no translation of %q", path, found[1])
			used[found[1]] = true
		}
	}
	for _, path := range files(t, programs, ".go") {
		for text, where := range texts(t, path) {
			check(text, where)
		}
	}
	require.Greater(t, len(used), 500)

	// The others are names after a colon, and errors of the packages.
	for _, reason := range cancel.Reasons() {
		used[": "+reason.Error()] = true
	}
	for _, path := range files(t, filepath.Join(programs, ".."), ".go") {
		for text := range texts(t, path) {
			used[text], used[": "+strings.ReplaceAll(text, "_", " ")] = true, true
		}
	}
	for text := range translated {
		if !regexp.MustCompile(`^(no such|permission|is a|not a|address|connection)`).MatchString(text) {
			assert.True(t, used[text], "no program says %q any more", text)
		}
	}
}

func translations(t *testing.T) (all map[string]string) {
	t.Helper()
	content, err := os.ReadFile("es.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &all))
	return all
}

// files returns the files with an extension that belong to programs, or to the packages that they use.
func files(t *testing.T, folder, extension string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains([]string{"outside", "clitest", "bench", "durable", ".git"}, d.Name()) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, extension) && !strings.HasSuffix(path, "_test.go") {
			found = append(found, path)
		}
		return err
	}))
	require.NotEmpty(t, found)
	return found
}

// texts returns the constant texts of a file, and their positions.
func texts(t *testing.T, path string) map[string]string {
	t.Helper()
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	found := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch e := n.(type) {
		case *ast.BasicLit, *ast.BinaryExpr:
			value, err := types.Eval(positions, nil, token.NoPos, types.ExprString(e.(ast.Expr)))
			if err == nil && value.Value != nil && value.Value.Kind() == constant.String {
				found[constant.StringVal(value.Value)] = positions.Position(e.Pos()).String()
				return false
			}
		}
		return true
	})
	return found
}

func TestATranslationSaysTheSameThings(t *testing.T) {
	verb := regexp.MustCompile(`%[0-9.]*[a-z%]|\B-[a-z]+`)
	for english, spanish := range translations(t) {
		want, got := verb.FindAllString(english, -1), verb.FindAllString(spanish, -1)
		assert.Equal(t, want, got, english)
		assert.Equal(t, strings.Count(english, "`"), strings.Count(spanish, "`"), english)
	}
}
