package canceltest_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

// vendor is a simulator, for tests of the behaviour that all simulators share.
type vendor struct {
	*canceltest.Server
	factible    *factibletest.Simulator // nil for the others
	register    func(ids ...string)
	isCancelled func(id string) bool
	cancelled   func() []string
	request     func(n int) cancel.Request // the nth, registered or not
	connect     func(t *testing.T, o cancel.ClientOptions) cancel.Canceler
	options     cancel.ClientOptions // of Config
}

// vendors starts one of each kind.
var vendors = map[string]func(t *testing.T) vendor{
	"factible": func(t *testing.T) vendor {
		return factibleVendor(t, (*factibletest.Simulator).Config)
	},
	"factible SOAP 1.2": func(t *testing.T) vendor {
		return factibleVendor(t, (*factibletest.Simulator).ConfigSOAP12)
	},
	"factible invoices": func(t *testing.T) vendor {
		return consenting(factibleVendor(t, (*factibletest.Simulator).Config))
	},
	"payvalida": func(t *testing.T) vendor {
		sim := payvalidatest.New()
		t.Cleanup(sim.Close)
		return vendor{
			Server:      sim.Server,
			register:    func(ids ...string) { sim.Register(cancel.Payment, ids...) },
			isCancelled: sim.IsCancelled,
			cancelled:   sim.Cancelled,
			request: func(n int) cancel.Request {
				return cancel.Request{Kind: cancel.Payment, ID: strconv.Itoa(2400000 + n)}
			},
			connect: func(t *testing.T, o cancel.ClientOptions) cancel.Canceler {
				config := sim.Config()
				config.Options = o
				client, err := payvalida.New(config)
				require.NoError(t, err)
				return client
			},
			options: sim.Config().Options,
		}
	},
	"auco": func(t *testing.T) vendor {
		sim := aucotest.New()
		t.Cleanup(sim.Close)
		return vendor{
			Server:      sim.Server,
			register:    sim.Register,
			isCancelled: sim.IsCancelled,
			cancelled:   sim.Cancelled,
			request: func(n int) cancel.Request {
				return document("TR99AQ" + strconv.Itoa(1000+n))
			},
			connect: func(t *testing.T, o cancel.ClientOptions) cancel.Canceler {
				config := sim.Config()
				config.Options = o
				client, err := auco.New(config)
				require.NoError(t, err)
				return client
			},
			options: sim.Config().Options,
		}
	},
}

func factibleVendor(t *testing.T, configOf func(*factibletest.Simulator) factible.Config) vendor {
	sim := factibletest.New()
	t.Cleanup(sim.Close)
	return vendor{
		Server:      sim.Server,
		factible:    sim,
		register:    sim.Register,
		isCancelled: sim.IsCancelled,
		cancelled:   sim.Cancelled,
		request: func(n int) cancel.Request {
			return invoice("0A1B2C3D-0000-4000-8000-" + strconv.Itoa(100000000000+n))
		},
		connect: func(t *testing.T, o cancel.ClientOptions) cancel.Canceler {
			config := configOf(sim)
			config.Options = o
			client, err := factible.New(config)
			require.NoError(t, err)
			return client
		},
		options: configOf(sim).Options,
	}
}

// consenting is the Factible simulator for invoices that need consent: registered
// cancellations take the place of cancellations.
func consenting(v vendor) vendor {
	register, request := v.register, v.request
	var held []string
	v.register = func(ids ...string) {
		held = append(held, ids...)
		register(ids...)
	}
	v.isCancelled = v.factible.IsRegistered
	v.cancelled = func() (registered []string) {
		for _, id := range held {
			if v.factible.IsRegistered(id) {
				registered = append(registered, id)
			}
		}
		return registered
	}
	v.request = func(n int) cancel.Request { return consented(request(n).ID) }
	return v
}

const issuer = "EJE2001019A1"

// consented is a request to cancel an invoice that the recipient has to consent to.
func consented(uuid string) cancel.Request {
	return cancel.Request{Kind: cancel.Invoice, ID: uuid, Motive: "02", Issuer: issuer}
}

func invoice(uuid string) cancel.Request {
	return cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: uuid}
}

func document(code string) cancel.Request {
	return cancel.Request{Kind: cancel.Document, ID: code, Reason: "Error en la cláusula II", RequestedBy: "legal@example.com"}
}

// eachVendor runs test with one simulator of each kind and a client of its Config.
func eachVendor(t *testing.T, test func(t *testing.T, v vendor, client cancel.Canceler)) {
	for name, start := range vendors {
		t.Run(name, func(t *testing.T) {
			v := start(t)
			test(t, v, v.connect(t, v.options))
		})
	}
}

// ask cancels and returns the error.
func ask(t *testing.T, client cancel.Canceler, req cancel.Request) error {
	t.Helper()
	_, err := client.Cancel(t.Context(), req)
	return err
}

// whenArrived returns a context that ends once the simulator has read its nth call.
func whenArrived(t *testing.T, v vendor, n int) context.Context {
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		defer stop()
		for ctx.Err() == nil {
			if calls := v.Calls(); len(calls) >= n && calls[n-1].Op != "" {
				return
			}
			<-pause()
		}
	}()
	return ctx
}
