package cancel

import (
	"net/http"
	"time"
)

// Environment says which of a vendor's environments an adapter talks to. There is
// no default, because these calls destroy things: an adapter refuses the zero value unless
// an endpoint is given.
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
	// HTTPClient sends the requests. An adapter copies it and never changes it. Redirects
	// are not followed, even if CheckRedirect says so. Nil means a client tuned for the
	// job, which all adapters share: connections kept alive, TLS 1.2 or newer.
	HTTPClient *http.Client
	// Timeout bounds one call, from its start to the last byte of the answer. 0
	// means 30 seconds.
	Timeout time.Duration
	// MaxResponseBytes caps a response body, counted after decompression. A longer
	// body is not an answer. 0 means 4 MiB.
	MaxResponseBytes int64
	// UserAgent is the header of that name. "" means the name of this module and
	// its version.
	UserAgent string
}
