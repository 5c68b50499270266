package factibletest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/factible/factibletest"
)

// direct reaches a simulator without a network, because time stands still in a bubble that
// waits for a socket.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// inNoTime runs test in a bubble, with a simulator and a Client of it.
func inNoTime(t *testing.T, test func(t *testing.T, sim *factibletest.Simulator, client *cancel.Client, req cancel.Request)) {
	sim := factibletest.New() // what listens must not be in the bubble
	t.Cleanup(sim.Close)
	req := cancel.Request{
		Provider: "pac", Kind: cancel.Invoice, ID: "0A1B2C3D-0000-4000-8000-00000000000A",
		Motive: "02", Issuer: "EJE2001019A1",
	}
	sim.Register(req.ID)
	synctest.Test(t, func(t *testing.T) {
		config := sim.Config()
		config.Options = cancel.ClientOptions{HTTPClient: &http.Client{Transport: direct{sim}}}
		adapter, err := factible.New(config)
		require.NoError(t, err)
		client := cancel.NewClient(map[string]cancel.Canceler{"pac": adapter})
		result, err := client.Cancel(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, cancel.Pending, result.State)
		require.True(t, sim.IsRegistered(req.ID))
		require.False(t, sim.IsCancelled(req.ID))
		test(t, sim, client, req)
	})
}

func assertAcuse(t *testing.T, result cancel.Result, at time.Time) {
	t.Helper()
	assert.Equal(t, cancel.Cancelled, result.State)
	receipt, err := factible.ParseReceipt(result.Receipt)
	require.NoError(t, err)
	require.Len(t, receipt.Folios, 1)
	assert.Equal(t, result.ID, receipt.Folios[0].UUID)
	assert.Equal(t, "201", receipt.Folios[0].EstatusUUID)
	assert.Equal(t, "EJE2001019A1", receipt.RfcEmisor)
	assert.WithinDuration(t, at, receipt.Fecha, 0)
}

func TestInvoiceIsPendingUntilTheRecipientAccepts(t *testing.T) {
	inNoTime(t, func(t *testing.T, sim *factibletest.Simulator, client *cancel.Client, req cancel.Request) {
		start := time.Now()
		time.AfterFunc(30*time.Hour, func() { sim.Accept(req.ID) })
		result, err := client.Wait(t.Context(), req)
		require.NoError(t, err)
		assertAcuse(t, result, start.Add(30*time.Hour))
		assert.GreaterOrEqual(t, time.Since(start), 30*time.Hour)
		assert.Equal(t, []string{req.ID}, sim.Cancelled())
		assert.Greater(t, len(sim.Calls()), 100, "it was asked again and again")
	})
}

func TestInvoiceIsPendingUntilTheRecipientRefuses(t *testing.T) {
	inNoTime(t, func(t *testing.T, sim *factibletest.Simulator, client *cancel.Client, req cancel.Request) {
		time.AfterFunc(30*time.Hour, func() { sim.Refuse(req.ID) })
		_, err := client.Wait(t.Context(), req)
		require.ErrorIs(t, err, cancel.ErrRejected)
		time.Sleep(100 * time.Hour)
		assert.Empty(t, sim.Cancelled())

		again, err := client.Cancel(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, "200", again.Code, "what was refused may be asked again")
	})
}

func TestInvoiceIsPendingUntilSilenceCounts(t *testing.T) {
	inNoTime(t, func(t *testing.T, sim *factibletest.Simulator, client *cancel.Client, req cancel.Request) {
		registered := time.Now()
		ctx, stop := context.WithTimeout(t.Context(), 71*time.Hour)
		defer stop()
		last, err := client.Wait(ctx, req)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, cancel.Pending, last.State)
		assert.Empty(t, sim.Cancelled())

		result, err := client.Wait(t.Context(), req)
		require.NoError(t, err)
		assertAcuse(t, result, registered.Add(72*time.Hour))
		assert.Less(t, time.Since(registered), 72*time.Hour+15*time.Minute)
	})
}

func TestMovedClockSettlesAnInvoice(t *testing.T) {
	inNoTime(t, func(t *testing.T, sim *factibletest.Simulator, client *cancel.Client, req cancel.Request) {
		start := time.Now()
		sim.NotYetAnswered(req.ID)
		time.AfterFunc(time.Hour, func() { sim.Pass(71 * time.Hour) })
		result, err := client.Wait(t.Context(), req)
		require.NoError(t, err)
		assertAcuse(t, result, start.Add(72*time.Hour))
		assert.Less(t, time.Since(start), 2*time.Hour)
	})
}

func TestEstatusIsAsItWasAtATime(t *testing.T) {
	sim := factibletest.New()
	defer sim.Close()
	client, err := factible.New(sim.Config())
	require.NoError(t, err)
	const consented, silent, primary = "0A1B2C3D-0000-4000-8000-00000000000A", "0A1B2C3D-0000-4000-8000-00000000000B", "0A1B2C3D-0000-4000-8000-00000000000C"
	sim.Register(consented, silent, primary)
	register := func(uuid string) {
		_, err := client.Cancel(t.Context(), cancel.Request{Kind: cancel.Invoice, ID: uuid, Motive: "02", Issuer: "EJE2001019A1"})
		require.NoError(t, err)
	}
	begin := sim.Now()
	register(silent)
	register(consented)
	_, err = client.Cancel(t.Context(), cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: primary})
	require.NoError(t, err)
	sim.Pass(time.Hour)
	sim.Refuse(consented)
	sim.Pass(time.Hour)
	register(consented)
	sim.Pass(time.Hour)
	sim.Accept(consented)
	sim.Pass(72 * time.Hour)

	const tolerance = 30 * time.Minute
	for after, want := range map[time.Duration][3]string{
		-1:                       {"", "", ""},
		tolerance:                {"En proceso", "En proceso", "Cancelado sin aceptación"},
		time.Hour + tolerance:    {"Solicitud rechazada", "En proceso", "Cancelado sin aceptación"},
		2*time.Hour + tolerance:  {"En proceso", "En proceso", "Cancelado sin aceptación"},
		3*time.Hour + tolerance:  {"Cancelado con aceptación", "En proceso", "Cancelado sin aceptación"},
		72*time.Hour + tolerance: {"Cancelado con aceptación", "Plazo vencido", "Cancelado sin aceptación"},
		100 * 24 * time.Hour:     {"Cancelado con aceptación", "Plazo vencido", "Cancelado sin aceptación"},
	} {
		for i, uuid := range []string{consented, silent, primary} {
			assert.Equal(t, want[i], sim.Estatus(uuid, begin.Add(after)), "%v, %s", after, uuid)
		}
	}
	assert.Empty(t, sim.Estatus("0A1B2C3D-0000-4000-8000-00000000000D", sim.Now()))
}
