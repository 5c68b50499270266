package auco

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

const provider = "auco"

var endpoints = map[cancel.Environment]string{
	cancel.Sandbox:    "https://dev.auco.ai/v1.5/ext",
	cancel.Production: "https://api.auco.ai/v1.5/ext",
}

// defaultMaxBatch is ours: Auco documents no limit.
const defaultMaxBatch = 50

// Config is what [New] needs. A Config is not kept: changing it later changes no
// Client.
type Config struct {
	// PrivateKey is the key that cancels (prk_…). Required.
	PrivateKey cancel.Secret
	// PublicKey is the key that reads (puk_…). Optional: Status needs it.
	PublicKey cancel.Secret
	// Environment is required unless Endpoint is given.
	Environment cancel.Environment
	// Endpoint replaces the URL that Environment stands for, up to but without
	// /document. It must be https unless its host is this machine.
	Endpoint string
	// MaxBatch is the largest number of documents in one call. 0 means 50.
	MaxBatch int
	// Options is how Auco is reached. The zero value is ready for production.
	Options cancel.ClientOptions
}

// Format prints c as fmt would, its secrets as REDACTED. Under verbs that are none
// for a pointer, such as %s, fmt would show all of a Config that it finds behind one.
func (c Config) Format(f fmt.State, verb rune) {
	type plain Config
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), plain(c))
}

// New returns a Client. Its error is cancel.ErrInvalid and names the field of
// Config that is missing, malformed or negative. It sends nothing.
func New(config Config) (*Client, error) {
	call := adapter.Call{Provider: provider, Op: "New"}
	if config.PrivateKey == "" {
		return nil, call.Refuse("PrivateKey is missing")
	}
	if err := adapter.CheckHeaderValue(string(config.PrivateKey)); err != nil {
		return nil, call.Refuse("PrivateKey " + err.Error())
	}
	if strings.HasPrefix(string(config.PrivateKey), "puk_") {
		return nil, call.Refuse("PrivateKey is a public key (puk_): only a private one (prk_) cancels")
	}
	if err := adapter.CheckHeaderValue(string(config.PublicKey)); err != nil {
		return nil, call.Refuse("PublicKey " + err.Error())
	}
	if strings.HasPrefix(string(config.PublicKey), "prk_") {
		return nil, call.Refuse("PublicKey is a private key (prk_): do not hand it out for one")
	}
	if config.MaxBatch < 0 {
		return nil, call.Refuse("MaxBatch is negative")
	}
	endpoint, err := adapter.Endpoint(config.Endpoint, config.Environment, endpoints)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	via, err := adapter.NewClient(config.Options)
	if err != nil {
		return nil, call.Refuse(err.Error())
	}
	c := &Client{
		via:      via,
		private:  func() http.Header { return cancelHeader(config.PrivateKey) },
		target:   endpoint.JoinPath(cancelPath),
		status:   endpoint.JoinPath(statusPath),
		maxBatch: config.MaxBatch,
		redact:   adapter.NewRedactor(config.PrivateKey, config.PublicKey),
	}
	if config.PublicKey != "" {
		c.public = func() http.Header { return statusHeader(config.PublicKey) }
	}
	if c.maxBatch == 0 {
		c.maxBatch = defaultMaxBatch
	}
	return c, nil
}
