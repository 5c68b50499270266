package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/durable"
	"github.com/unified-cancel/cancel/durable/console"
)

// active returns what in a page could run, load or restyle something.
func active(t *testing.T, body string) (found []string) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(body))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		if kind == html.CommentToken || slices.Contains([]string{"script", "style", "img", "iframe", "object", "embed", "base"}, token.Data) && kind != html.TextToken {
			found = append(found, token.String())
		}
		for _, a := range token.Attr {
			address, err := url.Parse(a.Val)
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" ||
				slices.Contains([]string{"href", "action", "src"}, a.Key) && (err != nil || address.IsAbs() || address.Host != "") {
				found = append(found, token.String())
			}
		}
	}
	require.ErrorIs(t, tokens.Err(), io.EOF)
	return found
}

// paths are all pages, and what each says in English and Spanish.
func (n numbers) paths() map[string][2]string {
	cancellation := func(id int64) string { return fmt.Sprintf("cancellation?id=%d", id) }
	return map[string][2]string{
		"":                               {"Needs a person", "Necesita a una persona"},
		"list":                           {"Next page", "Página siguiente"},
		"list?state=failed&provider=pac": {"The rules forbid it", "Las reglas lo prohíben"},
		"list?undelivered=1":             {"Undelivered", "Sin entregar"},
		"list?provider=documents":        {"The credentials were refused", "Las credenciales fueron rechazadas"},
		"list?id=nobody&provider=" + url.QueryEscape(markup): {"No cancellation matches", "Ninguna cancelación coincide"},
		cancellation(n.done):        {"Receipt (acuse)", "Acuse"},
		cancellation(n.failed):      {"It was certainly not cancelled", "Con certeza no se canceló"},
		cancellation(n.unknown):     {"It may or may not be cancelled", "Puede estar cancelada o no"},
		cancellation(n.forgotten):   {"Look it up there", "Búscala con él"},
		cancellation(n.undelivered): {"Delivery to OnSettled failed", "Falló la entrega a OnSettled"},
		cancellation(n.pending):     {"Registered by the provider", "Registrada por el proveedor"},
		cancellation(n.queued):      {"Withdraw", "Retirar"},
		cancellation(n.refused):     {"The credentials are refused", "Las credenciales fueron rechazadas"},
	}
}

func TestPagesSpeakBothLanguagesAndHoldNoMarkupOfOthers(t *testing.T) {
	f := newFixture(t)
	n := f.populate()
	require.NoError(t, f.Pause(t.Context(), "payments", markup, markup))
	f.exec(`UPDATE unified_cancel_job SET state = 'failed' WHERE id = ?`, n.unknown)
	require.NoError(t, f.Requeue(t.Context(), n.unknown, markup, markup))
	f.exec(`UPDATE unified_cancel_job SET state = 'unknown', settled_at = 1 WHERE id = ?`, n.unknown)
	s := newSite(t, f, console.Config{Who: func(*http.Request) string { return markup }})
	for path, texts := range n.paths() {
		for lang, code := range []string{"en", "es"} {
			res := s.get(path)
			if code == "es" {
				res = s.get(path, spanish)
			}
			require.Equal(t, http.StatusOK, res.StatusCode, path)
			assert.Equal(t, "text/html; charset=utf-8", res.Header.Get("Content-Type"))
			assert.Contains(t, res.body, `<html lang="`+code+`">`)
			assert.Contains(t, res.body, texts[lang], path)
			assert.Empty(t, active(t, res.body), path)
			assert.Contains(t, res.body, "&lt;script&gt;", "the name of the person is shown as text")
		}
	}
	overview := s.get("").body
	assert.Contains(t, overview, `<strong>16</strong> Failed`)
	assert.Contains(t, overview, `<strong>2</strong> Undelivered`)
	assert.Contains(t, overview, `Settled: 6`)
}

func TestEveryResponseForbidsScripts(t *testing.T) {
	s := newSite(t, newFixture(t), console.Config{})
	for _, path := range []string{"", "list", "console.css", "nothing", "cancellation?id=1", "requeue"} {
		h := s.get(path).Header
		assert.Equal(t, "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", h.Get("Content-Security-Policy"))
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		assert.Equal(t, "no-store", h.Get("Cache-Control"))
	}
	css := s.get("console.css")
	assert.Equal(t, "text/css; charset=utf-8", css.Header.Get("Content-Type"))
	assert.Contains(t, css.body, "prefers-color-scheme: dark")
}

func TestUnknownPagesAndMethodsAreRefusedInWords(t *testing.T) {
	s := newSite(t, newFixture(t), console.Config{})
	for path, status := range map[string]int{
		"nothing": 404, "list/": 404, "cancellation?id=7": 404, "cancellation": 400, "cancellation?id=x": 400,
		"list?after=x": 400, "download?id=7&part=receipt": 404, "download?id=7&part=other": 404,
	} {
		res := s.get(path)
		assert.Equal(t, status, res.StatusCode, path)
		assert.Contains(t, res.body, "Back to the overview")
		assert.Contains(t, s.get(path, spanish).body, "Volver al resumen")
	}
	for path, allowed := range map[string]string{"": "GET, HEAD", "list": "GET, HEAD", "console.css": "GET, HEAD", "download": "GET, HEAD"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			res := s.ask(method, path, nil)
			assert.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
			assert.Equal(t, allowed, res.Header.Get("Allow"))
		}
	}
	for _, action := range []string{"requeue", "withdraw", "redeliver", "pause", "resume"} {
		res := s.get(action)
		assert.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
		assert.Equal(t, "POST", res.Header.Get("Allow"))
	}
	assert.Equal(t, http.StatusOK, s.ask(http.MethodHead, "", nil).StatusCode)
}

// form is a complete form.
func (s *site) form(number int64, provider string) url.Values {
	return url.Values{
		"token": {s.token("list?provider=pac")}, "why": {"asked by the accountant"},
		"id": {fmt.Sprint(number)}, "provider": {provider},
	}
}

func TestActionsChangeTheQueueAndAreLogged(t *testing.T) {
	f := newFixture(t)
	n := f.populate()
	var log bytes.Buffer
	s := newSite(t, f, console.Config{
		Who: func(*http.Request) string { return "ana" }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	odd := "a&b=ñ/?"
	for _, test := range []struct {
		action, back string
		form         url.Values
		done         func() bool
	}{
		{"requeue", fmt.Sprintf("cancellation?id=%d&done=requeue", n.failed), s.form(n.failed, ""), func() bool {
			c := f.get(n.failed)
			return c.State == durable.Queued && c.Notes[0].Who == "ana" && c.Notes[0].Why == "asked by the accountant"
		}},
		{"withdraw", fmt.Sprintf("cancellation?id=%d&done=withdraw", n.queued), s.form(n.queued, ""), func() bool {
			return f.get(n.queued).State == durable.Withdrawn
		}},
		{"redeliver", fmt.Sprintf("cancellation?id=%d&done=redeliver", n.done), s.form(n.done, ""), func() bool {
			return !f.get(n.done).NextAt.IsZero()
		}},
		{"pause", "list?provider=" + url.QueryEscape(odd) + "&done=pause", s.form(0, odd), func() bool {
			pauses, err := f.Pauses(t.Context())
			return err == nil && pauses[0] == durable.Pause{Provider: odd, Who: "ana", Why: "asked by the accountant"}
		}},
		{"resume", "list?provider=" + url.QueryEscape(odd) + "&done=resume", s.form(0, odd), func() bool {
			pauses, err := f.Pauses(t.Context())
			return err == nil && len(pauses) == 1
		}},
		{"pause", "./?done=pause", s.form(0, ""), func() bool { return true }},
	} {
		log.Reset()
		res := s.ask(http.MethodPost, test.action, test.form)
		require.Equal(t, http.StatusSeeOther, res.StatusCode, "%s: %s", test.action, res.body)
		assert.Equal(t, test.back, res.Header.Get("Location"), "it is relative, because the console has a prefix")
		assert.True(t, test.done(), test.action)
		assert.Contains(t, log.String(), `msg="console: `+test.action+`"`)
		assert.Contains(t, log.String(), `who=ana why="asked by the accountant"`)
		assert.Contains(t, s.get(strings.TrimPrefix(test.back, "./")).body, `role="status"`)
	}
	assert.NotContains(t, s.get("?done="+url.QueryEscape(markup)).body, `role="status"`)
}

func TestFormsThatAreNotGenuineDoNothing(t *testing.T) {
	f := newFixture(t)
	n := f.populate()
	who := "ana"
	s := newSite(t, f, console.Config{Who: func(*http.Request) string { return who }})
	other := newSite(t, f, console.Config{})
	with := func(name, value string) url.Values {
		form := s.form(n.failed, "pac")
		form.Set(name, value)
		if value == "" {
			form.Del(name)
		}
		return form
	}
	who = "bob"
	foreign := s.token("list?provider=pac")
	who = "ana"
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, test := range map[string]struct {
		form   url.Values
		change func(*http.Request)
		status int
	}{
		"no token":            {with("token", ""), header("X", ""), 403},
		"a wrong token":       {with("token", strings.Repeat("0", 64)), header("X", ""), 403},
		"another's token":     {with("token", foreign), header("X", ""), 403},
		"another console's":   {with("token", other.token("list?provider=pac")), header("X", ""), 403},
		"another site":        {with("x", ""), header("Sec-Fetch-Site", "cross-site"), 403},
		"another origin":      {with("x", ""), header("Origin", "https://evil.example"), 403},
		"a form in the query": {nil, func(r *http.Request) { r.URL.RawQuery = s.form(n.failed, "pac").Encode() }, 403},
		"JSON":                {with("x", ""), header("Content-Type", "application/json"), 403},
		"a malformed form": {with("x", ""), func(r *http.Request) {
			r.Body = http.NoBody
			r.ContentLength = 0
			r.Header.Set("Content-Type", "a/b; =")
		}, 400},
		"no reason":         {with("why", ""), header("X", ""), 400},
		"a blank reason":    {with("why", " \t\u00a0"), header("X", ""), 400},
		"a long reason":     {with("why", strings.Repeat("ñ", 501)), header("X", ""), 400},
		"a binary reason":   {with("why", "a\x00b\xff"), header("X", ""), 400},
		"a huge form":       {with("why", strings.Repeat("a", 100_000)), header("X", ""), 413},
		"no number":         {with("id", ""), header("X", ""), 400},
		"a number too many": {with("id", "99999"), header("X", ""), 404},
		"the wrong state":   {with("id", fmt.Sprint(n.done)), header("X", ""), 409},
	} {
		res := s.ask(http.MethodPost, "requeue", test.form, test.change)
		assert.Equal(t, test.status, res.StatusCode, name)
		assert.Contains(t, res.body, "<h1>", name)
	}
	assert.Equal(t, durable.Failed, f.get(n.failed).State)
	assert.Equal(t, durable.Done, f.get(n.done).State)
	for _, action := range []string{"withdraw", "redeliver", "pause", "resume"} {
		assert.Equal(t, http.StatusForbidden, s.ask(http.MethodPost, action, with("token", "")).StatusCode)
	}
	assert.Equal(t, http.StatusConflict, s.ask(http.MethodPost, "withdraw", s.form(n.done, "")).StatusCode)
	assert.Equal(t, http.StatusConflict, s.ask(http.MethodPost, "redeliver", s.form(n.queued, "")).StatusCode)
}

func TestConsolesWithOneKeyTakeEachOthersForms(t *testing.T) {
	f := newFixture(t)
	config := console.Config{Key: cancel.NewSecret("a key of the test")}
	form := newSite(t, f, config).form(0, "pac")
	assert.Equal(t, http.StatusSeeOther, newSite(t, f, config).ask(http.MethodPost, "pause", form).StatusCode)

	broken := console.Config{Key: cancel.SecretFunc(func(context.Context) (string, error) { return "", errors.New("no vault") })}
	assert.Equal(t, http.StatusInternalServerError, newSite(t, f, broken).get("").StatusCode)
}

func TestAuthorizeIsAskedForEverything(t *testing.T) {
	f := newFixture(t)
	asked := 0
	s := newSite(t, f, console.Config{Authorize: func(*http.Request) error {
		asked++
		return errors.New("secret reason")
	}})
	for i, path := range []string{"", "list", "cancellation?id=1", "download?id=1&part=raw", "console.css", "nothing"} {
		res := s.get(path)
		assert.Equal(t, http.StatusForbidden, res.StatusCode, path)
		assert.NotContains(t, res.body, "secret reason")
		assert.Equal(t, i+1, asked)
	}
	assert.Equal(t, http.StatusForbidden, s.ask(http.MethodPost, "pause", url.Values{"why": {"x"}}).StatusCode)
}

func TestWithoutAuthorizeOnlyThisMachineGetsIn(t *testing.T) {
	h := console.New(newFixture(t), console.Config{Logger: slog.New(slog.DiscardHandler)})
	for _, test := range []struct {
		remote, host, header string
		status               int
	}{
		{"127.0.0.1:5000", "localhost:8080", "", 200},
		{"127.8.0.1:5000", "127.0.0.1", "", 200},
		{"[::1]:5000", "[::1]:8080", "", 200},
		{"[::ffff:127.0.0.1]:5000", "LOCALHOST", "", 200},
		{"192.0.2.1:5000", "localhost", "", 403},
		{"10.0.0.1:5000", "10.0.0.1", "", 403},
		{"[2001:db8::1]:5000", "localhost", "", 403},
		{"", "localhost", "", 403},
		{"@", "localhost", "", 403},
		{"127.0.0.1:5000", "evil.example:8080", "", 403},
		{"127.0.0.1:5000", "localhost.evil.example", "", 403},
		{"127.0.0.1:5000", "127.0.0.1.evil.example", "", 403},
		{"127.0.0.1:5000", "", "", 403},
		{"127.0.0.1:5000", "localhost", "X-Forwarded-For", 403},
		{"127.0.0.1:5000", "localhost", "Forwarded", 403},
		{"127.0.0.1:5000", "localhost", "X-Forwarded-Host", 403},
		{"127.0.0.1:5000", "localhost", "X-Real-Ip", 403},
		{"127.0.0.1:5000", "localhost", "Via", 403},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr, r.Host = test.remote, test.host
		if test.header != "" {
			r.Header.Set(test.header, "127.0.0.1")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, test.status, w.Code, "%+v", test)
	}
}

func TestBodiesAreDownloadedAsFilesThatNoBrowserOpens(t *testing.T) {
	f := newFixture(t)
	n := f.populate()
	s := newSite(t, f, console.Config{})
	for path, want := range map[string]struct {
		name string
		body []byte
	}{
		fmt.Sprintf("download?id=%d&part=receipt", n.done):   {"receipt-%d.xml", f.get(n.done).Result.Receipt},
		fmt.Sprintf("download?id=%d&part=raw", n.done):       {"raw-%d.txt", f.get(n.done).Result.Raw},
		fmt.Sprintf("download?id=%d&part=failure", n.failed): {"failure-%d.txt", f.get(n.failed).Failure.Raw},
	} {
		res := s.get(path)
		require.Equal(t, http.StatusOK, res.StatusCode)
		id := n.done
		if strings.Contains(path, "failure") {
			id = n.failed
		}
		assert.Equal(t, "attachment; filename="+fmt.Sprintf(want.name, id), res.Header.Get("Content-Disposition"))
		assert.Equal(t, "application/octet-stream", res.Header.Get("Content-Type"))
		assert.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"))
		assert.Equal(t, string(want.body), res.body)
	}
	for _, part := range []string{"receipt", "failure"} {
		assert.Equal(t, http.StatusNotFound, s.get(fmt.Sprintf("download?id=%d&part=%s", n.queued, part)).StatusCode)
	}
}

func TestPagesOfTheListShowEachCancellationOnce(t *testing.T) {
	f := newFixture(t)
	f.populate()
	s := newSite(t, f, console.Config{})
	next := regexp.MustCompile(`rel="next" href="([^"]+)"`)
	number := regexp.MustCompile(`href="cancellation\?id=(\d+)"`)
	seen := map[string]int{}
	var last int64
	path, pages := "list?provider=pac", 0
	for ; path != ""; pages++ {
		body := s.get(path).body
		for _, found := range number.FindAllStringSubmatch(body, -1) {
			seen[found[1]]++
			id, err := strconv.ParseInt(found[1], 10, 64)
			require.NoError(t, err)
			if len(seen) > 1 {
				assert.Less(t, id, last, "the newest one is first")
			}
			last = id
		}
		path = ""
		if found := next.FindStringSubmatch(body); found != nil {
			path = strings.ReplaceAll(found[1], "&amp;", "&")
			assert.Contains(t, path, "provider=pac")
			assert.Contains(t, s.get(path).body, `href="list?provider=pac">First page`)
		}
	}
	assert.Equal(t, 2, pages)
	assert.Len(t, seen, 64)
	for id, times := range seen {
		assert.Equal(t, 1, times, id)
	}
}

func TestASearchFindsTheIDAtEveryProviderAndTheNumber(t *testing.T) {
	f := newFixture(t)
	f.enqueue("pac", cancel.Invoice, "AAAAAAAA-0000-4000-8000-000000000001")
	f.enqueue("documents", cancel.Document, "aaaaaaaa-0000-4000-8000-000000000001")
	f.enqueue("payments", cancel.Payment, "1")
	s := newSite(t, f, console.Config{})
	found := func(id string) int {
		return strings.Count(s.get("list?id="+url.QueryEscape(id)).body, `<th scope="row">`)
	}
	assert.Equal(t, 2, found(" aaaaaaaa-0000-4000-8000-000000000001 "), "spaces from the clipboard do not matter")
	assert.Equal(t, 2, found("1"), "the payment, and the first cancellation")
	assert.Equal(t, 1, found("3"), "the payment by its number")
	assert.Equal(t, 0, found("4"))
	assert.Equal(t, 0, found("a\x00b"))
}

// fake is a queue that has only figures.
type fake struct {
	console.Queue

	stats durable.Stats
	err   error
}

func (f fake) Stats(context.Context, int) (durable.Stats, error) { return f.stats, f.err }
func (f fake) Pauses(context.Context) ([]durable.Pause, error)   { return nil, nil }
func (f fake) Get(context.Context, int64) (durable.Cancellation, error) {
	return durable.Cancellation{}, f.err
}

func TestAFailureOfTheDatabaseIsUnavailable(t *testing.T) {
	s := newSite(t, fake{err: errors.New("durable: <b>broken</b>")}, console.Config{})
	for _, path := range []string{"", "cancellation?id=1"} {
		res := s.get(path)
		assert.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
		assert.Contains(t, res.body, "durable: &lt;b&gt;broken")
	}
}

func TestAnOverviewOfManyTenantsIsShort(t *testing.T) {
	counts := map[string]map[durable.State]int{}
	for i := range 5000 {
		counts[fmt.Sprintf("tenant %04d", i)] = map[durable.State]int{durable.Done: i}
	}
	counts["tenant 4321"][durable.Failed] = 1
	s := newSite(t, fake{stats: durable.Stats{Counts: counts}}, console.Config{})
	body := s.get("").body
	assert.Equal(t, 100, strings.Count(body, `<th scope="row"><a`))
	assert.Contains(t, body, "4900 more are not shown")
	rows := strings.SplitN(body, `<th scope="row"><a`, 2)[1]
	assert.True(t, strings.HasPrefix(rows, ` href="list?provider=tenant%204321"`), "the one that needs a person is first")
}

func TestTimesAreInTheLocation(t *testing.T) {
	zone := time.FixedZone("CST", -6*60*60)
	f := newFixture(t)
	n := f.enqueue("pac", cancel.Invoice, "1")[0]
	s := newSite(t, f, console.Config{Location: zone})
	body := s.get(fmt.Sprintf("cancellation?id=%d", n)).body
	at := f.get(n).EnqueuedAt
	assert.Contains(t, body, `<time datetime="`+at.Format(time.RFC3339)+`">`+at.In(zone).Format(time.DateTime)+`</time>`)
	assert.Contains(t, body, "Times are in CST")
}

func TestServeLocally(t *testing.T) {
	address, end, err := console.ServeLocally(t.Context(), struct{ console.Queue }{}, console.Config{})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"console.css", nil)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Equal(t, http.StatusOK, res.StatusCode)
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+/$`, address)
	require.NoError(t, end())
	_, err = client.Do(req)
	require.Error(t, err)
}
