package payvalida

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestEndpointsAreTheDocumentedOnes(t *testing.T) {
	const path = "/v4/merchant/transaction/cancel"
	for want, config := range map[string]Config{
		"https://api-test.payvalida.com" + path:   {Environment: cancel.Sandbox},
		"https://api.payvalida.com" + path:        {Environment: cancel.Production},
		"https://gateway.test" + path:             {Endpoint: "https://gateway.test", Environment: cancel.Production},
		"https://gateway.test/a" + path:           {Endpoint: "https://gateway.test/a/"},
		"http://localhost:8082" + path:            {Endpoint: "http://localhost:8082/"},
		"http://[::1]:8082/a%2Fb" + path + "?c=d": {Endpoint: "http://[::1]:8082/a%2Fb?c=d"},
	} {
		config.Merchant, config.FixedHash = "m", cancel.NewSecret("h")
		c, err := New(config)
		require.NoError(t, err)
		assert.Equal(t, want, c.cancelURL.String())
	}
}

func TestNewNamesTheField(t *testing.T) {
	for what, tt := range map[string]struct {
		field  string
		change func(*Config)
	}{
		"no merchant":               {"Merchant", func(c *Config) { c.Merchant = "" }},
		"a control in the merchant": {"Merchant", func(c *Config) { c.Merchant = "a\nb" }},
		"a merchant of bytes":       {"Merchant", func(c *Config) { c.Merchant = "\xff" }},
		"no fixed hash":             {"FixedHash", func(c *Config) { c.FixedHash = cancel.NewSecret("") }},
		"no environment":            {"Environment", func(c *Config) { c.Environment = "" }},
		"an unknown environment":    {"Environment", func(c *Config) { c.Environment = "SANDBOX" }},
		"plain http":                {"Endpoint", func(c *Config) { c.Endpoint = "http://gateway.test" }},
		"no URL":                    {"Endpoint", func(c *Config) { c.Endpoint = "gateway.test" }},
		"a negative timeout":        {"Options.Timeout", func(c *Config) { c.Options.Timeout = -1 }},
		"a negative cap":            {"Options.MaxResponseBytes", func(c *Config) { c.Options.MaxResponseBytes = -1 }},
		"a user agent of two lines": {"Options.UserAgent", func(c *Config) { c.Options.UserAgent = "a\nb" }},
	} {
		config := Config{Merchant: "m", FixedHash: cancel.NewSecret("secreto"), Environment: cancel.Sandbox}
		tt.change(&config)
		c, err := New(config)
		assert.Nil(t, c, what)
		failure := expect{Reason: cancel.ErrInvalid}.Check(t, cancel.Result{}, err, what)
		assert.Contains(t, failure.Message, tt.field, what)
		assert.Contains(t, err.Error(), tt.field, what)
		assert.NotContains(t, err.Error(), "secreto", what)
	}
}
