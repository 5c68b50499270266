package main

import (
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
)

func help(out io.Writer, flags *flag.FlagSet) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()

	fmt.Fprint(w, `Cancels what a file lists, writes down what became of each, and leaves a report.

Usage: bulk [flags] FILE

FILE is CSV, whose first line names the columns, or JSON Lines, with one object per
line: provider, kind and id, and where the provider needs them reason, requested_by,
motive, replaced_by, issuer. A record is one line. A line that is no request is told
of by its number and stops nothing else. What is listed twice is sent once.

Flags:
`)
	flags.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "  -%s %s\t%s\n", f.Name, value, usage)
	})
	fmt.Fprint(w, `
With -resume nothing is sent again that has an answer. What has none, because the
program ended first, may have been cancelled: a provider that can be asked for the
status is asked first, of another the cancellation is asked again, and in doubt an
error leaves it in doubt. What was unavailable is asked again, and so is what failed
for the credentials' sake or was invalid and has changed in FILE.

With -enqueue nothing is sent. Every line is checked, and what is good is put into the
queue in DB, whose tables are made or brought up to date first. Who works on it is a
program built on the module durable, whose providers have the names that FILE has; it
has the credentials, and nothing below is read here. Of each line it is told whether it
is new, was queued already, or what became of it. To run it again is harmless: there is
one cancellation of each thing, and of what the queue is through with only that is
queued anew which -resume would ask for again. A password for PostgreSQL is better left
out of DB, and in PGPASSWORD or ~/.pgpass.

`)
	fmt.Fprint(w, "Environment (where none of it is set, the providers are simulators):\n")
	for _, p := range providers {
		for _, v := range p.about.Variables {
			meaning := v.Meaning
			if v.Optional {
				meaning += "; optional"
			}
			fmt.Fprintf(w, "  %s\t%s\n", v.Name, meaning)
		}
		fmt.Fprintf(w, "  %s\treplaces the environment's URL; asks for -yes unless it is on this machine\n", p.endpointVariable())
	}
	fmt.Fprintf(w, "  %s\tsandbox or production, which asks for -yes\n", environment)
	fmt.Fprintf(w, `
Exit codes, of several the one that stands lower:
  %d	all that the file asks for is cancelled or under way
  %d	some was refused, or a line is no request
  %d	some is to be asked again: -resume
  %d	some is in doubt: -resume, and look at the report
  %d	interrupted: -resume
  %d	usage, or a file or the database could not be read or written
With -enqueue 0 is for what is queued or was cancelled by the queue, %d for what it
failed at before, and %d for what it does not know the outcome of: look at what it keeps.
After %d and %d run the same command again.
`, exitDone, exitRefused, exitAgain, exitDoubt, exitInterrupted, exitFailed,
		exitRefused, exitDoubt, exitInterrupted, exitFailed)
}
