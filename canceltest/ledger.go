package canceltest

import "slices"

// ledger is what a vendor has cancelled.
type ledger struct {
	order []string
	has   map[string]bool
}

func (l *ledger) add(id string) {
	if l.has[id] {
		return
	}
	if l.has == nil {
		l.has = map[string]bool{}
	}
	l.has[id] = true
	l.order = append(l.order, id)
}

func (l *ledger) all() []string { return slices.Clone(l.order) }
