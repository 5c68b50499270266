// Package cli has the code that the programs share: flags and help, credentials from the
// environment, the confirmation, and the report of an outcome to a person, a machine and a
// shell.
package cli

import (
	"cmp"
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
	"text/tabwriter"

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
	os.Exit(Run(ctx, run, Process{Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr}))
}

// Run runs a program and returns its exit code, which is no success if the program could not write all
// of its output.
func Run(ctx context.Context, run func(context.Context, Process) int, process Process) int {
	stdout := &output{Writer: process.Stdout}
	process.Stdout = stdout
	exit := run(ctx, process)
	if stdout.err != nil {
		fmt.Fprintln(process.Stderr, stdout.err)
		exit = max(exit, ExitFailed)
	}
	return exit
}

// output keeps the first error of a writer.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(text []byte) (int, error) {
	n, err := o.Writer.Write(text)
	o.err = cmp.Or(o.err, err)
	return n, err
}

// About describes a program in its help.
type About struct {
	Name     string // of the program; of a [Tool], the provider's name, too
	Synopsis string // the arguments, "[flags]" by default
	Does     string
	// Variables are the environment variables that the program reads.
	Variables []Variable
	// Exits are the exit codes; 2 is for usage. A [Tool] has its own.
	Exits []Exit
	// Files is how many arguments the program takes that are not flags. They may stand
	// before, between and after the flags.
	Files int
	// These are for a Tool. ReadOnly is true for a program that cancels nothing, and asks for no
	// confirmation. Checks is true if the provider can be asked what may be cancelled. Pending
	// and Doubt say what to do after these outcomes.
	ReadOnly, Checks bool
	Pending, Doubt   string
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
)

// Exits are the exit codes of a program that does its work or fails.
func Exits(done, failed string) []Exit {
	return []Exit{{ExitDone, done}, {ExitFailed, failed}, {ExitUsage, "usage"}}
}

// Flags are the flags of a program. Define them, then call Parse.
type Flags struct {
	*flag.FlagSet
	// Language is "es" if -lang or the environment says Spanish, otherwise "en". [Flags.Text]
	// writes in it.
	Language string
	// Files are the arguments that are not flags.
	Files   []string
	about   About
	process Process
}

// NewFlags returns the flags of the program that about describes.
func NewFlags(about About, process Process) *Flags {
	about.Synopsis = cmp.Or(about.Synopsis, "[flags]")
	f := &Flags{FlagSet: flag.NewFlagSet(about.Name, flag.ContinueOnError), about: about, process: process}
	f.SetOutput(io.Discard) // Refuse says it
	f.Usage = func() {}
	_ = f.speak(cmp.Or(process.Getenv("LC_ALL"), process.Getenv("LC_MESSAGES"), process.Getenv("LANG")))
	for i, arg := range process.Args { // before Parse, because -h and errors end it
		name, value, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !given && i+1 < len(process.Args) {
			value = process.Args[i+1]
		}
		if name == "lang" && name != arg {
			_ = f.speak(value)
		}
	}
	f.Func("lang", "the `LANGUAGE` of messages, en or es; by default the language of LANG", f.speak)
	return f
}

// Parse reads the arguments. Its error is for Refuse.
func (f *Flags) Parse() error {
	for args := f.process.Args; ; {
		if err := f.FlagSet.Parse(args); err != nil {
			return explain(err)
		}
		if f.NArg() == 0 {
			break
		}
		if len(f.Files) == f.about.Files {
			return Errorf("%q is not a flag", f.Arg(0))
		}
		f.Files, args = append(f.Files, f.Arg(0)), f.Args()[1:]
	}
	if len(f.Files) < f.about.Files {
		return Errorf("the name of a file is missing")
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
	f.Note("%s (nothing was sent; -h explains)", f.Say(err))
	return ExitUsage
}

// Fail says why the program could not do its work, and returns the exit code.
func (f *Flags) Fail(err error) int {
	f.Note("%s", f.Say(err))
	return ExitFailed
}

// Note tells people something beside the outcomes.
func (f *Flags) Note(text string, args ...any) {
	fmt.Fprintf(f.process.Stderr, "%s: %s\n", f.about.Name, f.Text(text, args...))
}

func (f *Flags) help() {
	w := tabwriter.NewWriter(f.process.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "%s\n\n%s %s %s\n", f.Text(f.about.Does), f.Text("Usage:"), f.about.Name, f.Text(f.about.Synopsis))
	fmt.Fprintf(w, "\n%s\n", f.Text("Flags:"))
	f.VisitAll(func(option *flag.Flag) {
		option.Usage = f.Text(option.Usage)
		value, usage := flag.UnquoteUsage(option)
		if !slices.Contains([]string{"", "false", "0", "0s"}, option.DefValue) {
			usage += f.Text("; %s by default", option.DefValue)
		}
		fmt.Fprintf(w, "  -%s %s\t%s\n", option.Name, value, usage)
	})
	if len(f.about.Variables) > 0 {
		fmt.Fprintf(w, "\n%s\n", f.Text("Environment:"))
	}
	for _, v := range f.about.Variables {
		meaning := f.Text(v.Meaning)
		if v.Optional {
			meaning += f.Text("; optional")
		}
		fmt.Fprintf(w, "  %s\t%s\n", v.Name, meaning)
	}
	fmt.Fprintf(w, "\n%s\n", f.Text("Exit codes:"))
	for _, e := range f.about.Exits {
		fmt.Fprintf(w, "  %d\t%s\n", e.Code, f.Word(e.Meaning))
	}
}

// Environment is the variable that says where to cancel.
var Environment = Variable{Name: "CANCEL_ENVIRONMENT", Meaning: "sandbox or production"}

// Endpoint is the variable whose URL replaces the one of the environment for the provider
// of that name.
func Endpoint(name string) Variable {
	return Variable{Name: strings.ToUpper(name) + "_ENDPOINT", Meaning: "replaces the environment's URL", Optional: true}
}

// Confirmed returns an error if cancellations are for good and yes is false. Nothing real can be
// cancelled in the vendor's sandbox and on this machine. An endpoint elsewhere may be the real
// one in any environment.
func Confirmed(yes bool, environment, endpoint string) error {
	if yes || cancel.Environment(environment) != cancel.Production && (endpoint == "" || isLocal(endpoint)) {
		return nil
	}
	return Errorf("this is not the sandbox: what is cancelled here stays cancelled. Add -yes to go ahead")
}

func isLocal(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

// Missing returns an error that names all variables that the provider of that name needs
// and that are not set. It returns nil if all are set.
func Missing(name string, variables []Variable, getenv func(string) string) error {
	if getenv(Endpoint(name).Name) == "" {
		variables = slices.Concat(variables, []Variable{Environment})
	}
	var missing []error
	for _, v := range variables {
		if getenv(v.Name) == "" && !v.Optional {
			missing = append(missing, Errorf("%s is not set: %s", v.Name, Errorf(v.Meaning)))
		}
	}
	return errors.Join(missing...)
}
