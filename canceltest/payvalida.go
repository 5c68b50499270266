package canceltest

import (
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/payvalida"
)

const (
	payvalidaMerchant  = "comercio_simulado"
	payvalidaFixedHash = "fixed-hash-simulado"
)

const payvalidaPath = "/v4/merchant/transaction/cancel"

// payvalidaCodes are the CODE that the simulator gives, with their DESC: those of the
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

var payvalidaWords = map[string]string{
	codeCancelled:   "transaction canceled successfully",
	codeBefore:      "this transaction was already canceled",
	codeContent:     "content error",
	codeUnknown:     "transaction does not exist",
	codeWrongKind:   "transaction cannot be reversed",
	codeNotReversed: "transaction was not reversed, try again",
	codeMerchant:    "merchant not registered",
	codeChecksum:    "checksum invalid",
}

// Payvalida simulates the cancellation of transactions by Payvalida, as
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones documents it:
// CODE 0000 for an order in [Payvalida.Register], 0001 when it is cancelled again.
//
// The pages list no codes for what is refused. The simulator takes those of the
// vendor's general list: 0011 for a field that is missing, unknown or of the wrong
// type, 0018 for another merchant, 0025 for a wrong checksum, 0013 for an order that
// is not registered, and 0015 for a payment cancelled as a pre-authorization or the
// reverse. All come with HTTP 200. [Payvalida.CallBack] has webhooks notified. Make one
// with [NewPayvalida]. It is safe for concurrent use.
type Payvalida struct {
	*Server

	mu        sync.Mutex
	orders    map[string]*order
	answers   map[string]payvalidaAnswer
	cancelled ledger
	webhook   *payvalidaWebhook // nil where there is none
}

// order is a transaction of the merchant.
type order struct {
	kind        cancel.Kind
	notReversed int // how often 0017 comes first
}

type payvalidaAnswer struct {
	Code string `json:"CODE"`
	Desc string `json:"DESC"`
}

// NewPayvalida returns a simulator on a free port of 127.0.0.1. It panics where there
// is none. Close it when done.
func NewPayvalida() *Payvalida { return must(ListenPayvalida(anyPort)) }

// ListenPayvalida returns a simulator that listens at address, such as
// "127.0.0.1:8082". Its error is that of [net.Listen]. Close it when done.
func ListenPayvalida(address string) (*Payvalida, error) {
	server, err := listen(address)
	if err != nil {
		return nil, err
	}
	p := &Payvalida{
		Server:  server,
		orders:  map[string]*order{},
		answers: map[string]payvalidaAnswer{},
	}
	p.serve(p)
	return p, nil
}

// Config returns a Config for the simulator, with the only merchant that it knows.
func (p *Payvalida) Config() payvalida.Config {
	return payvalida.Config{
		Merchant:  payvalidaMerchant,
		FixedHash: cancel.NewSecret(payvalidaFixedHash),
		Endpoint:  p.URL,
		Options:   p.options(),
	}
}

// wholeNumber is an order number as JSON writes it.
var wholeNumber = regexp.MustCompile(`^[1-9][0-9]{0,29}$`)

// Register adds transactions of one kind, [cancel.Payment] or
// [cancel.PreAuthorization], that can be cancelled. One that is there stays as it
// is. It panics for another kind, and for an order that is not 1 to 30 digits without a
// 0 before them.
func (p *Payvalida) Register(kind cancel.Kind, orders ...string) {
	if kind != cancel.Payment && kind != cancel.PreAuthorization {
		panic(fmt.Sprintf("canceltest: Payvalida has no %q", string(kind)))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, number := range orders {
		if !wholeNumber.MatchString(number) {
			panic(fmt.Sprintf("canceltest: %q is no order number", number))
		}
		if p.orders[number] == nil {
			p.orders[number] = &order{kind: kind}
			if kind == cancel.Payment {
				p.notify(number, payvalidaApproved)
			}
		}
	}
}

// Claim has the customer claim a payment back. It is cancelled then, as the ledger
// says, without the merchant. One that is cancelled stays as it is. It panics for an
// order that is not registered as a payment.
func (p *Payvalida) Claim(order string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.orders[order]
	switch {
	case known == nil || known.kind != cancel.Payment:
		panic(fmt.Sprintf("canceltest: %q is no payment that is registered", order))
	case !p.cancelled.has[order]:
		p.cancelled.add(order)
		p.notify(order, payvalidaCancelled)
	}
}

// NotReversed makes the next n cancellations of a registered order answer 0017 and
// cancel nothing. It panics for an order that is not registered.
func (p *Payvalida) NotReversed(order string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.orders[order]
	if known == nil {
		panic(fmt.Sprintf("canceltest: order %q is not registered", order))
	}
	known.notReversed = n
}

// Answer sets what is answered for an order, registered or not, until it is set
// again; a code of "" removes it. Such an answer cancels nothing, whatever it says:
// the ledger stays as it is.
func (p *Payvalida) Answer(order, code, desc string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if code == "" {
		delete(p.answers, order)
		return
	}
	p.answers[order] = payvalidaAnswer{code, desc}
}

// Cancelled returns the orders that are cancelled, in the order in which that
// happened.
func (p *Payvalida) Cancelled() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cancelled.all()
}

// IsCancelled reports whether the order is cancelled.
func (p *Payvalida) IsCancelled(order string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cancelled.has[order]
}

func (*Payvalida) page(r *http.Request) *reply {
	return atDoor(r, payvalidaPath) // which takes no GET
}

func (*Payvalida) broken(*http.Request) reply {
	return jsonMessage(http.StatusInternalServerError, "Internal server error")
}

func (p *Payvalida) answer(r *http.Request, body []byte, carry bool) reply {
	var a reply
	if refusal := atDoor(r, payvalidaPath); refusal != nil {
		a = *refusal
	} else {
		a = p.call(body, carry)
	}
	a.op = r.Method + " " + r.URL.Path
	return a
}

func (p *Payvalida) call(body []byte, carry bool) reply {
	given, err := readFields(body, "order_number", "merchant_name", "checksum", "transaction_type")
	number := string(given["order_number"])
	merchant, hasMerchant := given.text("merchant_name")
	checksum, hasChecksum := given.text("checksum")
	kind := cancel.Payment
	transactionType, hasType := given.text("transaction_type")
	if hasType {
		kind = cancel.PreAuthorization
	}
	_, mentionsType := given["transaction_type"]

	var code string
	switch {
	case err != nil, !wholeNumber.MatchString(number), !hasMerchant, !hasChecksum,
		mentionsType && transactionType != "PRE_AUTH":
		code = codeContent
	case merchant != payvalidaMerchant:
		code = codeMerchant
	case checksum != payvalida.Checksum(merchant, number, payvalidaFixedHash):
		code = codeChecksum
	}
	said, carried := payvalidaAnswer{code, payvalidaWords[code]}, false
	if code == "" {
		said, carried = p.cancel(number, kind, carry)
	}
	a := jsonReply(http.StatusOK, said)
	a.carried = carried
	if wholeNumber.MatchString(number) {
		a.ids = []string{number}
	}
	if given != nil {
		a.request = given.redact(body, "checksum")
	}
	return a
}

func (p *Payvalida) cancel(number string, kind cancel.Kind, carry bool) (said payvalidaAnswer, carried bool) {
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
	case p.cancelled.has[number]:
		code = codeBefore
	case known.notReversed > 0:
		code = codeNotReversed
		if carry {
			known.notReversed--
		}
	case carry:
		p.cancelled.add(number)
		carried = true
	}
	return payvalidaAnswer{code, payvalidaWords[code]}, carried
}
