package main

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
	"github.com/unified-cancel/cancel/sat"
)

// simulator is where a provider is that cancels nothing.
const simulator = "simulator"

// providers are the vendors as they can be reached, by name.
type providers struct {
	cancelers map[string]cancel.Canceler
	where     map[string]string
	lacking   map[string]error // why the others cannot be reached
	// simulators take the place of the vendors, nil if variables are set.
	simulators vendors.Simulators
}

// account returns the name of a provider in the database. It includes the environment, so
// that results of the sandbox and of simulators count for nothing in production.
func (p *providers) account(name string) string { return name + "@" + p.where[name] }

// openProviders opens the providers whose variables are set; without any, simulators, which need no
// limit. With -check the SAT takes Factible's place.
func openProviders(getenv func(string) string, rows []row, s *settings) (_ *providers, err error) {
	p := &providers{map[string]cancel.Canceler{}, map[string]string{}, map[string]error{}, nil}
	defer func() {
		if err != nil {
			p.simulators.Close()
		}
	}()
	if !mentioned(getenv, vendors.All...) && getenv(cli.Environment.Name) == "" {
		if p.simulators, err = vendors.Simulate(func(string) string { return "" }); err != nil {
			return nil, err
		}
		getenv, s.satRate = p.simulators.Getenv, 0
		p.simulators.SetLag(0)
	}
	expressions := slices.ContainsFunc(rows, func(r row) bool { return r.Request.Expression != "" })
	for _, v := range vendors.Cancelers {
		if err := p.open(v, getenv, *s, expressions); err != nil {
			return nil, cli.Errorf("%s: %s", v.Name, err)
		}
		if p.simulators != nil {
			p.where[v.Name] = simulator
		}
	}
	if len(p.cancelers) == 0 {
		return nil, cli.Errorf("%s is set, but no provider's credentials are", cli.Environment.Name)
	}
	return p, nil
}

// hold makes the simulators hold the things that requests name, but not the sample of a thing that
// its vendor does not have.
func (p *providers) hold(rows []row) {
	unknown := func(id string) bool {
		return slices.ContainsFunc(vendors.Factible.Samples, func(s vendors.Sample) bool {
			return s.Reason == cancel.ErrNotFound && strings.EqualFold(s.ID, id)
		})
	}
	for _, r := range rows {
		if p.simulators == nil || unknown(r.Request.ID) {
			continue
		}
		p.simulators[r.Request.Provider].Hold(r.Request)
		if r.Request.Provider == vendors.Factible.Name && r.Request.Expression != "" {
			p.simulators[vendors.SAT.Name].Hold(r.Request)
		}
	}
}

func mentioned(getenv func(string) string, of ...vendors.Vendor) bool {
	for _, v := range of {
		for _, variable := range append(v.Variables, cli.Endpoint(v.Name)) {
			if getenv(variable.Name) != "" {
				return true
			}
		}
	}
	return false
}

func (p *providers) open(v vendors.Vendor, getenv func(string) string, s settings, expressions bool) error {
	name := v.Name
	if s.check && name == vendors.Factible.Name {
		v = vendors.SAT
	}
	if err := cli.Missing(v.Name, v.Variables, getenv); err != nil {
		if mentioned(getenv, v) {
			return err
		}
		p.lacking[name] = cli.Errorf("provider %q has no credentials: %s", name, err)
		return nil
	}
	environment, endpoint := getenv(cli.Environment.Name), getenv(cli.Endpoint(v.Name).Name)
	err := cli.Confirmed(s.yes || s.dryRun || s.check, environment, endpoint)
	if err != nil {
		return err
	}
	canceler, err := v.Open(getenv, cancel.ClientOptions{})
	if err == nil && v.Name == vendors.Factible.Name && expressions {
		canceler, err = confirm(canceler.(pac), getenv)
	}
	p.cancelers[name], p.where[name] = canceler, environment
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		p.where[name] = u.Host
	}
	return err
}

// pac cancels invoices.
type pac interface {
	cancel.Canceler
	cancel.StatusChecker
	cancel.Validator
	cancel.Identifier
}

// confirmed calls an invoice with an expression cancelled only if the SAT does, too.
type confirmed struct{ pac, both pac }

func confirm(p pac, getenv func(string) string) (cancel.Canceler, error) {
	if err := cli.Missing(vendors.SAT.Name, nil, getenv); err != nil {
		return nil, err
	}
	authority, err := vendors.OpenSAT(getenv, cancel.ClientOptions{})
	if err != nil {
		return nil, err
	}
	return confirmed{p, sat.Confirm(p, authority).(pac)}, nil
}

func (c confirmed) of(req cancel.Request) pac {
	if req.Expression == "" {
		return c.pac
	}
	return c.both
}

func (c confirmed) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	return c.of(req).Cancel(ctx, req)
}

func (c confirmed) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	return c.of(req).Status(ctx, req)
}

func (c confirmed) Validate(req cancel.Request) error { return c.of(req).Validate(req) }
