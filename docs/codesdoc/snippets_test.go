package codesdoc

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pages are the pages with Go in them, in English and in Spanish.
var pages = [][2]string{
	{"README.md", "README.es.md"},
	{"docs/guide.md", "docs/guia.md"},
	{"docs/recipes.md", "docs/recetas.md"},
	{"docs/going-live.md", "docs/puesta-en-marcha.md"},
	{"docs/operations.md", "docs/operaciones.md"},
	{"docs/migrating.md", "docs/migracion.md"},
}

// imports are the packages that a fragment may name.
var imports = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "json": "encoding/json",
	"log": "log", "os": "os", "pgx": "github.com/jackc/pgx/v5", "slices": "slices", "slog": "log/slog", "sql": "database/sql",
	"time": "time", "url": "net/url",
	"auco": library + "/auco", "cancel": library, "console": library + "/durable/console", "durable": library + "/durable",
	"factible": library + "/factible", "otelcancel": library + "/otelcancel",
	"payvalida": library + "/payvalida", "sat": library + "/sat",
}

const library = "github.com/unified-cancel/cancel"

// given are the variables that a fragment may use without a declaration.
const given = `ctx context.Context, client *cancel.Client, pac cancel.Canceler, invoice cancel.Request,
	requests []cancel.Request, cfdi []byte, mux *http.ServeMux`

var (
	goBlock   = regexp.MustCompile("(?s)```go\n(.*?)```")
	qualified = regexp.MustCompile(`\b([a-z0-9]+)\.[A-Z]`)
	comment   = regexp.MustCompile(`//.*`)
)

// snippet is a block of Go in a page.
type snippet struct{ page, text string }

func snippets(t *testing.T, page string) []snippet {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", page))
	require.NoError(t, err)
	var found []snippet
	for _, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
		found = append(found, snippet{page, block[1]})
	}
	return found
}

// file returns a Go file that holds the snippet. A fragment gets a package clause, imports
// and, unless it is a declaration, a function around it.
func (s snippet) file() string {
	if strings.HasPrefix(s.text, "package ") {
		return s.text
	}
	body := s.text
	if !regexp.MustCompile(`^(//[^\n]*\n)*(func|type|var) `).MatchString(body) {
		body = "func _(" + given + ") {\n{\n" + body + "}\n}\n"
	}
	used := map[string]bool{}
	for _, name := range qualified.FindAllStringSubmatch(comment.ReplaceAllString(body, ""), -1) {
		used[name[1]] = true
	}
	text := "package page\n\n"
	for name := range used {
		if path, ok := imports[name]; ok {
			text += fmt.Sprintf("import %s %q\n", name, path)
		}
	}
	return text + "\n" + body
}

// module returns the folder of the module that the snippet compiles in.
func (s snippet) module() string {
	for _, module := range []string{"durable", "otelcancel"} {
		if regexp.MustCompile(`\b` + module + `\.[A-Z]`).MatchString(s.text) {
			return module
		}
	}
	return "."
}

// The snippets are packages of their module that only an overlay holds.
func TestGoInThePagesCompiles(t *testing.T) {
	overlays, packages := map[string]map[string]string{}, map[string][]string{}
	for i, languages := range pages {
		english, spanish := snippets(t, languages[0]), snippets(t, languages[1])
		require.Len(t, spanish, len(english), "%s shows the same Go as %s", languages[1], languages[0])
		for j, s := range append(english, spanish...) {
			root, err := filepath.Abs(filepath.Join("..", "..", s.module()))
			require.NoError(t, err)
			file := filepath.Join(t.TempDir(), "page.go")
			require.NoError(t, os.WriteFile(file, []byte(s.file()), 0o600))
			folder := fmt.Sprintf("%s-%d-%d", strings.ReplaceAll(filepath.Base(s.page), ".", "-"), i, j)
			if overlays[root] == nil {
				overlays[root] = map[string]string{}
			}
			overlays[root][filepath.Join(root, folder, "page.go")] = file
			packages[root] = append(packages[root], "./"+folder)
		}
	}
	for root, replaced := range overlays {
		overlay, err := json.Marshal(map[string]any{"Replace": replaced})
		require.NoError(t, err)
		file := filepath.Join(t.TempDir(), "overlay.json")
		require.NoError(t, os.WriteFile(file, overlay, 0o600))
		args := append([]string{"list", "-export", "-overlay=" + file}, packages[root]...) // compiles, does not link
		build := exec.CommandContext(t.Context(), "go", args...)
		build.Dir = root
		build.Env = append(os.Environ(), "GOWORK=") // go.work leads to the modules of this repository
		out, err := build.CombinedOutput()
		assert.NoError(t, err, "%s\n%s", root, out)
	}
}

func TestPagesLinkToFilesThatExist(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for _, languages := range append(pages, [2]string{"CONTRIBUTING.md", "SECURITY.md"}, [2]string{"CHANGELOG.md", "RELEASING.md"}) {
		for _, page := range languages {
			text, err := os.ReadFile(filepath.Join("..", "..", page))
			require.NoError(t, err)
			for _, target := range link.FindAllStringSubmatch(string(text), -1) {
				assert.FileExists(t, filepath.Join("..", "..", filepath.Dir(page), target[1]), page)
			}
		}
	}
}

func TestREADMEsAreAPage(t *testing.T) {
	for _, page := range pages[0] {
		text, err := os.ReadFile(filepath.Join("..", "..", page))
		require.NoError(t, err)
		assert.LessOrEqual(t, strings.Count(string(text), "\n"), 200, page)
	}
}
