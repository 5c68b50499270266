package sat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

// pac is a PAC that answers all calls with the same. It is not a Validator.
type pac struct {
	result cancel.Result
	err    error
	asked  *int
}

func (p pac) Cancel(context.Context, cancel.Request) (cancel.Result, error) {
	*p.asked++
	return p.result, p.err
}

func (p pac) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	return p.Cancel(ctx, req)
}

func says(state cancel.State) pac {
	return pac{result: cancel.Result{
		Provider: "pac", ID: folio, Kind: cancel.Invoice, State: state,
		Code: "200", Message: "words of the PAC", Receipt: []byte("<Acuse/>"), Raw: []byte("raw of the PAC"),
	}, asked: new(int)}
}

func fails(reason error) pac {
	return pac{err: &cancel.Error{Provider: "pac", Op: "op", ID: folio, Reason: reason}, asked: new(int)}
}

// pacs are the answers of a PAC, in the order of the columns of the grids below.
func pacs() []pac {
	return []pac{
		says(cancel.Cancelled), says(cancel.AlreadyCancelled), says(cancel.Pending), says(cancel.NotCancelled),
		fails(cancel.ErrInvalid), fails(cancel.ErrAuth), fails(cancel.ErrForbidden), fails(cancel.ErrNotFound),
		fails(cancel.ErrNotCancellable), fails(cancel.ErrRejected), fails(cancel.ErrUnavailable),
		fails(cancel.ErrUnknownOutcome), fails(cancel.ErrUnexpected), fails(cancel.ErrPending),
		{err: errors.ErrUnsupported, asked: new(int)}, {err: errors.New("a foreign error"), asked: new(int)},
	}
}

// authorities are the answers of the SAT.
var authorities = map[string]*authority{
	"Cancelled":              {answers: []string{result(found, "", "Cancelado", "Plazo vencido")}},
	"Pending":                {answers: []string{result(found, "", "Vigente", "En proceso")}},
	"ErrRejected":            {answers: []string{result(found, "", "Vigente", "Solicitud rechazada")}},
	"NotCancelled":           {answers: []string{result(found, "", "Vigente", "")}},
	"ErrNotFound":            {answers: []string{result(notFound, "", "No Encontrado")}},
	"ErrUnexpected":          {answers: []string{result(invalid, "", "No Encontrado")}},
	"ErrUnexpected, by HTTP": {status: 418, answers: []string{""}},
	"ErrUnavailable":         {status: 503, answers: []string{"<html>"}},
	"ErrInvalid":             {status: 500, answers: []string{faulted("s:Client", "bad")}},
	"ErrAuth":                {status: 401, answers: []string{""}},
	"ErrForbidden":           {status: 403, answers: []string{""}},
}

// Each grid has a line for each answer of the SAT and a column for each answer of the PAC:
//
//	C, P, N, R: Cancelled, Pending, NotCancelled, ErrRejected
//	=: the answer of the PAC
//	-: the answer of the PAC, and the SAT is not asked
//
// The columns are Cancelled, AlreadyCancelled, Pending, NotCancelled, then the errors.
const statusGrid = `
Cancelled              C C C C  C C C C C C C C C C C C
Pending                P P P P  P P P P P P P P P P P P
ErrRejected            R R P R  R R R R R R R R R R R R
NotCancelled           P P P =  = = = N = = = = = = = =
ErrNotFound            P P = =  = = = = = = = = = = = =
ErrUnexpected          P P = =  = = = = = = = = = = = =
ErrUnexpected,_by_HTTP P P = =  = = = = = = = = = = = =
ErrUnavailable         P P = =  = = = = = = = = = = = =
ErrInvalid             P P = =  = = = = = = = = = = = =
ErrAuth                P P = =  = = = = = = = = = = = =
ErrForbidden           P P = =  = = = = = = = = = = = =
`

const cancelGrid = `
Cancelled              = = - -  - - - - - - - - - - - -
Pending                P P - -  - - - - - - - - - - - -
ErrRejected            P P - -  - - - - - - - - - - - -
NotCancelled           P P - -  - - - - - - - - - - - -
ErrNotFound            P P - -  - - - - - - - - - - - -
ErrUnexpected          P P - -  - - - - - - - - - - - -
ErrUnexpected,_by_HTTP P P - -  - - - - - - - - - - - -
ErrUnavailable         P P - -  - - - - - - - - - - - -
ErrInvalid             P P - -  - - - - - - - - - - - -
ErrAuth                P P - -  - - - - - - - - - - - -
ErrForbidden           P P - -  - - - - - - - - - - - -
`

func TestConfirmIsItsTable(t *testing.T) {
	states := map[string]cancel.State{"C": cancel.Cancelled, "P": cancel.Pending, "N": cancel.NotCancelled}
	for name, grid := range map[string]string{"Status": statusGrid, "Cancel": cancelGrid} {
		lines := strings.Split(strings.TrimSpace(grid), "\n")
		require.Len(t, lines, len(authorities))
		for _, line := range lines {
			cells := strings.Fields(line)
			said := strings.ReplaceAll(cells[0], "_", " ")
			require.Contains(t, authorities, said)
			require.Len(t, cells[1:], len(pacs()))
			for i, p := range pacs() {
				sat := &authority{status: authorities[said].status, answers: authorities[said].answers}
				both := Confirm(p, sat.start(t).client(t)).(confirmed)
				call, cell := both.Cancel, cells[1+i]
				if name == "Status" {
					call = both.Status
				}
				got, err := call(t.Context(), request)
				what := fmt.Sprintf("%s: the SAT says %s, the PAC %s, %v", name, said, p.result.State, p.err)
				switch cell {
				case "=", "-":
					assert.Equal(t, p.result, got, what)
					assert.Equal(t, p.err, err, what)
				case "R":
					assert.Zero(t, got, what)
					require.ErrorIs(t, err, cancel.ErrRejected, what)
				default:
					require.NoError(t, err, what)
					assert.Equal(t, states[cell], got.State, what)
					assert.Equal(t, folio, got.ID, what)
					assert.Equal(t, cancel.Invoice, got.Kind, what)
				}
				assert.Equal(t, 1, *p.asked, what)
				assert.Len(t, sat.sent(t), map[bool]int{true: 0, false: 1}[cell == "-"], what)
			}
		}
	}
}

func TestConfirmKeepsTheAcuseAndBothAnswers(t *testing.T) {
	_, sat := answering(t, result(found, "", "Vigente", ""))
	p := says(cancel.AlreadyCancelled)
	got, err := Confirm(p, sat).Cancel(t.Context(), request)
	require.NoError(t, err)
	want := p.result
	want.State, want.Message = cancel.Pending, "pac: 200 words of the PAC; sat: "+found+"; Vigente"
	assert.Equal(t, want, got)

	sat, err = New(Config{Endpoint: "http://127.0.0.1:1/"})
	require.NoError(t, err)
	got, err = Confirm(p, sat).Cancel(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, cancel.Pending, got.State)
	assert.Contains(t, got.Message, "words of the PAC")
	assert.Contains(t, got.Message, "refused")

	_, sat = answering(t, result(found, "", "Cancelado", "Plazo vencido"))
	got, err = Confirm(p, sat).(cancel.StatusChecker).Status(t.Context(), request)
	require.NoError(t, err)
	want = p.result
	want.State = cancel.Cancelled
	assert.Equal(t, want, got)

	got, err = Confirm(says(cancel.Pending), sat).(cancel.StatusChecker).Status(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, "sat", got.Provider)
	assert.Equal(t, "Plazo vencido", got.Code)
}

func TestConfirmRefusesWithoutTheExpressionOfTheID(t *testing.T) {
	a, sat := answering(t, "")
	p := says(cancel.Cancelled)
	both := Confirm(p, sat).(confirmed)
	for what, expression := range map[string]string{
		"none": "", "no expression": "hola", "another UUID": strings.Replace(request.Expression, "0B2F", "1B2F", 1),
	} {
		req := request
		req.Expression = expression
		_, cancelErr := both.Cancel(t.Context(), req)
		_, statusErr := both.Status(t.Context(), req)
		_, preflightErr := both.Preflight(t.Context(), req)
		for _, err := range []error{cancelErr, statusErr, preflightErr, both.Validate(req)} {
			failure := requireReason(t, cancel.ErrInvalid, err, what)
			assert.Contains(t, failure.Message, "Expression")
		}
	}
	assert.Zero(t, *p.asked)
	assert.Empty(t, a.sent(t))
	require.NoError(t, both.Validate(request))
}

// strict is a PAC that refuses every request.
type strict struct{ pac }

func (strict) Validate(cancel.Request) error {
	return &cancel.Error{Provider: "pac", Reason: cancel.ErrInvalid, Message: "no motivo"}
}

func TestConfirmValidatesAsThePAC(t *testing.T) {
	a, sat := answering(t, result(found, "Cancelable sin aceptación", "Vigente", ""))
	p := strict{says(cancel.Cancelled)}
	both := Confirm(p, sat).(confirmed)
	require.ErrorContains(t, both.Validate(request), "no motivo")
	_, err := both.Cancel(t.Context(), request)
	require.ErrorContains(t, err, "no motivo")
	assert.Zero(t, *p.asked)

	got, err := both.Preflight(t.Context(), request)
	require.NoError(t, err, "to ask takes no motivo")
	assert.Equal(t, cancel.Cancellable, got.Verdict)
	assert.Len(t, a.sent(t), 1)
}

func TestConfirmOfAPACWithoutStatus(t *testing.T) {
	_, sat := answering(t, result(found, "", "Vigente", ""), result(found, "", "Cancelado", ""))
	both := Confirm(struct{ cancel.Canceler }{says(cancel.Cancelled)}, sat).(confirmed)
	_, err := both.Status(t.Context(), request)
	requireReason(t, cancel.ErrInvalid, err)
	require.ErrorIs(t, err, errors.ErrUnsupported)

	got, err := both.Status(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, cancel.Cancelled, got.State)
}

// reporting is a PAC that reports an exchange as evidence.
type reporting struct{ pac }

func (r reporting) Cancel(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	cancel.ReportExchange(ctx, cancel.Exchange{Operation: "at the PAC"})
	return r.pac.Cancel(ctx, req)
}

func (r reporting) Status(ctx context.Context, req cancel.Request) (cancel.Result, error) {
	return r.Cancel(ctx, req)
}

func TestEvidenceIsOfTheAnswerThatIsReturned(t *testing.T) {
	for _, tt := range []struct {
		pac  cancel.State
		sat  string
		want string
	}{
		{cancel.Cancelled, result(found, "", "Cancelado", ""), "at the PAC"},
		{cancel.Cancelled, result(found, "", "Vigente", ""), "at the PAC"},
		{cancel.Pending, result(found, "", "Cancelado", ""), "Consulta"},
		{cancel.Pending, result(notFound, "", "No Encontrado"), "at the PAC"},
		{cancel.NotCancelled, result(found, "", "Vigente", "Solicitud rechazada"), "Consulta"},
	} {
		_, sat := answering(t, tt.sat)
		var told []cancel.Evidence
		client := cancel.NewClient(map[string]cancel.Canceler{"pac": Confirm(reporting{says(tt.pac)}, sat)},
			cancel.WithEvidence(func(_ context.Context, e cancel.Evidence) { told = append(told, e) }))
		req := request
		req.Provider = "pac"
		_, _ = client.Status(t.Context(), req)
		require.Len(t, told, 1)
		assert.Equal(t, tt.want, told[0].Operation, tt)
	}
}

func TestConfirmComparesUUIDsWithoutCase(t *testing.T) {
	identifier, ok := Confirm(nil, nil).(cancel.Identifier)
	require.True(t, ok)
	assert.Equal(t, identifier.Identify(cancel.Request{ID: "AB"}), identifier.Identify(cancel.Request{ID: "ab"}))
}
