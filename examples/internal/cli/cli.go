// Package cli has the code that the programs share: flags and help, credentials from the
// environment, the confirmation, and the report of an outcome to a person, a machine and a
// shell.
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

// Process holds the arguments, environment and streams of a program.
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

// About describes a program in its help.
type About struct {
	Name     string // of the program; of a [Tool], the provider's name, too
	Synopsis string // the arguments
	Does     string
	// Variables are the environment variables that the program reads.
	Variables []Variable
	// Exits are the exit codes. A [Tool] has its own.
	Exits []Exit
	// Files is how many arguments the program takes that are not flags. They may stand
	// before, between and after the flags.
	Files int

	// These are for a Tool. ReadOnly is true for a program that cancels nothing, and asks for no
	// confirmation. Pending and Doubt say what to do after these outcomes.
	ReadOnly       bool
	Pending, Doubt string
}

// Variable is one of the environment.
type Variable struct {
	Name, Meaning string
	Optional      bool
	Secret        bool
}

// Exit is an exit code and its meaning.
type Exit struct {
	Code    int
	Meaning string
}

// The exit codes that programs share.
const (
	ExitDone = 0
	// ExitFailed says that the program could not do its work, or could not write down what
	// became of it.
	ExitFailed = 1
	ExitUsage  = 2
	// exitReason is the code of the first of cancel.Reasons. The others follow.
	exitReason = 2
	// exitStands says that the thing in question is not cancelled.
	exitStands = 20
)

// Flags are the flags of a program. Define them, then call Parse.
type Flags struct {
	*flag.FlagSet
	// Files are the arguments that are not flags.
	Files   []string
	about   About
	process Process
}

// NewFlags returns the flags of the program that about describes.
func NewFlags(about About, process Process) *Flags {
	f := &Flags{FlagSet: flag.NewFlagSet(about.Name, flag.ContinueOnError), about: about, process: process}
	f.SetOutput(io.Discard) // Refuse says it
	f.Usage = func() {}
	return f
}

// Parse reads the arguments. Its error is for Refuse.
func (f *Flags) Parse() error {
	for args := f.process.Args; ; {
		if err := f.FlagSet.Parse(args); err != nil {
			return err
		}
		if f.NArg() == 0 {
			break
		}
		if len(f.Files) == f.about.Files {
			return fmt.Errorf("%q is not a flag", f.Arg(0))
		}
		f.Files, args = append(f.Files, f.Arg(0)), f.Args()[1:]
	}
	if len(f.Files) < f.about.Files {
		return errors.New("the name of a file is missing")
	}
	return nil
}

// Given reports whether a flag was given.
func (f *Flags) Given(name string) (given bool) {
	f.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}

// Refuse says why the program does nothing, and returns the exit code. To -h it answers
// with the help.
func (f *Flags) Refuse(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		f.help()
		return ExitDone
	}
	f.Note("%s (nothing was sent; -h explains)", words(err))
	return ExitUsage
}

// Fail says why the program could not do its work, and returns the exit code.
func (f *Flags) Fail(err error) int {
	f.Note("%v", err)
	return ExitFailed
}

// words returns the message of err, without the operation if it is the package's own.
func words(err error) string {
	if e, ok := errors.AsType[*cancel.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// Note tells people something beside the outcomes.
func (f *Flags) Note(format string, args ...any) {
	fmt.Fprintf(f.process.Stderr, f.about.Name+": "+format+"\n", args...)
}

// Environment is the variable that says where to cancel.
var Environment = Variable{Name: "CANCEL_ENVIRONMENT", Meaning: "sandbox or production"}

// Endpoint is the variable whose URL replaces the one of the environment for the provider
// of that name.
func Endpoint(name string) Variable {
	return Variable{Name: strings.ToUpper(name) + "_ENDPOINT", Meaning: "replaces the environment's URL", Optional: true}
}

// Rehearsal reports whether nothing real can be cancelled: in the vendor's sandbox and on
// this machine. An endpoint elsewhere may be the real one in any environment.
func Rehearsal(environment cancel.Environment, endpoint string) bool {
	return environment != cancel.Production && (endpoint == "" || isLocal(endpoint))
}

func isLocal(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

// ErrUnconfirmed says that the cancellations are for good and -yes was not given.
var ErrUnconfirmed = errors.New("this is not the sandbox: what is cancelled here stays cancelled. Add -yes to go ahead")

// Missing returns an error that names all variables that the provider of that name needs
// and that are not set. It returns nil if all are set.
func Missing(name string, variables []Variable, getenv func(string) string) error {
	if getenv(Endpoint(name).Name) == "" {
		variables = append(slices.Clone(variables), Environment)
	}
	var missing []string
	for _, v := range variables {
		if getenv(v.Name) == "" && !v.Optional {
			missing = append(missing, fmt.Sprintf("%s is not set: %s", v.Name, v.Meaning))
		}
	}
	if missing == nil {
		return nil
	}
	return errors.New(strings.Join(missing, "; "))
}

// Tool is a program that asks one provider. Define its flags, then call Parse.
type Tool struct {
	*Flags
	variables     []Variable
	json, yes     bool
	status, check bool
}

// New returns the tool that about describes, with the flags that all have.
func New(about About, process Process) *Tool {
	variables := about.Variables
	about.Variables = append(slices.Clone(variables), Environment, Endpoint(about.Name))
	about.Exits = exits()
	t := &Tool{Flags: NewFlags(about, process), variables: variables}
	t.BoolVar(&t.json, "json", false, "print one JSON object per outcome")
	if !about.ReadOnly {
		t.BoolVar(&t.yes, "yes", false, "cancel outside the sandbox and this machine, where it is for good")
	}
	return t
}

// AskStatus adds the flag -status, and AskCheck the flag -check: see Ask.
func (t *Tool) AskStatus() {
	t.BoolVar(&t.status, "status", false, "ask how the cancellation stands, and cancel nothing")
}

// AskCheck adds the flag -check: see Ask.
func (t *Tool) AskCheck() {
	t.BoolVar(&t.check, "check", false, "ask whether it may be cancelled, and cancel nothing")
}

// JSON reports whether the outcomes are printed as JSON.
func (t *Tool) JSON() bool { return t.json }

// Parse reads the flags. Its error names a missing flag, all missing variables, or the
// missing confirmation. A program that only asks needs no confirmation.
func (t *Tool) Parse(required ...string) error {
	if err := t.Flags.Parse(); err != nil {
		return err
	}
	for _, name := range required {
		if !t.Given(name) {
			return fmt.Errorf("-%s is missing", name)
		}
	}
	if t.status && t.check {
		return errors.New("-status and -check are two questions: ask one")
	}
	getenv := t.process.Getenv
	if err := Missing(t.about.Name, t.variables, getenv); err != nil {
		return err
	}
	environment, endpoint := cancel.Environment(getenv(Environment.Name)), getenv(Endpoint(t.about.Name).Name)
	if !t.yes && !t.about.ReadOnly && !t.status && !t.check && !Rehearsal(environment, endpoint) {
		return ErrUnconfirmed
	}
	return nil
}

// Ask cancels what requests name, or asks about it if -status or -check says so. It shows
// each outcome and returns the last one and the exit code.
func (t *Tool) Ask(ctx context.Context, adapter cancel.Canceler, requests ...cancel.Request) (last cancel.Item, exit int) {
	show := func(items ...cancel.Item) {
		last = items[len(items)-1]
		exit = max(exit, t.Show(items...))
	}
	if batcher, ok := adapter.(cancel.BatchCanceler); ok && !t.status && !t.check {
		for batch := range slices.Chunk(requests, batcher.MaxBatch()) {
			show(batcher.CancelBatch(ctx, batch)...)
		}
		return last, exit
	}
	for _, req := range requests {
		if t.check {
			exit = max(exit, t.preflight(ctx, adapter.(cancel.Preflighter), req))
			continue
		}
		ask := adapter.Cancel
		if t.status {
			ask = adapter.(cancel.StatusChecker).Status
		}
		result, err := ask(ctx, req)
		show(cancel.Item{Request: req, Result: result, Err: err})
	}
	return last, exit
}
