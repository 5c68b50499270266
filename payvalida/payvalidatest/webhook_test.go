package payvalidatest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/adaptertest"
	"github.com/unified-cancel/cancel/payvalida"
	"github.com/unified-cancel/cancel/payvalida/payvalidatest"
)

func TestNotificationIsAsDocumented(t *testing.T) {
	// SHA-256 of PO-2402558, the status and the notification hash, one after the other.
	checksums := map[string]string{
		"approved":  "e4012c057c40013505e6daaff04344be1a7fd177c9d7a993849c168cef64ba9b",
		"cancelled": "c9cfc55a9bd8050c18481ebbcccbfcaf1b73fa58cebfa7a488e07ac660565dc9",
	}
	for name, test := range map[string]struct {
		callBack          func(*payvalidatest.Simulator, string)
		contentType, want string
	}{
		"JSON": {(*payvalidatest.Simulator).CallBack, "application/json",
			`{"amount":"150000","iso_currency":"COP","po_id":"PO-2402558","pv_checksum":"CHECKSUM","pv_payment":"tc","pv_po_id":2402558,"status":"STATUS"}`},
		"form": {(*payvalidatest.Simulator).CallBackForm, "application/x-www-form-urlencoded",
			`amount=150000&iso_currency=COP&po_id=PO-2402558&pv_checksum=CHECKSUM&pv_payment=tc&pv_po_id=2402558&status=STATUS`},
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			url, events := adaptertest.Webhook(t, adaptertest.Answering(http.StatusOK))
			test.callBack(sim, url+"/hook")
			for i, step := range []struct {
				status string
				happen func()
			}{
				{"approved", func() { sim.Register(cancel.Payment, "2402558") }},
				{"cancelled", func() { sim.Claim("2402558") }},
			} {
				step.happen()
				event := adaptertest.Next(t, events)
				assert.Equal(t, http.MethodPost, event.Method)
				assert.Equal(t, "/hook", event.Path)
				assert.Equal(t, []string{test.contentType}, event.Header.Values("Content-Type"))
				want := strings.NewReplacer("STATUS", step.status, "CHECKSUM", checksums[step.status])
				assert.Equal(t, want.Replace(test.want), event.Body)

				delivery := adaptertest.Logged(t, sim.Deliveries, i+1)[i]
				logged := strings.NewReplacer("STATUS", step.status, "CHECKSUM", "REDACTED")
				assert.Equal(t, logged.Replace(test.want), string(delivery.Body))
				assert.Equal(t, "2402558", delivery.ID)
				assert.Equal(t, step.status, delivery.Status)
				assert.Equal(t, http.StatusOK, delivery.HTTPStatus)
			}
		})
	}
}

func TestOnlyClaimsAreNotified(t *testing.T) {
	sim, client := start(t)
	sim.Register(cancel.Payment, "2402558", "2402559")
	sim.Register(cancel.PreAuthorization, "2402560")
	url, events := adaptertest.Webhook(t, adaptertest.Answering(http.StatusOK))
	sim.CallBack(url)
	for _, req := range []cancel.Request{
		{Kind: cancel.Payment, ID: "2402558"},
		{Kind: cancel.PreAuthorization, ID: "2402560"},
	} {
		require.NoError(t, ask(t, client, req))
	}
	sim.Claim("2402558") // is cancelled
	sim.Claim("2402559")
	sim.Claim("2402559")
	assert.Regexp(t, `"PO-2402559".*"status":"cancelled"`, adaptertest.Next(t, events).Body)
	assert.True(t, sim.IsCancelled("2402559"))
	assert.Equal(t, []string{"2402558", "2402560", "2402559"}, sim.Cancelled())
	result, err := client.Cancel(t.Context(), cancel.Request{Kind: cancel.Payment, ID: "2402559"})
	require.NoError(t, err)
	assert.Equal(t, cancel.AlreadyCancelled, result.State)
	sim.Register(cancel.PreAuthorization, "2402561")
	sim.Register(cancel.Payment, "2402559")

	sim.CallBack("")
	sim.Register(cancel.Payment, "2402562")
	sim.Claim("2402562")
	sim.Close()
	assert.Empty(t, events)
	assert.Panics(t, func() { sim.Claim("2402560") }, "a pre-authorization")
	assert.Panics(t, func() { sim.Claim("1") }, "not registered")
}

func TestStatesAreNotified(t *testing.T) {
	sim, _ := start(t)
	sim.Register(cancel.Payment, "2402558")
	sim.SetReference("2402558", "pedido-7")
	url, events := adaptertest.Webhook(t, adaptertest.Answering(http.StatusOK))
	sim.CallBack(url)
	for _, state := range []string{"PENDIENTE", "APROBADA", "ANULADA", "CANCELADA", "VENCIDA", "VENCIDA"} {
		sim.SetState("2402558", state)
		switch state {
		case "APROBADA":
			assert.Regexp(t, `"po_id":"pedido-7".*"status":"approved"`, adaptertest.Next(t, events).Body)
		case "VENCIDA":
			if len(sim.Deliveries()) < 2 {
				assert.Contains(t, adaptertest.Next(t, events).Body, `"status":"cancelled"`)
				adaptertest.Logged(t, sim.Deliveries, 2)
			}
		}
	}
	sim.Close()
	assert.Empty(t, events)
}

// The vendor's page speaks of repeats, but not of when they come.
func TestNotificationIsSentOnce(t *testing.T) {
	sim, _ := start(t)
	url, events := adaptertest.Webhook(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	sim.CallBack(url)
	sim.Register(cancel.Payment, "2402558")
	adaptertest.Next(t, events)
	sim.Pass(10 * time.Second)
	assert.Zero(t, adaptertest.Logged(t, sim.Deliveries, 1)[0].HTTPStatus)
	sim.Pass(24 * time.Hour)
	sim.Close()
	assert.Len(t, sim.Deliveries(), 1)
}

// The webhook of the adapter takes the simulator's messages.
func TestWebhookOfTheAdapterTakesNotifications(t *testing.T) {
	sim, _ := start(t)
	payments := make(chan payvalida.Event, 10)
	webhook, err := payvalida.NewWebhook(payvalida.WebhookConfig{
		Hash:   cancel.NewSecret(sim.NotificationHash()),
		Handle: func(_ context.Context, e payvalida.Event) error { payments <- e; return nil },
	})
	require.NoError(t, err)
	server := httptest.NewServer(webhook)
	t.Cleanup(server.Close)
	sim.CallBack(server.URL)
	sim.Register(cancel.Payment, longOrder)
	approved := <-payments
	assert.Equal(t, payvalida.EventApproved, approved.Status)
	assert.Equal(t, longOrder, approved.PVOrder, "with every digit")
	sim.CallBackForm(server.URL)
	sim.Claim(longOrder)
	assert.Equal(t, payvalida.EventCancelled, (<-payments).Status)
	assert.NotEqual(t, sim.Config().FixedHash, sim.NotificationHash())
}

func TestCallBackPanicsForAnotherMachine(t *testing.T) {
	sim, _ := start(t)
	assert.Panics(t, func() { sim.CallBack("http://example.com/hook") })
	assert.Panics(t, func() { sim.CallBackForm("http://example.com/hook") })
}
