package main

import (
	"iter"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/sat"
)

// storm is the simulators, which fail, and the adapters that reach them.
type storm struct {
	vendors.Simulators

	providers map[string]cancel.Canceler
}

// begin starts the simulators. The adapters reach them with the given options, by the HTTP
// client that counts refused connections. Invoices are confirmed by the SAT.
func begin(options cancel.ClientOptions, share float64, seed uint64) (*storm, error) {
	all, err := vendors.Simulate(func(string) string { return "" })
	if err != nil {
		return nil, err
	}
	s := &storm{all, map[string]cancel.Canceler{}}
	for _, v := range vendors.All {
		all[v.Name].FailAtRandom(share, seed)
		options.HTTPClient = all[v.Name].Options().HTTPClient
		if s.providers[v.Name], err = v.Open(all.Getenv, options); err != nil {
			all.Close()
			return nil, err
		}
	}
	authority := s.providers["sat"].(vendors.Register).Client
	s.providers["factible"] = sat.Confirm(s.providers["factible"], authority)
	delete(s.providers, "sat")
	return s, nil
}

// requests yields n requests: a few for each vendor in turn, so that vendors that take
// several in one call get some. One in a hundred is about a thing that the vendor does not
// have; the SAT has every invoice.
func (s *storm) requests(n int) iter.Seq[cancel.Request] {
	const run = 10
	return func(yield func(cancel.Request) bool) {
		for i := range n {
			req := vendors.Cancelers[i/run%len(vendors.Cancelers)].Request(i)
			if i%100 != 7 {
				s.Simulators[req.Provider].Hold(req)
			}
			if req.Expression != "" {
				s.Simulators["sat"].Hold(req)
			}
			if !yield(req) {
				return
			}
		}
	}
}

// pass moves the clocks on, until recipients have consented by silence and the SAT knows.
func (s *storm) pass() {
	s.Simulators["sat"].Vendor.(interface{ Pass(time.Duration) }).Pass(80*time.Hour + vendors.Lag)
}

// holds reports whether the ledgers hold the thing as that state says.
func (s *storm) holds(req cancel.Request, state cancel.State) bool {
	vendor := s.Simulators[req.Provider]
	taken := vendor.IsCancelled(req.ID) || vendor.IsRegistered(req.ID)
	if state.IsCancelled() && req.Expression != "" {
		return taken && s.Simulators["sat"].IsCancelled(req.ID)
	}
	return taken
}
