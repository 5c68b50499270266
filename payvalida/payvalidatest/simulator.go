package payvalidatest

import (
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/internal/jsontest"
	"github.com/unified-cancel/cancel/payvalida"
)

const (
	validMerchant = "comercio_simulado"
	fixedHash     = "fixed-hash-simulado"
)

const path = "/v4/merchant/transaction/cancel"

// The codes below are the CODE that the simulator gives, with their DESC: those of the
// cancel pages, and of the vendor's general list what comes nearest.
const (
	codeCancelled   = "0000"
	codeBefore      = "0001"
	codeContent     = "0011"
	codeUnknown     = "0013"
	codeWrongKind   = "0015"
	codeNotReversed = "0017"
	codeMerchant    = "0018"
	codeChecksum    = "0025"
)

var words = map[string]string{
	codeCancelled:   "transaction canceled successfully",
	codeBefore:      "this transaction was already canceled",
	codeContent:     "content error",
	codeUnknown:     "transaction does not exist",
	codeWrongKind:   "transaction cannot be reversed",
	codeNotReversed: "transaction was not reversed, try again",
	codeMerchant:    "merchant not registered",
	codeChecksum:    "checksum invalid",
}

// Simulator simulates the cancellation of transactions by Payvalida, as
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones documents it:
// CODE 0000 for an order in [Simulator.Register], 0001 when it is cancelled again.
//
// The pages list no codes for what is refused. The simulator takes those of the
// vendor's general list: 0011 for a field that is missing, unknown or of the wrong
// type, 0018 for another merchant, 0025 for a wrong checksum, 0013 for an order that
// is not registered, and 0015 for a payment cancelled as a pre-authorization or the
// reverse. All come with HTTP 200. [Simulator.CallBack] has webhooks notified. Make one
// with [New]. It is safe for concurrent use.
type Simulator struct {
	*canceltest.Server

	mu        sync.Mutex
	orders    map[string]*order
	answers   map[string]answer
	cancelled canceltest.Ledger
	webhook   *hook // nil where there is none
}

// order is a transaction of the merchant.
type order struct {
	kind        cancel.Kind
	notReversed int // how often 0017 comes first
}

type answer struct {
	Code string `json:"CODE"`
	Desc string `json:"DESC"`
}

// New returns a simulator on a free port of 127.0.0.1. It panics if there is none. Close it
// when done.
func New() *Simulator { return canceltest.New(Listen) }

// Listen returns a simulator at address, such as "127.0.0.1:8082". Its error is the error
// of [net.Listen]. Close it when done.
func Listen(address string) (_ *Simulator, err error) {
	p := &Simulator{orders: map[string]*order{}, answers: map[string]answer{}}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Server, err = canceltest.Listen(address, canceltest.Handler{Answer: p.answer}); err != nil {
		return nil, err
	}
	return p, nil
}

// Config returns a Config for the simulator, with the only merchant that it knows.
func (p *Simulator) Config() payvalida.Config {
	return payvalida.Config{
		Merchant:  validMerchant,
		FixedHash: cancel.NewSecret(fixedHash),
		Endpoint:  p.URL,
		Options:   p.Options(),
	}
}

// wholeNumber is an order number as JSON writes it.
var wholeNumber = regexp.MustCompile(`^[1-9][0-9]{0,29}$`)

// Register adds transactions of one kind, [cancel.Payment] or
// [cancel.PreAuthorization], that can be cancelled. One that is there stays as it
// is. It panics for another kind, and for an order that is not 1 to 30 digits without a
// 0 before them.
func (p *Simulator) Register(kind cancel.Kind, orders ...string) {
	if kind != cancel.Payment && kind != cancel.PreAuthorization {
		panic(fmt.Sprintf("payvalidatest: Payvalida has no %q", string(kind)))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, number := range orders {
		if !wholeNumber.MatchString(number) {
			panic(fmt.Sprintf("payvalidatest: %q is no order number", number))
		}
		if p.orders[number] == nil {
			p.orders[number] = &order{kind: kind}
			if kind == cancel.Payment {
				p.notify(number, approved)
			}
		}
	}
}

// Claim has the customer claim a payment back. It is cancelled then, as the canceltest.Ledger
// says, without the merchant. One that is cancelled stays as it is. It panics for an
// order that is not registered as a payment.
func (p *Simulator) Claim(order string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.orders[order]
	switch {
	case known == nil || known.kind != cancel.Payment:
		panic(fmt.Sprintf("payvalidatest: %q is no payment that is registered", order))
	case !p.cancelled.Has(order):
		p.cancelled.Add(order)
		p.notify(order, cancelledStatus)
	}
}

// NotReversed makes the next n cancellations of a registered order answer 0017 and
// cancel nothing. It panics for an order that is not registered.
func (p *Simulator) NotReversed(order string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.orders[order]
	if known == nil {
		panic(fmt.Sprintf("payvalidatest: order %q is not registered", order))
	}
	known.notReversed = n
}

// Answer sets what is answered for an order, registered or not, until it is set
// again; a code of "" removes it. Such an answer cancels nothing, whatever it says:
// the canceltest.Ledger stays as it is.
func (p *Simulator) Answer(order, code, desc string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if code == "" {
		delete(p.answers, order)
		return
	}
	p.answers[order] = answer{code, desc}
}

// Cancelled returns the orders that are cancelled, in the order in which that
// happened.
func (p *Simulator) Cancelled() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cancelled.IDs()
}

// IsCancelled reports whether the order is cancelled.
func (p *Simulator) IsCancelled(order string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cancelled.Has(order)
}

func (p *Simulator) answer(r *http.Request, body []byte, carry bool) canceltest.Reply {
	var a canceltest.Reply
	if status := jsontest.Refusal(r, path); status != 0 {
		a = canceltest.JSON(status, map[string]string{"message": http.StatusText(status)})
	} else {
		a = p.call(body, carry)
	}
	a.Op = r.Method + " " + r.URL.Path
	return a
}

func (p *Simulator) call(body []byte, carry bool) canceltest.Reply {
	given, err := jsontest.Read(body, "order_number", "merchant_name", "checksum", "transaction_type")
	number := string(given["order_number"])
	merchant, hasMerchant := given.Text("merchant_name")
	checksum, hasChecksum := given.Text("checksum")
	kind := cancel.Payment
	transactionType, hasType := given.Text("transaction_type")
	if hasType {
		kind = cancel.PreAuthorization
	}
	_, mentionsType := given["transaction_type"]

	var code string
	switch {
	case err != nil, !wholeNumber.MatchString(number), !hasMerchant, !hasChecksum,
		mentionsType && transactionType != "PRE_AUTH":
		code = codeContent
	case merchant != validMerchant:
		code = codeMerchant
	case checksum != payvalida.Checksum(merchant, number, fixedHash):
		code = codeChecksum
	}
	said, carried := answer{code, words[code]}, false
	if code == "" {
		said, carried = p.cancel(number, kind, carry)
	}
	a := canceltest.JSON(http.StatusOK, said)
	a.Carried = carried
	if wholeNumber.MatchString(number) {
		a.IDs = []string{number}
	}
	if given != nil {
		a.Request = given.Redact(body, "checksum")
	}
	return a
}

func (p *Simulator) cancel(number string, kind cancel.Kind, carry bool) (said answer, carried bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if said, ok := p.answers[number]; ok {
		return said, false
	}
	code := codeCancelled
	known := p.orders[number]
	switch {
	case known == nil:
		code = codeUnknown
	case known.kind != kind:
		code = codeWrongKind
	case p.cancelled.Has(number):
		code = codeBefore
	case known.notReversed > 0:
		code = codeNotReversed
		if carry {
			known.notReversed--
		}
	case carry:
		p.cancelled.Add(number)
		carried = true
	}
	return answer{code, words[code]}, carried
}
