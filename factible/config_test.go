package factible

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestEndpoints(t *testing.T) {
	const service = "solucionfactible.com/ws/services/Cancelacion.CancelacionHttps"
	for want, config := range map[string]Config{
		"https://testing." + service + "Soap11Endpoint/": {Environment: cancel.Sandbox},
		"https://testing." + service + "Soap12Endpoint/": {Environment: cancel.Sandbox, SOAP12: true},
		"https://" + service + "Soap11Endpoint/":         {Environment: cancel.Production},
		"https://" + service + "Soap12Endpoint/":         {Environment: cancel.Production, SOAP12: true},
		"https://pac.test/ws":                            {Endpoint: "https://pac.test/ws", Environment: cancel.Production, SOAP12: true},
		"http://127.0.0.1:8081/?a=b":                     {Endpoint: "http://127.0.0.1:8081/?a=b"},
	} {
		config.Username, config.Password = "u", cancel.NewSecret("p")
		c, err := New(config)
		require.NoError(t, err)
		assert.Equal(t, want, c.soap.Target)
	}
}

func TestNewNamesTheField(t *testing.T) {
	for what, tt := range map[string]struct {
		field  string
		change func(*Config)
	}{
		"no username":                {"Username", func(c *Config) { c.Username = "" }},
		"a control in the username":  {"Username", func(c *Config) { c.Username = "a\x01" }},
		"a username of bytes":        {"Username", func(c *Config) { c.Username = "\xff" }},
		"no password":                {"Password", func(c *Config) { c.Password = cancel.NewSecret("") }},
		"a control in the password":  {"Password", func(c *Config) { c.Password = cancel.NewSecret("secreto\x0b") }},
		"a password beyond XML":      {"Password", func(c *Config) { c.Password = cancel.NewSecret("secreto\uffff") }},
		"no environment":             {"Environment", func(c *Config) { c.Environment = "" }},
		"an unknown environment":     {"Environment", func(c *Config) { c.Environment = "testing" }},
		"the same, with an endpoint": {"Environment", func(c *Config) { c.Environment, c.Endpoint = "testing", "https://pac.test" }},
		"plain http":                 {"Endpoint", func(c *Config) { c.Endpoint = "http://pac.test" }},
		"no URL":                     {"Endpoint", func(c *Config) { c.Endpoint = "pac.test" }},
		"a control in the namespace": {"Namespace", func(c *Config) { c.Namespace = "http://a\n" }},
		"no key":                     {"Properties[1].Key", func(c *Config) { c.Properties = []KeyValue{{"a", "b"}, {"", "c"}} }},
		"a control in a key":         {"Properties[0].Key", func(c *Config) { c.Properties = []KeyValue{{"\x00", ""}} }},
		"a control in a value":       {"Properties[0].Value", func(c *Config) { c.Properties = []KeyValue{{"a", "\x00"}} }},
		"a negative timeout":         {"Options.Timeout", func(c *Config) { c.Options.Timeout = -1 }},
		"a negative cap":             {"Options.MaxResponseBytes", func(c *Config) { c.Options.MaxResponseBytes = -1 }},
		"a user agent of two lines":  {"Options.UserAgent", func(c *Config) { c.Options.UserAgent = "a\nb" }},
	} {
		config := Config{Username: "u", Password: cancel.NewSecret("secreto"), Environment: cancel.Sandbox}
		tt.change(&config)
		c, err := New(config)
		assert.Nil(t, c, what)
		failure := expect{Reason: cancel.ErrInvalid}.Check(t, cancel.Result{}, err, what)
		assert.Contains(t, failure.Message, tt.field, what)
		assert.Contains(t, err.Error(), tt.field, what)
		assert.NotContains(t, err.Error(), "secreto", what)
	}
}
