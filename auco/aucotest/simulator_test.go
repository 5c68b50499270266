package aucotest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/auco/aucotest"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/internal/adaptertest"
)

const cancelPath = "/document/cancel"

func start(t *testing.T) (*aucotest.Simulator, *auco.Client) {
	sim := aucotest.New()
	t.Cleanup(sim.Close)
	client, err := auco.New(sim.Config())
	require.NoError(t, err)
	return sim, client
}

// askAuco asks by hand.
func askAuco(t *testing.T, sim *aucotest.Simulator, body string) adaptertest.Answer {
	t.Helper()
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Authorization": {"prk_simulada"}}
	return adaptertest.MustSend(t, http.MethodPost, sim.URL+cancelPath, header, body)
}

func codes(list string) string {
	return fmt.Sprintf(`{"codes":%s,"message":"Error en la cláusula II","email":"legal@example.com"}`, list)
}

// The page: a document "must not be fully signed or previously rejected".
func TestCancelsUnlessSignedOrRejected(t *testing.T) {
	sim, client := start(t)
	sim.Register("TR99AQMY31", "TR99AQMY32")
	for _, state := range []string{"FINISH", "REJECTED", "EXPIRED"} {
		sim.SetState(state, state)
	}
	for _, code := range []string{"FINISH", "REJECTED", "UNKNOWN", "tr99aqmy31"} {
		require.ErrorIs(t, ask(t, client, document(code)), cancel.ErrNotCancellable)
		assert.False(t, sim.IsCancelled(code))
	}
	assert.Equal(t, "FINISH", sim.State("FINISH"))
	assert.Empty(t, sim.State("UNKNOWN"))

	for _, code := range []string{"TR99AQMY31", "EXPIRED"} {
		require.NoError(t, ask(t, client, document(code)))
		assert.Equal(t, "REJECTED", sim.State(code))
		assert.True(t, sim.IsCancelled(code))
	}
	sim.Register("TR99AQMY31")
	require.ErrorIs(t, ask(t, client, document("TR99AQMY31")), cancel.ErrNotCancellable)
	assert.Equal(t, "CREATED", sim.State("TR99AQMY32"))
	assert.Equal(t, []string{"TR99AQMY31", "EXPIRED"}, sim.Cancelled())
	assert.Panics(t, func() { sim.SetState("TR99AQMY32", "CANCELLED") })
}

// actions asks by hand for the roadmap of a document, and returns what happened and who did it.
func actions(t *testing.T, sim *aucotest.Simulator, code string) (list []string) {
	t.Helper()
	a := adaptertest.MustSend(t, http.MethodGet, sim.URL+"/document/roadmap?code="+code, http.Header{"Authorization": {"puk_simulada"}}, "")
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	var events []struct {
		Action, Platform, Participant, By, Message string
		Timestamp                                  time.Time
	}
	require.NoError(t, json.Unmarshal([]byte(a.Body), &events))
	var last time.Time
	for _, e := range events {
		assert.NotEmpty(t, e.Platform)
		assert.False(t, e.Timestamp.Before(last), "ascending")
		last = e.Timestamp
		list = append(list, e.Action+" "+e.Participant+" "+e.By+e.Message)
	}
	return list
}

func TestRoadmapSaysWhoEndedIt(t *testing.T) {
	sim, client := start(t)
	const code, contract = "TR99AQMY31", "TR99AQMY3"
	const opened = "CREATE_SIGN API "
	sim.Register(code, contract)
	assert.Equal(t, []string{opened}, actions(t, sim, contract))

	require.NoError(t, ask(t, client, document(code)))
	assert.Equal(t, []string{opened, "CANCEL_SIGN API legal@example.com"}, actions(t, sim, code))

	sim.Pass(time.Hour)
	sim.Reactivate(code)
	assert.Equal(t, "CREATED", sim.State(code))
	assert.False(t, sim.IsCancelled(code), "it stands again")
	assert.Empty(t, sim.Cancelled())

	sim.Decline(code, "No conforme")
	sim.Decline(code, "again")
	assert.Equal(t, "REJECTED", sim.State(code))
	assert.False(t, sim.IsCancelled(code), "a signer declined it")
	assert.Equal(t, []string{
		opened, "CANCEL_SIGN API legal@example.com", "REACTIVATION_SIGN API ",
		"PARTICIPANT_REJECT firmante@example.com No conforme",
	}, actions(t, sim, code))

	sim.Reactivate(code)
	require.NoError(t, ask(t, client, document(code)), "after a reactivation it can be cancelled")
	assert.Equal(t, []string{code}, sim.Cancelled())
	sim.SetState(contract, "EXPIRED")
	sim.Reactivate(contract)
	for _, wrong := range []string{contract, "UNKNOWN"} {
		assert.Panics(t, func() { sim.Reactivate(wrong) }, wrong)
	}
}

func TestRoadmapRefuses(t *testing.T) {
	sim, _ := start(t)
	sim.Register("TR99AQMY31", "A")
	for name, test := range map[string]struct {
		query, key string
		want       int
		says       string
	}{
		"private key": {"?code=TR99AQMY31", "prk_simulada", 401, "authentication"},
		"no code":     {"", "puk_simulada", 400, "code"},
		"short code":  {"?code=A", "puk_simulada", 400, "9 or 10"},
		"long code":   {"?code=TR99AQMY311", "puk_simulada", 400, "9 or 10"},
		"unknown":     {"?code=TR99AQMY39", "puk_simulada", 400, "DOCUMENT_NOT_FOUND"},
	} {
		a := adaptertest.MustSend(t, http.MethodGet, sim.URL+"/document/roadmap"+test.query, http.Header{"Authorization": {test.key}}, "")
		assert.Equal(t, test.want, a.Status, name)
		assert.Contains(t, a.Body, test.says, name)
	}
	assert.Equal(t, "GET /document/roadmap", sim.Calls()[0].Op)
}

func TestCountsAddUp(t *testing.T) {
	for name, test := range map[string]struct {
		codes, want string
		cancelled   []string
	}{
		"one":     {`["A"]`, `{"success":1,"errors":{"cant":0}}`, []string{"A"}},
		"all":     {`["B","A"]`, `{"success":2,"errors":{"cant":0}}`, []string{"B", "A"}},
		"partial": {`["A","F","B","?"]`, `{"success":2,"errors":{"cant":2,"documents":["F","?"]}}`, []string{"A", "B"}},
		"none":    {`["F"]`, `{"success":0,"errors":{"cant":1,"documents":["F"]}}`, nil},
		"twice":   {`["A","A"]`, `{"success":1,"errors":{"cant":1,"documents":["A"]}}`, []string{"A"}},
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			sim.Register("A", "B")
			sim.SetState("F", "FINISH")
			sim.Fail(1, canceltest.CutBody)
			header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"prk_simulada"}}
			_, err := adaptertest.Send(t, http.MethodPost, sim.URL+cancelPath, header, codes(test.codes))
			require.Error(t, err)
			assert.Empty(t, sim.Cancelled(), "not carried out")

			a := askAuco(t, sim, codes(test.codes))
			assert.Equal(t, http.StatusOK, a.Status)
			assert.Equal(t, test.want, a.Body)
			assert.Equal(t, test.cancelled, sim.Cancelled())
			call := sim.Calls()[1]
			assert.Equal(t, len(test.cancelled) > 0, call.Carried)
			assert.Equal(t, "POST "+cancelPath, call.Op)
			assert.Equal(t, call.ID, call.IDs[0])
			assert.JSONEq(t, codes(test.codes), string(call.Request))
		})
	}
}

func TestOnlyThePrivateKeyCancels(t *testing.T) {
	for name, key := range map[string]string{
		"none": "", "wrong": "prk_otra", "public": "puk_simulada", "scheme": "Bearer prk_simulada",
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			sim.Register("A")
			header := http.Header{"Content-Type": {"application/json"}}
			if key != "" {
				header.Set("Authorization", key)
			}
			a := adaptertest.MustSend(t, http.MethodPost, sim.URL+cancelPath, header, codes(`["A"]`))
			assert.Equal(t, http.StatusUnauthorized, a.Status)
			assert.Contains(t, a.Body, `"message":`)
			assert.Empty(t, sim.Cancelled())
			assert.Equal(t, "A", sim.Calls()[0].ID)
		})
	}
	sim, _ := start(t)
	config := sim.Config()
	config.PrivateKey = cancel.NewSecret("prk_otra")
	client, err := auco.New(config)
	require.NoError(t, err)
	require.ErrorIs(t, ask(t, client, document("A")), cancel.ErrAuth)
}

func TestMalformedCallsAreRefused(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":               "",
		"no JSON":               "codes=A",
		"no object":             `["A"]`,
		"null":                  "null",
		"no codes":              `{"message":"m","email":"legal@example.com"}`,
		"no message":            `{"codes":["A"],"email":"legal@example.com"}`,
		"no email":              `{"codes":["A"],"message":"m"}`,
		"code outside a list":   codes(`"A"`),
		"code that is a number": codes(`["A",1]`),
		"no code":               codes(`[]`),
		"empty code":            codes(`["A",""]`),
		"null code":             codes(`["A",null]`),
		"null codes":            codes(`null`),
		"message is a number":   `{"codes":["A"],"message":1,"email":"legal@example.com"}`,
		"empty message":         `{"codes":["A"],"message":"","email":"legal@example.com"}`,
		"email is a number":     `{"codes":["A"],"message":"m","email":1}`,
		"email is no address":   `{"codes":["A"],"message":"m","email":"legal"}`,
		"email with a name":     `{"codes":["A"],"message":"m","email":"Legal <legal@example.com>"}`,
		"unknown field":         `{"codes":["A"],"documents":["A"],"message":"m","email":"legal@example.com"}`,
		"two values":            codes(`["A"]`) + codes(`["A"]`),
	} {
		t.Run(name, func(t *testing.T) {
			sim, _ := start(t)
			sim.Register("A")
			a := askAuco(t, sim, body)
			assert.Equal(t, http.StatusBadRequest, a.Status)
			assert.Equal(t, "CREATED", sim.State("A"))
			assert.Empty(t, sim.Cancelled())
		})
	}
}

func TestOnlyPostsOfJSONAreTaken(t *testing.T) {
	sim, _ := start(t)
	for _, test := range []struct {
		method, path, contentType string
		want                      int
	}{
		{"POST", "/elsewhere", "application/json", 404},
		{"GET", cancelPath, "application/json", 405},
		{"POST", cancelPath, "text/plain", 415},
	} {
		a := adaptertest.MustSend(t, test.method, sim.URL+test.path, http.Header{"Content-Type": {test.contentType}}, "{}")
		assert.Equal(t, test.want, a.Status, test)
	}
}

const (
	documentPath = "/document"
	roadmapPath  = "/document/roadmap"
)

func TestStatusFollowsTheDocument(t *testing.T) {
	sim, client := start(t)
	sim.Register("TR99AQMY31", "TR99AQMY32", "TR99AQMY33")
	for _, state := range []string{"FINISH", "EXPIRED"} {
		sim.SetState(state, state)
	}
	sim.Decline("TR99AQMY33", "no")
	sim.Decline("SHORT", "no")
	require.NoError(t, ask(t, client, document("TR99AQMY31")))
	for code, want := range map[string]struct {
		adaptertest.Expect
		word, op string
	}{
		"TR99AQMY31": {adaptertest.Expect{State: cancel.Cancelled}, "CANCEL_SIGN", roadmapPath},
		"TR99AQMY32": {adaptertest.Expect{State: cancel.NotCancelled}, "CREATED", documentPath},
		"TR99AQMY33": {adaptertest.Expect{Reason: cancel.ErrNotCancellable}, "PARTICIPANT_REJECT", roadmapPath},
		"SHORT":      {adaptertest.Expect{State: cancel.Cancelled}, "REJECTED", roadmapPath},
		"FINISH":     {adaptertest.Expect{Reason: cancel.ErrNotCancellable}, "FINISH", documentPath},
		"EXPIRED":    {adaptertest.Expect{Reason: cancel.ErrNotCancellable}, "EXPIRED", documentPath},
	} {
		result, err := client.Status(t.Context(), document(code))
		word := result.Code
		if failure := want.Check(t, result, err, code); failure != nil {
			word = failure.Code
		}
		assert.Equal(t, want.word, word, code)
		calls := sim.Calls()
		call := calls[len(calls)-1]
		assert.Equal(t, "GET "+want.op, call.Op)
		assert.Equal(t, []string{code}, call.IDs)
		assert.Equal(t, code, call.ID)
		assert.Nil(t, call.Request)
		assert.False(t, call.Carried)
	}
	_, err := client.Status(t.Context(), document("UNKNOWN"))
	require.ErrorIs(t, err, cancel.ErrNotFound)
	assert.Equal(t, []string{"TR99AQMY31"}, sim.Cancelled())
}

// askAbout asks by hand how a document stands.
func askAbout(t *testing.T, sim *aucotest.Simulator, query, key string) adaptertest.Answer {
	t.Helper()
	header := http.Header{}
	if key != "" {
		header.Set("Authorization", key)
	}
	return adaptertest.MustSend(t, http.MethodGet, sim.URL+documentPath+query, header, "")
}

func TestStatusIsAsDocumented(t *testing.T) {
	for state, want := range map[string]struct {
		signer string
		signed bool
	}{
		"CREATED":  {"NOTIFICATION", false},
		"FINISH":   {"FINISH", true},
		"REJECTED": {"REJECT", false},
		"EXPIRED":  {"NOTIFICATION", false},
	} {
		t.Run(state, func(t *testing.T) {
			sim, _ := start(t)
			sim.Register("A/1")
			created := time.Now()
			sim.Pass(24 * time.Hour)
			sim.SetState("A/1", state)
			a := askAbout(t, sim, "?code=A%2F1", "puk_simulada")
			require.Equal(t, http.StatusOK, a.Status)
			assert.Equal(t, "application/json; charset=utf-8", a.Header.Get("Content-Type"))
			var data struct {
				Data struct{ CreatedAt, UpdatedAt time.Time }
			}
			require.NoError(t, json.Unmarshal([]byte(a.Body), &data))
			assert.WithinDuration(t, created, data.Data.CreatedAt, time.Minute)
			changed := created
			if state != "CREATED" {
				changed = created.Add(24 * time.Hour)
			}
			assert.WithinDuration(t, changed, data.Data.UpdatedAt, time.Minute)

			signers := fmt.Sprintf(`[{"name":"Firmante Simulado","email":"firmante@example.com","id":"FS","status":%q}]`, want.signer)
			const layout = "2006-01-02T15:04:05.000Z"
			assert.JSONEq(t, fmt.Sprintf(`{
				"url": "https://documents.example.com/A%%2F1.pdf", "name": "Documento A/1", "code": "A/1", "status": %q,
				"data": {"code": "A/1", "name": "Documento A/1", "camera": false, "otpCode": false, "signFinish": %v,
					"signProfile": %s, "createdAt": %q, "updatedAt": %q},
				"signProfile": %s}`,
				state, want.signed, signers, data.Data.CreatedAt.Format(layout), data.Data.UpdatedAt.Format(layout), signers), a.Body)
		})
	}
}

func TestMalformedQuestionsAreRefused(t *testing.T) {
	sim, _ := start(t)
	sim.Register("A")
	for name, test := range map[string]struct {
		query, key string
		want       int
		says       string
	}{
		"no key":        {"?code=A", "", 401, "authentication"},
		"wrong key":     {"?code=A", "puk_otra", 401, "authentication"},
		"private key":   {"?code=A", "prk_simulada", 401, "authentication"},
		"scheme":        {"?code=A", "Bearer puk_simulada", 401, "authentication"},
		"key first":     {"", "prk_simulada", 401, "authentication"},
		"no code":       {"", "puk_simulada", 400, "code"},
		"empty code":    {"?code=", "puk_simulada", 400, "code"},
		"two codes":     {"?code=A&code=A", "puk_simulada", 400, "code"},
		"package":       {"?package=A", "puk_simulada", 400, "code"},
		"images":        {"?code=A&image=true", "puk_simulada", 400, "code"},
		"unknown":       {"?code=B", "puk_simulada", 400, "DOCUMENT_NOT_FOUND"},
		"in lower case": {"?code=a", "puk_simulada", 400, "DOCUMENT_NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			a := askAbout(t, sim, test.query, test.key)
			assert.Equal(t, test.want, a.Status)
			var said map[string]string
			require.NoError(t, json.Unmarshal([]byte(a.Body), &said))
			assert.Len(t, said, 1)
			assert.Contains(t, said["message"], test.says)
		})
	}
	assert.Len(t, sim.Calls(), 12)
}

// A GET fails like any other call.
func TestStatusFailsOnDemand(t *testing.T) {
	sim, _ := start(t)
	sim.Register("A")
	sim.Fail(1, canceltest.HTTP503)
	assert.Equal(t, http.StatusServiceUnavailable, askAbout(t, sim, "?code=A", "puk_simulada").Status)
	assert.Equal(t, http.StatusOK, askAbout(t, sim, "?code=A", "puk_simulada").Status)
	sim.Fail(1, canceltest.CarriedOutThenCutBody)
	_, err := adaptertest.Send(t, http.MethodGet, sim.URL+documentPath+"?code=A", http.Header{"Authorization": {"puk_simulada"}}, "")
	require.Error(t, err)
	var faults []canceltest.Fault
	for _, call := range sim.Calls() {
		assert.Equal(t, "A", call.ID)
		faults = append(faults, call.Fault)
	}
	assert.Equal(t, []canceltest.Fault{canceltest.HTTP503, "", canceltest.CarriedOutThenCutBody}, faults)
	assert.Equal(t, "CREATED", sim.State("A"))
}

func ask(t *testing.T, client cancel.Canceler, req cancel.Request) error {
	t.Helper()
	_, err := client.Cancel(t.Context(), req)
	return err
}

func document(code string) cancel.Request {
	return cancel.Request{Kind: cancel.Document, ID: code, Reason: "Error en la cláusula II", RequestedBy: "legal@example.com"}
}
