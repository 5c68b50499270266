package boleto

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

var number = regexp.MustCompile(`^[0-9]{12}$`)

// valid says why req is malformed.
func valid(req cancel.Request) error {
	if err := adapter.CheckRequest(req, Boleto); err != nil {
		return err
	}
	if !number.MatchString(req.ID) {
		return errors.New("ID is not the number of a boleto: it must be 12 digits")
	}
	if err := adapter.CheckText(req.Reason); err != nil {
		return errors.New("Reason " + err.Error())
	}
	return nil
}

// header returns the header of a cancellation. The idempotency key is the same for each
// attempt, so that the vendor carries out the first one only.
func header(req cancel.Request, key string) http.Header {
	return http.Header{
		"Authorization":   {"Bearer " + key},
		"Content-Type":    {"application/json"},
		"Accept":          {"application/json"},
		"Idempotency-Key": {"cancel-" + req.ID},
	}
}

// body returns the body of a cancellation.
func body(req cancel.Request) []byte {
	text, _ := json.Marshal(map[string]string{"reason": req.Reason}) // of valid UTF-8
	return text
}
