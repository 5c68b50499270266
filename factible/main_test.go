package factible

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/unified-cancel/cancel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	invoice  = "0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F"
	another  = "E329DD15-7D0B-44E9-A204-51A7443D1FBE"
	password = " una & \"otra\" <contraseña> "
)

// vendor is a loopback server that answers every request with the same.
type vendor struct {
	status       int
	header       http.Header
	answer       string
	mu           sync.Mutex
	asked        []*http.Request
	bodies       []string
	url          string
	transmission func(http.ResponseWriter) // in place of the answer
}

func (v *vendor) start(t *testing.T) *vendor {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.asked = append(v.asked, r)
		v.bodies = append(v.bodies, string(body))
		v.mu.Unlock()
		if v.transmission != nil {
			v.transmission(w)
			return
		}
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		maps.Copy(w.Header(), v.header)
		w.WriteHeader(v.status)
		_, _ = io.WriteString(w, v.answer)
	}))
	t.Cleanup(s.Close)
	v.url = s.URL
	return v
}

// request returns the one request that was made.
func (v *vendor) request(t *testing.T) (*http.Request, string) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	require.Len(t, v.asked, 1)
	return v.asked[0], v.bodies[0]
}

func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.asked)
}

func (v *vendor) client(t *testing.T, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{Username: "usuario@example.com", Password: cancel.NewSecret(password), Endpoint: v.url}
	for _, f := range change {
		f(&config)
	}
	c, err := New(config)
	require.NoError(t, err)
	return c
}

type method func(*Client, context.Context, cancel.Request) (cancel.Result, error)

var methods = map[string]struct {
	call method
	op   operation
}{
	"cancelarSectorPrimario":        {(*Client).Cancel, cancelPrimarySector},
	"getStatusCancelacionAsincrona": {(*Client).Status, getStatus},
}

var primary = cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: invoice}

// answered is an answer of the operation with the given fields.
func answered(op, fields string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:` +
		op + `Response xmlns:ns="http://ws.cfdi.solucionfactible.com"><ns:return xmlns:ax211="x" xmlns:xsi="i" xsi:type="ax211:StatusCancelacionResponse">` +
		fields + `</ns:return></ns:` + op + `Response></soapenv:Body></soapenv:Envelope>`
}

func coded(code string) string { return "<ax211:status>" + code + "</ax211:status>" }

// acuseOf is an acuse with the given folios, a UUID and its EstatusUUID by turns.
func acuseOf(folios ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><Acuse Fecha="2026-02-03T10:20:30.1234567" RfcEmisor="EKU9003173C9">`)
	for i := 0; i < len(folios); i += 2 {
		b.WriteString(`<Folios xmlns="http://cancelacfd.sat.gob.mx"><UUID>` + folios[i] + `</UUID><EstatusUUID>` + folios[i+1] + `</EstatusUUID></Folios>`)
	}
	b.WriteString(`</Acuse>`)
	return b.String()
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func packed(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// expect is what a call is expected to end in: a state, or the reason of an error.
type expect struct {
	state  cancel.State
	reason error
}

func (e expect) check(t *testing.T, got cancel.Result, err error, what ...any) *cancel.Error {
	t.Helper()
	if e.reason == nil {
		require.NoError(t, err, what...)
		assert.Equal(t, e.state, got.State, what...)
		return nil
	}
	require.Error(t, err, what...)
	assert.Zero(t, got, what...)
	found, ok := errors.AsType[*cancel.Error](err)
	require.True(t, ok, what...)
	assert.Equal(t, e.reason, found.Reason, what...)
	assert.Equal(t, "factible", found.Provider)
	return found
}
