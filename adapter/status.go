package adapter

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/unified-cancel/cancel"
)

// statusReasons has the reason for each HTTP status that has one when no code of the vendor
// decides. See reason for the others.
var statusReasons = map[int]error{
	http.StatusUnauthorized:          cancel.ErrAuth,
	http.StatusForbidden:             cancel.ErrForbidden,
	http.StatusBadRequest:            cancel.ErrInvalid,
	http.StatusNotFound:              cancel.ErrInvalid,
	http.StatusMethodNotAllowed:      cancel.ErrInvalid,
	http.StatusRequestEntityTooLarge: cancel.ErrInvalid,
	http.StatusUnsupportedMediaType:  cancel.ErrInvalid,
	http.StatusUnprocessableEntity:   cancel.ErrInvalid,
	http.StatusTooManyRequests:       cancel.ErrUnavailable,
	http.StatusServiceUnavailable:    cancel.ErrUnavailable,
}

// reason returns the reason if no code of the vendor decides.
func (c Call) reason(a Answer) error {
	if a.Unsent {
		return cancel.ErrUnavailable
	}
	if reason, ok := statusReasons[a.Status]; ok {
		return reason
	}
	if a.Status == 0 || a.Status/100 == 2 || a.Status >= 500 {
		return c.Doubt()
	}
	return cancel.ErrUnexpected
}

// Doubt returns the reason if the vendor may have carried out the call or not. It is
// [cancel.ErrUnavailable] if the call is read-only, because there was nothing to carry out.
func (c Call) Doubt() error {
	if c.ReadOnly {
		return cancel.ErrUnavailable
	}
	return cancel.ErrUnknownOutcome
}

// retryAfter reads the header Retry-After, which holds seconds or a date. A date is measured
// from the Date of the same answer, because the vendor's clock may differ from ours.
func retryAfter(a Answer) time.Duration {
	const most = time.Duration(1<<63 - 1)
	value := a.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(most/time.Second))) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		now = a.At
	}
	return max(until.Sub(now), 0)
}
