package canceltest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/payvalida"
)

// told is what a webhook was told.
type told struct {
	method, path string
	header       http.Header
	body         string
}

// newWebhook starts a webhook that answers as it is given to, and returns its URL and
// what it is told.
func newWebhook(t *testing.T, answer http.HandlerFunc) (url string, events <-chan told) {
	t.Helper()
	arrived := make(chan told, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		arrived <- told{r.Method, r.URL.Path, r.Header, string(body)}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, arrived
}

// next returns what comes next.
func next(t *testing.T, events <-chan told) told {
	t.Helper()
	select {
	case event := <-events:
		return event
	case <-time.After(20 * time.Second):
		require.FailNow(t, "the webhook is told nothing")
		return told{}
	}
}

// delivered waits for the log of n deliveries.
func delivered(t *testing.T, sim *canceltest.Server, n int) []canceltest.Delivery {
	t.Helper()
	require.Eventually(t, func() bool { return len(sim.Deliveries()) >= n }, 20*time.Second, time.Millisecond)
	deliveries := sim.Deliveries()
	require.Len(t, deliveries, n)
	return deliveries
}

func answering(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func TestAucoTellsWhatBecomesOfDocuments(t *testing.T) {
	sim, client := newAuco(t)
	url, events := newWebhook(t, answering(http.StatusNoContent))
	sim.Register("BEFORE")
	sim.CallBack(url+"/hook", "X-Auco-Key", "secreto")

	for _, test := range []struct{ state, want string }{
		{"CREATED", `{"code":"A B","name":"Documento A B","status":"CREATE","url":"https://documents.example.com/A%20B.pdf"}`},
		{"FINISH", `{"code":"A B","name":"Documento A B","status":"FINISH","url":"https://documents.example.com/A%20B.pdf"}`},
		{"EXPIRED", `{"code":"A B","name":"Documento A B","status":"EXPIRED","url":"https://documents.example.com/A%20B.pdf"}`},
		{"REJECTED", `{"name":"Documento A B","signer":{"id":"FS","name":"Firmante Simulado","email":"firmante@example.com","phone":"+570000000000"},"status":"REJECTED","message":"Rechazado por el firmante","tags":[]}`},
	} {
		sim.SetState("A B", test.state)
		sim.SetState("A B", test.state) // is no change
		event := next(t, events)
		assert.Equal(t, http.MethodPost, event.method)
		assert.Equal(t, "/hook", event.path)
		assert.Equal(t, []string{"secreto"}, event.header.Values("X-Auco-Key"))
		assert.Equal(t, []string{"application/json"}, event.header.Values("Content-Type"))
		assert.Equal(t, test.want, event.body)
	}
	sim.Register("A B", "B", "BEFORE")
	assert.Contains(t, next(t, events).body, `"code":"B"`, "the others were there")

	delivered(t, sim.Server, 5) // each is logged once it is answered

	// A cancellation that is not carried out is not told.
	sim.Fail(1, canceltest.HTTP500)
	require.ErrorIs(t, ask(t, client, document("B")), cancel.ErrUnknownOutcome)
	sim.Fail(1, canceltest.CarriedOutThenDropped)
	require.ErrorIs(t, ask(t, client, document("B")), cancel.ErrUnknownOutcome)
	require.ErrorIs(t, ask(t, client, document("B")), cancel.ErrNotCancellable)
	assert.Equal(t, `{"name":"Documento B","signer":{"id":"FS","name":"Firmante Simulado","email":"firmante@example.com","phone":"+570000000000"},`+
		`"status":"REJECTED","message":"Error en la cláusula II","tags":[]}`, next(t, events).body, "without a code, as in the vendor's sample")

	deliveries := delivered(t, sim.Server, 6)
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

func TestAucoCallsBackNoMore(t *testing.T) {
	sim, _ := newAuco(t)
	url, events := newWebhook(t, answering(http.StatusOK))
	sim.CallBack(url, "", "")
	sim.Register("A")
	assert.Contains(t, next(t, events).body, `"A"`)
	sim.CallBack("", "", "")
	sim.Register("B")
	other, others := newWebhook(t, answering(http.StatusOK))
	sim.CallBack(other, "X-Key", "secreto")
	sim.Register("C")
	assert.Contains(t, next(t, others).body, `"C"`)
	sim.Close()
	sim.Register("D")
	assert.Empty(t, events)
	assert.Empty(t, others)
	assert.Len(t, sim.Deliveries(), 2)
}

func TestAucoTellsAgain(t *testing.T) {
	for name, answer := range map[string]struct {
		handler http.HandlerFunc
		status  int
	}{
		"500": {answering(http.StatusInternalServerError), 500},
		"401": {answering(http.StatusUnauthorized), 401},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, 307},
		"cut answer":  {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "9") }, 0},
		"hung up":     {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0},
		"endless one": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, _ := newAuco(t)
			url, events := newWebhook(t, answer.handler)
			sim.CallBack(url, "X-Auco-Key", "secreto")
			sim.Register("A")
			first := next(t, events)
			attempts := delivered(t, sim.Server, 1)
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
				again := next(t, events)
				assert.Equal(t, "/", again.path)
				assert.Equal(t, first.body, again.body)
				assert.Equal(t, []string{"secreto"}, again.header.Values("X-Auco-Key"))
				attempts = delivered(t, sim.Server, i+2)
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

// What is due by the time that has passed is done, one after the other.
func TestAucoCatchesUp(t *testing.T) {
	sim, _ := newAuco(t)
	url, events := newWebhook(t, answering(http.StatusServiceUnavailable))
	sim.CallBack(url, "X-Auco-Key", "secreto")
	sim.Register("A")
	next(t, events)
	sim.Pass(12 * time.Minute)
	delivered(t, sim.Server, 4)
}

func TestAucoStopsOnceItWasTaken(t *testing.T) {
	sim, _ := newAuco(t)
	answers := make(chan int, 2)
	answers <- http.StatusInternalServerError
	answers <- http.StatusAccepted
	url, events := newWebhook(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(<-answers) })
	sim.CallBack(url, "X-Auco-Key", "secreto")
	sim.Register("A")
	next(t, events)
	sim.Pass(2 * time.Minute)
	next(t, events)
	delivered(t, sim.Server, 2)
	sim.Pass(24 * time.Hour)
	sim.Close()
	assert.Empty(t, events)
}

func TestAucoWaitsTenSeconds(t *testing.T) {
	sim, _ := newAuco(t)
	release := make(chan struct{})
	url, events := newWebhook(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	sim.CallBack(url, "X-Auco-Key", "secreto")
	sim.Register("A")
	next(t, events)
	sim.Pass(10 * time.Second)
	assert.Zero(t, delivered(t, sim.Server, 1)[0].HTTPStatus)
	sim.Pass(2*time.Minute - 10*time.Second)
	next(t, events)
	sim.Pass(5 * time.Second) // is not too long
	close(release)
	assert.Equal(t, http.StatusOK, delivered(t, sim.Server, 2)[1].HTTPStatus)
}

func TestCloseWaitsForDeliveries(t *testing.T) {
	sim, _ := newAuco(t)
	release := make(chan struct{})
	url, events := newWebhook(t, func(w http.ResponseWriter, _ *http.Request) {
		<-release
		w.WriteHeader(http.StatusInternalServerError)
	})
	sim.CallBack(url, "X-Auco-Key", "secreto")
	sim.Register("A")
	next(t, events)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		sim.Close()
	}()
	// It is closing once it takes no calls.
	require.Eventually(t, func() bool {
		_, err := post(t, sim.URL, http.Header{}, "")
		return err != nil
	}, 20*time.Second, time.Millisecond)
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
	sim, _ := newAuco(t)
	url, events := newWebhook(t, answering(http.StatusOK))
	sim.CallBack(url, "X-Auco-Key", "secreto")
	sim.LogLimit(2)
	for i, code := range []string{"A", "B", "C"} {
		sim.Register(code)
		next(t, events)
		delivered(t, sim.Server, min(i+1, 2))
	}
	require.Eventually(t, func() bool { return sim.Deliveries()[1].ID == "C" }, 20*time.Second, time.Millisecond)
	deliveries := sim.Deliveries()
	assert.Equal(t, "B", deliveries[0].ID)
	deliveries[0].Body[0] = 'x'
	assert.Equal(t, byte('{'), sim.Deliveries()[0].Body[0])
}

func TestWebhooksMustBeHere(t *testing.T) {
	aucoSim, _ := newAuco(t)
	payvalidaSim, _ := newPayvalida(t)
	for _, address := range []string{
		"http://example.com/hook", "https://127.0.0.1/hook", "http://10.0.0.1", "http://localhost.example.com",
		"http://user:word@127.0.0.1", "//127.0.0.1", "127.0.0.1:80", "ftp://127.0.0.1", "http://", ":",
	} {
		assert.Panics(t, func() { aucoSim.CallBack(address, "X-Key", "secreto") }, address)
		assert.Panics(t, func() { payvalidaSim.CallBack(address) }, address)
		assert.Panics(t, func() { payvalidaSim.CallBackForm(address) }, address)
	}
	for _, address := range []string{"http://localhost:1/hook?a=b", "http://LOCALHOST", "http://127.8.9.10", "http://[::1]:8080"} {
		assert.NotPanics(t, func() { aucoSim.CallBack(address, "X-Key", "secreto") }, address)
		assert.NotPanics(t, func() { payvalidaSim.CallBack(address) }, address)
	}
	const here = "http://127.0.0.1:1"
	assert.Panics(t, func() { aucoSim.CallBack(here, "X Key", "secreto") })
	assert.Panics(t, func() { aucoSim.CallBack(here, "X-Key", "a\nb") })
}

func TestPayvalidaNotifies(t *testing.T) {
	// SHA-256 of PO-2402558, the status and the notification hash, one after the other.
	checksums := map[string]string{
		"approved":  "e4012c057c40013505e6daaff04344be1a7fd177c9d7a993849c168cef64ba9b",
		"cancelled": "c9cfc55a9bd8050c18481ebbcccbfcaf1b73fa58cebfa7a488e07ac660565dc9",
	}
	for name, test := range map[string]struct {
		callBack          func(*canceltest.Payvalida, string)
		contentType, want string
	}{
		"JSON": {(*canceltest.Payvalida).CallBack, "application/json",
			`{"pv_po_id":2402558,"po_id":"PO-2402558","status":"STATUS","pv_checksum":"CHECKSUM","amount":"150000","iso_currency":"COP","pv_payment":"tc"}`},
		"form": {(*canceltest.Payvalida).CallBackForm, "application/x-www-form-urlencoded",
			`amount=150000&iso_currency=COP&po_id=PO-2402558&pv_checksum=CHECKSUM&pv_payment=tc&pv_po_id=2402558&status=STATUS`},
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := newPayvalida(t)
			url, events := newWebhook(t, answering(http.StatusOK))
			test.callBack(sim, url+"/hook")
			for i, step := range []struct {
				status string
				happen func()
			}{
				{"approved", func() { sim.Register(cancel.Payment, "2402558") }},
				{"cancelled", func() { sim.Claim("2402558") }},
			} {
				step.happen()
				event := next(t, events)
				assert.Equal(t, http.MethodPost, event.method)
				assert.Equal(t, "/hook", event.path)
				assert.Equal(t, []string{test.contentType}, event.header.Values("Content-Type"))
				want := strings.NewReplacer("STATUS", step.status, "CHECKSUM", checksums[step.status])
				assert.Equal(t, want.Replace(test.want), event.body)

				delivery := delivered(t, sim.Server, i+1)[i]
				logged := strings.NewReplacer("STATUS", step.status, "CHECKSUM", "REDACTED")
				assert.Equal(t, logged.Replace(test.want), string(delivery.Body))
				assert.Equal(t, "2402558", delivery.ID)
				assert.Equal(t, step.status, delivery.Status)
				assert.Equal(t, http.StatusOK, delivery.HTTPStatus)
			}
		})
	}
}

func TestPayvalidaNotifiesOfClaimsAlone(t *testing.T) {
	sim, client := newPayvalida(t)
	sim.Register(cancel.Payment, "2402558", "2402559")
	sim.Register(cancel.PreAuthorization, "2402560")
	url, events := newWebhook(t, answering(http.StatusOK))
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
	assert.Contains(t, next(t, events).body, `"PO-2402559","status":"cancelled"`)
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

// The vendor's page speaks of repeats, but not of when they come.
func TestPayvalidaNotifiesOnce(t *testing.T) {
	sim, _ := newPayvalida(t)
	url, events := newWebhook(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	sim.CallBack(url)
	sim.Register(cancel.Payment, "2402558")
	next(t, events)
	sim.Pass(10 * time.Second)
	assert.Zero(t, delivered(t, sim.Server, 1)[0].HTTPStatus)
	sim.Pass(24 * time.Hour)
	sim.Close()
	assert.Len(t, sim.Deliveries(), 1)
}

func serve(t *testing.T, handler http.Handler) (url string) {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// The handlers of the adapters take what the simulators tell.
func TestWebhooksOfTheAdapters(t *testing.T) {
	aucoSim, aucoClient := newAuco(t)
	documents := make(chan auco.Event, 10)
	webhook, err := auco.NewWebhook(auco.WebhookConfig{
		Header: "X-Auco-Key", Value: cancel.NewSecret("secreto"),
		Handle: func(_ context.Context, e auco.Event) error { documents <- e; return nil },
	})
	require.NoError(t, err)
	url := serve(t, webhook)
	aucoSim.CallBack(url, "X-Auco-Key", "secreto")
	aucoSim.Register("A")
	created := <-documents
	assert.Equal(t, auco.EventCreate, created.Status)
	assert.Equal(t, "A", created.Code)
	require.NoError(t, ask(t, aucoClient, document("A")))
	rejected := <-documents
	assert.Equal(t, auco.EventRejected, rejected.Status)
	assert.Equal(t, "Error en la cláusula II", rejected.Message)
	assert.Equal(t, "firmante@example.com", rejected.Signer.Email)
	assert.True(t, rejected.Status.Closed())
	for _, delivery := range delivered(t, aucoSim.Server, 2) {
		assert.Equal(t, http.StatusOK, delivery.HTTPStatus)
	}
	aucoSim.CallBack(url, "X-Auco-Key", "otro")
	aucoSim.Register("B")
	assert.Equal(t, http.StatusUnauthorized, delivered(t, aucoSim.Server, 3)[2].HTTPStatus)

	payvalidaSim, _ := newPayvalida(t)
	payments := make(chan payvalida.Event, 10)
	notification, err := payvalida.NewWebhook(payvalida.WebhookConfig{
		Hash:   cancel.NewSecret(payvalidaSim.NotificationHash()),
		Handle: func(_ context.Context, e payvalida.Event) error { payments <- e; return nil },
	})
	require.NoError(t, err)
	url = serve(t, notification)
	payvalidaSim.CallBack(url)
	payvalidaSim.Register(cancel.Payment, longOrder)
	approved := <-payments
	assert.Equal(t, payvalida.EventApproved, approved.Status)
	assert.Equal(t, longOrder, approved.PVOrder, "with every digit")
	payvalidaSim.CallBackForm(url)
	payvalidaSim.Claim(longOrder)
	assert.Equal(t, payvalida.EventCancelled, (<-payments).Status)
	assert.NotEqual(t, payvalidaSim.Config().FixedHash, payvalidaSim.NotificationHash())
}
