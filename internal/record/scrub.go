package record

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	textunicode "golang.org/x/text/encoding/unicode"

	"github.com/unified-cancel/cancel"
	"github.com/unified-cancel/cancel/internal/charset"
	"github.com/unified-cancel/cancel/internal/check"
	wire "github.com/unified-cancel/cancel/internal/exchange"
)

// Redacted stands in a fixture for each secret, a user's name and a merchant's among
// them. An adapter that replays a fixture has it for each of its credentials.
const Redacted = "REDACTED"

// Scrubber replaces what is secret or personal: secrets by [Redacted], and all else
// by what has the same shape. Equal things are replaced by equal things, so that a
// request and its answer still match. It knows
//
//   - its secrets, in every form that the Redactor of internal/exchange knows,
//   - what was handed to ID and Replace,
//   - the fields in jsonFields and xmlFields, whatever they hold,
//   - and what the patterns find anywhere: UUIDs but for those that a vendor
//     publishes, RFCs, e-mail addresses, URLs, tokens, long hexadecimal numbers.
//
// It looks at the texts within XML and JSON, and at XML, JSON and base64 within these,
// and leaves everything else of a body as it is. It is not safe for concurrent use.
type Scrubber struct {
	redact   wire.Redactor
	replaced map[string]string // by ID and Replace
	replacer *strings.Replacer // of the same
	last     int               // number of an invented value
	numbers  map[string]int    // by what was found, in lower case
	stays    map[string]bool   // what is published or invented, in lower case
}

// NewScrubber returns a Scrubber that knows secrets, and leaves alone what is in
// published.
func NewScrubber(secrets []cancel.Secret, published ...string) *Scrubber {
	s := &Scrubber{
		redact:   wire.NewRedactor(secrets...),
		replaced: map[string]string{},
		replacer: strings.NewReplacer(),
		numbers:  map[string]int{},
		stays:    map[string]bool{},
	}
	for _, p := range append(published, Redacted) {
		s.stays[strings.ToLower(p)] = true
	}
	return s
}

// ID has the ID of a request replaced wherever it stands, unless it is published, and
// returns what by.
func (s *Scrubber) ID(id string) string {
	switch {
	case check.UUID(id): // of which letters in either case are the same
		return s.plain(id)
	case id == "", s.stays[strings.ToLower(id)]:
		return id
	}
	if _, known := s.replaced[id]; !known {
		invented := id
		for invented == id {
			s.last++
			invented = like(s.last, id)
		}
		s.Replace(id, invented)
	}
	return s.replaced[id]
}

// Replace has what is found replaced by invented wherever it stands.
func (s *Scrubber) Replace(found, invented string) {
	s.replaced[found] = invented
	s.stays[strings.ToLower(invented)] = true
	var pairs []string
	for _, found := range slices.SortedFunc(maps.Keys(s.replaced), func(a, b string) int {
		return cmp.Compare(len(b), len(a)) // the longest first: one may be part of another
	}) {
		pairs = append(pairs, found, s.replaced[found])
	}
	s.replacer = strings.NewReplacer(pairs...)
}

// shape returns the nth invented value in the place of found.
type shape func(n int, found string) string

func layout(format string) shape {
	return func(n int, _ string) string { return fmt.Sprintf(format, n) }
}

func constant(value string) shape {
	return func(int, string) string { return value }
}

// like has a digit for each digit and a letter for each letter, such as stand in a
// hexadecimal number.
func like(n int, found string) string {
	invented := []rune(found)
	for i, r := range slices.Backward(invented) {
		var choice []rune
		switch {
		case unicode.IsDigit(r) && i == 0:
			choice = []rune("123456789") // a number does not begin with 0
		case unicode.IsDigit(r):
			choice = []rune("0123456789")
		case unicode.IsUpper(r):
			choice = []rune("ABCDEF")
		case unicode.IsLetter(r):
			choice = []rune("abcdef")
		default:
			continue
		}
		invented[i] = choice[n%len(choice)]
		n /= len(choice)
	}
	if n > 0 {
		return Redacted // too short for as many
	}
	return string(invented)
}

func likeUUID(n int, found string) string {
	invented := fmt.Sprintf("ABCDEF00-0000-4000-8000-%012d", n)
	if found == strings.ToLower(found) {
		return strings.ToLower(invented)
	}
	return invented
}

func likeRFC(n int, found string) string {
	name := "XAXX"
	if utf8.RuneCountInString(found) == 12 { // of a company
		name = "XAX"
	}
	return fmt.Sprintf("%s010101%03d", name, n%1000)
}

var (
	person = layout("Persona %d")
	email  = layout("persona%d@example.com")
	seal   = constant("aW52ZW50ZWQ=") // of what was changed it is none
)

// jsonFields are the fields of JSON, in lower case, that hold what is personal.
var jsonFields = map[string]shape{
	"name":           person,
	"email":          email,
	"requested_by":   email,
	"phone":          like,
	"identification": like,
	"issuer":         likeRFC,
	"token":          constant(Redacted),
	"authorization":  constant(Redacted),
}

// xmlFields are the elements and attributes of XML, in lower case.
var xmlFields = map[string]shape{
	"rfcemisor":      likeRFC,
	"digestvalue":    seal,
	"signaturevalue": seal,
}

// patterns are tried in this order at each place of a text.
var patterns = []struct {
	pattern string
	shape   shape
}{
	{`(?i:https?://[^\s"'<>]+)`, layout("https://example.com/%d")},
	{`[\pL\pN._%+'-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+`, email},
	{`(?i:\b(?:bearer|basic) +[^\s"'<>]+)`, constant(Redacted)},
	{`\beyJ[\w-]+\.[\w-]+\.[\w-]*`, constant(Redacted)},
	{`\b(?:prk|puk)_[\w-]+`, constant(Redacted)},
	{`\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b`, likeUUID},
	{`\b[0-9A-Fa-f]{24,}\b`, like},
	{`(?i:(?:\b[A-Z]|[&Ñ])[A-Z&Ñ]{2,3}[0-9]{6}[A-Z0-9]{3}\b)`, likeRFC},
}

var anyPattern = func() *regexp.Regexp {
	var all []string
	for _, p := range patterns {
		all = append(all, "("+p.pattern+")")
	}
	return regexp.MustCompile(strings.Join(all, "|"))
}()

// invent returns what stands for found, which is invented unless it stays.
func (s *Scrubber) invent(found string, as shape) string {
	key := strings.ToLower(found)
	if s.stays[key] {
		return found
	}
	if s.numbers[key] == 0 {
		s.last++
		s.numbers[key] = s.last
	}
	invented := as(s.numbers[key], found)
	s.stays[strings.ToLower(invented)] = true
	return invented
}

// plain scrubs text that has no structure.
func (s *Scrubber) plain(text string) string {
	text = packed.ReplaceAllStringFunc(text, s.unpacked)
	text = s.replacer.Replace(s.redact.String(text))
	var out strings.Builder
	done := 0
	for _, at := range anyPattern.FindAllStringSubmatchIndex(text, -1) {
		for i, p := range patterns {
			if at[2+2*i] >= 0 {
				out.WriteString(text[done:at[0]] + s.invent(text[at[0]:at[1]], p.shape))
			}
		}
		done = at[1]
	}
	return out.String() + text[done:]
}

// packed is what may be text in base64.
var packed = regexp.MustCompile(`[A-Za-z0-9+/]{16,}={0,2}`)

// unpacked scrubs text in base64.
func (s *Scrubber) unpacked(text string) string {
	bare, ok := unpack(text)
	if !ok {
		return text
	}
	if clean := s.text(bare); clean != bare {
		return base64.StdEncoding.EncodeToString([]byte(clean))
	}
	return text
}

func unpack(text string) (string, bool) {
	bare, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	return string(bare), err == nil && isText(string(bare))
}

func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !unicode.IsSpace(r)
	})
}

// text scrubs what may be a document, or one in base64 that is broken into lines.
func (s *Scrubber) text(text string) string {
	if clean, ok := s.json(text); ok {
		return clean
	}
	if clean, ok := s.xml(text); ok {
		return clean
	}
	if joined := strings.Join(strings.Fields(text), ""); joined != text {
		if clean := s.unpacked(joined); clean != joined {
			return clean
		}
	}
	return s.plain(text)
}

// leaf scrubs the value of a field.
func (s *Scrubber) leaf(fields map[string]shape, name, value string) string {
	if as, private := fields[strings.ToLower(name)]; private && strings.TrimSpace(value) != "" {
		return s.invent(value, as)
	}
	return s.text(value)
}

// charsets are those in which a body is written again as it was read.
var charsets = []encoding.Encoding{
	encoding.Nop,
	charmap.Windows1252,
	textunicode.UTF16(textunicode.LittleEndian, textunicode.IgnoreBOM),
	textunicode.UTF16(textunicode.BigEndian, textunicode.IgnoreBOM),
}

// body scrubs a body, whatever its charset.
func (s *Scrubber) body(body []byte, contentType string) ([]byte, error) {
	read, err := charset.UTF8(body, contentType)
	if err != nil {
		return nil, err
	}
	text := string(read)
	if !isText(text) {
		return nil, errors.New("the body is no text")
	}
	for _, c := range charsets {
		written, err := c.NewEncoder().String(text)
		if mark, same := strings.CutSuffix(string(body), written); err == nil && same {
			clean, err := c.NewEncoder().String(s.text(text))
			return []byte(mark + clean), err
		}
	}
	return nil, errors.New("the charset of the body is none in which it can be written again")
}
