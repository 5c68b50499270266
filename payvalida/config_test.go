package payvalida

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestEndpoints(t *testing.T) {
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

func TestFixedHashIsNotShown(t *testing.T) {
	const word = "hunter2"
	config := Config{
		Merchant: "m", FixedHash: cancel.NewSecret(" " + word + " "), Environment: cancel.Sandbox,
		Options: cancel.ClientOptions{HTTPClient: &http.Client{Transport: &http.Transport{}}},
	}
	c, err := New(config)
	require.NoError(t, err)

	hidden := func(shown, how string) {
		t.Helper()
		for _, form := range []string{
			word, fmt.Sprintf("%x", word), fmt.Sprintf("%X", word), fmt.Sprintf("% x", word),
			base64.StdEncoding.EncodeToString([]byte(" " + word + " ")),
		} {
			assert.NotContains(t, shown, form, how)
		}
	}
	values := map[string]any{
		"Config": config, "*Config": &config, "Client": *c, "*Client": c,
		"struct": struct{ A any }{&config}, "slice": []*Config{&config}, "map": map[string]any{"a": config, "b": c},
	}
	for what, value := range values {
		for verb := 'A'; verb <= 'z'; verb++ {
			if verb > 'Z' && verb < 'a' || verb == 'p' || verb == 'w' {
				continue
			}
			for _, flags := range []string{"", "+", "#", " ", "-20", "0", ".3"} {
				format := "%" + flags + string(verb)
				hidden(fmt.Sprintf(format, value), what+" "+format)
			}
		}
		for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var out bytes.Buffer
			slog.New(handler(&out)).Info("m", "value", value)
			hidden(out.String(), what+" in slog "+name)
		}
		text, _ := json.Marshal(value)
		hidden(string(text), what+" in JSON")
		text, _ = xml.Marshal(value)
		hidden(string(text), what+" in XML")
	}
	for _, format := range []string{"%v", "%+v", "%#v"} {
		for _, value := range []any{config, &config} {
			shown := fmt.Sprintf(format, value)
			assert.Contains(t, shown, "REDACTED", format)
			assert.Contains(t, shown, "sandbox", "the rest is shown")
		}
	}
}
