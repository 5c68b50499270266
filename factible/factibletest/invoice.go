package factibletest

import (
	"fmt"
	"strings"
	"time"
)

const (
	// consentAfter is how long a recipient may stay silent. The SAT counts working hours.
	consentAfter = 72 * time.Hour
	// keptFor is how long a status is available after the SAT's answer.
	keptFor = 60 * 24 * time.Hour
)

// invoice holds the facts of a UUID.
type invoice struct {
	uuid       string    // as it was registered; "" if it is not in the user's panel
	issuer     string    // the RFC, as far as it is known
	answer     Answer    // by Answer
	registered bool      // a cancellation is pending, or the recipient has consented
	history    []*change // the oldest first
}

// change is a change of the SAT's EstatusCancelacion, or a repeated cancellation.
type change struct {
	at         time.Time
	estatus    string // EstatusCancelacion
	acuse      string // EstatusUUID in the acuse; "" if the invoice is not cancelled
	unanswered bool   // the SAT has not answered yet
}

// The values of EstatusCancelacion.
const (
	inProcess      = "En proceso"
	rejected       = "Solicitud rechazada"
	withoutConsent = "Cancelado sin aceptación"
	withConsent    = "Cancelado con aceptación"
	overdue        = "Plazo vencido"
)

// last returns the last change, an empty one without a history.
func (i *invoice) last() *change {
	if len(i.history) == 0 {
		return new(change)
	}
	return i.history[len(i.history)-1]
}

func (i *invoice) isPending() bool { return i.last().estatus == inProcess }

func (i *invoice) isCancelled() bool { return i.last().acuse != "" }

// cancellation returns the change that a cancellation makes.
func (i *invoice) cancellation(at time.Time, estatus string) *change {
	if i.isCancelled() {
		return &change{at: at, estatus: i.last().estatus, acuse: estatusBefore}
	}
	return &change{at: at, estatus: estatus, acuse: estatusReceived}
}

// registration is a registered cancellation, the last change of the invoice while it is pending.
type registration struct {
	*invoice
	*change
}

// invoice returns the facts of a UUID. The caller holds f.mu.
func (f *Simulator) invoice(uuid string) *invoice {
	f.lapse()
	key := strings.ToLower(uuid)
	if f.invoices[key] == nil {
		f.invoices[key] = &invoice{issuer: rfcEmisor}
	}
	return f.invoices[key]
}

// change adds to the history of an invoice. The caller holds f.mu.
func (f *Simulator) change(known *invoice, c *change) {
	known.history = append(known.history, c)
	if known.isCancelled() {
		f.Ledger.Add(known.uuid)
	}
}

// register makes the cancellation of an invoice pending. The caller holds f.mu.
func (f *Simulator) register(known *invoice, issuer string) {
	pending := &change{at: f.Now(), estatus: inProcess}
	known.issuer, known.registered = issuer, true
	f.change(known, pending)
	f.pending = append(f.pending, registration{known, pending})
}

// refuse makes the recipient refuse, unless the invoice is cancelled. The caller holds f.mu.
func (f *Simulator) refuse(known *invoice) {
	if !known.isCancelled() {
		known.registered = false
		f.change(known, &change{at: f.Now(), estatus: rejected})
	}
}

// lapse cancels the invoices whose recipients have been silent for too long. The caller holds
// f.mu.
func (f *Simulator) lapse() {
	for ; len(f.pending) > 0; f.pending = f.pending[1:] {
		oldest := f.pending[0]
		if oldest.change != oldest.last() {
			continue
		}
		lapsed := oldest.at.Add(consentAfter)
		if f.Now().Before(lapsed) {
			return
		}
		f.change(oldest.invoice, oldest.cancellation(lapsed, overdue))
	}
}

// Accept makes the recipient consent to a pending cancellation: the invoice is cancelled. It
// panics if nothing is pending.
func (f *Simulator) Accept(uuid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.mustBePending(uuid)
	f.change(known, known.cancellation(f.Now(), withConsent))
}

// Refuse makes the recipient refuse a pending cancellation, which can then be registered
// again. It panics if nothing is pending.
func (f *Simulator) Refuse(uuid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse(f.mustBePending(uuid))
}

// NotYetAnswered makes the status of a pending cancellation 200 without an acuse, until it is
// settled: it is registered, and the SAT has not answered. It is easy to take this 200 for a
// cancellation. NotYetAnswered panics if the UUID has no pending cancellation.
func (f *Simulator) NotYetAnswered(uuid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mustBePending(uuid).last().unanswered = true
}

// mustBePending returns the invoice. The caller holds f.mu.
func (f *Simulator) mustBePending(uuid string) *invoice {
	known := f.invoice(uuid)
	if !known.isPending() {
		panic(fmt.Sprintf("factibletest: no cancellation of %q is pending", uuid))
	}
	return known
}

// IsRegistered reports whether a cancellation of the invoice is registered and not refused:
// it is pending, or the recipient has consented. cancelarSectorPrimario registers nothing.
func (f *Simulator) IsRegistered(uuid string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.invoice(uuid).registered
}

// Estatus returns the SAT's EstatusCancelacion of an invoice at a time by the simulator's clock:
// "" before a cancellation was requested, then "En proceso", "Solicitud rechazada", "Cancelado
// sin aceptación", "Cancelado con aceptación" or, after 72 hours of silence, "Plazo vencido".
func (f *Simulator) Estatus(uuid string, at time.Time) (estatus string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.invoice(uuid).history {
		if !c.at.After(at) {
			estatus = c.estatus
		}
	}
	return estatus
}
