package auco

import (
	"cmp"
	"errors"
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

// Config is what [New] needs. New copies it: a later change has no effect on a Client.
type Config struct {
	// PrivateKey is the key that cancels (prk_…). Required.
	PrivateKey cancel.Secret
	// PublicKey is the key that reads (puk_…). Optional: Status and Preflight need it.
	PublicKey cancel.Secret
	// Environment is required unless Endpoint is given.
	Environment cancel.Environment
	// Endpoint replaces the URL of Environment, up to but without /document. It must be
	// https unless its host is this machine.
	Endpoint string
	// MaxBatch is the largest number of documents in one call. 0 means 50.
	MaxBatch int
	// Options says how Auco is reached. The zero value is ready for production.
	Options cancel.ClientOptions
}

// New returns a Client. Its error is [cancel.ErrInvalid] and names the field of Config that is
// missing, malformed or negative. New sends nothing.
func New(config Config) (*Client, error) {
	call := adapter.Call{Provider: provider, Op: "New"}
	private, privateErr := adapter.RequireCredential("PrivateKey", config.PrivateKey, validPrivateKey)
	public, publicErr := adapter.NewCredential("PublicKey", config.PublicKey, validPublicKey)
	var batchErr error
	if config.MaxBatch < 0 {
		batchErr = errors.New("MaxBatch is negative")
	}
	endpoint, endpointErr := adapter.Endpoint(config.Endpoint, config.Environment, endpoints)
	via, viaErr := adapter.NewClient(config.Options)
	if err := cmp.Or(privateErr, publicErr, batchErr, endpointErr, viaErr); err != nil {
		return nil, call.Refuse(err.Error())
	}
	return &Client{
		via:        via,
		cancelURL:  endpoint.JoinPath(cancelPath),
		statusURL:  endpoint.JoinPath(statusPath),
		roadmapURL: endpoint.JoinPath(roadmapPath),
		private:    private,
		public:     public,
		maxBatch:   cmp.Or(config.MaxBatch, defaultMaxBatch),
		redact:     adapter.NewRedactor(private, public),
	}, nil
}

// validPrivateKey reports why a key cannot cancel.
func validPrivateKey(key string) error {
	if strings.HasPrefix(key, "puk_") {
		return errors.New("is a public key (puk_): only a private key (prk_) cancels")
	}
	return adapter.CheckHeaderValue(key)
}

// validPublicKey reports why a key is not for reading.
func validPublicKey(key string) error {
	if strings.HasPrefix(key, "prk_") {
		return errors.New("is a private key (prk_): it must not be used for reading")
	}
	return adapter.CheckHeaderValue(key)
}
