package factible

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/adapter"
	"github.com/unified-cancel/cancel/internal/soap"
)

// interpret returns what answer means for req.
func (op operation) interpret(call adapter.Call, req cancel.Request, answer adapter.Answer) (cancel.Result, error) {
	fields, err := soap.Read(call, answer, "return")
	if err != nil {
		return cancel.Result{}, err
	}
	status, err := parse(fields)
	if err != nil {
		return cancel.Result{}, call.NoAnswer(answer, adapter.Words{}, err)
	}
	row, cause := op.outcome(req.ID, status)
	if row.Reason != nil {
		return cancel.Result{}, call.Fail(row.Reason, answer, status.Words, cause)
	}
	result := call.Done(req, row.State, answer, status.Words)
	result.Receipt = status.acuse
	return result, nil
}

// status is a StatusCancelacionResponse.
type status struct {
	adapter.Words
	acuse   []byte
	receipt *Receipt // the content of acuse, nil if it is not XML
}

// parse reads the fields of a StatusCancelacionResponse.
func parse(fields []soap.Field) (status, error) {
	var s status
	for _, f := range fields {
		switch f.Name {
		case "status":
			code := string(bytes.TrimSpace(f.Text))
			if s.Code != "" || f.Nested || f.Nil || code == "" {
				return status{}, errors.New("the answer has no status, or several")
			}
			s.Code = code
		case "mensaje":
			if !f.Nil {
				s.Message = string(f.Text)
			}
		case "acuseSat", "acuseSAT":
			acuse, receipt := decodeAcuse(f)
			if s.acuse != nil && acuse != nil && !bytes.Equal(bytes.TrimSpace(s.acuse), bytes.TrimSpace(acuse)) {
				return status{}, errors.New("the answer has two different acuses")
			}
			if acuse != nil {
				s.acuse, s.receipt = acuse, receipt
			}
		}
	}
	if s.Code == "" {
		return status{}, errors.New("the answer has no status")
	}
	return s, nil
}

// decodeAcuse returns the acuse as XML and its content, whether it came as XML or in base64.
// It returns an acuse that is not XML as it came, without content.
func decodeAcuse(f soap.Field) ([]byte, *Receipt) {
	acuse := bytes.TrimSpace(f.Text)
	if f.Nil || len(acuse) == 0 {
		return nil, nil
	}
	read := readReceipt // text has the charset of the answer that it stood in
	if acuse[0] != '<' {
		read = ParseReceipt
		packed := bytes.TrimRight(bytes.Join(bytes.Fields(acuse), nil), "=")
		if decoded, err := base64.RawStdEncoding.AppendDecode(nil, packed); err == nil {
			acuse = decoded
		}
	}
	receipt, err := read(acuse)
	if err != nil {
		return bytes.Clone(f.Text), nil // Raw keeps its own
	}
	return acuse, &receipt
}

// outcome returns the row of the table for s, which is about the invoice id, and the cause of
// the error if the row has a reason.
func (op operation) outcome(id string, s status) (cancel.Code, error) {
	row, _ := table.Lookup(op.name, 0, s.Code)
	if s.Code != processed || !op.proves || s.receipt == nil {
		return row, nil // an acuse that cannot be read proves nothing
	}
	var found []string
	for _, folio := range s.receipt.Folios {
		if strings.EqualFold(folio.UUID, id) && !slices.Contains(found, folio.EstatusUUID) {
			found = append(found, folio.EstatusUUID)
		}
	}
	switch len(found) {
	case 0:
		return cancel.Code{Reason: cancel.ErrUnknownOutcome}, errors.New("the acuse has no folio with this UUID")
	case 1:
		row, _ = table.Lookup(inAcuse, 0, found[0])
		if row.Reason == nil {
			return row, nil
		}
		return row, fmt.Errorf("the acuse says EstatusUUID %s: %s", row.Code, row.English)
	default:
		return cancel.Code{Reason: cancel.ErrUnexpected}, fmt.Errorf("the acuse says EstatusUUID %s at once", strings.Join(found, " and "))
	}
}
