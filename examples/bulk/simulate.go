package main

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

// What the simulators do not simply cancel. They hold everything else that the input
// asks for, so that any file can be tried.
var (
	simulatedUnknown  = []string{"D7E3F519-0A84-4B2C-A6E9-58B1C07D3F42"}
	simulatedRefused  = "0C9D7B42-5E1F-4A86-B3D0-71E8F26A4C95" // by its recipient
	simulatedStubborn = "2402575"                              // not reversed, however often it is asked
	simulatedOdd      = "2402571"                              // answers what Payvalida does not document
	simulatedSigned   = "TR99AQMY33"                           // by everybody
)

var orderNumber = regexp.MustCompile(`^[1-9][0-9]{0,29}$`)

// openSimulators starts the simulators of the vendors in this process.
func openSimulators(in *input, dryRun bool) (*vendors, error) {
	invoices := factibletest.New()
	payments := payvalidatest.New()
	documents := aucotest.New()
	v := newVendors()
	v.close = func() {
		invoices.Close()
		payments.Close()
		documents.Close()
	}
	for r, err := range in.rows() {
		if err != nil {
			v.close()
			return nil, err
		}
		switch req := r.request; {
		case r.bad != nil || slices.Contains(simulatedUnknown, req.ID):
		case req.Provider == "factible" && uuid.MatchString(req.ID):
			invoices.Register(req.ID)
		case req.Provider == "payvalida" && orderNumber.MatchString(req.ID) &&
			(req.Kind == cancel.Payment || req.Kind == cancel.PreAuthorization):
			payments.Register(req.Kind, req.ID)
		case req.Provider == "auco":
			documents.Register(req.ID)
		}
	}
	invoices.Answer(simulatedRefused, factibletest.Answer{Status: 213, Message: "El receptor rechazó la solicitud."})
	payments.Answer(simulatedStubborn, "0017", "transaction was not reversed, try again")
	payments.Answer(simulatedOdd, "0099", "processing")
	documents.SetState(simulatedSigned, "FINISH")

	ofInvoices, ofPayments, ofDocuments := invoices.Config(), payments.Config(), documents.Config()
	if dryRun {
		ofInvoices.Options, ofPayments.Options, ofDocuments.Options = options(true), options(true), options(true)
	}
	for name, open := range map[string]func() (cancel.Canceler, error){
		"factible":  func() (cancel.Canceler, error) { return factible.New(ofInvoices) },
		"payvalida": func() (cancel.Canceler, error) { return payvalida.New(ofPayments) },
		"auco":      func() (cancel.Canceler, error) { return auco.New(ofDocuments) },
	} {
		canceler, err := open()
		if err != nil {
			v.close()
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		v.cancelers[name] = canceler
		v.target[name] = simulator
	}
	return v, nil
}

// simulator is where a provider is that cancels nothing.
const simulator = "simulator"
