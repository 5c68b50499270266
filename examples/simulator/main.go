// Command simulator runs the simulators of the three vendors until it is
// interrupted. Clients in any language can use them. What it prints is for a shell to
// read: the variables that point the other examples at the simulators, and as
// comments what there is to cancel. The credentials are invented.
//
//	go run ./examples/simulator
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	factibleAt := flags.String("factible", "127.0.0.1:8081", "`address` of Factible's simulator")
	payvalidaAt := flags.String("payvalida", "127.0.0.1:8082", "`address` of Payvalida's simulator")
	aucoAt := flags.String("auco", "127.0.0.1:8083", "`address` of Auco's simulator")
	fail := flags.Float64("fail", 0, "`share` of the calls that go wrong, 0 to 1, in every way there is")
	seed := flags.Uint64("seed", 1, "`number` that decides which calls go wrong, and how")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if !(*fail >= 0 && *fail <= 1) {
		return errors.New("-fail is a share: it must be 0 to 1")
	}

	factible, err := factibletest.Listen(*factibleAt)
	if err != nil {
		return err
	}
	defer factible.Close()
	payvalida, err := payvalidatest.Listen(*payvalidaAt)
	if err != nil {
		return err
	}
	defer payvalida.Close()
	auco, err := aucotest.Listen(*aucoAt)
	if err != nil {
		return err
	}
	defer auco.Close()

	factible.Register("6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13", "A41B8E07-92C3-4D6F-8F15-C3D70E95B264")
	factible.Answer("0C9D7B42-5E1F-4A86-B3D0-71E8F26A4C95",
		factibletest.Answer{Status: 213, Message: "El receptor rechazó la solicitud"})
	payvalida.Register(cancel.Payment, "2402558", "2402559")
	payvalida.Register(cancel.PreAuthorization, "2402560", "2402561")
	payvalida.NotReversed("2402561", 1)
	auco.Register("TR99AQMY31", "TR99AQMY32", "TR99AQMY33")
	auco.SetState("TR99AQMY33", "FINISH")
	for _, simulator := range []*canceltest.Server{factible.Server, payvalida.Server, auco.Server} {
		simulator.FailAtRandom(*fail, *seed)
	}

	fmt.Fprint(stdout, stock)
	for _, variable := range [][2]string{
		{"CANCEL_ENVIRONMENT", string(cancel.Sandbox)},
		{"FACTIBLE_ENDPOINT", factible.URL + "/ws/services/Cancelacion"}, // in SOAP 1.1 and 1.2,
		{"FACTIBLE_USERNAME", factible.Config().Username},
		{"FACTIBLE_PASSWORD", revealed(factible.Config().Password)},
		{"PAYVALIDA_ENDPOINT", payvalida.Config().Endpoint},
		{"PAYVALIDA_MERCHANT", payvalida.Config().Merchant},
		{"PAYVALIDA_FIXED_HASH", revealed(payvalida.Config().FixedHash)},
		{"AUCO_ENDPOINT", auco.Config().Endpoint},
		{"AUCO_PRIVATE_KEY", revealed(auco.Config().PrivateKey)},
		{"AUCO_PUBLIC_KEY", revealed(auco.Config().PublicKey)},
	} {
		fmt.Fprintf(stdout, "export %s='%s'\n", variable[0], variable[1])
	}
	<-ctx.Done()
	return nil
}

// stock is what there is to cancel.
const stock = `# What there is to cancel, until this program is interrupted:
#
#   go run ./examples/factible -uuid ...
#     6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13  an invoice
#     A41B8E07-92C3-4D6F-8F15-C3D70E95B264  another one
#     0C9D7B42-5E1F-4A86-B3D0-71E8F26A4C95  one whose recipient refuses
#     C5E58106-6C1E-41C9-A211-FB8BAD1CABB0  one that takes its time (ask with -status)
#     E329DD15-7D0B-44E9-A204-51A7443D1FBE  one that cannot be cancelled
#   go run ./examples/payvalida -order ...
#     2402558, 2402559  payments
#     2402560, 2402561  pre-authorizations (ask with -preauth), the latter not reversed at once
#   go run ./examples/auco -reason Error -requested-by legal@example.com -code ...
#     TR99AQMY31, TR99AQMY32  documents
#     TR99AQMY33              one that everybody has signed
#
# In another shell:
`

func revealed(s cancel.Secret) string {
	value, _ := s.Reveal(context.Background())
	return value
}
