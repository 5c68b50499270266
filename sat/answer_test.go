package sat

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

func TestStatusIsWhatTheFieldsSayTogether(t *testing.T) {
	const (
		with    = "Cancelable con aceptación"
		without = "Cancelable sin aceptación"
		never   = "No cancelable"
	)
	for _, tt := range []struct {
		codigo, esCancelable, estado, estatus string

		state  cancel.State
		reason error
		code   string
	}{
		{found, never, "Cancelado", "Cancelado sin aceptación", cancel.Cancelled, nil, "Cancelado sin aceptación"},
		{found, never, "Cancelado", "Cancelado con aceptación", cancel.Cancelled, nil, "Cancelado con aceptación"},
		{found, never, "Cancelado", "Plazo vencido", cancel.Cancelled, nil, "Plazo vencido"},
		{found, never, "Cancelado", "", cancel.Cancelled, nil, ""},
		{found, without, "Cancelado", "a word of tomorrow", cancel.Cancelled, nil, "a word of tomorrow"},
		{found, with, "Cancelado", "En proceso", cancel.Cancelled, nil, "En proceso"},
		{"S", "", "CANCELADO.", "", cancel.Cancelled, nil, ""},
		{" s - comprobante obtenido", "", " cancelado ", "", cancel.Cancelled, nil, ""},

		{found, with, "Vigente", "En proceso", cancel.Pending, nil, "En proceso"},
		{found, without, "Vigente", "En proceso", cancel.Pending, nil, "En proceso"},
		{found, never, "VIGENTE", "EN PROCESO.", cancel.Pending, nil, "EN PROCESO."},
		{found, with, "Vigente", "Solicitud rechazada", "", cancel.ErrRejected, "Solicitud rechazada"},
		{found, with, "Vigente", "solicitud Rechazáda.", "", cancel.ErrRejected, "solicitud Rechazáda."},
		{found, with, "Vigente", "", cancel.NotCancelled, nil, ""},
		{found, "", "Vigente", "", cancel.NotCancelled, nil, ""},
		{found, never, "Vigente.", " ", cancel.NotCancelled, nil, " "},

		{notFound, "", "No Encontrado", "", "", cancel.ErrNotFound, "N - 602"},
		{"N - 602: Comprobante no encontrado", never, "No encontrado.", "x", "", cancel.ErrNotFound, "N - 602"},
		{"n-602", "", "NO ENCONTRADO", "", "", cancel.ErrNotFound, "N - 602"},
		{"", "", "No Encontrado", "", "", cancel.ErrNotFound, ""},

		{invalid, "", "No Encontrado", "", "", cancel.ErrUnexpected, "N - 601"},
		{invalid, never, "Cancelado", "Cancelado sin aceptación", "", cancel.ErrUnexpected, "N - 601"},
		{invalid, "", "", "", "", cancel.ErrUnexpected, "N - 601"},

		{"", "", "", "", "", cancel.ErrUnexpected, ""},
		{"", never, "Cancelado", "Cancelado sin aceptación", "", cancel.ErrUnexpected, ""},
		{"", never, "S, Cancelado", "", "", cancel.ErrUnexpected, ""},
		{notFound, never, "Cancelado", "Plazo vencido", "", cancel.ErrUnexpected, "N - 602"},
		{notFound, "", "", "", "", cancel.ErrUnexpected, "N - 602"},
		{notFound, "", "Vigente", "", "", cancel.ErrUnexpected, "N - 602"},
		{"N - 603: ¿?", never, "Cancelado", "", "", cancel.ErrUnexpected, "N - 603"},
		{"N - 6020", "", "No Encontrado", "", "", cancel.ErrUnexpected, "N - 6020"},
		{"Servicio no disponible", never, "Cancelado", "", "", cancel.ErrUnexpected, "Servicio no disponible"},
		{found, never, "No cancelado", "", "", cancel.ErrUnexpected, ""},
		{found, never, "Cancelado?", "", "", cancel.ErrUnexpected, ""},
		{found, never, "No Encontrado", "", "", cancel.ErrUnexpected, ""},
		{found, never, "", "Cancelado sin aceptación", "", cancel.ErrUnexpected, "Cancelado sin aceptación"},
		{found, never, "Vigente", "Cancelado sin aceptación", "", cancel.ErrUnexpected, "Cancelado sin aceptación"},
		{found, never, "Vigente", "Plazo vencido", "", cancel.ErrUnexpected, "Plazo vencido"},
		{found, never, "Vigente", "a word of tomorrow", "", cancel.ErrUnexpected, "a word of tomorrow"},
	} {
		body := result(tt.codigo, tt.esCancelable, tt.estado, tt.estatus, "200")
		for _, status := range []int{200, 500} {
			a := (&authority{status: status, answers: []string{body}}).start(t)
			before := time.Now()
			got, err := a.client(t).Status(t.Context(), request)
			if tt.reason != nil {
				failure := requireReason(t, tt.reason, err, tt)
				assert.Zero(t, got)
				assert.Equal(t, tt.code, failure.Code, tt)
				assert.Equal(t, "Consulta", failure.Op)
				assert.Equal(t, folio, failure.ID)
				assert.Equal(t, status, failure.HTTPStatus)
				assert.Contains(t, failure.Message, tt.codigo)
				assert.Equal(t, body, string(failure.Raw))
				require.Error(t, failure.Err, "says why")
				continue
			}
			require.NoError(t, err, tt)
			assert.Equal(t, cancel.Result{
				Provider: "sat", ID: folio, Kind: cancel.Invoice, State: tt.state,
				Code: tt.code, Message: got.Message, Raw: []byte(body), At: got.At,
			}, got)
			assert.Contains(t, got.Message, tt.estado)
			assert.WithinRange(t, got.At, before, time.Now())
		}
	}
}

func TestPreflightIsWhatEsCancelableSays(t *testing.T) {
	for _, tt := range []struct {
		codigo, esCancelable, estado, estatus string

		verdict cancel.Verdict
		reason  error
		code    string
	}{
		{found, "Cancelable sin aceptación", "Vigente", "", cancel.Cancellable, nil, "Cancelable sin aceptación"},
		{found, "cancelable sin aceptacion.", "Vigente", "", cancel.Cancellable, nil, "cancelable sin aceptacion."},
		{found, "Cancelable con aceptación", "Vigente", "", cancel.ConsentNeeded, nil, "Cancelable con aceptación"},
		{found, "No cancelable", "Vigente", "", cancel.NotCancellable, nil, "No cancelable"},
		{found, "NO CANCELABLE", "Vigente", "", cancel.NotCancellable, nil, "NO CANCELABLE"},
		{found, "", "Vigente", "", "", cancel.ErrUnexpected, ""},
		{found, "Cancelable", "Vigente", "", "", cancel.ErrUnexpected, ""},
		{found, "Cancelable sin aceptación", "Vigente", "En proceso", cancel.UnderWay, nil, "En proceso"},
		{found, "", "Vigente", "En proceso", cancel.UnderWay, nil, "En proceso"},
		{found, "No cancelable", "Cancelado", "Plazo vencido", cancel.Done, nil, "Plazo vencido"},
		{found, "", "Cancelado", "", cancel.Done, nil, ""},
		{found, "Cancelable con aceptación", "Vigente", "Solicitud rechazada", "", cancel.ErrRejected, "Solicitud rechazada"},
		{notFound, "", "No Encontrado", "", "", cancel.ErrNotFound, "N - 602"},
		{invalid, "Cancelable sin aceptación", "Vigente", "", "", cancel.ErrUnexpected, "N - 601"},
	} {
		body := result(tt.codigo, tt.esCancelable, tt.estado, tt.estatus)
		_, c := answering(t, body)
		got, err := c.Preflight(t.Context(), request)
		if tt.reason != nil {
			failure := requireReason(t, tt.reason, err, tt)
			assert.Zero(t, got)
			assert.Equal(t, tt.code, failure.Code, tt)
			continue
		}
		require.NoError(t, err, tt)
		assert.Equal(t, cancel.Preflight{
			Provider: "sat", ID: folio, Kind: cancel.Invoice, Verdict: tt.verdict,
			Code: tt.code, Message: got.Message, Raw: []byte(body), At: got.At,
		}, got)
		assert.NotEmpty(t, got.Message)
		assert.NotZero(t, got.At)
	}
}

func TestLookupReturnsTheFieldsVerbatim(t *testing.T) {
	for what, tt := range map[string]struct {
		fields string
		want   Record
	}{
		"all": {
			`<a:CodigoEstatus>S - Comprobante obtenido satisfactoriamente.</a:CodigoEstatus><a:EsCancelable>Cancelable con aceptación</a:EsCancelable>` +
				`<a:Estado>Vigente</a:Estado><a:EstatusCancelacion>En proceso</a:EstatusCancelacion><a:ValidacionEFOS>200</a:ValidacionEFOS>`,
			Record{CodigoEstatus: found, EsCancelable: "Cancelable con aceptación", Estado: "Vigente", EstatusCancelacion: "En proceso", ValidacionEFOS: "200"},
		},
		"nothing": {"", Record{}},
		"nil": {
			`<a:CodigoEstatus i:nil="true"/><a:EsCancelable i:nil="true">x</a:EsCancelable><a:Estado>No Encontrado</a:Estado><a:EstatusCancelacion/>`,
			Record{Estado: "No Encontrado"},
		},
		"another order, unknown fields": {
			`<a:Nuevo><a:Estado>Cancelado</a:Estado></a:Nuevo><a:ValidacionEFOS> 100 </a:ValidacionEFOS><a:Estado>Vigente</a:Estado><a:Nuevo/>`,
			Record{ValidacionEFOS: " 100 ", Estado: "Vigente"},
		},
		"not valid":  {`<a:CodigoEstatus>` + invalid + `</a:CodigoEstatus>`, Record{CodigoEstatus: invalid}},
		"not found":  {`<a:CodigoEstatus>` + notFound + `</a:CodigoEstatus>`, Record{CodigoEstatus: notFound}},
		"an unknown": {`<Estado>¿&amp;?</Estado>`, Record{Estado: "¿&?"}},
	} {
		body := enveloped(tt.fields)
		_, c := answering(t, body)
		got, err := c.Lookup(t.Context(), expression)
		require.NoError(t, err, what)
		tt.want.Raw = []byte(body)
		assert.Equal(t, tt.want, got, what)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	good := result(found, "", "Cancelado", "")
	for what, body := range map[string]string{
		"empty":                 "",
		"HTML":                  "<html><body><h1>Servicio en mantenimiento</h1></body></html>",
		"HTML5":                 "<!DOCTYPE html><html><br></html>",
		"cut":                   strings.TrimSuffix(good, ">"),
		"twice":                 good + good,
		"DTD":                   "<!DOCTYPE a>" + good,
		"another operation":     strings.ReplaceAll(good, "ConsultaResponse", "AcuseResponse"),
		"another result":        strings.ReplaceAll(good, "ConsultaResult", "return"),
		"two Estado":            enveloped("<a:CodigoEstatus>S</a:CodigoEstatus><a:Estado>Vigente</a:Estado><a:Estado>Cancelado</a:Estado>"),
		"two Estado, one nil":   enveloped(`<a:CodigoEstatus>S</a:CodigoEstatus><a:Estado i:nil="true"/><a:Estado>Cancelado</a:Estado>`),
		"two CodigoEstatus":     enveloped("<a:CodigoEstatus>S</a:CodigoEstatus><a:CodigoEstatus>S</a:CodigoEstatus><a:Estado>Cancelado</a:Estado>"),
		"an Estado of elements": enveloped("<a:CodigoEstatus>S</a:CodigoEstatus><a:Estado><b>Cancelado</b></a:Estado>"),
	} {
		for name, call := range calls {
			for _, status := range []int{200, 500, 503} {
				a := (&authority{status: status, answers: []string{body}}).start(t)
				failure := requireReason(t, cancel.ErrUnavailable, call(a.client(t), t.Context(), request), what, name, status)
				assert.Equal(t, body, string(failure.Raw))
				assert.Equal(t, status, failure.HTTPStatus)
			}
		}
	}
}

func TestFaultsAndHTTPStatuses(t *testing.T) {
	sql := faulted("s:Server", "System.Data.SqlClient.SqlException: Timeout expired. SELECT Estado FROM Comprobante")
	deserialization := faulted("a:DeserializationFailed", "The formatter threw an exception while trying to deserialize the message")
	sender := faulted("s:Client", "bad")
	for _, tt := range []struct {
		status int
		body   string
		want   error
	}{
		{500, sql, cancel.ErrUnavailable},
		{200, sql, cancel.ErrUnavailable},
		{500, deserialization, cancel.ErrUnavailable},
		{500, sender, cancel.ErrInvalid},
		{503, sender, cancel.ErrUnavailable},
		{400, "", cancel.ErrInvalid},
		{404, "", cancel.ErrInvalid},
		{401, "", cancel.ErrAuth},
		{403, "<html>", cancel.ErrForbidden},
		{429, "", cancel.ErrUnavailable},
		{502, "", cancel.ErrUnavailable},
		{302, "", cancel.ErrUnexpected},
		{418, "", cancel.ErrUnexpected},
	} {
		for name, call := range calls {
			a := (&authority{status: tt.status, answers: []string{tt.body}}).start(t)
			failure := requireReason(t, tt.want, call(a.client(t), t.Context(), request), tt, name)
			assert.Equal(t, tt.status, failure.HTTPStatus)
			assert.Len(t, a.sent(t), 1)
		}
	}
}

func TestWithoutAConnectionNothingIsSent(t *testing.T) {
	c, err := New(Config{Endpoint: "http://127.0.0.1:1/"})
	require.NoError(t, err)
	for name, call := range calls {
		failure := requireReason(t, cancel.ErrUnavailable, call(c, t.Context(), request), name)
		assert.Zero(t, failure.HTTPStatus)
	}
}
