package adapter

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/unified-cancel/cancel"
)

const secret = ` pä"ss<&>'wo/rd+ñ😀\%41 `

func asXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func asJSON(s string) string {
	text, _ := json.Marshal(s)
	return string(text[1 : len(text)-1])
}

func unquoted(s string) string { return s[1 : len(s)-1] }

// each spells every character of s by format.
func each(format string, s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

// inUTF16 spells every half of a character of s as JSON does.
func inUTF16(format, s string) string {
	var b strings.Builder
	for _, half := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, format, half)
	}
	return b.String()
}

// inBytes spells every byte of s by format, and bare ones as they are.
func inBytes(format, bare, s string) string {
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(bare, s[i]) >= 0 {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, format, s[i])
		}
	}
	return b.String()
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

var spellings = map[string]func(string) string{
	"as it is":                 func(s string) string { return s },
	"XML":                      asXML,
	"XML of Java":              strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace,
	"XML with raw quotes":      strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace,
	"XML with &quot;":          strings.NewReplacer("&", "&amp;", `"`, "&quot;").Replace,
	"XML with &apos;":          strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace,
	"XML in decimals":          func(s string) string { return each("&#%d;", s) },
	"XML in hexadecimals":      func(s string) string { return each("&#x%x;", s) },
	"XML in capitals":          func(s string) string { return each("&#x%04X;", s) },
	"HTML":                     html.EscapeString,
	"HTML with names":          strings.NewReplacer("&", "&amp;", "ñ", "&ntilde;", "ä", "&auml;").Replace,
	"JSON":                     asJSON,
	"JSON with a slash":        func(s string) string { return strings.ReplaceAll(asJSON(s), "/", `\/`) },
	"JSON in ASCII":            func(s string) string { return inUTF16(`\u%04x`, s) },
	"JSON in ASCII, capitals":  func(s string) string { return inUTF16(`\u%04X`, s) },
	"Go":                       func(s string) string { return unquoted(strconv.Quote(s)) },
	"Go in ASCII":              func(s string) string { return unquoted(strconv.QuoteToASCII(s)) },
	"JavaScript":               strings.NewReplacer(`\`, `\\`, "'", `\'`, "<", `\x3c`, "\n", `\n`).Replace,
	"C":                        func(s string) string { return inBytes(`\%03o`, "", s) },
	"query":                    url.QueryEscape,
	"path":                     url.PathEscape,
	"encodeURIComponent":       func(s string) string { return inBytes("%%%02X", letters+"-_.!~*'()", s) },
	"URL in lower case":        func(s string) string { return inBytes("%%%02x", letters, s) },
	"URL, every character":     func(s string) string { return inBytes("%%%02X", "", s) },
	"base64":                   func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 without padding":   func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64 of URLs":           func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"base64 of URLs, unpadded": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 in a query":        func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
	"base64 in JSON": func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(s)), "/", `\/`)
	},
	"XML and JSON, one by one":  func(s string) string { return alternate(s, asXML, asJSON) },
	"URL and nothing, in turns": func(s string) string { return alternate(s, url.PathEscape, strings.Clone) },
}

// alternate spells the characters of s in turns.
func alternate(s string, spell ...func(string) string) string {
	var b strings.Builder
	for i, r := range []rune(s) {
		b.WriteString(spell[i%len(spell)](string(r)))
	}
	return b.String()
}

func TestRedactor(t *testing.T) {
	redact := redactor(secret, "", "other")
	for how, spell := range spellings {
		for _, s := range []string{secret, strings.TrimSpace(secret)} {
			for _, around := range []string{"%s", "before:%s:after", `{"a":"%s"}`, "a=%s&b=", "<a>%s</a>", "%%%s%%"} {
				before, after, _ := strings.Cut(fmt.Sprintf(around, "\x00"), "\x00")
				assert.Equal(t, before+"REDACTED"+after, redact.String(before+spell(s)+after), "%s %s", how, around)
			}
		}
		assert.Equal(t, "REDACTEDREDACTED", redact.String(spell(secret)+spell("other")), how)
	}
	assert.Equal(t, "nothing here", redact.String("nothing here"))
	assert.Empty(t, redact.String(""))
}

func TestRedactorOfWhatIsNotText(t *testing.T) {
	redact := redactor("p\xf1\xffss", "\xff")
	for _, said := range []string{"p\xf1\xffss", "p\uFFFD\uFFFDss", `p\ufffd\ufffdss`, "p%F1%ffss", `p\xf1\xffss`, "\xff"} {
		assert.Equal(t, "REDACTED", redact.String(said), "%q", said)
	}
	redact = redactor("a")
	for _, said := range []string{`\`, `\u`, `\u12`, `\ud83d`, `\ud83d\u`, `\ud83d\ud83d`, "%", "%1", "%zz", "&", "&;", "&#;", "&#x;", "&#99999999999;", "&l"} {
		assert.Equal(t, said, redact.String(said))
	}
}

func TestRedactorLeavesNothingOfSecretsThatOverlap(t *testing.T) {
	assert.Equal(t, "<REDACTED>", redactor("abcd", "cdef").String("<abcdef>"))
	assert.Equal(t, "<REDACTED>", redactor("abcd", "bc").String("<abcd>"))
	assert.Equal(t, "<REDACTED>", redactor("aba").String("<ababa>"))
}

// Neither size nor a secret that looks like escapes takes the time of every combination.
func TestRedactorIsFast(t *testing.T) {
	for _, secret := range []string{strings.Repeat(`\`, 40) + "x", strings.Repeat("&amp;", 20) + "x", strings.Repeat("%25", 20) + "x", strings.Repeat("a", 64) + "x"} {
		redact := redactor(secret)
		for _, block := range []string{`\`, "&amp;", "%25", "&", "a", "+", "&lt;", `\u00f1`, "x"} {
			redact.String(strings.Repeat(block, 500))
		}
		assert.Equal(t, "REDACTED", redact.String(asXML(secret)))
		assert.Equal(t, "REDACTED", redact.String(asJSON(secret)))
	}
	for _, block := range []string{"a word, ", "&amp;", "%25", "&", `\u00f1`, "p"} {
		text := strings.Repeat(block, 1<<20/len(block))
		assert.Equal(t, text, redactor(secret).String(text))
	}
}

func FuzzRedactor(f *testing.F) {
	for how := range spellings {
		f.Add(secret, how, "before ", " after")
	}
	f.Add(`\\\\`, "JSON", `\`, `\`)
	f.Add("&amp;", "XML", "&", ";")
	f.Fuzz(func(t *testing.T, secret, how, before, after string) {
		spell := spellings[how]
		if spell == nil || !utf8.ValidString(secret) || strings.ContainsFunc(secret, unicode.IsControl) || strings.TrimSpace(secret) == "" {
			return // XML and HTML have no escape for control characters
		}
		echo := spell(secret)
		clean := redactor(secret).String(before + echo + after)
		assert.Contains(t, clean, "REDACTED")
		for _, part := range strings.Split(clean, "REDACTED") {
			assert.NotContains(t, part, echo)
			assert.NotContains(t, part, secret)
		}
		assert.LessOrEqual(t, len(strings.ReplaceAll(clean, "REDACTED", "")), len(before)+len(after))
	})
}

func TestRedactorTakesTheLongerSecretFirst(t *testing.T) {
	assert.Equal(t, "REDACTED and REDACTED", redactor("abc", "abcdef").String("abcdef and abc"))
}

func TestRedactorWithoutSecrets(t *testing.T) {
	for _, redact := range []Redactor{nil, NewRedactor(), redactor("")} {
		assert.Equal(t, "as it was", redact.String("as it was"))
		assert.Equal(t, io.EOF, redact.Error(io.EOF))
		assert.NoError(t, redact.Error(nil))
	}
}

func TestRedactorOfErrors(t *testing.T) {
	redact := redactor(secret)
	cause := fmt.Errorf("dialling %q: %w", secret, io.ErrUnexpectedEOF)
	clean := redact.Error(cause)
	assert.Equal(t, `dialling "REDACTED": unexpected EOF`, clean.Error())
	assert.ErrorIs(t, clean, io.ErrUnexpectedEOF)
	assert.ErrorIs(t, clean, cause)

	harmless := errors.New("harmless")
	assert.Same(t, harmless, redact.Error(harmless))
}

func TestErrorsOfACallHoldNoSecret(t *testing.T) {
	call := Call{Redact: redactor(secret)}
	err := call.Fail(cancel.ErrAuth, Answer{}, Words{Code: "no " + secret, Message: "wrong: " + secret}, errors.New("hm "+secret))
	assert.Equal(t, "no REDACTED", err.Code)
	assert.Equal(t, "wrong: REDACTED", err.Message)
	assert.Equal(t, "authentication failed (code no REDACTED): wrong: REDACTED: hm REDACTED", err.Error())
}

func TestCodesThatAreNumbersAreVerbatim(t *testing.T) {
	call := Call{Redact: redactor("0")}
	for said, want := range map[string]string{"200": "200", "0017": "0017", "1801": "1801", "": "", "a0": "aREDACTED", "100000": "1REDACTEDREDACTEDREDACTEDREDACTEDREDACTED"} {
		assert.Equal(t, want, call.Fail(cancel.ErrAuth, Answer{}, Words{Code: said}, nil).Code)
	}
}

func TestRedactorDoesNotShowItsSecrets(t *testing.T) {
	redact := redactor("hunter2")
	clean := redact.Error(errors.New("hunter2"))
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown := fmt.Sprintf(format, redact) + fmt.Sprintf(format, Call{Redact: redact}) + fmt.Sprintf(format, &cancel.Error{Err: clean})
		assert.NotContains(t, shown, "hunter2", format)
		assert.NotContains(t, shown, "68756e74657232", format)
	}
}

func redactor(secrets ...string) Redactor {
	var credentials []*Credential
	for _, s := range secrets {
		c, _ := NewCredential("Key", cancel.NewSecret(s), nil)
		credentials = append(credentials, c)
	}
	return NewRedactor(credentials...)
}
