package cli

import (
	"flag"
	"fmt"
	"text/tabwriter"
)

func (t *Tool) help() {
	w := tabwriter.NewWriter(t.process.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()

	fmt.Fprintf(w, "%s\n\nUsage: %s %s\n\nFlags:\n", t.about.Does, t.about.Name, t.about.Synopsis)
	t.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "  -%s %s\t%s\n", f.Name, value, usage)
	})

	fmt.Fprint(w, "\nEnvironment:\n")
	for _, v := range t.about.Variables {
		meaning := v.Meaning
		if v.Optional {
			meaning += "; optional"
		}
		fmt.Fprintf(w, "  %s\t%s\n", v.Name, meaning)
	}
	environment, endpoint := "sandbox or production, which asks for -yes", "replaces the environment's URL; asks for -yes unless it is on this machine"
	if t.about.ReadOnly {
		environment, endpoint = "sandbox or production", "replaces the environment's URL"
	}
	fmt.Fprintf(w, "  %s\t%s\n", environmentVariable, environment)
	fmt.Fprintf(w, "  %s\t%s\n", t.endpointVariable(), endpoint)

	fmt.Fprint(w, "\nExit codes, of several outcomes the highest:\n")
	fmt.Fprintf(w, "  %d\tthe provider took the cancellation: done, done before, or under way\n", exitDone)
	fmt.Fprintf(w, "  %d\tan outcome or a file could not be written\n", ExitUnsaved)
	for _, f := range failures {
		fmt.Fprintf(w, "  %d\t%v\n", f.exit, f.reason)
	}
	fmt.Fprintf(w, "  %d\tit is not cancelled, where that was the question\n", exitStands)
}
