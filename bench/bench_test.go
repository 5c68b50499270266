package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// shared is the vendors' process. There is only one, because a process reads its trusted
// certificates once.
var shared *vendors

// The test program also runs as the vendors' process, and as the one whose memory is measured.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == serveArgument || os.Args[1] == memoryArgument) {
		main()
		return
	}
	os.Exit(tests(m))
}

func tests(m *testing.M) int {
	var err error
	if shared, err = startVendors(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := errors.Join(shared.stop(), goleak.Find()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// The benchmarks serve for profiles and for benchstat. The command compares contestants with
// less noise.
//
//	GOWORK=off go test -run '^$' -bench SOAP/factible/1$ -memprofile mem.out -memprofilerate 1
func BenchmarkSOAP(b *testing.B) { benchmark(b, fields[0]) }
func BenchmarkJSON(b *testing.B) { benchmark(b, fields[1]) }

func benchmark(b *testing.B, f field) {
	b.Helper()
	for _, c := range f.contestants {
		for _, n := range inFlight {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				url, err := shared.open(vendorConfig{})
				require.NoError(b, err)
				do, err := c.dial(url)
				require.NoError(b, err)
				require.NoError(b, run(b.Context(), do, 4*n, n, nil)) // opens the connections
				b.ReportAllocs()
				b.ResetTimer()
				require.NoError(b, run(b.Context(), do, b.N, n, nil))
			})
		}
	}
}
