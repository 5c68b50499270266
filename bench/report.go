package main

import (
	_ "embed"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"text/template"
)

//go:embed performance.md.tmpl
var layout string

// write writes the document.
func (r *results) write(to io.Writer) error {
	page, err := template.New("performance.md").Parse(layout)
	if err != nil {
		return err
	}
	return page.Execute(to, map[string]any{
		"Rows":      r.rows(),
		"Held":      r.held(),
		"Machine":   thisMachine(),
		"Libraries": libraries(),
		"Heats":     r.plan.heats,
		"Rounds":    r.plan.heats * r.plan.rounds,
	})
}

// machine describes this machine. "" means unknown.
type machine struct {
	Processor, System, Kernel, Go string
	Load                          string // average of 15 minutes, with this program's own
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
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		if averages := strings.Fields(string(load)); len(averages) > 2 {
			m.Load = averages[2]
		}
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
