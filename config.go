package cancel

import (
	"net/http"
	"time"
)

// Environment says which of a vendor's environments an adapter talks to. There is
// no default, for these calls destroy things: the zero value is refused unless an
// endpoint is given.
type Environment string

// The environments that every vendor offers.
const (
	Sandbox    Environment = "sandbox"
	Production Environment = "production"
)

// ClientOptions is how an adapter reaches its vendor: the field Options of every
// adapter's Config. The zero value is ready for production. Negative values are
// ErrInvalid from the adapter's New.
type ClientOptions struct {
	// HTTPClient sends the requests. It is copied, never changed, and redirects
	// are not followed whatever it says. Nil means one tuned for the job and
	// shared by all adapters: connections kept alive, TLS 1.2 or newer.
	HTTPClient *http.Client
	// Timeout bounds one call, from its start to the last byte of the answer. 0
	// means 30 seconds.
	Timeout time.Duration
	// MaxResponseBytes caps a response body, counted after decompression. A longer
	// body is no answer. 0 means 4 MiB.
	MaxResponseBytes int64
	// UserAgent is the header of that name. "" means the name of this module and
	// its version.
	UserAgent string
}
