package payvalida

import (
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// cancelRequest is the body of a call, as the vendor's pages name its fields.
type cancelRequest struct {
	OrderNumber     json.Number `json:"order_number"`
	MerchantName    string      `json:"merchant_name"`
	Checksum        string      `json:"checksum"`
	TransactionType string      `json:"transaction_type,omitempty"`
}

// transactionTypes are the kinds taken and the transaction_type of each.
var transactionTypes = map[cancel.Kind]string{
	cancel.Payment:          "",
	cancel.PreAuthorization: "PRE_AUTH",
}

// header is that of every cancellation.
var header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}

var orderNumber = regexp.MustCompile(`^[1-9][0-9]{0,29}$`)

// valid says why req is malformed.
func valid(req cancel.Request) error {
	if err := adapter.CheckRequest(req, cancel.Payment, cancel.PreAuthorization); err != nil {
		return err
	}
	if !orderNumber.MatchString(req.ID) {
		return errors.New("ID is not an order number: it must be 1 to 30 digits, the first not 0")
	}
	return nil
}

// cancelBody returns the body of the call that cancels req.
func (c *Client) cancelBody(req cancel.Request, fixedHash string) ([]byte, error) {
	return json.Marshal(cancelRequest{
		OrderNumber:     json.Number(req.ID),
		MerchantName:    c.merchant,
		Checksum:        Checksum(c.merchant, req.ID, fixedHash),
		TransactionType: transactionTypes[req.Kind],
	})
}

// Checksum returns the checksum that signs a call: the SHA-512 of merchant, order
// and fixedHash, one after the other, in lower-case hexadecimal. It is safe for
// concurrent use. See
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones.
func Checksum(merchant, order string, fixedHash string) string {
	sum := sha512.Sum512([]byte(merchant + order + fixedHash))
	var text [2 * sha512.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}
