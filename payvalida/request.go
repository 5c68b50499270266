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

// encode returns the body of the call that req asks for, or why there is none.
func (c *Client) encode(req cancel.Request) ([]byte, error) {
	if err := adapter.CheckKind(req.Kind, cancel.Payment, cancel.PreAuthorization); err != nil {
		return nil, err
	}
	if !orderNumber.MatchString(req.ID) {
		return nil, errors.New("ID is no order number: it must be 1 to 30 digits, the first not 0")
	}
	return json.Marshal(cancelRequest{
		OrderNumber:     json.Number(req.ID),
		MerchantName:    c.merchant,
		Checksum:        Checksum(c.merchant, req.ID, c.fixedHash()),
		TransactionType: transactionTypes[req.Kind],
	})
}

// Checksum returns the checksum that signs a call: the SHA-512 of merchant, order
// and fixedHash, one after the other, in lower-case hexadecimal. It is safe for
// concurrent use. See
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones.
func Checksum(merchant, order string, fixedHash cancel.Secret) string {
	sum := sha512.Sum512([]byte(merchant + order + string(fixedHash)))
	var text [2 * sha512.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}
