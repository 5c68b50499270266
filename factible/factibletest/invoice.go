package factibletest

import (
	"fmt"
	"strings"
	"time"
)

// consentAfter is how long a recipient may stay silent, in hours rather than in working
// hours.
const consentAfter = 72 * time.Hour

// invoice is one in the user's panel.
type invoice struct {
	uuid   string // as it was registered
	issuer string // the RFC, as far as it is known
	// cancelled is the date of the last acuse and estatus what it says, "" where
	// there is none.
	cancelled time.Time
	estatus   string

	// pending is the cancellation that the recipient has to consent to, nil where there
	// is none; refused is true once one was refused and none was registered since.
	pending    *registration
	registered bool // one is pending or was consented to
	refused    bool
}

// registration is a cancellation that was registered.
type registration struct {
	of         *invoice
	at         time.Time
	unanswered bool
}

func (i *invoice) isCancelled() bool { return i.estatus != "" }

// next is the EstatusUUID of the acuse for the next cancellation.
func (i *invoice) next() string {
	if i.isCancelled() {
		return estatusBefore
	}
	return estatusReceived
}

func (i *invoice) acuse(estatus string, at time.Time) []byte {
	return acuse(i.uuid, estatus, i.issuer, at)
}

// refuse has the recipient refuse.
func (i *invoice) refuse() {
	i.pending, i.registered, i.refused = nil, false, true
}

// cancel cancels an invoice, once or again. The caller holds f.mu.
func (f *Simulator) cancel(known *invoice, at time.Time) {
	known.cancelled, known.estatus = at, known.next()
	known.pending, known.refused = nil, false
	f.cancelled.Add(known.uuid)
}

// registerCancellation makes the cancellation of an invoice pending. The caller holds
// f.mu.
func (f *Simulator) registerCancellation(known *invoice, issuer string) {
	known.issuer = issuer
	known.pending = &registration{of: known, at: f.Now()}
	known.registered, known.refused = true, false
	f.pending = append(f.pending, known.pending)
}

// lapse cancels what recipients have stayed silent about for too long. The caller holds
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
			f.cancel(oldest.of, lapsed)
		}
		f.pending[0] = nil
		f.pending = f.pending[1:]
	}
}

// Accept has the recipient consent to a pending cancellation: the invoice is cancelled.
// It panics for a UUID without one.
func (f *Simulator) Accept(uuid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancel(f.mustBePending(uuid), f.Now())
}

// Refuse has the recipient refuse a pending cancellation, which may then be registered
// again. It panics for a UUID without one.
func (f *Simulator) Refuse(uuid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mustBePending(uuid).refuse()
}

// NotYetAnswered makes the status of a pending cancellation 200 without an acuse, until
// it is settled. That says that it was registered and the SAT has not answered, and is
// easily taken for a cancellation. It panics for a UUID without one.
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

// IsRegistered reports whether a cancellation of the invoice was registered and not
// refused: it is pending, or was consented to. One that cancelarSectorPrimario alone has
// cancelled was not registered.
func (f *Simulator) IsRegistered(uuid string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.invoices[strings.ToLower(uuid)]
	return known != nil && known.registered
}
