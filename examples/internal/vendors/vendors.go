// Package vendors is the one table of the vendors that the programs use.
package vendors

import (
	"cmp"
	"time"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/sat/sattest"
)

// Vendor is a row of the table.
type Vendor struct {
	// Name is the package of the adapter and the Provider of requests, and Title the name
	// for people.
	Name, Title string
	// Variables hold the credentials.
	Variables []cli.Variable
	// Open returns the adapter that the environment describes.
	Open func(getenv func(string) string, options cancel.ClientOptions) (cancel.Canceler, error)
	// Samples are the things that a simulator holds from the beginning.
	Samples []Sample
	// Request returns the i-th of invented requests, which a simulator can hold.
	Request func(i int) cancel.Request
	// Pending says how to follow a cancellation that is under way, "" if the vendor has
	// none. Doubt says how to resolve a doubt.
	Pending, Doubt string

	simulate func(address string) (*Simulator, error)
}

// All are the vendors. The SAT comes last.
var All = []Vendor{Factible, Payvalida, Auco, SAT}

// Cancelers are the vendors that cancel.
var Cancelers = All[:3]

// Sample is something to cancel, and what Cancel says of it, however often it is asked: a
// State or the Reason of an error. A second call may say AlreadyCancelled.
type Sample struct {
	cancel.Request
	About  string
	State  cancel.State
	Reason error
}

// Simulator is a vendor's simulator.
type Simulator struct {
	*canceltest.Server
	// Vendor is the simulator itself, such as a *factibletest.Simulator.
	Vendor any
	// Variables lead to the simulator.
	Variables map[string]string
	// Hold makes the vendor hold the thing that a request names. It panics if the request is
	// malformed.
	Hold func(cancel.Request)
}

// Took reports whether the vendor has cancelled a thing, or registered its cancellation.
func (s *Simulator) Took(id string) bool {
	registers, ok := s.Vendor.(interface{ IsRegistered(string) bool })
	return s.Vendor.(interface{ IsCancelled(string) bool }).IsCancelled(id) || ok && registers.IsRegistered(id)
}

// Getenv returns one of the Variables.
func (s *Simulator) Getenv(name string) string { return s.Variables[name] }

// Simulators are the simulators of all vendors, by name.
type Simulators map[string]*Simulator

// Lag is the lag of the SAT's simulator at first.
const Lag = 24 * time.Hour

// Simulate starts the simulators, each at the address that address returns for its vendor:
// "" means a free port. They hold the samples. The SAT's follows Factible's.
func Simulate(address func(name string) string) (Simulators, error) {
	all := Simulators{}
	for _, v := range All {
		s, err := v.simulate(cmp.Or(address(v.Name), "127.0.0.1:0"))
		if err != nil {
			all.Close()
			return nil, err
		}
		all[v.Name] = s
		s.holdAll(v.Samples)
	}
	all[SAT.Name].holdAll(Factible.Samples)
	all.SetLag(Lag)
	return all, nil
}

// holdAll makes the vendor hold the samples that it has.
func (s *Simulator) holdAll(samples []Sample) {
	for _, sample := range samples {
		if sample.Reason != cancel.ErrNotFound {
			s.Hold(sample.Request)
		}
	}
}

// SetLag sets how long after the PAC the SAT's simulator knows of a cancellation.
func (all Simulators) SetLag(lag time.Duration) {
	all[SAT.Name].Vendor.(*sattest.Simulator).Follow(all[Factible.Name].Vendor.(sattest.PAC), lag)
}

// Pass moves the clocks of the SAT and of Factible.
func (all Simulators) Pass(d time.Duration) { all[SAT.Name].Vendor.(*sattest.Simulator).Pass(d) }

// Close stops the simulators.
func (all Simulators) Close() {
	for _, s := range all {
		s.Close()
	}
}

// Getenv returns a variable that leads to one of the simulators.
func (all Simulators) Getenv(name string) string {
	for _, s := range all {
		if value := s.Getenv(name); value != "" {
			return value
		}
	}
	return ""
}

// endpoint and environment read the variables that all vendors have.
func endpoint(getenv func(string) string, name string) string {
	return getenv(cli.Endpoint(name).Name)
}

func environment(getenv func(string) string) cancel.Environment {
	return cancel.Environment(getenv(cli.Environment.Name))
}
