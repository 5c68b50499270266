package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/examples/internal/vendors"
)

// simulator is where a provider is that cancels nothing.
const simulator = "simulator"

// providers are the vendors as they can be reached, by name.
type providers struct {
	cancelers map[string]cancel.Canceler
	where     map[string]string
	lacking   map[string]error // why the others cannot be reached
	close     func()
}

// account returns the name of a provider in the database. It includes the environment, so
// that results of the sandbox and of simulators count for nothing in production.
func (p *providers) account(name string) string { return name + "@" + p.where[name] }

// name is the reverse of account: "" for an account of another place.
func (p *providers) name(account string) string {
	name, where, _ := strings.Cut(account, "@")
	if p.cancelers[name] == nil || p.where[name] != where {
		return ""
	}
	return name
}

// missing reports why nothing can be asked of the provider of that name.
func (p *providers) missing(name string) error {
	switch {
	case p.cancelers[name] != nil:
		return nil
	case p.lacking[name] != nil:
		return p.lacking[name]
	}
	return fmt.Errorf("there is no provider %q", name)
}

// openProviders opens the providers whose variables are set; without any, simulators that
// hold the things in the input. With -check the SAT takes Factible's place.
func openProviders(getenv func(string) string, in *input, s settings) (*providers, error) {
	p := &providers{map[string]cancel.Canceler{}, map[string]string{}, map[string]error{}, func() {}}
	var simulators vendors.Simulators
	if !mentioned(getenv, vendors.All...) && getenv(cli.Environment.Name) == "" {
		var err error
		if simulators, err = vendors.Simulate(func(string) string { return "" }); err != nil {
			return nil, err
		}
		p.close, getenv = simulators.Close, simulators.Getenv
	}
	for _, v := range vendors.Cancelers {
		if err := p.open(v, getenv, s); err != nil {
			p.close()
			return nil, fmt.Errorf("%s: %w", v.Name, err)
		}
		if simulators != nil {
			p.where[v.Name] = simulator
		}
	}
	if len(p.cancelers) == 0 {
		return nil, fmt.Errorf("%s is set, but no provider's credentials are", cli.Environment.Name)
	}
	if simulators == nil {
		return p, nil
	}
	for r, err := range in.rows() {
		if err != nil {
			p.close()
			return nil, err
		}
		if vendor := simulators[r.request.Provider]; r.bad == nil && vendor != nil {
			vendor.Hold(r.request)
			simulators[vendors.SAT.Name].Hold(r.request)
		}
	}
	return p, nil
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

func (p *providers) open(v vendors.Vendor, getenv func(string) string, s settings) error {
	as := v.Name
	if s.check && v.Name == vendors.Factible.Name {
		v = vendors.SAT
	}
	err := cli.Missing(v.Name, v.Variables, getenv)
	if err != nil && !mentioned(getenv, v) {
		p.lacking[as] = fmt.Errorf("provider %q has no credentials: %w", as, err)
		return nil
	}
	if err != nil {
		return err
	}
	environment, endpoint := getenv(cli.Environment.Name), getenv(cli.Endpoint(v.Name).Name)
	if !s.yes && !s.dryRun && !s.check && !cli.Rehearsal(cancel.Environment(environment), endpoint) {
		return cli.ErrUnconfirmed
	}
	if p.cancelers[as], err = v.Open(getenv, cancel.ClientOptions{}); err != nil {
		return err
	}
	p.where[as] = environment
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		p.where[as] = u.Host
	}
	return nil
}
