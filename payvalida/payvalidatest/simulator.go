// Package payvalidatest simulates Payvalida, for tests and for trying things out. See package
// canceltest for faults, the log and the clock.
//
// # Errors
//
// [New] panics if there is no free port, and [Listen] returns the error of [net.Listen].
// Methods of [Simulator] panic if a test asks for what cannot be, such as a state that does
// not exist or an order that is not registered.
package payvalidatest

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/internal/jsontest"
	"github.com/unified-cancel/cancel/payvalida"
)

const (
	validMerchant = "comercio_simulado"
	fixedHash     = "fixed-hash-simulado"
)

const (
	cancelPath = "/v4/merchant/transaction/cancel"
	ordersPath = "/api/v3/porders/"
)

// Values of CODE, from the pages about cancelling and from the vendor's general list.
const (
	codeDone        = "0000"
	codeBefore      = "0001"
	codeContent     = "0011"
	codeUnknown     = "0013"
	codeWrongKind   = "0015"
	codeNotReversed = "0017"
	codeMerchant    = "0018"
	codeChecksum    = "0025"
	codeNotPending  = "0041"
)

// words are the DESC of each CODE.
var words = map[string]string{
	codeDone:        "transaction canceled successfully",
	codeBefore:      "this transaction was already canceled",
	codeContent:     "content error",
	codeUnknown:     "transaction does not exist",
	codeWrongKind:   "transaction cannot be reversed",
	codeNotReversed: "transaction was not reversed, try again",
	codeMerchant:    "merchant not registered",
	codeChecksum:    "checksum invalid",
	codeNotPending:  "order not registered or already APPROVED, EXPIRED or CANCELLED",
}

// States of an order.
const (
	pending   = "PENDIENTE"
	paid      = "APROBADA"
	expired   = "VENCIDA"
	deleted   = "CANCELADA"
	cancelled = "ANULADA"
)

// Simulator simulates Payvalida. Make one with [New]. It is safe for concurrent use.
//
// POST /v4/merchant/transaction/cancel cancels a paid order, as
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones documents it: CODE
// 0000, and 0001 if the order is cancelled again. The pages list no codes for refusals, so
// the simulator takes codes of the vendor's general list: 0011 for a field that is missing,
// unknown or of the wrong type, 0018 for another merchant, 0025 for a wrong checksum, 0013 for
// an unknown order, and 0015 for a payment cancelled as a pre-authorization, the reverse, and
// an order that is not paid or has expired.
//
// GET /api/v3/porders/{reference} tells the state of an order by the merchant's own reference,
// as https://docs.payvalida.com/api-recaudo/ordenes-de-compra/consultar documents it, with the
// vendor's own spelling of the fields. DATA.CODE is the order's number. A cancelled order is
// ANULADA, which no page says. DELETE of the same address makes a pending order CANCELADA, and
// answers 0041 in any other state. Both take merchant and checksum in the query; for DELETE no
// page says so. Errors have the codes above.
// In the log, such a call has both the reference and the number of the order.
//
// All of these come with HTTP 200. [Simulator.CallBack] notifies webhooks.
type Simulator struct {
	*canceltest.Server

	mu         sync.Mutex
	orders     map[string]*order // by number
	references map[string]*order
	webhook    hook
}

// order holds the facts of a number.
type order struct {
	number, reference string
	kind              cancel.Kind
	state             string // "" if there is no such order
	created, updated  time.Time
	notReversed       int    // how often 0017 comes first
	answer            answer // by Answer
}

// answer is an answer without DATA.
type answer struct {
	Code string `json:"CODE"`
	Desc string `json:"DESC"`
}

func saying(code string) answer { return answer{code, words[code]} }

// New returns a simulator on a free port of 127.0.0.1. It panics without one. Close it
// when done.
func New() *Simulator { return canceltest.New(Listen) }

// Listen returns a simulator at address, such as "127.0.0.1:8082". Its error is the error
// of [net.Listen]. Close it when done.
func Listen(address string) (_ *Simulator, err error) {
	p := &Simulator{orders: map[string]*order{}, references: map[string]*order{}}
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

// wholeNumber matches an order number in JSON.
var wholeNumber = regexp.MustCompile(`^[1-9][0-9]{0,29}$`)

// Register adds paid orders of one kind, [cancel.Payment] or [cancel.PreAuthorization]. Their
// state is APROBADA, and the reference of each is PO- and its number. An order that is there
// already stays as it is. Register panics for another kind, and if an order is not 1 to 30
// digits of which the first is not 0.
func (p *Simulator) Register(kind cancel.Kind, orders ...string) {
	if kind != cancel.Payment && kind != cancel.PreAuthorization {
		panic(fmt.Sprintf("payvalidatest: Payvalida has no %q", string(kind)))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, number := range orders {
		if !wholeNumber.MatchString(number) {
			panic(fmt.Sprintf("payvalidatest: %q is not an order number", number))
		}
		if o := p.order(number); o.state == "" {
			o.reference, o.kind, o.created = "PO-"+number, kind, p.Now()
			p.references[o.reference] = o
			p.put(o, paid)
		}
	}
}

// order returns the facts of a number. The caller holds p.mu.
func (p *Simulator) order(number string) *order {
	if p.orders[number] == nil {
		p.orders[number] = &order{number: number}
	}
	return p.orders[number]
}

// Reference returns the merchant's own reference of an order, which a [cancel.Request] for its
// status needs. It panics for an order that is not registered.
func (p *Simulator) Reference(order string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.registered(order).reference
}

// SetReference changes the merchant's own reference of an order. It panics for an order that
// is not registered, and if the reference is not 1 to 200 characters.
func (p *Simulator) SetReference(order, reference string) {
	if n := len([]rune(reference)); n < 1 || n > maxReference {
		panic(fmt.Sprintf("payvalidatest: a reference of %d characters", n))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.registered(order)
	delete(p.references, o.reference)
	o.reference = reference
	p.references[reference] = o
}

// SetState puts a registered order into a state: PENDIENTE, APROBADA, VENCIDA, CANCELADA or
// ANULADA. The ledger lists the orders in the last two. SetState panics for any other state,
// and for an order that is not registered.
func (p *Simulator) SetState(order, state string) {
	switch state {
	case pending, paid, expired, deleted, cancelled:
	default:
		panic(fmt.Sprintf("payvalidatest: Payvalida has no state %q", state))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.put(p.registered(order), state)
}

// State returns the state of an order, "" if the order is not registered.
func (p *Simulator) State(order string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.order(order).state
}

// registered returns a registered order, or panics. The caller holds p.mu.
func (p *Simulator) registered(number string) *order {
	o := p.order(number)
	if o.state == "" {
		panic(fmt.Sprintf("payvalidatest: order %q is not registered", number))
	}
	return o
}

// put puts an order into a state, and notifies the webhook of a payment that is now paid or
// has expired. The caller holds p.mu.
func (p *Simulator) put(o *order, state string) {
	if o.state == state {
		return
	}
	o.state, o.updated = state, p.Now()
	if o.isCancelled() {
		p.Ledger.Add(o.number)
	} else {
		p.Ledger.Remove(o.number)
	}
	switch state {
	case paid:
		p.notify(o, "approved")
	case expired:
		p.notify(o, "cancelled")
	}
}

func (o *order) isCancelled() bool { return o.state == deleted || o.state == cancelled }

// Claim makes the customer claim a payment back: without the merchant, it becomes ANULADA and
// enters the ledger. A cancelled payment stays as it is. Claim panics for an order that is not
// registered as a payment.
func (p *Simulator) Claim(order string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.registered(order)
	if o.kind != cancel.Payment {
		panic(fmt.Sprintf("payvalidatest: order %q is not a payment", order))
	}
	if !o.isCancelled() {
		p.put(o, cancelled)
		p.notify(o, "cancelled")
	}
}

// NotReversed makes the next n cancellations of a registered order answer 0017 and cancel
// nothing. It panics for an order that is not registered.
func (p *Simulator) NotReversed(order string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.registered(order).notReversed = n
}

// Answer sets the answer to a cancellation of an order, registered or not, until it is set
// again. A code of "" removes it. Such an answer cancels nothing: the ledger stays as it is.
func (p *Simulator) Answer(order, code, desc string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.order(order).answer = answer{code, desc}
}

func (p *Simulator) answer(r *http.Request, body []byte, carry bool) canceltest.Reply {
	reference, isOrder := strings.CutPrefix(r.URL.Path, ordersPath)
	switch status := canceltest.RefusePost(r, r.URL.Path == cancelPath, "application/json"); {
	case isOrder && (r.Method == http.MethodGet || r.Method == http.MethodDelete):
		return p.ofOrder(r, reference, carry)
	case status != 0:
		return canceltest.JSON(status, map[string]string{"message": http.StatusText(status)})
	}
	return p.call(body, carry)
}

// checksum returns the SHA-512 of parts and the fixed hash, in lower-case hex.
func checksum(parts ...string) string {
	sum := sha512.Sum512([]byte(strings.Join(parts, "") + fixedHash))
	return hex.EncodeToString(sum[:])
}

// call answers a request to cancel.
func (p *Simulator) call(body []byte, carry bool) canceltest.Reply {
	given, err := jsontest.Read(body, "order_number", "merchant_name", "checksum", "transaction_type")
	number := string(given["order_number"])
	merchant, sum, transactionType := given.Text("merchant_name"), given.Text("checksum"), given.Text("transaction_type")
	kind := cancel.Payment
	_, hasType := given["transaction_type"]
	if hasType {
		kind = cancel.PreAuthorization
	}

	var said answer
	var carried bool
	switch {
	case err != nil, !wholeNumber.MatchString(number), merchant == "", sum == "",
		hasType && transactionType != "PRE_AUTH":
		said = saying(codeContent)
	case merchant != validMerchant:
		said = saying(codeMerchant)
	case sum != checksum(merchant, number):
		said = saying(codeChecksum)
	default:
		said, carried = p.cancel(number, kind, carry)
	}
	a := canceltest.JSON(http.StatusOK, said)
	a.Carried = carried
	if wholeNumber.MatchString(number) {
		a.IDs = []string{number}
	}
	if value, ok := given["checksum"]; ok {
		body = bytes.ReplaceAll(body, value, []byte(`"REDACTED"`))
	}
	if given != nil {
		a.Request = body
	}
	return a
}

func (p *Simulator) cancel(number string, kind cancel.Kind, carry bool) (said answer, carried bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.order(number)
	switch {
	case o.answer.Code != "":
		return o.answer, false
	case o.state == "":
		return saying(codeUnknown), false
	case o.kind != kind:
		return saying(codeWrongKind), false
	case o.isCancelled():
		return saying(codeBefore), false
	case o.state != paid:
		return saying(codeWrongKind), false
	case o.notReversed > 0:
		if carry {
			o.notReversed--
		}
		return saying(codeNotReversed), false
	}
	if carry {
		p.put(o, cancelled)
	}
	return saying(codeDone), carry
}

const (
	maxReference = 200
	maxMerchant  = 50
)

// ofOrder answers a request about one order.
func (p *Simulator) ofOrder(r *http.Request, reference string, carry bool) canceltest.Reply {
	given := r.URL.Query()
	merchant, sum := given.Get("merchant"), given.Get("checksum")
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.references[reference]
	var said any
	var carried bool
	switch {
	case reference == "", len([]rune(reference)) > maxReference, merchant == "", len([]rune(merchant)) > maxMerchant,
		sum == "", len(given) != 2, len(given["merchant"]) != 1, len(given["checksum"]) != 1:
		said = saying(codeContent)
	case merchant != validMerchant:
		said = saying(codeMerchant)
	case !strings.EqualFold(sum, checksum(reference, merchant)): // the page has it in capitals
		said = saying(codeChecksum)
	case r.Method == http.MethodGet && known == nil:
		said = saying(codeUnknown)
	case r.Method == http.MethodGet:
		said = map[string]any{"CODE": codeDone, "DESC": "OK", "DATA": known.data()}
	case known == nil || known.state != pending:
		said = saying(codeNotPending)
	default:
		said, carried = answer{codeDone, "OK"}, carry
		if carry {
			p.put(known, deleted)
		}
	}
	a := canceltest.JSON(http.StatusOK, said)
	a.Op, a.Carried = r.Method+" "+strings.TrimSuffix(ordersPath, "/"), carried
	if reference != "" {
		a.IDs = []string{reference}
	}
	if known != nil {
		a.IDs = append(a.IDs, known.number)
	}
	return a
}

// data returns the DATA of an order, whose fields the vendor spells so. All but its state, number,
// reference and times is invented.
func (o *order) data() map[string]any {
	const layout = "2006-01-02 15:04:05"
	method := ""
	if o.state == paid || o.state == cancelled {
		method = "tc"
	}
	return map[string]any{
		"CURRENCY": currency, "UDPATE_DATE": o.updated.UTC().Format(layout), "CREATION_DATE": o.created.UTC().Format(layout),
		"STATE": o.state, "PAYMNENT_METHOD": method, "EMAIL": "cliente@example.com", "LIFE_TIME": "3600",
		"ORDER": o.reference, "CODE": json.Number(o.number), "AMOUNT": amount, "DESCRIPTION": "Pedido simulado",
		"REFERENCE": "REF" + o.number, "checkout": "https://checkout.example.com/" + o.number, "NOTIFICATION_RESPONSE": "",
		"TRANSACTION": map[string]any{}, "ADITIONAL_INFO": map[string]any{},
	}
}
