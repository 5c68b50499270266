package payvalida

import (
	"cmp"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

const provider = "payvalida"

var endpoints = map[cancel.Environment]string{
	cancel.Sandbox:    "https://api-test.payvalida.com",
	cancel.Production: "https://api.payvalida.com",
}

// Config is what [New] needs. New copies it: a later change has no effect on a Client.
type Config struct {
	// Merchant is the name that identifies the merchant (merchant_name). Required.
	Merchant string
	// FixedHash is the merchant's secret, from which checksums are made. Required. It is
	// never sent.
	FixedHash cancel.Secret
	// Environment is required unless Endpoint is given.
	Environment cancel.Environment
	// Endpoint replaces the URL of Environment, up to but without /v4. It must be https
	// unless its host is this machine.
	Endpoint string
	// Options says how Payvalida is reached. The zero value is ready for production.
	Options cancel.ClientOptions
}

// New returns a Client. Its error is [cancel.ErrInvalid] and names the field of Config that is
// missing, malformed or negative. New sends nothing.
func New(config Config) (*Client, error) {
	call := adapter.Call{Provider: provider, Op: "New"}
	fixedHash, hashErr := adapter.RequireCredential("FixedHash", config.FixedHash, nil)
	endpoint, endpointErr := adapter.Endpoint(config.Endpoint, config.Environment, endpoints)
	via, viaErr := adapter.NewClient(config.Options)
	if err := cmp.Or(adapter.Require("Merchant", config.Merchant, adapter.CheckLine), hashErr, endpointErr, viaErr); err != nil {
		return nil, call.Refuse(err.Error())
	}
	return &Client{
		via:       via,
		cancelURL: endpoint.JoinPath(cancelPath),
		statusURL: endpoint.JoinPath(statusPath),
		merchant:  config.Merchant,
		fixedHash: fixedHash,
		redact:    adapter.NewRedactor(fixedHash),
	}, nil
}
