package aucotest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/internal/adaptertest"
)

func TestEventsAreAsDocumented(t *testing.T) {
	sim, client := start(t)
	url, events := adaptertest.Webhook(t, adaptertest.Answering(http.StatusNoContent))
	sim.Register("BEFORE")
	sim.CallBack(url+"/hook", "X-Auco-Key", "secreto")

	for _, test := range []struct{ state, want string }{
		{"CREATED", `{"code":"A B","name":"Documento A B","status":"CREATE","url":"https://documents.example.com/A%20B.pdf"}`},
		{"FINISH", `{"code":"A B","name":"Documento A B","status":"FINISH","url":"https://documents.example.com/A%20B.pdf"}`},
		{"EXPIRED", `{"code":"A B","name":"Documento A B","status":"EXPIRED","url":"https://documents.example.com/A%20B.pdf"}`},
		{"REJECTED", `{"message":"Rechazado por el firmante","name":"Documento A B","signer":{"email":"firmante@example.com","id":"FS","name":"Firmante Simulado","phone":"+570000000000"},"status":"REJECTED","tags":[]}`},
	} {
		sim.SetState("A B", test.state)
		sim.SetState("A B", test.state) // is no change
		event := adaptertest.Next(t, events)
		assert.Equal(t, http.MethodPost, event.Method)
		assert.Equal(t, "/hook", event.Path)
		assert.Equal(t, []string{"secreto"}, event.Header.Values("X-Auco-Key"))
		assert.Equal(t, []string{"application/json"}, event.Header.Values("Content-Type"))
		assert.Equal(t, test.want, event.Body)
	}
	sim.Register("A B", "B", "BEFORE")
	assert.Contains(t, adaptertest.Next(t, events).Body, `"code":"B"`, "the others were there")

	adaptertest.Logged(t, sim.Deliveries, 5) // each is logged once it is answered

	// A cancellation that is not carried out is not told.
	sim.Fail(1, canceltest.HTTP500)
	require.ErrorIs(t, ask(t, client, document("B")), cancel.ErrUnknownOutcome)
	sim.Fail(1, canceltest.CarriedOutThenDropped)
	require.ErrorIs(t, ask(t, client, document("B")), cancel.ErrUnknownOutcome)
	require.ErrorIs(t, ask(t, client, document("B")), cancel.ErrNotCancellable)
	assert.Equal(t, `{"message":"Error en la cláusula II","name":"Documento B","signer":{"email":"firmante@example.com","id":"FS","name":"Firmante Simulado","phone":"+570000000000"},`+
		`"status":"REJECTED","tags":[]}`, adaptertest.Next(t, events).Body, "without a code, as in the vendor's sample")

	deliveries := adaptertest.Logged(t, sim.Deliveries, 6)
	last := deliveries[5]
	assert.Equal(t, "B", last.ID, "though the event has none")
	assert.Equal(t, "REJECTED", last.Status)
	assert.Equal(t, 1, last.Attempt)
	assert.Equal(t, http.StatusNoContent, last.HTTPStatus)
	assert.Contains(t, string(last.Body), "Error en la cláusula II")
	assert.WithinDuration(t, time.Now(), last.At, time.Minute)
	sim.Pass(time.Hour)
	sim.Close()
	assert.Empty(t, events, "told again")
}

func TestCallBackEnds(t *testing.T) {
	sim, _ := start(t)
	url, events := adaptertest.Webhook(t, adaptertest.Answering(http.StatusOK))
	sim.CallBack(url, "", "")
	sim.Register("A")
	assert.Contains(t, adaptertest.Next(t, events).Body, `"A"`)
	sim.CallBack("", "", "")
	sim.Register("B")
	other, others := adaptertest.Webhook(t, adaptertest.Answering(http.StatusOK))
	sim.CallBack(other, "X-Key", "secreto")
	sim.Register("C")
	assert.Contains(t, adaptertest.Next(t, others).Body, `"C"`)
	sim.Close()
	sim.Register("D")
	assert.Empty(t, events)
	assert.Empty(t, others)
	assert.Len(t, sim.Deliveries(), 2)
}

func TestEventIsSentAgain(t *testing.T) {
	for name, answer := range map[string]struct {
		handler http.HandlerFunc
		status  int
	}{
		"500": {adaptertest.Answering(http.StatusInternalServerError), 500},
		"401": {adaptertest.Answering(http.StatusUnauthorized), 401},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, 307},
		"cut answer":  {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "9") }, 0},
		"hung up":     {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0},
		"endless one": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, _ := start(t)
			url, events := adaptertest.Webhook(t, answer.handler)
			sim.CallBack(url, "X-Auco-Key", "secreto")
			sim.Register("A")
			first := adaptertest.Next(t, events)
			attempts := adaptertest.Logged(t, sim.Deliveries, 1)
			if answer.status == http.StatusOK {
				sim.Pass(time.Hour)
				sim.Close()
				assert.Len(t, sim.Deliveries(), 1)
				return
			}
			waits := []time.Duration{2 * time.Minute, 4 * time.Minute, 6 * time.Minute}
			for i, wait := range waits {
				sim.Pass(wait - time.Second)
				sim.Pass(time.Second)
				again := adaptertest.Next(t, events)
				assert.Equal(t, "/", again.Path)
				assert.Equal(t, first.Body, again.Body)
				assert.Equal(t, []string{"secreto"}, again.Header.Values("X-Auco-Key"))
				attempts = adaptertest.Logged(t, sim.Deliveries, i+2)
				assert.Greater(t, attempts[i+1].At.Sub(attempts[i].At), wait-500*time.Millisecond, "too early")
			}
			for i, attempt := range attempts {
				assert.Equal(t, i+1, attempt.Attempt)
				assert.Equal(t, answer.status, attempt.HTTPStatus)
				assert.Equal(t, "A", attempt.ID)
				assert.Equal(t, "CREATE", attempt.Status)
			}
			sim.Pass(24 * time.Hour)
			sim.Close()
			assert.Empty(t, events, "it was to be dropped")
		})
	}
}

// Attempts that the moved clock makes due are made one after the other.
func TestDueAttemptsAreMade(t *testing.T) {
	sim, _ := start(t)
	url, events := adaptertest.Webhook(t, adaptertest.Answering(http.StatusServiceUnavailable))
	sim.CallBack(url, "X-Auco-Key", "secreto")
	sim.Register("A")
	adaptertest.Next(t, events)
	sim.Pass(12 * time.Minute)
	adaptertest.Logged(t, sim.Deliveries, 4)
}

func TestEventIsNotRepeatedOnceTaken(t *testing.T) {
	sim, _ := start(t)
	answers := make(chan int, 2)
	answers <- http.StatusInternalServerError
	answers <- http.StatusAccepted
	url, events := adaptertest.Webhook(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(<-answers) })
	sim.CallBack(url, "X-Auco-Key", "secreto")
	sim.Register("A")
	adaptertest.Next(t, events)
	sim.Pass(2 * time.Minute)
	adaptertest.Next(t, events)
	adaptertest.Logged(t, sim.Deliveries, 2)
	sim.Pass(24 * time.Hour)
	sim.Close()
	assert.Empty(t, events)
}

func TestWebhookHasTenSeconds(t *testing.T) {
	sim, _ := start(t)
	release := make(chan struct{})
	url, events := adaptertest.Webhook(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	sim.CallBack(url, "X-Auco-Key", "secreto")
	sim.Register("A")
	adaptertest.Next(t, events)
	sim.Pass(10 * time.Second)
	assert.Zero(t, adaptertest.Logged(t, sim.Deliveries, 1)[0].HTTPStatus)
	sim.Pass(2*time.Minute - 10*time.Second)
	adaptertest.Next(t, events)
	sim.Pass(5 * time.Second) // is not too long
	close(release)
	assert.Equal(t, http.StatusOK, adaptertest.Logged(t, sim.Deliveries, 2)[1].HTTPStatus)
}

func TestCloseWaitsForDeliveries(t *testing.T) {
	sim, _ := start(t)
	release := make(chan struct{})
	url, events := adaptertest.Webhook(t, func(w http.ResponseWriter, _ *http.Request) {
		<-release
		w.WriteHeader(http.StatusInternalServerError)
	})
	sim.CallBack(url, "X-Auco-Key", "secreto")
	sim.Register("A")
	adaptertest.Next(t, events)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		sim.Close()
	}()
	// It is closing once it takes no calls.
	require.Eventually(t, func() bool {
		_, err := adaptertest.Send(t, http.MethodPost, sim.URL, http.Header{}, "")
		return err != nil
	}, time.Minute, time.Millisecond)
	select {
	case <-closed:
		assert.Fail(t, "it did not wait")
	default:
	}
	close(release)
	<-closed
	assert.Len(t, sim.Deliveries(), 1, "what failed is not tried again")
	assert.Empty(t, events)
}

func TestDeliveriesAreBoundedAndCopied(t *testing.T) {
	sim, _ := start(t)
	url, events := adaptertest.Webhook(t, adaptertest.Answering(http.StatusOK))
	sim.CallBack(url, "X-Auco-Key", "secreto")
	sim.LogLimit(2)
	for i, code := range []string{"A", "B", "C"} {
		sim.Register(code)
		adaptertest.Next(t, events)
		adaptertest.Logged(t, sim.Deliveries, min(i+1, 2))
	}
	require.Eventually(t, func() bool { return sim.Deliveries()[1].ID == "C" }, time.Minute, time.Millisecond)
	deliveries := sim.Deliveries()
	assert.Equal(t, "B", deliveries[0].ID)
	deliveries[0].Body[0] = 'x'
	assert.Equal(t, byte('{'), sim.Deliveries()[0].Body[0])
}

// The webhook of the adapter takes the simulator's events.
func TestWebhookOfTheAdapterTakesEvents(t *testing.T) {
	sim, client := start(t)
	documents := make(chan auco.Event, 10)
	webhook, err := auco.NewWebhook(auco.WebhookConfig{
		Header: "X-Auco-Key", Value: cancel.NewSecret("secreto"),
		Handle: func(_ context.Context, e auco.Event) error { documents <- e; return nil },
	})
	require.NoError(t, err)
	server := httptest.NewServer(webhook)
	t.Cleanup(server.Close)
	sim.CallBack(server.URL, "X-Auco-Key", "secreto")
	sim.Register("A")
	created := <-documents
	assert.Equal(t, auco.EventCreate, created.Status)
	assert.Equal(t, "A", created.Code)
	require.NoError(t, ask(t, client, document("A")))
	rejected := <-documents
	assert.Equal(t, auco.EventRejected, rejected.Status)
	assert.Equal(t, "Error en la cláusula II", rejected.Message)
	assert.Equal(t, "firmante@example.com", rejected.Signer.Email)
	assert.True(t, rejected.Status.Closed())
	for _, delivery := range adaptertest.Logged(t, sim.Deliveries, 2) {
		assert.Equal(t, http.StatusOK, delivery.HTTPStatus)
	}
	sim.CallBack(server.URL, "X-Auco-Key", "otro")
	sim.Register("B")
	assert.Equal(t, http.StatusUnauthorized, adaptertest.Logged(t, sim.Deliveries, 3)[2].HTTPStatus)
}

func TestCallBackPanicsForAnotherMachine(t *testing.T) {
	sim, _ := start(t)
	const here = "http://127.0.0.1:1"
	assert.Panics(t, func() { sim.CallBack("http://example.com/hook", "X-Key", "secreto") })
	assert.Panics(t, func() { sim.CallBack(here, "X Key", "secreto") })
	assert.Panics(t, func() { sim.CallBack(here, "X-Key", "a\nb") })
}
