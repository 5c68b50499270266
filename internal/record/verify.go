package record

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html"
	"net/url"
	"regexp"
	"strings"
)

// verify reports why text, which was scrubbed, is not to be stored: a secret or an ID
// is in it in some encoding, or scrubbing it again finds more.
func (s *Scrubber) verify(text string) error {
	if err := s.verifySecrets(text); err != nil {
		return err
	}
	if s.text(text) != text {
		return errors.New("it is not the same when it is scrubbed again")
	}
	return nil
}

func (s *Scrubber) verifySecrets(text string) error {
	if s.leaks(text, 0, map[string]bool{}) {
		return errors.New("a secret is left in it")
	}
	return nil
}

// deepest is how many encodings, one within the other, are looked into.
const deepest = 5

// leaks looks for what is to be replaced in text and in all that it may encode.
// It looks everywhere, in names, comments and halves of words too.
func (s *Scrubber) leaks(text string, depth int, seen map[string]bool) bool {
	if seen[text] || depth > deepest {
		return false
	}
	seen[text] = true
	if clean := s.replacer.Replace(s.redact.String(text)); clean != text {
		return true
	}
	for _, decode := range decoders {
		if s.leaks(decode(text), depth+1, seen) {
			return true
		}
	}
	return false
}

var (
	markup        = regexp.MustCompile(`<!--.*?-->|<!\[CDATA\[|\]\]>`)
	jsonString    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	percents      = regexp.MustCompile(`(?:%[0-9A-Fa-f]{2})+`)
	base64Runs    = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}`)
	hexRuns       = regexp.MustCompile(`(?:[0-9A-Fa-f]{2}){4,}`)
	base64Letters = strings.NewReplacer("-", "+", "_", "/")
)

// decoders undo what may hide a secret.
var decoders = []func(string) string{
	html.UnescapeString,
	func(text string) string { return markup.ReplaceAllString(text, "") },
	func(text string) string { return strings.Join(strings.Fields(text), "") },
	func(text string) string {
		return jsonString.ReplaceAllStringFunc(text, func(quoted string) string {
			var bare string
			if json.Unmarshal([]byte(quoted), &bare) != nil {
				return quoted
			}
			return bare
		})
	},
	func(text string) string {
		return percents.ReplaceAllStringFunc(text, func(escaped string) string {
			bare, _ := url.PathUnescape(escaped)
			return bare
		})
	},
	func(text string) string {
		var all strings.Builder
		for _, run := range base64Runs.FindAllString(text, -1) {
			for offset := range 4 { // of a run that other letters precede
				run := base64Letters.Replace(run[offset:])
				bare, _ := base64.RawStdEncoding.DecodeString(run)
				all.Write(bare)
				all.WriteByte('\n')
			}
		}
		return all.String()
	},
	func(text string) string {
		var all strings.Builder
		for _, run := range hexRuns.FindAllString(text, -1) {
			bare, _ := hex.DecodeString(run)
			all.Write(bare)
			all.WriteByte('\n')
		}
		return all.String()
	},
}
