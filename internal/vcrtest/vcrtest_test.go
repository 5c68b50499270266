package vcrtest

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	secret = `hunter2 <&"ñ>`
	person = `{"name":"Ana Pérez","email":"ana.perez@empresa.mx","RFC":"XAXX010101000","phone":"+573001234567","url":"https://x.test/ana.pdf","code":"A",` +
		`"folio":"6F0A5C1E-3B7D-4E52-9C68-2D41A90B7E13","key":"prk_a1b2c3","auth":"Bearer abc.def"}`
)

var standIns = map[string]string{"VCR_SECRET": "some_secret"}

// exchange posts a body and returns the answer.
func exchange(t *testing.T, client *http.Client, target, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", secret[:7])
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return fmt.Sprintf("%d %s %s", resp.StatusCode, resp.Header.Get("Retry-After"), answer)
}

// ask makes three exchanges through a cassette, one for each number.
func ask(t *testing.T, file, base string) (answers []string) {
	t.Helper()
	client, value := Open(t, file, standIns)
	for i := range 3 {
		target := fmt.Sprintf("%s/%d?q=%s", base, i, url.QueryEscape(value("VCR_SECRET")))
		answers = append(answers, exchange(t, client, target, fmt.Sprintf("%s at %d", value("VCR_SECRET"), i)))
	}
	return answers
}

func TestRecordingIsScrubbedAndReplayed(t *testing.T) {
	acuse := base64.StdEncoding.EncodeToString([]byte(person + strings.Repeat(" ", 200) + `<SignatureValue>c2VjcmV0</SignatureValue>`))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Set-Cookie", secret[:7])
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(w, "answer to %s: %q %s %s %s %s", r.URL.Path, body, r.URL.RawQuery, person, acuse, strings.Repeat("aB", 64))
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "cassette")

	var recorded []string
	t.Run("record", func(t *testing.T) {
		t.Setenv("CANCEL_RECORD", "1")
		t.Setenv("VCR_SECRET", secret)
		recorded = ask(t, file, server.URL)
	})
	assert.Contains(t, recorded[2], "Ana Pérez", "the test that records gets the answer as it is")

	text, err := os.ReadFile(file + ".yaml")
	require.NoError(t, err)
	saved := string(text)
	for _, packed := range packed.FindAllString(saved, -1) {
		plain, err := base64.StdEncoding.DecodeString(packed)
		require.NoError(t, err)
		saved += string(plain)
	}
	for _, shown := range []string{
		"hunter2", "Ana", "ana.", "XAXX", "57300", "6F0A5C1E", "a1b2c3", "abc.def", "Authorization", "Cookie", "c2VjcmV0", strings.Repeat("aB", 64),
	} {
		assert.NotContains(t, saved, shown)
	}
	for _, kept := range []string{"some_secret", Email, UUID, "prk_some_key", "EKU9003173C9", "Retry-After"} {
		assert.Contains(t, saved, kept)
	}

	server.Close()
	t.Run("replay", func(t *testing.T) {
		for i, answer := range ask(t, file, server.URL) {
			assert.Contains(t, answer, fmt.Sprintf("202 3 answer to /%d: ", i))
			assert.NotContains(t, answer, "Ana")
		}
	})
	t.Run("another request", func(t *testing.T) {
		client, _ := Open(t, file, standIns)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/0?q=x", strings.NewReader("x"))
		require.NoError(t, err)
		resp, err := client.Do(req)
		if resp != nil {
			_ = resp.Body.Close()
		}
		require.ErrorContains(t, err, "not found")
	})
}

// skipping is a test that panics with the reason why it is skipped.
type skipping struct{ testing.TB }

func (skipping) Skipf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func TestSkipsWithAReason(t *testing.T) {
	file := filepath.Join(t.TempDir(), "payvalida")
	why := func() (reason any) {
		defer func() { reason = recover() }()
		Open(skipping{t}, file, standIns)
		return nil
	}
	assert.Contains(t, why(), "nobody has recorded "+file+".yaml")
	t.Setenv("CANCEL_RECORD", "1")
	assert.Contains(t, why(), "VCR_SECRET is not set")
	assert.NoFileExists(t, file+".yaml")
}
