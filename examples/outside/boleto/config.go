package boleto

import (
	"errors"
	"fmt"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

const provider = "boleto"

const endpoint = "https://api.cobros-inventados.example"

var endpoints = map[cancel.Environment]string{cancel.Sandbox: endpoint, cancel.Production: endpoint}

// prefixes are the beginnings of the keys of each environment.
var prefixes = map[cancel.Environment]string{cancel.Sandbox: "test_", cancel.Production: "live_"}

// Config is the input of [New]. It is not kept: changing it later changes no Client.
type Config struct {
	// Key is the secret key: test_… in the sandbox, live_… in production. Required.
	Key cancel.Secret
	// Environment is required unless Endpoint is given. It must agree with the Key.
	Environment cancel.Environment
	// Endpoint replaces the vendor's URL. It must be https unless its host is this machine.
	Endpoint string
	// Options says how to reach the vendor. The zero value is ready for production.
	Options cancel.ClientOptions
}

// New returns a Client. Its error is cancel.ErrInvalid and names the field of Config that is
// missing or malformed. It sends nothing.
func New(config Config) (*Client, error) {
	call := adapter.Call{Provider: provider, Op: "New"}
	if config.Key.IsZero() {
		return nil, call.Refuse("Key is missing")
	}
	key, err := adapter.NewCredential("Key", config.Key, func(key string) error {
		return validKey(key, config.Environment)
	})
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	base, err := adapter.Endpoint(config.Endpoint, config.Environment, endpoints)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	via, err := adapter.NewClient(config.Options)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	return &Client{via: via, base: base, key: key, redact: adapter.NewRedactor(key)}, nil
}

// validKey says why a key cannot be used in an environment.
func validKey(key string, environment cancel.Environment) error {
	if prefix := prefixes[environment]; !strings.HasPrefix(key, prefix) {
		return fmt.Errorf("does not begin with %s: it is not a key of the environment %s", prefix, environment)
	}
	if strings.ContainsAny(key, " \t") {
		return errors.New("holds a blank")
	}
	return adapter.CheckHeaderValue(key)
}
