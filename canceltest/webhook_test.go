package canceltest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel/canceltest"
)

func TestWebhooksMustBeOnThisMachine(t *testing.T) {
	for _, address := range []string{
		"http://example.com/hook", "https://127.0.0.1/hook", "http://10.0.0.1", "http://localhost.example.com",
		"http://user:word@127.0.0.1", "//127.0.0.1", "127.0.0.1:80", "ftp://127.0.0.1", "http://", ":",
	} {
		assert.Panics(t, func() { canceltest.MustBeLoopback(address) }, address)
	}
	for _, address := range []string{"http://localhost:1/hook?a=b", "http://LOCALHOST", "http://127.8.9.10", "http://[::1]:8080"} {
		assert.NotPanics(t, func() { canceltest.MustBeLoopback(address) }, address)
	}
}
