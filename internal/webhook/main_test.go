package webhook

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if file := os.Getenv("WEBHOOK_TEST_STORE"); file != "" {
		serve(file, os.Getenv("WEBHOOK_TEST_DIES"))
		return
	}
	goleak.VerifyTestMain(m)
}
