package payvalida

import (
	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// tableVersion names this table in evidence. It changes with any row.
const tableVersion = "payvalida 1"

// table holds every CODE that the vendor documents for this call.
var table = adapter.Table{
	{Code: "0000", Operations: []string{cancelOp}, State: cancel.Cancelled,
		Spanish: "transacción cancelada", English: "transaction cancelled"},
	{Code: "0001", Operations: []string{cancelOp}, State: cancel.AlreadyCancelled,
		Spanish: "la transacción ya se había cancelado", English: "the transaction had been cancelled before"},
	{Code: "0017", Operations: []string{cancelOp}, Reason: cancel.ErrUnavailable, AskAgain: true,
		Spanish: "no se reversó; el comercio puede reintentar", English: "not reversed; the merchant may try again"},
}

// Codes returns the table by which answers are taken. It is a copy. It is safe for
// concurrent use. The codes are those of
// https://docs.payvalida.com/api-tarjeta/master/anulaciones/anulaciones and
// https://docs.payvalida.com/api-tarjeta/master/pre-autorizacion/cancelar-pre-autorizaciones.
func Codes() []cancel.Code { return table.Copy() }
