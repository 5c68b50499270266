package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"text/template"
)

//go:embed performance.md.tmpl
var layout string

// write writes the document.
func (r *results) write(ctx context.Context, to io.Writer) error {
	tables := make([]table, len(fields))
	for i, f := range fields {
		text, err := benchstat(ctx, f.name, r.samples())
		if err != nil {
			return err
		}
		tables[i] = table{f.name, f.answer, text}
	}
	page, err := template.New("performance.md").Parse(layout)
	if err != nil {
		return err
	}
	return page.Execute(to, map[string]any{
		"Rows":      r.rows(),
		"Held":      r.held(),
		"Tables":    tables,
		"Machine":   thisMachine(),
		"Libraries": libraries(),
		"Heats":     r.plan.heats,
		"Rounds":    r.plan.heats * r.plan.rounds,
	})
}

// table is what benchstat says of a field.
type table struct{ Field, Answer, Text string }

// benchstat returns its table of one field, a column for each contestant.
func benchstat(ctx context.Context, field string, samples []byte) (string, error) {
	file, err := os.CreateTemp("", "samples")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(samples)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return "", err
	}
	var out, complaints bytes.Buffer
	command := exec.CommandContext(ctx, "go", "tool", "benchstat",
		"-filter", ".name:"+field, "-row", "/vendor,/inflight", "-col", "/client", file.Name())
	command.Env = append(os.Environ(), "GOWORK=off") // it is a tool of this module
	command.Stdout, command.Stderr = &out, &complaints
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("benchstat: %w: %s", err, complaints.String())
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return strings.Join(lines, "\n"), nil
}

// machine is where it was measured. What is not known is "".
type machine struct {
	Processor, System, Kernel, Go string
	Cores                         int
}

func thisMachine() machine {
	m := machine{System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Cores: runtime.NumCPU()}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		_, after, _ := strings.Cut(string(info), "model name")
		line, _, _ := strings.Cut(after, "\n")
		m.Processor = strings.Trim(line, "\t :")
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(release))
	}
	return m
}

// libraries returns the modules that are compared, with their versions.
func libraries() []string {
	compared := []string{"github.com/hooklift/gowsdl", "github.com/go-resty/resty/v2", "github.com/hashicorp/go-retryablehttp"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return compared
	}
	for i, path := range compared {
		for _, module := range info.Deps {
			if module.Path == path {
				compared[i] += " " + module.Version
			}
		}
	}
	return compared
}
