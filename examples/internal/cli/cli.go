// Package cli is what the programs that cancel for real have in common: where the
// credentials come from, when to ask for confirmation, and how to tell a person, a
// machine and a shell what became of a cancellation.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/unified-cancel/cancel"
)

// Process is what a program has from the system.
type Process struct {
	Args           []string // without the program's name
	Getenv         func(string) string
	Stdout, Stderr io.Writer
}

// Main runs a program and exits with the code that it returns. Its context ends
// with the first interrupt; the second one ends the program.
func Main(run func(context.Context, Process) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, Process{Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr}))
}

// About is what a program says of itself.
type About struct {
	Name     string // of the provider too
	Synopsis string // what stands behind the name in a command
	Does     string
	// Variables hold the credentials.
	Variables []Variable
	// ReadOnly is true for a program that cancels nothing, and asks for no confirmation.
	ReadOnly bool
	// Pending and Doubt say what to do after these outcomes.
	Pending, Doubt string
}

// Variable is one of the environment.
type Variable struct {
	Name, Meaning string
	Optional      bool
}

// The exit codes beside those of the reasons of errors.
const (
	exitDone = 0
	// ExitUnsaved says that what became of it could not be written down.
	ExitUnsaved = 1
	exitUsage   = 2
	// exitStands says that what was asked about is not cancelled.
	exitStands = 11
)

const environmentVariable = "CANCEL_ENVIRONMENT"

// Tool is a program in its run. Define its flags, then call Parse.
type Tool struct {
	*flag.FlagSet
	about   About
	process Process
	json    bool
	yes     bool
}

// New returns the tool that about describes, with the flags that all have.
func New(about About, process Process) *Tool {
	t := &Tool{
		FlagSet: flag.NewFlagSet(about.Name, flag.ContinueOnError),
		about:   about,
		process: process,
	}
	t.SetOutput(io.Discard) // Refuse says it
	t.Usage = func() {}
	t.BoolVar(&t.json, "json", false, "print one JSON object per outcome")
	if !about.ReadOnly {
		t.BoolVar(&t.yes, "yes", false, "go ahead outside the sandbox, where it is for good")
	}
	return t
}

// JSON reports whether the outcomes are printed as JSON.
func (t *Tool) JSON() bool { return t.json }

// Environment is where to cancel, as CANCEL_ENVIRONMENT says.
func (t *Tool) Environment() cancel.Environment {
	return cancel.Environment(t.process.Getenv(environmentVariable))
}

// Endpoint replaces that of the environment, where it is set.
func (t *Tool) Endpoint() string { return t.process.Getenv(t.endpointVariable()) }

func (t *Tool) endpointVariable() string { return strings.ToUpper(t.about.Name) + "_ENDPOINT" }

// Parse reads the flags and sees to it that nothing is missing: a required flag, a
// variable, or the confirmation.
func (t *Tool) Parse(required ...string) error {
	if err := t.FlagSet.Parse(t.process.Args); err != nil {
		return err
	}
	if t.NArg() > 0 {
		return fmt.Errorf("%q is no flag", t.Arg(0))
	}
	var given []string
	t.Visit(func(f *flag.Flag) { given = append(given, f.Name) })
	for _, name := range required {
		if !slices.Contains(given, name) {
			return fmt.Errorf("-%s is missing", name)
		}
	}
	for _, variable := range t.about.Variables {
		if t.process.Getenv(variable.Name) == "" && !variable.Optional {
			return fmt.Errorf("%s is not set: %s", variable.Name, variable.Meaning)
		}
	}
	if t.Environment() == "" && t.Endpoint() == "" {
		return fmt.Errorf("%s is not set: it must be sandbox or production", environmentVariable)
	}
	if !t.yes && !t.about.ReadOnly && !t.rehearsal() {
		return errors.New("this is not the sandbox: what is cancelled here stays cancelled. Add -yes to go ahead")
	}
	return nil
}

// rehearsal reports whether nothing real can be cancelled: at the vendor's sandbox
// and on this machine. An endpoint elsewhere may be the real thing, whatever the
// environment is called.
func (t *Tool) rehearsal() bool {
	if t.Environment() == cancel.Production {
		return false
	}
	return t.Endpoint() == "" || isLocal(t.Endpoint())
}

func isLocal(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

// Refuse tells why nothing is sent and returns the exit code. To -h it answers with
// the help.
func (t *Tool) Refuse(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		t.help()
		return exitDone
	}
	why := err.Error()
	if e, ok := errors.AsType[*cancel.Error](err); ok {
		why = e.Message
	}
	t.Note("%s (nothing was sent; -h explains)", why)
	return exitUsage
}

// Note tells people something beside the outcomes.
func (t *Tool) Note(format string, args ...any) {
	fmt.Fprintf(t.process.Stderr, t.about.Name+": "+format+"\n", args...)
}
