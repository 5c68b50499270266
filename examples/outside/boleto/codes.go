package boleto

import (
	"net/http"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// tableVersion names this table in evidence. It changes with any row.
const tableVersion = "boleto 1"

var op = []string{cancelOp}

// table holds every answer that the vendor documents.
var table = adapter.Table{
	{HTTPStatus: http.StatusNoContent, Operations: op, State: cancel.Cancelled,
		Spanish: "cancelado", English: "cancelled"},
	{HTTPStatus: http.StatusNotFound, Code: "boleto_not_found", Operations: op, Reason: cancel.ErrNotFound,
		Spanish: "no existe el boleto", English: "there is no such boleto"},
	{HTTPStatus: http.StatusConflict, Code: "already_cancelled", Operations: op, State: cancel.AlreadyCancelled,
		Spanish: "ya estaba cancelado", English: "it was cancelled before"},
	{HTTPStatus: http.StatusConflict, Code: "already_paid", Operations: op, Reason: cancel.ErrNotCancellable,
		Spanish: "ya se pagó", English: "it was paid"},
}

// Codes returns a copy of the table by which answers are read. It is safe for concurrent use.
func Codes() []cancel.Code { return table.Copy() }
