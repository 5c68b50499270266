package sattest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/sat"
	"github.com/unified-cancel/cancel/sat/sattest"
)

// The PAC says that an invoice is cancelled, and the SAT knows a day later.
func Example() {
	const uuid = "0A1B2C3D-0000-4000-8000-00000000000A"
	pac, authority := factibletest.New(), sattest.New()
	defer pac.Close()
	defer authority.Close()
	pac.Register(uuid)
	authority.Register(sattest.Expression(uuid))
	authority.Follow(pac, 24*time.Hour)

	pacClient, err := factible.New(pac.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	satClient, err := sat.New(authority.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	client := cancel.NewClient(map[string]cancel.Canceler{"pac": sat.Confirm(pacClient, satClient)})
	req := cancel.Request{Provider: "pac", Kind: cancel.PrimarySectorInvoice, ID: uuid, Expression: sattest.Expression(uuid)}

	result, err := client.Cancel(context.Background(), req)
	fmt.Println(result.State, err)
	authority.Pass(24 * time.Hour)
	result, err = client.Status(context.Background(), req)
	fmt.Println(result.State, err)
	// Output:
	// pending <nil>
	// cancelled <nil>
}
