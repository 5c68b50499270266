package adapter

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

var vendor = map[cancel.Environment]string{
	cancel.Sandbox:    "https://sandbox.vendor.test/v1",
	cancel.Production: "https://vendor.test/v1",
}

func TestEndpoint(t *testing.T) {
	for _, tt := range []struct {
		given string
		env   cancel.Environment
		want  string
	}{
		{"", cancel.Sandbox, "https://sandbox.vendor.test/v1"},
		{"", cancel.Production, "https://vendor.test/v1"},
		{"https://mine.test", cancel.Production, "https://mine.test/"},
		{"https://mine.test:8443/a/b/?c=d", "", "https://mine.test:8443/a/b/?c=d"},
		{"HTTPS://mine.test", "", "https://mine.test/"},
		{"https://mine.test:", "", "https://mine.test/"},
		{"http://localhost", "", "http://localhost/"},
		{"http://LocalHost:8080/", "", "http://LocalHost:8080/"},
		{"http://127.0.0.1:1", "", "http://127.0.0.1:1/"},
		{"http://127.255.255.254", "", "http://127.255.255.254/"},
		{"http://[::1]:65535", "", "http://[::1]:65535/"},
	} {
		u, err := Endpoint(tt.given, tt.env, vendor)
		require.NoError(t, err, tt.given)
		assert.Equal(t, tt.want, u.String())
	}
}

func TestEndpointRefuses(t *testing.T) {
	for _, given := range []string{
		"http://vendor.test",
		"http://10.0.0.1",
		"http://128.0.0.1",
		"http://0.0.0.0",
		"http://[::2]",
		"http://[::]",
		"http://[::1%25lo]",
		"http://[::ffff:10.0.0.1]",
		"http://localhost.vendor.test",
		"http://127.0.0.1.vendor.test",
		"http://127.1",
		"http://2130706433",
		"http://localhost@vendor.test",
		"https://user:word@vendor.test",
		"https://vendor.test#fragment",
		"https://vendor.test:0",
		"https://vendor.test:65536",
		"https://vendor.test:x",
		"https://",
		"https:///path",
		"https://:443",
		"https:vendor.test",
		"//vendor.test",
		"vendor.test",
		"/path",
		"ftp://vendor.test",
		"ws://localhost",
		"https://vendor.test/%zz",
		"https://ven dor.test",
		"https://vendor.test/\n",
		" https://vendor.test",
		":",
	} {
		_, err := Endpoint(given, cancel.Sandbox, vendor)
		require.Error(t, err, given)
		assert.ErrorContains(t, err, "Endpoint")
		assert.NotContains(t, err.Error(), "word", "it may be a password")
	}
}

func TestEnvironmentHasNoDefault(t *testing.T) {
	for _, tt := range []struct {
		given string
		env   cancel.Environment
	}{
		{"", ""}, {"", "test"}, {"", "Sandbox"}, {"", "production "}, {"https://vendor.test", "staging"},
	} {
		_, err := Endpoint(tt.given, tt.env, vendor)
		assert.ErrorContains(t, err, "Environment", "%q", tt.env)
	}
}
