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

// invoice is an invoice in the user's panel.
type invoice struct {
	uuid   string // as it was registered
	issuer string // the RFC, as far as it is known
	// answered is when the SAT last answered, by an acuse or with a refusal.
	answered time.Time
	estatus  string // EstatusUUID of the last acuse, "" without one

	pending    *registration // waits for the recipient; nil without one
	registered bool          // pending, or the recipient has consented
	refused    bool          // the recipient has refused, and nothing was registered since

	history []change // the oldest first
}

// change is a change of the SAT's EstatusCancelacion.
type change struct {
	at      time.Time
	estatus string
}

// The values of EstatusCancelacion.
const (
	inProcess      = "En proceso"
	rejected       = "Solicitud rechazada"
	withoutConsent = "Cancelado sin aceptación"
	withConsent    = "Cancelado con aceptación"
	overdue        = "Plazo vencido"
)

func (i *invoice) becomes(estatus string, at time.Time) {
	i.history = append(i.history, change{at, estatus})
}

// registration is a registered cancellation.
type registration struct {
	of         *invoice
	at         time.Time
	unanswered bool
}

func (i *invoice) isCancelled() bool { return i.estatus != "" }

// forgotten reports whether the SAT's answer is too old for a status.
func (i *invoice) forgotten(now time.Time) bool {
	return i.pending == nil && !i.answered.IsZero() && now.Sub(i.answered) > keptFor
}

// next returns the EstatusUUID of the acuse for the next cancellation.
func (i *invoice) next() string {
	if i.isCancelled() {
		return estatusBefore
	}
	return estatusReceived
}

func (i *invoice) acuse(estatus string, at time.Time) []byte {
	return acuse(i.uuid, estatus, i.issuer, at)
}

func (i *invoice) refuse(at time.Time) {
	i.answered = at
	i.pending, i.registered, i.refused = nil, false, true
	i.becomes(rejected, at)
}

// cancel cancels an invoice, or cancels it again. How is its EstatusCancelacion. The caller
// holds f.mu.
func (f *Simulator) cancel(known *invoice, at time.Time, how string) {
	if !known.isCancelled() {
		known.becomes(how, at)
	}
	known.answered, known.estatus = at, known.next()
	known.pending, known.refused = nil, false
	f.cancelled.Add(known.uuid)
}

// registerCancellation makes the cancellation of an invoice pending. The caller holds
// f.mu.
func (f *Simulator) registerCancellation(known *invoice, issuer string) {
	known.issuer = issuer
	known.pending = &registration{of: known, at: f.Now()}
	known.registered, known.refused = true, false
	known.becomes(inProcess, known.pending.at)
	f.pending = append(f.pending, known.pending)
}

// lapse cancels the invoices whose recipients have been silent for too long. The caller holds
// f.mu.
func (f *Simulator) lapse() {
	now := f.Now()
	for len(f.pending) > 0 {
		oldest := f.pending[0]
		if oldest == oldest.of.pending {
			lapsed := oldest.at.Add(consentAfter)
			if now.Before(lapsed) {
				return
			}
			f.cancel(oldest.of, lapsed, overdue)
		}
		f.pending[0] = nil
		f.pending = f.pending[1:]
	}
}

// Accept makes the recipient consent to a pending cancellation: the invoice is cancelled. It
// panics if nothing is pending.
func (f *Simulator) Accept(uuid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancel(f.mustBePending(uuid), f.Now(), withConsent)
}

// Refuse makes the recipient refuse a pending cancellation, which can then be registered
// again. It panics if nothing is pending.
func (f *Simulator) Refuse(uuid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mustBePending(uuid).refuse(f.Now())
}

// NotYetAnswered makes the status of a pending cancellation 200 without an acuse, until it is
// settled: it is registered, and the SAT has not answered. It is easy to take this 200 for a
// cancellation. NotYetAnswered panics if the UUID has no pending cancellation.
func (f *Simulator) NotYetAnswered(uuid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mustBePending(uuid).pending.unanswered = true
}

// mustBePending returns the invoice. The caller holds f.mu.
func (f *Simulator) mustBePending(uuid string) *invoice {
	f.lapse()
	known := f.invoices[strings.ToLower(uuid)]
	if known == nil || known.pending == nil {
		panic(fmt.Sprintf("factibletest: no cancellation of %q is pending", uuid))
	}
	return known
}

// IsRegistered reports whether a cancellation of the invoice is registered and not refused:
// it is pending, or the recipient has consented. cancelarSectorPrimario registers nothing.
func (f *Simulator) IsRegistered(uuid string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.invoices[strings.ToLower(uuid)]
	return known != nil && known.registered
}

// Estatus returns the SAT's EstatusCancelacion of an invoice at a time by the simulator's clock:
// "" before a cancellation was requested, then "En proceso", "Solicitud rechazada", "Cancelado
// sin aceptación", "Cancelado con aceptación" or, after 72 hours of silence, "Plazo vencido".
func (f *Simulator) Estatus(uuid string, at time.Time) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lapse()
	known := f.invoices[strings.ToLower(uuid)]
	if known == nil {
		return ""
	}
	estatus := ""
	for _, c := range known.history {
		if !c.at.After(at) {
			estatus = c.estatus
		}
	}
	return estatus
}
