package record_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/auco"
	"github.com/unified-cancel/cancel/canceltest"
	"github.com/unified-cancel/cancel/factible"
	"github.com/unified-cancel/cancel/internal/record"
	"github.com/unified-cancel/cancel/payvalida"
)

// What is planted, and must not be found in what is stored. The secret has to be
// escaped in XML, in JSON and in a URL.
const (
	secret   = `s&cr"e<t>'ó 1`
	address  = "ana.lópez@notaria.mx"
	person   = "Ana López Núñez"
	phone    = "+525512345678"
	rfc      = "LOÑA8001019Q3"
	company  = "EKU9003173C9"
	invoice  = "0B2F8C1E-5D3A-4E6B-9C7D-1A2B3C4D5E6F"
	order    = "2402558"
	document = "TR99AQMY31"
	link     = "https://files.notaria.mx/d/7?token=abc"
	bearer   = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl"
	cookie   = "session=7a1f"
)

var planted = []string{
	secret, "s&amp;cr", `s\u0026cr`, url.QueryEscape(secret), pack(secret), address, person, phone, rfc, company,
	invoice, strings.ToLower(invoice), link, bearer, cookie,
}

func pack(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// words is a message in which a vendor says too much.
var words = strings.Join([]string{
	"no", secret, url.QueryEscape(secret), pack(secret), pack("clave: " + secret + " de " + address),
	address, rfc, company, invoice, link, "Bearer " + bearer, bearer, "fin",
}, " | ")

// letter is JSON in which a vendor says too much.
const letter = `{"signProfile":[{"name":"` + person + `","email":"` + address + `","phone":"` + phone + `","id":"64b7f0a1c2d3e4f5a6b7c8d9"}]}`

// headers are those of a request and an answer that hold secrets.
type headers struct{ http.RoundTripper }

func (h headers) RoundTrip(req *http.Request) (*http.Response, error) {
	req.Header.Set("Cookie", cookie)
	resp, err := h.RoundTripper.RoundTrip(req)
	if resp != nil {
		resp.Header.Set("Set-Cookie", cookie)
		resp.Header.Set("X-Echo", pack(secret))
	}
	return resp, err
}

// vendor is one that a session calls, or plays.
type vendor struct {
	// options holds a client that reaches the vendor.
	options cancel.ClientOptions
	// adapter makes one with the credentials given, or those of a replay.
	adapter func(replay bool, o cancel.ClientOptions) (cancel.Canceler, error)
	secrets []cancel.Secret
}

func factibleVendor(t *testing.T, config factible.Config) vendor {
	t.Helper()
	return vendor{
		options: config.Options,
		secrets: []cancel.Secret{cancel.Secret(config.Username), config.Password, secret},
		adapter: func(replay bool, o cancel.ClientOptions) (cancel.Canceler, error) {
			config.Options = o
			if replay {
				config.Username, config.Password = record.Redacted, record.Redacted
			}
			return factible.New(config)
		},
	}
}

func payvalidaVendor(config payvalida.Config) vendor {
	return vendor{
		options: config.Options,
		secrets: []cancel.Secret{cancel.Secret(config.Merchant), config.FixedHash, secret},
		adapter: func(replay bool, o cancel.ClientOptions) (cancel.Canceler, error) {
			config.Options = o
			if replay {
				config.Merchant, config.FixedHash = record.Redacted, record.Redacted
			}
			return payvalida.New(config)
		},
	}
}

func aucoVendor(config auco.Config) vendor {
	return vendor{
		options: config.Options,
		secrets: []cancel.Secret{config.PrivateKey, config.PublicKey, secret},
		adapter: func(replay bool, o cancel.ClientOptions) (cancel.Canceler, error) {
			config.Options = o
			if replay {
				config.PrivateKey = record.Redacted
			}
			return auco.New(config)
		},
	}
}

func (v vendor) replay(ctx context.Context, f record.Fixture) error {
	transport := httpmock.NewMockTransport()
	transport.RegisterNoResponder(f.Respond)
	adapter, err := v.adapter(true, cancel.ClientOptions{HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		return err
	}
	return f.Replay(ctx, adapter)
}

// session returns one that stores in a folder of its own.
func (v vendor) session(t *testing.T) *record.Session {
	t.Helper()
	recorder := &record.Recorder{Next: headers{v.options.HTTPClient.Transport}}
	adapter, err := v.adapter(false, cancel.ClientOptions{HTTPClient: &http.Client{Transport: recorder}})
	require.NoError(t, err)
	return &record.Session{
		Adapter: adapter, Recorder: recorder, Scrubber: record.NewScrubber(v.secrets), Replay: v.replay, Dir: t.TempDir(),
	}
}

// stored returns all that is in a folder, names included.
func stored(t *testing.T, dir string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, file.Name()))
		require.NoError(t, err)
		all.WriteString(file.Name() + "\n" + string(text) + "\n")
	}
	return all.String()
}

// check replays what a session stored, and looks in it for IDs and what was planted.
func (v vendor) check(t *testing.T, s *record.Session, want int, ids ...string) map[string]record.Fixture {
	t.Helper()
	recorded, err := record.Load(s.Dir)
	require.NoError(t, err)
	require.Len(t, recorded, want)
	for name, f := range recorded {
		require.NoError(t, v.replay(t.Context(), f), name)
	}
	private := slices.Concat(planted, ids)
	for _, secret := range v.secrets {
		private = append(private, string(secret), pack(string(secret)))
	}
	all := stored(t, s.Dir)
	for _, private := range private {
		assert.NotContains(t, all, private)
	}
	return recorded
}

// acuse returns that of a recorded answer.
func acuse(t *testing.T, f record.Fixture) string {
	t.Helper()
	_, rest, _ := strings.Cut(string(f.Response), "acuseSat>")
	text, _, _ := strings.Cut(rest, "<")
	bare, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	return string(bare)
}

func TestFactible(t *testing.T) {
	for _, soap12 := range []bool{false, true} {
		sim := canceltest.NewFactible()
		t.Cleanup(sim.Close)
		config := sim.Config()
		if soap12 {
			config = sim.ConfigSOAP12()
		}
		v := factibleVendor(t, config)
		s := v.session(t)
		s.SOAP12 = soap12
		sim.Answer(invoice, canceltest.FactibleAnswer{Status: 200, Message: words, Acuse: []byte(
			`<Acuse xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" RfcEmisor="` + company + `" Otro="` + rfc + `"><Folios xmlns="http://cancelacfd.sat.gob.mx"><UUID>` +
				strings.ToLower(invoice) + `</UUID><EstatusUUID>201</EstatusUUID></Folios><Nota><![CDATA[` + secret + `]]></Nota>` +
				`<Signature><SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#"/><SignatureValue>Zm9v</SignatureValue></Signature></Acuse>`)})
		req := cancel.Request{Kind: cancel.PrimarySectorInvoice, ID: invoice}
		for _, op := range []record.Operation{record.Cancel, record.Status} {
			items, f, err := s.Call(t.Context(), string(op), op, req)
			require.NoError(t, err)
			assert.Equal(t, cancel.Cancelled, items[0].Result.State)
			assert.Contains(t, f.String(), "HTTP 200")
		}
		for name, f := range v.check(t, s, 2) {
			assert.Equal(t, soap12, f.SOAP12)
			assert.Equal(t, record.Outcome{State: cancel.Cancelled, Code: "200", Receipt: true}, f.Items[0].Became)
			assert.Equal(t, "ABCDEF00-0000-4000-8000-000000000001", f.Items[0].Request.ID)
			assert.Contains(t, string(f.Request), ">REDACTED</password>", name)
			assert.Contains(t, string(f.Response), "no | REDACTED | REDACTED | UkVEQUNURUQ= | ", name)
			assert.Equal(t, `<Acuse xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" RfcEmisor="XAX010101002" Otro="XAXX010101003">`+
				`<Folios xmlns="http://cancelacfd.sat.gob.mx"><UUID>abcdef00-0000-4000-8000-000000000001</UUID><EstatusUUID>201</EstatusUUID></Folios><Nota>REDACTED</Nota>`+
				`<Signature><SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#"/><SignatureValue>aW52ZW50ZWQ=</SignatureValue></Signature></Acuse>`,
				acuse(t, f), name)
		}
	}
}

func TestPayvalida(t *testing.T) {
	sim := canceltest.NewPayvalida()
	t.Cleanup(sim.Close)
	config := sim.Config()
	v := payvalidaVendor(config)
	s := v.session(t)
	checksum := payvalida.Checksum(config.Merchant, order, config.FixedHash)
	s.Scrubber.Replace(checksum, payvalida.Checksum(record.Redacted, s.Scrubber.ID(order), record.Redacted))
	sim.Answer(order, "0000", words+order+checksum)
	items, _, err := s.Call(t.Context(), "cancel", record.Cancel, cancel.Request{Kind: cancel.Payment, ID: order})
	require.NoError(t, err)
	assert.Equal(t, cancel.Cancelled, items[0].Result.State)
	sim.Answer(order, "0001", letter)
	_, _, err = s.Call(t.Context(), "preauth", record.Cancel, cancel.Request{Kind: cancel.PreAuthorization, ID: order})
	require.NoError(t, err)

	recorded := v.check(t, s, 2, order, checksum)
	assert.Contains(t, string(recorded["cancel"].Request), `{"order_number":1000001,"merchant_name":"REDACTED","checksum":"`)
	assert.Contains(t, string(recorded["preauth"].Response), `\"phone\":\"+00000`, "JSON within JSON")
}

func TestAuco(t *testing.T) {
	sim := canceltest.NewAuco()
	t.Cleanup(sim.Close)
	sim.Register(document)
	v := aucoVendor(sim.Config())
	s := v.session(t)
	ask := func(code string) cancel.Request {
		return cancel.Request{Kind: cancel.Document, ID: code, Reason: words + document, RequestedBy: "ana@notaria.mx"}
	}
	_, _, err := s.Call(t.Context(), "batch", record.Batch, ask(document), ask("OTHERCODE9"))
	require.NoError(t, err)
	_, _, err = s.Call(t.Context(), "before", record.Cancel, ask(document))
	require.NoError(t, err)

	recorded := v.check(t, s, 2, document, "OTHERCODE9", "notaria")
	batch, before := recorded["batch"], recorded["before"]
	assert.Equal(t, "AA00AAAA01", batch.Items[0].Request.ID)
	assert.Equal(t, batch.Items[0].Request.ID, before.Items[0].Request.ID, "the same in every exchange")
	assert.Equal(t, record.Outcome{State: cancel.Cancelled}, batch.Items[0].Became)
	assert.Equal(t, record.Outcome{Reason: cancel.ErrNotCancellable.Error()}, batch.Items[1].Became)
	assert.Equal(t, fmt.Sprintf(`{"success":1,"errors":{"cant":1,"documents":[%q]}}`, batch.Items[1].Request.ID), string(batch.Response))
}

// TestRefused shows what is not stored: what cannot be scrubbed, or is something else
// once it is.
func TestRefused(t *testing.T) {
	const others = "¿¿¿???~~~>>>" // of which base64 takes letters that URLs have others for
	for what, tt := range map[string]struct {
		contentType, body string
		secrets           []cancel.Secret
		complaint         string
	}{
		"in hexadecimal":         {"", `{"CODE":"0000","DESC":"` + hex.EncodeToString([]byte("clav3")) + `"}`, []cancel.Secret{"clav3"}, "a secret is left"},
		"in a name":              {"", `{"CODE":"0000","clave":1}`, []cancel.Secret{"clave"}, "a secret is left"},
		"within base64":          {"", `{"CODE":"0000","DESC":"` + "xy" + pack("clave: "+secret) + `"}`, nil, "a secret is left"},
		"within base64 of a URL": {"", `{"CODE":"0000","DESC":"` + base64.URLEncoding.EncodeToString([]byte("de "+others)) + `"}`, []cancel.Secret{others}, "a secret is left"},
		"escaped twice":          {"", `{"CODE":"0000","DESC":"` + url.PathEscape(url.QueryEscape(secret)) + `"}`, nil, "a secret is left"},
		"cut by a comment":       {"text/xml", `<a>una<!-- -->clave</a>`, []cancel.Secret{"unaclave"}, "a secret is left"},
		"the code itself":        {"", `{"CODE":"0000"}`, []cancel.Secret{"0000"}, "cannot be replayed"},
		"everywhere":             {"", `{"CODE":"0000"}`, []cancel.Secret{"E"}, "a secret is left"},
		"part of its stand-in":   {"", `{"CODE":"0000","DESC":"RED"}`, []cancel.Secret{"RED"}, "a secret is left"},
		"in another charset":     {"text/plain; charset=utf-16le", " \x00clav3!", []cancel.Secret{"clav3"}, "a secret is left"},
		"no text":                {"", "\x00\x01\x02\x03", nil, "no text"},
		"unknown charset":        {"text/plain; charset=x-vendor", "no", nil, "unknown charset"},
		"a charset not written":  {"text/plain; charset=shift_jis", "\x83\x65\x83\x58\x83\x67", nil, "charset"},
		"no end":                 {"", strings.Repeat(" ", 5<<20), nil, "not read to its end"},
	} {
		t.Run(what, func(t *testing.T) {
			transport := httpmock.NewMockTransport()
			transport.RegisterNoResponder(httpmock.NewStringResponder(200, tt.body).HeaderSet(http.Header{"Content-Type": {tt.contentType}}))
			v := payvalidaVendor(payvalida.Config{Merchant: "comercio", FixedHash: "hash fijo", Environment: cancel.Sandbox})
			v.options.HTTPClient = &http.Client{Transport: transport}
			v.secrets = append(v.secrets, tt.secrets...)
			s := v.session(t)
			s.Scrubber.Replace(payvalida.Checksum("comercio", order, "hash fijo"),
				payvalida.Checksum(record.Redacted, s.Scrubber.ID(order), record.Redacted))
			req := cancel.Request{Kind: cancel.Payment, ID: order}
			items, f, err := s.Call(t.Context(), "refused", record.Cancel, req)
			assert.ErrorContains(t, err, tt.complaint)
			assert.Len(t, items, 1, "what became of it is told all the same")
			assert.Zero(t, f)
			assert.Empty(t, stored(t, s.Dir))

			s.Dir = ""
			_, f, err = s.Call(t.Context(), "refused", record.Cancel, req)
			assert.ErrorContains(t, err, tt.complaint, "even where nothing is stored")
			assert.Zero(t, f)
		})
	}
}

func TestNothingToRecord(t *testing.T) {
	transport := httpmock.NewMockTransport() // which answers nothing
	v := payvalidaVendor(payvalida.Config{Merchant: "comercio", FixedHash: "hash fijo", Environment: cancel.Sandbox})
	v.options.HTTPClient = &http.Client{Transport: transport}
	s := v.session(t)
	payment := cancel.Request{Kind: cancel.Payment, ID: order}
	items, _, err := s.Call(t.Context(), "x", record.Cancel, payment)
	assert.ErrorContains(t, err, "0 answers")
	assert.ErrorIs(t, items[0].Err, cancel.ErrUnknownOutcome)

	for op, reqs := range map[record.Operation][]cancel.Request{
		record.Cancel: {payment, payment}, record.Status: {payment}, record.Batch: {payment}, "refund": {payment},
	} {
		items, _, err := s.Call(t.Context(), "x", op, reqs...)
		assert.ErrorContains(t, err, string(op))
		assert.Empty(t, items)
	}
	assert.Empty(t, stored(t, s.Dir))
}

func TestVariables(t *testing.T) {
	v := record.Variables{Needed: []string{"USER", "PASSWORD"}, Endpoint: "ENDPOINT", Sandbox: "test.vendor.mx"}
	for _, tt := range []struct {
		user, password, environment, endpoint string
		missing, err                          string
	}{
		{"u", "p", "sandbox", "", "", ""},
		{"u", "p", "sandbox", "https://test.vendor.mx/a", "", ""},
		{"u", "p", "sandbox", "http://127.0.0.1:8081", "", ""},
		{"u", "p", "sandbox", "http://[::1]:8081/b", "", ""},
		{"", "", "", "", "USER, PASSWORD, CANCEL_ENVIRONMENT=sandbox", ""},
		{"u", "", "production", "", "PASSWORD", ""},
		{"u", "p", "", "https://test.vendor.mx", "CANCEL_ENVIRONMENT=sandbox", ""},
		{"u", "p", "production", "", "", "CANCEL_ENVIRONMENT must be sandbox"},
		{"u", "p", "production", "http://127.0.0.1:8081", "", "CANCEL_ENVIRONMENT must be sandbox"},
		{"u", "p", "Sandbox", "", "", "CANCEL_ENVIRONMENT must be sandbox"},
		{"u", "p", "sandbox", "https://vendor.mx", "", "ENDPOINT is not at test.vendor.mx"},
		{"u", "p", "sandbox", "https://test.vendor.mx.vendor.mx", "", "ENDPOINT is not at"},
		{"u", "p", "sandbox", "https://test.vendor.mx@vendor.mx", "", "ENDPOINT is not at"},
		{"u", "p", "sandbox", "://", "", "ENDPOINT is not at"},
	} {
		missing, err := v.Read(func(name string) string {
			return map[string]string{
				"USER": tt.user, "PASSWORD": tt.password, "CANCEL_ENVIRONMENT": tt.environment, "ENDPOINT": tt.endpoint,
			}[name]
		})
		assert.Equal(t, tt.missing, missing, "%+v", tt)
		if tt.err == "" {
			assert.NoError(t, err, "%+v", tt)
		} else {
			assert.ErrorContains(t, err, tt.err, "%+v", tt)
		}
	}
}
