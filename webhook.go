package cancel

import (
	"log/slog"
	"time"
)

// WebhookOptions is how a webhook works: the field Options of every adapter's WebhookConfig.
// The zero value is ready for production. Negative values are ErrInvalid from NewWebhook.
type WebhookOptions struct {
	// Window is how long repeats of an event are recognized, counted from when Handle
	// returned nil. 0 means 15 minutes: Auco sends again after 2, 4 and 6 minutes.
	// The last 16384 events are remembered, in memory only.
	Window time.Duration
	// Timeout bounds one call, from its header to its answer. When it ends, so does the
	// context of Handle, and the vendor is answered 503. 0 means 8 seconds: Auco gives up
	// after 10. The WriteTimeout of the [net/http.Server] must be longer.
	Timeout time.Duration
	// MaxBytes bounds the body of a call. 0 means 1 MiB.
	MaxBytes int64
	// MaxRunning bounds how many Handles run at the same time. Beyond it the vendor is
	// answered 503. A Handle that goes on after Timeout counts until it returns. 0 means
	// 64.
	MaxRunning int
	// Logger gets the reason of each refused call, in constant words, and each error and
	// panic of Handle. Nil means no log.
	Logger *slog.Logger
}
