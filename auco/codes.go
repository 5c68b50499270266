package auco

import (
	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// tableVersion names this table in evidence. It changes with any row.
const tableVersion = "auco 1"

// What an answer to a cancellation, which has no codes, proves of one document.
var (
	proved = cancel.Code{Operations: []string{cancelOp}, State: cancel.Cancelled,
		Spanish: "no está en errors.documents y las cuentas cuadran", English: "not in errors.documents, and the counts add up"}
	listed = cancel.Code{Operations: []string{cancelOp}, Reason: cancel.ErrNotCancellable,
		Spanish: "está en errors.documents", English: "in errors.documents"}
	unproved = cancel.Code{Operations: []string{cancelOp}, Reason: cancel.ErrUnknownOutcome,
		Spanish: "no está en errors.documents y las cuentas no cuadran", English: "not in errors.documents, and the counts do not add up"}
)

// documentNotFound is the vendor's word, with HTTP 400, for a code that it does not
// know.
const documentNotFound = "DOCUMENT_NOT_FOUND"

// table holds what the vendor answers to a cancellation, and every status of a
// document that it documents.
var table = adapter.Table{
	proved, listed, unproved,
	{Code: "CREATED", Operations: []string{statusOp}, State: cancel.NotCancelled,
		Spanish: "en proceso de firma", English: "out for signature"},
	{Code: "FINISH", Operations: []string{statusOp}, State: cancel.NotCancelled,
		Spanish: "firmado por todos", English: "signed by all"},
	{Code: "EXPIRED", Operations: []string{statusOp}, State: cancel.NotCancelled,
		Spanish: "venció sin firmarse", English: "expired unsigned"},
	{Code: "REJECTED", Operations: []string{statusOp}, State: cancel.Cancelled,
		Spanish: "cancelado, o rechazado por un firmante", English: "cancelled, or declined by a signer"},
	{Code: documentNotFound, Operations: []string{statusOp}, Reason: cancel.ErrNotFound,
		Spanish: "no existe el documento", English: "there is no such document"},
}

// Codes returns the table by which answers are taken. It is a copy. It is safe for
// concurrent use. Rows without a code are about the counts of
// https://docs.auco.ai/en/api/document-managment/documents/cancel; the others are the
// words of GET /document.
func Codes() []cancel.Code { return table.Copy() }
