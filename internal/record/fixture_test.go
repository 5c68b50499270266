package record_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/record"
	"github.com/unified-cancel/cancel/payvalida"
)

var replayed = payvalidaVendor(payvalida.Config{Environment: cancel.Sandbox})

var checksum = payvalida.Checksum(record.Redacted, "1000001", record.Redacted)

// one is a fixture that replays.
func one() record.Fixture {
	return record.Fixture{
		Meta: record.Meta{
			Recorded: "2026-02-03", Operation: record.Cancel, Status: 200, ContentType: "application/json",
			Items: []record.Item{{
				Request: cancel.Request{Kind: cancel.Payment, ID: "1000001"},
				Became:  record.Outcome{State: cancel.Cancelled, Code: "0000"},
			}},
		},
		Request: []byte(`{
			"order_number": 1000001, "merchant_name": "REDACTED",
			"checksum": "` + checksum + `"
		}`),
		Response: []byte(`{"CODE":"0000"}`),
	}
}

func TestReplay(t *testing.T) {
	require.NoError(t, replayed.replay(t.Context(), one()))
	for what, tt := range map[string]struct {
		change    func(*record.Fixture)
		complaint string
	}{
		"another request": {func(f *record.Fixture) {
			f.Request = []byte(strings.Replace(string(f.Request), "1000001", "1000002", 1))
		}, "another request"},
		"another ID":       {func(f *record.Fixture) { f.Items[0].Request.ID = "1000002" }, "another request"},
		"no request":       {func(f *record.Fixture) { f.Request = nil }, "another request"},
		"another answer":   {func(f *record.Fixture) { f.Response = []byte(`{"CODE":"0001"}`) }, "became"},
		"another outcome":  {func(f *record.Fixture) { f.Items[0].Became.Receipt = true }, "became"},
		"another status":   {func(f *record.Fixture) { f.Status, f.Response = 503, nil }, "became"},
		"never sent":       {func(f *record.Fixture) { f.Items[0] = record.Item{Became: record.Outcome{Reason: "invalid request"}} }, "HTTP status 0"},
		"no such call":     {func(f *record.Fixture) { f.Operation = record.Status }, "no operation"},
		"too many of them": {func(f *record.Fixture) { f.Items = append(f.Items, f.Items...) }, "one request"},
	} {
		f := one()
		tt.change(&f)
		assert.ErrorContains(t, replayed.replay(t.Context(), f), tt.complaint, what)
	}
}

func TestRespondToWhatCannotBeRead(t *testing.T) {
	resp, err := one().Respond(&http.Request{Body: broken{os.ErrClosed}})
	if !assert.ErrorIs(t, err, os.ErrClosed) {
		_ = resp.Body.Close()
	}
}

func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	s := record.NewScrubber(nil)
	s.Replace("2402558", "1000001")
	s.Replace(payvalida.Checksum("comercio", "2402558", "hash"), checksum)
	require.NoError(t, s.Save(dir, "one", one()))
	require.NoError(t, s.Save(dir, "one", one()), "in the place of the other")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cancel-request.json"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), nil, 0o600))
	recorded, err := record.Load(dir)
	require.NoError(t, err)
	assert.Equal(t, map[string]record.Fixture{"one": one()}, recorded)

	f := one()
	f.Items[0].Request.Reason = "por 2402558"
	assert.ErrorContains(t, s.Save(dir, "two", f), "a secret is left")
	f = one()
	f.Response = []byte(`{"DESC":"a@b.mx"}`)
	assert.ErrorContains(t, s.Save(dir, "two", f), "scrubbed again")
	f = one()
	f.ContentType = "text/plain; charset=x-vendor"
	assert.ErrorContains(t, s.Save(dir, "two", f), "unknown charset")
	assert.ErrorContains(t, s.Save(dir, "2402558", one()), "a secret is left", "in its name")
	assert.ErrorIs(t, s.Save(filepath.Join(dir, "none"), "two", one()), os.ErrNotExist)
	assert.Error(t, s.Save(dir, "../two", one()), "elsewhere")
	recorded, err = record.Load(dir)
	require.NoError(t, err)
	assert.Len(t, recorded, 1)
}

func TestLoadFindsWhatIsMissing(t *testing.T) {
	for what, tt := range map[string]struct {
		files     map[string]string
		complaint string
	}{
		"no request":   {map[string]string{"recorded-a.meta.json": "{}", "recorded-a.xml": ""}, "recorded-a-request.xml"},
		"no answer":    {map[string]string{"recorded-a.meta.json": "{}", "recorded-a-request.json": ""}, "recorded-a"},
		"no meta":      {map[string]string{"recorded-a.xml": "", "recorded-a-request.xml": ""}, "without their .meta.json"},
		"broken meta":  {map[string]string{"recorded-a.meta.json": "{", "recorded-a.xml": "", "recorded-a-request.xml": ""}, "recorded-a.meta.json"},
		"one too many": {map[string]string{"recorded-a.meta.json": "{}", "recorded-a.xml": "", "recorded-a-request.xml": "", "recorded-b.xml": ""}, "without their"},
	} {
		dir := t.TempDir()
		for name, text := range tt.files {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
		_, err := record.Load(dir)
		assert.ErrorContains(t, err, tt.complaint, what)
	}
	_, err := record.Load(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)

	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "recorded-a.meta.json"), 0o700))
	_, err = record.Load(dir)
	assert.ErrorContains(t, err, "recorded-a.meta.json")
}

func TestFixtureIsShownShort(t *testing.T) {
	f := record.Fixture{Meta: record.Meta{Status: 500, ContentType: "text/html; charset=ISO-8859-1"}}
	f.Response = []byte("<h1>\xa1No!</h1>" + strings.Repeat("x", 2000))
	assert.Len(t, []rune(f.String()), len("HTTP 500, text/html; charset=ISO-8859-1: ")+1000)
	assert.Contains(t, f.String(), "<h1>¡No!</h1>x")
	f.ContentType = "text/html; charset=x-vendor"
	assert.Contains(t, f.String(), "No!</h1>x")
}
