package cancel

import (
	"log/slog"
	"time"
)

// WebhookOptions is how a webhook works: the field Options of every adapter's WebhookConfig.
// The zero value is ready for production. Negative values are ErrInvalid from NewWebhook.
//
// A webhook answers a call 200 only after the Handle of its config has returned nil, so that
// each acknowledged event is stored. A repeat of the event is not handled: it gets the same answer,
// and waits for it while Handle runs. Handle must still bear the same event twice: a repeat may
// come after Window or a restart, or because the answer was lost. Events that arrive one after
// the other are handled in this order. Events that arrive at the same time are handled at the
// same time, in several goroutines.
//
// The context of Handle has the values of the request's context. It ends after Timeout, and
// when Close has waited long enough, but not when the vendor closes its connection. A Handle
// that goes on after the end of its context may run beside the next one of the same event.
//
// The answer is the word OK with 200, or ERROR with another status:
//
//   - 400: the vendor does not document such a call.
//   - 401: the call is not genuine.
//   - 405: the method is not POST. 413: the body is larger than MaxBytes.
//   - 415: the vendor does not send this media type. A missing one is read as JSON; parameters
//     do not count.
//   - 503: Handle failed, panicked or took longer than Timeout, MaxRunning Handles are running,
//     the webhook is closed, or its secret could not be had. The vendor may send the event
//     again, and it is then handled again.
//
// The [net/http.Server] must limit slow callers: set its ReadTimeout.
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
