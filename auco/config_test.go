package auco

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestEndpointsAreTheDocumentedOnes(t *testing.T) {
	const path = "/document/cancel"
	for want, config := range map[string]Config{
		"https://dev.auco.ai/v1.5/ext" + path:     {Environment: cancel.Sandbox},
		"https://api.auco.ai/v1.5/ext" + path:     {Environment: cancel.Production},
		"https://firma.test" + path:               {Endpoint: "https://firma.test", Environment: cancel.Production},
		"https://firma.test/ext" + path:           {Endpoint: "https://firma.test/ext/"},
		"http://localhost:8083" + path:            {Endpoint: "http://localhost:8083/"},
		"http://[::1]:8083/a%2Fb" + path + "?c=d": {Endpoint: "http://[::1]:8083/a%2Fb?c=d"},
	} {
		config.PrivateKey = cancel.NewSecret("prk_a")
		c, err := New(config)
		require.NoError(t, err)
		assert.Equal(t, want, c.cancelURL.String())
	}
}

func TestMaxBatchIsFiftyByDefault(t *testing.T) {
	for given, want := range map[int]int{0: 50, 1: 1, 1000: 1000} {
		c, err := New(Config{PrivateKey: cancel.NewSecret("prk_a"), Environment: cancel.Sandbox, MaxBatch: given})
		require.NoError(t, err)
		assert.Equal(t, want, c.MaxBatch())
	}
}

func TestNewTakesKeysOfAnyForm(t *testing.T) {
	for _, key := range []string{"prk_a", "a", "PUK_a", "a b", "prk_ñ"} {
		_, err := New(Config{PrivateKey: cancel.NewSecret(key), PublicKey: cancel.NewSecret("puk_a"), Environment: cancel.Sandbox})
		assert.NoError(t, err)
	}
	_, err := New(Config{PrivateKey: cancel.NewSecret("prk_a"), PublicKey: cancel.NewSecret("a"), Environment: cancel.Sandbox})
	assert.NoError(t, err)
}

func TestNewNamesTheField(t *testing.T) {
	for what, tt := range map[string]struct {
		field  string
		change func(*Config)
	}{
		"no private key":            {"PrivateKey", func(c *Config) { c.PrivateKey = cancel.NewSecret("") }},
		"a public key for it":       {"PrivateKey", func(c *Config) { c.PrivateKey = cancel.NewSecret("puk_secreto") }},
		"a key that ends in blanks": {"PrivateKey", func(c *Config) { c.PrivateKey = cancel.NewSecret("prk_secreto ") }},
		"a key of two lines":        {"PrivateKey", func(c *Config) { c.PrivateKey = cancel.NewSecret("prk_secreto\r\nA: b") }},
		"a private key for public":  {"PublicKey", func(c *Config) { c.PublicKey = cancel.NewSecret("prk_secreto") }},
		"a public key of two lines": {"PublicKey", func(c *Config) { c.PublicKey = cancel.NewSecret("puk_secreto\n") }},
		"a negative batch":          {"MaxBatch", func(c *Config) { c.MaxBatch = -1 }},
		"no environment":            {"Environment", func(c *Config) { c.Environment = "" }},
		"an unknown environment":    {"Environment", func(c *Config) { c.Environment = "SANDBOX" }},
		"plain http":                {"Endpoint", func(c *Config) { c.Endpoint = "http://firma.test" }},
		"no URL":                    {"Endpoint", func(c *Config) { c.Endpoint = "firma.test" }},
		"a negative timeout":        {"Options.Timeout", func(c *Config) { c.Options.Timeout = -1 }},
		"a negative cap":            {"Options.MaxResponseBytes", func(c *Config) { c.Options.MaxResponseBytes = -1 }},
		"a user agent of two lines": {"Options.UserAgent", func(c *Config) { c.Options.UserAgent = "a\nb" }},
	} {
		config := Config{PrivateKey: cancel.NewSecret("prk_secreto"), PublicKey: cancel.NewSecret("puk_secreto"), Environment: cancel.Sandbox}
		tt.change(&config)
		c, err := New(config)
		assert.Nil(t, c, what)
		failure := expect{Reason: cancel.ErrInvalid}.Check(t, cancel.Result{}, err, what)
		assert.Contains(t, failure.Message, tt.field, what)
		assert.Contains(t, err.Error(), tt.field, what)
		assert.NotContains(t, err.Error(), "secreto", what)
	}
}
