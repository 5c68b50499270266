package auco

import (
	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
)

// tableVersion names this table in evidence. It changes with any row.
const tableVersion = "auco 2"

// wordRejected is the status of a document that was cancelled, and of one that a signer
// declined: the roadmap then decides.
const wordRejected = "REJECTED"

// documentNotFound is the vendor's answer, with HTTP 400 or 404, to an unknown code.
const documentNotFound = "DOCUMENT_NOT_FOUND"

// The meaning of an answer to a cancellation, which has no codes, for one document.
var (
	proved = cancel.Code{Operations: []string{cancelOp}, State: cancel.Cancelled,
		Spanish: "no está en errors.documents y las cuentas cuadran", English: "not in errors.documents, and the counts add up"}
	listed = cancel.Code{Operations: []string{cancelOp}, Reason: cancel.ErrNotCancellable,
		Spanish: "está en errors.documents", English: "in errors.documents"}
	unproved = cancel.Code{Operations: []string{cancelOp}, Reason: cancel.ErrUnknownOutcome,
		Spanish: "no está en errors.documents y las cuentas no cuadran", English: "not in errors.documents, and the counts do not add up"}
)

// table holds the vendor's answers to a cancellation, every status of a document that it
// documents, and the actions of a roadmap that end or reactivate a document.
var table = adapter.Table{
	proved, listed, unproved,

	{Code: "CREATED", Operations: []string{statusOp}, State: cancel.NotCancelled,
		Spanish: "en proceso de firma", English: "out for signature"},
	{Code: "FINISH", Operations: []string{statusOp}, Reason: cancel.ErrNotCancellable,
		Spanish: "firmado por todos", English: "signed by all"},
	{Code: "EXPIRED", Operations: []string{statusOp}, Reason: cancel.ErrNotCancellable,
		Spanish: "venció sin firmarse", English: "expired unsigned"},
	{Code: wordRejected, Operations: []string{statusOp}, State: cancel.Cancelled,
		Spanish: "cancelado, si el roadmap no dice otra cosa", English: "cancelled, unless the roadmap says otherwise"},
	{Code: documentNotFound, Operations: []string{statusOp}, Reason: cancel.ErrNotFound,
		Spanish: "no existe el documento", English: "there is no such document"},

	{Code: "CANCEL_SIGN", Operations: []string{roadmapOp}, State: cancel.Cancelled,
		Spanish: "cancelado", English: "cancelled"},
	{Code: "PARTICIPANT_REJECT", Operations: []string{roadmapOp}, Reason: cancel.ErrNotCancellable,
		Spanish: "lo rechazó un firmante; nadie lo canceló", English: "a signer declined it; nobody cancelled it"},
	{Code: "REACTIVATION_SIGN", Operations: []string{roadmapOp}, Reason: cancel.ErrUnexpected,
		Spanish: "reactivado, aunque el documento dice REJECTED", English: "reactivated, although the document says REJECTED"},
}

// verdicts are the answers of Preflight, by the state of Status.
var verdicts = map[cancel.State]cancel.Verdict{
	cancel.NotCancelled: cancel.Cancellable,
	cancel.Cancelled:    cancel.Done,
}

// Codes returns the table by which answers are taken. It is a copy. It is safe for concurrent
// use. Rows without a code are about the counts of
// https://docs.auco.ai/en/api/document-managment/documents/cancel. The others are the words of
// GET /document and the actions of GET /document/roadmap.
func Codes() []cancel.Code { return table.Copy() }
