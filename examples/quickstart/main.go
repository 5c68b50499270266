// Command quickstart cancels one of everything and shows what a program gets back:
// a state, or an error with a reason. The vendors are simulators in this process, so
// that it needs neither credentials nor a network. It fails if anything comes out
// other than the source says.
//
//	go run ./examples/quickstart
package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stdout io.Writer) error {
	t := newTable(stdout)
	for _, vendor := range []func(context.Context, *table) error{invoices, payments, documents} {
		if err := vendor(ctx, t); err != nil {
			return err
		}
	}
	return t.surprise
}
