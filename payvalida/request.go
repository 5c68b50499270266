package payvalida

import (
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// cancelRequest is the body of a cancellation, as the vendor's pages name its fields.
type cancelRequest struct {
	OrderNumber     json.Number `json:"order_number"`
	MerchantName    string      `json:"merchant_name"`
	Checksum        string      `json:"checksum"`
	TransactionType string      `json:"transaction_type,omitempty"`
}

// transactionTypes are the kinds that Cancel takes and the transaction_type of each.
var transactionTypes = map[cancel.Kind]string{
	cancel.Payment:          "",
	cancel.PreAuthorization: "PRE_AUTH",
}

// The headers of each operation. They have no credentials.
var (
	cancelHeader = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	statusHeader = http.Header{"Accept": {"application/json"}}
)

var orderNumber = regexp.MustCompile(`^[1-9][0-9]{0,29}$`)

// valid reports why req is malformed.
func valid(req cancel.Request) error {
	if err := adapter.CheckRequest(req, cancel.Payment, cancel.PreAuthorization); err != nil {
		return err
	}
	if !orderNumber.MatchString(req.ID) {
		return errors.New("ID is not an order number: it must be 1 to 30 digits, the first not 0")
	}
	return nil
}

// maxReference is the longest order id of a merchant, in characters.
const maxReference = 200

// validReference reports why a merchant's order id cannot be asked for.
func validReference(reference string) error {
	if err := adapter.CheckLine(reference); err != nil {
		return fmt.Errorf("Reference %w", err)
	}
	if utf8.RuneCountInString(reference) > maxReference {
		return fmt.Errorf("Reference has more than %d characters", maxReference)
	}
	if reference == "." || reference == ".." {
		return errors.New("Reference is a dot segment, which a URL's path cannot carry")
	}
	return nil
}

// cancelBody returns the body of the call that cancels req.
func (c *Client) cancelBody(req cancel.Request, checksum string) ([]byte, error) {
	return json.Marshal(cancelRequest{
		OrderNumber:     json.Number(req.ID),
		MerchantName:    c.merchant,
		Checksum:        checksum,
		TransactionType: transactionTypes[req.Kind],
	})
}

// orderURL returns the URL of the order with that reference. A slash in it is escaped.
func (c *Client) orderURL(reference, checksum string) *url.URL {
	target := c.statusURL.JoinPath(url.PathEscape(reference))
	query := target.Query()
	query.Set("merchant", c.merchant)
	query.Set("checksum", checksum)
	target.RawQuery = query.Encode()
	return target
}

// hiding returns a Redactor that also replaces a checksum, in either case. A checksum signs one
// call, and the transport of a caller may put the URL that holds it into an error.
func hiding(checksum string, redact adapter.Redactor) adapter.Redactor {
	redacted := cancel.Secret{}.String()
	return func(s string) string {
		s = strings.ReplaceAll(redact.String(s), checksum, redacted)
		return strings.ReplaceAll(s, strings.ToUpper(checksum), redacted)
	}
}

// Checksum returns the checksum that signs a cancellation: the SHA-512 of merchant, order and
// fixedHash, one after the other, in lower-case hexadecimal. It is safe for concurrent use. See
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones.
func Checksum(merchant, order string, fixedHash string) string {
	sum := sha512.Sum512([]byte(merchant + order + fixedHash))
	var text [2 * sha512.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}
