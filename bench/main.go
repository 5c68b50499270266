// Command bench compares the cost of a call with other clients that do the same, and writes
// docs/performance.md. For times, profiles and allocations on one machine use go test -bench
// in this folder and benchstat.
//
//	GOWORK=off go -C bench run .         # the whole page, in about four minutes
//	GOWORK=off go -C bench run . -quick  # a short run, to the standard output
//	GOWORK=off go -C bench run . -check  # only allocations and connections, as the gate does
//
// All contestants call the same vendor over HTTP/1.1 and TLS. The vendor is a process of its
// own on this machine, so its cost is not counted. The program needs Linux, or another Unix
// whose crypto/x509 reads SSL_CERT_FILE.
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

// The first argument of this program in its other processes: the vendors, and the one whose
// memory is measured.
const (
	serveArgument  = "serve"
	memoryArgument = "memory"
)

// document is the page, relative to this folder.
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
	quick := flags.Bool("quick", false, "measure little, so that the figures mean nothing, and write to the standard output")
	checking := flags.Bool("check", false, "compare allocations and connections with what the document states, and write nothing")
	path := flags.String("document", document, "the `file` to write, or to check against")
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
	var text bytes.Buffer
	if err := r.write(&text); err != nil {
		return err
	}
	if *quick {
		_, err = text.WriteTo(stdout)
		return err
	}
	return os.WriteFile(*path, text.Bytes(), 0o644)
}
