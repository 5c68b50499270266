// Command bench measures what the library costs beside other clients that do the same,
// and writes docs/performance.md.
//
//	GOWORK=off go -C bench run .         # all of it, about four minutes
//	GOWORK=off go -C bench run . -quick  # a look at it, on the standard output
//	GOWORK=off go -C bench run . -check  # what the gate holds: allocations and connections
//
// All contestants call the same vendor, a process of its own on this machine, by HTTP/1.1
// over TLS, so that this process costs what the client costs. It needs Linux, or another
// Unix whose crypto/x509 heeds SSL_CERT_FILE.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// What makes this program one of its own processes: that of the vendors, or one whose
// memory is measured.
const (
	serveArgument  = "serve"
	memoryArgument = "memory"
)

// document is where the figures stand, seen from this folder.
const document = "../docs/performance.md"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := dispatch(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case serveArgument:
			return serve(os.Stdin, os.Stdout)
		case memoryArgument:
			return memory(ctx, args[1:], os.Stdout)
		}
	}
	return command(ctx, args, os.Stdout, os.Stderr)
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	quick := flags.Bool("quick", false, "measure so little that the figures mean nothing, and write to the standard output")
	checking := flags.Bool("check", false, "compare allocations and connections with what the document states, and write nothing")
	path := flags.String("document", document, "the `file` to write, or to check against")
	samples := flags.String("samples", "", "keep the measurements in this `file`, for benchstat")
	if err := flags.Parse(args); err != nil {
		return err
	}

	v, err := startVendors(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.stop()) }()
	if *checking {
		return check(ctx, v, *path, stdout)
	}
	p := full
	if *quick {
		p = smoke
	}
	r, err := measureAll(ctx, v, p, stderr)
	if err != nil {
		return err
	}
	if *samples != "" {
		if err := os.WriteFile(*samples, r.samples(), 0o600); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	if err := r.write(ctx, &text); err != nil {
		return err
	}
	if *quick {
		_, err = text.WriteTo(stdout)
		return err
	}
	return os.WriteFile(*path, text.Bytes(), 0o644)
}
