// Command published tries the modules of this repository as users get them. It makes module
// zips of the working tree, serves them from a folder as a GOPROXY, and runs the install
// commands of the README in fresh modules outside of the repository. There it builds the
// programs of the README and its pages, and runs those that bring a simulator.
//
//	go -C tools run ./published
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const (
	repository = ".." // this module is the folder tools
	library    = "github.com/unified-cancel/cancel"
)

// folders are the modules that others import, in the order of their tags.
var folders = []string{"", "durable", "otelcancel"}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "published:", err)
		os.Exit(1)
	}
}

func run() error {
	work, err := os.MkdirTemp("", "published-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	version, err := release()
	if err != nil {
		return err
	}
	var published []string
	for _, folder := range folders {
		switch err := publish(filepath.Join(work, "proxy"), folder, version); {
		case errors.Is(err, fs.ErrNotExist) && folder != "":
		case err != nil:
			return fmt.Errorf("module %s: %w", path(folder), err)
		default:
			published = append(published, folder)
		}
	}
	programs, err := programs()
	if err != nil {
		return err
	}
	for _, folder := range published {
		if err := try(work, folder, version, programs); err != nil {
			return fmt.Errorf("a user of %s: %w", path(folder), err)
		}
	}
	return nil
}

func path(folder string) string { return strings.TrimSuffix(library+"/"+folder, "/") }

// release returns the version that the library says it has.
func release() (string, error) {
	text, err := os.ReadFile(filepath.Join(repository, "adapter", "exchange.go"))
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`const version = "([^"]+)"`).FindSubmatch(text)
	if found == nil {
		return "", errors.New("adapter/exchange.go has no version")
	}
	return "v" + string(found[1]), nil
}

// publish adds the module in a folder of the repository to the proxy.
func publish(proxy, folder, version string) error {
	source := filepath.Join(repository, folder)
	text, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return err
	}
	file, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return err
	}
	for _, required := range file.Require {
		ours := required.Mod.Path == library || strings.HasPrefix(required.Mod.Path, library+"/")
		if ours && required.Mod.Version != version {
			return fmt.Errorf("go.mod requires %s, not %s", required.Mod, version)
		}
	}
	target := filepath.Join(proxy, path(folder), "@v")
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	for name, content := range map[string]string{
		"list":            version + "\n",
		version + ".info": `{"Version":"` + version + `"}`,
		version + ".mod":  string(text),
	} {
		if err := os.WriteFile(filepath.Join(target, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	archive, err := os.Create(filepath.Join(target, version+".zip"))
	if err != nil {
		return err
	}
	return errors.Join(zip.CreateFromDir(archive, module.Version{Path: path(folder), Version: version}, source), archive.Close())
}

// programs returns the whole Go files in the pages. The Spanish pages show the same.
func programs() ([]string, error) {
	var found []string
	for _, page := range []string{"README.md", "docs/guide.md", "docs/recipes.md"} {
		text, err := os.ReadFile(filepath.Join(repository, page))
		if err != nil {
			return nil, err
		}
		for _, block := range regexp.MustCompile("(?s)```go\n(package .*?)```").FindAllStringSubmatch(string(text), -1) {
			found = append(found, block[1])
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no page has a program")
	}
	return found, nil
}

// install returns the install commands of the README for a module.
func install(folder string) ([][]string, error) {
	text, err := os.ReadFile(filepath.Join(repository, "README.md"))
	if err != nil {
		return nil, err
	}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		var commands [][]string
		for line := range strings.Lines(block[1]) {
			commands = append(commands, strings.Fields(line))
		}
		if slices.Equal(commands[0], []string{"go", "get", path(folder) + "@latest"}) {
			return commands, nil
		}
	}
	return [][]string{{"go", "get", path(folder) + "@latest"}, {"go", "mod", "tidy"}}, nil
}

// try gets a module from the proxy into a fresh module, and builds and runs the programs that
// need nothing more.
func try(work, folder, version string, programs []string) error {
	user := filepath.Join(work, "user", folder)
	if err := os.MkdirAll(user, 0o755); err != nil {
		return err
	}
	command := commander(work, user)
	if err := command("go", "mod", "init", "example.com/user"); err != nil {
		return err
	}
	if err := write(user, "imported", "package imported\n\nimport _ \""+path(folder)+"\"\n"); err != nil {
		return err
	}
	var run []string
	for i, program := range programs {
		if needs(program) != folder {
			continue
		}
		name := fmt.Sprintf("program%d", i)
		if err := write(user, name, program); err != nil {
			return err
		}
		if strings.HasPrefix(program, "package main") && strings.Contains(program, `test"`) {
			run = append(run, name)
		}
	}
	commands, err := install(folder)
	if err != nil {
		return err
	}
	commands = append(commands, []string{"go", "list", "-m", path(folder) + "@" + version}, []string{"go", "build", "./..."}, []string{"go", "test", "-vet=off", "./..."})
	for _, name := range run {
		commands = append(commands, []string{"go", "run", "./" + name})
	}
	for _, args := range commands {
		if err := command(args...); err != nil {
			return err
		}
	}
	return nil
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

func write(user, name, program string) error {
	file := "main.go"
	if strings.Contains(program, `"testing"`) {
		file = "main_test.go"
	}
	if err := os.MkdirAll(filepath.Join(user, name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(user, name, file), []byte(program), 0o644)
}

// commander returns a function that runs a command in folder. This repository's modules come
// from the proxy in work only, all others from this machine's cache or the usual proxy. The
// cache of modules is a new one, because the versions here differ from a release.
func commander(work, folder string) func(args ...string) error {
	cache, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	env := strings.Split(strings.TrimSpace(string(cache)), "\n")
	return func(args ...string) error {
		if err != nil {
			return err
		}
		fmt.Println("$", strings.Join(args, " "))
		c := exec.Command(args[0], args[1:]...)
		c.Dir = folder
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		c.Env = append(os.Environ(),
			"GOWORK=off", "GOSUMDB=off", "GONOPROXY=none", "GOFLAGS=-modcacherw -trimpath",
			"GOMODCACHE="+filepath.Join(work, "modules"),
			"GOPROXY=file://"+filepath.Join(work, "proxy")+",file://"+filepath.Join(env[0], "cache", "download")+","+env[1],
		)
		return c.Run()
	}
}
