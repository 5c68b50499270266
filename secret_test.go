package cancel_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/unified-cancel/cancel"
)

const planted = " s3cr3t<&>\"hunter2 "

func assertHidden(t *testing.T, shown, how string) {
	t.Helper()
	for _, form := range []string{
		"hunter2",
		fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2"), fmt.Sprintf("% x", "hunter2"),
		strings.Trim(fmt.Sprint([]byte("hunter2")), "[]"),
		base64.StdEncoding.EncodeToString([]byte(planted)),
	} {
		assert.NotContains(t, shown, form, how)
	}
}

func TestSecretUnderEveryVerb(t *testing.T) {
	type config struct {
		Name   string
		Secret cancel.Secret
	}
	secret := cancel.NewSecret(planted)
	values := map[string]any{
		"value":            secret,
		"pointer":          &secret,
		"in a struct":      config{"a", secret},
		"behind a pointer": &config{"a", secret},
		"in a slice":       []cancel.Secret{secret},
		"in an array":      [1]cancel.Secret{secret},
		"in a map":         map[string]cancel.Secret{"a": secret},
		"as a key":         map[cancel.Secret]int{secret: 1},
		"in an interface":  []any{secret, &secret, config{"a", secret}},
		"deep":             struct{ A []map[string]config }{[]map[string]config{{"a": {"a", secret}}}},
	}
	// Every letter is a verb, or a bad one, which fmt prints with its operand. %p
	// and %w are the two under which fmt consults no method.
	var formats []string
	for verb := 'A'; verb <= 'z'; verb++ {
		if verb > 'Z' && verb < 'a' || verb == 'p' || verb == 'w' {
			continue
		}
		for _, flags := range []string{"", "+", "#", " ", "-", "0", "+#", "20", "-20", ".3", "20.3"} {
			formats = append(formats, "%"+flags+string(verb))
		}
	}
	for what, value := range values {
		for _, format := range formats {
			assertHidden(t, fmt.Sprintf(format, value), what+" "+format)
		}
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if what == "value" {
				assert.Equal(t, "REDACTED", fmt.Sprintf(format, value), format)
			}
			assert.Contains(t, fmt.Sprintf(format, value), "REDACTED", what+" "+format)
		}
		assertHidden(t, fmt.Sprint(value)+fmt.Sprintln(value), what)
		assertHidden(t, fmt.Errorf("failed: %v", value).Error(), what)
	}
	assert.Equal(t, "REDACTED", cancel.NewSecret("").String(), "absent or not: that is no one's business")
	assert.Equal(t, "REDACTED", secret.GoString())
}

func TestSecretInTextEncodings(t *testing.T) {
	type config struct {
		Secret  cancel.Secret  `json:"secret" xml:"secret"`
		Pointer *cancel.Secret `json:"pointer" xml:"pointer"`
		Attr    cancel.Secret  `json:"quoted" xml:"attr,attr"`
		Omitted cancel.Secret  `json:"omitted,omitzero" xml:"-"`
	}
	secret := cancel.NewSecret(planted)
	value := config{secret, &secret, secret, cancel.Secret{}}

	asJSON, err := json.Marshal(value)
	require.NoError(t, err)
	assert.JSONEq(t, `{"secret":"REDACTED","pointer":"REDACTED","quoted":"REDACTED"}`, string(asJSON))

	asXML, err := xml.Marshal(value)
	require.NoError(t, err)
	assert.Equal(t, `<config attr="REDACTED"><secret>REDACTED</secret><pointer>REDACTED</pointer></config>`, string(asXML))

	asXML, err = xml.Marshal(struct {
		XMLName xml.Name      `xml:"a"`
		Text    cancel.Secret `xml:",chardata"`
	}{Text: secret})
	require.NoError(t, err)
	assert.Equal(t, `<a>REDACTED</a>`, string(asXML))

	var page strings.Builder
	require.NoError(t, template.Must(template.New("").Parse("{{.Secret}} {{printf `%q` .Secret}} {{.}}")).Execute(&page, value))
	assertHidden(t, page.String(), "text/template")
}

func TestSecretInLogs(t *testing.T) {
	type config struct{ Secret cancel.Secret }
	secret := cancel.NewSecret(planted)
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log := slog.New(handler(&out)).With("with", secret)
			log.Info("m", "value", secret, "pointer", &secret, "struct", config{secret}, "struct pointer", &config{secret},
				"slice", []cancel.Secret{secret}, slog.Group("g", "inner", secret), "err", errors.New(secret.String()))
			assertHidden(t, out.String(), name)
			assert.GreaterOrEqual(t, strings.Count(out.String(), "REDACTED"), 6)
		})
	}
}

func TestSecretIsReadAsItIs(t *testing.T) {
	var config struct{ Secret cancel.Secret }
	text, err := json.Marshal(map[string]string{"Secret": planted})
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &config))
	value, err := config.Secret.Reveal(t.Context())
	require.NoError(t, err)
	assert.Equal(t, planted, value)
}
