// Package published tries the modules of this repository as users get them. It makes module
// zips of the working tree, serves them from a folder as a GOPROXY, and runs the install
// commands of the README in fresh modules outside of the repository. There it builds the
// programs of the README and its pages, and runs those that bring a simulator.
//
//	go -C tools test ./published
package published

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const (
	repository = "../.."
	library    = "github.com/unified-cancel/cancel"
)

// folders are the modules that others import, in the order of their tags.
var folders = []string{"", "durable", "otelcancel"}

func TestModulesWorkForUsers(t *testing.T) {
	work := t.TempDir()
	version := release(t)
	for _, folder := range folders {
		publish(t, filepath.Join(work, "proxy"), folder, version)
	}
	programs := programs(t)
	for _, folder := range folders {
		try(t, work, folder, version, programs)
	}
}

func read(t *testing.T, name ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{repository}, name...)...))
	require.NoError(t, err)
	return string(text)
}

// write writes a file, and the folder that it is in.
func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func path(folder string) string { return strings.TrimSuffix(library+"/"+folder, "/") }

// release returns the version that the library says it has.
func release(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`const version = "([^"]+)"`).FindStringSubmatch(read(t, "adapter", "exchange.go"))
	require.NotNil(t, found, "adapter/exchange.go has no version")
	return "v" + found[1]
}

// publish adds the module in a folder of the repository to the proxy.
func publish(t *testing.T, proxy, folder, version string) {
	t.Helper()
	text := read(t, folder, "go.mod")
	file, err := modfile.Parse("go.mod", []byte(text), nil)
	require.NoError(t, err)
	for _, required := range file.Require {
		if required.Mod.Path == library || strings.HasPrefix(required.Mod.Path, library+"/") {
			require.Equal(t, version, required.Mod.Version, "%s requires %s", path(folder), required.Mod.Path)
		}
	}
	target := filepath.Join(proxy, path(folder), "@v")
	write(t, filepath.Join(target, "list"), version+"\n")
	write(t, filepath.Join(target, version+".info"), `{"Version":"`+version+`"}`)
	write(t, filepath.Join(target, version+".mod"), text)
	archive, err := os.Create(filepath.Join(target, version+".zip"))
	require.NoError(t, err)
	require.NoError(t, zip.CreateFromDir(archive, module.Version{Path: path(folder), Version: version}, filepath.Join(repository, folder)))
	require.NoError(t, archive.Close())
}

// programs returns the whole Go files in the pages. The Spanish pages show the same.
func programs(t *testing.T) (found []string) {
	t.Helper()
	for _, page := range []string{"README.md", "docs/guide.md", "docs/recipes.md"} {
		for _, block := range regexp.MustCompile("(?s)```go\n(package .*?)```").FindAllStringSubmatch(read(t, page), -1) {
			found = append(found, block[1])
		}
	}
	require.NotEmpty(t, found, "no page has a program")
	return found
}

// install returns the install commands of the README for a module.
func install(t *testing.T, folder string) [][]string {
	t.Helper()
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1) {
		var commands [][]string
		for line := range strings.Lines(block[1]) {
			commands = append(commands, strings.Fields(line))
		}
		if slices.Equal(commands[0], []string{"go", "get", path(folder) + "@latest"}) {
			return commands
		}
	}
	return [][]string{{"go", "get", path(folder) + "@latest"}, {"go", "mod", "tidy"}}
}

// try gets a module from the proxy into a fresh module, and builds and runs the programs that
// need nothing more.
func try(t *testing.T, work, folder, version string, programs []string) {
	t.Helper()
	user := filepath.Join(work, "user", folder)
	write(t, filepath.Join(user, "imported", "main.go"), "package imported\n\nimport _ \""+path(folder)+"\"\n")
	command := commander(t, work, user)
	command("go", "mod", "init", "example.com/user")
	var run []string
	for i, program := range programs {
		if needs(program) != folder {
			continue
		}
		name, file := fmt.Sprintf("program%d", i), "main.go"
		if strings.Contains(program, `"testing"`) {
			file = "main_test.go"
		}
		write(t, filepath.Join(user, name, file), program)
		if strings.HasPrefix(program, "package main") && strings.Contains(program, `test"`) {
			run = append(run, name)
		}
	}
	for _, args := range install(t, folder) {
		command(args...)
	}
	command("go", "list", "-m", path(folder)+"@"+version)
	command("go", "build", "./...")
	command("go", "test", "-vet=off", "./...")
	for _, name := range run {
		command("go", "run", "./"+name)
	}
}

// needs returns the folder of the module that a program needs beside the library.
func needs(program string) string {
	for _, folder := range folders[1:] {
		if strings.Contains(program, `"`+path(folder)+`"`) {
			return folder
		}
	}
	return ""
}

// commander returns a function that runs a command in folder. This repository's modules come
// from the proxy in work only, all others from this machine's cache or the usual proxy. The
// cache of modules is a new one, because the versions here differ from a release.
func commander(t *testing.T, work, folder string) func(args ...string) {
	t.Helper()
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE", "GOPROXY").Output()
	require.NoError(t, err)
	env := strings.Split(strings.TrimSpace(string(cache)), "\n")
	return func(args ...string) {
		c := exec.CommandContext(t.Context(), args[0], args[1:]...)
		c.Dir = folder
		c.Env = append(os.Environ(),
			"TMPDIR="+work, "GOWORK=off", "GOSUMDB=off", "GONOPROXY=none", "GOFLAGS=-modcacherw "+os.Getenv("GOFLAGS"),
			"GOMODCACHE="+filepath.Join(work, "modules"),
			"GOPROXY=file://"+filepath.Join(work, "proxy")+",file://"+filepath.Join(env[0], "cache", "download")+","+env[1],
		)
		out, err := c.CombinedOutput()
		require.NoError(t, err, "a user of %s: %v\n%s", folder, args, out)
		t.Log("$", strings.Join(args, " "))
	}
}
