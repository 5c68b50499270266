package cli

import (
	"flag"
	"fmt"
	"text/tabwriter"
)

func (f *Flags) help() {
	w := tabwriter.NewWriter(f.process.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()

	fmt.Fprintf(w, "%s\n\nUsage: %s %s\n", f.about.Does, f.about.Name, f.about.Synopsis)
	flags := "\nFlags:\n"
	f.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			usage += "; " + f.DefValue + " by default"
		}
		fmt.Fprintf(w, "%s  -%s %s\t%s\n", flags, f.Name, value, usage)
		flags = ""
	})
	if len(f.about.Variables) > 0 {
		fmt.Fprint(w, "\nEnvironment:\n")
	}
	for _, v := range f.about.Variables {
		meaning := v.Meaning
		if v.Optional {
			meaning += "; optional"
		}
		fmt.Fprintf(w, "  %s\t%s\n", v.Name, meaning)
	}
	fmt.Fprint(w, "\nExit codes:\n")
	for _, e := range f.about.Exits {
		fmt.Fprintf(w, "  %d\t%s\n", e.Code, e.Meaning)
	}
}
