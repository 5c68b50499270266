package canceltest_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/unified-cancel/cancel/canceltest"
)

// bank simulates an invented vendor, which cancels the boleto 7 for DELETE /boletos/7.
type bank struct{ *canceltest.Server }

func listenBank(address string) (*bank, error) {
	b := new(bank)
	var err error
	b.Server, err = canceltest.Listen(address, canceltest.Handler{Answer: b.answer})
	return b, err
}

func (b *bank) answer(r *http.Request, _ []byte, carry bool) canceltest.Reply {
	id := strings.TrimPrefix(r.URL.Path, "/boletos/")
	reply := canceltest.Reply{Status: http.StatusNoContent, Op: r.Method, IDs: []string{id}}
	if r.Method != http.MethodDelete {
		reply.Status = http.StatusMethodNotAllowed
	} else if carry {
		b.Ledger.Add(id)
		reply.Carried = true
	}
	return reply
}

// A simulator of a vendor that this module does not know.
func ExampleListen() {
	sim := canceltest.New(listenBank)
	defer sim.Close()
	sim.Fail(1, canceltest.CarriedOutThenHTTP500)
	for range 2 {
		req, _ := http.NewRequest(http.MethodDelete, sim.URL+"/boletos/7", nil)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
		fmt.Println(resp.StatusCode, sim.Cancelled())
	}
	for _, call := range sim.Calls() {
		fmt.Printf("%s %s %q\n", call.Op, call.ID, call.Fault)
	}
	// Output:
	// 500 [7]
	// 204 [7]
	// DELETE 7 "carried out, then HTTP 500"
	// DELETE 7 ""
}
