package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/examples/internal/cli"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/payvalida"
)

// provider is one whose things this program cancels.
type provider struct {
	about   cli.About
	secrets []string // which of its variables hold some
	open    func(getenv func(string) string, o cancel.ClientOptions) (cancel.Canceler, error)
	// doubt says how a person finds out what became of a request, and follow what becomes
	// of one that is under way: "" where none ever is.
	doubt, follow string
}

var providers = []provider{
	{
		about: cli.About{Name: "factible", Variables: []cli.Variable{
			{Name: "FACTIBLE_USERNAME", Meaning: "a user of the stamping panel"},
			{Name: "FACTIBLE_PASSWORD", Meaning: "that user's password"},
		}},
		secrets: []string{"FACTIBLE_PASSWORD"},
		open: func(getenv func(string) string, o cancel.ClientOptions) (cancel.Canceler, error) {
			return factible.New(factible.Config{
				Username:    getenv("FACTIBLE_USERNAME"),
				Password:    cancel.NewSecret(getenv("FACTIBLE_PASSWORD")),
				Environment: cancel.Environment(getenv(environment)), Endpoint: getenv("FACTIBLE_ENDPOINT"), Options: o,
			})
		},
		doubt: "Solución Factible is asked for the status first.",
		follow: "The recipient of an invoice has 72 hours to object. examples/factible -uuid UUID -status " +
			"says how it stands; with -receipt FILE it saves the acuse, once there is one.",
	},
	{
		about: cli.About{Name: "payvalida", Variables: []cli.Variable{
			{Name: "PAYVALIDA_MERCHANT", Meaning: "the name that identifies the merchant"},
			{Name: "PAYVALIDA_FIXED_HASH", Meaning: "the merchant's fixed hash, which signs the calls"},
		}},
		secrets: []string{"PAYVALIDA_FIXED_HASH"},
		open: func(getenv func(string) string, o cancel.ClientOptions) (cancel.Canceler, error) {
			return payvalida.New(payvalida.Config{
				Merchant:    getenv("PAYVALIDA_MERCHANT"),
				FixedHash:   cancel.NewSecret(getenv("PAYVALIDA_FIXED_HASH")),
				Environment: cancel.Environment(getenv(environment)), Endpoint: getenv("PAYVALIDA_ENDPOINT"), Options: o,
			})
		},
		doubt: "Payvalida says, asked again, whether it was cancelled before.",
	},
	{
		about: cli.About{Name: "auco", Variables: []cli.Variable{
			{Name: "AUCO_PRIVATE_KEY", Meaning: "the organisation's private key (prk_…), which cancels"},
			{Name: "AUCO_PUBLIC_KEY", Meaning: "its public key (puk_…), which reads: it settles what is in doubt", Optional: true},
		}},
		secrets: []string{"AUCO_PRIVATE_KEY", "AUCO_PUBLIC_KEY"},
		open: func(getenv func(string) string, o cancel.ClientOptions) (cancel.Canceler, error) {
			return auco.New(auco.Config{
				PrivateKey:  cancel.NewSecret(getenv("AUCO_PRIVATE_KEY")),
				PublicKey:   cancel.NewSecret(getenv("AUCO_PUBLIC_KEY")),
				Environment: cancel.Environment(getenv(environment)), Endpoint: getenv("AUCO_ENDPOINT"), Options: o,
			})
		},
		doubt: "Auco is asked for the status first where AUCO_PUBLIC_KEY is set. " +
			"Where the outcome stays unknown, look the document up at Auco.",
	},
}

// advice is what to do about what ended as o at the provider of that name.
func advice(o outcome, name string) string {
	particular := ""
	for _, p := range providers {
		switch {
		case p.about.Name != name:
		case o.uncertain():
			particular = p.doubt
		case o.class == underWay:
			particular = p.follow
		}
	}
	return strings.TrimSpace(o.advice + " " + particular)
}

const environment = "CANCEL_ENVIRONMENT"

func (p provider) endpointVariable() string { return strings.ToUpper(p.about.Name) + "_ENDPOINT" }

// mentioned reports whether a variable of this provider is set.
func (p provider) mentioned(getenv func(string) string) bool {
	for _, v := range p.about.Variables {
		if getenv(v.Name) != "" {
			return true
		}
	}
	return getenv(p.endpointVariable()) != ""
}

// vendors are the providers as they can be reached.
type vendors struct {
	cancelers map[string]cancel.Canceler
	// target says where each is.
	target map[string]string
	// hide replaces the secrets.
	hide  func(string) string
	close func()
}

// missing reports why nothing can be asked of the provider of that name.
func (v *vendors) missing(name string) error {
	if v.cancelers[name] != nil {
		return nil
	}
	for _, p := range providers {
		if p.about.Name == name {
			return fmt.Errorf("provider %q has no credentials: %s is not set", name, p.about.Variables[0].Name)
		}
	}
	return fmt.Errorf("there is no provider %q", name)
}

// openVendors opens the providers whose variables are set; where none is set, the
// simulators.
func openVendors(process cli.Process, in *input, dryRun, yes bool) (*vendors, error) {
	mentioned := process.Getenv(environment) != ""
	for _, p := range providers {
		mentioned = mentioned || p.mentioned(process.Getenv)
	}
	if !mentioned {
		return openSimulators(in, dryRun)
	}
	v := newVendors()
	var secrets []string
	for _, p := range providers {
		if !p.mentioned(process.Getenv) {
			continue
		}
		where, err := v.open(p, process, dryRun, yes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.about.Name, err)
		}
		v.target[p.about.Name] = where
		for _, name := range p.secrets {
			secrets = append(secrets, process.Getenv(name))
		}
	}
	if len(v.cancelers) == 0 {
		return nil, fmt.Errorf("%s is set, but no provider's credentials are", environment)
	}
	v.hide = hide(secrets)
	return v, nil
}

// openOffline opens all providers for no more than to check requests: with credentials
// that are nobody's, and nothing is sent.
func openOffline() (*vendors, error) {
	secret := rand.Text() // which is in no text that secrets are taken out of
	made := cli.Process{Getenv: func(name string) string {
		switch {
		case name == environment:
			return string(cancel.Sandbox)
		case strings.HasSuffix(name, "_ENDPOINT"):
			return ""
		}
		return secret
	}}
	v := newVendors()
	for _, p := range providers {
		if _, err := v.open(p, made, true, false); err != nil {
			return nil, fmt.Errorf("%s: %w", p.about.Name, err)
		}
	}
	return v, nil
}

func newVendors() *vendors {
	return &vendors{
		cancelers: map[string]cancel.Canceler{},
		target:    map[string]string{},
		hide:      hide(nil),
		close:     func() {},
	}
}

// open opens a provider as the environment says, and says where it is.
func (v *vendors) open(p provider, process cli.Process, dryRun, yes bool) (where string, err error) {
	process.Args = nil
	if yes || dryRun { // a dry run needs no confirmation
		process.Args = []string{"-yes"}
	}
	tool := cli.New(p.about, process)
	if err := tool.Parse(); err != nil {
		return "", err
	}
	canceler, err := p.open(process.Getenv, options(dryRun))
	if err != nil {
		if e, ok := errors.AsType[*cancel.Error](err); ok {
			err = errors.New(e.Message)
		}
		return "", err
	}
	v.cancelers[p.about.Name] = canceler
	where = process.Getenv(environment)
	if u, err := url.Parse(process.Getenv(p.endpointVariable())); err == nil && u.Host != "" {
		where = u.Host
	}
	return where, nil
}

// hide returns a function that replaces the secrets in a text.
func hide(secrets []string) func(string) string {
	var pairs []string
	for _, secret := range secrets {
		if secret != "" {
			pairs = append(pairs, secret, "REDACTED")
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// errDryRun is why nothing was sent.
var errDryRun = errors.New("this is a dry run: nothing is sent")

// nowhere sends nothing.
type nowhere struct{}

func (nowhere) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	return nil, errDryRun
}

func options(dryRun bool) cancel.ClientOptions {
	if !dryRun {
		return cancel.ClientOptions{}
	}
	return cancel.ClientOptions{HTTPClient: &http.Client{Transport: nowhere{}}}
}
