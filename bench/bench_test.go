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

// shared is the vendors' process. There is one alone: what a process trusts it reads once.
var shared *vendors

// The test is its own vendors' process, and that whose memory is measured.
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

// For a profile of one contestant; the command compares them with less noise.
//
//	GOWORK=off go test -run '^$' -bench SOAP/factible/0s/1$ -memprofile mem.out -memprofilerate 1
func BenchmarkSOAP(b *testing.B) { benchmark(b, fields[0]) }
func BenchmarkJSON(b *testing.B) { benchmark(b, fields[1]) }

func benchmark(b *testing.B, f field) {
	b.Helper()
	for _, c := range f.contestants {
		for _, delay := range delays {
			for _, n := range inFlight {
				b.Run(fmt.Sprintf("%s/%v/%d", c.name, delay, n), func(b *testing.B) {
					url, err := shared.open(vendorConfig{Delay: delay})
					require.NoError(b, err)
					do, err := c.dial(url)
					require.NoError(b, err)
					require.NoError(b, run(b.Context(), do, 4*n, n, nil))
					before, _, err := shared.count(url)
					require.NoError(b, err)
					b.ReportAllocs()
					b.ResetTimer()
					cpu := cpuTime()
					require.NoError(b, run(b.Context(), do, b.N, n, nil))
					b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N), "cpu-ns/op")
					after, _, err := shared.count(url)
					require.NoError(b, err)
					b.ReportMetric(float64(after-before)/float64(b.N), "conns/op")
				})
			}
		}
	}
}
